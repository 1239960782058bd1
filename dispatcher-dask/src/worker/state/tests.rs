//! The rules, one by one.

use std::time::Duration;

use bytes::Bytes;

use super::story::{Story, dependency};
use super::{Limits, State};
use crate::worker::event::*;

#[test]
fn a_task_is_run_and_reported() {
    let mut story = Story::new(1);
    assert_eq!(story.compute("a", 1, &[]), ["run a on 0 inputs"]);
    assert_eq!(story.done("a"), ["finished a 1"]);
    assert_eq!(story.state.value("a").map(Bytes::len), Some(5));
}

#[test]
fn the_least_priority_is_run_first_and_of_equals_the_newest() {
    let mut story = Story::new(1);
    story.compute_at("first", 1, 5.0, &[]);
    story.compute_at("late", 1, 3.0, &[]);
    story.compute_at("old", 1, 2.0, &[]);
    story.compute_at("new", 1, 2.0, &[]);
    assert_eq!(story.done("first"), ["finished first 1", "run new on 0 inputs"]);
    assert_eq!(story.done("new"), ["finished new 1", "run old on 0 inputs"]);
    assert_eq!(story.done("old"), ["finished old 1", "run late on 0 inputs"]);
}

#[test]
fn a_result_that_is_here_is_reported_with_the_new_run() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    story.done("a");
    assert_eq!(story.compute("a", 2, &[]), ["finished a 2"]);
}

#[test]
fn a_task_under_way_takes_the_new_run() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    assert!(story.compute("a", 2, &[]).is_empty());
    story.compute_at("b", 1, 1.0, &[]);
    assert!(story.compute("b", 3, &[]).is_empty());
    assert_eq!(story.done("a"), ["finished a 2", "run b on 0 inputs"]);
    assert_eq!(story.done("b"), ["finished b 3"]);
}

#[test]
fn a_cancelled_run_says_nothing_and_keeps_its_thread() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    assert!(story.free(&["a"]).is_empty());
    assert!(story.compute("b", 1, &[]).is_empty());
    assert_eq!(story.done("a"), ["run b on 0 inputs"]);
    assert!(story.state.value("a").is_none());
}

#[test]
fn a_cancelled_run_can_be_revived() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    story.free(&["a"]);
    assert!(story.compute("a", 2, &[]).is_empty());
    assert_eq!(story.done("a"), ["finished a 2"]);
}

#[test]
fn a_cancelled_run_serves_a_task_that_needs_its_result() {
    let mut story = Story::new(2);
    story.compute("a", 1, &[]);
    story.free(&["a"]);
    assert!(story.compute("b", 1, &[("a", &["tcp://peer:1"])]).is_empty());
    assert_eq!(story.done("a"), ["add a", "run b on 1 inputs"]);
}

#[test]
fn a_failed_task_is_reported_and_can_be_asked_for_again() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    assert_eq!(story.failed("a"), ["erred a 1"]);
    assert_eq!(story.compute("a", 2, &[]), ["run a on 0 inputs"]);
}

#[test]
fn dependencies_are_fetched_together_and_then_the_task_is_run() {
    let mut story = Story::new(1);
    let needs: [(&str, &[&str]); 2] = [("x", &["tcp://peer:1"]), ("y", &["tcp://peer:1"])];
    assert_eq!(story.compute("a", 1, &needs), ["fetch x y of tcp://peer:1 as 0"]);
    assert_eq!(story.got(0, &["x", "y"]), ["add x y", "run a on 2 inputs"]);
}

#[test]
fn a_peer_that_is_lost_is_replaced_by_another_holder() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1", "tcp://peer:2"])]);
    assert_eq!(story.lost(0), ["fetch x of tcp://peer:2 as 1"]);
    assert_eq!(story.got(1, &["x"]), ["add x", "run a on 1 inputs"]);
}

