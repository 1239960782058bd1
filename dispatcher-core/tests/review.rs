//! Inputs, retries, limits and executors of one's own together: what a review found.

#![allow(clippy::borrowed_box)]

use std::error::Error;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use dispatcher_core::{
    Backoff, CancelToken, CollectNode, ErrorKind, Executor, Inputs, Node, Op, Options, ParallelExecutor,
    SerialExecutor, Settings, Task, Work,
};

/// Ends the process where `test` hangs.
fn within<T: Send>(seconds: u64, test: impl FnOnce() -> T + Send) -> T {
    let (done, over) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if over.recv_timeout(Duration::from_secs(seconds)) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("HANG");
                std::process::abort();
            }
        });
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
        drop(done);
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A value that is given while a later version of it, which lies in the same place, is read. Under ASan: use after free.
#[test]
fn a_value_is_not_given_under_the_reader_of_a_later_version() {
    let mut x = Op::new("load", (), |()| String::from("loaded, and long enough to be on the heap").into_boxed_str());
    let inputs = Mutex::new(Some(Inputs::new().value(&x, String::from("given").into_boxed_str())));
    let early = Mutex::new(Some(Op::new("early", (&x,), |(x,): (&Box<str>,)| x.len())));
    let update = Op::new("update", (&mut x,), |(x,): (&mut Box<str>,)| *x = format!("{x}, updated").into());
    SerialExecutor::new().run(update).expect("runs");
    let late = Op::new("late", (&x,), |(x,): (&Box<str>,)| {
        let (lent, before) = (&**x, x.to_string());
        let early = early.lock().unwrap().take().unwrap();
        let _ = SerialExecutor::new().run_with(early, inputs.lock().unwrap().take().unwrap());
        assert_eq!(*lent, *before, "what is lent stays as it is");
    });
    SerialExecutor::new().run(late).expect("what is lent stays as it is");
}

#[test]
fn a_given_value_does_not_replace_a_later_version() {
    let mut x = Op::new("load", (), |()| String::from("loaded"));
    let inputs = Inputs::new().value(&x, String::from("given"));
    let early = Op::new("early", (&x,), |(x,): (&String,)| x.len());
    let update = Op::new("update", (&mut x,), |(x,): (&mut String,)| x.push_str(", updated"));
    SerialExecutor::new().run(update).expect("runs");
    let _ = SerialExecutor::new().run_with(early, inputs);
    assert_eq!(Node::fetch(x).expect("is there"), "loaded, updated");
}

/// Runs some tasks on threads while it lets another executor, which thinks that it is alone, run the rest.
struct Delegates(Settings);

impl Executor for Delegates {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        while !work.is_empty() {
            let go = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let mine: Vec<Task<'_>> = (0..work.len() / 2).filter_map(|_| work.try_next()).collect();
                let go = &go;
                let other = scope.spawn(move || {
                    go.store(true, Ordering::Relaxed);
                    mine.into_iter().flat_map(Task::run).collect::<Vec<_>>()
                });
                while !go.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
                SerialExecutor::new().execute(work);
                work.add(other.join().unwrap());
            });
        }
    }
}

#[test]
fn an_executor_may_hand_its_work_to_another_while_its_own_tasks_run() {
    within(200, || {
        for round in 0..if cfg!(sanitized) { 50 } else { 1000 } {
            let ones: Vec<_> = (0..4096_u64).map(|n| Op::new("n", (), move |()| n)).collect();
            let sum = Op::new("sum", (CollectNode::new(ones),), |(xs,)| xs.iter().sum::<u64>());
            let result = Delegates(Settings::new()).run(sum);
            assert!(matches!(result, Ok(8_386_560)), "round {round}: {result:?}");
        }
    });
}

#[test]
fn an_update_that_is_stopped_between_attempts_leaves_no_half_of_it() {
    let token = CancelToken::new();
    let mut x = Op::new("load", (), |()| vec![1]);
    let before = Op::new("before", (&x,), |(x,)| x.clone());
    let update = Op::retryable("update", (&mut x,), |(x,): (&mut Vec<i32>,)| {
        x.push(2);
        token.cancel();
        Err::<(), _>(std::io::Error::other("not yet"))
    });
    let update = Options::new().retries(3).backoff(Backoff::none()).set(update);
    let error = SerialExecutor::new().cancel_with(&token).run(update).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled), "{error}");
    match SerialExecutor::new().run(before) {
        Ok(seen) => assert_eq!(seen, [1], "the version before the update"),
        Err(error) => assert!(matches!(error.kind(), ErrorKind::ValueGone), "{error}"),
    }
}

