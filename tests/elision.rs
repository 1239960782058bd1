//! Serial elision: each program in `tests/programs` is one source text that is compiled twice, with the macros and with
//! their serial twins, and must give the same values on every executor.

use std::fmt::Debug;

use dispatcher::{AsyncExecutor, Backoff, ErrorKind, Node, ParallelExecutor, SerialExecutor};

#[path = "elision/property.rs"]
mod property;

/// An error that programs of both kinds give.
#[derive(Debug, PartialEq, Clone)]
pub enum Wrong {
    /// A number that must not be.
    Negative(i64),
    /// A text.
    Text(String),
}

impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Wrong::Text(text)
    }
}
impl From<std::num::ParseIntError> for Wrong {
    fn from(error: std::num::ParseIntError) -> Self {
        Wrong::Text(error.to_string())
    }
}

/// An error that isn't `Clone`.
#[derive(Debug, PartialEq)]
pub struct Bare;

/// Another, which that becomes.
#[derive(Debug, PartialEq)]
pub struct Wide;

impl From<Bare> for Wide {
    fn from(_: Bare) -> Self {
        Wide
    }
}

/// A family of programs, compiled both ways.
macro_rules! programs {
    ($($name:ident in $path:literal;)*) => {
        #[allow(unused, dropping_copy_types, non_snake_case, non_upper_case_globals, clippy::all)]
        mod lazy {
            $(pub mod $name {
                #[allow(unused_imports)]
                use dispatcher::prelude::*;
                include!($path);
            })*
        }
        #[allow(unused, dropping_copy_types, non_snake_case, non_upper_case_globals, clippy::all)]
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
    algorithms in "programs/algorithms.rs";
    effects in "programs/effects.rs";
    shapes in "programs/shapes.rs";
    variables in "programs/variables.rs";
    newcomers in "programs/newcomers.rs";
    questions in "programs/questions.rs";
    homes in "programs/homes.rs";
    constructs in "programs/constructs.rs";
    plain in "programs/plain.rs";
    expand_chain in "expand/chain.rs";
    expand_reads_and_moves in "expand/reads_and_moves.rs";
    expand_update in "expand/update.rs";
    expand_tuple in "expand/tuple.rs";
    expand_collection in "expand/collection.rs";
    expand_accumulator in "expand/accumulator.rs";
    expand_methods_and_operators in "expand/methods_and_operators.rs";
    expand_subgraph in "expand/subgraph.rs";
    expand_effects in "expand/effects.rs";
    expand_question in "expand/question.rs";
    expand_associated_function in "expand/associated_function.rs";
    expand_label in "expand/label.rs";
    expand_remote in "expand/remote.rs";
}

/// Runs the program under every executor; each time the graph is built anew.
fn agree<'g, T: Send + PartialEq + Debug>(name: &str, expected: T, build: impl Fn() -> Node<'g, T>) {
    let value = SerialExecutor::new().run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
    assert_eq!(value, expected, "{name}, serially");
    for seed in 0..5 {
        let value =
            SerialExecutor::shuffled(seed).run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
        assert_eq!(value, expected, "{name}, shuffled by {seed}");
    }
    let value = AsyncExecutor::new().run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
    assert_eq!(value, expected, "{name}, asynchronously");
    // Operations are run so that they could be tried again.
    let forgiving = SerialExecutor::new().retry_on(|_| true).backoff(Backoff::none());
    let value = forgiving.run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
    assert_eq!(value, expected, "{name}, forgiving failures");
    for threads in [1, 2, 4] {
        let executor = ParallelExecutor::with_threads(threads);
        for _ in 0..3 {
            let value = executor.run(build()).unwrap_or_else(|error| panic!("{name}: {}", error.report()));
            assert_eq!(value, expected, "{name}, on {threads} threads");
        }
    }
    agree_each_time(name, &expected, build());
}

