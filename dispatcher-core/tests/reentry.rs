//! User code where a library doesn't expect it: in `Drop`, `Clone`, `Debug` and `Ord`, building and running graphs, panicking,
//! and borrowing what is about to go.

#![allow(clippy::borrowed_box, reason = "the box is what may not be gone")]

mod common;

use std::cell::Cell;
use std::cmp::Ordering as Order;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use common::{Executor, Tally};
use dispatcher_core::{Cloned, CollectNode, DataNode, DispatchGraph, ErrorKind, Node, Op, SerialExecutor};

fn bad() -> Node<'static, u64> {
    Op::new("bad", (), |()| panic!("no such number"))
}

/// Looks, when it is dropped, at what it borrows.
struct Guard<'a>(&'a Box<u64>, &'a AtomicUsize);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        assert_eq!(**self.0, 7, "what is borrowed is there still");
        self.1.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_failed_subgraph_goes_before_the_value_that_it_borrows() {
    for executor in Executor::all() {
        let seen = AtomicUsize::new(0);
        let value = Op::new("value", (), |()| Box::new(7));
        let sub = Op::graph("sub", (&value,), |(value,), _| {
            let guard = Guard(value, &seen);
            Op::new("late", (bad(),), move |(n,)| n + **{ &guard }.0)
        });
        drop(value);
        assert!(executor.run(sub).is_err());
        assert_eq!(seen.load(Ordering::Relaxed), 1);
    }
}

#[test]
fn a_failed_subgraph_goes_before_the_output_that_it_borrows_is_handed_out() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let seen = AtomicUsize::new(0);
        let value = Op::new("value", (), |()| Box::new(7));
        let sub = Op::graph("sub", (&value,), |(value,), _| {
            let guard = Guard(value, &seen);
            Op::new("late", (bad(),), move |(n,)| Box::new(n + **{ &guard }.0))
        });
        let results = executor.run_all([value, sub]);
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        assert_eq!(results[0].as_ref().ok(), Some(&Box::new(7)));
    }
}

#[test]
fn failed_subgraphs_go_from_the_inside_out() {
    for executor in Executor::all() {
        let seen = AtomicUsize::new(0);
        let seen = &seen;
        let outer = Op::graph("outer", (), move |(), _| {
            let value = Op::new("value", (), |()| Box::new(7));
            let also = Op::new("also", (), |()| Box::new(7));
            Op::graph("middle", (&value, also), move |(value, also), _| {
                let held = DataNode::opaque(also);
                Op::graph("inner", (&held,), move |(held,), _| {
                    let guards = (Guard(value, seen), Guard(held, seen));
                    Op::new("late", (bad(),), move |(n,)| n + **{ &guards }.0.0)
                })
            })
        });
        assert!(executor.run(outer).is_err());
        assert_eq!(seen.load(Ordering::Relaxed), 2);
    }
}

#[test]
fn an_unfinished_graph_that_is_dropped_goes_before_what_it_borrows() {
    for executor in Executor::all() {
        let seen = AtomicUsize::new(0);
        let value = Box::new(7);
        let guard = Guard(&value, &seen);
        let late = Op::new("late", (bad(),), move |(n,)| n + **{ &guard }.0);
        let end = Op::new("end", (&late,), |(n,)| *n);
        assert!(executor.run(end).is_err());
        assert_eq!(seen.load(Ordering::Relaxed), 0, "it might be run again");
        drop(late);
        assert_eq!(seen.load(Ordering::Relaxed), 1);
    }
}

/// Runs a node when it is dropped, and notes what came of it.
struct RunsWhenDropped<'g> {
    node: Option<Node<'g, u64>>,
    outcome: &'g Mutex<Vec<Option<u64>>>,
}

impl Drop for RunsWhenDropped<'_> {
    fn drop(&mut self) {
        let outcome = self.node.take().map(|node| SerialExecutor::new().run(node).ok());
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).extend(outcome);
    }
}