#[test]
fn without_a_holder_the_scheduler_is_asked_again_and_again_more_slowly() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1"])]);
    assert_eq!(story.lost(0), ["who has x", "wake after 200 ms for AskHolders"]);
    assert!(story.holders("x", &[]).is_empty());
    let mut ring = || story.tell(Event::Due(Alarm::AskHolders));
    assert_eq!(ring(), ["who has x", "wake after 400 ms for AskHolders"]);
    assert_eq!(ring(), ["who has x", "wake after 800 ms for AskHolders"]);
    assert_eq!(ring(), ["who has x", "wake after 1000 ms for AskHolders"]);
    assert_eq!(ring(), ["who has x", "wake after 1000 ms for AskHolders"]);
    assert_eq!(story.holders("x", &["tcp://peer:2"]), ["fetch x of tcp://peer:2 as 1"]);
    story.got(1, &["x"]);
    assert!(story.tell(Event::Due(Alarm::AskHolders)).is_empty());
}

#[test]
fn the_worker_itself_is_no_holder() {
    let mut story = Story::new(1);
    let said = story.compute("a", 1, &[("x", &["tcp://here:1"])]);
    assert_eq!(said, ["who has x", "wake after 200 ms for AskHolders"]);
}

#[test]
fn a_key_that_the_peer_does_not_have_is_sought_elsewhere() {
    let mut story = Story::new(1);
    let needs: [(&str, &[&str]); 2] = [("x", &["tcp://peer:1"]), ("y", &["tcp://peer:1", "tcp://peer:2"])];
    story.compute("a", 1, &needs);
    assert_eq!(story.got(0, &["x"]), ["add x", "fetch y of tcp://peer:2 as 1"]);
}

#[test]
fn a_busy_peer_is_left_alone_for_a_while() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1"])]);
    let busy = Event::Fetched { flight: FlightId(0), result: FetchResult::Busy };
    assert_eq!(story.tell(busy), ["wake after 150 ms for PeerIdle(\"tcp://peer:1\")"]);
    let rung = story.tell(Event::Due(Alarm::PeerIdle("tcp://peer:1".into())));
    assert_eq!(rung, ["fetch x of tcp://peer:1 as 1"]);
}

#[test]
fn what_was_asked_of_a_peer_that_left_is_asked_of_another() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1", "tcp://peer:2"])]);
    assert_eq!(story.tell(Event::PeerLeft("tcp://peer:1".into())), ["fetch x of tcp://peer:2 as 1"]);
    // The old connection gives its answer after all.
    assert!(story.got(0, &["x"]).is_empty());
    assert_eq!(story.got(1, &["x"]), ["add x", "run a on 1 inputs"]);
}

#[test]
fn a_fetch_that_nobody_waits_for_any_more_is_dropped() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1"])]);
    assert!(story.free(&["a"]).is_empty());
    assert!(story.got(0, &["x"]).is_empty());
    story.state.check_empty();
}

#[test]
fn a_fetched_key_that_is_to_be_computed_needs_no_run() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[("x", &["tcp://peer:1"])]);
    assert!(story.compute("x", 7, &[]).is_empty());
    assert_eq!(story.got(0, &["x"]), ["finished x 7", "run a on 1 inputs"]);
}

#[test]
fn fetches_keep_to_the_limits() {
    let mut limits = Limits::new(1);
    (limits.fetches, limits.fetches_per_peer, limits.fetch_bytes) = (3, 2, 25);
    let mut story = Story::with(limits);
    let keys = ["p", "q", "r", "s", "t"];
    let one: &[&str] = &["tcp://peer:1"];
    let said = story.compute("a", 1, &keys.map(|key| (key, one)));
    assert_eq!(said, ["fetch p q of tcp://peer:1 as 0", "fetch r s of tcp://peer:1 as 1"]);
    assert_eq!(story.got(0, &["p", "q"]), ["add p q", "fetch t of tcp://peer:1 as 2"]);
}

#[test]
fn a_freed_result_is_dropped_and_the_scheduler_hears_of_it() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    story.done("a");
    assert_eq!(story.free(&["a", "unknown"]), ["released a"]);
    story.state.check_empty();
}

