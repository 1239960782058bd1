//! Failures are values: what an error says, what goes on without it, and that nothing is left behind.

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use common::{Counted, Executor, Tally};
use dispatcher_core::{
    Cloned, CollectNode, DataNode, DependencyError, DispatchGraph, ErrorKind, IndexNode, Node, Op, ParallelExecutor,
    SerialExecutor,
};

fn bad() -> Node<'static, u64> {
    Op::new("bad", (), |()| panic!("no such number"))
}

fn message(error: &DependencyError) -> String {
    match error.kind() {
        ErrorKind::Panicked(panic) => panic.message().into_owned(),
        other => panic!("{other:?}"),
    }
}

fn labels(error: &DependencyError) -> Vec<&str> {
    error.chain().iter().map(|link| link.label.as_str()).collect()
}

fn ids(error: &DependencyError) -> Vec<Option<usize>> {
    error.chain().iter().map(|link| link.id).collect()
}

#[test]
fn an_error_names_the_operation_its_place_the_cause_and_the_way() {
    for executor in Executor::all() {
        let first = Op::new("first", (), |()| 1_u64);
        let line = line!() + 1;
        let bad = Op::new("parse", (&first,), |(_,): (&u64,)| -> u64 { panic!("no {}", "number") });
        let middle = Op::new("middle", (bad, first), |(a, b)| a + b);
        let _aside = Op::new("aside", (&middle,), |(n,)| n + 2);
        let end = Op::new("end", (&middle,), |(n,)| n + 1);
        let graph = DispatchGraph::new(&end);
        let error = executor.run(end).expect_err("parse panics");
        assert_eq!(error.label(), "parse");
        assert_eq!(graph.nodes()[error.node()].label, "parse");
        assert_eq!(message(&error), "no number");
        let place = error.location().expect("known");
        assert_eq!((place.file, place.line, place.column), (file!(), line, 19));
        assert_eq!(labels(&error), ["parse", "middle", "end"]);
        assert_eq!(ids(&error), [Some(1), Some(2), Some(3)]);
        let at = |line, column| format!("{}:{line}:{column}", file!());
        let (first, parse, middle, end) = (at(line - 2, 21), at(line, 19), at(line + 1, 22), at(line + 3, 19));
        assert_eq!(error.to_string(), format!("`parse` at {parse} panicked: no number; needed by %3 `end` at {end}"));
        assert_eq!(
            error.report(),
            format!(
                "`parse` at {parse} panicked: no number\n  given &%0 `first` at {first}\n  needed by %2 `middle` at {middle}\n  needed by %3 `end` at {end}"
            )
        );
        assert_eq!(format!("{error:?}"), format!("DependencyError({error})"));
    }
}

#[test]
fn an_output_that_fails_itself_is_its_own_chain() {
    let error = SerialExecutor::new().run(bad()).expect_err("bad panics");
    assert_eq!((error.node(), labels(&error)), (0, vec!["bad"]));
    assert!(!error.to_string().contains("needed by"));
    assert!(!error.report().contains("needed by"));
}

#[test]
fn a_payload_that_is_no_text_can_be_looked_at() {
    let node: Node<'_, ()> = Op::new("odd", (), |()| std::panic::panic_any(42_i32));
    let error = SerialExecutor::new().run(node).expect_err("odd panics");
    let ErrorKind::Panicked(panic) = error.kind() else { panic!("{error}") };
    assert_eq!(panic.with_payload(|payload| payload.downcast_ref().copied()), Some(42));
    assert_eq!(panic.message(), "(the panic's payload is no text)");
}

#[test]
fn a_failure_in_a_subgraph_is_told_with_the_operation_that_gave_it() {
    for executor in Executor::all() {
        let sub = Op::graph("sub", (), |(), _| Op::new("after", (bad(),), |(n,)| n + 1));
        let end = Op::new("end", (sub,), |(n,)| n + 1);
        let error = executor.run(end).expect_err("bad panics");
        assert_eq!((error.label(), error.node()), ("bad", 0));
        assert_eq!(labels(&error), ["bad", "after", "sub", "end"]);
        assert_eq!(ids(&error), [None, None, Some(0), Some(1)]);
        assert_eq!(message(&error), "no such number");
    }
}

