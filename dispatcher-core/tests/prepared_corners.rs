//! Graphs that are prepared, where they meet others: values that earlier runs left, inputs, handles, panics.
#![allow(unused_must_use, dead_code, reason = "values are made to be dropped")]

mod common;
use common::Tally;
use dispatcher_core::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

fn ser() -> SerialExecutor {
    SerialExecutor::new()
}

#[test]
fn input_given_twice_is_put_back() {
    let d = DataNode::new(String::from("orig"));
    let out = Op::repeatable("len", (&d,), |(d,)| d.clone());
    let mut p = Node::prepare(out).unwrap();
    assert_eq!(ser().run_prepared(&mut p).unwrap(), "orig");
    let i = Inputs::new().value(&d, "one".into()).value(&d, "two".into());
    assert_eq!(ser().run_prepared_with(&mut p, i).unwrap(), "two");
    assert_eq!(ser().run_prepared(&mut p).unwrap(), "orig");
}

#[test]
fn input_for_an_operation_that_was_computed_holds_for_one_run() {
    let a = Op::repeatable("a", (), |()| String::from("orig"));
    let first = Op::repeatable("f", (&a,), |(a,)| a.len());
    assert_eq!(ser().run(first).unwrap(), 4);
    let out = Op::repeatable("b", (&a,), |(a,)| a.clone());
    let mut p = Node::prepare(out).unwrap();
    assert_eq!(ser().run_prepared(&mut p).unwrap(), "orig");
    assert_eq!(ser().run_prepared_with(&mut p, Inputs::new().value(&a, "other".into())).unwrap(), "other");
    assert_eq!(ser().run_prepared(&mut p).unwrap(), "orig");
}

#[test]
fn computed_input_is_accepted() {
    let a = Op::repeatable("a", (), |()| String::from("orig"));
    let first = Op::repeatable("f", (&a,), |(a,)| a.len());
    assert_eq!(ser().run(first).unwrap(), 4);
    assert!(Node::is_ready(&a));
    let out = Op::repeatable("b", (&a,), |(a,)| a.clone());
    let mut p = Node::prepare(out).unwrap();
    assert_eq!(ser().run_prepared_with(&mut p, Inputs::new().computed(&a)).unwrap(), "orig");
}

#[test]
fn a_spent_version_stays_spent() {
    let mut x = DataNode::new(vec![1]);
    let r = Op::new("b", (&mut x,), |(x,): (&mut Vec<i32>,)| {
        x.push(2);
        x.len()
    });
    let late = Op::new("late", (&x,), |(x,): (&Vec<i32>,)| x.clone());
    let w = Op::new("w", (&mut x,), |(x,): (&mut Vec<i32>,)| x.push(3));
    ser().run(w).unwrap();
    let total = Op::repeatable("total", (&r,), |(r,)| *r + 1);
    if std::env::var("NOPREP").is_err() {
        let mut p = Node::prepare(total).unwrap();
        assert_eq!(ser().run_prepared(&mut p).unwrap(), 3);
        assert_eq!(ser().run_prepared(&mut p).unwrap(), 3);
    }
    let got = ser().run(late);
    assert!(got.is_err(), "late has read {got:?}");
}

/// `late` reads the second version of the vector while `more` updates the third: under ASan a use after free.
#[test]
fn a_spent_version_is_not_read_beside_its_updater() {
    static READING: AtomicBool = AtomicBool::new(false);
    static DONE: AtomicBool = AtomicBool::new(false);
    let mut x = DataNode::new(vec![1_u64]);
    let r = Op::new("b", (&mut x,), |(x,): (&mut Vec<u64>,)| {
        x.push(2);
        x.len()
    });
    let late = Op::new("late", (&x,), |(x,): (&Vec<u64>,)| {
        let first = &x[0];
        READING.store(true, Ordering::SeqCst);
        while !DONE.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        *first
    });
    let w = Op::new("w", (&mut x,), |(x,): (&mut Vec<u64>,)| x.push(3));
    ser().run(w).unwrap();
    let total = Op::repeatable("total", (&r,), |(r,)| *r + 1);
    drop({
        let mut p = Node::prepare(total).unwrap();
        ser().run_prepared(&mut p).unwrap();
        p
    });
    let more = Op::new("more", (&mut x,), |(x,): (&mut Vec<u64>,)| {
        let by = std::time::Instant::now();
        while !READING.load(Ordering::SeqCst) && by.elapsed().as_secs() < 3 {
            std::thread::yield_now();
        }
        for n in 0..10_000 {
            x.push(n);
        }
        DONE.store(true, Ordering::SeqCst);
    });
    let got = std::thread::scope(|s| {
        let t = s.spawn(|| ser().run(late));
        ser().run(more).unwrap();
        t.join().unwrap()
    });
    assert!(got.is_err(), "late has read {got:?}");
}

