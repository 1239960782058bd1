//! What a run says of itself, through `tracing`.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::Poll;
use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher::{Backoff, CancelToken, ErrorKind, Op};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber, info, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

type Fields = BTreeMap<&'static str, String>;

/// A line, as it was heard.
#[derive(Debug, Clone)]
struct Line {
    level: Level,
    target: &'static str,
    fields: Fields,
    /// The spans that it lies in, the outermost first.
    spans: Vec<(&'static str, Fields)>,
}

impl Line {
    fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    fn message(&self) -> &str {
        self.get("message").unwrap_or_default()
    }

    fn label(&self) -> &str {
        self.get("label").unwrap_or_default()
    }

    fn id(&self) -> Option<usize> {
        self.get("id").map(|id| id.parse().unwrap())
    }

    /// The line in short, without what differs from run to run.
    fn short(&self) -> String {
        let mut short = format!("{} {}", self.level, self.message());
        for (name, value) in &self.fields {
            if !["message", "location", "elapsed"].contains(name) {
                short.push_str(&format!(" {name}={value}"));
            }
        }
        short
    }

    fn span(&self, name: &str) -> Option<&Fields> {
        self.spans.iter().find(|(span, _)| *span == name).map(|(_, fields)| fields)
    }
}

/// Hears all lines and spans.
#[derive(Default, Clone)]
struct Ear {
    lines: Arc<Mutex<Vec<Line>>>,
    /// The operations' spans that were made and are closed, by label.
    spans: Arc<Mutex<Vec<(String, bool)>>>,
}

struct Reading<'f>(&'f mut Fields);

impl Visit for Reading<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ear {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reading(&mut fields));
        let span = context.span(id).unwrap();
        if span.name() == "operation" {
            self.spans.lock().unwrap().push((fields["label"].clone(), false));
        }
        span.extensions_mut().insert(fields);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        if span.name() == "operation" {
            let label = span.extensions().get::<Fields>().unwrap()["label"].clone();
            let mut spans = self.spans.lock().unwrap();
            spans.iter_mut().find(|span| **span == (label.clone(), false)).unwrap().1 = true;
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Reading(&mut fields));
        let spans = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let spans = spans.map(|span| (span.name(), span.extensions().get::<Fields>().unwrap().clone())).collect();
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        self.lines.lock().unwrap().push(Line { level, target, fields, spans });
    }
}

/// The lines that `run` leads to, up to a level.
fn heard_up_to<R>(level: LevelFilter, run: impl FnOnce() -> R) -> (R, Vec<Line>, Ear) {
    let ear = Ear::default();
    let subscriber = tracing_subscriber::registry().with(ear.clone()).with(level);
    let given = tracing::subscriber::with_default(subscriber, run);
    let lines = ear.lines.lock().unwrap().clone();
    (given, lines, ear)
}

fn heard<R>(run: impl FnOnce() -> R) -> (R, Vec<Line>) {
    let (given, lines, _) = heard_up_to(LevelFilter::TRACE, run);
    (given, lines)
}

fn shorts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(Line::short).collect()
}

fn count(lines: &[Line], message: &str) -> usize {
    lines.iter().filter(|line| line.message() == message).count()
}

/// What an executor is: its name, and how it runs a graph for some outputs.
type Named<'e, T> = (&'e str, &'e dyn Fn(Vec<Node<'_, T>>) -> Vec<Result<T, DependencyError>>);

