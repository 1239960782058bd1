//! [`DispatchGraph`]: the graph as data, which tests look at and which is printed.
//!
//! A snapshot: made from outputs or by hand, it holds no nodes, and running the outputs doesn't change it.
//!
//! In this file: the type, how nodes get into it, and what it is made of. `numbering.rs` says which nodes some outputs depend
//! on, and in which order they come; `describe.rs` how a node reads; `draw.rs` how a graph is printed; `edit.rs` how one is
//! written by hand, and what may go wrong; `look.rs` neighbours and parts; `equality.rs` when two are equal; `petgraph.rs` the
//! view for algorithms.

mod describe;
mod draw;
mod edit;
mod equality;
mod look;
mod numbering;
#[cfg(feature = "petgraph")]
mod petgraph;

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::node::Node;
use crate::raw::{EdgeKind, Handle, Sealed};
use crate::site::Location;

pub(crate) use describe::{label_of_header, location_of};
pub use edit::GraphError;
pub(crate) use numbering::{Numbering, is_alias};

/// Operations, and how they depend on each other.
///
/// The nodes of a graph have dense ids. In one that is made from outputs ([`new`](Self::new), [`of`](Self::of),
/// [`between`](Self::between)) they are in the order in which the nodes were built, and each node depends only on lower ids. The
/// same program gives the same graph, and the same text, each time.
///
/// A graph is data: it can be looked at, edited and compared, and holds no values and no functions. Editing one changes nothing
/// for the nodes that it was made from, and it can't be run. It never has a cycle: what would close one is refused.
///
/// # Equality
/// Two graphs are equal if their nodes can be paired so that paired nodes have the same kind, label and text, and the same
/// edges between them. Ids play no part, so neither does the order in which nodes and edges were added; nor do the locations of
/// the nodes, which nodes the graph was made from, and which of them were its outputs. Comparing takes long only for large
/// graphs of nodes that look alike and were added in another order.
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
#[derive(Clone, Default)]
pub struct DispatchGraph {
    nodes: Vec<NodeInfo>,
    /// What isn't shown of each node.
    marks: Vec<Marks>,
    /// Sorted by [`Edge::place`], each once.
    edges: Vec<Edge>,
    /// From where to where the edges go: sorted, each once.
    forward: Vec<(usize, usize)>,
    outputs: Vec<usize>,
    /// By the address of a node: when it was built, and its id. A later node at the same address takes the place of one that is
    /// gone.
    ids: HashMap<usize, (u32, usize)>,
    /// Who uses a version of a value.
    uses: HashMap<Version, Uses>,
}

/// What isn't shown of a node.
#[derive(Clone, Default)]
struct Marks {
    /// Where in its text other nodes are named, and which.
    names: Box<[(usize, usize)]>,
}

/// A version of a value: the address of the operation that gives it, when that was built, and which of its versions it is.
type Version = (usize, u32, usize);

/// Who uses a version of a value.
#[derive(Clone, Default)]
struct Uses {
    readers: Vec<usize>,
    /// Who moves or updates it, and so waits for the readers.
    taker: Option<usize>,
}

/// A [`Node`] of whatever type, for lists of nodes of several types.
pub trait AnyNode: Sealed {
    #[doc(hidden)]
    fn any(&self) -> &Handle;
}

impl<T> AnyNode for Node<'_, T> {
    fn any(&self) -> &Handle {
        self.handle()
    }
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

impl Edge {
    /// Where the edge is in a graph's list: by the node that waits, and there what it uses before what it only waits for.
    fn place(&self) -> (usize, bool, usize, EdgeKind) {
        (self.to, self.kind == EdgeKind::Order, self.from, self.kind)
    }
}

impl DispatchGraph {
    /// A graph of no nodes.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::DispatchGraph;
    ///
    /// assert!(DispatchGraph::empty().is_empty());
    /// ```
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The graph of one output: the node, and all that it depends on.
    #[must_use]
    pub fn new<T>(output: &Node<'_, T>) -> Self {
        Self::of_handles(std::slice::from_ref(output.handle()), &[])
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
        Self::of_handles(&handles, &[])
    }

