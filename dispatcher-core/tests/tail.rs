//! Tail calls: an operation that is the result of a subgraph and gives a subgraph in turn. However often that recurs, nothing
//! piles up; and what is lent stays as long as it is lent. (More that recur a million times, with the memory that they take, are
//! in the facade's `tail_memory.rs`.)

mod common;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use common::{Counted, Executor, Tally};
use dispatcher_core::{
    Cloned, CollectNode, Copied, DataNode, ErrorKind, Kept, Node, Op, ParallelExecutor, SerialExecutor,
};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

/// As in depth.rs.
const LONG: u64 = if cfg!(sanitized) { 100_000 } else { 1_000_000 };
const DEEP: u64 = LONG / 10;
const STACK: usize = 256 << 10;

/// Calls `body` with each executor, on threads with small stacks.
fn with_each_on_small_stacks(body: impl Fn(Executor) + Send + Sync + 'static) {
    let pool = |threads| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build().expect("threads");
        Executor::Parallel(ParallelExecutor::with_pool(pool))
    };
    let executors = [Executor::Serial(SerialExecutor::new()), pool(1), pool(2)];
    let each = move || executors.into_iter().for_each(body);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(each).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn bad() -> Node<'static, u64> {
    Op::new("bad", (), |()| panic!("no such number"))
}

fn labels(error: &dispatcher_core::DependencyError) -> Vec<&str> {
    error.chain().iter().map(|link| link.label.as_str()).collect()
}

fn sum_to(n: u64) -> u64 {
    n * (n + 1) / 2
}

#[test]
fn a_tail_call_recurs_a_million_times() {
    fn down<'g>(left: u64, sum: u64) -> Node<'g, u64> {
        if left == 0 { DataNode::new(sum) } else { Op::graph("down", (), move |(), _| down(left - 1, sum + left)) }
    }
    with_each_on_small_stacks(|executor| assert_eq!(executor.run(down(LONG, 0)).expect("runs"), sum_to(LONG)));
}

#[test]
fn a_tail_call_with_computed_arguments_recurs_far() {
    fn down<'g>(left: u64, sum: u64) -> Node<'g, u64> {
        if left == 0 {
            return Op::new("done", (), move |()| sum);
        }
        let sum = Op::new("add", (), move |()| sum + left);
        Op::graph("down", (sum,), move |(sum,), _| down(left - 1, sum))
    }
    with_each_on_small_stacks(|executor| assert_eq!(executor.run(down(DEEP, 0)).expect("runs"), sum_to(DEEP)));
}

#[test]
fn functions_that_call_each_other_recur_far() {
    fn even<'g>(n: u64) -> Node<'g, bool> {
        if n == 0 { DataNode::new(true) } else { Op::graph("odd", (), move |(), _| odd(n - 1)) }
    }
    fn odd<'g>(n: u64) -> Node<'g, bool> {
        if n == 0 { DataNode::new(false) } else { Op::graph("even", (), move |(), _| even(n - 1)) }
    }
    with_each_on_small_stacks(|executor| {
        assert!(executor.run(even(DEEP)).expect("runs"));
        assert!(!executor.run(odd(DEEP)).expect("runs"));
    });
}

#[test]
fn a_value_is_handed_on_by_every_way_that_does_not_lend() {
    fn down(tally: Arc<Tally>, left: u64, value: Counted, list: Vec<Counted>) -> Node<'static, Counted> {
        if left == 0 {
            return DataNode::opaque(value);
        }
        let (one, two) = (Arc::clone(&tally), Arc::clone(&tally));
        let number = DataNode::new(value.value);
        let value = Op::new("next", (), move |()| one.value(value.value + 1));
        let list = CollectNode::new(list.into_iter().map(DataNode::opaque).collect::<Vec<_>>());
        let inputs = (list, Copied(&number), Cloned(&value));
        Op::graph("down", inputs, move |(list, number, value): (Vec<Counted>, u64, Counted), _| {
            assert_eq!(number + 1, value.value);
            down(two, left - 1, value, list)
        })
    }
    for executor in Executor::all() {
        let tally = Tally::new();
        let list = (0..3).map(|n| tally.value(n)).collect();
        let start = tally.value(0);
        let end = executor.run(down(Arc::clone(&tally), 10_000, start, list)).expect("runs");
        assert_eq!((end.value, tally.alive()), (10_000, 1), "{executor:?}");
        assert!(tally.peak() <= 7, "{executor:?}: {}", tally.peak());
        drop(end);
        tally.assert_settled();
    }
}

