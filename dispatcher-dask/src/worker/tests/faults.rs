//! Workers and schedulers that go away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::{Client, Task, task};
use super::cluster::{Apart, TestRunner, Worker};
use super::support::Dask;
use crate::worker::service::{Command, work};
use crate::worker::{WorkerError, WorkerOptions, serve_with};

/// Keys `{prefix}-0`, `{prefix}-1`, …
fn keys(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{prefix}-{index}")).collect()
}

/// Tasks of these keys, all of one payload.
fn tasks(keys: &[String], payload: &str) -> Vec<Task> {
    keys.iter().map(|key| task(key.as_str(), payload, &[])).collect()
}

#[test]
fn results_of_a_worker_that_dies_are_computed_again() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let first = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let second = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    let held = keys("sleep", 40);
    client.run(&tasks(&held, "sleep 5"));
    assert!(first.runner.ran() > 0 && second.runner.ran() > 0);
    client.send(&[task("sum-all", "sum", &[]).after(&held)]);
    first.kill();
    client.wait("sum-all").expect("it runs in the end");
    assert_eq!(client.text("sum-all"), "41");
}

#[test]
fn a_worker_that_retires_finishes_its_task_and_hands_its_results_over() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let leaving = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    let held = keys("sum", 30);
    client.run(&tasks(&held, "sum"));
    // One that runs until the gate opens, and some that wait behind it.
    client.send(&tasks(&["gate-0".to_owned()], "gate"));
    while leaving.runner.ran() < 31 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let waiting = keys("wait", 10);
    client.send(&tasks(&waiting, "sum"));
    let staying = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    leaving.retire();
    for key in &waiting {
        client.wait(key).expect("the other worker runs it");
    }
    leaving.runner.open();
    let (runner, address) = (leaving.runner.clone(), leaving.address.clone());
    leaving.end().expect("it retires");
    client.wait("gate-0").expect("it was finished");
    for key in held.iter().chain([&"gate-0".to_owned()]) {
        assert_eq!(client.text(key), "1");
        assert!(!client.holders(key).contains(&address));
    }
    assert_eq!(runner.ran() + staying.runner.ran(), 41, "nothing is computed twice");
}

#[test]
fn sigterm_retires_a_worker() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let mut client = Client::new(scheduler.address(), None);
    let held = keys("sum", 20);
    client.send(&tasks(&held, "sum"));
    let mut leaving = Apart::start(scheduler.address());
    for key in &held {
        client.wait(key).expect("it runs");
    }
    let staying = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    leaving.signal("TERM");
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = leaving.0.try_wait().expect("it is ours") {
            break status;
        }
        assert!(Instant::now() < deadline, "it stays");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{status}");
    held.iter().for_each(|key| assert_eq!(client.text(key), "1"));
    assert_eq!(staying.runner.ran(), 0, "nothing is computed again");
}

#[test]
fn a_second_request_makes_a_worker_leave_at_once() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.send(&tasks(&["gate-0".to_owned()], "gate"));
    while worker.runner.ran() == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    worker.retire();
    worker.retire();
    let runner = worker.runner.clone();
    worker.end().expect("it leaves, though a task runs");
    runner.open();
}

#[test]
fn a_worker_that_still_connects_can_be_told_to_leave() {
    let options = WorkerOptions::new("tcp://127.0.0.1:1").connect_timeout(Duration::from_secs(60));
    let (commands, commanded) = tokio::sync::mpsc::unbounded_channel();
    commands.send(Command::Retire).expect("it is there");
    let start = Instant::now();
    let runner = Arc::new(TestRunner::default());
    let work = work(options, runner, commanded, |address| panic!("{address} is registered with nobody"));
    crate::worker::runtime().expect("a runtime").block_on(work).expect("it leaves");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_lone_worker_retires_too() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&tasks(&keys("sum", 3), "sum"));
    worker.retire();
    worker.end().expect("it retires, though nobody takes its results");
    let _other = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    client.run(&[task("sum-all", "sum", &[]).after(&keys("sum", 3))]);
    assert_eq!(client.text("sum-all"), "4");
}

#[test]
fn a_worker_leaves_when_the_scheduler_retires_it() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let workers = [(); 2].map(|()| Worker::start(WorkerOptions::new(scheduler.address()).threads(1)));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&tasks(&keys("sleep", 20), "sleep 5"));
    let [leaving, staying] = workers;
    scheduler.python(&format!("client.retire_workers(['{}'])", leaving.address));
    leaving.end().expect("it was retired");
    keys("sleep", 20).iter().for_each(|key| assert_eq!(client.holders(key), std::slice::from_ref(&staying.address)));
}

#[test]
fn a_worker_leaves_with_a_sentence_when_its_scheduler_is_gone() {
    let Some(dask) = Dask::get() else { return };
    let mut scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    scheduler.kill();
    let error = worker.end().unwrap_err();
    assert!(matches!(error, WorkerError::SchedulerLost(_)), "{error:?}");
    assert!(error.to_string().starts_with("the worker lost its scheduler: "), "{error}");
}

#[test]
fn a_name_that_is_taken_is_refused_with_a_sentence() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let options = WorkerOptions::new(scheduler.address()).threads(1).name("ours");
    let _worker = Worker::start(options.clone());
    let error = serve_with(options, Arc::new(TestRunner::default())).map_err(|error| error.to_string());
    assert!(error.as_ref().is_err_and(|error| error.contains("name taken, ours")), "{error:?}");
}
