//! Row 14: parts of a graph. Ids count from 0 here, so node `n10` of the fixture has id 9.

use dispatcher::{AnyNode, DispatchGraph, GraphError, Op};

use crate::fixture::{EDGES, graph, ten, ten_nodes};

/// The part by the fixture's numbers, by ids and by nodes, which must be the same.
fn part(endpoints: &[usize], roots: &[usize]) -> DispatchGraph {
    let ids = |numbers: &[usize]| numbers.iter().map(|number| number - 1).collect::<Vec<_>>();
    let by_ids = ten().subgraph(&ids(endpoints), &ids(roots)).unwrap();
    let (nodes, all) = ten_nodes();
    let of = |numbers: &[usize]| numbers.iter().map(|number| &nodes[number - 1] as &dyn AnyNode).collect::<Vec<_>>();
    assert_eq!(all.subgraph_of(&of(endpoints), &of(roots)).unwrap(), by_ids);
    by_ids
}

#[test]
fn parity_14_subgraph_ancestors() {
    let expected = graph(&[9, 10], &[(9, 10)]);
    assert_eq!(part(&[10], &[]), expected);
    assert_eq!(part(&[9, 10], &[]), expected);
    let expected = graph(&[1, 2, 3, 4, 5, 6, 7], &EDGES[..7]);
    assert_eq!(part(&[1, 7], &[]), expected);
    assert_ne!(part(&[7], &[]), expected);
    assert_eq!(part(&[7], &[]), graph(&[2, 3, 4, 5, 6, 7], &EDGES[1..7]));
}

#[test]
fn parity_14_subgraph_descendants() {
    let expected = graph(&[1, 2, 6, 7, 8, 9, 10], &[(6, 7), (6, 8), (9, 8), (9, 10), (2, 1)]);
    assert_eq!(part(&[], &[6]), expected);
    assert_eq!(part(&[], &[6, 5]), expected);
    assert_eq!(part(&[], &[5, 6, 6]), expected);
    assert_eq!(part(&[], &[1, 7, 8, 10]), graph(&[1, 7, 8, 10], &[]));
    assert_eq!(part(&[], &[]), ten());
}

#[test]
fn parity_14_subgraph_between() {
    assert_eq!(part(&[8], &[6]), graph(&[6, 8, 9], &[(6, 8), (9, 8)]));
    assert_eq!(part(&[6], &[6]), graph(&[6], &[]));
    // What is above a root stays if an endpoint needs it by another way.
    assert_eq!(part(&[6], &[4]), graph(&[2, 3, 4, 5, 6], &[(2, 3), (3, 4), (3, 5), (4, 6), (5, 6)]));
    // A root stays even if no endpoint needs it, as in Dispatcher.jl.
    assert_eq!(part(&[1], &[9]), graph(&[1, 2, 9], &[(2, 1)]));
}

#[test]
fn parity_14_subgraph_of_what_is_not_there() {
    let all = ten();
    let unknown = GraphError::UnknownId { id: 10, len: 10 };
    assert_eq!(all.subgraph(&[10], &[]), Err(unknown.clone()));
    assert_eq!(all.subgraph(&[], &[3, 10]), Err(unknown.clone()));
    assert_eq!(unknown.to_string(), "the graph has no node %10: it has 10 nodes, and their ids start at 0");
    let stranger = Op::new("stranger", (), |()| 1);
    let error = all.subgraph_of(&[&stranger], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the node `stranger` is not in the graph: add it, or make the graph from outputs that depend on it"
    );
}

#[test]
fn parity_14_subgraph_keeps_texts_outputs_and_nodes() {
    let other = Op::new("other", (), |()| 0);
    let data = Op::new("load", (), |()| vec![1, 2]);
    let (len, sum) = (Op::new("len", (&data,), |(xs,)| xs.len()), Op::new("sum", (&data,), |(xs,)| xs.iter().sum()));
    let text = Op::new("show", (other, len, &sum), |(_, len, sum): (i32, usize, &i32)| format!("{sum} of {len}"));
    let graph = DispatchGraph::new(&text);
    let part = graph.subgraph_of(&[&text], &[&sum]).unwrap();
    assert_eq!(
        part.outline(),
        "%0 = other()\n%1 = load()\n%2 = len(&%1)\n%3 = sum(&%1)\n%4 = show(%0, %2, &%3)\n",
        "the data is needed by `len`, too"
    );
    let part = graph.subgraph(&[], &[2, 3]).unwrap();
    assert_eq!(part.outline(), "%0 = other()\n%1 = len(&_)\n%2 = sum(&_)\n%3 = show(%0, %1, &%2)\n");
    assert_eq!((part.outputs(), part.id_of(&sum), part.id_of(&data)), (&[3][..], Some(2), None));
}
