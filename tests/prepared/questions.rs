//! Functions with `?`, whose operations fail and panic differently in each run, beside plain Rust.
use dispatcher::prelude::*;
use dispatcher::*;
use std::collections::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

static MODE: AtomicU32 = AtomicU32::new(0);
static LOG: std::sync::Mutex<Vec<String>> = std::sync::Mutex::new(Vec::new());
#[derive(Debug, PartialEq, Clone)]
struct E(u64);
fn mode() -> u32 {
    MODE.load(SeqCst)
}
fn load(n: u64) -> Result<u64, E> {
    match mode() {
        1 => Err(E(1)),
        2 => panic!("two"),
        _ => Ok(n),
    }
}
fn load2(n: u64) -> Result<Vec<u64>, E> {
    match mode() {
        3 => Err(E(3)),
        4 => panic!("four"),
        _ => Ok(vec![n; 3]),
    }
}
fn note(v: &Vec<u64>) {
    LOG.lock().unwrap().push(format!("{v:?}"));
}
fn push(v: &mut Vec<u64>, n: u64) -> usize {
    if mode() == 5 {
        panic!("five")
    }
    v.push(n);
    v.len()
}
fn total(v: Vec<u64>) -> Result<u64, E> {
    if mode() == 6 { Err(E(6)) } else { Ok(v.iter().sum()) }
}
#[dispatch]
fn q(n: u64) -> Result<u64, E> {
    let a = load(n)?;
    let mut v = load2(a)?;
    let len = push(&mut v, a);
    note(&v);
    let t = total(v)?;
    let deep = inner(t, 3)?;
    Ok(both(len, deep))
}
fn both(a: usize, b: u64) -> u64 {
    a as u64 * 1000 + b
}
fn plus(n: u64) -> Result<u64, E> {
    if mode() == 7 {
        Err(E(7))
    } else if mode() == 8 {
        panic!("eight")
    } else {
        Ok(n + 1)
    }
}
#[dispatch]
fn inner(t: u64, left: u32) -> Result<u64, E> {
    if left == 0 {
        return Ok(t);
    }
    let u = plus(t)?;
    inner(u, left - 1)
}
fn serial(n: u64) -> std::thread::Result<Result<u64, E>> {
    std::panic::catch_unwind(|| {
        fn inner(t: u64, left: u32) -> Result<u64, E> {
            if left == 0 {
                return Ok(t);
            }
            let u = plus(t)?;
            inner(u, left - 1)
        }
        let a = load(n)?;
        let mut v = load2(a)?;
        let len = push(&mut v, a);
        note(&v);
        let t = total(v)?;
        let deep = inner(t, 3)?;
        Ok(both(len, deep))
    })
}
fn check<X: Fn(&mut Prepared<'_, Result<u64, E>>) -> std::result::Result<Result<u64, E>, DependencyError>>(
    name: &str,
    run: X,
) {
    let mut p = Node::prepare(q(2)).unwrap();
    let mut seed = 12345_u32;
    for round in 0..200 {
        seed = seed.wrapping_mul(1664525).wrapping_add(1013904223);
        MODE.store((seed >> 16) % 9, SeqCst);
        LOG.lock().unwrap().clear();
        let plain = serial(2);
        let plog = std::mem::take(&mut *LOG.lock().unwrap());
        let got = run(&mut p);
        let glog = std::mem::take(&mut *LOG.lock().unwrap());
        match (&plain, &got) {
            (Ok(a), Ok(b)) => {
                assert_eq!(a, b, "{name} {round} mode {}", mode());
                assert_eq!(plog, glog, "{name} {round} mode {}", mode());
            }
            (Err(_), Err(e)) => {
                assert!(glog.len() <= 1);
            }
            _ => panic!("{name} {round} mode {}: {plain:?} {got:?}", mode()),
        }
    }
}
#[test]
fn questions() {
    std::panic::set_hook(Box::new(|_| {}));
    check("serial", |p| SerialExecutor::new().run_prepared(p));
    check("shuffled", |p| SerialExecutor::shuffled(4).run_prepared(p));
    check("par", |p| ParallelExecutor::with_threads(3).run_prepared(p));
    check("par nofail", |p| ParallelExecutor::with_threads(3).fail_fast(false).run_prepared(p));
    check("async", |p| AsyncExecutor::new().run_prepared(p));
    check("retry", |p| {
        ParallelExecutor::with_threads(2).retries(2).retry_on(|_| true).backoff(Backoff::none()).run_prepared(p)
    });
    check("timeout", |p| ParallelExecutor::with_threads(2).timeout(Duration::from_secs(5)).run_prepared(p));
    let _ = std::panic::take_hook();
}
async fn wait(n: u64) -> u64 {
    if mode() == 0 {
        futures_lite_yield().await;
    }
    n
}
async fn futures_lite_yield() {
    let mut y = false;
    std::future::poll_fn(|c| {
        if y {
            return std::task::Poll::Ready(());
        }
        y = true;
        c.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await
}
