//! Borrows of lazy values that would have to outlive an operation.

use quote::ToTokens;
use syn::Type;

use super::{Check, sentences};
use crate::expand::line;
use crate::model::print::raw;
use crate::model::{Expr, Kind, Method};

impl Check<'_> {
    /// A variable can't borrow a part of a lazy value.
    pub(super) fn borrowed_part(&mut self, value: &Expr) {
        match &value.bare().kind {
            Kind::Tuple(_, items) => items.iter().for_each(|item| self.borrowed_part(item)),
            Kind::Ref(_, None, inner) => {
                let inner = inner.bare();
                let place = matches!(inner.kind, Kind::Field(..) | Kind::Index(..));
                if place && self.lazy(inner) {
                    let name = self.name(inner.root());
                    self.errors.on(raw(value), sentences::borrowed_part(&name, &line(&raw(value))));
                }
            }
            _ => {}
        }
    }

    /// A reference to a lazy value has the type that the value has.
    pub(super) fn written_reference(&mut self, ty: Option<&Type>, value: &Expr) {
        let (Some(Type::Reference(ty)), Kind::Ref(_, None, inner)) = (ty, &value.bare().kind) else { return };
        let coerced = match &*ty.elem {
            Type::Slice(_) | Type::TraitObject(_) => true,
            Type::Path(path) => path.path.is_ident("str") || path.path.is_ident("Path"),
            _ => false,
        };
        let whole = !matches!(inner.bare().kind, Kind::Field(..) | Kind::Index(..));
        if coerced && whole && self.lazy(inner) {
            let name = self.name(inner);
            self.errors.on(ty, sentences::written_reference(&name, &line(&ty.to_token_stream())));
        }
    }

    /// The result of an operation can't borrow from what the operation owns.
    pub(super) fn borrowing_result(&mut self, expr: &Expr) {
        let Some(method) = last_method(expr) else { return };
        let name = method.name.to_string();
        let Some(owned) = owned_after(&name) else { return };
        if !self.is_owned_value(&method.receiver) {
            return;
        }
        let receiver = line(&raw(&method.receiver));
        let args = method.args.iter().map(|arg| line(&raw(arg))).collect::<Vec<_>>().join(", ");
        let (of, chain) = if receiver.len() <= 30 {
            (format!("`{receiver}`"), format!("{receiver}.{name}({args}){owned}"))
        } else {
            ("its receiver".to_owned(), format!("….{name}({args}){owned}"))
        };
        self.errors.at(method.name.span(), sentences::borrowing_method(&name, &of, &chain));
    }

    /// Whether the text shows that a lazy value owns itself: it has such a type, or comes from such a method.
    ///
    /// A function may also give a reference to what outlives the graph, and what a method borrows from that may be a
    /// result: so its name alone tells nothing.
    fn is_owned_value(&self, expr: &Expr) -> bool {
        match &expr.bare().kind {
            Kind::Local(used) => self.owned_lazy.contains(&used.id),
            Kind::Method(method) => match method.name.to_string().as_str() {
                "unwrap" | "expect" | "unwrap_or_default" | "clone" => self.is_owned_value(&method.receiver),
                name => gives_owned(name),
            },
            Kind::Call(call) => {
                let path = line(&raw(&call.func));
                matches!(path.as_str(), "std::fs::read_to_string" | "fs::read_to_string" | "std::fs::read" | "fs::read")
            }
            _ => false,
        }
    }

    /// Notes a local whose value owns itself.
    pub(super) fn note_owned(&mut self, local: crate::model::LocalId, ty: Option<&Type>, value: &Expr) {
        let written = ty.is_some_and(|ty| match ty {
            Type::Path(path) => path.path.segments.last().is_some_and(|last| {
                matches!(last.ident.to_string().as_str(), "String" | "Vec" | "PathBuf" | "OsString" | "VecDeque")
            }),
            _ => false,
        });
        if self.lazy(value) && (written || self.is_owned_value(value)) {
            self.owned_lazy.push(local);
        }
    }
}

/// The method whose result a chain gives, but for `unwrap` and `expect` after it.
fn last_method(expr: &Expr) -> Option<&Method> {
    match &expr.bare().kind {
        Kind::Method(method) if method.name == "unwrap" || method.name == "expect" => last_method(&method.receiver),
        Kind::Method(method) => Some(method),
        _ => None,
    }
}

/// How a chain goes on to an owned value after a method that borrows from its receiver.
fn owned_after(name: &str) -> Option<&'static str> {
    match name {
        "trim" | "trim_start" | "trim_end" | "as_str" | "as_bytes" | "as_slice" | "as_path" => Some(".to_owned()"),
        "lines" | "split_whitespace" | "split" => Some(".map(String::from).collect::<Vec<_>>()"),
        "chars" | "bytes" | "char_indices" => Some(".collect::<Vec<_>>()"),
        "windows" | "chunks" => Some(".map(<[_]>::to_vec).collect::<Vec<_>>()"),
        "iter" => Some(".cloned().collect::<Vec<_>>()"),
        _ => None,
    }
}

fn gives_owned(name: &str) -> bool {
    matches!(
        name,
        "to_owned"
            | "to_string"
            | "to_uppercase"
            | "to_lowercase"
            | "to_vec"
            | "to_path_buf"
            | "into_string"
            | "into_bytes"
            | "replace"
            | "repeat"
            | "join"
            | "concat"
    )
}