/// Runs graphs on each executor; independent branches are finished.
fn on_each<T: Send>(mut check: impl FnMut(Named<'_, T>)) {
    check(("serial", &|nodes| SerialExecutor::new().fail_fast(false).run_all(nodes)));
    check(("parallel", &|nodes| ParallelExecutor::with_threads(2).fail_fast(false).run_all(nodes)));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let handed_in = ParallelExecutor::with_pool(pool).fail_fast(false);
    check(("a pool handed in", &|nodes| handed_in.run_all(nodes)));
    check(("async", &|nodes| AsyncExecutor::new().fail_fast(false).run_all(nodes)));
    check(("async in a runtime", &|nodes| smol::block_on(AsyncExecutor::new().fail_fast(false).run_all_async(nodes))));
}

/// Fails as often as it is to.
struct Flaky(AtomicU32);

impl Flaky {
    fn new(failures: u32) -> Self {
        Self(AtomicU32::new(failures))
    }

    fn call(&self) -> bool {
        self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err()
    }
}

fn one() -> u32 {
    1
}
fn double(n: u32) -> u32 {
    n * 2
}
fn add(a: u32, b: u32) -> u32 {
    a + b
}
fn shaky(flaky: &Flaky, n: u32) -> u32 {
    assert!(flaky.call(), "not yet");
    n
}
fn bad(n: &u32) -> u32 {
    panic!("no {n}")
}
fn says(n: u32) -> u32 {
    info!(n, "from inside");
    n
}
/// Pends once.
async fn later(n: u32) -> u32 {
    info!("before");
    let mut pended = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut pended, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    info!("after");
    n
}

#[dispatch]
fn branch(n: u32) -> u32 {
    double(n)
}

#[dispatch]
async fn chain(flaky: &Flaky) -> u32 {
    let n = one();
    #[retry(2, backoff = Backoff::new(Duration::from_millis(1)).jitter(false))]
    let n = shaky(flaky, n);
    let n = later(n).await;
    branch(n)
}

#[test]
fn parity_29_log_lines_tell_of_the_run_of_each_node_and_of_waits_and_retries() {
    on_each(|(name, run)| {
        let flaky = Flaky::new(1);
        let node = chain(&flaky);
        let graph = DispatchGraph::new(&node);
        let (results, lines) = heard(|| run(vec![node]));
        assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [2]);
        let lines: Vec<Line> = lines.into_iter().filter(|line| line.target == "dispatcher").collect();
        assert_eq!(
            shorts(&lines),
            [
                "INFO run begins nodes=4 outputs=1",
                "INFO started id=0 label=one",
                "INFO finished id=0 label=one",
                "INFO started id=1 label=shaky",
                "WARN failed, and is tried again attempt=1 error=panicked: not yet id=1 label=shaky",
                "DEBUG waits before it is tried again attempt=1 id=1 label=shaky wait=1ms",
                "DEBUG tried again attempt=2 id=1 label=shaky",
                "INFO finished attempt=2 id=1 label=shaky",
                "INFO started id=2 label=later",
                "DEBUG waits id=2 label=later",
                "INFO finished id=2 label=later",
                "INFO started id=3 label=branch",
                "DEBUG gave a subgraph id=3 label=branch",
                "INFO started label=double",
                "INFO finished label=double",
                "INFO finished id=3 label=branch",
                "INFO all done outputs=1",
            ],
            "{name}"
        );
        for line in &lines {
            assert!(line.span("run").is_some() && line.span("operation").is_none(), "{name}: {line:?}");
            if let Some(id) = line.id() {
                let info = &graph.nodes()[id];
                assert_eq!(line.label(), info.label, "{name}");
                assert_eq!(line.get("location"), Some(&*info.location.unwrap().to_string()), "{name}");
            } else if !line.label().is_empty() {
                assert!(line.get("location").unwrap().starts_with("tests/logging.rs:"), "{name}");
            }
            assert_eq!(line.get("elapsed").is_some(), ["finished", "all done"].contains(&line.message()), "{name}");
        }
    });
}

#[test]
fn parity_29_log_lines_tell_of_a_failure_once_where_it_happened() {
    on_each(|(name, run)| {
        let n = Op::new("n", (), |()| 3);
        let failing = Op::new("bad", (&n,), |(n,)| bad(n));
        let needing = Op::new("first", (&failing,), |(n,)| *n);
        let also = Op::new("second", (failing,), |(n,)| n);
        let fine = Op::new("fine", (n,), |(n,)| n);
        let (results, lines) = heard(|| run(vec![needing, also, fine]));
        assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, false, true], "{name}");
        let errors: Vec<_> = lines.iter().filter(|line| line.level == Level::ERROR).map(Line::short).collect();
        assert_eq!(errors, ["ERROR failed error=panicked: no 3 id=1 label=bad"], "{name}");
        assert_eq!(count(&lines, "started"), 3, "{name}: {lines:#?}");
        assert_eq!(lines.last().unwrap().short(), "INFO done, with failures failed=2 outputs=3", "{name}");
    });
    let failing = Op::new("bad", (), |()| bad(&1));
    let (_, lines) = heard(|| SerialExecutor::new().run(failing));
    assert_eq!(lines.last().unwrap().short(), "INFO stopped by a failure failed=1 outputs=1");
}

