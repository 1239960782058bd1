//! Graphs written by hand: adding nodes and edges, and why that may be refused.

use std::collections::{HashMap, VecDeque};

use thiserror::Error;

use super::{DispatchGraph, Edge, Marks, NodeInfo, NodeKind};
use crate::node::Node;
use crate::raw::EdgeKind;

/// Why a graph couldn't be edited, or a part of it not be had.
///
/// # Examples
/// ```
/// use dispatcher_core::{DispatchGraph, GraphError};
///
/// let mut graph = DispatchGraph::empty();
/// let load = graph.add_op("load");
/// assert_eq!(graph.add_edge(load, 7), Err(GraphError::UnknownId { id: 7, len: 1 }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The graph has no node of this id.
    #[error("the graph has no node %{id}: it has {len} nodes, and their ids start at 0")]
    UnknownId {
        /// The id.
        id: usize,
        /// How many nodes the graph has.
        len: usize,
    },
    /// This node is not in the graph.
    #[error("the node `{label}` is not in the graph: add it, or make the graph from outputs that depend on it")]
    UnknownNode {
        /// The node's label.
        label: String,
    },
    /// An edge would close a cycle, so none of the nodes on it could ever run.
    #[error("an edge from %{} to %{} would close a cycle: {}", last(path), first(path), round(path))]
    Cycle {
        /// The id and label of each node on the cycle, in the order of the edges. The refused edge goes from the last to the
        /// first.
        path: Vec<(usize, String)>,
    },
}

fn first(path: &[(usize, String)]) -> usize {
    path.first().map_or(0, |(id, _)| *id)
}

fn last(path: &[(usize, String)]) -> usize {
    path.last().map_or(0, |(id, _)| *id)
}

/// The cycle as text, back to where it starts.
fn round(path: &[(usize, String)]) -> String {
    let nodes = path.iter().chain(path.first());
    nodes.map(|(id, label)| format!("%{id} `{label}`")).collect::<Vec<_>>().join(" -> ")
}

impl DispatchGraph {
    /// Adds a node and all that it depends on, and gives its id.
    ///
    /// What is in the graph already keeps its id and stays as it is, and what only that depends on is not looked at; so adding a
    /// node again changes nothing. Nodes that are new get the next ids, in the order in which they were built. The node doesn't
    /// become one of the graph's [`outputs`](Self::outputs). To make a graph of many nodes, [`of`](Self::of) is faster.
    ///
    /// # Errors
    /// [`GraphError::Cycle`] if the node has to come before another one that it would have to wait for: only edges that were
    /// added by hand can make that so. The graph is then left as it was.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
    /// let mut graph = DispatchGraph::empty();
    /// assert_eq!(graph.add(&mean)?, 1);
    /// assert_eq!(graph.add(&data)?, 0);
    /// assert_eq!(graph.add(&mean)?, 1);
    /// assert_eq!(graph.outline(), "%0 = load()\n%1 = mean(&%0)\n");
    /// # Ok::<(), dispatcher_core::GraphError>(())
    /// ```
    pub fn add<T>(&mut self, node: &Node<'_, T>) -> Result<usize, GraphError> {
        if let Some(id) = self.id_of(node) {
            return Ok(id);
        }
        let before = self.nodes.len();
        self.take_in(std::slice::from_ref(node.handle()), &[]);
        // New nodes wait for old ones; but one that reads a value which an old one takes comes before that.
        let back = self.edges.iter().filter(|edge| edge.from >= before && edge.to < before);
        if let Some(path) = back.filter_map(|edge| self.way(edge.to, edge.from)).next() {
            let error = self.cycle(&path);
            self.forget_from(before);
            return Err(error);
        }
        Ok(self.id_of(node).unwrap_or(before))
    }

    /// Adds a node that stands for an operation of this label, and gives its id.
    ///
    /// For graphs that are written by hand, in tests for example: there is no such operation. Each call adds a node.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::DispatchGraph;
    ///
    /// let mut graph = DispatchGraph::empty();
    /// let (load, mean) = (graph.add_op("load"), graph.add_op("mean"));
    /// graph.add_edge(load, mean)?;
    /// assert_eq!(graph.successors(load), [mean]);
    /// # Ok::<(), dispatcher_core::GraphError>(())
    /// ```
    pub fn add_op(&mut self, label: impl Into<String>) -> usize {
        let label = label.into();
        let text = format!("{label}()");
        self.nodes.push(NodeInfo { kind: NodeKind::Op, label, location: None, text });
        self.marks.push(Marks::default());
        self.nodes.len() - 1
    }

    /// Adds an edge that only orders: `to` waits for `from`. One that is there already is not added again.
    ///
    /// # Errors
    /// [`GraphError::UnknownId`] if an id is not in the graph, and [`GraphError::Cycle`] if `from` waits for `to` already. The
    /// graph is then left as it was.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::DispatchGraph;
    ///
    /// let mut graph = DispatchGraph::empty();
    /// let [a, b, c] = ["a", "b", "c"].map(|label| graph.add_op(label));
    /// graph.add_edge(a, b)?;
    /// graph.add_edge(b, c)?;
    /// assert_eq!(
    ///     graph.add_edge(c, a).unwrap_err().to_string(),
    ///     "an edge from %2 to %0 would close a cycle: %0 `a` -> %1 `b` -> %2 `c` -> %0 `a`"
    /// );
    /// # Ok::<(), dispatcher_core::GraphError>(())
    /// ```
    pub fn add_edge(&mut self, from: usize, to: usize) -> Result<(), GraphError> {
        self.check(from)?;
        self.check(to)?;
        if let Some(path) = self.way(to, from) {
            return Err(self.cycle(&path));
        }
        let edge = Edge { from, to, kind: EdgeKind::Order };
        if let Err(place) = self.edges.binary_search_by_key(&edge.place(), Edge::place) {
            self.edges.insert(place, edge);
        }
        if let Err(place) = self.forward.binary_search(&(from, to)) {
            self.forward.insert(place, (from, to));
        }
        Ok(())
    }

    /// That the graph has a node of this id.
    pub(super) fn check(&self, id: usize) -> Result<(), GraphError> {
        let len = self.nodes.len();
        if id < len { Ok(()) } else { Err(GraphError::UnknownId { id, len }) }
    }

    fn cycle(&self, path: &[usize]) -> GraphError {
        GraphError::Cycle { path: path.iter().map(|&id| (id, self.nodes[id].label.clone())).collect() }
    }

    /// A shortest way along the edges, both ends with it.
    fn way(&self, from: usize, to: usize) -> Option<Vec<usize>> {
        // Searched from the end, so that each node that is found knows the next one on the way.
        let mut next = HashMap::from([(to, to)]);
        let mut found = VecDeque::from([to]);
        while let Some(id) = found.pop_front() {
            if id == from {
                let mut path = vec![from];
                while path[path.len() - 1] != to {
                    path.push(next[&path[path.len() - 1]]);
                }
                return Some(path);
            }
            for edge in self.edges_to(id) {
                next.entry(edge.from).or_insert_with(|| {
                    found.push_back(edge.from);
                    id
                });
            }
        }
        None
    }

    /// Takes out the nodes from an id on.
    fn forget_from(&mut self, len: usize) {
        self.nodes.truncate(len);
        self.marks.truncate(len);
        self.edges.retain(|edge| edge.from < len && edge.to < len);
        self.ids.retain(|_, (_, id)| *id < len);
        for uses in self.uses.values_mut() {
            uses.readers.retain(|reader| *reader < len);
            uses.taker = uses.taker.filter(|taker| *taker < len);
        }
        self.tidy();
    }
}