/// Each level lends a value to the next, and the values of all levels are there still at the end.
fn down_lending<'g>(above: &'g Counted, left: u64, order: &'g Mutex<Vec<u64>>) -> Node<'g, u64> {
    struct Noted<'o>(Counted, &'o Mutex<Vec<u64>>);
    impl Drop for Noted<'_> {
        fn drop(&mut self) {
            self.1.lock().unwrap_or_else(PoisonError::into_inner).push(self.0.value);
        }
    }
    if left == 0 {
        return Op::new("end", (), move |()| above.value);
    }
    let own = Op::new("own", (), move |()| {
        let mut own = above.clone();
        own.value += 1;
        Noted(own, order)
    });
    Op::graph("down", (&own,), move |(own,): (&Noted<'_>,), _| down_lending(&own.0, left - 1, order))
}

#[test]
fn a_tail_call_that_lends_goes_deep_and_what_it_lends_goes_from_the_inside_out() {
    with_each_on_small_stacks(|executor| {
        let tally = Tally::new();
        let (start, order) = (tally.value(0), Mutex::new(Vec::new()));
        assert_eq!(executor.run(down_lending(&start, DEEP, &order)).expect("runs"), DEEP);
        assert!(order.into_inner().expect("no panic").into_iter().eq((1..=DEEP).rev()));
        drop(start);
        tally.assert_settled();
    });
}

#[test]
fn what_is_lent_once_stays_through_all_tail_calls() {
    fn find<'g>(list: &'g [Counted], from: usize) -> Node<'g, &'g Counted> {
        if list[from].value == LONG / 10 {
            let found = &list[from];
            return Op::new("found", (), move |()| found);
        }
        let next = Op::new("step", (), move |()| (from + 1) % list.len());
        Op::graph("find", (next,), move |(next,), _| find(list, next))
    }
    with_each_on_small_stacks(|executor| {
        let tally = Tally::new();
        let inside = Arc::clone(&tally);
        let list = Op::new("list", (), move |()| (0..=LONG / 10).map(|n| inside.value(n)).collect::<Vec<_>>());
        let found = Op::graph("find", (&list,), |(list,): (&Vec<Counted>,), _| {
            Op::new("value", (find(list, 0),), |(found,): (&Counted,)| found.value)
        });
        drop(list);
        assert_eq!(executor.run(found).expect("runs"), LONG / 10);
        tally.assert_settled();
    });
}

#[test]
fn a_panic_far_down_names_the_operation_and_the_way_out() {
    fn down<'g>(left: u64) -> Node<'g, u64> {
        if left == 0 {
            return Op::new("after", (bad(),), |(n,)| n);
        }
        Op::graph("down", (), move |(), _| down(left - 1))
    }
    with_each_on_small_stacks(|executor| {
        let outer = Op::graph("outer", (), move |(), _| down(LONG / 2));
        let end = Op::new("end", (outer,), |(n,)| n + 1);
        let error = executor.run(end).expect_err("bad panics");
        assert_eq!((error.label(), error.node()), ("bad", 0));
        assert_eq!(labels(&error), ["bad", "after", "outer", "end"]);
    });
}