    /// The graph of some outputs that stops at some inputs: what only the inputs depend on is left out.
    ///
    /// An input that no output depends on is left out, too. Where a text names a node that is left out, it has a `_`.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let text = Op::new("load", (), |()| String::from("a b c"));
    /// let words = Op::new("count", (text,), |(text,)| text.split(' ').count());
    /// let twice = Op::new("double", (&words,), |(n,)| 2 * n);
    /// let graph = DispatchGraph::between(&[&words], &[&twice]);
    /// assert_eq!(graph.outline(), "%0 = count(_)\n%1 = double(&%0)\n");
    /// ```
    #[must_use]
    pub fn between(inputs: &[&dyn AnyNode], outputs: &[&dyn AnyNode]) -> Self {
        let share = |nodes: &[&dyn AnyNode]| nodes.iter().map(|node| node.any().share()).collect::<Vec<_>>();
        Self::of_handles(&share(outputs), &share(inputs))
    }

    fn of_handles(outputs: &[Handle], inputs: &[Handle]) -> Self {
        let mut graph = Self::default();
        graph.outputs = graph.take_in(outputs, inputs);
        graph
    }

    /// Adds nodes and what they depend on, but for what is there already and what only that and `inputs` depend on. Gives the
    /// nodes' ids.
    fn take_in(&mut self, nodes: &[Handle], inputs: &[Handle]) -> Vec<usize> {
        let inputs: HashSet<usize> = inputs.iter().map(Handle::key).collect();
        let ends = |handle: &Handle| inputs.contains(&handle.key()) || self.id_of_handle(handle).is_some();
        let numbering = Numbering::holding(nodes, ends);
        // The graph's ids of what the numbering shows.
        let mut ids: Vec<usize> = Vec::with_capacity(numbering.handles.len());
        let shown = numbering.handles.iter().zip(&numbering.held).filter(|(handle, _)| !is_alias(handle.header()));
        for (handle, held) in shown {
            if let Some(id) = self.id_of_handle(handle) {
                ids.push(id);
                continue;
            }
            let id = self.nodes.len();
            ids.push(id);
            self.ids.insert(handle.key(), (handle.header().seq, id));
            let (node, names) = describe::describe(handle, held.as_ref(), |used| {
                if inputs.contains(&handle.key()) {
                    return None;
                }
                let home = numbering.home(used).and_then(|home| ids.get(home)).copied();
                home.or_else(|| self.id_of_home(used)).or_else(|| ids.get(numbering.id(used)?).copied())
            });
            self.nodes.push(node);
            self.marks.push(Marks { names: names.into() });
            if inputs.contains(&handle.key()) {
                continue;
            }
            for (kind, used) in handle.inputs() {
                let Some(&from) = numbering.id(&used).and_then(|used| ids.get(used)) else {
                    continue;
                };
                self.edges.push(Edge { from, to: id, kind });
                self.use_version((used.key(), used.header().seq, used.version()), id, kind);
            }
        }
        self.tidy();
        nodes.iter().filter_map(|node| ids.get(numbering.id(node)?).copied()).collect()
    }

    /// Notes that `user` uses a version of a value: who takes it waits for those that read it.
    fn use_version(&mut self, version: Version, user: usize, kind: EdgeKind) {
        if kind == EdgeKind::Order {
            return;
        }
        let uses = self.uses.entry(version).or_default();
        match (kind, uses.taker) {
            (EdgeKind::Read, None) => uses.readers.push(user),
            (EdgeKind::Read, Some(taker)) => {
                uses.readers.push(user);
                self.edges.extend(order(user, taker));
            }
            _ => {
                uses.taker = Some(user);
                self.edges.extend(uses.readers.iter().filter_map(|&reader| order(reader, user)));
            }
        }
    }

    /// Puts the edges in order.
    fn tidy(&mut self) {
        self.edges.sort_unstable_by_key(Edge::place);
        self.edges.dedup();
        self.forward = self.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        self.forward.sort_unstable();
        self.forward.dedup();
    }

    /// The id of the node that the value lives in, where that one was in the graph before.
    fn id_of_home(&self, version: &Handle) -> Option<usize> {
        let mut home = version.share();
        while home.key() != home.home_key() {
            let (_, before) = home.inputs().find(|(_, used)| used.home_key() == home.home_key())?;
            home = before;
        }
        self.id_of_handle(&home)
    }

    fn id_of_handle(&self, handle: &Handle) -> Option<usize> {
        let &(seq, id) = self.ids.get(&handle.key())?;
        (seq == handle.header().seq).then_some(id)
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

/// The edge that makes a reader of a value come before who takes it.
fn order(reader: usize, taker: usize) -> Option<Edge> {
    (reader != taker).then_some(Edge { from: reader, to: taker, kind: EdgeKind::Order })
}
