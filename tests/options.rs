//! What attributes on statements set of operations: how often they are tried, how long they may take, how urgent they are.

use std::future::pending;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use dispatcher::prelude::*;
use dispatcher::{Backoff, ErrorKind};

/// Fails as often as it is to, and counts its calls.
struct Flaky {
    calls: AtomicU32,
    failures: u32,
}

impl Flaky {
    fn new(failures: u32) -> Self {
        Self { calls: AtomicU32::new(0), failures }
    }

    fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    fn call(&self) -> bool {
        self.calls.fetch_add(1, Ordering::SeqCst) >= self.failures
    }
}

fn fetch(flaky: &Flaky, n: u32) -> Result<u32, io::Error> {
    if flaky.call() { Ok(n) } else { Err(io::ErrorKind::ConnectionReset.into()) }
}
fn shaky(flaky: &Flaky, n: u32) -> u32 {
    assert!(flaky.call(), "not yet");
    n
}
fn push_shaky(flaky: &Flaky, numbers: &mut Vec<u32>, n: u32) {
    numbers.push(n);
    assert!(flaky.call(), "not yet");
}
fn sum_shaky(flaky: &Flaky, numbers: Vec<u32>) -> u32 {
    assert!(flaky.call(), "not yet");
    numbers.into_iter().sum()
}
fn numbers(count: u32) -> Vec<u32> {
    (0..count).collect()
}
fn double(n: u32) -> u32 {
    n * 2
}

