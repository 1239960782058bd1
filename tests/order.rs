//! Order fuzzing: the programs of `tests/programs/order.rs`, whose results depend on every edge of the order, run under a
//! scheduler that picks ready operations at random, by many seeds, and on threads.

use std::fmt::Debug;

use dispatcher::{Node, ParallelExecutor, SerialExecutor};

#[allow(unused, clippy::all)]
mod lazy {
    use dispatcher::prelude::*;
    include!("programs/order.rs");
}
#[allow(unused, clippy::all)]
mod serial {
    use dispatcher::serial::prelude::*;
    include!("programs/order.rs");
}

const SEEDS: u64 = 200;
const INPUTS: [i64; 3] = [0, 3, 8];

/// Runs the program under every seed; each time the graph is built anew. Both sides' values are compared as they print, since
/// the programs' own types are two.
fn agree<T: Debug + Send, S: Debug>(name: &str, serial: impl Fn(i64) -> S, lazy: impl Fn(i64) -> Node<'static, T>) {
    for input in INPUTS {
        let expected = format!("{:?}", serial(input));
        for seed in 0..SEEDS {
            let value = SerialExecutor::shuffled(seed).run(lazy(input)).expect("nothing fails");
            assert_eq!(format!("{value:?}"), expected, "{name}({input}), under seed {seed}");
        }
        for threads in [1, 4] {
            let value = ParallelExecutor::with_threads(threads).run(lazy(input)).expect("nothing fails");
            assert_eq!(format!("{value:?}"), expected, "{name}({input}), on {threads} threads");
        }
    }
}

macro_rules! agree {
    ($($program:ident)*) => {
        $(#[test]
        fn $program() {
            agree(stringify!($program), serial::$program, lazy::$program);
        })*
    };
}

agree! {
    readers_before_an_update
    readers_after_an_update
    chain_of_updates
    readers_between_updates
    updates_that_tell
    updates_in_one_call
    a_move_after_readers
    a_move_after_updates
    clones_between_updates
    copies_between_updates
    elements_updated_after_the_whole_was_read
    an_element_updated_many_times
    collected_before_it_is_updated
    cloned_into_a_collection
    rows_of_a_table
    two_values_exchanged
    back_and_forth
    swapped_names
    effects_in_branches
    methods_in_place
    compound_assignments
    parts_of_a_tuple
    fields_between_methods
    subgraphs_read_before_an_update
    subgraphs_that_update
    a_recursion_that_carries_a_value
    a_map_of_values_that_change
    options_of_values_that_change
    taken_and_replaced
    through_closures
    reassigned_between_readers
    lent_in_a_loop_while_another_is_updated
    matrix_in_place
}

/// The calls of a program with many independent operations, in the order in which they were made under this seed.
fn order_under(seed: u64) -> Vec<i64> {
    let log = std::sync::Mutex::new(Vec::new());
    let note = |n: i64| log.lock().expect("no call panics").push(n);
    let notes: Vec<Node<'_, ()>> = (0..20).map(|n| dispatcher::Op::new("note", (), move |()| note(n))).collect();
    SerialExecutor::shuffled(seed).run(dispatcher::CollectNode::new(notes)).expect("nothing fails");
    log.into_inner().expect("no call panics")
}

#[test]
fn the_seed_decides_the_order() {
    assert_eq!(order_under(1), order_under(1));
    assert_ne!(order_under(1), order_under(2));
    assert_ne!(order_under(1), (0..20).collect::<Vec<_>>());
}
