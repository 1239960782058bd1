//! Plain values that a `#[dispatch]` function gives to operations: computed where and as often as the text says.

use dispatcher::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
fn twice(a: u64) -> u64 {
    a * 2
}
fn show<T>(x: Option<T>) -> String {
    format!("{} {}", x.is_some(), std::any::type_name::<T>())
}
/// A lazy value in a local that begins empty is given itself, not its node.
#[test]
fn a_lazy_value_is_computed() {
    #[dispatch]
    fn shown(n: u64) -> String {
        let mut x = None;
        let t = twice(n);
        x.get_or_insert(t);
        show(x)
    }
    assert_eq!(SerialExecutor::new().run(shown(2)).unwrap(), "true u64");
}
fn add2(a: u32, b: u32) -> u32 {
    a * 10 + b
}
/// `"…".into()` is the user's code, and runs once for each call, in the order of the text.
#[test]
fn conversions_run_where_they_are_written() {
    static IDS: AtomicU32 = AtomicU32::new(1);
    struct Key(u32);
    impl From<&'static str> for Key {
        fn from(_: &'static str) -> Self {
            Key(IDS.fetch_add(1, SeqCst))
        }
    }
    fn number(key: Key) -> u32 {
        key.0
    }
    #[dispatch]
    fn two() -> u32 {
        let a = number("a".into());
        let b = number("b".into());
        add2(a, b)
    }
    for seed in 0..8 {
        IDS.store(1, SeqCst);
        assert_eq!(SerialExecutor::shuffled(seed).run(two()).unwrap(), 12, "seed {seed}");
    }
}
#[test]
fn a_conversion_runs_once_whatever_is_tried_again() {
    static IDS: AtomicU32 = AtomicU32::new(1);
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[derive(Clone)]
    struct Key(u32);
    impl From<&'static str> for Key {
        fn from(_: &'static str) -> Self {
            Key(IDS.fetch_add(1, SeqCst))
        }
    }
    fn flaky(key: Key) -> u32 {
        if TRIES.fetch_add(1, SeqCst) == 0 {
            panic!("no")
        }
        key.0
    }
    #[dispatch]
    fn one() -> u32 {
        #[retry(2)]
        let a = flaky("a".into());
        a
    }
    assert_eq!(SerialExecutor::new().run(one()).unwrap(), 1);
}
#[test]
fn a_conversion_that_panics_does_so_where_it_is_written() {
    struct Key(u32);
    impl From<&'static str> for Key {
        fn from(_: &'static str) -> Self {
            panic!("bad key")
        }
    }
    fn number(key: Key) -> u32 {
        key.0
    }
    #[dispatch]
    fn one() -> u32 {
        let a = number("a".into());
        a
    }
    assert!(std::panic::catch_unwind(|| drop(one())).is_err(), "it panics while the graph is built");
}
#[test]
fn plain_lists_that_begin_empty_can_be_had_again() {
    fn sum(xs: Vec<u64>) -> u64 {
        xs.iter().sum()
    }
    #[dispatch]
    fn total(n: u64) -> u64 {
        let mut v = Vec::new();
        for i in 0..n {
            v.push(i);
        }
        sum(v)
    }
    let mut graph = Node::prepare(total(3)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(SerialExecutor::new().run_prepared(&mut graph).unwrap(), 3);
}
