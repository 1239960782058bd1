//! How a node reads: its kind, its label, and its line in an outline.

use std::fmt::{self, Write as _};

use super::{DispatchGraph, NodeInfo, NodeKind};
use crate::collect::COLLECT;
use crate::op::{BY_HAND, DATA, INDEX};
use crate::raw::{Describe, Described, EdgeKind, Handle, Header};
use crate::site::{Location, Piece};

fn kind_of(header: &Header) -> NodeKind {
    if std::ptr::eq(header.site(), &raw const DATA) || header.is_data() {
        NodeKind::Data
    } else if std::ptr::eq(header.site(), &raw const COLLECT) {
        NodeKind::Collect
    } else if std::ptr::eq(header.site(), &raw const INDEX) || header.site().label.starts_with('.') {
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
    header.site().label.to_owned()
}

pub(crate) fn location_of(header: &Header) -> Option<Location> {
    if let Some(location) = header.extra().and_then(|extra| extra.location) {
        return Some(location);
    }
    (!header.site().file.is_empty()).then(|| header.site().location())
}

/// Text in which nodes are named by their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) text: String,
    /// Where in the text each name starts, and whose it is.
    pub(super) names: Vec<(usize, usize)>,
}

impl Line {
    fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), names: Vec::new() }
    }

    /// Names a node; one that isn't in the graph is `_`.
    pub(super) fn name(&mut self, id: Option<usize>) {
        let Some(id) = id else {
            self.text.push('_');
            return;
        };
        self.names.push((self.text.len(), id));
        let _ = write!(self.text, "%{id}");
    }

    fn append(&mut self, other: &Line) {
        let start = self.text.len();
        self.names.extend(other.names.iter().map(|&(at, id)| (start + at, id)));
        self.text.push_str(&other.text);
    }

    fn list(&mut self, lines: impl IntoIterator<Item = Line>) {
        for (index, line) in lines.into_iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.append(&line);
        }
    }

    /// The same text with other ids.
    pub(super) fn renamed(text: &str, names: &[(usize, usize)], id: impl Fn(usize) -> Option<usize>) -> Self {
        let mut line = Self::default();
        let mut names = names.iter();
        for piece in pieces(text, names.as_slice()) {
            line.text.push_str(piece);
            if let Some(&(_, old)) = names.next() {
                line.name(id(old));
            }
        }
        line
    }
}

/// What stands before, between and after the names in a text.
pub(super) fn pieces<'t>(text: &'t str, names: &[(usize, usize)]) -> impl Iterator<Item = &'t str> {
    let ends = names.iter().map(|&(at, id)| (at, at + format!("%{id}").len())).chain([(text.len(), text.len())]);
    ends.scan(0, move |start, (at, end)| {
        let piece = &text[*start..at];
        *start = end;
        Some(piece)
    })
}

/// The node, and the names in its text. `name` says what a value is called.
pub(super) fn describe(
    handle: &Handle,
    held: Option<&Described>,
    name: impl Fn(&Handle) -> Option<usize>,
) -> (NodeInfo, Vec<(usize, usize)>) {
    let header = handle.header();
    let (kind, label) = (kind_of(header), label_of_header(header));
    let mut writer = Writer {
        names: handle.inputs().map(|(edge, used)| (edge, name(&used))).collect::<Vec<_>>().into_iter(),
        holes: Vec::new(),
        by_hand: std::ptr::eq(header.site(), &raw const BY_HAND),
    };
    let described = held.is_some_and(|held| held.describe(&mut writer));
    let mut orders: Vec<Option<usize>> =
        writer.names.clone().filter(|(edge, _)| *edge == EdgeKind::Order).map(|(_, id)| id).collect();
    let mut holes = writer.holes.into_iter();
    let mut line = Line::default();
    if std::ptr::eq(header.site(), &raw const BY_HAND) {
        line.text = format!("{label}(");
        line.list(holes);
        line.text.push(')');
    } else if std::ptr::eq(header.site(), &raw const INDEX) {
        line = holes.next().unwrap_or_default();
        line.text.push_str(&label);
    } else if kind == NodeKind::Collect {
        if described {
            holes.for_each(|hole| line.append(&hole));
        } else {
            line.text.push('[');
            line.list(handle.inputs().map(|(_, used)| named(name(&used))));
            line.text.push(']');
        }
    } else {
        let mut shown: Vec<Line> = Vec::new();
        for piece in header.site().pieces() {
            match piece {
                Piece::Text(piece) => line.text.push_str(piece),
                Piece::Hole(source) => {
                    let hole = holes.next().filter(|hole| !hole.text.is_empty());
                    let hole = hole.unwrap_or_else(|| Line::plain(source));
                    line.append(&hole);
                    shown.push(hole);
                }
                Piece::Again(number) => line.append(shown.get(number).unwrap_or(&Line::plain("_"))),
            }
        }
    }
    if !orders.is_empty() {
        orders.dedup();
        line.text.push_str(" after ");
        line.list(orders.into_iter().map(named));
    }
    (NodeInfo { kind, label, location: location_of(header), text: line.text }, line.names)
}

