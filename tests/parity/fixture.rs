//! The graph of ten nodes that equality and subgraphs are tested on: 2→1, 2→3, 3→4, 3→5, 4→6, 5→6, 6→7, 6→8, 9→8, 9→10.

use dispatcher::{DispatchGraph, Node, Op};

/// From where to where the edges go.
pub const EDGES: [(usize, usize); 10] =
    [(2, 1), (2, 3), (3, 4), (3, 5), (4, 6), (5, 6), (6, 7), (6, 8), (9, 8), (9, 10)];

/// A graph of nodes `n1`, `n2` and so on, in this order, with these edges.
pub fn graph(nodes: &[usize], edges: &[(usize, usize)]) -> DispatchGraph {
    let mut graph = DispatchGraph::empty();
    nodes.iter().for_each(|node| {
        graph.add_op(format!("n{node}"));
    });
    let id = |node| nodes.iter().position(|&other| other == node).expect("an edge between nodes that are there");
    edges.iter().for_each(|&(from, to)| graph.add_edge(id(from), id(to)).expect("no cycle"));
    graph
}

/// The whole graph.
pub fn ten() -> DispatchGraph {
    graph(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], &EDGES)
}

/// Ten operations that depend on nothing, and the whole graph with them as its nodes.
pub fn ten_nodes() -> (Vec<Node<'static, usize>>, DispatchGraph) {
    let nodes: Vec<_> = (1..=10).map(|n| Op::new(&format!("n{n}"), (), move |()| n)).collect();
    let mut graph = DispatchGraph::empty();
    nodes.iter().for_each(|node| {
        graph.add(node).expect("no cycle");
    });
    EDGES.iter().for_each(|&(from, to)| graph.add_edge(from - 1, to - 1).expect("no cycle"));
    (nodes, graph)
}
