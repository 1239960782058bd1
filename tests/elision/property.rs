//! The programs over generated inputs: the same value, or a panic both ways.
//!
//! Values are compared by what `{:?}` shows, so that NaNs agree. Inputs are small, so that nothing overflows.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dispatcher::{Node, ParallelExecutor, SerialExecutor};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, TestRunner};

/// How many inputs each program gets.
const CASES: u32 = 16;

/// The executors under which a program runs.
struct Executors {
    serial: SerialExecutor,
    parallel: [ParallelExecutor; 3],
}

impl Executors {
    fn new() -> Self {
        Self { serial: SerialExecutor::new(), parallel: [1, 2, 4].map(ParallelExecutor::with_threads) }
    }

    /// Compares what the program gives serially with what its graph gives.
    fn agree<'g, T: Send + Debug, S: Debug>(
        &self,
        serial: impl FnOnce() -> S,
        build: impl Fn() -> Node<'g, T>,
    ) -> Result<(), TestCaseError> {
        // No value where it panics: a graph may do so while it is built, or fail when it runs.
        let expected = catch_unwind(AssertUnwindSafe(serial)).ok().map(|value| format!("{value:?}"));
        let shown = |value: std::thread::Result<Result<T, _>>| {
            value
                .ok()
                .and_then(|result: Result<T, dispatcher::DependencyError>| result.ok())
                .map(|value| format!("{value:?}"))
        };
        let value = shown(catch_unwind(AssertUnwindSafe(|| self.serial.run(build()))));
        prop_assert_eq!(&value, &expected, "under the serial executor");
        for (executor, threads) in self.parallel.iter().zip([1, 2, 4]) {
            let value = shown(catch_unwind(AssertUnwindSafe(|| executor.run(build()))));
            prop_assert_eq!(&value, &expected, "on {} threads", threads);
        }
        Ok(())
    }
}

fn floats(most: usize) -> impl Strategy<Value = Vec<f64>> {
    vec((-40i32..40).prop_map(|n| f64::from(n) / 4.0), 0..=most)
}
fn float() -> impl Strategy<Value = f64> {
    (-40i32..40).prop_map(|n| f64::from(n) / 4.0)
}
fn ints(most: usize) -> impl Strategy<Value = Vec<i64>> {
    vec(-50i64..50, 0..=most)
}
fn naturals(most: usize) -> impl Strategy<Value = Vec<u64>> {
    vec(0u64..50, 0..=most)
}

/// A test for each program: its inputs, and how it is called with them.
macro_rules! agree_on {
    ($($family:ident :: $program:ident : ($($input:ident in $strategy:expr),*) => ($($arg:expr),*);)*) => {
        $(#[test]
        fn $program() {
            let executors = Executors::new();
            let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
            let result = runner.run(&($($strategy,)*), |($($input,)*)| {
                executors.agree(
                    || super::serial::$family::$program($($arg),*),
                    || super::lazy::$family::$program($($arg),*),
                )
            });
            result.unwrap_or_else(|failure| panic!("{}: {failure}", stringify!($program)));
        })*
    };
}

