//! Random graphs under failures, retries, cancellations and inputs, on every executor, against a straightforward model: which
//! operations run, how often, in what partial order, what comes out, and that every value is dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use dispatcher_core::{
    AsyncExecutor, Backoff, CancelToken, DependencyError, ErrorKind, Executor, Inputs, Node, Op, Options,
    ParallelExecutor, SerialExecutor, Settings,
};
use proptest::prelude::*;

/// An operation of a random graph.
#[derive(Debug, Clone)]
struct Spec {
    /// What it reads: operations built before it.
    reads: Vec<usize>,
    /// How often it fails before it works.
    failures: usize,
    /// How many more times it may be tried; none where the executor says.
    retries: Option<usize>,
    /// Whether it fails by a panic, or by an error.
    panics: bool,
    /// Whether it gives a future, which is woken once.
    waits: bool,
}

fn spec(at: usize) -> impl Strategy<Value = Spec> {
    let reads = proptest::collection::vec(0..at.max(1), 0..=at.min(3));
    let retries = proptest::option::of(0..3_usize);
    (reads, prop_oneof![4 => Just(0_usize), 1 => 0..4_usize], retries, any::<bool>(), any::<bool>()).prop_map(
        move |(mut reads, failures, retries, panics, waits)| {
            if at == 0 {
                reads.clear();
            }
            Spec { reads, failures, retries, panics, waits: waits && failures == 0 }
        },
    )
}

fn graph() -> impl Strategy<Value = Vec<Spec>> {
    (1..14_usize).prop_flat_map(|count| (0..count).map(spec).collect::<Vec<_>>())
}

/// How often an operation may be tried again where it says nothing.
const EXECUTORS_RETRIES: usize = 1;

/// A value that is counted.
#[derive(Debug)]
struct Counted(u64, Arc<AtomicUsize>);

impl Counted {
    fn new(value: u64, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self(value, Arc::clone(alive))
    }
}
impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(self.0, &self.1)
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What happened to an operation.
#[derive(Default)]
struct Trace {
    tried: AtomicUsize,
    worked: AtomicBool,
}

/// What a run is watched by.
struct Watched {
    traces: Vec<Trace>,
    alive: Arc<AtomicUsize>,
    /// The operation that cancels the run, if one does.
    cancels: Option<(usize, CancelToken)>,
}

impl Watched {
    fn new(count: usize, cancels: Option<(usize, CancelToken)>) -> Self {
        Self { traces: (0..count).map(|_| Trace::default()).collect(), alive: Arc::default(), cancels }
    }

    /// What the operation does when it is called.
    fn call(&self, at: usize, spec: &Spec, inputs: &[&Counted]) -> Result<Counted, std::io::Error> {
        for (&used, input) in spec.reads.iter().zip(inputs) {
            assert!(
                self.traces[used].worked.load(Ordering::SeqCst) || input.0 == given(used),
                "{at} runs before {used}"
            );
        }
        let trace = &self.traces[at];
        let tried = trace.tried.fetch_add(1, Ordering::SeqCst);
        if let Some((_, token)) = self.cancels.as_ref().filter(|(cancels, _)| *cancels == at) {
            token.cancel();
        }
        if tried < spec.failures {
            assert!(!spec.panics, "an operation that fails");
            return Err(std::io::Error::other("an operation that fails"));
        }
        assert!(!trace.worked.swap(true, Ordering::SeqCst), "{at} works twice");
        Ok(Counted::new(value(at, inputs.iter().map(|input| input.0)), &self.alive))
    }
}

fn value(at: usize, inputs: impl Iterator<Item = u64>) -> u64 {
    inputs.fold(at as u64 + 1, |sum, input| sum.wrapping_mul(31).wrapping_add(input))
}
/// The value that an operation is given in place of being run.
fn given(at: usize) -> u64 {
    1_000_000 + at as u64
}

