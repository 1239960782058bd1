//! Workers, connections and schedulers that go away while a run is under way: nothing is lost, nothing hangs.

use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher_dask::{DaskExecutor, DaskOptions};

use crate::ops::*;
use crate::support::{Dask, Scheduler};
use crate::within::{Gates, until, within};
use crate::workers::Worker;

/// Runs on a thread what blocks until the run is over.
fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> std::thread::JoinHandle<T> {
    std::thread::spawn(run)
}

fn connect(scheduler: &Scheduler<'_>) -> DaskExecutor {
    DaskExecutor::connect(scheduler.address()).unwrap()
}

/// A script that tells the states of an operation's tasks.
fn states(operation: &str) -> String {
    format!(
        "print(*client.run_on_scheduler(lambda dask_scheduler: sorted(\
         t.state for t in dask_scheduler.tasks.values() if t.key.startswith('{operation}-'))))"
    )
}

/// Kills the worker of this process, and starts another in its place.
fn replace(workers: &mut [Worker], process: u32, scheduler: &Scheduler<'_>, name: &str) {
    let worker = workers.iter_mut().find(|worker| worker.id() == process).unwrap();
    worker.kill();
    *worker = Worker::start(scheduler.address(), name, 1);
}

#[test]
fn a_worker_is_killed_while_it_runs_an_operation() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(gated(&path, 7)));
        let process = gates.reached("a");
        gates.reset("a");
        workers.iter_mut().find(|worker| worker.id() == process).unwrap().kill();
        assert_ne!(gates.reached("a"), process);
        gates.open("a");
        assert_eq!(run.join().unwrap().unwrap(), 8);
    });
}

#[test]
fn parity_25_a_worker_is_killed_that_holds_what_is_needed_later() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(kept_and_gated(&path, 7, 1000)));
        let (holder, _) = (gates.reached("early"), gates.reached("a"));
        gates.reset("early");
        replace(&mut workers, holder, &scheduler, "another");
        gates.reached("early");
        gates.open("a");
        let expected = SerialExecutor::new().run(kept_and_gated(gates.path(), 7, 1000)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
        assert!(gates.count("early") >= 3, "it was computed again");
    });
}

/// The values are large, so that workers that are killed at once hand some out, or fetch some, at that time.
#[test]
fn workers_are_killed_while_large_values_travel() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 3);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(passed_on(&path, 6, 6_000_000)));
        for round in 0..3 {
            let process = gates.reached("a");
            gates.reset("a");
            if round == 2 {
                // From now on the values travel again, to whoever is free.
                gates.open("a");
            }
            replace(&mut workers, process, &scheduler, &format!("r{round}"));
        }
        gates.open("a");
        let expected = SerialExecutor::new().run(passed_on(gates.path(), 6, 6_000_000)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
    });
}

/// Workers fetch from one that is frozen, and is killed then.
#[test]
fn a_worker_is_killed_while_a_peer_fetches_from_it() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 3);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(many_readers(&path, 12, 1_000_000)));
        let (holder, other) = (gates.reached("early"), gates.reached("a"));
        assert_ne!(holder, other, "the scheduler gives two idle workers one task each");
        until("the value is there", || scheduler.python(&states("noted")) == "memory");
        let holder = workers.iter_mut().find(|worker| worker.id() == holder).unwrap();
        holder.signal("STOP");
        gates.open("a");
        // Those that aren't given to the holder itself need what it holds.
        until("a peer is given something to do that needs the value", || {
            let busy = "client.run_on_scheduler(lambda dask_scheduler: \
                        sum(bool(w.processing) for w in dask_scheduler.workers.values()))";
            scheduler.python(&format!("print({busy})")) != "1"
        });
        holder.kill();
        let expected = SerialExecutor::new().run(many_readers(gates.path(), 12, 1_000_000)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
    });
}

#[test]
fn all_workers_go_and_another_comes() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(kept_and_gated(&path, 9, 1000)));
        gates.reached("early");
        gates.reached("a");
        gates.reset("a");
        gates.reset("early");
        workers.iter_mut().for_each(Worker::kill);
        gates.open("a");
        until("the scheduler has no worker", || {
            scheduler.python("print(len(client.scheduler_info()['workers']))") == "0"
        });
        let _another = Worker::start(scheduler.address(), "another", 1);
        let expected = SerialExecutor::new().run(kept_and_gated(gates.path(), 9, 1000)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
    });
}

#[test]
fn without_workers_the_operation_is_named() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let options = DaskOptions::new(scheduler.address()).workers_timeout(Duration::from_millis(500));
        let executor = options.connect().unwrap();
        let error = executor.run(squares(3)).unwrap_err().to_string();
        for part in ["::square`", scheduler.address(), "500ms", "start one"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        // The executor goes on once there is one.
        let _worker = Worker::start(scheduler.address(), "a", 1);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        assert_eq!(executor.run(squares(3)).unwrap(), 5);
    });
}