#[test]
fn a_needless_copy_is_dropped_unless_a_task_here_needs_it() {
    let mut story = Story::new(1);
    story.compute("busy", 1, &[]);
    story.tell(Event::Stored(vec![("x".into(), Bytes::from_static(b"x")), ("y".into(), Bytes::new())]));
    story.compute("a", 1, &[("x", &["tcp://here:1"])]);
    let said = story.tell(Event::ReplicasRemoved(vec!["x".into(), "y".into()]));
    assert_eq!(said, ["released y", "add x"]);
}

#[test]
fn copies_are_fetched_at_the_scheduler_s_wish() {
    let mut story = Story::new(1);
    let said = story.tell(Event::ReplicasAsked(vec![dependency("x", &["tcp://peer:1"])]));
    assert_eq!(said, ["fetch x of tcp://peer:1 as 0"]);
    assert_eq!(story.got(0, &["x"]), ["add x"]);
    assert_eq!(story.tell(Event::ReplicasAsked(vec![dependency("x", &["tcp://peer:1"])])), ["add x"]);
}

#[test]
fn what_has_not_started_can_be_stolen_and_nothing_else() {
    let mut story = Story::new(1);
    story.compute("runs", 1, &[]);
    story.compute("ready", 1, &[]);
    story.compute("waits", 1, &[("x", &[])]);
    assert_eq!(story.steal("ready"), ["steal ready: ready"]);
    assert_eq!(story.steal("waits"), ["steal waits: waiting"]);
    assert_eq!(story.steal("runs"), ["steal runs: executing"]);
    assert_eq!(story.steal("unknown"), ["steal unknown: unknown"]);
    story.done("runs");
    assert_eq!(story.steal("runs"), ["steal runs: memory"]);
    assert_eq!(story.state.counts().memory, 1);
}

#[test]
fn cancelling_reaches_what_has_not_started() {
    let mut story = Story::new(1);
    story.compute("runs", 1, &[]);
    story.compute("ready", 1, &[]);
    story.tell(Event::ComputeCancelled("ready".into()));
    story.tell(Event::ComputeCancelled("runs".into()));
    assert_eq!(story.done("runs"), ["finished runs 1"]);
}

#[test]
fn resources_bound_what_runs() {
    let mut limits = Limits::new(4);
    limits.resources.insert("gpu".to_owned(), 1.0);
    let mut story = Story::with(limits);
    let mut compute = |key: &str, amount| {
        let resources = vec![("gpu".to_owned(), amount), ("rs".to_owned(), 0.0)];
        let (dependencies, payload) = (Vec::new(), Some(Bytes::new()));
        let compute = Compute { key: key.into(), run_id: 1, priority: vec![0.0], dependencies, payload, resources };
        story.tell(Event::ComputeAsked(Box::new(compute)))
    };
    assert_eq!(compute("a", 1.0), ["run a on 0 inputs"]);
    assert!(compute("b", 1.0).is_empty());
    assert_eq!(compute("c", 0.0), ["run c on 0 inputs"]);
    assert_eq!(story.done("a"), ["finished a 1", "run b on 0 inputs"]);
}

#[test]
fn fractions_of_a_resource_add_up_to_all_of_it() {
    let mut limits = Limits::new(4);
    limits.resources.insert("gpu".to_owned(), 0.3);
    let mut story = Story::with(limits);
    let compute = |key: &str, amount| {
        let (dependencies, payload, resources) = (Vec::new(), Some(Bytes::new()), vec![("gpu".to_owned(), amount)]);
        let compute = Compute { key: key.into(), run_id: 1, priority: vec![0.0], dependencies, payload, resources };
        Event::ComputeAsked(Box::new(compute))
    };
    for key in ["a", "b", "c"] {
        story.tell(compute(key, 0.1));
    }
    for key in ["a", "b", "c"] {
        story.done(key);
    }
    assert_eq!(story.tell(compute("d", 0.3)), ["run d on 0 inputs"]);
}

