//! When values go: after their last use, and no sooner; what is asked for stays.

mod common;

use std::sync::Arc;

use common::{Counted, Executor, Tally};
use dispatcher_core::{
    Cloned, CollectNode, DataNode, DispatchGraph, IndexNode, Node, Op, ParallelExecutor, SerialExecutor,
};

fn make(tally: &Arc<Tally>, value: u64) -> Node<'static, Counted> {
    let tally = Arc::clone(tally);
    Op::new("make", (), move |()| tally.value(value))
}

fn add(tally: &Arc<Tally>, a: Node<'static, Counted>, b: Node<'static, Counted>) -> Node<'static, Counted> {
    let tally = Arc::clone(tally);
    Op::new("add", (a, b), move |(a, b): (Counted, Counted)| {
        let sum = a.value + b.value;
        drop((a, b));
        tally.value(sum)
    })
}

/// An operation that says how many values are alive once `after` is there.
fn alive_after<T: Send + 'static>(tally: &Arc<Tally>, after: Node<'static, T>) -> Node<'static, usize> {
    let tally = Arc::clone(tally);
    Op::new("count", (after,), move |(after,)| {
        drop(after);
        tally.alive()
    })
}

#[test]
fn a_long_chain_of_moves_keeps_no_more_than_two_values() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let mut node = make(&tally, 0);
        for _ in 0..5_000 {
            let tally = Arc::clone(&tally);
            node = Op::new("next", (node,), move |(old,): (Counted,)| tally.value(old.value + 1));
        }
        assert_eq!(executor.run(node).expect("runs").value, 5_000);
        assert!(tally.peak() <= 2, "{executor:?}: {}", tally.peak());
        tally.assert_settled();
    }
}

#[test]
fn a_long_chain_of_reads_keeps_no_more_than_three_values() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let mut node = make(&tally, 0);
        for _ in 0..5_000 {
            let tally = Arc::clone(&tally);
            node = Op::new("next", (&node,), move |(old,): (&Counted,)| tally.value(old.value + 1));
        }
        assert_eq!(executor.run(node).expect("runs").value, 5_000);
        assert!(tally.peak() <= 3, "{executor:?}: {}", tally.peak());
        tally.assert_settled();
    }
}

const DEPTH: u32 = 12;

#[test]
fn what_is_made_of_each_value_of_a_long_row_is_not_put_off() {
    for (threads, readers) in [(1, 1), (1, 3), (2, 1), (2, 3), (4, 1), (4, 3)] {
        let tally = Tally::new();
        let next = |tally: &Arc<Tally>, before: &Node<'static, Counted>| {
            let tally = Arc::clone(tally);
            Op::new("next", (before,), move |(before,): (&Counted,)| {
                std::hint::black_box((0..2_000_u64).fold(before.value, u64::wrapping_mul));
                tally.value(before.value + 1)
            })
        };
        let mut value = make(&tally, 0);
        let mut made = Vec::new();
        for _ in 0..4_000 {
            made.push(Op::new("made", (&value,), |(value,): (&Counted,)| value.value));
            value = next(&tally, &value);
        }
        // How many read what is made of a value may not matter either.
        let all: Vec<_> = (0..readers).map(|_| CollectNode::cloned(&made)).collect();
        let all = Op::new("all", (CollectNode::new(all), value), |(all, _)| all.len());
        assert_eq!(ParallelExecutor::with_threads(threads).run(all).expect("runs"), readers);
        assert!(tally.peak() <= 10 * threads, "{threads} threads, {readers} readers: {}", tally.peak());
    }
}

#[test]
fn a_tree_that_is_built_depth_first_peaks_near_its_depth() {
    fn tree(tally: &Arc<Tally>, depth: u32) -> Node<'static, Counted> {
        if depth == 0 {
            return make(tally, 1);
        }
        let (left, right) = (tree(tally, depth - 1), tree(tally, depth - 1));
        add(tally, left, right)
    }
    for executor in Executor::all().into_iter().take(2) {
        let tally = Tally::new();
        let root = tree(&tally, DEPTH);
        assert_eq!(executor.run(root).expect("runs").value, 1 << DEPTH);
        assert!(tally.peak() <= DEPTH as usize + 2, "{executor:?}: {}", tally.peak());
        tally.assert_settled();
    }
}

#[test]
fn a_tree_that_is_built_level_by_level_peaks_near_its_depth_on_one_thread() {
    let tally = Tally::new();
    let mut level: Vec<_> = (0..1 << DEPTH).map(|_| make(&tally, 1)).collect();
    while level.len() > 1 {
        let mut pairs = level.into_iter();
        let mut next = Vec::new();
        while let (Some(a), Some(b)) = (pairs.next(), pairs.next()) {
            next.push(add(&tally, a, b));
        }
        level = next;
    }
    let root = level.pop().expect("one root");
    assert_eq!(ParallelExecutor::with_threads(1).run(root).expect("runs").value, 1 << DEPTH);
    assert!(tally.peak() <= DEPTH as usize + 2, "{}", tally.peak());
    tally.assert_settled();
}