#[test]
fn a_failure_in_a_subgraph_is_told_of_once() {
    #[dispatch]
    fn inner(n: u32) -> u32 {
        let n = double(n);
        bad(&n)
    }
    #[dispatch]
    fn outer() -> u32 {
        let n = inner(one());
        double(n)
    }
    on_each(|(name, run)| {
        let (results, lines) = heard(|| run(vec![outer()]));
        assert!(results[0].is_err(), "{name}");
        let errors: Vec<_> = lines.iter().filter(|line| line.level == Level::ERROR).map(Line::short).collect();
        assert_eq!(errors, ["ERROR failed error=panicked: no 2 label=bad"], "{name}");
    });
}

#[test]
fn a_failure_that_is_given_up_on_says_how_often_it_was_tried() {
    on_each(|(name, run)| {
        let flaky = Flaky::new(9);
        let (results, lines) = heard(|| run(vec![chain(&flaky)]));
        assert_eq!(results[0].as_ref().unwrap_err().tried(), 3, "{name}");
        assert_eq!(count(&lines, "failed, and is tried again"), 2, "{name}");
        let failed = lines.iter().find(|line| line.message() == "failed").unwrap();
        assert_eq!(failed.short(), "ERROR failed attempt=3 error=panicked: not yet id=1 label=shaky", "{name}");
    });
}

/// An error that counts how often it is printed.
#[derive(Debug)]
struct Counting(Arc<AtomicU32>);

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fetch_add(1, Ordering::SeqCst);
        f.write_str("lost")
    }
}
impl std::error::Error for Counting {}

#[test]
fn nothing_is_formatted_when_nobody_listens() {
    let printed = Arc::new(AtomicU32::new(0));
    let flaky = Flaky::new(0);
    let node = |failures| {
        flaky.0.store(failures, Ordering::SeqCst);
        let (flaky, printed) = (&flaky, Arc::clone(&printed));
        Op::retryable("fetch", (), move |()| if flaky.call() { Ok(1) } else { Err(Counting(Arc::clone(&printed))) })
    };
    let forgives = |failure: &ErrorKind<'_>| failure.downcast_ref::<Counting>().is_some();
    let executor = SerialExecutor::new().retries(3).retry_on(forgives).backoff(Backoff::none());
    assert_eq!(executor.run(node(2)).unwrap(), 1);
    assert!(executor.run(node(4)).is_err());
    assert_eq!(printed.load(Ordering::SeqCst), 0);

    let (result, lines, _) = heard_up_to(LevelFilter::OFF, || executor.run(node(2)));
    assert_eq!((result.unwrap(), lines.len(), printed.load(Ordering::SeqCst)), (1, 0, 0));

    let (result, lines, _) = heard_up_to(LevelFilter::ERROR, || executor.run(node(2)));
    assert_eq!((result.unwrap(), lines.len(), printed.load(Ordering::SeqCst)), (1, 0, 0));

    let (result, lines) = heard(|| executor.run(node(2)));
    assert_eq!((result.unwrap(), printed.load(Ordering::SeqCst)), (1, 2));
    let handled: Vec<_> = lines.iter().filter(|line| line.level == Level::WARN).map(Line::short).collect();
    let line = |attempt| format!("WARN failed, and is tried again attempt={attempt} error=lost id=0 label=fetch");
    assert_eq!(handled, [line(1), line(2)]);
}

#[test]
fn the_programs_own_lines_lie_in_the_span_of_their_operation_on_any_thread() {
    on_each(|(name, run)| {
        let outputs = (0..4).map(|n| Op::new("says", (), move |()| says(n))).collect();
        let (_, lines) = heard(|| info_span!("request").in_scope(|| run(outputs)));
        let inside: Vec<_> = lines.iter().filter(|line| line.message() == "from inside").collect();
        assert_eq!(inside.len(), 4, "{name}");
        for line in inside {
            let names: Vec<_> = line.spans.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, ["request", "run", "operation"], "{name}");
            let operation = line.span("operation").unwrap();
            assert_eq!((&*operation["label"], &operation["id"]), ("says", &line.fields["n"]), "{name}");
        }
    });
}

#[test]
fn threads_of_the_pool_are_heard_by_whoever_listens_where_the_run_began() {
    let both = Barrier::new(2);
    let meets = || {
        both.wait();
        info!(thread = ?std::thread::current().id(), "met");
    };
    let outputs = [Op::new("meets", (), |()| meets()), Op::new("meets", (), |()| meets())];
    let (_, lines) = heard(|| ParallelExecutor::with_threads(2).run_all(outputs));
    let mut met: Vec<_> = lines.iter().filter(|line| line.message() == "met").map(|line| line.get("thread")).collect();
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 2);
    assert_eq!(count(&lines, "finished"), 2);
}