agree_on! {
    numeric::mean_spread: (xs in floats(6)) => (&xs);
    numeric::polynomial: (x in float()) => (x);
    numeric::reuse_copies: (n in -50i64..50) => (n);
    numeric::dot_blocks: (a in floats(6), b in floats(6)) => (&a, &b);
    numeric::newton: (x in float(), steps in 0usize..8) => (x, steps);
    numeric::matrix_power: (n in 0u32..20) => (n);
    numeric::associated: (a in float(), b in float()) => (a, b);
    numeric::statistics: (xs in floats(6)) => (&xs);
    numeric::monte_carlo: (samples in 0u64..200, parts in 0u64..5) => (samples, parts);
    numeric::shadowing: (n in -50i64..50) => (n);
    numeric::many_arguments: (a in -50i64..50, b in -50i64..50, c in -50i64..50) => (a, b, c);
    text::word_lengths: (text in "[a-e ]{0,20}") => (&text);
    text::join_upper: (parts in subsequence(vec!["a", "Bc", "", "d e", "é"], 0..=5)) => (&parts);
    text::longest: (texts in vec("[a-z]{0,6}", 0..5)) => (texts.clone());
    text::count_words: (text in "[a-c ]{0,20}") => (&text);
    text::templated: (name in "[a-z{}]{0,4}", n in 0usize..4) => (&name, n);
    text::borrowed_lines: (text in "([a-z]=[0-9]{1,3}\n){0,3}([a-z]?=?[0-9]?)") => (&text);
    collections::nested: (n in 0usize..6) => (n);
    collections::tuples: (n in 0u64..50) => (n);
    collections::nested_tuples: (n in 0u64..50) => (n);
    collections::options: (n in option::of(0usize..50)) => (n);
    collections::lend_collection: (n in 0usize..6) => (n);
    collections::pushed: (n in 0usize..6) => (n);
    collections::zipped: (a in naturals(5), b in naturals(5)) => (&a, &b);
    collections::windows_of_nodes: (n in 0usize..7) => (n);
    collections::tree_reduce: (n in 0usize..14) => (n);
    collections::reversed_tail: (n in 0usize..5) => (n);
    collections::part_of_nodes: (n in 0usize..5) => (n);
    in_place::sort_then_read: (xs in ints(5)) => (xs.clone());
    in_place::read_update_read: (xs in ints(5)) => (xs.clone());
    in_place::update_chain: (n in 0usize..10) => (n);
    in_place::swap_two: (x in -50i64..50, y in -50i64..50) => (x, y);
    in_place::tiles: (n in 0usize..5) => (n);
    in_place::update_in_loop: (by in vec(-3i64..4, 0..6)) => (&by);
    in_place::readers_before_move: (xs in floats(5)) => (xs.clone());
    in_place::clone_before_update: (xs in ints(5)) => (xs.clone());
    recursive::total: (xs in floats(9)) => (&xs);
    recursive::fib: (n in 0u64..10) => (n);
    recursive::merge_sort: (xs in vec(-50i32..50, 0..9)) => (xs.clone());
    recursive::lend_to_subgraph: (n in 0usize..9) => (n);
    recursive::collatz: (n in 1u64..30) => (n);
    recursive::mutual: (n in 0u64..20) => (n);
    recursive::quicksort: (xs in vec(-50i32..50, 0..9)) => (xs.clone());
    recursive::generic_max: (xs in vec(-50i64..50, 1..9)) => (&xs);
    recursive::ackermann: (m in 0u64..3, n in 0u64..3) => (m, n);
    recursive::choose_later: (n in -50i64..50) => (n);
    control::branches: (flag in any::<bool>(), n in -50i64..50) => (flag, n);
    control::early_return: (n in -3i64..6) => (n);
    control::matching: (n in -2i64..9) => (n);
    control::accumulate_in_branches: (xs in ints(6)) => (&xs);
    control::nested_loops: (n in 0i64..5) => (n);
    control::while_loop: (limit in -2i64..40) => (limit);
    control::loop_break: (n in -2i64..40) => (n);
    control::labeled: (n in -1i64..6) => (n);
    control::let_else: (n in option::of(-50i64..50)) => (n);
    methods::operators: (a in float(), b in float()) => (a, b);
    methods::comparisons: (a in -3i64..3, b in -3i64..3) => (a, b);
    methods::chains: (text in "[ a-c]{0,8}") => (&text);
    methods::fields: (n in 0u32..5) => (n);
    methods::indexing: (n in 0u32..5) => (n);
    methods::update_self: (n in 0u32..6) => (n);
    questions::in_a_row: (a in -2i64..5, b in -2i64..5, c in -2i64..5) => (a, b, c);
    questions::on_the_spot: (a in -2i64..5, b in -2i64..5) => (a, b);
    questions::options_in_a_row: (n in -2i64..5) => (n);
    questions::parsed_now: (text in "-?[0-9x]{0,2}", n in -2i64..5) => (&text, n);
    questions::computed_ahead: (a in -2i64..3, b in 90i64..110) => (a, b);
    questions::in_a_loop: (ns in vec(-1i64..12, 0..5)) => (&ns);
    questions::recursive_with_errors: (n in -1i64..5) => (n);
    shapes::fold_both_ways: (xs in ints(6)) => (&xs);
    shapes::operator_chains: (a in -50i64..50, b in -50i64..50) => (a, b);
    shapes::results_as_values: (a in "-?[0-9x]{0,2}", b in "[0-9]{0,2}") => (&a, &b);
    shapes::match_arms: (n in -2i64..12) => (n);
    variables::declared_in_branches: (n in 0i64..4) => (n);
    algorithms::knapsack: (items in vec((0usize..5, 0u32..9), 0..5), cap in 0usize..9) => (&items, cap);
    algorithms::sort_dedup: (xs in ints(6)) => (xs.clone());
    constructs::lazy_operators: (n in -50i64..50) => (n);
    constructs::conditions: (n in 0i64..8, o in option::of(0i64..5)) => (n, o);
    constructs::patterns_of_plain_values: (n in -3i64..12, f in 0i64..60, xs in vec(0i64..3, 0..4), text in "[a-c]{0,2}") => (n, f, &xs, &text);
    constructs::turbofishes: (text in "[0-9x]{0,2}") => (&text);
}
