//! Graphs that are prepared run as often as one likes: each run computes all of it anew, on every executor.

mod common;

use std::collections::{BTreeMap, HashMap};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use common::{Counted, Executor, Tally};
use dispatcher_core::{
    AsyncExecutor, Backoff, CancelToken, CleanupNode, Cloned, CollectNode, Copied, DataNode, ErrorKind, IndexNode,
    Inputs, Kept, Node, Op, Options, ParallelExecutor, SerialExecutor,
};
use proptest::prelude::*;

/// Runs `graph` a few times on every executor, one after the other.
#[track_caller]
fn each_time<'g, T: Send + PartialEq + std::fmt::Debug>(node: Node<'g, T>, expected: &T) {
    let mut graph = Node::prepare(node).expect("it can be prepared");
    for executor in Executor::all() {
        for _ in 0..3 {
            let value = executor.run_prepared(&mut graph, Inputs::new()).expect("it runs");
            assert_eq!(value, *expected, "{executor:?}");
        }
    }
}

#[test]
fn each_run_calls_every_operation_once() {
    let calls = AtomicUsize::new(0);
    let call = |n: u64| {
        calls.fetch_add(1, Ordering::Relaxed);
        n
    };
    let one = Op::repeatable("one", (), |()| call(1));
    let two = Op::repeatable("two", (&one,), |(one,)| call(one + 1));
    let both = Op::repeatable("both", (one, two), |(one, two)| (call(one), call(two)));
    let mut graph = Node::prepare(both).expect("it can be prepared");
    for round in 1..=5 {
        assert_eq!(SerialExecutor::new().run_prepared(&mut graph).expect("it runs"), (1, 2));
        assert_eq!(calls.load(Ordering::Relaxed), 4 * round);
    }
}

#[test]
fn collections_of_any_size_run_again() {
    for count in [0, 1, 7, 8, 9, 63, 64, 65, 128, 129, 200] {
        let source = Op::repeatable("source", (), |()| 1_u64);
        let part = |n: u64| Op::repeatable("part", (&source,), move |(one,)| n + one);
        let all: Vec<_> = (0..count).map(part).collect();
        let cloned = CollectNode::cloned(&all);
        let moved = CollectNode::new(all);
        let both = Op::repeatable("both", (cloned, moved), |(cloned, moved): (Vec<u64>, Vec<u64>)| (cloned, moved));
        let expected: Vec<u64> = (1..=count).collect();
        each_time(both, &(expected.clone(), expected));
    }
}

#[test]
fn every_way_of_using_a_value_can_be_had_again() {
    let mut text = DataNode::repeatable(String::from("a"));
    let before = Op::repeatable("before", (&text,), |(text,)| text.len());
    let _ = Op::repeatable("push", (&mut text,), |(text,): (&mut String,)| text.push('b'));
    let copy = Op::repeatable("copy", (Cloned(&text),), |(text,)| text + "!");
    let number = Op::repeatable("number", (), |()| 7_u8);
    let copied = Op::repeatable("copied", (Copied(&number),), |(n,)| n * 2);
    let kept = Op::repeatable("kept", (Kept(Op::repeatable("list", (), |()| vec![1, 2])),), |(list,)| list.len());
    let second = IndexNode::new(&Op::repeatable("list", (), |()| vec![3, 4]), 1);
    let all = CollectNode::new(vec![number, copied, DataNode::repeatable(5)]);
    let clones = CollectNode::cloned(&[Op::repeatable("x", (), |()| 'x'), DataNode::new('y')]);
    let gone = CleanupNode::new(Op::repeatable("big", (), |()| vec![0; 100]));
    let both = text.clone();
    let texts = CollectNode::new((before, copy, text, both, gone));
    let rest = CollectNode::new((kept, second, all, clones));
    let texts_expected = (1, String::from("ab!"), String::from("ab"), String::from("ab"), ());
    let expected = (texts_expected, (2, 4, vec![7, 14, 5], ['x', 'y']));
    each_time(CollectNode::new((texts, rest)), &expected);
}

#[test]
fn a_value_that_is_there_can_be_the_output() {
    each_time(DataNode::repeatable(String::from("there")), &String::from("there"));
}

