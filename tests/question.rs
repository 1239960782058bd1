//! `?`, beyond the value that comes out: what runs, what doesn't, and what an error says.

use dispatcher::prelude::*;
use std::sync::Mutex;

fn positive(n: i64) -> Result<i64, String> {
    if n < 0 { Err(format!("{n} is negative")) } else { Ok(n) }
}
fn push(log: &mut Vec<i64>, n: i64) {
    log.push(n);
}
fn note(log: &Mutex<Vec<i64>>, n: i64) -> i64 {
    log.lock().unwrap().push(n);
    n
}
fn add(a: i64, b: i64) -> i64 {
    a + b
}
fn small(n: i64) -> i64 {
    assert!(n < 100, "{n} is too large");
    n
}

fn on_each_executor(
    check: impl Fn(&dyn Fn(Node<'_, Result<i64, String>>) -> Result<Result<i64, String>, DependencyError>),
) {
    check(&|node| SerialExecutor::new().run(node));
    for threads in [1, 2, 4] {
        check(&|node| ParallelExecutor::with_threads(threads).run(node));
    }
}

#[dispatch]
fn update_after(log: &mut Vec<i64>, n: i64) -> Result<i64, String> {
    let x = positive(n)?;
    push(log, x);
    Ok(add(x, 1))
}

#[test]
fn an_update_after_a_failure_does_not_happen() {
    on_each_executor(|run| {
        let mut log = Vec::new();
        assert_eq!(run(update_after(&mut log, -1)).unwrap(), Err("-1 is negative".to_owned()));
        assert!(log.is_empty());
        assert_eq!(run(update_after(&mut log, 2)).unwrap(), Ok(3));
        assert_eq!(log, [2]);
    });
}

#[dispatch]
fn effects_around(log: &Mutex<Vec<i64>>, n: i64) -> Result<i64, String> {
    note(log, 1);
    let x = positive(n)?;
    note(log, 2);
    let _unused = note(log, 3);
    let _ = note(log, 4);
    Ok(x)
}

#[test]
fn effects_after_a_failure_do_not_run_and_those_before_it_do() {
    on_each_executor(|run| {
        let log = Mutex::new(Vec::new());
        assert!(run(effects_around(&log, -1)).unwrap().is_err());
        assert_eq!(*log.lock().unwrap(), [1]);
        assert!(run(effects_around(&log, 1)).unwrap().is_ok());
        let mut all = log.lock().unwrap().split_off(1);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
    });
}

#[dispatch]
fn ahead(a: i64, b: i64, c: i64) -> Result<i64, String> {
    let x = positive(a)?;
    let y = small(b);
    let z = positive(c)?;
    Ok(add(add(x, y), z))
}

#[test]
fn what_is_computed_ahead_panics_only_where_nothing_before_it_fails() {
    on_each_executor(|run| {
        assert_eq!(run(ahead(-1, 200, 1)).unwrap(), Err("-1 is negative".to_owned()));
        let error = run(ahead(1, 200, -1)).unwrap_err();
        assert_eq!(error.label(), "small");
        assert!(error.to_string().contains("200 is too large"), "{error}");
        assert_eq!(run(ahead(1, 2, -3)).unwrap(), Err("-3 is negative".to_owned()));
        assert_eq!(run(ahead(1, 2, 3)).unwrap(), Ok(6));
    });
}

struct Counted<'c>(&'c std::sync::atomic::AtomicI64);
impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}
fn counted(live: &std::sync::atomic::AtomicI64) -> Counted<'_> {
    live.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Counted(live)
}
fn look(_: &Counted<'_>) -> i64 {
    1
}
fn take(_: Counted<'_>, n: i64) -> i64 {
    n
}
fn alter(_: &mut Counted<'_>, _: i64) {}

#[dispatch]
fn with_values(live: &std::sync::atomic::AtomicI64, n: i64) -> Result<i64, String> {
    let mut a = counted(live);
    let b = counted(live);
    let seen = look(&a);
    let x = positive(n)?;
    alter(&mut a, x);
    let y = take(a, x);
    let z = take(b, y);
    Ok(add(seen, z))
}

#[test]
fn values_of_what_is_skipped_are_dropped() {
    on_each_executor(|run| {
        for n in [1, -1] {
            let live = std::sync::atomic::AtomicI64::new(0);
            assert_eq!(run(with_values(&live, n)).unwrap().is_ok(), n > 0);
            assert_eq!(live.load(std::sync::atomic::Ordering::Relaxed), 0, "{n}");
        }
    });
}