#[test]
fn a_tail_call_that_panics_itself_is_named() {
    fn down<'g>(left: u64) -> Node<'g, u64> {
        assert!(left > 0, "too far");
        let label = if left == 1 { "last" } else { "down" };
        Op::graph(label, (), move |(), _| down(left - 1))
    }
    for executor in Executor::all() {
        let error = executor.run(Op::graph("outer", (), |(), _| down(1_000))).expect_err("last panics");
        assert_eq!((error.label(), labels(&error)), ("last", vec!["last", "outer"]));
        assert_eq!(error.location().map(|at| at.file), Some(file!()));
    }
}

/// Recurs until the run is stopped, and says when it has got so far.
fn forever(tally: Arc<Tally>, level: u64, value: Counted, far: mpsc::Sender<()>) -> Node<'static, u64> {
    if level == 1_000 {
        let _ = far.send(());
    }
    let lent = DataNode::opaque(tally.value(level));
    let read = Op::new("read", (&lent,), |(lent,): (&Counted,)| lent.value);
    Op::graph(
        "forever",
        (read, DataNode::opaque(value), lent),
        move |(level, value, lent): (u64, Counted, Counted), _| {
            drop(lent);
            forever(tally, level + 1, value, far)
        },
    )
}

#[test]
fn a_tail_call_that_is_stopped_half_way_leaves_nothing() {
    let tally = Tally::new();
    let (far, is_far) = mpsc::channel();
    let fails = Op::new("fails", (), move |()| -> u64 {
        is_far.recv().expect("it gets there");
        panic!("enough")
    });
    let (inside, value) = (Arc::clone(&tally), tally.value(0));
    let goes_on = Op::graph("goes on", (), move |(), _| forever(inside, 0, value, far));
    let results = ParallelExecutor::with_threads(2).run_all([goes_on, fails]);
    assert!(matches!(results[0].as_ref().expect_err("stopped").kind(), ErrorKind::Stopped));
    assert_eq!(results[1].as_ref().expect_err("panics").label(), "fails");
    tally.assert_settled();
}

#[test]
fn a_tail_call_goes_on_beside_a_failure() {
    fn down(left: u64, value: Counted) -> Node<'static, u64> {
        if left == 0 {
            return DataNode::new(value.value);
        }
        let value = Op::new("next", (), move |()| {
            let mut value = value;
            value.value += 1;
            value
        });
        Op::graph("down", (value,), move |(value,), _| down(left - 1, value))
    }
    for executor in Executor::all() {
        let tally = Tally::new();
        let value = tally.value(0);
        let goes_on = Op::graph("goes on", (), move |(), _| down(10_000, value));
        let results = executor.clone().fail_fast(false).run_all([bad(), goes_on]);
        assert!(results[0].is_err());
        assert_eq!(results[1].as_ref().ok(), Some(&10_000), "{executor:?}");
        tally.assert_settled();
    }
}

#[test]
fn what_is_kept_of_a_subgraph_that_a_tail_call_left_can_be_run() {
    type Kept = Mutex<Vec<Node<'static, Counted>>>;
    fn down(tally: Arc<Tally>, left: u64, kept: Arc<Kept>) -> Node<'static, u64> {
        if left == 0 {
            return DataNode::new(0);
        }
        let make = |value| {
            let tally = Arc::clone(&tally);
            Op::new("make", (), move |()| tally.value(value))
        };
        let (read, cloned) = (make(left), make(left));
        let number = Op::new("read", (&read,), |(read,): (&Counted,)| read.value);
        let node = {
            let (tally, kept) = (Arc::clone(&tally), Arc::clone(&kept));
            Op::graph("down", (number, Cloned(&cloned)), move |(number, cloned): (u64, Counted), _| {
                assert_eq!(number, cloned.value);
                down(tally, left - 1, kept)
            })
        };
        kept.lock().expect("no panic").extend([read, cloned]);
        node
    }
    for executor in Executor::all() {
        let (tally, kept) = (Tally::new(), Arc::new(Kept::default()));
        let (inside, keeps) = (Arc::clone(&tally), Arc::clone(&kept));
        let top = Op::graph("top", (), move |(), _| down(inside, 100, keeps));
        assert_eq!(executor.run(top).expect("runs"), 0);
        let kept = std::mem::take(&mut *kept.lock().expect("no panic"));
        let values = executor.run_all(kept).into_iter().map(|value| value.expect("it was computed").value);
        assert!(values.eq((1..=100).rev().flat_map(|n| [n, n])));
        tally.assert_settled();
    }
}