#[test]
fn operations_that_wait_and_that_give_graphs_run_again() {
    fn sum<'g>(xs: &'g [u64]) -> Node<'g, u64> {
        match xs {
            [] => DataNode::new(0),
            [x] => DataNode::new(*x),
            _ => {
                let (left, right) = xs.split_at(xs.len() / 2);
                let left = Op::graph("sum", (), move |(), _| sum(left));
                let right = Op::graph("sum", (), move |(), _| sum(right));
                Op::new("add", (left, right), |(a, b)| a + b)
            }
        }
    }
    // Nodes whose function is called once are made anew by each run, inside.
    let xs = Op::repeatable("load", (), |()| (1..=64).collect::<Vec<u64>>());
    let total = Op::repeatable("total", (&xs,), |(xs,)| SerialExecutor::new().run(sum(xs)).expect("it runs"));
    each_time(total, &2080);
}

#[test]
fn maps_can_be_read_again_and_not_moved() {
    let by_name = || BTreeMap::from([("a", Op::repeatable("a", (), |()| 1)), ("b", Op::repeatable("b", (), |()| 2))]);
    each_time(CollectNode::cloned(&by_name()), &BTreeMap::from([("a", 1), ("b", 2)]));
    let hashed: HashMap<u8, _> = (0..3).map(|n| (n, Op::repeatable("n", (), move |()| n))).collect();
    each_time(CollectNode::cloned(&hashed), &(0..3).map(|n| (n, n)).collect());
    let error = Node::prepare(CollectNode::new(by_name())).unwrap_err();
    assert!(error.to_string().contains("a `&str`"), "{error}");
}

#[test]
fn what_can_run_only_once_is_named_with_the_reason() {
    #[derive(Debug)]
    struct Model;
    let text = |error: dispatcher_core::DependencyError| {
        assert!(matches!(error.kind(), ErrorKind::RunsOnce { .. }));
        error.to_string()
    };

    let by_hand = Op::new("fit", (), |()| 1);
    let error = text(Node::prepare(Op::repeatable("show", (by_hand,), |(n,)| n)).unwrap_err());
    assert!(error.starts_with("`fit` at ") && error.contains("its closure is called once"), "{error}");

    let moved = Op::repeatable("eat", (DataNode::new(Model),), |(_,)| ());
    let error = text(Node::prepare(moved).unwrap_err());
    assert!(error.starts_with("`eat` at ") && error.contains("a `Model`") && error.contains("`Clone`"), "{error}");

    let mut updated = DataNode::new(Model);
    let _ = Op::repeatable("train", (&mut updated,), |(_,): (&mut Model,)| ());
    let error = text(Node::prepare(updated).unwrap_err());
    assert!(error.starts_with("`train` at ") && error.contains("a `Model`"), "{error}");

    // What is only read needn't be cloned.
    let model = DataNode::new(Model);
    each_time(Op::repeatable("read", (&model,), |(Model,)| 1), &1);
}

#[test]
fn what_has_run_can_be_read_and_not_moved() {
    let list = Op::repeatable("list", (), |()| vec![1, 2, 3]);
    let len = Op::repeatable("len", (&list,), |(list,)| list.len());
    assert_eq!(SerialExecutor::new().run(len).expect("it runs"), 3);
    let sum = Op::repeatable("sum", (&list,), |(list,)| list.iter().sum::<i32>());
    each_time(sum, &6);
    let error = Node::prepare(list).unwrap_err();
    assert!(error.to_string().starts_with("`list` at ") && error.to_string().contains("it has run before"), "{error}");
}

#[test]
fn a_failure_ends_its_run_alone() {
    let fails = AtomicUsize::new(0);
    let alive = Tally::new();
    let list = Op::repeatable("list", (), |()| alive.value(1));
    let other = Op::repeatable("other", (&list,), |(list,)| alive.value(list.value));
    let checked = Op::repeatable("checked", (list,), |(list,)| {
        assert_eq!(fails.load(Ordering::Relaxed), 0, "told to fail");
        list
    });
    let both = Op::repeatable("both", (checked, other), |(a, b)| a.value + b.value);
    let mut graph = Node::prepare(both).expect("it can be prepared");
    for executor in Executor::all() {
        for fail_fast in [true, false] {
            let executor = executor.clone().fail_fast(fail_fast);
            for round in 0..4 {
                fails.store(round % 2, Ordering::Relaxed);
                match executor.run_prepared(&mut graph, Inputs::new()) {
                    Ok(value) => assert_eq!((value, round % 2), (2, 0)),
                    Err(error) => {
                        assert_eq!((error.label(), round % 2), ("checked", 1));
                        assert_eq!(error.tried(), 1);
                    }
                }
                assert_eq!(alive.alive(), 0, "nothing is held between runs");
            }
        }
    }
}

