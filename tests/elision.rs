//! Serial elision: each program in `tests/programs` is one source text that is compiled twice, with the macros and with
//! their serial twins, and must give the same values on every executor.

use std::fmt::Debug;

use dispatcher::{Node, ParallelExecutor, SerialExecutor};

/// A family of programs, compiled both ways.
macro_rules! programs {
    ($($name:ident in $path:literal;)*) => {
        #[allow(dead_code)]
        mod lazy {
            $(pub mod $name {
                #[allow(unused_imports)]
                use dispatcher::prelude::*;
                include!($path);
            })*
        }
        #[allow(dead_code, unused_mut, clippy::all)]
        mod serial {
            $(pub mod $name {
                #[allow(unused_imports)]
                use dispatcher::serial::prelude::*;
                include!($path);
            })*
        }
    };
}

programs! {
    numeric in "programs/numeric.rs";
    text in "programs/text.rs";
    collections in "programs/collections.rs";
    in_place in "programs/in_place.rs";
    recursive in "programs/recursive.rs";
    control in "programs/control.rs";
    methods in "programs/methods.rs";
    places in "programs/places.rs";
}

/// Runs the program under every executor; each time the graph is built anew.
fn agree<'g, T: Send + PartialEq + Debug>(name: &str, expected: T, build: impl Fn() -> Node<'g, T>) {
    let value = SerialExecutor::new().run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
    assert_eq!(value, expected, "{name}, serially");
    for threads in [1, 2, 4] {
        let executor = ParallelExecutor::with_threads(threads);
        for _ in 0..3 {
            let value = executor.run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
            assert_eq!(value, expected, "{name}, on {threads} threads");
        }
    }
}

/// A test for each program: its name, and the arguments it is called with, one list after the other.
macro_rules! agree {
    ($($family:ident :: $program:ident : $(($($arg:expr),*))+;)*) => {
        $(mod $program {
            #[test]
            fn agrees() {
                $(super::agree(
                    stringify!($program),
                    super::serial::$family::$program($($arg),*),
                    || super::lazy::$family::$program($($arg),*),
                );)+
            }
        })*
    };
}

agree! {
    numeric::mean_spread: (&[1.0, 2.0, 4.0]) (&[3.0]);
    numeric::polynomial: (2.0) (-1.5);
    numeric::reuse_copies: (3);
    numeric::dot_blocks: (&[1.0, 2.0, 3.0, 4.0], &[4.0, 3.0, 2.0, 1.0]);
    numeric::newton: (2.0, 6);
    numeric::matrix_power: (5);
    numeric::associated: (1.5, -2.0);
    numeric::statistics: (&[5.0, 1.0, 3.0, 3.0]);
    numeric::monte_carlo: (1000, 4);
    numeric::shadowing: (4);
    numeric::literals: ();
    numeric::many_arguments: (1, 2, 3);
    text::word_lengths: ("the quick brown fox") ("");
    text::join_upper: (&["a", "b", "c"]);
    text::longest: (vec![String::from("one"), String::from("three"), String::from("five")]);
    text::count_words: ("a b a c b a");
    text::templated: ("name", 3);
    text::borrowed_lines: ("x=1\ny=2\nz=3");
    collections::nested: (3);
    collections::tuples: (7);
    collections::nested_tuples: (7);
    collections::options: (Some(3)) (None);
    collections::arrays: ();
    collections::maps: (&["x", "yy", "zzz"]);
    collections::hash_maps: (&["x", "yy", "zzz"]);
    collections::lend_collection: (5);
    collections::pushed: (6);
    collections::zipped: (&[1, 2, 3], &[4, 5, 6]);
    collections::windows_of_nodes: (6);
    collections::pairs: (&[("a", 1), ("b", 2)]);
    collections::tree_reduce: (13) (1) (2);
    collections::returned_vec: (4);
    collections::returned_tuple: (4);
    collections::vec_macro: (2);
    in_place::sort_then_read: (vec![3, 1, 2]);
    in_place::read_update_read: (vec![1, 2, 3]);
    in_place::update_chain: (10);
    in_place::swap_two: (1, 2);
    in_place::tiles: (3);
    in_place::update_in_loop: (&[1, 2, 3]);
    in_place::readers_before_move: (vec![1.0, 2.0]);
    in_place::clone_before_update: (vec![1, 2]);
    recursive::total: (&[1.0, 2.0, 3.0, 4.0, 5.0]) (&[]);
    recursive::fib: (12);
    recursive::merge_sort: (vec![5, 2, 9, 1, 5, 6, 0, -3]);
    recursive::lend_to_subgraph: (100);
    recursive::collatz: (27);
    recursive::mutual: (10) (11);
    recursive::quicksort: (vec![3, 6, 1, 8, 2, 9, 2]);
    recursive::depth_of: (5);
    recursive::generic_max: (&[3, 8, 1]);
    recursive::ackermann: (2, 3);
    recursive::choose_later: (5) (-5);
    control::branches: (true, 3) (false, 3);
    control::early_return: (0) (5);
    control::matching: (0) (1) (7);
    control::accumulate: (&[1, 2, 3, 4]) (&[]);
    control::accumulate_in_branches: (&[1, -2, 3, -4]);
    control::nested_loops: (3);
    control::while_loop: (20);
    control::loop_break: (9);
    control::declared_later: (true) (false);
    control::block_values: (6);
    control::labeled: (4);
    control::eager_count: (3);
    control::graph_block: (3);
    control::op_macro: (3);
    control::move_in_branch: (true) (false);
    control::let_else: (Some(4)) (None);
    control::effects_in_order: (4);
    methods::lengths: (5);
    methods::operators: (3.0, 4.0);
    methods::comparisons: (3, 4);
    methods::chains: (" Hello ");
    methods::fields: (3);
    methods::indexing: (4);
    methods::push_and_len: (3);
    methods::casts: (7);
    methods::compound: (5);
    methods::by_value_self: (3);
    methods::update_self: (4);
    places::in_impl: (4);
    places::associated_functions: (4);
    places::generic_pair: (3, 4);
    places::where_clause: (vec![1, 2, 3]);
    places::impl_arguments: (4);
    places::const_generic: ([1, 2, 3]);
    places::closures: (3);
    places::closure_captures: (3);
    places::captured_vec: (vec![1, 2, 3]);
    places::local_closure: (3);
    places::function_items: (3);
    places::borrow_params: (&[1, 2, 3, 4], 2);
    places::lend_local: (3);
    places::lend_part: (4);
    places::struct_argument: (3);
    places::static_text: ();
    places::boxed: (3);
    places::modules: (3);
    places::unit: (3);
    places::named_lifetimes: ("abc", "de");
}