#[test]
fn a_worker_that_holds_too_much_runs_one_task_at_a_time() {
    let mut limits = Limits::new(2);
    limits.memory = Some(4);
    let mut story = Story::with(limits);
    story.compute("a", 1, &[]);
    assert_eq!(story.done("a"), ["finished a 1"]);
    // It holds five bytes, and has nothing to do: it takes what comes.
    assert_eq!(story.compute("b", 1, &[]), ["paused", "run b on 0 inputs"]);
    assert!(story.compute("c", 1, &[("a", &[])]).is_empty());
    assert_eq!(story.done("b"), ["finished b 1", "run c on 1 inputs"]);
    assert!(story.free(&["a", "b"]).starts_with(&["released a".to_owned(), "released b".to_owned()]));
    assert_eq!(story.state.status, Status::Running);
}

#[test]
fn a_paused_worker_fetches_where_it_has_nothing_else_to_do() {
    let mut limits = Limits::new(2);
    limits.memory = Some(4);
    let mut story = Story::with(limits);
    story.compute("a", 1, &[]);
    story.done("a");
    let peers: [(&str, &[&str]); 2] = [("x", &["tcp://peer:1"]), ("y", &["tcp://peer:2"])];
    assert_eq!(story.compute("b", 1, &peers), ["paused", "fetch x of tcp://peer:1 as 0"]);
    assert_eq!(story.got(0, &["x"]), ["add x", "fetch y of tcp://peer:2 as 1"]);
    assert_eq!(story.got(1, &["y"]), ["add y", "run b on 2 inputs"]);
    assert_eq!(story.done("b"), ["finished b 1", "running"]);
}

#[test]
fn a_worker_that_retires_hands_back_what_has_not_started() {
    let mut story = Story::new(1);
    story.compute("a", 1, &[]);
    story.compute("b", 1, &[]);
    story.compute("c", 1, &[("b", &[])]);
    assert_eq!(story.tell(Event::RetireAsked), ["reschedule b", "reschedule c", "closing_gracefully"]);
    assert_eq!(story.compute("d", 1, &[]), ["reschedule d"]);
    assert_eq!(story.done("a"), ["finished a 1"]);
    // The scheduler gives up moving its data; it leaves all the same.
    let abort = Event::StatusSet { status: Status::Running, stimulus_id: "s".to_owned() };
    assert_eq!(story.tell(abort), ["closing_gracefully"]);
}

#[test]
fn the_scheduler_can_retire_a_worker_and_think_better_of_it() {
    let mut story = Story::new(1);
    let set = |status| Event::StatusSet { status, stimulus_id: "s".to_owned() };
    assert_eq!(story.tell(set(Status::ClosingGracefully)), ["closing_gracefully"]);
    assert_eq!(story.tell(set(Status::Running)), ["running"]);
    assert_eq!(story.compute("a", 1, &[]), ["run a on 0 inputs"]);
}

#[test]
fn a_task_whose_dependency_is_freed_waits_for_another_copy() {
    let mut story = Story::new(1);
    story.compute("busy", 1, &[]);
    story.tell(Event::Stored(vec![("x".into(), Bytes::new())]));
    story.compute("a", 1, &[("x", &[])]);
    let said = story.free(&["x"]);
    assert_eq!(said, ["released x", "who has x", "wake after 200 ms for AskHolders"]);
    story.holders("x", &["tcp://peer:1"]);
    story.got(0, &["x"]);
    assert_eq!(story.done("busy"), ["finished busy 1", "run a on 1 inputs"]);
}

#[test]
fn an_event_costs_the_same_however_many_tasks_there_are() {
    let mut story = State::new("tcp://here:1".into(), Limits::new(1));
    let count = 100_000;
    let start = std::time::Instant::now();
    for index in 0..count {
        let key: Key = format!("key-{index}").into();
        let (dependencies, resources) = (Vec::new(), vec![("rs".to_owned(), 0.0)]);
        let priority = vec![0.0, 1.0, f64::from(index)];
        let compute = Compute { key, run_id: 1, priority, dependencies, payload: Some(Bytes::new()), resources };
        story.handle(Event::ComputeAsked(Box::new(compute)));
    }
    for index in 0..count {
        let key = format!("key-{index}").into();
        story.handle(Event::Executed { key, result: Ok(Bytes::new()), start: 1.0, stop: 2.0 });
    }
    assert_eq!(story.counts().memory, count as usize);
    // Each event costs microseconds, however many tasks there are; a quadratic would take minutes.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