#[test]
fn a_failure_in_a_subgraph_of_a_subgraph_has_every_level_in_its_chain() {
    for executor in Executor::all() {
        let outer = Op::graph("outer", (), |(), _| {
            let inner = Op::graph("inner", (), |(), _| Op::new("after", (bad(),), |(n,)| n + 1));
            Op::new("between", (inner,), |(n,)| n + 1)
        });
        let error = executor.run(outer).expect_err("bad panics");
        assert_eq!(labels(&error), ["bad", "after", "inner", "between", "outer"]);
        assert_eq!(ids(&error).last(), Some(&Some(0)));
    }
}

#[test]
fn an_operation_that_panics_instead_of_giving_a_subgraph_fails_itself() {
    for executor in Executor::all() {
        let sub = Op::graph("sub", (), |(), _| -> Node<'_, u64> { panic!("no graph") });
        let error = executor.run(sub).expect_err("sub panics");
        assert_eq!((error.label(), message(&error).as_str(), error.node()), ("sub", "no graph", 0));
    }
}

#[test]
fn an_index_out_of_bounds_is_an_error_of_the_index_node() {
    let list = DataNode::new(vec![1, 2]);
    let error = SerialExecutor::new().run(IndexNode::new(&list, 5)).expect_err("out of bounds");
    assert_eq!((error.label(), error.node()), ("[5]", 1));
}

#[test]
fn a_clone_that_panics_is_an_error_of_the_operation_that_wants_it() {
    #[derive(Debug)]
    struct Single;
    impl Clone for Single {
        fn clone(&self) -> Self {
            panic!("there is only one")
        }
    }
    for executor in Executor::all() {
        let tally = Tally::new();
        let captured = tally.value(0);
        let single = DataNode::new(Single);
        let node = Op::new("twice", (Cloned(&single),), move |(_,): (Single,)| captured);
        let error = executor.run(node).expect_err("the clone panics");
        assert_eq!((error.label(), message(&error).as_str()), ("twice", "there is only one"));
        tally.assert_settled();
        assert!(executor.run(single).is_ok(), "the value itself is whole");
    }
}

#[test]
fn without_fail_fast_independent_outputs_are_computed_and_the_others_say_why_not() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let ran = Arc::new(AtomicUsize::new(0));
        let bad = bad();
        let outputs: Vec<Node<'_, u64>> = (0..20_u64)
            .map(|n| {
                let ran = Arc::clone(&ran);
                let own = Op::new("own", (), move |()| {
                    ran.fetch_add(1, Ordering::Relaxed);
                    n
                });
                if n % 4 == 3 { Op::new("both", (own, &bad), |(n, bad)| n + bad) } else { own }
            })
            .collect();
        let results = executor.run_all(outputs);
        for (n, result) in (0_u64..).zip(&results) {
            match result {
                Ok(value) => assert_eq!((*value, n % 4 == 3), (n, false)),
                Err(error) => assert_eq!((error.label(), labels(error), n % 4), ("bad", vec!["bad", "both"], 3)),
            }
        }
        assert_eq!(ran.load(Ordering::Relaxed), 20, "what an output that fails needs besides is independent too");
    }
}

#[test]
fn with_fail_fast_nothing_more_starts_and_the_rest_is_stopped() {
    for executor in Executor::all().into_iter().take(2) {
        let ran = Arc::new(AtomicUsize::new(0));
        let late = (0..5).map(|n| {
            let ran = Arc::clone(&ran);
            Op::new("late", (), move |()| {
                ran.fetch_add(1, Ordering::Relaxed);
                n
            })
        });
        let outputs: Vec<Node<'_, u64>> = std::iter::once(bad()).chain(late).collect();
        let results = executor.run_all(outputs);
        assert_eq!(ran.load(Ordering::Relaxed), 0, "{executor:?}");
        assert_eq!(message(results[0].as_ref().expect_err("bad panics")), "no such number");
        for result in &results[1..] {
            let error = result.as_ref().expect_err("stopped");
            assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
            assert_eq!(error.label(), "bad", "it says what stopped it");
            assert!(error.to_string().starts_with("stopped before it was computed: `bad`"), "{error}");
            assert!(error.report().contains("the run was stopped"), "{}", error.report());
        }
    }
}