/// What was kept for another attempt in one run is put back in the next.
#[derive(Debug)]
struct Touchy(Arc<AtomicUsize>);
impl Clone for Touchy {
    fn clone(&self) -> Self {
        if self.0.fetch_add(1, Ordering::SeqCst) == 1 {
            panic!("clone")
        }
        Touchy(self.0.clone())
    }
}
#[test]
fn restore_of_an_earlier_run() {
    let clones = Arc::new(AtomicUsize::new(0));
    let at = Arc::clone(&clones);
    let touchy = Op::repeatable("touchy", (), move |()| Touchy(at.clone()));
    let runs = AtomicUsize::new(0);
    let mut y = Op::repeatable("y", (), |()| vec![runs.fetch_add(1, Ordering::SeqCst) as u32 * 100]);
    let u = Op::retryable("u", (touchy, &mut y), |(_t, y): (Touchy, &mut Vec<u32>)| -> Result<(), std::fmt::Error> {
        y.push(7);
        Ok(())
    });
    let out = Op::repeatable("out", (u, y), |((), y)| y);
    let mut p = match Node::prepare(out) {
        Ok(p) => p,
        Err(e) => panic!("{e}"),
    };
    let ex = SerialExecutor::new().retries(2).retry_on(|_| true).backoff(Backoff::none());
    assert_eq!(ex.run_prepared(&mut p).unwrap(), [0, 7]);
    // The clone panics in the first attempt of this run.
    assert_eq!(ex.run_prepared(&mut p).unwrap(), [100, 7]);
}
#[test]
fn nothing_is_held_between_runs() {
    let tally = Tally::new();
    let t = &tally;
    let mut y = Op::repeatable("y", (), move |()| t.value(1));
    let u = Op::retryable("u", (&mut y,), |(_y,)| -> Result<(), std::fmt::Error> { Ok(()) });
    let out = Op::repeatable("out", (u, y), |((), _y)| ());
    let mut p = Node::prepare(out).unwrap();
    SerialExecutor::new().retries(2).retry_on(|_| true).backoff(Backoff::none()).run_prepared(&mut p).unwrap();
    assert_eq!(tally.alive(), 0);
}

#[test]
fn clone_panics_in_prepare_and_refill() {
    #[derive(Debug)]
    struct C(Arc<AtomicUsize>, usize);
    impl Clone for C {
        fn clone(&self) -> Self {
            if self.0.fetch_add(1, Ordering::SeqCst) == self.1 {
                panic!("c")
            }
            C(self.0.clone(), self.1)
        }
    }
    let n = Arc::new(AtomicUsize::new(0));
    let d = DataNode::repeatable(C(n.clone(), 1));
    let out = Op::repeatable("o", (d,), |(_d,)| 1);
    let mut p = Node::prepare(out).unwrap();
    assert!(ser().run_prepared(&mut p).is_ok());
    assert!(ser().run_prepared(&mut p).is_err());
    assert!(ser().run_prepared(&mut p).is_ok());
    assert!(ser().run_prepared(&mut p).is_ok());
    let d = DataNode::repeatable(C(Arc::new(AtomicUsize::new(0)), 0));
    let x = Op::repeatable("x", (), |()| 1);
    let out = Op::repeatable("o", (d, &x), |(_d, x)| *x);
    assert!(matches!(Node::prepare(out).unwrap_err().kind(), ErrorKind::Panicked(_)));
    assert_eq!(ser().run(Op::new("n", (&x,), |(x,)| *x)).unwrap(), 1);
}