/// Ready when it is polled for the second time.
fn twice() -> impl Future<Output = u32> + Send {
    let mut pended = false;
    std::future::poll_fn(move |context| {
        if std::mem::replace(&mut pended, true) {
            return std::task::Poll::Ready(7);
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

#[test]
fn a_limit_may_be_for_ever() {
    within(20, || {
        for threads in [1, 2] {
            let future = Options::new().timeout(Duration::MAX).set(Op::future("f", (), |(), _| Box::pin(twice())));
            assert_eq!(ParallelExecutor::with_threads(threads).run(future).unwrap(), 7);
        }
    });
}

#[derive(Debug)]
struct Bad;
impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad")
    }
}
impl Error for Bad {}
impl Drop for Bad {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

fn forgiven_and_dropped() -> Vec<Node<'static, u32>> {
    (0..8)
        .map(|n| {
            let calls = AtomicU32::new(0);
            let op = Op::retryable(
                "op",
                (),
                move |()| {
                    if calls.fetch_add(1, Ordering::Relaxed) == 0 { Err(Bad) } else { Ok(n) }
                },
            );
            Options::new().retries(1).backoff(Backoff::none()).set(op)
        })
        .collect()
}

#[test]
fn an_error_that_panics_when_it_is_dropped_costs_nothing_else_alone() {
    let results = SerialExecutor::new().run_all(forgiven_and_dropped());
    assert!(results.iter().all(Result::is_ok));
}

#[test]
fn an_error_that_panics_when_it_is_dropped_costs_nothing_else_in_parallel() {
    within(20, || {
        let results = ParallelExecutor::with_threads(2).run_all(forgiven_and_dropped());
        assert!(results.iter().all(Result::is_ok));
    });
}

#[test]
fn an_error_that_panics_when_it_is_dropped_costs_nothing_else_in_a_pool() {
    within(20, || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
        let results = ParallelExecutor::with_pool(pool).run_all(forgiven_and_dropped());
        assert!(results.iter().all(Result::is_ok));
    });
}

#[test]
fn a_limit_for_ever_does_not_hang_a_pool() {
    within(20, || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
        let future = Options::new().timeout(Duration::MAX).set(Op::future("f", (), |(), _| Box::pin(twice())));
        assert_eq!(ParallelExecutor::with_pool(pool).run(future).unwrap(), 7);
    });
}

/// Of a type that needs no drop.
#[test]
fn a_computed_number_can_be_given_another_value() {
    let x = Op::new("load", (), |()| 1);
    let early = Op::new("early", (&x,), |(x,)| *x);
    assert_eq!(SerialExecutor::new().run(early).unwrap(), 1);
    let inputs = Inputs::new().value(&x, 10);
    assert_eq!(SerialExecutor::new().run_with(Op::new("late", (&x,), |(x,)| *x), inputs).unwrap(), 10);
}

/// Leaves the last task.
struct Leaves(Settings, AtomicUsize);

impl Executor for Leaves {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        self.1.fetch_add(1, Ordering::Relaxed);
        while work.len() > 1 {
            let task = work.next().unwrap();
            self.dispatch(task, work);
        }
    }
}

#[test]
fn outputs_whose_tasks_are_left_are_stopped_and_not_busy() {
    let executor = Leaves(Settings::new(), AtomicUsize::new(0));
    let results = executor.run_all((0..3).map(|n| Op::new("n", (), move |()| n)));
    assert_eq!((*results[0].as_ref().unwrap(), *results[1].as_ref().unwrap()), (0, 1));
    let error = results[2].as_ref().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
}

/// Counts those that are alive.
struct Alive<'a>(&'a AtomicUsize);
impl<'a> Alive<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}
impl Clone for Alive<'_> {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}
impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn what_is_moved_into_an_operation_that_went_well_goes_with_it() {
    let count = AtomicUsize::new(0);
    let big = Op::new("big", (), |()| Alive::new(&count));
    let used = Op::retryable("use", (big,), |(big,)| {
        drop(big);
        Ok::<_, std::io::Error>(())
    });
    let used = Options::new().retries(1).set(used);
    let alive = Op::new("alive", (used,), |((),)| count.load(Ordering::SeqCst));
    assert_eq!(SerialExecutor::new().run(alive).unwrap(), 0);
    assert_eq!(count.load(Ordering::SeqCst), 0, "in the end");
}

#[test]
fn a_backoff_never_panics() {
    let firsts = [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(50), Duration::MAX];
    let mut bad = Vec::new();
    for first in firsts {
        for factor in [0.0, 1.0, 5.0, f32::MAX, f32::INFINITY, f32::NAN] {
            for cap in firsts {
                for jitter in [false, true] {
                    let backoff = Backoff::new(first).factor(factor).cap(cap).jitter(jitter);
                    let waits = std::panic::catch_unwind(|| (1..6).map(|n| backoff.wait(n)).collect::<Vec<_>>());
                    match waits {
                        Err(_) => bad.push(format!("{first:?} {factor} {cap:?} {jitter}: panics")),
                        Ok(waits) if !jitter && waits.iter().any(|wait| *wait > cap) => {
                            bad.push(format!("{first:?} {factor} {cap:?}: {waits:?}"));
                        }
                        Ok(_) => {}
                    }
                }
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// What a late attempt waits is found as fast as what an early one does: else this would not end.
#[test]
fn the_last_wait_is_found_as_the_first_is() {
    (0..1_000).for_each(|_| assert!(Backoff::none().wait(u32::MAX).is_zero()));
}

#[test]
fn what_waited_in_a_cancelled_run_is_not_told_in_a_subgraph() {
    for first_is_kept in [true, false] {
        let token = CancelToken::new();
        let stop = Op::new("stop", (), |()| token.cancel());
        let a = Op::new("a", (), |()| 1_u64);
        // So large that each has memory of its own, and valgrind sees what is done with that later.
        let readers = [1_u64, 2]
            .map(|more| [more; 2_000])
            .map(|more| Op::new("reader", (&a,), move |(a,): (&u64,)| a + more[1_000]));
        let both = Op::new("both", (stop, &readers[0], &readers[1]), |((), x, y): ((), &u64, &u64)| x + y);
        let error = SerialExecutor::new().cancel_with(&token).run(both).expect_err("it was cancelled");
        assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
        let kept = readers.into_iter().nth(usize::from(!first_is_kept)).expect("there are two");
        drop(a);
        let graph = Op::graph("graph", (), move |(), _| kept);
        assert_eq!(SerialExecutor::new().run(graph).expect("nothing fails"), if first_is_kept { 2 } else { 3 });
    }
}
