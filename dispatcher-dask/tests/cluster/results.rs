//! What operations give that isn't a plain value: panics, errors, nothing; and runs that end before they are over.

use std::time::Duration;

use dispatcher::CancelToken;
use dispatcher::prelude::*;
use dispatcher_dask::{DaskError, DaskExecutor, DaskOptions};

use crate::ops::*;
use crate::support::{Dask, Scheduler};
use crate::within::{Gates, until, within};
use crate::workers::Worker;

/// A scheduler and two workers.
fn cluster(dask: &'static Dask) -> (Scheduler<'static>, Vec<Worker>) {
    let scheduler = dask.scheduler();
    let workers = Worker::some(scheduler.address(), 2);
    (scheduler, workers)
}

/// How many tasks the scheduler knows.
fn tasks(scheduler: &Scheduler<'_>) -> String {
    scheduler.python("print(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))")
}

#[test]
fn a_panic_ends_what_needs_it_and_nothing_else() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap().fail_fast(false);
        let given = executor.run_all([squares(5), fails(3), chain(4), fails(4), fib(5)]);
        let given: Vec<_> = given.into_iter().map(|result| result.map_err(|error| error.to_string())).collect();
        assert_eq!((&given[0], &given[2], &given[4]), (&Ok(30), &Ok(7), &Ok(5)));
        for (index, text) in [(1, "no 9 today"), (3, "no 16 today")] {
            let error = given[index].as_ref().unwrap_err();
            assert!(error.contains(text) && error.contains("panics"), "{error}");
        }
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
    });
}

#[test]
fn the_cause_of_a_failure_can_be_had() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let error = executor.run(fails(3)).unwrap_err();
        assert!(error.label().contains("panics"), "{error}");
        let cause = error.kind().downcast_ref::<DaskError>().unwrap();
        assert!(matches!(cause, DaskError::Failed { panicked: true, .. }), "{cause:?}");
    });
}

#[test]
fn what_fails_twice_works_the_third_time() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let gates = Gates::new();
        assert_eq!(executor.run(retried(gates.path(), 4)).unwrap(), 5);
        assert_eq!(gates.count("flaky"), 3);
        // Without, it fails at the first attempt.
        let gates = Gates::new();
        let error = executor.run(retried_by_the_executor(gates.path(), 2, 4)).unwrap_err().to_string();
        assert!(error.contains("attempt 1 fails"), "{error}");
        let gates = Gates::new();
        let executor = DaskOptions::new(scheduler.address()).retries(2).connect().unwrap();
        assert_eq!(executor.run(retried_by_the_executor(gates.path(), 2, 4)).unwrap(), 5);
        let gates = Gates::new();
        let error = executor.run(retried_by_the_executor(gates.path(), 5, 4)).unwrap_err().to_string();
        assert!(error.contains("attempt 3 fails"), "{error}");
        assert_eq!(gates.count("flaky"), 3);
    });
}

#[test]
fn an_err_is_tried_again() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let gates = Gates::new();
        assert_eq!(executor.run(retried_result(gates.path(), 4)).unwrap(), Ok(3));
        assert_eq!(gates.count("half"), 3);
    });
}

#[test]
fn a_run_is_cancelled_and_its_keys_are_released() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let token = CancelToken::new();
        let executor = DaskExecutor::connect(scheduler.address()).unwrap().cancel_with(&token);
        let gates = Gates::new();
        let path = gates.path().to_owned();
        let run = std::thread::spawn(move || executor.run(gated(&path, 7)).unwrap_err().to_string());
        gates.reached("a");
        token.cancel();
        let error = run.join().unwrap();
        assert!(error.contains("cancel"), "{error}");
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
        // The operation is let go, and the worker goes on.
        gates.open("a");
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        assert_eq!(executor.run(squares(5)).unwrap(), 30);
    });
}

