//! [`DispatchGraph`]: the graph as data, which tests look at and which is printed.
//!
//! A snapshot: made from outputs, it holds no nodes, and running the outputs doesn't change it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::fmt::{self, Write as _};

use crate::collect::COLLECT;
use crate::lower::PARTS;
use crate::node::Node;
use crate::op::{BY_HAND, DATA, INDEX};
use crate::raw::{Describe, Described, EdgeKind, Handle, Header};
use crate::site::{Location, Piece};

/// The operations that some outputs depend on, and how they depend on each other.
///
/// Nodes have dense ids in the order in which they were built; each depends only on lower ids. The same program gives the
/// same graph, and the same text, each time.
///
/// # Examples
/// ```
/// use dispatcher_core::{DispatchGraph, EdgeKind, Op};
///
/// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
/// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
/// let scaled = Op::new("scale", (data, mean), |(xs, by)| xs.iter().map(|x| x / by).collect::<Vec<f64>>());
/// let graph = DispatchGraph::new(&scaled);
/// assert_eq!(graph.outline(), "%0 = load()\n%1 = mean(&%0)\n%2 = scale(%0, %1)\n");
/// let kinds: Vec<_> = graph.edges().iter().map(|edge| (edge.from, edge.to, edge.kind)).collect();
/// assert_eq!(
///     kinds,
///     [(0, 1, EdgeKind::Read), (0, 2, EdgeKind::Move), (1, 2, EdgeKind::Move), (1, 2, EdgeKind::Order)]
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DispatchGraph {
    nodes: Vec<NodeInfo>,
    edges: Vec<Edge>,
    outputs: Vec<usize>,
}

/// What a node of a [`DispatchGraph`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NodeKind {
    /// An [`Op`](crate::Op): a call.
    Op,
    /// A [`DataNode`](crate::DataNode): a value that is there.
    Data,
    /// An [`IndexNode`](crate::IndexNode): an element of a value.
    Index,
    /// A [`CollectNode`](crate::CollectNode): a collection of values.
    Collect,
}

/// A node of a [`DispatchGraph`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeInfo {
    /// What it is.
    pub kind: NodeKind,
    /// The function's name, or what was set in its place; `3 Ops` for a collection of three nodes.
    pub label: String,
    /// Where it was built, if that is known.
    pub location: Option<Location>,
    /// How it reads in an outline, without its id: `mean(&%0)`.
    pub text: String,
}

/// An edge of a [`DispatchGraph`]: `to` waits for `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Edge {
    /// The id of the node that comes first.
    pub from: usize,
    /// The id of the node that waits.
    pub to: usize,
    /// What `to` does with the value.
    pub kind: EdgeKind,
}

impl DispatchGraph {
    /// The graph of one output.
    #[must_use]
    pub fn new<T>(output: &Node<'_, T>) -> Self {
        Self::of_handles(std::slice::from_ref(output.handle()))
    }

    /// The graph of many outputs.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph};
    ///
    /// let outputs = [DataNode::new(1), DataNode::new(2)];
    /// assert_eq!(DispatchGraph::of(&outputs).outline(), "%0 = 1\n%1 = 2\n");
    /// ```
    #[must_use]
    pub fn of<'n, 'g: 'n, T: 'n>(outputs: impl IntoIterator<Item = &'n Node<'g, T>>) -> Self {
        let handles: Vec<Handle> = outputs.into_iter().map(|node| node.handle().share()).collect();
        Self::of_handles(&handles)
    }