#[test]
fn retries_begin_anew_in_each_run() {
    let tries = AtomicUsize::new(0);
    let name = DataNode::repeatable(String::from("a"));
    let flaky = Op::retryable("flaky", (name,), |(name,)| match tries.fetch_add(1, Ordering::Relaxed) % 3 {
        2 => Ok(name + "b"),
        _ => Err(std::io::Error::other("not yet")),
    });
    let mut graph = Node::prepare(Options::new().retries(2).backoff(Backoff::none()).set(flaky)).expect("prepared");
    for executor in Executor::all() {
        for _ in 0..3 {
            assert_eq!(executor.run_prepared(&mut graph, Inputs::new()).expect("the third time"), "ab");
        }
    }
    assert_eq!(tries.load(Ordering::Relaxed), 3 * 3 * Executor::all().len());
}

#[test]
fn inputs_hold_for_their_run_alone() {
    let page = Op::repeatable("fetch", (), |()| String::from("a b"));
    let rate = DataNode::new(10);
    let count = Op::repeatable("count", (&page,), |(page,)| page.split(' ').count());
    let cost = Op::repeatable("cost", (&rate, count), |(rate, count)| rate * count);
    let mut graph = Node::prepare(cost).expect("it can be prepared");
    for executor in Executor::all() {
        let mut run = |inputs| executor.run_prepared(&mut graph, inputs).expect("it runs");
        assert_eq!(run(Inputs::new()), 20);
        assert_eq!(run(Inputs::new().value(&page, String::from("a b c"))), 30);
        assert_eq!(run(Inputs::new().value(&rate, 1)), 2);
        assert_eq!(run(Inputs::new().value(&rate, 2).value(&page, String::new())), 2);
        assert_eq!(run(Inputs::new()), 20);
    }
    let stranger = Op::repeatable("stranger", (), |()| 1);
    let error = SerialExecutor::new().run_prepared_with(&mut graph, Inputs::new().value(&stranger, 2)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::NoInput { .. }) && error.label() == "stranger", "{error}");
    assert_eq!(SerialExecutor::new().run_prepared(&mut graph).expect("it runs"), 20);
}

#[test]
fn a_prepared_graph_is_nobody_elses_until_it_is_dropped() {
    let one = Op::repeatable("one", (), |()| 1);
    let two = Op::repeatable("two", (&one,), |(n,)| n + 1);
    let three = Op::repeatable("three", (&one,), |(n,)| n + 2);
    let mut graph = Node::prepare(two).expect("it can be prepared");
    assert_eq!(SerialExecutor::new().run_prepared(&mut graph).expect("it runs"), 2);
    let four = Op::repeatable("four", (&one,), |(n,)| n + 3);
    let busy = SerialExecutor::new().run(four).unwrap_err();
    assert!(matches!(busy.kind(), ErrorKind::Busy), "{busy}");
    assert!(!Node::is_ready(&one));
    drop(graph);
    assert_eq!(SerialExecutor::new().run(three).expect("it is free now"), 3);
    assert_eq!(SerialExecutor::new().run(one).expect("its value is kept"), 1);
}

#[test]
fn a_value_that_a_prepared_graph_has_updated_is_gone_for_others() {
    let mut list = DataNode::repeatable(vec![1]);
    let early = Op::repeatable("early", (&list,), |(list,)| list.len());
    let first = Op::repeatable("first", (&list,), |(list,)| list[0]);
    let _ = Op::repeatable("push", (&mut list,), |(list,): (&mut Vec<i32>,)| list.push(2));
    let both = Op::repeatable("both", (early, list), |(early, list)| (early, list.len()));
    let mut graph = Node::prepare(both).expect("it can be prepared");
    for _ in 0..2 {
        assert_eq!(SerialExecutor::new().run_prepared(&mut graph).expect("it runs"), (1, 2));
    }
    drop(graph);
    let gone = SerialExecutor::new().run(first).unwrap_err();
    assert!(matches!(gone.kind(), ErrorKind::ValueGone), "{gone}");
}

