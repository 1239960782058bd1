//! The graph as one of petgraph's, for whoever wants algorithms.

use petgraph::graph::{DiGraph, NodeIndex};

use super::{DispatchGraph, NodeInfo};
use crate::raw::EdgeKind;

impl DispatchGraph {
    /// The graph as one of [petgraph](https://docs.rs/petgraph)'s: a node's index there is its id here.
    ///
    /// Needs the cargo feature `petgraph`. Two nodes may have several edges between them, of different kinds.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DispatchGraph, Op};
    ///
    /// let data = Op::new("load", (), |()| vec![1.0, 3.0]);
    /// let mean = Op::new("mean", (&data,), |(xs,)| xs.iter().sum::<f64>() / 2.0);
    /// let graph = DispatchGraph::new(&mean).to_petgraph();
    /// assert!(!petgraph::algo::is_cyclic_directed(&graph));
    /// assert_eq!(graph[petgraph::graph::NodeIndex::new(1)].label, "mean");
    /// ```
    #[must_use]
    pub fn to_petgraph(&self) -> DiGraph<NodeInfo, EdgeKind> {
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.edges.len());
        for node in &self.nodes {
            graph.add_node(node.clone());
        }
        for edge in &self.edges {
            graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), edge.kind);
        }
        graph
    }
}