    pub(crate) fn of_handles(outputs: &[Handle]) -> Self {
        let numbering = Numbering::holding(outputs);
        let mut nodes = Vec::new();
        let mut edges = Vec::new();
        let mut readers: HashMap<(usize, usize), Vec<usize>> = HashMap::new();
        let mut takers: Vec<(usize, usize, usize)> = Vec::new();
        for (handle, held) in numbering.handles.iter().zip(&numbering.held) {
            let header = handle.header();
            if is_alias(header) {
                continue;
            }
            let id = nodes.len();
            nodes.push(describe(handle, held.as_ref(), &numbering));
            for (kind, used) in handle.inputs() {
                let (from, version) = numbering.version(&used);
                edges.push(Edge { from, to: id, kind });
                match kind {
                    EdgeKind::Read => readers.entry(version).or_default().push(id),
                    EdgeKind::Move | EdgeKind::Update => takers.push((version.0, version.1, id)),
                    EdgeKind::Order => {}
                }
            }
        }
        for (key, version, taker) in takers {
            let before = readers.get(&(key, version)).into_iter().flatten();
            edges.extend(before.filter(|&&reader| reader != taker).map(|&reader| Edge {
                from: reader,
                to: taker,
                kind: EdgeKind::Order,
            }));
        }
        edges.sort_unstable_by_key(|edge| (edge.to, edge.kind == EdgeKind::Order, edge.from, edge.kind));
        edges.dedup();
        let outputs = outputs.iter().map(|output| numbering.version(output).0).collect();
        Self { nodes, edges, outputs }
    }

    /// The nodes; a node's id is its place.
    #[must_use]
    pub fn nodes(&self) -> &[NodeInfo] {
        &self.nodes
    }

    /// The edges, sorted by `to`: what a node uses, then what it only waits for.
    #[must_use]
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The ids of the outputs, in the order in which they were given.
    #[must_use]
    pub fn outputs(&self) -> &[usize] {
        &self.outputs
    }

    /// The graph as numbered lines that read like Rust, the same on every run.
    ///
    /// A value that is updated in place keeps its number. Captured values are shown by their `Debug`, shortened where
    /// that is long, or by the text that they were written with.
    #[must_use]
    pub fn outline(&self) -> String {
        let mut text = String::new();
        for (id, node) in self.nodes.iter().enumerate() {
            let _ = writeln!(text, "%{id} = {}", node.text);
        }
        text
    }

    /// The graph in Graphviz's language.
    ///
    /// A read is a solid edge, a move a bold one, an update a bold one with a diamond, and an edge that only orders is
    /// dashed. Outputs have a double border.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph, Op};
    ///
    /// let double = Op::new("double", (DataNode::new(2),), |(n,)| n * 2);
    /// assert!(DispatchGraph::new(&double).to_dot().contains("n0 -> n1 [style=bold]"));
    /// ```
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut text = String::from("digraph dispatch {\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n");
        let mut is_output = vec![false; self.nodes.len()];
        for &output in &self.outputs {
            is_output[output] = true;
        }
        for (id, node) in self.nodes.iter().enumerate() {
            let _ = write!(text, "  n{id} [label=\"%{id} = {}\"", Escaped(&node.text));
            match node.kind {
                NodeKind::Op => {}
                NodeKind::Data => text.push_str(", shape=plaintext"),
                NodeKind::Index | NodeKind::Collect => text.push_str(", style=rounded"),
            }
            if is_output[id] {
                text.push_str(", peripheries=2");
            }
            if let Some(location) = node.location {
                let _ = write!(text, ", tooltip=\"{}\"", Escaped(&location.to_string()));
            }
            text.push_str("];\n");
        }
        for edge in &self.edges {
            let style = match edge.kind {
                EdgeKind::Read => "",
                EdgeKind::Move => " [style=bold]",
                EdgeKind::Update => " [style=bold, arrowhead=diamond]",
                EdgeKind::Order => " [style=dashed]",
            };
            let _ = writeln!(text, "  n{} -> n{}{style};", edge.from, edge.to);
        }
        text.push_str("}\n");
        text
    }
}

impl fmt::Debug for DispatchGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DispatchGraph({} nodes, {} edges)", self.nodes.len(), self.edges.len())
    }
}

impl fmt::Display for DispatchGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.outline())
    }
}

/// Text in a quoted Graphviz string.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' | '\\' => write!(f, "\\{c}")?,
                '\n' => f.write_str("\\n")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The nodes that some outputs depend on, in the order of their ids.
pub(crate) struct Numbering {
    /// The nodes: each comes after those that it depends on, and else in the order in which they were built.
    pub(crate) handles: Vec<Handle>,
    /// The id of each, by key. A node that graphs don't show has that of the one it stands for.
    ids: HashMap<usize, usize>,
    /// Those that may be described: none of a run's, and none that only such use.
    held: Vec<Option<Described>>,
}

