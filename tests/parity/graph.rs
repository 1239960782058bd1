//! Rows 11, 12, 13 and 15: nodes, edges and ids, graphs of outputs, equality, cycles.

use dispatcher::prelude::*;
use dispatcher::{DataNode, EdgeKind, GraphError, Op};

use crate::fixture::{EDGES, graph, ten, ten_nodes};

fn load(n: u64) -> Vec<u64> {
    (0..n).collect()
}
fn total(xs: &[u64]) -> u64 {
    xs.iter().sum()
}
fn largest(xs: &[u64]) -> u64 {
    xs.iter().copied().max().unwrap_or(0)
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[test]
fn parity_11_nodes_and_ids() {
    let mut graph = DispatchGraph::empty();
    let (three, four) = (Op::new("three", (), |()| 3), Op::new("four", (), |()| 4));
    assert_eq!((graph.add(&three), graph.add(&four)), (Ok(0), Ok(1)));
    assert_eq!((graph.add(&three), graph.len()), (Ok(0), 2), "adding a node again changes nothing");
    assert_eq!((graph.id_of(&three), graph.id_of(&four)), (Some(0), Some(1)));
    assert_eq!((graph.nodes()[0].label.as_str(), graph.nodes()[1].label.as_str()), ("three", "four"));
    graph.add_edge(0, 1).unwrap();
    graph.add_edge(0, 1).unwrap();
    assert_eq!(graph.edges().len(), 1, "adding an edge again changes nothing");
    assert_eq!((graph.edges()[0].from, graph.edges()[0].to, graph.edges()[0].kind), (0, 1, EdgeKind::Order));
    assert_eq!((graph.successors(0), graph.predecessors(1), graph.leaves()), (vec![1], vec![0], vec![1]));
    let stranger = DataNode::new(0);
    assert_eq!(graph.id_of(&stranger), None);
}

#[test]
fn parity_11_neighbours_and_leaves() {
    let all = ten();
    let neighbours = |numbers: Vec<usize>| numbers.into_iter().map(|id| id + 1).collect::<Vec<_>>();
    assert_eq!(neighbours(all.predecessors(6 - 1)), [4, 5]);
    assert_eq!(neighbours(all.successors(6 - 1)), [7, 8]);
    assert_eq!(neighbours(all.predecessors(2 - 1)), []);
    assert_eq!(neighbours(all.leaves()), [1, 7, 8, 10]);
    assert_eq!((all.len(), all.is_empty()), (10, false));
    assert_eq!((all.predecessors(10), all.successors(10)), (vec![], vec![]));
    // Several edges between two nodes make one neighbour.
    let data = Op::new("load", (), |()| vec![1]);
    let len = Op::new("len", (&data,), |(xs,)| xs.len());
    let both = Op::new("both", (data, len), |(xs, len)| xs.len() + len);
    let graph = DispatchGraph::new(&both);
    assert_eq!((graph.edges().len(), graph.predecessors(2), graph.leaves()), (4, vec![0, 1], vec![2]));
}

#[test]
fn parity_11_a_node_brings_what_it_depends_on() {
    let data = op!(load(3));
    let sum = op!(total(&data));
    let most = op!(largest(&data));
    let mut graph = DispatchGraph::new(&most);
    let data_id = graph.id_of(&data);
    assert_eq!((data_id, graph.add(&sum)), (Some(0), Ok(2)));
    assert_eq!(graph.outline(), "%0 = load(3)\n%1 = largest(&%0)\n%2 = total(&%0)\n");
    // Who takes a value waits for its readers, whether they come before it or after.
    let taken = Op::new("keep", (data,), |(data,)| data);
    assert_eq!(graph.add(&taken), Ok(3));
    assert_eq!(graph.predecessors(3), [0, 1, 2]);
    let mut other = DispatchGraph::new(&taken);
    assert_eq!(other.predecessors(1), [0]);
    other.add(&sum).unwrap();
    other.add(&most).unwrap();
    assert_eq!(other, graph);
    assert_eq!(other, DispatchGraph::between(&[], &[&sum, &most, &taken]));
}

#[test]
fn parity_11_a_node_in_the_place_of_another() {
    let mut graph = DispatchGraph::empty();
    for round in 0..100 {
        // Each is freed before the next one is built.
        let node = Op::new("round", (), move |()| round);
        assert_eq!(graph.id_of(&node), None, "round {round}");
        assert_eq!(graph.add(&node), Ok(round));
    }
}

#[test]
fn parity_12_built_from_outputs() {
    let data = op!(load(3));
    let (sum, most) = (op!(total(&data)), op!(largest(&data)));
    let unneeded = op!(load(5));
    let both = DispatchGraph::of([&sum, &most]);
    assert_eq!(both.outline(), "%0 = load(3)\n%1 = total(&%0)\n%2 = largest(&%0)\n");
    assert_eq!((both.outputs(), both.id_of(&unneeded)), (&[1, 2][..], None));
    assert_eq!(DispatchGraph::new(&sum).outline(), "%0 = load(3)\n%1 = total(&%0)\n");
    // Outputs of several types.
    let mixed = DispatchGraph::between(&[], &[&data, &sum]);
    assert_eq!(mixed.outputs(), [0, 1]);
    assert_eq!(mixed, DispatchGraph::new(&sum));
}

#[test]
fn parity_12_stops_at_inputs() {
    let data = op!(load(3));
    let sum = op!(total(&data));
    let most = op!(largest(&data));
    let added = op!(add(sum.clone(), 1));
    let result = op!(add(added, most.clone()));
    let graph = DispatchGraph::between(&[&sum], &[&result]);
    let labels: Vec<_> = graph.nodes().iter().map(|node| node.label.as_str()).collect();
    let input = graph.id_of(&sum).unwrap();
    assert!(labels.contains(&"load"), "`largest` needs the data, too: {labels:?}");
    assert_eq!(graph.predecessors(input), []);
    let graph = DispatchGraph::between(&[&sum, &most], &[&result]);
    assert_eq!((graph.id_of(&data), graph.id_of(&result)), (None, Some(graph.len() - 1)));
    assert!(graph.outline().contains("= total(&_)\n"), "{graph}");
    // An input that nothing needs is left out, and an output that is an input has nothing above it.
    let stranger = op!(load(5));
    assert_eq!(DispatchGraph::between(&[&stranger, &sum], &[&sum]).outline(), "%0 = total(&_)\n");
}

#[test]
fn parity_12_updated_values_keep_their_number() {
    let mut data = Op::new("load", (), |()| vec![3, 1, 2]);
    let sorted = Op::new("sort", (&mut data,), |(xs,)| xs.sort_unstable());
    let first = Op::new("first", (&data,), |(xs,)| xs[0]);
    let mut graph = DispatchGraph::new(&sorted);
    graph.add(&first).unwrap();
    assert_eq!(graph.outline(), "%0 = load()\n%1 = sort(&mut %0)\n%2 = first(&%0)\n");
    assert_eq!(graph.predecessors(2), [1]);
}

#[test]
fn parity_13_equality() {
    let all = ten();
    let backwards: Vec<usize> = (1..=10).rev().collect();
    let mut edges = Vec::new();
    for &edge in EDGES.iter().rev() {
        assert_ne!(graph(&backwards, &edges), all);
        edges.push(edge);
    }
    let mut other = graph(&backwards, &edges);
    assert_eq!(other, all);
    other.add_edge(10 - 2, 0).unwrap();
    assert_ne!(other, all, "2→10 is one edge more");
}

#[test]
fn parity_13_equality_of_nodes() {
    let (nodes, all) = ten_nodes();
    assert_eq!(all, ten());
    let mut other = DispatchGraph::empty();
    nodes.iter().rev().for_each(|node| {
        other.add(node).unwrap();
    });
    EDGES.iter().rev().for_each(|&(from, to)| {
        let (from, to) = (other.id_of(&nodes[from - 1]).unwrap(), other.id_of(&nodes[to - 1]).unwrap());
        other.add_edge(from, to).unwrap();
    });
    assert_eq!(other, all);
    other.add(&nodes[0]).unwrap();
    assert_eq!(other, all, "adding a node again changes nothing");
}

#[test]
fn parity_13_equality_of_nodes_that_look_alike() {
    // Pairs of an `a` and a `b` that meet in a `c`: which `b` belongs to an `a` only the edges tell.
    let pairs = |order: &[usize], crossed: bool| {
        let mut graph = DispatchGraph::empty();
        let a = [0; 4].map(|_| graph.add_op("a"));
        let mut b = [0; 4];
        order.iter().for_each(|&place| b[place] = graph.add_op("b"));
        for (place, &from) in a.iter().enumerate() {
            let c = graph.add_op("c");
            graph.add_edge(from, c).unwrap();
            graph.add_edge(b[if crossed { place / 2 } else { place }], c).unwrap();
        }
        graph
    };
    assert_eq!(pairs(&[0, 1, 2, 3], false), pairs(&[3, 1, 0, 2], false));
    assert_eq!(pairs(&[0, 1, 2, 3], true), pairs(&[3, 1, 0, 2], true));
    assert_ne!(pairs(&[0, 1, 2, 3], false), pairs(&[0, 1, 2, 3], true));
    // One ring of six against two rings of three: each node has two of the other kind beside it, in both.
    let rings = |edges: &[(usize, usize)]| {
        let mut graph = DispatchGraph::empty();
        (0..6).for_each(|_| {
            graph.add_op("from");
        });
        (0..6).for_each(|_| {
            graph.add_op("to");
        });
        edges.iter().for_each(|&(from, to)| graph.add_edge(from, 6 + to).unwrap());
        graph
    };
    let one: Vec<_> = (0..6).flat_map(|n| [(n, n), (n, (n + 1) % 6)]).collect();
    let two: Vec<_> = (0..6).flat_map(|n| [(n, n), (n, n / 3 * 3 + (n + 1) % 3)]).collect();
    let turned: Vec<_> = one.iter().map(|&(from, to)| ((from * 5) % 6, (to + 2) % 6)).collect();
    assert_ne!(rings(&one), rings(&two));
    assert_eq!(rings(&one), rings(&turned));
}

#[test]
fn parity_13_equality_of_programs() {
    #[dispatch]
    fn report(n: u64) -> u64 {
        let data = load(n);
        add(total(&data), largest(&data))
    }
    let by_hand = |n: u64| {
        let data = op!(load(n));
        op!(add(op!(total(&data)), op!(largest(&data))))
    };
    assert_eq!(DispatchGraph::new(&report(3)), DispatchGraph::new(&report(3)));
    assert_ne!(DispatchGraph::new(&report(3)), DispatchGraph::new(&report(4)));
    assert_eq!(DispatchGraph::new(&report(3)).len(), DispatchGraph::new(&by_hand(3)).len());
    let swapped = {
        let data = op!(load(3));
        let most = op!(largest(&data));
        let sum = op!(total(&data));
        op!(add(sum, most))
    };
    assert_eq!(DispatchGraph::new(&by_hand(3)), DispatchGraph::new(&swapped), "whatever was built first");
    let other_way = {
        let data = op!(load(3));
        let most = op!(largest(&data));
        let sum = op!(total(&data));
        op!(add(most, sum))
    };
    assert_ne!(DispatchGraph::new(&by_hand(3)), DispatchGraph::new(&other_way), "arguments have an order");
}

#[test]
fn parity_15_cycles_are_named() {
    let mut all = ten();
    let before = all.clone();
    let error = all.add_edge(7 - 1, 2 - 1).unwrap_err();
    let GraphError::Cycle { path } = &error else { panic!("{error}") };
    assert_eq!(path.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>(), ["n2", "n3", "n4", "n6", "n7"]);
    assert_eq!(
        error.to_string(),
        "an edge from %6 to %1 would close a cycle: %1 `n2` -> %2 `n3` -> %3 `n4` -> %5 `n6` -> %6 `n7` -> %1 `n2`"
    );
    assert_eq!(
        all.add_edge(0, 0).unwrap_err().to_string(),
        "an edge from %0 to %0 would close a cycle: %0 `n1` -> %0 `n1`"
    );
    assert_eq!(all.add_edge(0, 10), Err(GraphError::UnknownId { id: 10, len: 10 }));
    assert_eq!(all.add_edge(usize::MAX, 0), Err(GraphError::UnknownId { id: usize::MAX, len: 10 }));
    assert_eq!((all.outline(), all.edges()), (before.outline(), before.edges()), "the graph is as it was");
}

#[test]
fn parity_15_cycles_through_ownership() {
    let data = Op::new("load", (), |()| vec![1, 2]);
    let factor = Op::new("factor", (), |()| 2);
    let read = Op::new("read", (&data, &factor), |(xs, by)| xs.len() * by);
    let taken = Op::new("take", (data,), |(xs,)| xs.len());
    let mut graph = DispatchGraph::new(&taken);
    let factor_id = graph.add(&factor).unwrap();
    graph.add_edge(graph.id_of(&taken).unwrap(), factor_id).unwrap();
    let before = graph.clone();
    // `read` must come before `take`, but waits for `factor`, which was said to come after it.
    let error = graph.add(&read).unwrap_err();
    assert_eq!(
        error.to_string(),
        "an edge from %3 to %1 would close a cycle: %1 `take` -> %2 `factor` -> %3 `read` -> %1 `take`"
    );
    assert_eq!((graph.outline(), graph.edges()), (before.outline(), before.edges()), "the graph is as it was");
    assert_eq!((graph.id_of(&read), graph.id_of(&factor)), (None, Some(factor_id)));
}
