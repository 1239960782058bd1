//! Recursion of `#[dispatch]` functions, on small stacks. Those that recur a million times are in `tail_memory.rs`.

use std::fmt::Debug;
use std::sync::Mutex;

use dispatcher::{Node, ParallelExecutor, SerialExecutor};

#[allow(unused, clippy::all)]
mod lazy {
    use super::Mutex;
    use dispatcher::prelude::*;
    include!("programs/tail.rs");
}
#[allow(unused, clippy::all)]
mod serial {
    use super::Mutex;
    use dispatcher::serial::prelude::*;
    include!("programs/tail.rs");
}

const LONG: u64 = 1_000_000;
const DEEP: u64 = 100_000;
const STACK: usize = 256 << 10;

/// Calls `body` on a thread with a small stack.
fn on_small_stack(body: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, body).expect("a thread");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Runs the graph that `build` builds on every executor, each on threads with small stacks.
fn gives<'g, T: Send + Sync + PartialEq + Debug>(expected: T, build: impl Fn() -> Node<'g, T> + Sync) {
    let pool = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build().expect("threads");
        ParallelExecutor::with_pool(pool)
    };
    let parallel = [pool(1), pool(2)];
    on_small_stack(|| {
        assert_eq!(SerialExecutor::new().run(build()).expect("runs"), expected, "serially");
        for executor in &parallel {
            assert_eq!(executor.run(build()).expect("runs"), expected, "{executor:?}");
        }
    });
}

#[test]
fn each_gives_what_its_serial_twin_gives() {
    for n in [0, 1, 2, 7, 200] {
        gives(serial::plain(n, 5), || lazy::plain(n, 5));
        gives(serial::lazy(n, 5), || lazy::lazy(n, 5));
        gives(serial::early(n, 5), || lazy::early(n, 5));
        gives(serial::list(n, vec![3]), || lazy::list(n, vec![3]));
        gives(serial::borrowing(n, &[1, 2, 3], 0), || lazy::borrowing(n, &[1, 2, 3], 0));
        gives(serial::even(n), || lazy::even(n));
        gives(serial::collatz(n + 1, 0, 10), || lazy::collatz(n + 1, 0, 10));
        gives(serial::not_last(n), || lazy::not_last(n));
        gives(serial::lending(n, &[1, 2]), || lazy::lending(n, &[1, 2]));
        let logs = [Mutex::new(0), Mutex::new(0)];
        serial::effects(n, &logs[0]);
        gives(0, || lazy::effects(n, &logs[1]));
        let [once, three_times] = logs.map(|log| log.into_inner().expect("no panic"));
        assert_eq!(3 * once, three_times);
    }
}

#[test]
fn control_flow_on_a_computed_value_goes_on_and_on() {
    let expected = {
        let (mut n, mut steps, mut left) = (27_u64, 0_u64, 3_000_u64);
        while left > 0 {
            if n == 1 {
                (n, left) = (left, left - 1);
            } else {
                n = if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 };
                steps += 1;
            }
        }
        steps
    };
    assert!(expected > DEEP);
    gives(expected, || lazy::collatz(27, 0, 3_000));
}

#[test]
fn a_tail_call_that_lends_goes_deep() {
    let expected = DEEP + (DEEP - 1) + (DEEP - 2) + 1;
    gives(expected, || lazy::lending(DEEP, &[]));
}

#[test]
fn a_call_that_is_not_the_last_goes_deep() {
    gives(DEEP * (DEEP + 1) / 2, || lazy::not_last(DEEP));
}

#[test]
fn a_call_after_an_effect_goes_deep() {
    let log = Mutex::new(0);
    gives(0, || lazy::effects(DEEP, &log));
    assert_eq!(log.into_inner().expect("no panic"), 3 * DEEP * (DEEP + 1) / 2);
}

#[test]
fn a_panic_after_half_a_million_calls_is_told_in_a_few_lines() {
    on_small_stack(|| {
        let error = SerialExecutor::new().run(lazy::failing(LONG, LONG / 2)).expect_err("it panics");
        assert!(error.to_string().contains("not that far"), "{error}");
        assert!(error.label().contains("check"), "{error}");
        let way: Vec<_> = error.chain().iter().map(|link| link.label.as_str()).collect();
        assert_eq!(way, ["check", "-", "failing", "failing"], "{}", error.report());
    });
}