#[test]
fn a_run_that_is_cancelled_or_dropped_leaves_the_graph_ready_for_another() {
    let alive = Tally::new();
    let cancelled = AtomicUsize::new(1);
    let load = Op::repeatable("load", (), |()| alive.value(1));
    let token = std::sync::Mutex::new(CancelToken::new());
    let cancels = Op::repeatable("cancels", (&load,), |(load,)| {
        if cancelled.load(Ordering::Relaxed) == 1 {
            token.lock().unwrap().cancel();
        }
        alive.value(load.value + 1)
    });
    let last = Op::repeatable("last", (load, cancels), |(a, b)| a.value + b.value);
    let mut graph = Node::prepare(last).expect("it can be prepared");
    for _ in 0..2 {
        cancelled.store(1, Ordering::Relaxed);
        *token.lock().unwrap() = CancelToken::new();
        let executor = SerialExecutor::new().cancel_with(&token.lock().unwrap().clone());
        let error = executor.run_prepared(&mut graph).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Cancelled), "{error}");
        cancelled.store(0, Ordering::Relaxed);
        assert_eq!(ParallelExecutor::with_threads(2).run_prepared(&mut graph).expect("it runs"), 3);
        assert_eq!(alive.alive(), 0);
    }
    // A future that is dropped while the run yields.
    let many: Vec<_> = (0..500).map(|n| Op::repeatable("n", (), move |()| n)).collect();
    let sum = Op::repeatable("sum", (CollectNode::new(many),), |(all,)| all.iter().sum::<u64>());
    let mut graph = Node::prepare(sum).expect("it can be prepared");
    let executor = AsyncExecutor::new();
    for polls in [1, 2, 3] {
        let mut left = polls;
        let mut future = Box::pin(executor.run_prepared_async(&mut graph, Inputs::new()));
        let abandoned = common::block_on(poll_fn(|context| {
            left -= 1;
            match future.as_mut().poll(context) {
                Poll::Ready(value) => Poll::Ready(Some(value)),
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        }));
        assert!(abandoned.is_none());
        drop(future);
        assert_eq!(SerialExecutor::new().run_prepared(&mut graph).expect("it runs"), 124_750);
    }
}

#[test]
fn a_clone_that_panics_is_an_error_of_its_run() {
    #[derive(Debug)]
    struct Fussy(Arc<AtomicUsize>);
    impl Clone for Fussy {
        fn clone(&self) -> Self {
            assert_ne!(self.0.load(Ordering::Relaxed), 1, "no clone today");
            Self(Arc::clone(&self.0))
        }
    }
    let mood = Arc::new(AtomicUsize::new(0));
    let eaten = Op::repeatable("eat", (DataNode::repeatable(Fussy(Arc::clone(&mood))),), |(fussy,)| drop(fussy));
    let mut graph = Node::prepare(eaten).expect("it can be prepared");
    for day in [0, 0, 1, 1, 0] {
        mood.store(day, Ordering::Relaxed);
        let result = SerialExecutor::new().run_prepared(&mut graph);
        assert_eq!(result.is_err(), day == 1, "{result:?}");
    }
}