/// Runs a graph of which each run has to be built anew, on each executor.
fn on_each<T: Send>(mut check: impl FnMut(&dyn Fn(Node<'_, T>) -> Result<T, DependencyError>)) {
    check(&|node| SerialExecutor::new().run(node));
    for threads in [1, 2, 4] {
        check(&|node| ParallelExecutor::with_threads(threads).run(node));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let handed_in = ParallelExecutor::with_pool(pool);
    check(&|node| handed_in.run(node));
}

#[dispatch]
fn asks(flaky: &Flaky, n: u32) -> Result<u32, io::Error> {
    #[retry(2, backoff = Backoff::none())]
    let got = fetch(flaky, n)?;
    Ok(double(got))
}

#[test]
fn an_err_is_tried_again_and_the_last_one_is_the_result() {
    on_each(|run| {
        for failures in 0..=2 {
            let flaky = Flaky::new(failures);
            assert_eq!(run(asks(&flaky, 4)).unwrap().unwrap(), 8);
            assert_eq!(flaky.calls(), failures + 1);
        }
        let flaky = Flaky::new(3);
        assert_eq!(run(asks(&flaky, 4)).unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(flaky.calls(), 3);
    });
}

#[dispatch]
fn picks(flaky: &Flaky, kind: io::ErrorKind) -> Result<u32, io::Error> {
    #[retry(2, when = |error: &io::Error| error.kind() == kind, backoff = Backoff::none())]
    let got = fetch(flaky, 1)?;
    Ok(got)
}

#[test]
fn a_predicate_says_which_errors_are_tried_again() {
    on_each(|run| {
        let flaky = Flaky::new(1);
        assert_eq!(run(picks(&flaky, io::ErrorKind::ConnectionReset)).unwrap().unwrap(), 1);
        assert_eq!(flaky.calls(), 2);
        let flaky = Flaky::new(1);
        assert!(run(picks(&flaky, io::ErrorKind::NotFound)).unwrap().is_err());
        assert_eq!(flaky.calls(), 1);
    });
}

#[dispatch]
fn panics(flaky: &Flaky, n: u32) -> u32 {
    #[retry(2, backoff = Backoff::new(Duration::from_micros(100)))]
    #[label("shaky one")]
    let got = shaky(flaky, n);
    double(got)
}

#[test]
fn a_panic_is_tried_again_after_a_while() {
    on_each(|run| {
        let flaky = Flaky::new(2);
        assert_eq!(run(panics(&flaky, 4)).unwrap(), 8);
        let flaky = Flaky::new(3);
        let error = run(panics(&flaky, 4)).unwrap_err();
        assert_eq!((flaky.calls(), error.tried(), error.label()), (3, 3, "shaky one"));
        assert!(error.to_string().contains("panicked: not yet (tried 3 times)"), "{error}");
    });
}

#[dispatch]
fn updates(flaky: &Flaky, moving: &Flaky) -> (Vec<u32>, u32) {
    let mut xs = numbers(3);
    #[retry(2, backoff = Backoff::none())]
    push_shaky(flaky, &mut xs, 7);
    let seen = xs.clone();
    #[retry(2, backoff = Backoff::none())]
    let total = sum_shaky(moving, xs);
    (seen, total)
}

#[test]
fn each_attempt_is_given_the_same() {
    on_each(|run| {
        let (flaky, moving) = (Flaky::new(2), Flaky::new(2));
        assert_eq!(run(updates(&flaky, &moving)).unwrap(), (vec![0, 1, 2, 7], 10));
        assert_eq!((flaky.calls(), moving.calls()), (3, 3));
    });
}

#[dispatch]
fn ahead(first: &Flaky, flaky: &Flaky) -> Result<u32, io::Error> {
    let a = fetch(first, 1)?;
    #[retry(1, backoff = Backoff::none())]
    let b = shaky(flaky, 2);
    Ok(a + b)
}

#[test]
fn a_panic_after_a_question_is_tried_again_and_counts_where_nothing_before_it_failed() {
    on_each(|run| {
        assert_eq!(run(ahead(&Flaky::new(0), &Flaky::new(1))).unwrap().unwrap(), 3);
        assert!(run(ahead(&Flaky::new(1), &Flaky::new(5))).unwrap().is_err());
        let error = run(ahead(&Flaky::new(0), &Flaky::new(5))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Panicked(_)));
    });
}

/// Pends once, so that it is woken by a waker.
async fn fetch_later(flaky: &Flaky, n: u32) -> Result<u32, io::Error> {
    let mut pended = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut pended, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
    fetch(flaky, n)
}
async fn shaky_later(flaky: &Flaky, n: u32) -> u32 {
    shaky(flaky, n)
}
async fn never(flaky: &Flaky, n: u32) -> u32 {
    if !flaky.call() {
        pending::<()>().await;
    }
    n
}

#[dispatch]
async fn waits(flaky: &Flaky, shaky: &Flaky, n: u32) -> Result<u32, io::Error> {
    #[retry(2, backoff = Backoff::none())]
    let got = fetch_later(flaky, n).await?;
    #[retry(2, backoff = Backoff::none())]
    let more = shaky_later(shaky, got).await;
    Ok(double(more))
}

#[test]
fn a_future_is_tried_again() {
    on_each(|run| {
        let (flaky, shaky) = (Flaky::new(2), Flaky::new(1));
        assert_eq!(run(waits(&flaky, &shaky, 4)).unwrap().unwrap(), 8);
        assert_eq!((flaky.calls(), shaky.calls()), (3, 2));
        assert!(run(waits(&Flaky::new(3), &shaky, 4)).unwrap().is_err());
        assert!(matches!(run(waits(&Flaky::new(0), &Flaky::new(9), 4)).unwrap_err().kind(), ErrorKind::Panicked(_)));
    });
}

#[dispatch]
async fn is_dropped(flaky: &Flaky) -> u32 {
    #[timeout("2ms")]
    let n = never(flaky, 1).await;
    double(n)
}

#[dispatch]
async fn is_dropped_and_tried_again(flaky: &Flaky) -> u32 {
    // Longer than this machine may be busy with something else, as the last attempt is to be in time.
    #[timeout("250ms")]
    #[retry(3, backoff = Backoff::none())]
    let n = never(flaky, 1).await;
    double(n)
}

#[test]
fn a_future_that_takes_too_long_is_dropped() {
    on_each(|run| {
        let error = run(is_dropped(&Flaky::new(1))).unwrap_err();
        let limit = Duration::from_millis(2);
        assert!(matches!(error.kind(), ErrorKind::TimedOut { limit: l } if l == limit), "{error}");
        assert!(error.to_string().contains("`never`") && error.to_string().contains("took longer than 2ms"), "{error}");
        let flaky = Flaky::new(1);
        assert_eq!(run(is_dropped_and_tried_again(&flaky)).unwrap(), 2);
        assert_eq!(flaky.calls(), 2);
    });
}

fn slow(limit: Duration, n: u32) -> u32 {
    let begun = Instant::now();
    while begun.elapsed() <= limit {
        std::hint::spin_loop();
    }
    n
}

#[dispatch]
fn comes_back_late(limit: Duration) -> u32 {
    #[timeout(limit)]
    let n = slow(limit, 1);
    double(n)
}

#[test]
fn a_function_that_comes_back_too_late_has_failed() {
    on_each(|run| {
        let error = run(comes_back_late(Duration::from_millis(1))).unwrap_err();
        assert_eq!(error.label(), "slow");
        assert!(matches!(error.kind(), ErrorKind::TimedOut { .. }));
    });
}

#[dispatch]
async fn whole(flaky: &Flaky) -> u32 {
    let n = never(flaky, 1).await;
    double(n)
}

#[dispatch]
fn holds_a_graph(flaky: &Flaky) -> u32 {
    #[timeout("2ms")]
    #[label("the whole")]
    let n = whole(flaky);
    double(n)
}

#[test]
fn a_graph_that_takes_too_long_stops_the_run() {
    on_each(|run| {
        let error = run(holds_a_graph(&Flaky::new(1))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::TimedOut { .. }), "{error}");
        assert_eq!(error.label(), "the whole");
    });
}

#[test]
fn a_graph_that_takes_too_long_does_not_keep_another_output_from_being_computed() {
    for threads in [1, 2] {
        let (late, well) = (Flaky::new(1), Flaky::new(0));
        let executor = ParallelExecutor::with_threads(threads).fail_fast(false);
        let results = executor.run_all([holds_a_graph(&late), panics(&well, 1)]);
        assert!(matches!(results[0].as_ref().unwrap_err().kind(), ErrorKind::TimedOut { .. }));
        assert_eq!(*results[1].as_ref().unwrap(), 2);
    }
}

fn note(log: &Mutex<Vec<i32>>, n: i32) -> i32 {
    log.lock().unwrap().push(n);
    n
}
fn sum(xs: Vec<i32>) -> i32 {
    xs.into_iter().sum()
}

#[dispatch]
fn ranked(log: &Mutex<Vec<i32>>) -> i32 {
    let mut all = Vec::new();
    for urgency in [0, -2, 3, 0, 5, -1, 3] {
        #[priority(urgency)]
        let one = note(log, urgency);
        all.push(one);
    }
    sum(all)
}

#[test]
fn the_most_urgent_goes_first() {
    let log = Mutex::new(Vec::new());
    assert_eq!(ParallelExecutor::with_threads(1).run(ranked(&log)).unwrap(), 8);
    assert_eq!(*log.lock().unwrap(), [5, 3, 3, 0, 0, -1, -2]);
    for threads in [2, 4] {
        let log = Mutex::new(Vec::new());
        assert_eq!(ParallelExecutor::with_threads(threads).run(ranked(&log)).unwrap(), 8);
        assert_eq!(log.lock().unwrap().len(), 7);
    }
    let log = Mutex::new(Vec::new());
    assert_eq!(SerialExecutor::new().run(ranked(&log)).unwrap(), 8);
    assert_eq!(*log.lock().unwrap(), [0, -2, 3, 0, 5, -1, 3]);
}

#[dispatch]
fn graph_with_an_err(flaky: &Flaky) -> Result<u32, io::Error> {
    let n = fetch(flaky, 3)?;
    Ok(double(n))
}

#[dispatch]
fn tries_a_graph(flaky: &Flaky) -> Result<u32, io::Error> {
    #[retry(2, backoff = Backoff::none())]
    let n = graph_with_an_err(flaky)?;
    Ok(double(n))
}

#[test]
fn a_graph_whose_result_is_an_err_is_built_again() {
    on_each(|run| {
        let flaky = Flaky::new(2);
        assert_eq!(run(tries_a_graph(&flaky)).unwrap().unwrap(), 12);
        assert_eq!(flaky.calls(), 3);
    });
}

#[test]
fn one_operation_by_itself_may_have_options() {
    let flaky = &Flaky::new(1);
    let node = graph! {
        #[retry(1, backoff = Backoff::none())]
        let n = op!(shaky(flaky, 3));
        n
    };
    assert_eq!(SerialExecutor::new().run(node).unwrap(), 3);
}

#[test]
fn executors_forgive_what_they_are_told_to() {
    let panicked = |failure: &ErrorKind<'_>| matches!(failure, ErrorKind::Panicked(_));
    let flaky = &Flaky::new(5);
    let executor = ParallelExecutor::with_threads(2).retry_on(panicked).backoff(Backoff::none());
    assert_eq!(executor.run(op!(shaky(flaky, 3))).unwrap(), 3);
    assert_eq!(flaky.calls(), 6);

    // What is moved in can't be had again.
    let flaky = &Flaky::new(1);
    let xs = op!(numbers(3));
    let error = executor.run(op!(sum_shaky(flaky, xs))).unwrap_err();
    assert!(error.to_string().contains("not tried again"), "{error}");
}

#[dispatch]
fn shaky_after_a_question(first: &Flaky, flaky: &Flaky) -> Result<u32, io::Error> {
    let n = fetch(first, 1)?;
    let m = shaky(flaky, 2);
    Ok(n + m)
}

#[test]
fn executors_forgive_operations_after_a_question_too() {
    let panicked = |failure: &ErrorKind<'_>| matches!(failure, ErrorKind::Panicked(_));
    let executor = SerialExecutor::new().retry_on(panicked).backoff(Backoff::none());
    assert_eq!(executor.run(shaky_after_a_question(&Flaky::new(0), &Flaky::new(2))).unwrap().unwrap(), 3);
}
