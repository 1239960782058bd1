//! One graph of operations of many kinds, run thousands of times, by executors of all kinds, with failures, cancellations and runs that
//! are left: values are right, and nothing is held.
use dispatcher::prelude::*;
use dispatcher::*;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::task::*;
use std::time::Duration;

static ALIVE: AtomicI64 = AtomicI64::new(0);
static CALLS: AtomicU64 = AtomicU64::new(0);
static FAIL_AT: AtomicU64 = AtomicU64::new(u64::MAX);
fn step() {
    if CALLS.fetch_add(1, SeqCst) == FAIL_AT.load(SeqCst) {
        panic!("step")
    }
}
#[derive(Debug, PartialEq)]
struct C(Box<u64>);
fn c(n: u64) -> C {
    ALIVE.fetch_add(1, SeqCst);
    C(Box::new(n))
}
impl Clone for C {
    fn clone(&self) -> C {
        step();
        c(*self.0)
    }
}
impl Drop for C {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
        *self.0 = 999_999;
    }
}
struct Later(u32);
impl Future for Later {
    type Output = ();
    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        let w = cx.waker().clone();
        if self.0.is_multiple_of(2) {
            w.wake()
        } else {
            std::thread::spawn(move || w.wake());
        }
        Poll::Pending
    }
}
async fn slow(v: &C) -> C {
    let held = c(*v.0);
    Later(3).await;
    step();
    c(*v.0 + *held.0 - *held.0 + 1)
}
fn same(g: C) -> C {
    step();
    g
}
fn make(n: u64) -> C {
    step();
    c(n)
}
fn eat(v: C, n: u64) -> C {
    step();
    c(*v.0 + n)
}
fn bump(v: &mut C, w: &C) -> u64 {
    *v.0 += *w.0;
    step();
    *v.0
}
fn mix(v: C, w: C) -> C {
    step();
    c(*v.0 * 3 + *w.0)
}
fn view(v: &C) -> C {
    step();
    c(*v.0 + 7)
}
fn end(a: C, b: C, d: u64, e: C, f: Vec<C>, g: &C) -> u64 {
    step();
    *a.0 + 10 * *b.0 + 100 * d + *e.0 + f.iter().map(|x| *x.0).sum::<u64>() + *g.0
}
#[dispatch]
async fn deep(v: C, left: u32) -> C {
    if left == 0 {
        return v;
    }
    let u = slow(&v).await;
    let z = mix(v, u);
    deep(z, left - 1).await
}
#[dispatch]
fn lent(v: &C, left: u32) -> C {
    let a = view(v);
    if left == 0 {
        return a;
    }
    let b = lent(&a, left - 1);
    mix(a, b)
}
#[dispatch]
async fn work(given: C, read: &C, n: u64) -> u64 {
    let mut v = make(n);
    let w = slow(&v).await;
    let d = bump(&mut v, &w);
    let x = deep(v, 4).await;
    let y = lent(&x, 3);
    let kept = view(&make(n));
    let mut all = Vec::new();
    for i in 0..3 {
        all.push(make(i));
    }
    let mut g = same(given);
    let d2 = bump(&mut g, read);
    let h = eat(g, d2);
    end(x, y, d, mix(w, h), all, &mix(kept, make(2)))
}
fn reset() {
    CALLS.store(0, SeqCst);
    FAIL_AT.store(u64::MAX, SeqCst);
}
fn seedy(n: usize, how: u32) {
    let read = c(5);
    {
        let given = c(11);
        let mut p = match Node::prepare(work(given, &read, 2)) {
            Ok(p) => p,
            Err(e) => panic!("{e}"),
        };
        reset();
        let want = SerialExecutor::new().run_prepared(&mut p).unwrap();
        let total = CALLS.load(SeqCst);
        let base = ALIVE.load(SeqCst);
        let mut seed = 77_u32 + how;
        let mut rnd = move |m: u32| {
            seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
            (seed >> 12) % m
        };
        for round in 0..n {
            reset();
            let fails = rnd(3) == 0;
            if fails {
                FAIL_AT.store(rnd(total as u32) as u64, SeqCst);
            }
            let got = match rnd(8) {
                0 => SerialExecutor::new().run_prepared(&mut p),
                1 => SerialExecutor::shuffled(round as u64).run_prepared(&mut p),
                2 => ParallelExecutor::with_threads(3).run_prepared(&mut p),
                3 => ParallelExecutor::with_threads(2)
                    .fail_fast(false)
                    .retries(3)
                    .retry_on(|_| true)
                    .backoff(Backoff::none())
                    .run_prepared(&mut p),
                4 => AsyncExecutor::new().limit(1).run_prepared(&mut p),
                5 => {
                    let token = CancelToken::new();
                    let at = rnd(300) as u64;
                    std::thread::scope(|s| {
                        let t = token.clone();
                        s.spawn(move || {
                            (0..at).for_each(|_| std::thread::yield_now());
                            t.cancel();
                        });
                        ParallelExecutor::with_threads(2).cancel_with(&token).run_prepared(&mut p)
                    })
                }
                6 => ParallelExecutor::with_threads(2)
                    .timeout(Duration::from_micros(rnd(400) as u64))
                    .fail_fast(rnd(2) == 0)
                    .run_prepared(&mut p),
                _ => {
                    let e = AsyncExecutor::new();
                    let mut f = Box::pin(e.run_prepared_async(&mut p, Inputs::new()));
                    let mut left = rnd(12);
                    let forget = how == 1 && rnd(2) == 0;
                    loop {
                        match f.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                            Poll::Ready(r) => break r,
                            Poll::Pending => {}
                        }
                        if left == 0 {
                            if forget {
                                std::mem::forget(f)
                            } else {
                                drop(f)
                            }
                            break SerialExecutor::new().run_prepared(&mut p);
                        }
                        left -= 1;
                        std::thread::yield_now();
                    }
                }
            };
            if let Ok(v) = got {
                assert_eq!(v, want, "round {round}");
            }
            let alive = ALIVE.load(SeqCst);
            if how == 0 {
                assert!(alive <= base + 1 && alive >= base - 1, "round {round}: {alive} {base}");
            }
        }
        reset();
        assert_eq!(SerialExecutor::new().run_prepared(&mut p).unwrap(), want);
    }
    drop(read);
    if how == 0 {
        assert_eq!(ALIVE.load(SeqCst), 0);
    }
}
#[test]
fn stress() {
    std::panic::set_hook(Box::new(|i| {
        if !i.to_string().contains("step") {
            eprintln!("{i}")
        }
    }));
    seedy(3000, 0);
}