#[test]
fn a_future_is_polled_in_one_span_that_is_closed_in_the_end() {
    on_each(|(name, run)| {
        let flaky = Flaky::new(1);
        let (_, lines, ear) = heard_up_to(LevelFilter::TRACE, || run(vec![chain(&flaky)]));
        for message in ["before", "after"] {
            let line = lines.iter().find(|line| line.message() == message).unwrap();
            assert_eq!(line.span("operation").unwrap()["label"], "later", "{name}");
        }
        let spans = ear.spans.lock().unwrap();
        let closed: Vec<_> = spans.iter().map(|(label, closed)| (label.as_str(), *closed)).collect();
        // One for each attempt.
        let labels = ["one", "shaky", "shaky", "later", "branch", "double"];
        assert_eq!(closed, labels.map(|label| (label, true)), "{name}");
    });
}

fn fetch(flaky: &Flaky, n: u32) -> Result<u32, io::Error> {
    if flaky.call() { Ok(n) } else { Err(io::ErrorKind::ConnectionReset.into()) }
}
fn adds(n: &mut u32, by: u32) {
    *n += by;
}

#[dispatch]
fn asks(flaky: &Flaky, other: &Flaky) -> Result<u32, io::Error> {
    let got = fetch(flaky, 1)?;
    let more = shaky(other, 2);
    let mut sum = add(got, more);
    adds(&mut sum, 1);
    Ok(sum)
}

#[test]
fn what_a_question_skips_is_not_told_of_as_started() {
    let (result, lines) = heard(|| SerialExecutor::new().run(asks(&Flaky::new(1), &Flaky::new(0))));
    assert!(result.unwrap().is_err());
    let of_add: Vec<_> = lines.iter().filter(|line| line.label() == "add").map(Line::short).collect();
    assert_eq!(of_add.len(), 1, "{:#?}", shorts(&lines));
    assert!(of_add[0].starts_with("DEBUG skipped"));
    assert_eq!(lines.iter().filter(|line| line.level <= Level::WARN).count(), 0);
}

#[test]
fn a_panic_after_a_question_is_told_of_as_that_of_its_operation() {
    let (result, lines) = heard(|| SerialExecutor::new().run(asks(&Flaky::new(0), &Flaky::new(1))));
    assert!(result.is_err());
    let errors: Vec<_> = lines.iter().filter(|line| line.level == Level::ERROR).map(Line::short).collect();
    assert_eq!(errors, ["ERROR failed error=panicked: not yet label=shaky"]);
    let finished = |line: &&Line| line.label() == "shaky" && line.message() == "finished";
    assert_eq!(lines.iter().filter(finished).count(), 0);
    // Where something before it fails, nothing comes of it.
    let (result, lines) = heard(|| SerialExecutor::new().run(asks(&Flaky::new(1), &Flaky::new(1))));
    assert!(result.unwrap().is_err());
    assert_eq!(lines.iter().filter(|line| line.level == Level::ERROR).count(), 0);
}

#[dispatch]
fn refused(flaky: &Flaky) -> Result<u32, io::Error> {
    #[retry(1, backoff = Backoff::none())]
    let got = fetch(flaky, 1)?;
    Ok(double(got))
}

#[test]
fn an_err_that_is_tried_again_is_a_handled_error() {
    let (result, lines) = heard(|| SerialExecutor::new().run(refused(&Flaky::new(1))));
    assert_eq!(result.unwrap().unwrap(), 2);
    let handled: Vec<_> = lines.iter().filter(|line| line.level == Level::WARN).map(Line::short).collect();
    assert_eq!(handled, ["WARN failed, and is tried again attempt=1 error=gave an error id=0 label=fetch"]);
}

#[dispatch]
fn count_down(n: u32) -> u32 {
    if n == 0 {
        return done();
    }
    count_down(n - 1)
}
fn done() -> u32 {
    7
}
#[dispatch]
fn counts(n: u32) -> u32 {
    count_down(n)
}