fn is_send<T: Send>(_: &T) {}
#[test]
fn futures_are_send() {
    let out = Op::repeatable("o", (), |()| 1);
    let mut p = Node::prepare(out).unwrap();
    is_send(&p);
    let ex = AsyncExecutor::new();
    let f = ex.run_prepared_async(&mut p, Inputs::new());
    is_send(&f);
}

/// Keys of a collection, and errors in it, are cloned once where they are collected by clones, as `map.clone()` does.
#[test]
fn keys_are_cloned_once() {
    static CLONES: AtomicUsize = AtomicUsize::new(0);
    #[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
    struct Key(u8);
    impl Clone for Key {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::SeqCst);
            Key(self.0)
        }
    }
    let map =
        std::collections::BTreeMap::from([(Key(1), Op::new("a", (), |()| 1)), (Key(2), Op::new("b", (), |()| 2))]);
    assert_eq!(ser().run(CollectNode::cloned(&map)).unwrap().len(), 2);
    assert_eq!(CLONES.load(Ordering::SeqCst), 2);
}

/// Leaves tasks, now and then.
struct Lazy1(Settings, AtomicUsize);
impl Executor for Lazy1 {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        let n = self.1.load(Ordering::SeqCst);
        for _ in 0..n {
            let Some(t) = work.next() else { return };
            work.add(t.run());
        }
    }
}
#[test]
fn an_executor_that_leaves_tasks() {
    let tally = Tally::new();
    let t = &tally;
    let a = Op::repeatable("a", (), move |()| t.value(1));
    let b = Op::repeatable("b", (&a,), move |(a,)| t.value(a.value + 1));
    let d = Op::repeatable("d", (Kept(Op::repeatable("k", (), move |()| t.value(5))),), move |(k,)| k.value);
    let out = Op::repeatable("o", (a, b, d), |(a, b, d)| a.value + b.value + d);
    let mut p = Node::prepare(out).unwrap();
    let ex = Lazy1(Settings::new(), AtomicUsize::new(0));
    for n in [0, 1, 9, 2, 3, 9, 9, 4, 5, 9, 0] {
        ex.1.store(n, Ordering::SeqCst);
        assert_eq!(ex.run_prepared(&mut p).is_ok(), n >= 5, "{n}");
        assert_eq!(tally.alive(), 0, "{n}");
    }
}

#[test]
fn handles_after_the_graph() {
    let page = Op::repeatable("page", (), |()| String::from("a b"));
    let words = Op::repeatable("words", (&page,), |(p,)| p.len());
    let mut p = Node::prepare(words).unwrap();
    let other = Op::new("other", (&page,), |(p,)| p.clone());
    ser().run_prepared(&mut p).unwrap();
    ser().run_prepared(&mut p).unwrap();
    assert!(matches!(ser().run(other).unwrap_err().kind(), ErrorKind::Busy));
    assert!(matches!(
        Node::prepare(Op::repeatable("x", (&page,), |(p,)| p.len())).unwrap_err().kind(),
        ErrorKind::Busy
    ));
    ser().run_prepared(&mut p).unwrap();
    drop(p);
    let other = Op::new("other", (&page,), |(p,)| p.clone());
    assert_eq!(ser().run(other).unwrap(), "a b");
    assert!(Node::is_ready(&page));
}

/// A value read by an earlier failed update.
#[test]
fn order_only_and_spent() {
    let mut x = DataNode::new(vec![1]);
    let late = Op::new("late", (&x,), |(x,): (&Vec<i32>,)| x.clone());
    let u = Op::new("u", (&mut x,), |(x,): (&mut Vec<i32>,)| {
        x.push(2);
        if x.len() == 2 {
            panic!("no")
        }
    });
    assert!(ser().run(u).is_err());
    assert!(ser().run(late).is_err());
}