#[test]
fn what_was_computed_before_a_failure_is_handed_out_all_the_same() {
    let early = Op::new("early", (), |()| 5);
    let results = SerialExecutor::new().run_all([early, bad()]);
    assert_eq!(results[0].as_ref().ok(), Some(&5));
    assert!(results[1].is_err());
}

#[test]
fn the_first_built_failure_is_the_one_that_is_told() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let fails: Vec<_> =
            (0..4).map(|n| Op::new(&format!("fail {n}"), (), move |()| -> u64 { panic!("{n}") })).collect();
        let all = Op::new("all", (CollectNode::new(fails),), |(all,)| all.len());
        let error = executor.run(all).expect_err("all panic");
        assert_eq!((error.label(), message(&error).as_str()), ("fail 0", "0"));
    }
}

#[test]
fn a_failed_reader_does_not_keep_the_next_user_of_the_value_from_running() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let value = Op::new("value", (), |()| 5_u64);
        let reader = Op::new("reader", (&value,), |(_,): (&u64,)| -> u64 { panic!("no") });
        let taker = Op::new("taker", (value,), |(value,)| value + 1);
        let results = executor.run_all([reader, taker]);
        assert_eq!(results[0].as_ref().expect_err("panics").label(), "reader");
        assert_eq!(results[1].as_ref().ok(), Some(&6), "{executor:?}");
    }
}

#[test]
fn many_failed_outputs_are_told_in_no_more_than_linear_work() {
    // Quadratic work would make this test the slowest of all by far.
    for executor in Executor::all().into_iter().take(2) {
        let executor = executor.fail_fast(false);
        let bad = bad();
        let outputs: Vec<_> = (0..10_000_u64).map(|n| Op::new("out", (&bad,), move |(bad,)| bad + n)).collect();
        let results = executor.run_all(outputs);
        assert!(results.iter().all(|result| result.as_ref().is_err_and(|error| error.label() == "bad")));
    }
}

#[test]
fn a_failure_leaves_no_value_behind() {
    for fail_fast in [true, false] {
        for executor in Executor::all() {
            let executor = executor.fail_fast(fail_fast);
            let tally = Tally::new();
            let make = |n| {
                let tally = Arc::clone(&tally);
                Op::new("make", (), move |()| tally.value(n))
            };
            let (mut a, b, c) = (make(1), make(2), make(3));
            let captured = tally.value(4);
            // Fails with a value moved, one lent, one updated, and one captured.
            let fails = Op::new("fails", (&mut a, &b, c), move |(a, b, c): (&mut Counted, &Counted, Counted)| {
                let _all = (a, b, c, &captured);
                panic!("in the middle")
            });
            let next = Op::new("next", (fails, &a), |((), a): ((), &Counted)| a.clone());
            let rest = (0..10).map(make);
            let results = executor.run_all(std::iter::once(next).chain(rest).chain([b, a]));
            assert!(results[0].is_err());
            drop(results);
            tally.assert_settled();
        }
    }
}

#[test]
fn a_failed_subgraph_leaves_no_value_behind() {
    for fail_fast in [true, false] {
        for executor in Executor::all() {
            let executor = executor.fail_fast(fail_fast);
            let tally = Tally::new();
            let lent = {
                let tally = Arc::clone(&tally);
                Op::new("lent", (), move |()| tally.value(1))
            };
            let inside = Arc::clone(&tally);
            let sub = Op::graph("sub", (&lent,), move |(lent,): (&Counted,), _| {
                let own = DataNode::opaque(inside.value(2));
                let done = Op::new("done", (&own,), |(own,): (&Counted,)| own.clone());
                let tally = Arc::clone(&inside);
                let inner = Op::graph("inner", (own,), move |(own,): (Counted,), _| {
                    let captured = tally.value(3);
                    Op::new("late", (bad(),), move |(_,): (u64,)| {
                        drop((captured, own));
                        lent.value
                    })
                });
                Op::new("sum", (done, inner), |(done, inner): (Counted, u64)| done.value + inner)
            });
            let result = executor.run(sub);
            assert_eq!(result.expect_err("bad panics").label(), "bad");
            assert_eq!(tally.alive(), 1, "what is lent has a handle");
            assert_eq!(executor.run(lent).expect("it was computed").value, 1);
            tally.assert_settled();
        }
    }
}