/// A statement of a random program over variables. Which variables is told by numbers, of those that are there.
#[derive(Debug, Clone)]
enum Step {
    /// A value from the start.
    Data,
    /// An operation that makes a value.
    Make,
    /// It reads two variables.
    Read(usize, usize),
    /// It moves one, and reads another.
    Move(usize, usize),
    /// It updates one, and reads another.
    Update(usize, usize),
    Clone(usize),
    /// Two are collected, moved, and the sum taken.
    Collect(usize, usize),
    /// It reads a variable, and a value that may be given.
    Param(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let one = || 0..64_usize;
    let two = || (one(), one());
    prop_oneof![
        Just(Step::Data),
        Just(Step::Make),
        two().prop_map(|(a, b)| Step::Read(a, b)),
        two().prop_map(|(a, b)| Step::Move(a, b)),
        two().prop_map(|(a, b)| Step::Update(a, b)),
        one().prop_map(Step::Clone),
        two().prop_map(|(a, b)| Step::Collect(a, b)),
        two().prop_map(|(a, b)| Step::Param(a, b)),
    ]
}

/// How one run goes.
#[derive(Debug, Clone)]
struct Fate {
    executor: usize,
    fail_fast: bool,
    /// The operation that panics, if it is called.
    fails: Option<usize>,
    /// The values that are given.
    given: [Option<u64>; PARAMS],
}

fn fate() -> impl Strategy<Value = Fate> {
    let fails = proptest::option::weighted(0.3, 0..24_usize);
    let given = prop_oneof![
        2 => Just([None; PARAMS]),
        1 => proptest::array::uniform3(proptest::option::of(0..9_u64)),
    ];
    (0..7_usize, any::<bool>(), fails, given).prop_map(|(executor, fail_fast, fails, given)| Fate {
        executor,
        fail_fast,
        fails,
        given,
    })
}

/// What operations look at while they run.
struct World {
    tally: Arc<Tally>,
    fails: AtomicUsize,
    calls: Vec<AtomicUsize>,
}

impl World {
    fn op(&self, at: usize, value: u64) -> Counted {
        self.touch(at);
        self.tally.value(value)
    }
    fn touch(&self, at: usize) {
        self.calls[at].fetch_add(1, Ordering::Relaxed);
        assert_ne!(self.fails.load(Ordering::Relaxed), at, "told to fail");
    }
}

fn mix(at: usize, a: u64, b: u64) -> u64 {
    (at as u64 + 7).wrapping_mul(31).wrapping_add(a).wrapping_mul(17).wrapping_add(b)
}

/// Values that every run can be given: those of two operations and one that is there from the start, which are only read.
const PARAMS: usize = 3;

fn param(at: usize) -> u64 {
    at as u64 * 100 + 1
}

/// Builds the program.
fn build<'g>(steps: &[Step], world: &'g World) -> (Node<'g, Vec<u64>>, [Node<'g, u64>; PARAMS]) {
    let count = steps.len();
    let params = [0, 1, 2].map(|at| match at {
        0 => DataNode::new(param(0)),
        _ => Op::repeatable("param", (), move |()| {
            world.touch(count + at);
            param(at)
        }),
    });
    let mut vars: Vec<Node<'g, Counted>> = vec![DataNode::repeatable(world.tally.value(5))];
    for (at, step) in steps.iter().enumerate() {
        let count = vars.len();
        let zero = || DataNode::repeatable(world.tally.value(0));
        match *step {
            Step::Data => vars.push(DataNode::repeatable(world.tally.value(at as u64))),
            Step::Make => vars.push(Op::repeatable("make", (), move |()| world.op(at, mix(at, 0, 0)))),
            Step::Read(a, b) => {
                let inputs = (&vars[a % count], &vars[b % count]);
                let call = move |(a, b): (&Counted, &Counted)| world.op(at, mix(at, a.value, b.value));
                vars.push(Op::repeatable("read", inputs, call));
            }
            Step::Param(a, b) => {
                let call = move |(a, b): (&Counted, &u64)| world.op(at, mix(at, a.value, *b));
                let read = Op::repeatable("param", (&vars[a % count], &params[b % PARAMS]), call);
                vars.push(read);
            }
            Step::Move(a, b) if a % count != b % count => {
                let (a, b) = (a % count, b % count);
                let moved = std::mem::replace(&mut vars[a], zero());
                let call = move |(a, b): (Counted, &Counted)| world.op(at, mix(at, a.value, b.value));
                vars[a] = Op::repeatable("move", (moved, &vars[b]), call);
            }
            Step::Update(a, b) if a % count != b % count => {
                let (a, b) = (a % count, b % count);
                let mut updated = std::mem::replace(&mut vars[a], zero());
                let call = move |(a, b): (&mut Counted, &Counted)| {
                    world.touch(at);
                    a.value = mix(at, a.value, b.value);
                };
                let _ = Op::repeatable("update", (&mut updated, &vars[b]), call);
                vars[a] = updated;
            }
            Step::Clone(a) => {
                let clone = vars[a % count].clone();
                vars.push(clone);
            }
            Step::Collect(a, b) if a % count != b % count => {
                let (a, b) = (a % count, b % count);
                let pair = [a, b].map(|index| std::mem::replace(&mut vars[index], zero()));
                let call = move |(pair,): ([Counted; 2],)| world.op(at, mix(at, pair[0].value, pair[1].value));
                vars[a] = Op::repeatable("sum", (CollectNode::new(pair),), call);
            }
            Step::Move(..) | Step::Update(..) | Step::Collect(..) => {}
        }
    }
    let read = |var: &Node<'g, Counted>| Op::repeatable("value", (var,), |(var,)| var.value);
    (CollectNode::new(vars.iter().map(read).collect::<Vec<_>>()), params)
}

