//! Where an operation stands in the user's source and how it reads there.
//!
//! A [`Site`] is a constant that an operation points at; nothing here knows of nodes or graphs.

use std::fmt;

/// The start of a hole in [`Site::form`].
pub(crate) const HOLE: char = '\u{1}';
/// The end of a hole in [`Site::form`].
pub(crate) const HOLE_END: char = '\u{2}';
/// The start of another mention of an input, by its number, in [`Site::form`].
pub(crate) const AGAIN: char = '\u{3}';

/// The place of a call in the source: what the operation is called, how the call reads, and where it is.
///
/// The macros make one for each call, as a constant. By hand, [`Op::new`](crate::Op::new) makes one from a label and
/// the caller's location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site {
    /// The operation's label, by default the function's name as it is written.
    pub label: &'static str,
    /// The call as it reads, with a hole for each input: `\u{1}`, the input's source text, `\u{2}`; an input's further
    /// mentions are `\u{3}`, its number from 0, `\u{2}`.
    pub form: &'static str,
    /// The source file, as `file!()` gives it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl Site {
    /// Where the call is.
    #[must_use]
    pub fn location(&self) -> Location {
        Location { file: self.file, line: self.line, column: self.column }
    }

    /// The pieces of the form, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = Piece<'static>> {
        let mut rest = self.form;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            if let Some(inner) = rest.strip_prefix(HOLE) {
                let (hole, after) = inner.split_once(HOLE_END).unwrap_or((inner, ""));
                rest = after;
                return Some(Piece::Hole(hole));
            }
            if let Some(inner) = rest.strip_prefix(AGAIN) {
                let (number, after) = inner.split_once(HOLE_END).unwrap_or((inner, ""));
                rest = after;
                return Some(Piece::Again(number.parse().unwrap_or(0)));
            }
            let end = rest.find([HOLE, AGAIN]).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            rest = after;
            Some(Piece::Text(text))
        })
    }
}

/// A part of a [`Site::form`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text to print as it is.
    Text(&'a str),
    /// An input, with its source text.
    Hole(&'a str),
    /// The input with this number, once more.
    Again(usize),
}

/// A place in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file, as `file!()` gives it.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl From<&'static std::panic::Location<'static>> for Location {
    fn from(place: &'static std::panic::Location<'static>) -> Self {
        Self { file: place.file(), line: place.line(), column: place.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, Site};

    #[test]
    fn a_form_splits_into_text_and_holes() {
        let site =
            Site { label: "f", form: "f(&\u{1}a\u{2}, \u{3}0\u{2}, \u{1}b\u{2})", file: "x", line: 1, column: 1 };
        let pieces: Vec<_> = site.pieces().collect();
        assert_eq!(
            pieces,
            [
                Piece::Text("f(&"),
                Piece::Hole("a"),
                Piece::Text(", "),
                Piece::Again(0),
                Piece::Text(", "),
                Piece::Hole("b"),
                Piece::Text(")")
            ]
        );
    }
}
