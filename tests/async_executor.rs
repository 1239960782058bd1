//! `AsyncExecutor`: many operations wait on one thread, under any runtime; and the other executors with operations that wait.

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher::{Backoff, CancelToken, ErrorKind, Op, Options};

/// A gate that opens when so many have come.
#[derive(Default)]
struct Gate {
    come: Mutex<(usize, Vec<Waker>)>,
    most: AtomicUsize,
    inside: AtomicUsize,
}

impl Gate {
    async fn pass(&self, when: usize) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        let mut come = false;
        poll_fn(|context| {
            let mut gate = self.come.lock().unwrap();
            if !std::mem::replace(&mut come, true) {
                gate.0 += 1;
            }
            if gate.0 >= when {
                gate.1.drain(..).for_each(Waker::wake);
                return Poll::Ready(());
            }
            gate.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn fetch(gate: &Gate, when: usize, n: u64) -> u64 {
    gate.pass(when).await;
    n * 2
}
fn sum(xs: Vec<u64>) -> u64 {
    xs.iter().sum()
}
fn plus_one(n: u64) -> u64 {
    n + 1
}

#[dispatch]
async fn fetch_all(gate: &Gate, count: usize) -> u64 {
    let mut all = Vec::new();
    for n in 0..count {
        let one = fetch(gate, count, n as u64).await;
        all.push(plus_one(one));
    }
    sum(all)
}

fn total(count: usize) -> u64 {
    (0..count as u64).map(|n| n * 2 + 1).sum()
}

#[test]
fn ten_thousand_operations_wait_at_once() {
    let count = 10_000;
    for run in [
        (|node| AsyncExecutor::new().run(node)) as fn(Node<'_, u64>) -> Result<u64, DependencyError>,
        |node| SerialExecutor::new().run(node),
        |node| ParallelExecutor::with_threads(1).run(node),
        |node| ParallelExecutor::with_threads(2).run(node),
        |node| futures::executor::block_on(AsyncExecutor::new().run_async(node)),
    ] {
        let gate = Gate::default();
        assert_eq!(run(fetch_all(&gate, count)).unwrap(), total(count));
        assert_eq!(gate.most.into_inner(), count);
    }
}

#[test]
fn it_runs_under_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let gate = Gate::default();
    let value = runtime.block_on(AsyncExecutor::new().run_async(fetch_all(&gate, 10)));
    assert_eq!(value.unwrap(), total(10));
    // As a task of its own, with another inside.
    let gate: &'static Gate = Box::leak(Box::default());
    let node = Op::future("wait", (), move |(), _| {
        Box::pin(async move {
            // Only under the runtime.
            let n = tokio::spawn(async { 3 }).await.unwrap();
            fetch(gate, 1, n).await
        })
    });
    let task = runtime.spawn(async move { AsyncExecutor::new().run_async(node).await });
    assert_eq!(runtime.block_on(task).unwrap().unwrap(), 6);
}

#[test]
fn it_runs_under_smol() {
    let gate = Gate::default();
    assert_eq!(smol::block_on(AsyncExecutor::new().run_async(fetch_all(&gate, 10))).unwrap(), total(10));
    let waits = Op::future("wait", (), |(), _| Box::pin(async { smol::unblock(|| 4).await }));
    assert_eq!(smol::block_on(AsyncExecutor::new().run_async(waits)).unwrap(), 4);
}

#[test]
fn it_runs_under_futures() {
    let gate = Gate::default();
    let mut pool = futures::executor::LocalPool::new();
    assert_eq!(pool.run_until(AsyncExecutor::new().run_async(fetch_all(&gate, 10))).unwrap(), total(10));
    let both = futures::future::join(
        AsyncExecutor::new().run_async(op!(plus_one(1))),
        AsyncExecutor::new().run_all_async([op!(plus_one(2)), op!(plus_one(3))]),
    );
    let (one, two) = pool.run_until(both);
    assert_eq!(one.unwrap(), 2);
    assert_eq!(two.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn no_more_wait_together_than_may() {
    for limit in [1, 3] {
        let gate = Gate::default();
        let executor = AsyncExecutor::new().limit(limit);
        let all: Vec<_> = (0..20).map(|n| op_fetch(&gate, n)).collect();
        let values: Vec<u64> = executor.run_all(all).into_iter().map(Result::unwrap).collect();
        assert_eq!(values, (0..20).map(|n| n * 2).collect::<Vec<_>>());
        assert_eq!(gate.most.into_inner(), limit);
    }
}

/// Pends for a while once it is inside.
fn op_fetch(gate: &Gate, n: u64) -> Node<'_, u64> {
    Op::future("fetch", (), move |(), _| {
        Box::pin(async move {
            let inside = gate.inside.fetch_add(1, Ordering::SeqCst) + 1;
            gate.most.fetch_max(inside, Ordering::SeqCst);
            for _ in 0..3 {
                yield_now().await;
            }
            gate.inside.fetch_sub(1, Ordering::SeqCst);
            n * 2
        })
    })
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn one_that_wakes_itself_keeps_no_other_waiting() {
    let done = AtomicUsize::new(0);
    let restless = Op::future("restless", (), |(), _| {
        Box::pin(poll_fn(|context| {
            context.waker().wake_by_ref();
            if done.load(Ordering::SeqCst) == 2 { Poll::Ready(()) } else { Poll::Pending }
        }))
    });
    let first = Op::new("first", (), |()| done.fetch_add(1, Ordering::SeqCst));
    let second = Op::new("second", (first,), |(_,)| {
        done.fetch_add(1, Ordering::SeqCst);
    });
    for result in AsyncExecutor::new().run_all([restless, second]) {
        result.unwrap();
    }
    done.store(0, Ordering::SeqCst);
}

/// Counts those that live.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(alive))
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn dropping_the_future_cancels_what_has_not_started_and_leaks_nothing() {
    for polls in 0..4 {
        let alive = Arc::new(AtomicUsize::new(0));
        let started = AtomicUsize::new(0);
        let kept = Counted::new(&alive);
        let first = Op::new("first", (), |()| kept);
        let waits = Op::future("waits", (&first,), |(first,), _| {
            let inside = Counted::new(&first.0);
            Box::pin(async move {
                yield_now().await;
                pending::<()>().await;
                drop(inside);
            })
        });
        let never = Op::new("never", (first, waits), |(_, ())| {
            started.fetch_add(1, Ordering::SeqCst);
        });
        let executor = AsyncExecutor::new();
        let mut future = Box::pin(executor.run_async(never));
        let mut context = std::task::Context::from_waker(Waker::noop());
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
        drop(future);
        assert_eq!((alive.load(Ordering::SeqCst), started.load(Ordering::SeqCst)), (0, 0), "after {polls} polls");
    }
}

#[test]
fn a_time_limit_ends_a_run_that_waits_for_ever() {
    let forever = || Op::future("forever", (), |(), _| Box::pin(pending::<u64>()));
    let limit = Duration::from_millis(2);
    for error in [
        AsyncExecutor::new().timeout(limit).run(forever()).unwrap_err(),
        SerialExecutor::new().timeout(limit).run(forever()).unwrap_err(),
        ParallelExecutor::with_threads(1).timeout(limit).run(forever()).unwrap_err(),
        ParallelExecutor::with_threads(2).timeout(limit).run(forever()).unwrap_err(),
        futures::executor::block_on(AsyncExecutor::new().timeout(limit).run_async(forever())).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::TimedOut { limit: of } if of == limit), "{error}");
    }
    // One of its own, too.
    let node = Options::new().timeout(limit).set(forever());
    let error = futures::executor::block_on(AsyncExecutor::new().run_async(node)).unwrap_err();
    assert!(error.to_string().contains("`forever`") && error.to_string().contains("took longer than 2ms"), "{error}");
}

#[test]
fn a_token_ends_a_run_that_waits_for_ever() {
    fn cancels<T>(run: impl FnOnce(&CancelToken, Node<'_, u64>) -> Result<u64, T>) -> T {
        let token = CancelToken::new();
        let waits = Op::future("waits", (), |(), _| {
            let token = token.clone();
            let mut polled = false;
            Box::pin(poll_fn(move |_| {
                if !std::mem::replace(&mut polled, true) {
                    let token = token.clone();
                    std::thread::spawn(move || token.cancel());
                }
                Poll::Pending
            }))
        });
        run(&token, waits).err().unwrap()
    }
    for error in [
        cancels(|token, node| AsyncExecutor::new().cancel_with(token).run(node)),
        cancels(|token, node| SerialExecutor::new().cancel_with(token).run(node)),
        cancels(|token, node| ParallelExecutor::with_threads(1).cancel_with(token).run(node)),
        cancels(|token, node| ParallelExecutor::with_threads(2).cancel_with(token).run(node)),
        cancels(|token, node| futures::executor::block_on(AsyncExecutor::new().cancel_with(token).run_async(node))),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Cancelled), "{error}");
    }
}

#[test]
fn waits_between_attempts_hold_no_thread() {
    let other = AtomicUsize::new(0);
    // Comes back once the other has run, which runs while this one waits.
    let flaky = || {
        Op::retryable("flaky", (), |()| match other.load(Ordering::SeqCst) {
            0 => Err(std::io::Error::other("not yet")),
            _ => Ok(true),
        })
    };
    let patient = || Options::new().retries(1000).backoff(Backoff::new(Duration::from_micros(50)).factor(1.0));
    let run_first = || Op::new("other", (), |()| other.fetch_add(1, Ordering::SeqCst) == 0);
    for pool in [1, 2] {
        other.store(0, Ordering::SeqCst);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(pool).build().unwrap();
        let nodes = [patient().set(flaky()), run_first()];
        assert!(ParallelExecutor::with_pool(pool).run_all(nodes).into_iter().all(Result::unwrap));
    }
    other.store(0, Ordering::SeqCst);
    let nodes = [patient().set(flaky()), run_first()];
    let results = futures::executor::block_on(AsyncExecutor::new().run_all_async(nodes));
    assert!(results.into_iter().all(Result::unwrap));
}

#[test]
fn a_future_that_wakes_up_is_polled_while_another_thread_works() {
    // The operation waits for the future, so whoever waits for the future must not wait for the operation.
    let (sender, receiver) = crossbeam_channel::bounded(0);
    let wakes = Op::future("wakes", (), |(), _| {
        Box::pin(async move {
            yield_now().await;
            sender
        })
    });
    let sends = Op::new("sends", (wakes,), |(sender,)| sender.send(3).unwrap());
    let works = Op::new("works", (), move |()| assert_eq!(receiver.recv(), Ok(3)));
    for result in ParallelExecutor::with_threads(2).run_all([works, sends]) {
        result.unwrap();
    }
}
