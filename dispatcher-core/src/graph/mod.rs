//! [`DispatchGraph`]: the graph as data, which tests look at and which is printed.
//!
//! A snapshot: made from outputs, it holds no nodes, and running the outputs doesn't change it.
//!
//! In this file: the type, how it is made from outputs, and what it is made of. `numbering.rs` says which nodes are in it and
//! in which order, `describe.rs` how a node reads, `draw.rs` how a graph is printed.

mod describe;
mod draw;
mod numbering;

use std::collections::HashMap;
use std::fmt;

use crate::node::Node;
use crate::raw::{EdgeKind, Handle};
use crate::site::Location;

pub(crate) use describe::{label_of_header, location_of};
pub(crate) use numbering::Numbering;

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
            if numbering::is_alias(header) {
                continue;
            }
            let id = nodes.len();
            nodes.push(describe::describe(handle, held.as_ref(), &numbering));
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
}

impl fmt::Debug for DispatchGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DispatchGraph({} nodes, {} edges)", self.nodes.len(), self.edges.len())
    }
}