/// Builds the graph; every operation's node is kept.
fn build<'g>(specs: &'g [Spec], watched: &'g Watched) -> Vec<Node<'g, Counted>> {
    let mut nodes: Vec<Node<'g, Counted>> = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let input = |which: usize| spec.reads.get(which).map(|&used| &nodes[used]);
        let node = match (spec.waits, input(0), input(1), input(2)) {
            (true, Some(a), ..) => Op::future("waits", (a,), move |(a,), _| {
                Box::pin(async move {
                    yield_now().await;
                    watched.call(at, &Spec { reads: vec![spec.reads[0]], ..spec.clone() }, &[a]).unwrap()
                })
            }),
            (_, Some(a), Some(b), Some(c)) => {
                Op::retryable("three", (a, b, c), move |(a, b, c)| watched.call(at, spec, &[a, b, c]))
            }
            (_, Some(a), Some(b), _) => Op::retryable("two", (a, b), move |(a, b)| watched.call(at, spec, &[a, b])),
            (_, Some(a), ..) => Op::retryable("one", (a,), move |(a,)| watched.call(at, spec, &[a])),
            _ => Op::retryable("none", (), move |()| watched.call(at, spec, &[])),
        };
        let options = Options::new().backoff(Backoff::none());
        nodes.push(match spec.retries {
            Some(retries) => options.retries(retries as u32).set(node),
            None => node,
        });
    }
    nodes
}

async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// The reads that count: a future has one.
fn reads(spec: &Spec) -> &[usize] {
    if spec.waits && !spec.reads.is_empty() { &spec.reads[..1] } else { &spec.reads }
}

/// What the model says of an operation.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    /// None if it fails, or needs one that does.
    value: Option<u64>,
    tries: usize,
}

/// What a run that finishes independent branches does.
fn model(specs: &[Spec], outputs: &[usize], inputs: &[usize]) -> Vec<Expected> {
    let mut needed = vec![false; specs.len()];
    let mut stack = outputs.to_vec();
    while let Some(at) = stack.pop() {
        if !std::mem::replace(&mut needed[at], true) && !inputs.contains(&at) {
            stack.extend(reads(&specs[at]));
        }
    }
    let mut all: Vec<Expected> = Vec::new();
    for (at, spec) in specs.iter().enumerate() {
        let used: Option<Vec<u64>> = reads(spec).iter().map(|&used| all[used].value).collect();
        let retries = spec.retries.unwrap_or(EXECUTORS_RETRIES);
        all.push(match used {
            _ if inputs.contains(&at) => Expected { value: Some(given(at)), tries: 0 },
            _ if !needed[at] => Expected { value: None, tries: 0 },
            None => Expected { value: None, tries: 0 },
            Some(_) if spec.failures > retries => Expected { value: None, tries: retries + 1 },
            Some(used) => Expected { value: Some(value(at, used.into_iter())), tries: spec.failures + 1 },
        });
    }
    all
}

/// One that does no more than the trait asks for.
struct Plain(Settings);

impl Executor for Plain {
    fn settings(&self) -> &Settings {
        &self.0
    }
}

/// Runs nodes, beginning at inputs.
type Run<'e> = &'e dyn Fn(Vec<Node<'_, Counted>>, Inputs<'_>) -> Vec<Result<Counted, DependencyError>>;

