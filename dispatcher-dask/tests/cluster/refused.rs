//! What can't be sent to workers is an error before anything is sent.

use dispatcher::prelude::*;
use dispatcher_dask::{DaskExecutor, DaskOptions};

use crate::ops::*;
use crate::support::Dask;
use crate::within::within;
use crate::workers::Worker;

fn unmarked(n: u64) -> u64 {
    n + 1
}
fn apply(n: u64, f: impl Fn(u64) -> u64) -> u64 {
    f(n)
}
#[dispatch]
fn calls_unmarked(n: u64) -> u64 {
    let a = square(n);
    let b = unmarked(a);
    add(b, 1)
}
#[dispatch]
fn calls_a_method(n: u64) -> u64 {
    let a = square(n);
    let b = a.pow(2);
    add(b, 1)
}
#[dispatch]
fn calls_an_operator(n: u64) -> u64 {
    let a = square(n);
    let b = a + 1;
    add(b, 1)
}
#[dispatch]
fn gives_a_closure(n: u64) -> u64 {
    let a = square(n);
    let b = apply(a, |x| x + 1);
    add(b, 1)
}
#[dispatch]
fn gives_a_box(n: u64) -> f64 {
    let boxed: Box<[f64]> = vec![1.0, 2.0].into();
    let a = mean(&boxed);
    let xs = load("a", n as usize);
    let b = mean(&xs);
    let all = vec![a, b];
    sum_of(all)
}

#[test]
fn what_cannot_be_sent_is_an_error_before_anything_is() {
    let Some(dask) = Dask::get() else { return };
    within(120, || {
        let scheduler = dask.scheduler();
        let _worker = Worker::start(scheduler.address(), "a", 1);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let refused = |error: Result<String, DependencyError>, parts: &[&str]| {
            let error = error.unwrap_err().to_string();
            for part in parts {
                assert!(error.contains(part), "{part}: {error}");
            }
        };
        let text = |value: u64| value.to_string();
        refused(executor.run(calls_unmarked(3)).map(text), &["::unmarked`", "mark it with #[remote]"]);
        refused(executor.run(calls_a_method(3)).map(text), &["pow", "put it into one"]);
        refused(executor.run(calls_an_operator(3)).map(text), &["`+", "put it into one"]);
        refused(executor.run(gives_a_closure(3)).map(text), &["apply", "argument 2", "closure"]);
        let text = |value: f64| value.to_string();
        refused(executor.run(gives_a_box(3)).map(text), &["::mean`", "argument 1", "Box<[f64]>", "Vec<f64>"]);
        // The scheduler has seen no task, also none that could have been sent.
        let seen = "client.run_on_scheduler(lambda dask_scheduler: \
                    [dict(dask_scheduler.task_prefixes), len(dask_scheduler.tasks), dask_scheduler.transition_counter])";
        assert_eq!(scheduler.python(&format!("print({seen})")), "[{}, 0, 0]");

        let executor = DaskOptions::new(scheduler.address()).run_the_rest_here(true).connect().unwrap();
        assert_eq!(executor.run(calls_unmarked(3)).unwrap(), 11);
        assert_eq!(executor.run(calls_a_method(3)).unwrap(), 82);
        assert_eq!(executor.run(calls_an_operator(3)).unwrap(), 11);
    });
}