#[test]
fn a_graph_of_a_hundred_thousand_nodes_peaks_at_what_its_width_needs() {
    const WIDTH: usize = 50;
    const LAYERS: usize = 2_000;
    for executor in Executor::all() {
        let tally = Tally::new();
        let mut layer: Vec<Node<'_, Counted>> = (0..WIDTH as u64).map(|value| make(&tally, value)).collect();
        for _ in 1..LAYERS {
            let next = |at: usize| {
                let inside = Arc::clone(&tally);
                let (left, right) = (&layer[at], &layer[(at + 1) % WIDTH]);
                Op::new("add", (left, right), move |(a, b)| inside.value(a.value.wrapping_add(b.value)))
            };
            layer = (0..WIDTH).map(next).collect();
        }
        let sum = Op::new("sum", (CollectNode::new(layer),), |(values,)| {
            values.iter().fold(0_u64, |sum, value| sum.wrapping_add(value.value))
        });
        // Each layer's values go into two of the next, so each sum is twice the one before.
        let first: u64 = (0..WIDTH as u64).sum();
        assert_eq!(executor.run(sum).unwrap(), first.wrapping_mul(2_u64.wrapping_pow(LAYERS as u32 - 1)));
        assert_eq!(tally.made(), (WIDTH * LAYERS) as u64);
        assert!(tally.peak() <= 2 * WIDTH + 2, "{executor:?}: {}", tally.peak());
        tally.assert_settled();
    }
}

#[test]
fn a_value_with_many_readers_goes_after_the_last_of_them() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = make(&tally, 1);
        let readers: Vec<_> = (0..100_u64)
            .map(|n| {
                let tally = Arc::clone(&tally);
                Op::new("read", (&value,), move |(value,): (&Counted,)| {
                    assert_eq!(tally.alive(), 1, "the value is there while it has readers");
                    value.value + n
                })
            })
            .collect();
        drop(value);
        let left = alive_after(&tally, CollectNode::new(readers));
        assert_eq!(executor.run(left).expect("runs"), 0, "{executor:?}");
    }
}

#[test]
fn a_value_that_nothing_uses_any_more_goes_when_it_is_there() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let mut value = make(&tally, 1);
        // The result is wanted, the updated value isn't.
        let result = Op::new("update", (&mut value,), |(value,): (&mut Counted,)| value.value);
        drop(value);
        let left = alive_after(&tally, result);
        let left = executor.run(left).expect("runs");
        assert!(left <= 1, "the updated value is kept as long as its operation, at most");
        tally.assert_settled();
    }
}

#[test]
fn a_moved_value_goes_where_the_operation_drops_it() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let left = alive_after(&tally, make(&tally, 1));
        assert_eq!(executor.run(left).expect("runs"), 0);
    }
}

#[test]
fn a_value_whose_handle_is_alive_is_kept_for_a_later_run() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = make(&tally, 7);
        let read = Op::new("read", (&value,), |(value,): (&Counted,)| value.value);
        assert_eq!(executor.run(read).expect("runs"), 7);
        assert_eq!(tally.alive(), 1, "{executor:?}");
        let read = Op::new("read again", (&value,), |(value,): (&Counted,)| value.value);
        assert_eq!(executor.run(read).expect("runs"), 7);
        assert_eq!(executor.run(value).expect("runs").value, 7);
        assert_eq!(tally.made(), 1, "it is computed once");
        tally.assert_settled();
    }
}

#[test]
fn a_value_that_only_an_operation_outside_the_run_needs_is_kept_for_it() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = make(&tally, 7);
        let now = Op::new("now", (&value,), |(value,): (&Counted,)| value.value);
        let later = Op::new("later", (value,), |(value,): (Counted,)| value);
        assert_eq!(executor.run(now).expect("runs"), 7);
        assert_eq!(tally.alive(), 1);
        assert_eq!(executor.run(later).expect("runs").value, 7);
        assert_eq!(tally.made(), 1);
        tally.assert_settled();
    }
}

#[test]
fn a_kept_value_goes_with_its_last_handle() {
    let tally = Tally::new();
    let value = make(&tally, 7);
    let read = Op::new("read", (&value,), |(value,): (&Counted,)| value.value);
    assert_eq!(SerialExecutor::new().run(read).expect("runs"), 7);
    assert_eq!(tally.alive(), 1);
    drop(value);
    tally.assert_settled();
}

