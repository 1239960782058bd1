//! Every call that the serial form makes is made: also where nobody needs its value in the end. Each program of
//! `tests/programs/unneeded.rs` is compiled both ways, and notes its calls.

use std::fmt::Debug;
use std::sync::Mutex;

use dispatcher::{Node, ParallelExecutor, SerialExecutor};

#[allow(unused, clippy::all)]
mod lazy {
    use dispatcher::prelude::*;
    include!("programs/unneeded.rs");
}
#[allow(unused, clippy::all)]
mod serial {
    use dispatcher::serial::prelude::*;
    include!("programs/unneeded.rs");
}

type Log = Mutex<Vec<u32>>;

/// What a program gave, and the calls it made, sorted: their order is not promised.
fn traced<T>(program: impl FnOnce(&Log) -> T) -> (T, Vec<u32>) {
    let log = Log::default();
    let value = program(&log);
    let mut calls = log.into_inner().expect("no call panics");
    calls.sort_unstable();
    (value, calls)
}

fn agree<T: Send + PartialEq + Debug>(
    name: &str,
    serial: impl FnOnce(&Log) -> T,
    lazy: impl for<'g> Fn(&'g Log) -> Node<'g, T>,
) {
    let expected = traced(serial);
    let run = |log: &Log| SerialExecutor::new().run(lazy(log)).expect("runs");
    assert_eq!(traced(run), expected, "{name}, serially");
    for threads in [1, 2, 4] {
        let run = |log: &Log| ParallelExecutor::with_threads(threads).run(lazy(log)).expect("runs");
        assert_eq!(traced(run), expected, "{name}, on {threads} threads");
    }
}

macro_rules! agree {
    ($($program:ident $(($($arg:expr),*))*;)*) => {
        $(#[test]
        fn $program() {
            $(agree(
                stringify!($program),
                |log| serial::$program(log $(, $arg)*),
                |log| lazy::$program(log $(, $arg)*),
            );)*
        })*
    };
}

agree! {
    counted_only ();
    asked_for_emptiness ();
    element_of_tuple ();
    element_overwritten ();
    nth_of_iterator ();
    truncated ();
    skipped_and_last ();
    popped ();
    map_overwritten ();
    used_in_a_loop_that_may_not_run (0) (2);
    used_after_an_early_leave (None) (Some(3));
    used_in_a_branch (true, true) (false, true) (false, false);
    parts_of_a_pair (0) (1) (2);
    through_a_local_closure ();
    replaced_by_a_chain ();
    option_dropped ();
    in_a_graph_block ();
    in_a_subgraph ();
    shadowed_and_reassigned ();
    used_by_a_call_that_is_left_out (0) (9);
    accumulated_and_dropped (true) (false);
    written_over_each_round (0) (3);
}