#[test]
fn a_node_of_the_subgraph_that_a_tail_call_would_leave_is_busy_all_the_same() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let inside = Arc::clone(&tally);
        let top = Op::graph("top", (), move |(), _| {
            let value = Op::new("value", (), move |()| inside.value(1));
            let read = Op::new("read", (&value,), |(value,): (&Counted,)| value.value);
            Op::graph("tail", (read,), move |(_,): (u64,), _| {
                Op::new("late", (value,), |(value,): (Counted,)| value.value)
            })
        });
        let error = executor.run(top).expect_err("value is part of the outer subgraph");
        assert!(matches!(error.kind(), ErrorKind::Busy), "{error}");
        assert_eq!(labels(&error), ["tail", "top"]);
        tally.assert_settled();
    }
}

#[test]
fn a_result_that_somebody_keeps_is_no_tail_call_and_stays_whole() {
    for executor in Executor::all() {
        let kept: Arc<Mutex<Option<Node<'_, u64>>>> = Arc::default();
        let keeps = Arc::clone(&kept);
        let top = Op::graph("top", (), move |(), _| {
            let tail = Op::graph("tail", (), |(), _| Op::new("value", (), |()| 7_u64));
            let reader = Op::new("reader", (&tail,), |(n,)| *n);
            *keeps.lock().expect("no panic") = Some(reader);
            tail
        });
        assert_eq!(executor.run(top).expect("runs"), 7);
        let reader = kept.lock().expect("no panic").take().expect("kept");
        let error = executor.run(reader).expect_err("the value has been moved");
        assert!(matches!(error.kind(), ErrorKind::ValueGone), "{error}");
    }
}

#[test]
fn an_operation_that_updates_or_keeps_a_value_lends_it_to_its_tail_call() {
    for executor in Executor::all() {
        let tally = Tally::new();
        let inside = Arc::clone(&tally);
        let top = Op::graph("top", (), move |(), _| {
            let (mut updated, kept) = (DataNode::opaque(inside.value(1)), DataNode::opaque(inside.value(2)));
            let inputs = (&mut updated, Kept(kept));
            let tail = Op::graph("tail", inputs, |(updated, kept): (&mut Counted, &Counted), _| {
                Op::graph("deeper", (), move |(), _| {
                    Op::new("use", (), move |()| {
                        updated.value += kept.value;
                        updated.value
                    })
                })
            });
            drop(updated);
            tail
        });
        assert_eq!(executor.run(top).expect("runs"), 3);
        tally.assert_settled();
    }
}

#[test]
fn a_value_that_runs_a_graph_when_a_tail_call_drops_it_may_do_so() {
    #[derive(Clone)]
    struct Runs<'g>(&'g AtomicU64);
    impl Drop for Runs<'_> {
        fn drop(&mut self) {
            let one = Op::graph("in drop", (), |(), _| Op::graph("tail", (), |(), _| Op::new("one", (), |()| 1)));
            self.0.fetch_add(SerialExecutor::new().run(one).expect("runs"), Ordering::Relaxed);
        }
    }
    fn down<'g>(left: u64, dropped: &'g AtomicU64) -> Node<'g, u64> {
        if left == 0 {
            return DataNode::new(0);
        }
        let value = Op::new("value", (), move |()| Runs(dropped));
        Op::graph("down", (Cloned(&value),), move |(value,), _| {
            drop::<Runs<'_>>(value);
            down(left - 1, dropped)
        })
    }
    for executor in Executor::all() {
        let dropped = AtomicU64::new(0);
        let dropped = &dropped;
        executor.run(Op::graph("top", (), move |(), _| down(100, dropped))).expect("runs");
        assert_eq!(dropped.load(Ordering::Relaxed), 200);
    }
}