#[test]
fn inputs_on_moved_and_updated_values() {
    #[derive(Debug, Clone)]
    struct V(Arc<()>, u32);
    let alive = Arc::new(());
    let mk = |n| V(alive.clone(), n);
    let m = DataNode::repeatable(mk(1));
    let mut u = DataNode::repeatable(mk(10));
    let len = Op::repeatable("u", (&mut u,), |(u,): (&mut V,)| {
        u.1 += 1;
        u.1
    });
    let r = DataNode::new(mk(100));
    let rd = Op::repeatable("r", (&r, len), |(r, l)| r.1 + l);
    let out = Op::repeatable("o", (rd, u), |(a, u): (u32, V)| a * 1000 + u.1);
    let mut p = Node::prepare(out).unwrap();
    for _ in 0..3 {
        assert_eq!(ser().run_prepared(&mut p).unwrap(), 111_011);
        let i = Inputs::new().value(&r, mk(200));
        assert_eq!(ser().run_prepared_with(&mut p, i).unwrap(), 211_011);
        let i = Inputs::new().value(&rd_dummy(), 1_u32);
        assert!(ser().run_prepared_with(&mut p, i).is_err());
    }
    assert!(Arc::strong_count(&alive) <= 6, "{}", Arc::strong_count(&alive));
    drop(p);
    drop(r);
    drop(m);
    assert_eq!(Arc::strong_count(&alive), 1);
}
fn rd_dummy() -> Node<'static, u32> {
    Op::repeatable("d", (), |()| 1)
}

/// Inputs on a value that is there, where a later input is refused.
#[test]
fn refused_inputs_are_put_back() {
    let a = DataNode::new(1_u32);
    let b = DataNode::new(2_u32);
    let mut c = DataNode::repeatable(3_u32);
    let i = Inputs::new().value(&a, 10).value(&c, 30);
    let u = Op::repeatable("u", (&mut c,), |(c,): (&mut u32,)| {
        *c += 1;
        *c
    });
    let out = Op::repeatable("o", (&a, &b, u, c), |(a, b, u, c)| (*a, *b, u, c));
    let mut p = Node::prepare(out).unwrap();
    assert_eq!(ser().run_prepared(&mut p).unwrap(), (1, 2, 4, 4));
    assert_eq!(ser().run_prepared_with(&mut p, i).unwrap(), (10, 2, 31, 31));
    assert_eq!(ser().run_prepared(&mut p).unwrap(), (1, 2, 4, 4));
    let bad = Inputs::new().value(&a, 10).value(&rd_dummy(), 3);
    assert!(ser().run_prepared_with(&mut p, bad).is_err());
    assert_eq!(ser().run_prepared(&mut p).unwrap(), (1, 2, 4, 4));
}

#[derive(Debug)]
struct Explodes(u32);
impl Drop for Explodes {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("drop")
        }
    }
}
fn caught<T>(f: impl FnOnce() -> T) -> std::thread::Result<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f))
}

/// A `Drop` that panics costs nothing else.
#[test]
fn a_value_that_is_replaced_may_panic_when_dropped() {
    let d = DataNode::new(Explodes(1));
    let out = Op::new("o", (&d,), |(d,)| d.0);
    let got = caught(|| ser().run_with(out, Inputs::new().value(&d, Explodes(2))));
    drop(d);
    assert_eq!(got.expect("no panic").unwrap(), 2);
}
#[test]
fn an_input_of_a_prepared_graph_may_panic_when_dropped() {
    let d = DataNode::new(Explodes(1));
    let out = Op::repeatable("o", (&d,), |(d,): (&Explodes,)| d.0);
    let mut p = Node::prepare(out).unwrap();
    let got = caught(|| ser().run_prepared_with(&mut p, Inputs::new().value(&d, Explodes(2))));
    let after = caught(|| ser().run_prepared(&mut p));
    drop((p, d));
    assert_eq!(after.expect("no panic").unwrap(), 1);
    assert_eq!(got.expect("no panic").unwrap(), 2);
}