/// Programs whose graph runs only once: they move maps, whose keys go with them; or plain values that stand where a lazy one could
/// (`if c { 1 } else { f(x) }` by macros), whose type shows nowhere before the function that takes them, isn't `Clone`, or is a type
/// parameter that needn't be.
const ONCE: [&str; 25] = [
    "turbofishes",
    "parsed_now",
    "returned_collections",
    "nested_collections",
    "maps",
    "lists_in_a_map",
    "inferred",
    "hash_maps",
    "grouped_in_a_map",
    "generic_pair",
    "function_pointers",
    "defaults_of_options",
    "collected_for_a_call",
    "closure_without_types",
    "entry_inserted",
    "entry_assigned",
    "error_converted",
    "error_converted_by_path",
    "error_or_else",
    "ok_by_a_macro",
    "associated_mix",
    "fragments_stay_whole",
    "macros_over_plain_values",
    "negative_fragments",
    "patterns_of_plain_values",
];

/// Runs one graph more than once, if it can be.
fn agree_each_time<T: Send + PartialEq + Debug>(name: &str, expected: &T, node: Node<'_, T>) {
    let mut graph = match Node::prepare(node) {
        Ok(graph) => graph,
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::RunsOnce { .. }) && ONCE.contains(&name), "{name}: {error}");
            return;
        }
    };
    let executors = (SerialExecutor::new(), SerialExecutor::shuffled(1), ParallelExecutor::with_threads(2));
    for round in 0..3 {
        let values = [
            executors.0.run_prepared(&mut graph),
            executors.1.run_prepared(&mut graph),
            executors.2.run_prepared(&mut graph),
        ];
        for value in values {
            let value = value.unwrap_or_else(|error| panic!("{name}: {}", error.report()));
            assert_eq!(value, *expected, "{name}, run again, round {round}");
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
    plain::resized_with_lazy: (1);
    plain::inserted_if_none: (1);
    plain::pushed_through_a_reference: (1);
    plain::pushed_in_a_match: (1);
    plain::entry_assigned: (1);
    plain::pushed_in_a_block: (3);
    plain::inserted_lazy_local: (2);
    plain::spliced: (2);
    plain::entry_inserted: (2);
    plain::bound_by_a_macro: (0) (2);
    plain::ok_by_a_macro: (0) (2);
    plain::error_converted: (0) (2);
    plain::error_or_else: (0) (2);
    plain::error_converted_by_path: (0) (2);
    plain::error_by_name: (0) (2);
    plain::upper_case_in_a_match: (Some(3)) (None);
    plain::upper_case_in_if_let: (Some(3)) (None);
    plain::upper_case_in_a_slice: (&[4, 5]) (&[4]);
    plain::upper_case_guarded: (5) (2);
    plain::upper_case_bound: (5) (2);
    plain::beside_a_static_value: (5) (2);
    questions::in_a_row: (1, 2, 3) (-1, 3, -2) (1, 3, -2) (1, 2, -3);
    questions::on_the_spot: (1, 2) (-1, 3) (1, 3);
    questions::options_in_a_row: (5) (1) (0);
    questions::parsed_now: ("7", 2) ("x", 2) ("x", -2) ("-7", 2);
    questions::computed_ahead: (1, 2) (-1, 200);
    questions::in_a_loop: (&[2, 4]) (&[2, 3, -1]) (&[2, -1, 3]) (&[]);
    questions::answers_pushed: (&[2, 4]) (&[2, -4]);
    questions::statement: (1) (-1);
    questions::recursive_with_errors: (2) (5) (0);
    questions::given_on: (2) (3) (-1);
    questions::updated_value: (4) (3) (-1);
    questions::method_after_a_question: (4) (-3);
    newcomers::elements_added: (&[1.0, 2.0, 4.0]);
    newcomers::last_element: (5) (2);
    newcomers::sum_in_a_loop: (&[1.0, 2.0, 4.0]);
    newcomers::sum_by_reference: (&[1.0, 2.0, 4.0]);
    newcomers::folded: (&[1.0, 2.0, 4.0]);
    newcomers::mapped_with_operators: (&[1.0, 2.0, 4.0]);
    newcomers::greatest: (&[1.0, 2.0, 4.0]);
    newcomers::greatest_in_a_loop: (&[1.0, 2.0, 4.0]);
    newcomers::element_updated: (3);
    newcomers::parts_of_a_tuple: (1.5);
    newcomers::array_taken_apart: (4);
    newcomers::option_unwrapped: (1.5);
    newcomers::zipped_with_plain: (&[1.0, 2.0, 4.0]);
    newcomers::upper_case: (3);
    newcomers::left_out_by_cfg: (3);
    newcomers::cfg_in_a_list: (3);
    newcomers::loop_over_a_local: (3);
    newcomers::closures_with_captured_variables: (4);
    newcomers::grouped_in_a_map: (5);
    newcomers::closure_of_lazy_values: (3);
    newcomers::recursion_in_an_impl_block: (7);
    newcomers::methods_that_are_graphs: (2, 3) (0, 2);
    newcomers::inferred: ("1.5", 2.5);
    newcomers::collected_for_a_call: (3);
    newcomers::defaults_of_options: (Some(3), Ok(4)) (None, Err("wrong".to_owned()));
    newcomers::lazy_values_collected_for_a_call: (4);
    newcomers::lent_by_methods_of_a_local: (12);
    newcomers::closure_without_types: (3);
    newcomers::temporaries_lent: (3);
    newcomers::mapped_by_name: (3);
    newcomers::game_of_life_by_rows: (4);
    newcomers::filtered_in_the_closure: (5);
    newcomers::chunks_of_a_local: (5);
    newcomers::words_of_a_local: (String::from(" a bc def "));
    newcomers::named_values: (vec![(String::from("a"), 1.5), (String::from("bc"), 2.5)]);
    newcomers::option_assigned: (0) (1) (5);
    newcomers::option_assigned_both: (5) (2) (0);
    newcomers::lists_in_a_map: (5);
    newcomers::options_in_a_list: (5);
    newcomers::map_with_lazy_values: (5);
    newcomers::tuple_half_lazy: (5);
    newcomers::tuple_half_lazy_matched: (0) (1) (5);
    newcomers::tuple_folded: (&[3, 1, 2]) (&[]);
    newcomers::elements_changed: (4);
    newcomers::boxed_slice: (4);
    newcomers::seven_parts: (4);
    newcomers::closure_called_at_once: (4);
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
    collections::reversed_tail: (4);
    collections::reversed_written: (4);
    collections::part_of_nodes: (4);
    collections::cloned_nodes: (3);
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
    methods::builder_as_statement: (4);
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
    algorithms::life: (6, 4);
    algorithms::mandelbrot: (12, 8);
    algorithms::queens: (6);
    algorithms::knapsack: (&[(3, 4), (4, 5), (2, 3)], 6);
    algorithms::knapsack_in_place: (&[(3, 4), (4, 5), (2, 3)], 6);
    algorithms::kmeans: (vec![1.0, 2.0, 10.0, 11.0, 30.0], 3);
    algorithms::floyd_in_place: (5);
    algorithms::floyd_by_value: (5);
    algorithms::word_count: ("a b c a b a d e a", 3);
    algorithms::stencil: (8, 5);
    shapes::labelled_break_value: (5);
    shapes::shadowed_by_closure: (4);
    shapes::shadowed_by_pattern: (4);
    shapes::closure_called_twice: (4);
    shapes::fold_both_ways: (&[1, 2, 3]);
    shapes::fold_from_lazy: (&[1, 2, 3]);
    shapes::operator_chains: (3, 4);
    shapes::plain_and_lazy_elements: (3);
    shapes::plain_vec_changed_between: (3);
    shapes::lent_local_changed_after: (3);
    shapes::split_at_mut_tasks: (vec![4, 3, 2, 1, 9]);
    shapes::option_chains: (3);
    shapes::results_as_values: ("12", "x");
    shapes::tuple_fields: (3);
    shapes::while_with_continue: (20);
    shapes::flat_map_tail: (&[1, 2, 3]);
    shapes::trait_methods: (3);
    shapes::enum_recursion: (2);
    effects::effects_everywhere: (4);
    effects::effects_before_return: (4) (0);
    effects::effects_of_overwritten: (4);
    effects::update_of_element: (4);
    effects::update_of_copy: (4);
    effects::update_of_collected: (3);
    effects::update_through_closure: (3);
    effects::update_in_branches: (3) (7);
    effects::moves_in_labelled_loop: (3);
    effects::move_before_break: (3);
    shapes::copies_then_updates: (3);
    shapes::captured_by_inner_closures: (3);
    shapes::captured_parts: (3);
    shapes::match_arms: (3) (1) (9);
    shapes::if_let_and_while_let: (Some(2)) (None);
    shapes::string_in_place: (3);
    shapes::nested_collections: (3);
    shapes::returned_collections: (3);
    shapes::returned_result: (3);
    shapes::generic_recursion: (vec![3, 1, 2]);
    shapes::associated_mix: (3.0);
    effects::effects_of_left_over: (0) (1) (5);
    shapes::trait_argument: (3);
    shapes::moved_or_read: (3) (0);
    algorithms::slices_of_lazy: (&[5, 3, 8, 1, 9, 2], 2);
    algorithms::recursive_max: (&[5, 3, 8, 1, 9, 2]);
    algorithms::recursive_sort: (vec![5, 3, 8, 1, 9, 2]);
    algorithms::matrix_product: (4);
    algorithms::breadth_first: (0);
    algorithms::sort_dedup: (vec![3, 1, 3, 2, 1]);
    shapes::compound_operators: (5);
    shapes::strings_compared: (5);
    shapes::boolean_operators: (5);
    effects::updates_in_argument_order: (5);
    effects::updates_and_reads_in_order: (5);
    shapes::dereferences: (5);
    shapes::let_of_reference: (5);
    shapes::swap_take_replace: (5);
    algorithms::fibonacci_loop: (10);
    shapes::self_by_each_way: (4);
    variables::carried_around_a_loop: (4);
    variables::ping_pong_by_parity: (4);
    variables::ping_pong_by_tuple: (4);
    variables::ping_pong_by_moves: (4);
    variables::option_as_state: (4);
    variables::closures_in_closures: (3);
    variables::closure_with_state: (3);
    variables::move_before_return: (5) (2);
    variables::clone_between_updates: (5);
    variables::cast_chains: (5);
    variables::array_elements: (5);
    variables::declared_in_branches: (1) (2) (3);
    variables::shadowed_by_other_types: (5);
    variables::updates_in_branches: (5);
    variables::assigned_tuples: (10);
}

agree! {
    homes::trait_methods_by_reference: (3);
    homes::trait_methods_by_value: (3);
    homes::trait_method_in_place: (3);
    homes::generic_trait_methods: (3);
    homes::trait_method_with_named_lifetime: (" abc ");
    homes::bounded_by_a_trait: (3);
    homes::by_dyn: (3);
    homes::dyn_parameter: (3);
    homes::methods_of_a_borrowing_type: (&[1, 2, 3]);
    homes::methods_of_a_generic_type: (String::from("old"));
    homes::several_lifetimes: (&[1, 2, 3], &[4], "abc") (&[1], &[4], "abc");
    homes::higher_ranked_closures: (3);
    homes::function_pointers: (3);
    homes::const_generics: (3);
    homes::attributes_kept: (3);
    homes::unsafe_calls: (3);
    homes::unsafe_methods: (3);
    homes::unsafe_questions: (3) (1) (-1);
    homes::unsafe_statements: (3);
    homes::types_stay_whole: (3);
    homes::unsafe_in_expressions: (&[1, 2, 3]) (&[1]);
    homes::without_prelude: (3) (5);
    homes::questions_without_prelude: ("3") ("x");
    homes::options_without_prelude: (Some(3)) (None);
    homes::types_like_ours: (3) (-1);
    homes::functions_like_ours: (3);
    homes::variables_like_ours: (3, 4);
    homes::variables_like_ours_with_questions: ("3", 4) ("x", 4);
    homes::by_expression: (3);
    homes::by_operators: (3);
    homes::by_block_expression: (3);
    homes::by_block: (3, &[1, 2]);
    homes::by_second_block: (3);
    homes::by_path: (3);
    homes::by_longer_path: (3);
    homes::by_item: (3);
    homes::by_tokens: (3);
    homes::by_statements: (3);
    homes::by_operator: (3, "abc");
    homes::macros_inside: (3);
    homes::fragments_stay_whole: (3);
    homes::negative_fragments: (3);
    homes::associated_with_nameless: (3);
    homes::by_crate_path: (3);
}

#[test]
fn fragments_of_macros_are_taken_as_a_whole() {
    assert_eq!(serial::homes::by_operator(3, "abc"), 9 - 3 - (3 + 1) * 4);
    assert_eq!(serial::homes::fragments_stay_whole(3), [36, 8, 4, 2, 25, 28, 24, 5, 20]);
    assert_eq!(serial::homes::negative_fragments(3), [-27, -6, -3, 2, -3, -21, -18, 12, 12]);
}

// What the macro makes of these is stored beside them.
agree! {
    expand_chain::chain: (4);
    expand_reads_and_moves::reads_and_moves: (4);
    expand_update::update: (4);
    expand_tuple::tuple: (&[1, 2, 3, 4]);
    expand_collection::collection: (&[3, 5]) (&[]);
    expand_accumulator::accumulator: (&[1.0, 2.0, 3.0]) (&[]);
    expand_methods_and_operators::methods_and_operators: (4);
    expand_subgraph::subgraph: (7);
    expand_effects::effects: (4);
    expand_question::question: ("1", "2") ("x", "2") ("1", "y");
    expand_associated_function::associated_function: (&[1.0, 2.0, 3.0], 2.0);
    expand_label::label: (4);
    expand_remote::remote: (&[1.0, 2.5]);
}

// The forms that docs/constructs.md names and no other family has.
agree! {
    constructs::literals_of_each_kind: ();
    constructs::items_inside: (3);
    constructs::statements_that_do_nothing: (3);
    constructs::lets_with_types: (3);
    constructs::const_blocks: (3);
    constructs::unsafe_of_plain_values: (&[4, 5]);
    constructs::labelled_blocks: (2) (3) (5);
    constructs::borrows_and_dereferences: (3);
    constructs::plain_operators: (1, true) (2, false) (9, true);
    constructs::lazy_operators: (1) (9);
    constructs::assigned_patterns: (3);
    constructs::lists_and_repeats: (3);
    constructs::indices: (4);
    constructs::tuples_and_their_parts: (3);
    constructs::structs_as_arguments: (3);
    constructs::paths: (3);
    constructs::turbofishes: ("5") ("x");
    constructs::closures_of_each_kind: (3);
    constructs::loops_of_each_kind: (2) (6);
    constructs::ranges: (2) (5);
    constructs::conditions: (2, None) (2, Some(1)) (2, Some(3)) (5, None) (101, Some(5));
    constructs::returns_inside_expressions: (None) (Some(0)) (Some(2)) (Some(5));
    constructs::patterns_of_plain_values:
        (0, 0, &[], "") (2, 5, &[1], "a") (4, 6, &[1, 2, 1], "b") (7, 42, &[1, 2, 3], "no") (8, 22, &[], "z")
        (-3, 32, &[], "") (12, 0, &[], "") (13, 10, &[], "");
    constructs::patterns_in_lets: (3);
    constructs::patterns_in_parameters: (3);
    constructs::macros_over_plain_values: (2) (9);
    constructs::attributes_on_statements: (1) (2) (5);
    constructs::options_on_statements: (1) (2) (5);
    constructs::raw_names: (3);
    constructs::methods_of_traits: (3);
    constructs::trait_objects: (3);
    constructs::parentheses: (3);
    constructs::blocks_as_arguments: (1) (5);
    constructs::tuple_of_eight: (3);
    constructs::empty_statements: (3);
}
