//! Retries, limits and tail calls together: what a review found.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use dispatcher::prelude::*;
use dispatcher::{AsyncExecutor, Backoff};

#[global_allocator]
static ALLOCATOR: mockalloc::Mockalloc<std::alloc::System> = mockalloc::Mockalloc(std::alloc::System);

/// Panics at the first call.
async fn flaky(calls: &AtomicU32, n: u32) -> u32 {
    assert!(calls.fetch_add(1, Ordering::SeqCst) > 0, "not yet");
    n
}
fn double(n: u32) -> u32 {
    n * 2
}
fn add(a: u32, b: u32) -> u32 {
    a + b
}

/// Pends until a time has come, and a little longer; wakes itself.
struct Until(Instant);
impl Future for Until {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.0 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
async fn long(n: u32) -> u32 {
    Until(Instant::now() + Duration::from_millis(600)).await;
    n
}

// A graph whose result is a future, which panics the first time.
#[dispatch]
async fn tail(calls: &AtomicU32, n: u32) -> u32 {
    flaky(calls, n).await
}
#[dispatch]
fn inner(calls: &AtomicU32, n: u32) -> u32 {
    #[timeout("200ms")]
    #[retry(3, backoff = Backoff::none())]
    let got = tail(calls, n);
    double(got)
}
#[dispatch]
async fn outer(calls: &AtomicU32, n: u32) -> u32 {
    let quick = inner(calls, n);
    let ready = double(quick);
    let late = long(ready).await;
    add(late, 1)
}

/// The time limit of the attempt that failed goes off after the operation has been done, and its graph freed. Under ASan: use
/// after free; without: the run is stopped as if the operation had taken too long, or luck.
#[test]
fn an_attempt_that_failed_leaves_no_watch() {
    for _ in 0..2 {
        let calls = AtomicU32::new(0);
        assert_eq!(AsyncExecutor::new().run(outer(&calls, 1)).unwrap(), 5);
    }
}

// A call in tail position that the executor forgives.
#[dispatch]
async fn twice_tail(calls: &AtomicU32, n: u32) -> u32 {
    let m = double(n);
    flaky(calls, m).await
}
#[dispatch]
fn whole(calls: &AtomicU32, n: u32) -> u32 {
    let got = twice_tail(calls, n);
    double(got)
}

#[test]
fn an_executor_forgives_a_future_in_tail_position() {
    let calls = AtomicU32::new(0);
    let executor = SerialExecutor::new().retries(3).retry_on(|_| true).backoff(Backoff::none());
    assert_eq!(executor.run(whole(&calls, 1)).unwrap(), 4);
    assert_eq!(calls.into_inner(), 2);
}

// As above, where the operation that gave the graph can't be called again.
struct NoClone(u32);
fn no_clone(n: u32) -> NoClone {
    NoClone(n)
}
fn owns(calls: &AtomicU32, n: NoClone) -> Node<'_, u32> {
    tail(calls, n.0)
}
#[dispatch]
fn whole_of_owned(calls: &AtomicU32, n: u32) -> u32 {
    let n = no_clone(n);
    let got = owns(calls, n);
    double(got)
}

#[test]
fn an_executor_forgives_a_future_in_tail_position_of_what_took_its_argument() {
    let calls = AtomicU32::new(0);
    let executor = SerialExecutor::new().retries(3).retry_on(|_| true).backoff(Backoff::none());
    assert_eq!(executor.run(whole_of_owned(&calls, 1)).unwrap(), 2);
}

// What an executor's retries leave. Under ASan (leaks): nothing.
fn shaky(calls: &AtomicU32, n: u32) -> u32 {
    if calls.fetch_add(1, Ordering::SeqCst) == 0 {
        // Without the hook, which allocates for itself.
        std::panic::resume_unwind(Box::new("not yet"));
    }
    n
}
#[dispatch]
fn plain(calls: &AtomicU32, n: u32) -> u32 {
    let got = shaky(calls, n);
    double(got)
}

#[test]
fn an_attempt_that_failed_leaks_nothing() {
    let executor = SerialExecutor::new().retries(3).retry_on(|_| true).backoff(Backoff::none());
    let run = || {
        let calls = AtomicU32::new(0);
        assert_eq!(executor.run(plain(&calls, 1)).unwrap(), 2);
    };
    // What is kept for later is there after the first.
    run();
    let used = mockalloc::record_allocs(run);
    assert_eq!(used.num_leaks(), 0, "{used:?}");
}

// A value that is refused, of a type that needs no drop.
fn odd(calls: &AtomicU32, n: u32) -> Result<u32, u8> {
    if calls.fetch_add(1, Ordering::SeqCst) > 0 { Ok(n) } else { Err(3) }
}
#[dispatch]
fn asks(calls: &AtomicU32, n: u32) -> Result<u32, u8> {
    #[retry(3, backoff = Backoff::none())]
    let got = odd(calls, n)?;
    Ok(double(got))
}

#[test]
fn an_err_that_needs_no_drop_is_tried_again() {
    let calls = AtomicU32::new(0);
    let result = SerialExecutor::new().run(asks(&calls, 1));
    assert!(matches!(result, Ok(Ok(2))), "{result:?}");
    assert_eq!(calls.into_inner(), 2);
}