#[test]
fn an_executor_is_usable_after_failures() {
    for executor in Executor::all() {
        for round in 0..50_u64 {
            assert!(executor.run(bad()).is_err());
            let fine = Op::new("fine", (), move |()| round);
            assert_eq!(executor.run(fine).expect("runs"), round);
        }
    }
}

#[test]
fn what_was_stopped_runs_in_a_later_run() {
    for executor in Executor::all() {
        let wanted = Op::new("wanted", (), |()| 3_u64);
        let bad = bad();
        let needs_both = Op::new("both", (&bad, &wanted), |(a, b)| a + b);
        assert!(executor.run(needs_both).is_err());
        assert_eq!(executor.run(wanted).expect("it hasn't failed"), 3);
        let again = executor.run(bad).expect_err("it has failed");
        assert_eq!(message(&again), "no such number", "it isn't run again");
    }
}

#[test]
fn a_value_that_an_earlier_run_moved_is_gone() {
    for executor in Executor::all() {
        let value = Op::new("value", (), |()| vec![1]);
        let reader = Op::new("reader", (&value,), |(value,)| value.len());
        let end = Op::new("end", (reader,), |(n,)| n);
        let taker = Op::new("taker", (value,), |(value,)| value.len());
        assert_eq!(executor.run(taker).expect("runs"), 1);
        let error = executor.run(end).expect_err("the value is gone");
        assert!(matches!(error.kind(), ErrorKind::ValueGone), "{error}");
        assert_eq!((error.label(), labels(&error)), ("reader", vec!["reader", "end"]));
        assert!(error.to_string().contains("needs the value of `value`, which an earlier run has moved"), "{error}");
    }
}

#[test]
fn a_version_that_an_earlier_run_updated_is_gone_for_its_old_readers() {
    for executor in Executor::all() {
        let mut value = Op::new("value", (), |()| 1_u64);
        let old = Op::new("old", (&value,), |(value,)| *value);
        let update = Op::new("update", (&mut value,), |(value,): (&mut u64,)| *value += 1);
        executor.run(update).expect("runs");
        let new = Op::new("new", (&value,), |(value,)| *value);
        assert!(matches!(executor.run(old).expect_err("gone").kind(), ErrorKind::ValueGone));
        assert_eq!(executor.run(new).expect("the new version is there"), 2);
        assert_eq!(executor.run(value).expect("the new version is there"), 2);
    }
}

#[test]
fn an_update_that_fails_takes_the_value_with_it() {
    for executor in Executor::all() {
        let mut value = Op::new("value", (), |()| 1_u64);
        let old = Op::new("old", (&value,), |(value,)| *value);
        let update = Op::new("update", (&mut value,), |(value,): (&mut u64,)| {
            *value = 99;
            panic!("half-way")
        });
        let _: DependencyError = executor.run::<()>(update).expect_err("panics");
        assert!(matches!(executor.run(old).expect_err("gone").kind(), ErrorKind::ValueGone));
        assert_eq!(executor.run(value).expect_err("never made").label(), "update");
    }
}

#[test]
fn a_subgraph_that_fails_in_an_update_takes_the_value_with_it() {
    for executor in Executor::all() {
        let mut value = Op::new("value", (), |()| 1_u64);
        let old = Op::new("old", (&value,), |(value,)| *value);
        let update = Op::graph("update", (&mut value,), |(value,): (&mut u64,), _| {
            *value = 99;
            bad()
        });
        assert!(executor.run(update).is_err());
        assert!(matches!(executor.run(old).expect_err("gone").kind(), ErrorKind::ValueGone));
        assert_eq!(executor.run(value).expect_err("never made").label(), "bad");
    }
}

#[test]
fn an_output_of_an_earlier_run_is_gone_for_its_readers() {
    let value = Op::new("value", (), |()| 1_u64);
    let reader = Op::new("reader", (&value,), |(value,)| *value);
    assert_eq!(SerialExecutor::new().run(value).expect("runs"), 1);
    assert!(matches!(SerialExecutor::new().run(reader).expect_err("gone").kind(), ErrorKind::ValueGone));
}

