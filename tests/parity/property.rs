//! Random graphs by hand: subgraphs, equality and refused cycles, against a plain model and petgraph's algorithms.

use std::collections::BTreeSet;

use dispatcher::{DispatchGraph, EdgeKind, GraphError};
use petgraph::algo::{has_path_connecting, is_cyclic_directed, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

type Edges = BTreeSet<(usize, usize)>;

/// How many nodes, and edges between any of them.
fn sizes_and_edges() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1_usize..12).prop_flat_map(|len| (Just(len), vec((0..len, 0..len), 0..24)))
}

/// The graph with those of the edges that close no cycle, in this order, and which these are. Labels are numbers below `labels`.
fn build(len: usize, labels: usize, edges: &[(usize, usize)]) -> (DispatchGraph, Edges) {
    let mut graph = DispatchGraph::empty();
    (0..len).for_each(|id| {
        graph.add_op((id % labels).to_string());
    });
    let kept = edges.iter().copied().filter(|&(from, to)| graph.add_edge(from, to).is_ok()).collect();
    (graph, kept)
}

/// The nodes from which there is a way to one of these that `passes` through all nodes on it but the first.
fn above(len: usize, edges: &Edges, to: &BTreeSet<usize>, passes: impl Fn(usize) -> bool) -> BTreeSet<usize> {
    let mut found = to.clone();
    for _ in 0..len {
        let more: Vec<_> =
            edges.iter().filter(|(_, to)| found.contains(to) && passes(*to)).map(|&(from, _)| from).collect();
        found.extend(more);
    }
    found
}

/// What Dispatcher.jl's documentation says of `subgraph`, taken word by word.
fn model(len: usize, edges: &Edges, endpoints: &BTreeSet<usize>, roots: &BTreeSet<usize>) -> BTreeSet<usize> {
    if !endpoints.is_empty() {
        let mut keeps = above(len, edges, endpoints, |id| !roots.contains(&id));
        keeps.extend(roots);
        return keeps;
    }
    // A node goes if it is above a root, and each way down from it comes to a root.
    let mut gone = BTreeSet::new();
    for _ in 0..len {
        for id in 0..len {
            let mut after = edges.iter().filter(|(from, _)| *from == id).map(|&(_, to)| to).peekable();
            if after.peek().is_some() && after.all(|to| roots.contains(&to) || gone.contains(&to)) {
                gone.insert(id);
            }
        }
    }
    (0..len).filter(|id| !gone.contains(id)).collect()
}

fn picked(len: usize, picks: &[Index]) -> BTreeSet<usize> {
    picks.iter().map(|pick| pick.index(len)).collect()
}