#[test]
fn outputs_are_kept_though_other_outputs_read_them() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = make(&tally, 7);
        let clone = Op::new("clone", (Cloned(&value),), |(value,): (Counted,)| value);
        let results = executor.run_all([value, clone]);
        assert_eq!(tally.alive(), 2);
        assert!(results.iter().all(|result| result.as_ref().is_ok_and(|value| value.value == 7)));
        drop(results);
        tally.assert_settled();
    }
}

#[test]
fn a_value_lent_to_a_subgraph_goes_when_the_subgraph_is_done() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = make(&tally, 5);
        let (inside, counter) = (Arc::clone(&tally), Arc::clone(&tally));
        let sub = Op::graph("sub", (&value,), move |(value,): (&Counted,), _| {
            let parts: Vec<_> = (0..4).map(|n| Op::new("part", (), move |()| value.value * n)).collect();
            Op::new("sum", (CollectNode::new(parts),), move |(parts,)| {
                assert_eq!(inside.alive(), 1, "lent as long as the subgraph lives");
                parts.iter().sum::<u64>()
            })
        });
        drop(value);
        let both = Op::new("both", (sub,), move |(sum,)| (sum, counter.alive()));
        assert_eq!(executor.run(both).expect("runs"), (30, 0), "{executor:?}");
    }
}

#[test]
fn a_value_that_a_subgraph_owns_goes_inside_it() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let counter = Arc::clone(&tally);
        let sub = Op::graph("sub", (make(&tally, 5),), move |(value,): (Counted,), _| {
            let value = DataNode::opaque(value);
            let read = Op::new("read", (&value,), |(value,): (&Counted,)| value.value);
            drop(value);
            Op::new("look", (read,), move |(read,)| (read, counter.alive()))
        });
        assert_eq!(executor.run(sub).expect("runs"), (5, 0), "{executor:?}");
    }
}

#[test]
fn results_of_subgraphs_in_a_row_do_not_pile_up() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let mut node = make(&tally, 0);
        for _ in 0..1_000 {
            let tally = Arc::clone(&tally);
            node = Op::graph("step", (node,), move |(old,): (Counted,), _| {
                Op::new("next", (), move |()| tally.value(old.value + 1))
            });
        }
        assert_eq!(executor.run(node).expect("runs").value, 1_000);
        assert!(tally.peak() <= 3, "{executor:?}: {}", tally.peak());
        tally.assert_settled();
    }
}

#[test]
fn clones_for_an_index_go_with_their_list() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let list = CollectNode::new((0..10).map(|n| make(&tally, n)).collect::<Vec<_>>());
        let third = IndexNode::new(&list, 3);
        drop(list);
        let value = executor.run(third).expect("runs");
        assert_eq!((value.value, tally.alive()), (3, 1), "{executor:?}");
        drop(value);
        tally.assert_settled();
    }
}

#[test]
fn building_and_looking_at_a_graph_computes_nothing() {
    let tally = Tally::new();
    let node = add(&tally, make(&tally, 1), make(&tally, 2));
    assert_eq!(DispatchGraph::new(&node).outline(), "%0 = make()\n%1 = make()\n%2 = add(%0, %1)\n");
    drop(node);
    assert_eq!(tally.made(), 0);
}

#[test]
fn what_an_earlier_run_computed_is_freed_whole_with_its_inputs() {
    // `y`'s value is cloned into `x` in a first run and stays for its handle; after a second run that uses `x`, only the
    // edge from `x` has kept it.
    let tally = Tally::new();
    let y = DataNode::opaque(tally.value(1));
    let x = y.clone();
    let z = x.clone();
    drop(SerialExecutor::new().run(z));
    drop(y);
    drop(SerialExecutor::new().run(CollectNode::new(vec![x])));
    tally.assert_settled();
}

#[test]
fn large_and_highly_aligned_values_are_freed() {
    #[repr(align(128))]
    struct Aligned(u64, #[allow(dead_code)] Counted);
    for executor in Executor::all() {
        let tally = Tally::new();
        let (one, two) = (Arc::clone(&tally), Arc::clone(&tally));
        let big = Op::new("big", (), move |()| ([7_u8; 20_000], one.value(1)));
        let aligned = Op::new("aligned", (&big,), move |(big,): (&([u8; 20_000], Counted),)| {
            let value = Aligned(u64::from(big.0[19_999]), two.value(2));
            assert_eq!((&raw const value).addr() % 128, 0);
            value
        });
        let seen = Op::new("see", (&aligned, big), |(aligned, big): (&Aligned, ([u8; 20_000], Counted))| {
            assert_eq!(std::ptr::from_ref(aligned).addr() % 128, 0);
            aligned.0 + u64::from(big.0[0])
        });
        drop(aligned);
        assert_eq!(executor.run(seen).expect("runs"), 14);
        tally.assert_settled();
    }
}
