//! Futures that operations give, and operations that finish without a value, by hand: what the macros make of `.await` and `?`.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use dispatcher_core::lower::methods::*;
use dispatcher_core::lower::{Questions, op, plain};
use dispatcher_core::{DataNode, DependencyError, Node, Op, ParallelExecutor, SerialExecutor, Site};

static SITE: Site = Site { label: "waits", form: "waits()", file: file!(), line: 1, column: 1 };

/// Runs a graph on each executor.
fn on_each<'g, T: Send>(build: impl Fn() -> Node<'g, T>, check: impl Fn(Result<T, DependencyError>)) {
    for seed in 0..4 {
        check(SerialExecutor::shuffled(seed).run(build()));
    }
    in_order(build, check);
}

/// Runs a graph on each executor that begins with what was built first.
fn in_order<'g, T: Send>(build: impl Fn() -> Node<'g, T>, check: impl Fn(Result<T, DependencyError>)) {
    check(SerialExecutor::new().run(build()));
    for threads in [1, 2, 4] {
        check(ParallelExecutor::with_threads(threads).run(build()));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().expect("a pool");
    check(ParallelExecutor::with_pool(pool).run(build()));
}

/// Ready after some polls; woken at once, by another thread, or twice.
struct Later(u32);

impl Future for Later {
    type Output = u32;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        if self.0 == 0 {
            return Poll::Ready(7);
        }
        self.0 -= 1;
        let waker = context.waker().clone();
        match self.0 % 3 {
            0 => waker.wake_by_ref(),
            1 => drop(std::thread::spawn(move || waker.wake())),
            _ => {
                waker.wake_by_ref();
                std::thread::spawn(move || waker.wake());
            }
        }
        Poll::Pending
    }
}

#[test]
fn a_future_may_borrow_what_its_operation_is_lent() {
    on_each(
        || {
            let text = Op::new("text", (), |()| String::from("abc"));
            let length = op(&SITE, (&text,), |(text,), scope| {
                scope.give(async move { Later(5).await + text.len() as u32 }).settle_awaited()
            });
            Op::new("both", (text, length), |(text, length)| (text, length))
        },
        |result| assert_eq!(result.expect("runs"), (String::from("abc"), 10)),
    );
}

#[test]
fn many_futures_wait_at_once() {
    on_each(
        || {
            let waiting: Vec<_> = (0..200)
                .map(|n| op(&SITE, (plain(n),), |(n,), scope| scope.give(Later(n % 7)).settle_awaited()))
                .collect();
            Op::new("sum", (dispatcher_core::CollectNode::new(waiting),), |(all,)| all.iter().sum::<u32>())
        },
        |result| assert_eq!(result.expect("runs"), 1400),
    );
}

/// Never ready; keeps its waker, and counts itself while it lives.
struct Never(Arc<Mutex<Vec<Waker>>>, Arc<AtomicUsize>);

impl Future for Never {
    type Output = u32;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u32> {
        self.0.lock().expect("no panic").push(context.waker().clone());
        Poll::Pending
    }
}
impl Drop for Never {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_waker_may_outlive_its_run() {
    let (wakers, live) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
    in_order(
        || {
            live.fetch_add(1, Ordering::Relaxed);
            let never = Never(Arc::clone(&wakers), Arc::clone(&live));
            let waits = op(&SITE, (plain(never),), |(never,), scope| scope.give(never).settle_awaited());
            let seen = Arc::clone(&wakers);
            let before = wakers.lock().expect("no panic").len();
            let fails = Op::new("fails", (), move |()| -> u32 {
                while seen.lock().expect("no panic").len() == before {
                    std::thread::yield_now();
                }
                panic!("fails")
            });
            Op::new("both", (waits, fails), |(a, b)| a + b)
        },
        |result| {
            assert_eq!(result.expect_err("one panics").label(), "fails");
            for waker in wakers.lock().expect("no panic").iter() {
                waker.wake_by_ref();
            }
            assert_eq!(live.load(Ordering::Relaxed), 0, "the future is dropped with its run");
        },
    );
    wakers.lock().expect("no panic").drain(..).for_each(Waker::wake);
}

#[test]
fn what_needs_a_missing_value_is_skipped_and_dropped() {
    for input in [3, -3] {
        let live = Arc::new(AtomicUsize::new(0));
        let token = || {
            live.fetch_add(1, Ordering::Relaxed);
            Counted(Arc::clone(&live))
        };
        on_each(
            || {
                let asks = Questions::<Result<i64, String>>::new();
                let captured = token();
                let checked = asks.op(&SITE, (DataNode::new(input),), |(n,), scope| {
                    scope.give(if n < 0 { Err(format!("{n}")) } else { Ok(n) }).settle()
                });
                let made = token();
                let mut held = asks.op(&SITE, (plain(made),), |(made,), scope| scope.give(made).settle());
                let n = asks.ask(checked);
                let m = asks.op(&SITE, (&n, &mut held, plain(captured)), |(n, _, _captured), scope| {
                    scope.give(*n + 1).settle()
                });
                let all = asks.op(&SITE, (held, n, m), |(_, n, m), scope| scope.give(Ok(n + m)).settle());
                asks.finish(all)
            },
            |result| {
                let expected = if input < 0 { Err(input.to_string()) } else { Ok(2 * input + 1) };
                assert_eq!(result.expect("no panic"), expected);
                assert_eq!(live.load(Ordering::Relaxed), 0);
            },
        );
    }
}

struct Counted(Arc<AtomicUsize>);
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
