//! `async`: operations that wait, in both forms and on every executor.

use dispatcher::Node;
use dispatcher::{ParallelExecutor, SerialExecutor};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A future that is ready when it has been polled a few times; each time it is woken by another thread, or at once.
struct Later {
    polls: u32,
    value: u64,
}
impl std::future::Future for Later {
    type Output = u64;
    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<u64> {
        if self.polls == 0 {
            return std::task::Poll::Ready(self.value);
        }
        self.polls -= 1;
        let waker = context.waker().clone();
        if self.polls.is_multiple_of(2) {
            waker.wake();
        } else {
            std::thread::spawn(move || waker.wake());
        }
        std::task::Poll::Pending
    }
}

async fn fetch(n: u64) -> u64 {
    Later { polls: n as u32 % 5, value: n }.await
}
async fn length(text: &str) -> usize {
    fetch(3).await;
    text.len()
}
async fn append(to: &mut Vec<u64>, n: u64) {
    let n = fetch(n).await;
    to.push(n);
}
async fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    fetch(2).await;
    text.parse()
}
fn add(a: u64, b: u64) -> u64 {
    a + b
}
fn make(n: u64) -> Vec<u64> {
    vec![n]
}
fn sum(xs: &[u64]) -> u64 {
    xs.iter().sum()
}

macro_rules! programs {
    () => {
        use super::*;

        #[dispatch]
        pub async fn in_a_row(n: u64) -> u64 {
            let a = fetch(n).await;
            let b = fetch(a + 1).await;
            add(a, b)
        }

        #[dispatch]
        pub async fn many(n: u64) -> Vec<u64> {
            let mut all = Vec::new();
            for i in 0..n {
                all.push(fetch(i).await);
            }
            all
        }

        #[dispatch]
        pub async fn updated(n: u64) -> u64 {
            let mut v = make(n);
            append(&mut v, 7).await;
            append(&mut v, 9).await;
            sum(&v)
        }

        #[dispatch]
        pub async fn lends(text: &str) -> usize {
            length(text).await + length("abc").await
        }

        #[dispatch]
        pub async fn fallible(text: &str) -> Result<u64, std::num::ParseIntError> {
            let a = parse(text).await?;
            let b = parse("4").await?;
            Ok(add(a, b))
        }

        #[dispatch]
        async fn below(n: u64) -> u64 {
            if n == 0 {
                return 0;
            }
            let rest = boxed(n - 1).await;
            add(rest, n)
        }

        #[dispatch]
        pub async fn calls_another(n: u64) -> u64 {
            let a = in_a_row(n).await;
            let b = below(n).await;
            add(a, b)
        }
    };
}

/// A recursive `async fn` needs a box in plain Rust.
fn boxed(n: u64) -> std::pin::Pin<Box<dyn std::future::Future<Output = u64> + Send>> {
    Box::pin(async move { (0..=n).sum() })
}

mod lazy {
    use dispatcher::prelude::*;
    programs!();
}
mod serial {
    use dispatcher::serial::prelude::*;
    programs!();
}

/// Runs a future on this thread.
fn wait<T>(future: impl std::future::Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

fn agree<'g, T: Send + PartialEq + std::fmt::Debug>(expected: T, build: impl Fn() -> Node<'g, T>) {
    for seed in 0..5 {
        assert_eq!(SerialExecutor::shuffled(seed).run(build()).expect("runs"), expected);
    }
    assert_eq!(SerialExecutor::new().run(build()).expect("runs"), expected);
    for threads in [1, 2, 4] {
        for _ in 0..5 {
            assert_eq!(ParallelExecutor::with_threads(threads).run(build()).expect("runs"), expected);
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    assert_eq!(ParallelExecutor::with_pool(pool).run(build()).expect("runs"), expected);
}

#[test]
fn programs_that_wait_agree() {
    for n in [0, 1, 4, 9] {
        agree(wait(serial::in_a_row(n)), || lazy::in_a_row(n));
        agree(wait(serial::many(n)), || lazy::many(n));
        agree(wait(serial::updated(n)), || lazy::updated(n));
        agree(wait(serial::calls_another(n)), || lazy::calls_another(n));
    }
    for text in ["12", "x", ""] {
        agree(wait(serial::lends(text)), || lazy::lends(text));
        agree(wait(serial::fallible(text)), || lazy::fallible(text));
    }
}

#[test]
fn an_op_can_wait() {
    use dispatcher::prelude::*;
    let node = op!(fetch(4).await);
    assert_eq!(DispatchGraph::new(&node).outline(), "%0 = fetch(4).await\n");
    assert_eq!(SerialExecutor::new().run(node).expect("runs"), 4);
}

/// Counts itself while it lives.
struct Alive<'c>(&'c AtomicUsize);
impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_failure_drops_the_futures_that_sleep() {
    use dispatcher::prelude::*;
    async fn forever(live: &AtomicUsize) -> u64 {
        live.fetch_add(1, Ordering::Relaxed);
        let _alive = Alive(live);
        std::future::pending().await
    }
    fn fails(after: &AtomicUsize) -> u64 {
        while after.load(Ordering::Relaxed) == 0 {
            std::thread::yield_now();
        }
        panic!("fails");
    }
    let counter = AtomicUsize::new(0);
    let live = &counter;
    let sleeping = op!(forever(live).await);
    let failing = op!(fails(live));
    let both = op!(add(sleeping, failing));
    let error = SerialExecutor::new().run(both).expect_err("one operation panics");
    assert_eq!(error.label(), "fails");
    assert_eq!(live.load(Ordering::Relaxed), 0);
}

#[test]
fn a_future_that_panics_fails_its_operation() {
    use dispatcher::prelude::*;
    async fn panics(n: u64) -> u64 {
        fetch(2).await;
        assert!(n > 3, "too small");
        n
    }
    let error = ParallelExecutor::with_threads(2).run(op!(panics(1).await)).expect_err("it panics");
    assert_eq!(error.label(), "panics");
    assert!(error.to_string().contains("too small"), "{error}");
}