#[test]
fn where_all_workers_go_for_good_the_operation_is_named() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let mut worker = Worker::start(scheduler.address(), "a", 1);
        let gates = Gates::new();
        let path = gates.path().to_owned();
        let options = DaskOptions::new(scheduler.address()).workers_timeout(Duration::from_secs(10));
        let executor = options.connect().unwrap();
        let run = spawn(move || executor.run(gated(&path, 1)));
        gates.reached("a");
        worker.kill();
        let error = run.join().unwrap().unwrap_err().to_string();
        assert!(error.contains("::gate") && error.contains("no worker"), "{error}");
    });
}

#[test]
fn a_frozen_worker_is_given_up() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler_with(&[("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "2s")], None);
        let mut workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || executor.run(kept_and_gated(&path, 5, 100_000)));
        gates.reached("early");
        let process = gates.reached("a");
        gates.reset("a");
        let frozen = workers.iter().position(|worker| worker.id() == process).unwrap();
        workers[frozen].signal("STOP");
        assert_ne!(gates.reached("a"), process);
        gates.open("a");
        let expected = SerialExecutor::new().run(kept_and_gated(gates.path(), 5, 100_000)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
        // It wakes up, is told that it isn't known any more, and leaves.
        workers[frozen].signal("CONT");
        workers[frozen].end();
    });
}

/// A value that is to be brought here is held by a worker that doesn't answer.
#[test]
fn what_a_frozen_worker_holds_is_computed_again() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler_with(&[("DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL", "2s")], None);
        let workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        // There are connections with both, which are kept.
        let ones = executor.run_all((0..20).map(|n| op!(square(n))));
        assert_eq!(ones.into_iter().map(Result::unwrap).sum::<u64>(), 2470);
        let run = spawn(move || executor.run(spread_later(&path, 6)));
        let holder = gates.reached("early");
        gates.reached("a");
        until("the early value is there", || scheduler.python(&states("pass")) == "memory");
        workers.iter().find(|worker| worker.id() == holder).unwrap().signal("STOP");
        gates.open("a");
        let expected = SerialExecutor::new().run(spread_later(gates.path(), 6)).unwrap();
        assert_eq!(run.join().unwrap().unwrap(), expected);
    });
}

/// A value that had been computed is lost, and its operation fails when it is run again.
#[test]
fn what_is_lost_fails_the_second_time() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let mut workers = Worker::some(scheduler.address(), 2);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || (executor.run(spread_once(&path, 6)).unwrap_err().to_string(), executor));
        let holder = gates.reached("early");
        gates.reached("a");
        until("the early value is there", || scheduler.python(&states("once")) == "memory");
        replace(&mut workers, holder, &scheduler, "another");
        until("the early value is computed again", || scheduler.python(&states("once")) == "erred");
        gates.open("a");
        let (error, executor) = run.join().unwrap();
        assert!(error.contains("couldn't be computed again") && error.contains("only once"), "{error}");
        assert_eq!(executor.run(squares(5)).unwrap(), 30);
    });
}

#[test]
fn the_scheduler_is_killed() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let mut scheduler = dask.scheduler();
        let mut worker = Worker::start(scheduler.address(), "a", 1);
        let gates = Gates::new();
        let (executor, path) = (connect(&scheduler), gates.path().to_owned());
        let run = spawn(move || (executor.run(gated(&path, 1)), executor));
        gates.reached("a");
        scheduler.kill();
        let (given, executor) = run.join().unwrap();
        let error = given.unwrap_err().to_string();
        assert!(error.contains("the scheduler at") && error.contains(scheduler.address()), "{error}");
        // Its worker leaves, though its operation still runs.
        assert!(!worker.end().success());
        // Another run says that nobody is there.
        let error = executor.run(squares(2)).unwrap_err().to_string();
        assert!(error.contains(scheduler.address()), "{error}");
    });
}

#[test]
fn an_operation_that_kills_its_workers_is_named() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let scheduler = dask.scheduler_with(&[("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "1")], None);
        let _workers = Worker::some(scheduler.address(), 4);
        let executor = connect(&scheduler);
        let error = executor.run(deadly(3)).unwrap_err();
        let text = error.to_string();
        for part in ["::dies", "KilledWorker", "died"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // Where each operation is a task of its own, it is that one.
        let executor = DaskOptions::new(scheduler.address()).fuse(false).connect().unwrap();
        let _more = Worker::some_named(scheduler.address(), 2, "more");
        let error = executor.run(deadly(3)).unwrap_err();
        assert!(error.label().contains("dies"), "{error}");
        assert!(error.to_string().contains("KilledWorker"), "{error}");
        // The executor and the workers that are left go on.
        assert_eq!(executor.run(squares(4)).unwrap(), 14);
    });
}
