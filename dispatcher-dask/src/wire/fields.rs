//! Reads the fields of a msgpack map, with errors that name the field.

use rmpv::ValueRef;

use super::WireError;

/// A msgpack map as a message: its fields by name. A field that is nil counts as absent.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'m> {
    /// What errors call the message.
    name: String,
    entries: &'m [(ValueRef<'m>, ValueRef<'m>)],
}

impl<'m> Fields<'m> {
    /// The fields of `value`; errors call it by its op, or `name` where it has none.
    pub(crate) fn of(value: &'m ValueRef<'m>, name: &str) -> Result<Self, WireError> {
        let ValueRef::Map(entries) = value else { return Err(WireError::Shape("a map")) };
        let mut fields = Fields { name: name.to_owned(), entries };
        if let Some(op) = fields.op() {
            fields.name = format!("`{op}`");
        }
        Ok(fields)
    }

    /// The `op`, where it is there and is text.
    pub(crate) fn op(&self) -> Option<&'m str> {
        self.get("op").and_then(text)
    }

    /// The field, unless it is missing or nil.
    pub(crate) fn get(&self, field: &str) -> Option<&'m ValueRef<'m>> {
        let (_, value) = self.entries.iter().find(|(key, _)| text(key) == Some(field))?;
        (!matches!(value, ValueRef::Nil)).then_some(value)
    }

    /// The field.
    pub(crate) fn required(&self, field: &str) -> Result<&'m ValueRef<'m>, WireError> {
        self.get(field).ok_or_else(|| WireError::Missing { message: self.name.clone(), field: field.to_owned() })
    }

    /// The field as text.
    pub(crate) fn text(&self, field: &str) -> Result<&'m str, WireError> {
        self.read(field, "text", text)
    }

    /// The field as text, if it is there.
    pub(crate) fn opt_text(&self, field: &str) -> Result<Option<&'m str>, WireError> {
        self.optional(field, "text", text)
    }

    /// The field as an integer.
    pub(crate) fn int(&self, field: &str) -> Result<i64, WireError> {
        self.read(field, "an integer", int)
    }

    /// The field as a number, whole or not, if it is there.
    pub(crate) fn opt_number(&self, field: &str) -> Result<Option<f64>, WireError> {
        self.optional(field, "a number", number)
    }

    /// The field as bytes.
    pub(crate) fn bytes(&self, field: &str) -> Result<&'m [u8], WireError> {
        self.read(field, "bytes", bytes)
    }

    /// The field as a list: an array, or dask's form of a set.
    pub(crate) fn list(&self, field: &str) -> Result<&'m [ValueRef<'m>], WireError> {
        self.read(field, "a list", list)
    }

    /// The field as a list of texts.
    pub(crate) fn texts(&self, field: &str) -> Result<Vec<&'m str>, WireError> {
        self.read(field, "a list of texts", texts)
    }

    /// The field as a map of its own.
    pub(crate) fn map(&self, field: &str) -> Result<Fields<'m>, WireError> {
        let entries = self.read(field, "a map", map)?;
        Ok(Fields { name: format!("`{field}` in {}", self.name), entries })
    }

    /// The field as a map of its own, if it is there.
    pub(crate) fn opt_map(&self, field: &str) -> Result<Option<Fields<'m>>, WireError> {
        self.get(field).map(|_| self.map(field)).transpose()
    }

    /// Each entry whose key is text.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'m str, &'m ValueRef<'m>)> + use<'m> {
        self.entries.iter().filter_map(|(key, value)| Some((text(key)?, value)))
    }

    /// The error for a field that isn't what it should be.
    pub(crate) fn wrong(&self, field: &str, expected: &'static str) -> WireError {
        WireError::WrongType { message: self.name.clone(), field: field.to_owned(), expected }
    }

    /// The field, read as `expected` says.
    fn read<T>(
        &self,
        field: &str,
        expected: &'static str,
        read: impl Fn(&'m ValueRef<'m>) -> Option<T>,
    ) -> Result<T, WireError> {
        read(self.required(field)?).ok_or_else(|| self.wrong(field, expected))
    }

    /// The field, read as `expected` says, if it is there.
    fn optional<T>(
        &self,
        field: &str,
        expected: &'static str,
        read: impl Fn(&'m ValueRef<'m>) -> Option<T>,
    ) -> Result<Option<T>, WireError> {
        self.get(field).map(|value| read(value).ok_or_else(|| self.wrong(field, expected))).transpose()
    }
}

/// The value as text.
fn text<'m>(value: &ValueRef<'m>) -> Option<&'m str> {
    match value {
        ValueRef::String(text) => text.into_str(),
        _ => None,
    }
}

/// The value as an integer.
fn int(value: &ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(int) => int.as_i64(),
        _ => None,
    }
}

/// The value as a number.
fn number(value: &ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Integer(int) => int.as_f64(),
        ValueRef::F32(number) => Some(f64::from(*number)),
        ValueRef::F64(number) => Some(*number),
        _ => None,
    }
}

/// The value as bytes.
fn bytes<'m>(value: &ValueRef<'m>) -> Option<&'m [u8]> {
    match value {
        ValueRef::Binary(bytes) => Some(bytes),
        _ => None,
    }
}

/// The value as a map's entries.
fn map<'m>(value: &'m ValueRef<'m>) -> Option<&'m [(ValueRef<'m>, ValueRef<'m>)]> {
    match value {
        ValueRef::Map(entries) => Some(entries),
        _ => None,
    }
}

/// The elements of an array, or of dask's form of a set, `{"__Set__": true, "as-list": […]}`.
pub(crate) fn list<'m>(value: &'m ValueRef<'m>) -> Option<&'m [ValueRef<'m>]> {
    match value {
        ValueRef::Array(elements) => Some(elements),
        ValueRef::Map(entries) => match entries.iter().find(|(key, _)| text(key) == Some("as-list")) {
            Some((_, ValueRef::Array(elements))) => Some(elements),
            _ => None,
        },
        _ => None,
    }
}

/// The elements of a list, all of them texts.
pub(crate) fn texts<'m>(value: &'m ValueRef<'m>) -> Option<Vec<&'m str>> {
    list(value)?.iter().map(text).collect()
}