impl Numbering {
    pub(crate) fn new(outputs: &[Handle]) -> Self {
        Self::make(outputs, false)
    }

    /// Holds what no run does.
    fn holding(outputs: &[Handle]) -> Self {
        Self::make(outputs, true)
    }

    fn make(outputs: &[Handle], hold: bool) -> Self {
        let mut held: Vec<Option<Described>> = Vec::new();
        let mut found: Vec<Handle> = Vec::new();
        let mut place: HashMap<usize, usize> = HashMap::new();
        let mut dependents: Vec<Vec<usize>> = Vec::new();
        let mut missing: Vec<usize> = Vec::new();
        let mut visit = |handle: &Handle, found: &mut Vec<Handle>| {
            *place.entry(handle.key()).or_insert_with(|| {
                found.push(handle.share());
                found.len() - 1
            })
        };
        for output in outputs {
            let place = visit(output, &mut found);
            if place == held.len() {
                held.push(if hold { Described::hold(output) } else { None });
            }
        }
        let mut next = 0;
        while next < found.len() {
            let node = found[next].share();
            missing.push(0);
            for (_, used) in node.inputs() {
                let handle = used;
                let used = visit(&handle, &mut found);
                if used == held.len() {
                    held.push(held[next].as_ref().and_then(|_| Described::hold(&handle)));
                }
                missing[next] += 1;
                if dependents.len() <= used {
                    dependents.resize_with(used + 1, Vec::new);
                }
                dependents[used].push(next);
            }
            next += 1;
        }
        dependents.resize_with(found.len(), Vec::new);
        let key = |place: usize, found: &[Handle]| Reverse((found[place].header().seq, Reverse(place)));
        let mut ready: BinaryHeap<_> =
            (0..found.len()).filter(|&place| missing[place] == 0).map(|place| key(place, &found)).collect();
        let mut handles = Vec::with_capacity(found.len());
        let mut in_order = Vec::with_capacity(found.len());
        let mut ids = HashMap::with_capacity(found.len());
        let mut shown = 0;
        while let Some(Reverse((_, Reverse(place)))) = ready.pop() {
            let handle = found[place].share();
            let id = match handle.inputs().next() {
                Some((_, of)) if is_alias(handle.header()) => ids.get(&of.key()).copied().unwrap_or(0),
                _ => {
                    shown += 1;
                    shown - 1
                }
            };
            ids.insert(handle.key(), id);
            handles.push(handle);
            in_order.push(held[place].take());
            for &dependent in &dependents[place] {
                missing[dependent] -= 1;
                if missing[dependent] == 0 {
                    ready.push(key(dependent, &found));
                }
            }
        }
        Self { handles, ids, held: in_order }
    }

    /// The ids, by key.
    pub(crate) fn into_ids(self) -> HashMap<usize, usize> {
        self.ids
    }

    /// The id of the operation that gives this version.
    pub(crate) fn id(&self, handle: &Handle) -> Option<usize> {
        self.ids.get(&handle.key()).copied()
    }

    /// The operation's id, and what tells its versions apart.
    fn version(&self, handle: &Handle) -> (usize, (usize, usize)) {
        let id = self.id(handle).unwrap_or(0);
        (id, (handle.key(), handle.version()))
    }

    /// The id of the node that the value lives in: what an outline calls it.
    fn name(&self, handle: &Handle) -> usize {
        self.ids.get(&handle.home_key()).copied().unwrap_or(0)
    }
}

/// Whether graphs leave the node out and show the one it stands for.
pub(crate) fn is_alias(header: &Header) -> bool {
    std::ptr::eq(header.site, &raw const PARTS)
}

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
pub(crate) fn label_of(handle: &Handle) -> String {
    label_of_header(handle.header())
}

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

fn describe(handle: &Handle, held: Option<&Described>, numbering: &Numbering) -> NodeInfo {
    let header = handle.header();
    let (kind, label) = (kind_of(header), label_of(handle));
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