/// What the program gives, and which operations it calls.
fn model(steps: &[Step], given: [Option<u64>; PARAMS]) -> (Vec<u64>, Vec<usize>) {
    let mut calls = Vec::new();
    let mut vars = vec![5_u64];
    for (at, step) in steps.iter().enumerate() {
        let count = vars.len();
        match *step {
            Step::Data => vars.push(at as u64),
            Step::Clone(a) => vars.push(vars[a % count]),
            Step::Make => vars.push(mix(at, 0, 0)),
            Step::Read(a, b) => vars.push(mix(at, vars[a % count], vars[b % count])),
            Step::Param(a, b) => {
                let b = b % PARAMS;
                vars.push(mix(at, vars[a % count], given[b].unwrap_or(param(b))));
                if b > 0 && given[b].is_none() {
                    calls.push(steps.len() + b);
                }
            }
            Step::Move(a, b) | Step::Update(a, b) | Step::Collect(a, b) if a % count != b % count => {
                let (a, b) = (a % count, b % count);
                vars[a] = mix(at, vars[a], vars[b]);
                if matches!(step, Step::Collect(..)) {
                    vars[b] = 0;
                }
            }
            Step::Move(..) | Step::Update(..) | Step::Collect(..) => continue,
        }
        if !matches!(step, Step::Data | Step::Clone(_)) {
            calls.push(at);
        }
    }
    calls.sort_unstable();
    calls.dedup();
    (vars, calls)
}

proptest! {
    #[test]
    fn runs_of_a_random_program_agree_with_a_model(
        steps in proptest::collection::vec(step(), 0..24),
        fates in proptest::collection::vec(fate(), 1..8),
    ) {
        let world = World {
            tally: Tally::new(),
            fails: AtomicUsize::new(usize::MAX),
            calls: (0..steps.len() + PARAMS).map(|_| AtomicUsize::new(0)).collect(),
        };
        let (output, params) = build(&steps, &world);
        let mut graph = Node::prepare(output).expect("it can be prepared");
        let executors = Executor::all();
        // The values from the start, and what they are cloned from.
        let held = world.tally.alive();
        for Fate { executor, fail_fast, fails, given } in fates {
            let given = given.map(|given| given.map(|value| 1_000 + value));
            let (values, called) = model(&steps, given);
            let fails = fails.filter(|fails| called.contains(fails)).unwrap_or(usize::MAX);
            world.fails.store(fails, Ordering::Relaxed);
            let mut inputs = Inputs::new();
            for (at, value) in given.into_iter().enumerate() {
                // Those that nothing reads are no part of the graph.
                let reads = |step: &Step| matches!(step, Step::Param(_, b) if b % PARAMS == at);
                if let Some(value) = value.filter(|_| steps.iter().any(reads)) {
                    inputs = inputs.value(&params[at], value);
                }
            }
            let executor = executors[executor].clone().fail_fast(fail_fast);
            let result = executor.run_prepared(&mut graph, inputs);
            let counts: Vec<usize> = world.calls.iter().map(|calls| calls.swap(0, Ordering::Relaxed)).collect();
            if fails == usize::MAX {
                prop_assert_eq!(result.expect("nothing fails"), values);
                let ran: Vec<usize> = (0..counts.len()).filter(|&at| counts[at] > 0).collect();
                prop_assert_eq!(ran, called);
            } else {
                prop_assert!(matches!(result.unwrap_err().kind(), ErrorKind::Panicked(_)));
                prop_assert_eq!(counts[fails], 1);
            }
            prop_assert!(counts.iter().all(|&count| count <= 1), "an operation runs twice");
            prop_assert!(world.tally.alive() <= held, "a result is held between runs");
        }
        drop((graph, params));
        world.tally.assert_settled();
    }
}