#[test]
fn a_run_takes_too_long() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap().timeout(Duration::from_secs(2));
        let gates = Gates::new();
        let error = executor.run(gated(gates.path(), 7)).unwrap_err().to_string();
        assert!(error.contains("2s"), "{error}");
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
        gates.open("a");
    });
}

#[test]
fn errors_are_values() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        // Errors that can be sent are what they were.
        assert_eq!(executor.run(halved(12)).unwrap(), Ok(9));
        assert_eq!(executor.run(halved(14)).unwrap(), Err(Refusal::Odd(7)));
        assert_eq!(executor.run(halved(7)).unwrap(), Err(Refusal::Odd(7)));
        assert_eq!(executor.run(op!(half(8_u64))).unwrap(), Ok(4));
        assert_eq!(executor.run(op!(half(9_u64))).unwrap(), Err(Refusal::Odd(9)));
        assert_eq!(executor.run(whole_result(6)).unwrap(), 3);
        assert_eq!(executor.run(whole_result(7)).unwrap(), !7);
        // Of others there is the text.
        assert_eq!(executor.run(parsed("12", "30")).unwrap(), Ok(42));
        for (a, b) in [("12", "x"), ("y", "30")] {
            let error = executor.run(parsed(a, b)).unwrap_err().to_string();
            assert!(error.contains("`parse`") && error.contains("invalid digit"), "{error}");
        }
        let error = executor.run(op!(parse("z"))).unwrap_err().to_string();
        assert!(error.contains("invalid digit"), "{error}");
        assert_eq!(executor.run(op!(parse("7"))).unwrap(), Ok(7));
        // Nothing is a value, too.
        assert_eq!(executor.run(optional(3)).unwrap(), Some(1));
        assert_eq!(executor.run(optional(0)).unwrap(), None);
        let empty: Vec<u64> = Vec::new();
        assert_eq!(executor.run(op!(first(&empty))).unwrap(), None);
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
    });
}

#[test]
fn a_run_is_cancelled_while_the_scheduler_says_nothing() {
    let Some(dask) = Dask::get() else { return };
    within(50, || {
        let (scheduler, _workers) = cluster(dask);
        let token = CancelToken::new();
        let executor = DaskExecutor::connect(scheduler.address()).unwrap().cancel_with(&token);
        let gates = Gates::new();
        let path = gates.path().to_owned();
        let run = std::thread::spawn(move || (executor.run(gated(&path, 7)).unwrap_err().to_string(), executor));
        gates.reached("a");
        scheduler.pause();
        // By then it has asked the scheduler for the workers, in vain.
        std::thread::sleep(Duration::from_secs(3));
        token.cancel();
        let (error, executor) = run.join().unwrap();
        assert!(error.contains("cancel"), "{error}");
        drop(executor);
        scheduler.resume();
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
        gates.open("a");
    });
}

#[test]
fn several_runs_at_a_time() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let executor = &executor;
                scope.spawn(move || {
                    for n in 0..5 {
                        assert_eq!(executor.run(squares(10 + n)).unwrap(), (0..10 + n).map(|n| n * n).sum::<u64>());
                        assert_eq!(executor.run(fib(thread + 2)).unwrap(), [1, 2, 3, 5][thread as usize]);
                        assert!(executor.run(fails(n)).is_err());
                    }
                });
            }
        });
        assert_eq!(executor.run_all(Vec::<Node<'_, u64>>::new()).len(), 0);
        until("nothing is left on the scheduler", || tasks(&scheduler) == "0");
    });
}

#[test]
fn large_values_go_and_come() {
    let Some(dask) = Dask::get() else { return };
    within(180, || {
        let (scheduler, _workers) = cluster(dask);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let bytes = large(1, 20_000_000);
        assert_eq!(executor.run(op!(digest(&bytes))).unwrap(), digest(&bytes));
        assert!(executor.run(op!(large(1_u64, 20_000_000_usize))).unwrap() == bytes);
    });
}