#[test]
fn a_value_that_runs_a_graph_when_it_is_dropped_may_do_so() {
    for executor in Executor::all() {
        let outcome = Mutex::new(Vec::new());
        let values: Vec<_> = (0..20_u64)
            .map(|n| {
                let node = Op::new("in drop", (DataNode::new(n),), |(n,)| n * 2);
                let value = RunsWhenDropped { node: Some(node), outcome: &outcome };
                let value = Op::new("value", (), move |()| value);
                // Dropped by its last reader, by its taker, or where nobody wants it.
                match n % 3 {
                    0 => Op::new("read", (&value,), |_: (&RunsWhenDropped<'_>,)| ()),
                    1 => Op::new("take", (value,), |_: (RunsWhenDropped<'_>,)| ()),
                    _ => Op::graph("lend", (&value,), |_: (&RunsWhenDropped<'_>,), _| DataNode::new(())),
                }
            })
            .collect();
        executor.run(CollectNode::new(values)).expect("runs");
        let mut outcome = outcome.into_inner().expect("no panic");
        outcome.sort_unstable();
        assert!(outcome.into_iter().eq((0..20).map(|n| Some(n * 2))));
    }
}

#[test]
fn a_failed_subgraph_that_runs_a_graph_when_it_is_dropped_finds_its_own_nodes_busy() {
    for executor in Executor::all() {
        let outcome = Mutex::new(Vec::new());
        let outcome = &outcome;
        let later: Arc<Mutex<Option<Node<'_, u64>>>> = Arc::default();
        let value = Op::new("value", (), |()| Box::new(7_u64));
        let node = Arc::clone(&later);
        let sub = Op::graph("sub", (&value,), move |(value,): (&Box<u64>,), _| {
            struct Both<'s, 'g>(RunsWhenDropped<'g>, &'s Box<u64>);
            impl Drop for Both<'_, '_> {
                fn drop(&mut self) {
                    let node = self.0.node.take().expect("there");
                    let outcome = SerialExecutor::new().run(node).ok();
                    self.0.outcome.lock().expect("no panic").push(outcome);
                    assert_eq!(**self.1, 7, "nobody has taken what is borrowed");
                }
            }
            let node = node.lock().expect("no panic").take();
            let both = Both(RunsWhenDropped { node, outcome }, value);
            Op::new("late", (bad(),), move |(n,)| n + **{ &both }.1)
        });
        let taker = Op::new("taker", (value,), |(value,): (Box<u64>,)| *value);
        *later.lock().expect("no panic") = Some(taker);
        assert!(executor.run(sub).is_err());
        assert_eq!(*outcome.lock().expect("no panic"), [None], "{executor:?}");
    }
}

#[test]
fn a_busy_subgraph_that_runs_a_graph_when_it_is_dropped_may_do_so() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let outcome = Mutex::new(Vec::new());
        let busy = DataNode::new(1_u64);
        let free = Op::new("free", (), |()| 2_u64);
        let (of_busy, of_free, again) = (busy.clone(), free.clone(), free.clone());
        let runs = RunsWhenDropped { node: Some(again), outcome: &outcome };
        let sub = Op::graph("sub", (), move |(), _| {
            Op::new("both", (of_busy, of_free), move |(a, b)| {
                let _runs = &runs;
                a + b
            })
        });
        let results = executor.run_all([sub, busy]);
        assert!(matches!(results[0].as_ref().expect_err("busy").kind(), ErrorKind::Busy));
        assert_eq!(*outcome.lock().expect("no panic"), [Some(2)]);
        assert_eq!(executor.run(free).expect("kept"), 2);
    }
}

#[test]
fn a_drop_that_panics_costs_nothing_else() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let tally = Tally::new();
        for kind in 0..5 {
            let captured = tally.value(1);
            let bomb = Bomb;
            let value = Op::new("value", (), move |()| {
                let _captured = &captured;
                1_u64
            });
            // In a value, in a closure that ran, in one that failed, in a subgraph's, and in one that never ran.
            let node: Node<'_, u64> = match kind {
                0 => {
                    let bomb = Op::new("bomb", (), move |()| bomb);
                    Op::new("read", (&bomb, value), |(_, value): (&Bomb, u64)| value)
                }
                1 => Op::new("ran", (value,), move |(value,)| {
                    let _bomb = &bomb;
                    value
                }),
                2 => Op::new("failed", (value,), move |(_,): (u64,)| {
                    let _bomb = bomb;
                    std::panic::resume_unwind(Box::new("failed"))
                }),
                3 => Op::graph("sub", (value,), move |(value,), _| {
                    let bomb = Op::new("bomb", (), move |()| bomb);
                    Op::new("read", (&bomb,), move |_: (&Bomb,)| value)
                }),
                _ => {
                    let failed = Op::new("failed", (value,), |(_,): (u64,)| -> u64 { panic!("before") });
                    Op::new("never", (failed,), move |(value,)| {
                        let _bomb = &bomb;
                        value
                    })
                }
            };
            // Whether the panic is swallowed, told as a failure or passed on is not said here: only that all stays whole.
            let _ = catch_unwind(AssertUnwindSafe(|| executor.run(node)));
            tally.assert_settled();
            assert_eq!(executor.run(Op::new("fine", (), |()| 5)).expect("the executor is whole"), 5);
        }
    }
}

/// Runs a node when it is shown.
struct RunsWhenShown(&'static Mutex<Option<Node<'static, usize>>>);

impl std::fmt::Debug for RunsWhenShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let node = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        write!(f, "{:?}", node.map(|node| SerialExecutor::new().run(node).map_err(|error| error.label().to_owned())))
    }
}

#[test]
fn a_value_that_runs_its_own_node_when_it_is_shown_finds_it_busy() {
    static NODE: Mutex<Option<Node<'static, usize>>> = Mutex::new(None);
    let value = DataNode::new(RunsWhenShown(&NODE));
    *NODE.lock().expect("no panic") = Some(Op::new("read", (&value,), |_: (&RunsWhenShown,)| 1));
    let outline = DispatchGraph::new(&value).outline();
    assert!(outline.starts_with("%0 = Some(Err("), "{outline}");
    assert!(SerialExecutor::new().run(value).is_ok(), "it is free again");
}