#[test]
fn tail_calls_run_in_the_order_of_the_program_on_the_serial_executor() {
    fn down<'g>(name: u64, left: u64, log: &'g Mutex<Vec<(u64, u64)>>) -> Node<'g, u64> {
        let note = move |what| {
            Op::new("note", (), move |()| {
                log.lock().expect("no panic").push((name, what));
                what
            })
        };
        if left == 0 {
            return note(0);
        }
        Op::graph("down", (note(left),), move |(left,), _| down(name, left - 1, log))
    }
    let log = Mutex::new(Vec::new());
    let names = (0..10).map(|name| {
        let log = &log;
        Op::graph("top", (), move |(), _| {
            let (a, b) = (down(2 * name, 20, log), down(2 * name + 1, 20, log));
            Op::graph("both", (a, b), move |_: (u64, u64), _| down(100 + name, 5, log))
        })
    });
    SerialExecutor::new().run(CollectNode::new(names.collect::<Vec<_>>())).expect("runs");
    let expected = (0..10).flat_map(|name| {
        let levels = |name, from: u64| (0..=from).rev().map(move |level| (name, level));
        levels(2 * name, 20).chain(levels(2 * name + 1, 20)).chain(levels(100 + name, 5))
    });
    assert!(log.into_inner().expect("no panic").into_iter().eq(expected));
}

#[test]
fn many_tail_calls_side_by_side_do_not_get_in_each_others_way() {
    fn down<'g>(left: u64, sum: u64, ran: &'g AtomicUsize) -> Node<'g, u64> {
        ran.fetch_add(1, Ordering::Relaxed);
        if left == 0 {
            return DataNode::new(sum);
        }
        let parts: Vec<_> = (0..3).map(|n| Op::new("part", (), move |()| n + left)).collect();
        Op::graph("down", (CollectNode::new(parts),), move |(parts,): (Vec<u64>,), _| {
            down(left - 1, sum + parts.iter().sum::<u64>(), ran)
        })
    }
    for executor in Executor::all() {
        let ran = AtomicUsize::new(0);
        let outputs: Vec<_> = (0..50)
            .map(|n| {
                let ran = &ran;
                Op::graph("top", (), move |(), _| down(100, n, ran))
            })
            .collect();
        let results = executor.run_all(outputs).into_iter().map(|result| result.expect("runs"));
        assert!(results.eq((0..50).map(|n| n + 300 + 3 * sum_to(100))));
        assert_eq!(ran.into_inner(), 50 * 101);
    }
}

/// How one level of a recursion goes on to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A tail call with a moved value.
    Move,
    /// A tail call with a clone.
    Clone,
    /// A tail call that lends.
    Lend,
    /// A tail call that takes a value for good and lends it.
    Keep,
    /// A tail call that lends for update.
    Update,
    /// The result is used by another operation.
    Use,
    /// The result waits for an effect, and is handed on as it is.
    Effect,
    /// A tail call that nothing is given.
    Nothing,
}

fn ways() -> impl Strategy<Value = Vec<Way>> {
    use Way::{Clone, Effect, Keep, Lend, Move, Nothing, Update, Use};
    let way = prop_oneof![
        3 => Just(Move), 2 => Just(Clone), 2 => Just(Lend), 1 => Just(Keep), 1 => Just(Update), 1 => Just(Use),
        1 => Just(Effect), 3 => Just(Nothing),
    ];
    prop::collection::vec(way, 0..30)
}

fn mix(a: u64, b: u64) -> u64 {
    a.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b
}