proptest! {
    #[test]
    fn parity_14_subgraph_is_what_the_model_says(
        (len, edges) in sizes_and_edges(),
        endpoints in vec(any::<Index>(), 0..3),
        roots in vec(any::<Index>(), 0..4),
    ) {
        let (graph, edges) = build(len, len, &edges);
        let (endpoints, roots) = (picked(len, &endpoints), picked(len, &roots));
        let list = |ids: &BTreeSet<usize>| ids.iter().copied().collect::<Vec<_>>();
        let part = graph.subgraph(&list(&endpoints), &list(&roots)).unwrap();
        let keeps = model(len, &edges, &endpoints, &roots);
        let labels: BTreeSet<usize> = part.nodes().iter().map(|node| node.label.parse().unwrap()).collect();
        prop_assert_eq!(&labels, &keeps);
        let old = list(&keeps);
        let kept: Edges = part.edges().iter().map(|edge| (old[edge.from], old[edge.to])).collect();
        let inside: Edges = edges.into_iter().filter(|(from, to)| keeps.contains(from) && keeps.contains(to)).collect();
        prop_assert_eq!(kept, inside);
    }

    #[test]
    fn parity_13_equality_whatever_the_order(
        (len, edges) in sizes_and_edges(),
        labels in 1_usize..4,
        keys in vec(any::<u32>(), 12),
        extra in any::<(Index, Index)>(),
    ) {
        let (graph, edges) = build(len, labels, &edges);
        // The same graph with its nodes and edges added in another order.
        let mut order: Vec<usize> = (0..len).collect();
        order.sort_by_key(|&id| keys[id]);
        let mut other = DispatchGraph::empty();
        let mut ids = vec![0; len];
        order.iter().for_each(|&old| ids[old] = other.add_op((old % labels).to_string()));
        let mut shuffled: Vec<_> = edges.iter().copied().collect();
        shuffled.sort_by_key(|&(from, to)| keys[from] ^ keys[to]);
        shuffled.iter().for_each(|&(from, to)| other.add_edge(ids[from], ids[to]).unwrap());
        prop_assert_eq!(&graph, &other);
        prop_assert_eq!(&other, &graph);
        // One edge more makes it another graph.
        let (from, to) = (extra.0.index(len), extra.1.index(len));
        if !edges.contains(&(from, to)) && other.add_edge(ids[from], ids[to]).is_ok() {
            prop_assert_ne!(graph, other);
        }
    }

    #[test]
    fn parity_13_equality_is_that_of_petgraph(
        (len, edges) in sizes_and_edges(),
        others in vec((any::<Index>(), any::<Index>()), 0..24),
        labels in 1_usize..4,
    ) {
        let others: Vec<_> = others.iter().map(|(from, to)| (from.index(len), to.index(len))).collect();
        let ((graph, _), (other, _)) = (build(len, labels, &edges), build(len, labels, &others));
        let same = petgraph::algo::is_isomorphic_matching(
            &graph.to_petgraph(), &other.to_petgraph(), |a, b| a.label == b.label, |a, b| a == b,
        );
        prop_assert_eq!(graph == other, same);
    }

    #[test]
    fn parity_15_cycles_are_refused((len, edges) in sizes_and_edges()) {
        let mut graph = DispatchGraph::empty();
        (0..len).for_each(|id| {
            graph.add_op(id.to_string());
        });
        let mut model: DiGraph<(), ()> = DiGraph::new();
        (0..len).for_each(|_| {
            model.add_node(());
        });
        for (from, to) in edges {
            let (a, b) = (NodeIndex::new(from), NodeIndex::new(to));
            match graph.add_edge(from, to) {
                Ok(()) => {
                    prop_assert!(!has_path_connecting(&model, b, a, None));
                    model.add_edge(a, b, ());
                }
                Err(GraphError::Cycle { path }) => {
                    prop_assert_eq!((path[0].0, path[path.len() - 1].0), (to, from));
                    for pair in path.windows(2) {
                        prop_assert!(graph.successors(pair[0].0).contains(&pair[1].0));
                    }
                }
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
        let view = graph.to_petgraph();
        prop_assert!(!is_cyclic_directed(&view));
        let order = toposort(&view, None).map_err(|_| TestCaseError::fail("a cycle"))?;
        prop_assert_eq!(order.len(), len);
        for edge in graph.edges() {
            let place = |id: usize| order.iter().position(|&index| index.index() == id);
            prop_assert!(place(edge.from) < place(edge.to));
        }
    }

    #[test]
    fn parity_11_neighbours_are_those_of_petgraph((len, edges) in sizes_and_edges()) {
        let (graph, _) = build(len, len, &edges);
        let view = graph.to_petgraph();
        prop_assert_eq!((view.node_count(), view.edge_count()), (graph.len(), graph.edges().len()));
        for id in 0..len {
            let index = NodeIndex::new(id);
            let sorted = |mut ids: Vec<usize>| { ids.sort_unstable(); ids };
            prop_assert_eq!(graph.successors(id), sorted(view.neighbors(index).map(NodeIndex::index).collect()));
            let before = view.neighbors_directed(index, petgraph::Incoming).map(NodeIndex::index).collect();
            prop_assert_eq!(graph.predecessors(id), sorted(before));
            prop_assert_eq!(&view[index], &graph.nodes()[id]);
        }
        let leaves: Vec<_> = view.externals(petgraph::Outgoing).map(NodeIndex::index).collect();
        prop_assert_eq!(graph.leaves(), leaves);
        prop_assert!(graph.edges().iter().all(|edge| edge.kind == EdgeKind::Order));
    }
}