#[test]
fn a_value_that_runs_another_graph_when_it_is_shown_may_do_so() {
    static NODE: Mutex<Option<Node<'static, usize>>> = Mutex::new(None);
    *NODE.lock().expect("no panic") = Some(Op::new("three", (), |()| 3));
    let value = DataNode::new(RunsWhenShown(&NODE));
    assert_eq!(DispatchGraph::new(&value).outline(), "%0 = Some(Ok(3))\n");
}

#[test]
fn a_debug_that_panics_leaves_the_node_free() {
    struct Shy;
    impl std::fmt::Debug for Shy {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("don't look")
        }
    }
    let value = DataNode::new(Shy);
    assert!(catch_unwind(AssertUnwindSafe(|| DispatchGraph::new(&value))).is_err());
    assert!(SerialExecutor::new().run(value).is_ok());
}

#[test]
fn a_graph_can_be_looked_at_while_it_runs() {
    for executor in Executor::all() {
        for _ in 0..100 {
            let data = DataNode::new(vec![String::from("a"), String::from("b")]);
            let parent = Op::new("parent", (data,), |(data,): (Vec<String>,)| data.concat());
            let out = Op::new("out", (&parent,), |(parent,): (&String,)| parent.len());
            std::thread::scope(|scope| {
                let looks = scope.spawn(|| {
                    for _ in 0..4 {
                        let outline = DispatchGraph::new(&parent).outline();
                        assert!(outline.contains("= parent("), "{outline}");
                    }
                });
                assert_eq!(executor.run(out).expect("looking is no hindrance"), 2);
                looks.join().expect("no panic");
            });
            assert_eq!(executor.run(parent).expect("its handle is alive"), "ab");
        }
    }
}

#[test]
fn an_operation_can_look_at_its_own_graph() {
    for executor in Executor::all() {
        let data = DataNode::new(5);
        let parent = Op::new("parent", (data,), |(n,)| n);
        let seen = Op::new("seen", (&parent,), |(n,)| *n);
        let looks =
            Op::new("looks", (parent,), move |(n,): (i32,)| (n, DispatchGraph::new(&seen).outline().lines().count()));
        assert_eq!(executor.run(looks).expect("runs"), (5, 3));
    }
}

#[test]
fn an_order_that_changes_its_mind_can_not_mix_up_types() {
    thread_local!(static FLIPPED: Cell<bool> = const { Cell::new(false) });
    #[derive(Debug, PartialEq, Eq)]
    struct Fickle(u8);
    impl PartialOrd for Fickle {
        fn partial_cmp(&self, other: &Self) -> Option<Order> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Fickle {
        fn cmp(&self, other: &Self) -> Order {
            let order = self.0.cmp(&other.0);
            if FLIPPED.get() { order.reverse() } else { order }
        }
    }
    type Either = (Option<Node<'static, usize>>, Option<Node<'static, String>>);
    for after in [false, true] {
        let mut map: BTreeMap<Fickle, Either> = BTreeMap::new();
        FLIPPED.set(false);
        map.insert(Fickle(0), (Some(DataNode::new(0xdead_beef)), None));
        map.insert(Fickle(1), (None, Some(DataNode::new(String::from("text")))));
        map.insert(Fickle(2), (Some(DataNode::new(7)), None));
        FLIPPED.set(!after);
        let all = CollectNode::new(map);
        FLIPPED.set(after);
        let all = SerialExecutor::new().run(all).expect("runs");
        let mut values: Vec<_> = all.into_values().collect();
        values.sort();
        let text = Some(String::from("text"));
        assert_eq!(values, [(None, text), (Some(7), None), (Some(0xdead_beef), None)]);
    }
}

#[test]
fn a_clone_that_builds_and_runs_a_graph_may_do_so() {
    #[derive(Debug)]
    struct Busybody(u64);
    impl Clone for Busybody {
        fn clone(&self) -> Self {
            let n = DataNode::new(self.0);
            Self(SerialExecutor::new().run(Op::new("more", (n,), |(n,)| n + 1)).expect("runs"))
        }
    }
    for executor in Executor::all() {
        let value = Op::new("value", (), |()| Busybody(0));
        let clones: Vec<_> =
            (0..10).map(|_| Op::new("clone", (Cloned(&value),), |(value,): (Busybody,)| value.0)).collect();
        let values = executor.run(CollectNode::new(clones)).expect("runs");
        assert_eq!(values, [1; 10]);
    }
}

#[test]
fn nodes_that_are_values_of_nodes_run_when_they_are_asked_to() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let inside = Arc::clone(&tally);
        let made = Op::new("make", (), move |()| {
            let value = DataNode::opaque(inside.value(3));
            Op::new("inner", (value,), |(value,): (common::Counted,)| value.value)
        });
        let inner = executor.run(made).expect("runs");
        assert_eq!(executor.run(inner).expect("runs"), 3);
        let unused = Arc::clone(&tally);
        let never_run = Op::new("make", (), move |()| DataNode::opaque(unused.value(4)));
        drop(executor.run(never_run).expect("runs"));
        tally.assert_settled();
    }
}