#[test]
fn a_node_of_a_run_under_way_is_busy_and_the_run_goes_on() {
    for executor in Executor::all() {
        let (started, wait_for_start) = mpsc::channel();
        let (go, wait_for_go) = mpsc::channel::<()>();
        let slow = Op::new("slow", (), move |()| {
            started.send(()).expect("the test waits");
            wait_for_go.recv().expect("the test lets go");
            1_u64
        });
        let first = Op::new("first", (&slow,), |(slow,)| slow + 1);
        let second = Op::new("second", (&slow,), |(slow,)| slow + 2);
        std::thread::scope(|scope| {
            let run = scope.spawn(|| executor.run(first));
            wait_for_start.recv().expect("slow starts");
            let error = executor.run(second).expect_err("slow is busy");
            assert!(matches!(error.kind(), ErrorKind::Busy), "{error}");
            assert!(error.to_string().contains("is part of another run that is under way"), "{error}");
            let error = SerialExecutor::new().run(slow).expect_err("slow is busy");
            assert!(matches!(error.kind(), ErrorKind::Busy), "{error}");
            go.send(()).expect("slow waits");
            assert_eq!(run.join().expect("no panic").expect("the first run is undisturbed"), 2);
        });
    }
}

#[test]
fn a_node_that_was_busy_runs_when_the_other_run_is_over() {
    let executor = ParallelExecutor::with_threads(2);
    let (started, wait_for_start) = mpsc::channel();
    let (go, wait_for_go) = mpsc::channel::<()>();
    let shared = Op::new("shared", (), move |()| {
        started.send(()).expect("the test waits");
        wait_for_go.recv().expect("the test lets go");
        1_u64
    });
    let first = Op::new("first", (&shared,), |(shared,)| shared + 1);
    let also = Op::new("also", (), |()| 10_u64);
    let second = Op::new("second", (&also, &shared), |(also, shared)| also + shared);
    let third = Op::new("third", (&shared, also), |(shared, also)| shared + also);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| executor.run(first));
        wait_for_start.recv().expect("shared starts");
        assert!(executor.run(second).is_err());
        go.send(()).expect("shared waits");
        assert_eq!(run.join().expect("no panic").expect("undisturbed"), 2);
    });
    assert_eq!(executor.run(third).expect("nobody is busy"), 11);
}

#[test]
fn an_operation_that_runs_a_node_of_its_own_run_gets_busy() {
    for executor in Executor::all() {
        let shared = DataNode::new(1_u64);
        let inner = Op::new("inner", (&shared,), |(shared,)| *shared);
        let own = executor.clone();
        let outer = Op::new("outer", (shared,), move |(shared,): (u64,)| {
            (shared, matches!(own.run(inner).expect_err("busy").kind(), ErrorKind::Busy))
        });
        assert_eq!(executor.run(outer).expect("runs"), (1, true));
    }
}

#[test]
fn a_subgraph_that_needs_a_busy_node_fails_and_harms_nothing_else() {
    for executor in Executor::all() {
        let executor = executor.fail_fast(false);
        let busy = DataNode::new(1_u64);
        let free = Op::new("free", (), |()| 2_u64);
        let (of_busy, of_free) = (busy.clone(), free.clone());
        let sub = Op::graph("sub", (), move |(), _| Op::new("both", (of_busy, of_free), |(a, b)| a + b));
        let results = executor.run_all([sub, busy]);
        let error = results[0].as_ref().expect_err("busy");
        assert!(matches!(error.kind(), ErrorKind::Busy), "{error}");
        assert_eq!(results[1].as_ref().ok(), Some(&1));
        assert_eq!(executor.run(free).expect("it was never touched"), 2, "{executor:?}");
    }
}

#[test]
fn dropping_nodes_after_a_failed_run_drops_their_values() {
    let tally = Tally::new();
    let captured = tally.value(1);
    let value = {
        let tally = Arc::clone(&tally);
        Op::new("value", (), move |()| tally.value(2))
    };
    let waits = Op::new("waits", (bad(), value), move |(_, value): (u64, Counted)| (captured, value));
    let end = Op::new("end", (&waits,), |(_,)| ());
    assert!(SerialExecutor::new().fail_fast(false).run(end).is_err());
    assert_eq!(tally.alive(), 2, "it could run again");
    drop(waits);
    tally.assert_settled();
}