/// What all levels share.
#[derive(Clone, Copy)]
struct Setting<'g> {
    tally: &'g Arc<Tally>,
    ways: &'g [Way],
    /// The level that panics.
    fails_at: Option<usize>,
}

/// A recursion that goes on as it is told, with a value that is its own and one that is lent to it.
fn walk<'g>(setting: Setting<'g>, level: usize, own: Counted, lent: &'g Counted) -> Node<'g, Counted> {
    let Setting { tally, ways, fails_at } = setting;
    let own = Op::new("mix", (), move |()| {
        assert_ne!(Some(level), fails_at, "it was to");
        tally.value(mix(own.value, lent.value))
    });
    let Some(way) = ways.get(level) else { return own };
    let next = level + 1;
    let fresh = move || tally.value(level as u64);
    match way {
        Way::Move => Op::graph("move", (own,), move |(own,), _| walk(setting, next, own, lent)),
        Way::Clone => Op::graph("clone", (Cloned(&own),), move |(own,), _| walk(setting, next, own, lent)),
        Way::Lend => Op::graph("lend", (&own,), move |(own,), _| walk(setting, next, fresh(), own)),
        Way::Keep => Op::graph("keep", (Kept(own),), move |(own,), _| walk(setting, next, fresh(), own)),
        Way::Update => {
            let mut own = own;
            let tail = Op::graph("update", (&mut own,), move |(own,): (&mut Counted,), _| {
                own.value ^= 1;
                walk(setting, next, fresh(), own)
            });
            drop(own);
            tail
        }
        Way::Use => {
            let deeper = Op::graph("deeper", (own,), move |(own,), _| walk(setting, next, own, lent));
            Op::new("use", (deeper,), move |(deeper,): (Counted,)| tally.value(mix(deeper.value, level as u64)))
        }
        Way::Effect => {
            let effect = Op::new("effect", (&own,), |(own,): (&Counted,)| own.value);
            let deeper = Op::graph("deeper", (own,), move |(own,), _| walk(setting, next, own, lent));
            Op::new("after", (deeper, effect), |(deeper, _): (Counted, u64)| deeper)
        }
        Way::Nothing => {
            drop(own);
            Op::graph("nothing", (), move |(), _| walk(setting, next, fresh(), lent))
        }
    }
}

fn walk_model(ways: &[Way], level: usize, own: u64, lent: u64) -> u64 {
    let own = mix(own, lent);
    let Some(way) = ways.get(level) else { return own };
    let (next, fresh) = (level + 1, level as u64);
    match way {
        Way::Move | Way::Clone | Way::Effect => walk_model(ways, next, own, lent),
        Way::Lend | Way::Keep => walk_model(ways, next, fresh, own),
        Way::Update => walk_model(ways, next, fresh, own ^ 1),
        Way::Use => mix(walk_model(ways, next, own, lent), fresh),
        Way::Nothing => walk_model(ways, next, fresh, lent),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn recursions_of_every_kind_do_what_the_sequential_model_does(ways in ways(), fails_at in 0..60_usize) {
        for executor in Executor::all() {
            for (fails_at, fail_fast) in [(None, true), (Some(fails_at), true), (Some(fails_at), false)] {
                let tally = Tally::new();
                let (lent, own) = (tally.value(1), tally.value(2));
                let setting = Setting { tally: &tally, ways: &ways, fails_at };
                let node = Op::graph("walk", (DataNode::opaque(own),), |(own,), _| walk(setting, 0, own, &lent));
                match executor.clone().fail_fast(fail_fast).run(node) {
                    Ok(value) => prop_assert_eq!(value.value, walk_model(&ways, 0, 2, 1)),
                    Err(error) => {
                        prop_assert!(fails_at.is_some_and(|level| level <= ways.len()), "{}", error);
                        prop_assert_eq!(error.label(), "mix");
                    }
                }
                drop(lent);
                tally.assert_settled();
            }
        }
    }
}
