//! Rows 9, 10 and 16 to 22: nodes' results, and what executors do with graphs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatcher::prelude::*;
use dispatcher::{CollectNode, Copied, ErrorKind, IndexNode, Inputs, Op, Settings, Task, Work};

/// Each executor, as a function that runs a graph.
macro_rules! on_each {
    (|$executor:ident| $check:expr) => {{
        let $executor = SerialExecutor::new();
        $check;
        let $executor = AsyncExecutor::new();
        $check;
        for threads in [1, 2, 3] {
            let $executor = ParallelExecutor::with_threads(threads);
            $check;
        }
    }};
}

fn count(calls: &AtomicUsize, n: u64) -> u64 {
    calls.fetch_add(1, Ordering::SeqCst);
    n
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[test]
fn parity_09_ready_and_fetch() {
    let data = Op::new("load", (), |()| vec![1, 2]);
    let fails = Op::new("fails", (), |()| -> u32 { panic!("no") });
    let sum = Op::new("sum", (&data,), |(data,)| data.iter().sum::<u32>());
    let doubled = Op::new("double", (Copied(&fails),), |(n,)| n * 2);
    assert!(!Node::is_ready(&data) && !Node::is_ready(&fails));
    let results = SerialExecutor::new().fail_fast(false).run_all([sum, doubled]);
    assert_eq!(*results[0].as_ref().unwrap(), 3);
    assert!(Node::is_ready(&data) && !Node::is_ready(&fails));
    assert_eq!(Node::fetch(data).unwrap(), [1, 2]);
    let error = Node::fetch(fails).unwrap_err();
    assert_eq!(error.label(), "fails");
    assert!(matches!(error.kind(), ErrorKind::Panicked(_)));
    // What was never run is an error, and no hang.
    assert!(Node::fetch(Op::new("idle", (), |()| 1)).is_err());
}

#[test]
fn parity_16_a_result_for_each_output_in_order() {
    on_each!(|executor| {
        let nodes = (0..10).map(|n| Op::new("square", (), move |()| n * n));
        let results: Vec<i32> = executor.run_all(nodes).into_iter().map(Result::unwrap).collect();
        assert_eq!(results, (0..10).map(|n| n * n).collect::<Vec<_>>());
    });
}

#[test]
fn parity_17_a_result_for_each_leaf() {
    // The leaves of a graph are the nodes that nobody has taken.
    on_each!(|executor| {
        let root = Op::new("root", (), |()| 3);
        let left = Op::new("left", (Copied(&root),), |(n,)| n + 1);
        let right = Op::new("right", (Copied(&root),), |(n,)| n * 2);
        let graph = DispatchGraph::of([&left, &right]);
        assert_eq!(graph.outputs(), [1, 2]);
        let results: Vec<i32> = executor.run_all([left, right]).into_iter().map(Result::unwrap).collect();
        assert_eq!(results, [4, 6]);
    });
}

#[test]
fn parity_18_a_partial_run_takes_values_that_are_given() {
    on_each!(|executor| {
        let calls = &AtomicUsize::new(0);
        let a = op!(count(calls, 1));
        let b = op!(add(a, 10));
        let other = op!(count(calls, 2));
        let c = Op::new("add", (&b, &other), |(b, other)| b + other);
        // Neither `b` nor what only it needs runs.
        let inputs = Inputs::new().value(&b, 100);
        assert_eq!(executor.run_with(c, inputs).unwrap(), 102);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn parity_18_a_partial_run_takes_values_that_were_computed() {
    on_each!(|executor| {
        let calls = &AtomicUsize::new(0);
        let a = op!(count(calls, 1));
        let first = Op::new("first", (&a,), |(a,)| a + 1);
        let second = Op::new("second", (&a,), |(a,)| a + 2);
        let too_soon = Op::new("too soon", (&a,), |(a,)| *a);
        let error = executor.run_with(too_soon, Inputs::new().computed(&a)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NoInput { why } if why.contains("not computed")), "{error}");
        assert_eq!(calls.load(Ordering::SeqCst), 0);
        assert_eq!(executor.run(first).unwrap(), 2);
        assert_eq!(executor.run_with(second, Inputs::new().computed(&a)).unwrap(), 3);
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn parity_18_an_input_that_is_not_in_the_graph_is_an_error_that_names_it() {
    on_each!(|executor| {
        let a = Op::new("a", (), |()| 1);
        let stranger = Op::new("stranger", (), |()| 1);
        let error = executor.run_with(a, Inputs::new().value(&stranger, 2)).unwrap_err();
        assert_eq!(error.label(), "stranger");
        assert!(error.to_string().contains("can't be an input of the run: no output depends on it"), "{error}");
    });
}

#[test]
fn parity_18_an_input_in_a_dispatch_function_s_graph() {
    #[dispatch]
    fn total(calls: &AtomicUsize, extra: u64) -> u64 {
        let a = count(calls, 1);
        add(a, extra)
    }
    on_each!(|executor| {
        let calls = &AtomicUsize::new(0);
        let part = total(calls, 5);
        let whole = op!(add(part.clone(), 1));
        assert_eq!(executor.run_with(whole, Inputs::new().value(&part, 70)).unwrap(), 71);
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn parity_10_a_prepared_graph_computes_again_in_a_second_run() {
    #[dispatch]
    fn total(calls: &AtomicUsize, extra: u64) -> u64 {
        let mut sum = 0;
        for n in 1..=3 {
            sum += count(calls, n);
        }
        add(sum, extra)
    }
    let calls = &AtomicUsize::new(0);
    let part = total(calls, 5);
    let whole = op!(add(part.clone(), 1));
    let mut graph = Node::prepare(whole).unwrap();
    let mut runs = 0;
    on_each!(|executor| {
        for _ in 0..2 {
            assert_eq!(executor.run_prepared(&mut graph).unwrap(), 12);
            runs += 1;
            assert_eq!(calls.load(Ordering::SeqCst), 3 * runs);
        }
        // With an input, and without it again.
        let given = Inputs::new().value(&part, 70);
        assert_eq!(executor.run_prepared_with(&mut graph, given).unwrap(), 71);
        assert_eq!(calls.load(Ordering::SeqCst), 3 * runs);
    });
}

#[test]
fn parity_10_a_graph_that_can_run_only_once_says_which_operation_and_why() {
    struct Model(u64);
    fn fit(model: Model, n: u64) -> u64 {
        model.0 + n
    }
    #[dispatch]
    fn fitted(model: Model) -> u64 {
        let n = add(1, 2);
        fit(model, n)
    }
    let error = Node::prepare(fitted(Model(1))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::RunsOnce { why } if why.contains("a `Model`")));
    assert_eq!(error.label(), "fit");
    assert_eq!(SerialExecutor::new().run(fitted(Model(1))).unwrap(), 4);
}

#[test]
fn parity_19_all_nodes_are_prepared_before_any_is_dispatched() {
    // A run takes all its nodes before it runs one: one that another run has keeps it from running any.
    let calls = AtomicUsize::new(0);
    let shared = Op::new("shared", (), |()| 1);
    let reader = Op::new("reader", (&shared,), |(n,)| *n);
    let inner = Mutex::new(Some(reader));
    let outer = Op::new("outer", (&shared,), |(_,)| {
        let first = Op::new("first", (), |()| calls.fetch_add(1, Ordering::SeqCst));
        let reader = inner.lock().unwrap().take().unwrap();
        let both = Op::new("both", (first, reader), |(_, n)| n);
        let error = SerialExecutor::new().run(both).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Busy));
    });
    SerialExecutor::new().run(outer).unwrap();
    assert_eq!(calls.into_inner(), 0);
}

/// Notes what it is asked to dispatch.
#[derive(Default)]
struct Noting {
    settings: Settings,
    noted: Mutex<Vec<String>>,
}

impl Executor for Noting {
    fn settings(&self) -> &Settings {
        &self.settings
    }
    fn dispatch<'r>(&self, task: Task<'r>, work: &mut Work<'r>) {
        self.noted.lock().unwrap().push(task.label());
        work.add(task.run());
    }
}

#[test]
fn parity_20_an_executor_of_ones_own_dispatches_nodes() {
    let executor = Noting::default();
    let a = Op::new("a", (), |()| 1);
    let b = Op::new("b", (&a,), |(a,)| a + 1);
    let c = Op::new("c", (a, b), |(a, b)| a + b);
    assert_eq!(executor.run(c).unwrap(), 3);
    assert_eq!(*executor.noted.lock().unwrap(), ["a", "b", "c"]);
    let fails = Op::new("fails", (), |()| -> i32 { panic!("no") });
    let after = Op::new("after", (fails,), |(n,)| n);
    assert_eq!(executor.run(after).unwrap_err().label(), "fails");
}

/// Runs graphs on another executor, and counts them.
struct Counting<E> {
    inner: E,
    runs: AtomicUsize,
}

impl<E: Executor> Executor for Counting<E> {
    fn settings(&self) -> &Settings {
        self.inner.settings()
    }
    fn execute(&self, work: &mut Work<'_>) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.inner.execute(work);
    }
}

/// Leaves everything.
#[derive(Default)]
struct Idle(Settings);

impl Executor for Idle {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, _: &mut Work<'_>) {}
}

#[test]
fn parity_20_an_executor_of_ones_own_runs_graphs() {
    let executor = Counting { inner: ParallelExecutor::with_threads(2), runs: AtomicUsize::new(0) };
    let squares: Vec<_> = (0..100_u64).map(|n| Op::new("square", (), move |()| n * n)).collect();
    let sum = Op::new("sum", (CollectNode::new(squares),), |(xs,)| xs.iter().sum::<u64>());
    assert_eq!(executor.run(sum).unwrap(), 328_350);
    assert_eq!(executor.runs.into_inner(), 1);
    let error = Idle::default().run(Op::new("left", (), |()| 1)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped));
    assert_eq!(error.label(), "left");
}

#[test]
fn parity_21_a_waiting_node_starves_no_other() {
    // The first waits for the second, which is built, and so begins, after it.
    let (sender, receiver) = futures::channel::oneshot::channel();
    let waits = Op::future("waits", (), |(), _| Box::pin(async { receiver.await.unwrap() }));
    let sends = Op::future("sends", (), |(), _| {
        Box::pin(async {
            sender.send(3).unwrap();
            4
        })
    });
    let results: Vec<i32> = AsyncExecutor::new().run_all([waits, sends]).into_iter().map(Result::unwrap).collect();
    assert_eq!(results, [3, 4]);
}

#[test]
fn parity_22_max_and_sqrt() {
    on_each!(|executor| {
        let max = op!(f64::max(3.0, 4.0));
        let root = Op::new("sqrt", (max,), |(n,)| f64::sqrt(n));
        assert_eq!(executor.run(root).unwrap(), 2.0);
    });
}

fn factorial(n: u64) -> u64 {
    (1..=n).product()
}

#[test]
fn parity_22_factorials_by_index() {
    on_each!(|executor| {
        let both = Op::new("factorials", (), |()| vec![factorial(2), factorial(8)]);
        let (two, eight) = (IndexNode::new(&both, 0), IndexNode::new(&both, 1));
        let quotient = Op::new("divide", (eight, two), |(eight, two)| eight / two);
        assert_eq!(executor.run(quotient).unwrap(), 20_160);
    });
}

#[test]
fn parity_22_sums_and_a_product() {
    #[dispatch]
    fn product() -> u64 {
        let a = add(1, 2);
        let b = add(a, 3);
        let c = add(a, 1);
        b * c
    }
    on_each!(|executor| {
        let node = product();
        assert_eq!(DispatchGraph::new(&node).nodes().len(), 4);
        assert_eq!(executor.run(node).unwrap(), 24);
    });
}

#[test]
fn parity_22_dask_do() {
    fn slow_sum(xs: &[u64]) -> u64 {
        xs.iter().sum()
    }
    #[dispatch]
    fn dask_do(data: &[u64]) -> u64 {
        let a: Vec<u64> = data.iter().map(|&n| add(n, 1)).collect();
        let b: Vec<u64> = a.iter().map(|n| add(*n, 10)).collect();
        let c: Vec<u64> = a.iter().map(|n| add(*n, 100)).collect();
        slow_sum(&a) + slow_sum(&b) + slow_sum(&c)
    }
    on_each!(|executor| assert_eq!(executor.run(dask_do(&[1, 2, 3])).unwrap(), 357));
}

#[test]
fn parity_22_dask_cluster() {
    fn load(n: u64) -> u64 {
        n
    }
    fn process(n: u64, reference: &u64) -> u64 {
        n + reference
    }
    fn roll(a: &u64, b: &u64, c: &u64) -> u64 {
        a + b + c
    }
    fn compare(a: &u64, b: &u64) -> u64 {
        a.abs_diff(*b)
    }
    fn reduce(xs: Vec<u64>) -> u64 {
        xs.iter().sum()
    }
    #[dispatch]
    fn cluster(pairs: &[(usize, usize)]) -> u64 {
        let reference = load(1000);
        let loads: Vec<u64> = (0..100).map(|n| load(n)).collect();
        let processed: Vec<u64> = loads.into_iter().map(|n| process(n, &reference)).collect();
        let mut rolls = Vec::new();
        for at in 0..98 {
            rolls.push(roll(&processed[at], &processed[at + 1], &processed[at + 2]));
        }
        let compared: Vec<u64> = pairs.iter().map(|&(a, b)| compare(&rolls[a], &rolls[b])).collect();
        reduce(compared)
    }
    let mut random = fastrand::Rng::with_seed(1);
    let pairs: Vec<_> = (0..200).map(|_| (random.usize(..98), random.usize(..98))).collect();
    let expected: u64 = pairs.iter().map(|&(a, b)| 3 * a.abs_diff(b) as u64).sum();
    on_each!(|executor| assert_eq!(executor.run(cluster(&pairs)).unwrap(), expected));
}