fn run_on_each(cancel: Option<&CancelToken>, fail_fast: bool, mut check: impl FnMut(Run<'_>)) {
    macro_rules! on {
        ($executor:expr) => {{
            let executor = $executor.fail_fast(fail_fast).retries(EXECUTORS_RETRIES as u32);
            let executor = executor.retry_on(|_: &ErrorKind<'_>| true).backoff(Backoff::none());
            match cancel {
                Some(token) => executor.cancel_with(token),
                None => executor,
            }
        }};
    }
    let executor = on!(SerialExecutor::new());
    check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    let executor = on!(SerialExecutor::shuffled(fastrand::u64(..)));
    check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    let executor = on!(AsyncExecutor::new());
    check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    let executor = on!(AsyncExecutor::new().limit(1));
    check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    let executor = Plain(on!(Settings::new()));
    check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    for threads in [1, 2, 4] {
        let executor = on!(ParallelExecutor::with_threads(threads));
        check(&|nodes, inputs| executor.run_all_with(nodes, inputs));
    }
}

/// Runs the outputs, and gives what came of them.
fn run(
    specs: &[Spec],
    outputs: &[usize],
    inputs: &[usize],
    watched: &Watched,
    run: Run<'_>,
) -> Vec<Result<u64, DependencyError>> {
    let mut nodes: Vec<Option<Node<'_, Counted>>> = build(specs, watched).into_iter().map(Some).collect();
    let mut given_values = Inputs::new();
    for &at in inputs {
        let node = nodes[at].as_ref().expect("nothing is taken yet");
        given_values = given_values.value(node, Counted::new(given(at), &watched.alive));
    }
    let asked = outputs.iter().map(|&at| nodes[at].take().expect("each output once")).collect();
    drop(nodes);
    run(asked, given_values).into_iter().map(|result| result.map(|value| value.0)).collect()
}

fn outputs_of(specs: &[Spec], picks: &[prop::sample::Index]) -> Vec<usize> {
    let mut outputs: Vec<usize> = picks.iter().map(|pick| pick.index(specs.len())).collect();
    outputs.sort_unstable();
    outputs.dedup();
    outputs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn independent_branches_do_what_the_model_does(
        specs in graph(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..4),
        input_picks in proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let outputs = outputs_of(&specs, &picks);
        // An output's own ancestors only: others are no inputs of the run.
        let ancestors = model(&specs, &outputs, &[]);
        let inputs: Vec<usize> = outputs_of(&specs, &input_picks)
            .into_iter()
            .filter(|&at| needed(&specs, &outputs, at) && ancestors.len() > at)
            .collect();
        let expected = model(&specs, &outputs, &inputs);
        run_on_each(None, false, |executor| {
            let watched = Watched::new(specs.len(), None);
            let results = run(&specs, &outputs, &inputs, &watched, executor);
            for (&at, result) in outputs.iter().zip(results) {
                assert_eq!(result.as_ref().ok().copied(), expected[at].value, "output {at}: {result:?}");
            }
            for (at, (trace, expected)) in watched.traces.iter().zip(&expected).enumerate() {
                assert_eq!(trace.tried.load(Ordering::SeqCst), expected.tries, "tries of {at}");
            }
            assert_eq!(watched.alive.load(Ordering::SeqCst), 0, "values that live on");
        });
    }

    #[test]
    fn a_run_that_stops_at_the_first_failure_gives_right_values_or_errors(
        specs in graph(),
        picks in proptest::collection::vec(any::<prop::sample::Index>(), 1..4),
        cancels in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let outputs = outputs_of(&specs, &picks);
        let expected = model(&specs, &outputs, &[]);
        for fail_fast in [true, false] {
            let token = CancelToken::new();
            let shared = std::cell::RefCell::new(token);
            // A token stays cancelled, so each run has its own.
            for turn in 0..2 {
                let token = shared.replace(CancelToken::new());
                let at = cancels.map(|cancels| cancels.index(specs.len()));
                run_on_each(Some(&token), fail_fast, |executor| {
                    let watched = Watched::new(specs.len(), at.map(|at| (at, token.clone())));
                    let already = token.is_cancelled();
                    let results = run(&specs, &outputs, &[], &watched, executor);
                    let mut errors = 0;
                    for (&at, result) in outputs.iter().zip(results) {
                        match result {
                            Ok(value) => assert_eq!(Some(value), expected[at].value),
                            Err(error) => {
                                errors += 1;
                                let cancelled = matches!(error.kind(), ErrorKind::Cancelled);
                                assert!(!cancelled || token.is_cancelled(), "turn {turn}: {error}");
                            }
                        }
                    }
                    for (trace, expected) in watched.traces.iter().zip(&expected) {
                        let tried = trace.tried.load(Ordering::SeqCst);
                        assert!(tried <= expected.tries);
                        assert!(!already || tried == 0, "a run that was cancelled before starts nothing");
                    }
                    let fails = outputs.iter().any(|&at| expected[at].value.is_none());
                    assert!(errors > 0 || !fails);
                    assert!(errors == 0 || fails || token.is_cancelled());
                    assert_eq!(watched.alive.load(Ordering::SeqCst), 0, "values that live on");
                });
            }
        }
    }
}

/// Whether some output is `at`, or needs it.
fn needed(specs: &[Spec], outputs: &[usize], at: usize) -> bool {
    let mut stack = outputs.to_vec();
    while let Some(node) = stack.pop() {
        if node == at {
            return true;
        }
        stack.extend(reads(&specs[node]));
    }
    false
}
