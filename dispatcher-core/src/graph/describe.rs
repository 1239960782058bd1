//! How a node reads: its kind, its label, and its line in an outline.

use std::fmt::{self, Write as _};

use super::numbering::Numbering;
use super::{NodeInfo, NodeKind};
use crate::collect::COLLECT;
use crate::op::{BY_HAND, DATA, INDEX};
use crate::raw::{Describe, Described, EdgeKind, Handle, Header};
use crate::site::{Location, Piece};

fn kind_of(header: &Header) -> NodeKind {
    if std::ptr::eq(header.site, &raw const DATA) || header.is_data() {
        NodeKind::Data
    } else if std::ptr::eq(header.site, &raw const COLLECT) {
        NodeKind::Collect
    } else if std::ptr::eq(header.site, &raw const INDEX) || header.site.label.starts_with('.') {
        NodeKind::Index
    } else {
        NodeKind::Op
    }
}

/// The node's label.
pub(crate) fn label_of_header(header: &Header) -> String {
    if let Some(label) = header.extra().and_then(|extra| extra.relabel.get().or(extra.label.as_ref())) {
        return label.to_string();
    }
    if kind_of(header) == NodeKind::Collect {
        return match header.edge_count() {
            1 => "1 Op".to_owned(),
            count => format!("{count} Ops"),
        };
    }
    header.site.label.to_owned()
}

pub(crate) fn location_of(header: &Header) -> Option<Location> {
    if let Some(location) = header.extra().and_then(|extra| extra.location) {
        return Some(location);
    }
    (!header.site.file.is_empty()).then(|| header.site.location())
}

pub(super) fn describe(handle: &Handle, held: Option<&Described>, numbering: &Numbering) -> NodeInfo {
    let header = handle.header();
    let (kind, label) = (kind_of(header), label_of_header(header));
    let mut writer = Writer {
        names: handle.inputs().map(|(edge, used)| (edge, numbering.name(&used))).collect::<Vec<_>>().into_iter(),
        holes: Vec::new(),
        by_hand: std::ptr::eq(header.site, &raw const BY_HAND),
    };
    let described = held.is_some_and(|held| held.describe(&mut writer));
    let mut orders: Vec<String> =
        writer.names.clone().filter(|(edge, _)| *edge == EdgeKind::Order).map(|(_, id)| format!("%{id}")).collect();
    let mut holes = writer.holes.into_iter();
    let mut text = String::new();
    if std::ptr::eq(header.site, &raw const BY_HAND) {
        text = format!("{label}({})", holes.collect::<Vec<_>>().join(", "));
    } else if std::ptr::eq(header.site, &raw const INDEX) {
        text = format!("{}{label}", holes.next().unwrap_or_default());
    } else if kind == NodeKind::Collect {
        text = holes.collect();
        if !described {
            text = format!(
                "[{}]",
                handle.inputs().map(|(_, used)| format!("%{}", numbering.name(&used))).collect::<Vec<_>>().join(", ")
            );
        }
    } else {
        let mut shown: Vec<String> = Vec::new();
        for piece in header.site.pieces() {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Hole(source) => {
                    shown.push(holes.next().filter(|hole| !hole.is_empty()).unwrap_or_else(|| source.to_owned()));
                    text.push_str(&shown[shown.len() - 1]);
                }
                Piece::Again(number) => text.push_str(shown.get(number).map_or("_", String::as_str)),
            }
        }
    }
    if !orders.is_empty() {
        orders.dedup();
        let _ = write!(text, " after {}", orders.join(", "));
    }
    NodeInfo { kind, label, location: location_of(header), text }
}

/// Writes a node's inputs: one text for each, empty where only the source text can show it.
struct Writer {
    names: std::vec::IntoIter<(EdgeKind, usize)>,
    holes: Vec<String>,
    /// Whether there is no form that writes the `&`s.
    by_hand: bool,
}

impl Describe for Writer {
    fn edge(&mut self) {
        let Some((kind, id)) = self.names.next() else {
            return;
        };
        self.holes.push(match kind {
            EdgeKind::Read if self.by_hand => format!("&%{id}"),
            EdgeKind::Update if self.by_hand => format!("&mut %{id}"),
            _ => format!("%{id}"),
        });
    }

    fn shown(&mut self, value: &dyn fmt::Debug) {
        self.holes.push(shorten(value));
    }

    fn opaque(&mut self) {
        self.holes.push(String::new());
    }

    fn text(&mut self, text: &str) {
        self.holes.push(text.to_owned());
    }
}

/// How many characters of a captured value an outline shows.
const SHOWN: usize = 40;

/// The value's `Debug`, cut where it is long.
fn shorten(value: &dyn fmt::Debug) -> String {
    struct Limited(String, usize);
    impl fmt::Write for Limited {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for c in text.chars() {
                if self.1 == 0 {
                    return Err(fmt::Error);
                }
                self.1 -= 1;
                self.0.push(if c == '\n' { ' ' } else { c });
            }
            Ok(())
        }
    }
    let mut out = Limited(String::new(), SHOWN);
    if write!(out, "{value:?}").is_err() {
        out.0.push('…');
        let close = match out.0.chars().next() {
            Some('[') => "]",
            Some('(') => ")",
            Some('{') => "}",
            Some('"') => "\"",
            _ => "",
        };
        out.0.push_str(close);
    }
    out.0
}