/// A node's name alone.
fn named(id: Option<usize>) -> Line {
    let mut line = Line::default();
    line.name(id);
    line
}

/// Writes a node's inputs: one text for each, empty where only the source text can show it.
struct Writer {
    names: std::vec::IntoIter<(EdgeKind, Option<usize>)>,
    holes: Vec<Line>,
    /// Whether there is no form that writes the `&`s.
    by_hand: bool,
}

impl Describe for Writer {
    fn edge(&mut self) {
        let Some((kind, id)) = self.names.next() else {
            return;
        };
        let mut line = Line::plain(match kind {
            EdgeKind::Read if self.by_hand => "&",
            EdgeKind::Update if self.by_hand => "&mut ",
            _ => "",
        });
        line.name(id);
        self.holes.push(line);
    }

    fn shown(&mut self, value: &dyn fmt::Debug) {
        self.holes.push(Line::plain(&shorten(value)));
    }

    fn opaque(&mut self) {
        self.holes.push(Line::default());
    }

    fn text(&mut self, text: &str) {
        self.holes.push(Line::plain(text));
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

impl fmt::Display for NodeInfo {
    /// The node's kind and label: `Op<mean>`, `DataNode<3>`, `IndexNode<0>`, `CollectNode<3 Ops>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            NodeKind::Op => write!(f, "Op<{}>", self.label),
            NodeKind::Data => write!(f, "DataNode<{}>", self.text),
            NodeKind::Index => write!(f, "IndexNode<{}>", index_of(&self.label)),
            NodeKind::Collect => write!(f, "CollectNode<{}>", self.label),
        }
    }
}

/// What stands in an index node's brackets, or after its dot.
fn index_of(label: &str) -> &str {
    let bracketed = label.strip_prefix('[').and_then(|label| label.strip_suffix(']'));
    bracketed.or_else(|| label.strip_prefix('.')).unwrap_or(label)
}

impl DispatchGraph {
    /// The node in short, with the nodes that it uses: `Op<mean, Op<load>>`, `IndexNode<Op<load>, 1>`,
    /// `CollectNode<3 Ops>`. None if the id isn't in the graph.
    ///
    /// [`NodeInfo`]'s `Display` is the same without the nodes that it uses.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, IndexNode, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let second = IndexNode::new(&data, 1);
    /// let scaled = Op::new("scale", (data, second), |(xs, by)| xs.iter().map(|x| x / by).collect::<Vec<f64>>());
    /// let graph = DispatchGraph::new(&scaled);
    /// assert_eq!(graph.summary(0).as_deref(), Some("Op<load>"));
    /// assert_eq!(graph.summary(1).as_deref(), Some("IndexNode<Op<load>, 1>"));
    /// assert_eq!(graph.summary(2).as_deref(), Some("Op<scale, Op<load>, IndexNode<1>>"));
    /// assert_eq!(graph.summary(3), None);
    /// ```
    #[must_use]
    pub fn summary(&self, id: usize) -> Option<String> {
        let (node, marks) = (self.nodes.get(id)?, self.marks.get(id)?);
        let mut used = marks.names.iter().filter_map(|&(_, id)| self.nodes.get(id));
        Some(match node.kind {
            NodeKind::Data | NodeKind::Collect => node.to_string(),
            NodeKind::Index => match used.next() {
                Some(of) => format!("IndexNode<{of}, {}>", index_of(&node.label)),
                None => node.to_string(),
            },
            NodeKind::Op => {
                let mut text = format!("Op<{}", node.label);
                used.for_each(|node| {
                    let _ = write!(text, ", {node}");
                });
                text.push('>');
                text
            }
        })
    }
}