#[test]
fn every_call_of_a_recursion_starts_and_finishes() {
    on_each(|(name, run)| {
        let (results, lines, ear) = heard_up_to(LevelFilter::TRACE, || run(vec![counts(100)]));
        assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [7], "{name}");
        assert!(count(&lines, "started") > 1, "{name}");
        assert_eq!(count(&lines, "started"), count(&lines, "finished"), "{name}");
        assert!(ear.spans.lock().unwrap().iter().all(|(_, closed)| *closed), "{name}");
    });
}

#[test]
fn a_run_for_nothing_says_nothing() {
    let (_, lines) = heard(|| SerialExecutor::new().run_all(Vec::<Node<'_, u32>>::new()));
    assert!(lines.is_empty());
}

#[test]
fn levels_turn_lines_down() {
    let flaky = Flaky::new(1);
    let (_, lines, _) = heard_up_to(LevelFilter::WARN, || SerialExecutor::new().run(chain(&flaky)));
    assert_eq!(shorts(&lines), ["WARN failed, and is tried again attempt=1 error=panicked: not yet id=1 label=shaky"]);
    // A line without a span of the run's lies in the program's own.
    let flaky = Flaky::new(1);
    let request = || tracing::error_span!("request").in_scope(|| SerialExecutor::new().run(chain(&flaky)));
    let (_, lines, _) = heard_up_to(LevelFilter::WARN, request);
    assert!(lines[0].span("request").is_some());
}

#[test]
fn a_run_that_is_stopped_says_why() {
    let token = CancelToken::new();
    let node = Op::new("cancels", (), |()| token.cancel());
    let node = Op::new("never", (node,), |((),)| ());
    let (_, lines) = heard(|| SerialExecutor::new().cancel_with(&token).run(node));
    assert_eq!(lines.last().unwrap().short(), "INFO cancelled failed=1 outputs=1");

    let wait = || Op::future("waits", (), |(), _| Box::pin(std::future::pending::<()>()));
    let executor = AsyncExecutor::new().timeout(Duration::from_millis(5));
    let (_, lines) = heard(|| executor.run(wait()));
    assert_eq!(lines.last().unwrap().short(), "ERROR the run took too long failed=1 outputs=1");
    assert_eq!(lines.iter().filter(|line| line.level == Level::ERROR).count(), 1);

    let (_, lines) = heard(|| {
        smol::block_on(async {
            let run = Box::pin(AsyncExecutor::new().run_async(wait()));
            let polled = smol::future::poll_once(run).await;
            assert!(polled.is_none());
        });
    });
    assert_eq!(lines.last().unwrap().short(), "INFO given up");
}

#[dispatch]
async fn slow() -> u32 {
    std::future::pending::<u32>().await
}
#[dispatch]
fn late() -> u32 {
    #[timeout(Duration::from_millis(5))]
    let n = slow();
    double(n)
}

#[test]
fn a_subgraph_that_takes_too_long_is_told_of_once() {
    on_each(|(name, run)| {
        let (results, lines) = heard(|| run(vec![late()]));
        assert!(matches!(results[0].as_ref().unwrap_err().kind(), ErrorKind::TimedOut { .. }), "{name}");
        let errors: Vec<_> = lines.iter().filter(|line| line.level == Level::ERROR).map(Line::short).collect();
        assert_eq!(errors, ["ERROR failed error=took longer than 5ms id=0 label=slow"], "{name}");
    });
}

#[test]
fn a_value_that_is_gone_is_told_of() {
    let n = Op::new("n", (), |()| 3);
    let kept = n.clone();
    let first = Op::new("first", (n,), |(n,)| n);
    SerialExecutor::new().run(first).unwrap();
    let (result, lines) = heard(|| SerialExecutor::new().run(kept));
    assert!(matches!(result.unwrap_err().kind(), ErrorKind::ValueGone));
    assert_eq!(lines.iter().filter(|line| line.level == Level::ERROR).count(), 1, "{:#?}", shorts(&lines));
}

/// Panics at each line of the library's.
struct Grumpy;

impl<S: Subscriber> Layer<S> for Grumpy {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        panic!("not listening")
    }
}

#[test]
fn a_subscriber_that_panics_harms_nobody() {
    on_each(|(name, run)| {
        let flaky = Flaky::new(0);
        let subscriber = tracing_subscriber::registry().with(Grumpy);
        let outputs = vec![Op::new("n", (), |()| 3), Op::new("shaky", (), |()| shaky(&flaky, 4))];
        let results = tracing::subscriber::with_default(subscriber, || run(outputs));
        assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [3, 4], "{name}");
    });
}
