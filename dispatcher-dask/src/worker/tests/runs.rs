//! Graphs that run as they should.

use std::time::Instant;

use super::client::{Client, Task, task};
use super::cluster::Worker;
use super::support::{Certificates, Dask};
use crate::net::Security;
use crate::wire::{Fields, protocol};
use crate::worker::WorkerOptions;

/// A Python script that wants `key` as `future`.
fn wanted(key: &str, script: &str) -> String {
    format!(
        "from distributed import Future\n\
         future = Future('{key}', client)\n\
         client._send_to_scheduler(dict(op='client-desires-keys', keys=['{key}'], client=client.id))\n\
         {script}"
    )
}

#[test]
fn independent_tasks_run() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    for round in 0..2 {
        let count = if round == 0 { 1_000 } else { 10_000 };
        let tasks: Vec<Task> = (0..count).map(|index| task(format!("sum-{round}-{index}"), "sum", &[])).collect();
        let start = Instant::now();
        client.run(&tasks);
        println!("{count} independent tasks: {:.0} a second", f64::from(count) / start.elapsed().as_secs_f64());
    }
    assert_eq!(worker.runner.ran(), 11_000);
    assert_eq!(client.text("sum-1-9999"), "1");
}

#[test]
fn a_chain_runs_in_order() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(2));
    let mut client = Client::new(scheduler.address(), None);
    let link = |index: usize| match index {
        0 => task("sum-0", "sum", &[]),
        _ => task(format!("sum-{index}"), "sum", &[&format!("sum-{}", index - 1)]),
    };
    let start = Instant::now();
    client.run(&(0..200).map(link).collect::<Vec<_>>());
    println!("a chain of 200: {:.0} a second", 200.0 / start.elapsed().as_secs_f64());
    assert_eq!(client.text("sum-199"), "200");
}

#[test]
fn a_tree_runs_across_two_workers_that_fetch_from_each_other() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let workers = [(); 2].map(|()| Worker::start(WorkerOptions::new(scheduler.address()).threads(1)));
    let mut client = Client::new(scheduler.address(), None);
    let mut tasks: Vec<Task> = (0..1024).map(|index| task(format!("sum-0-{index}"), "sum", &[])).collect();
    for level in 1..=10 {
        let node = |index: usize| {
            let child = |side| format!("sum-{}-{}", level - 1, 2 * index + side);
            task(format!("sum-{level}-{index}"), "sum", &[&child(0), &child(1)])
        };
        tasks.extend((0..1024 >> level).map(node));
    }
    let start = Instant::now();
    client.run(&tasks);
    println!("a tree of 2,047: {:.0} a second", 2_047.0 / start.elapsed().as_secs_f64());
    assert_eq!(client.text("sum-10-0"), "2047");
    for worker in &workers {
        assert!(worker.runner.ran() > 200, "{} ran {}", worker.address, worker.runner.ran());
    }
}

#[test]
fn a_panic_is_an_error_with_its_message() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.send(&[task("panic-1", "panic too hot", &[]), task("sum-1", "sum", &["panic-1"])]);
    assert_eq!(client.wait("panic-1").unwrap_err().message, "panicked: too hot");
    assert_eq!(client.wait("sum-1").unwrap_err().message, "panicked: too hot");
    client.run(&[task("sum-2", "sum", &[])]);
}

#[test]
fn an_error_carries_its_data_and_python_sees_its_text() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.send(&[task("fail-1", "fail too cold", &[])]);
    let error = client.wait("fail-1").unwrap_err();
    assert_eq!(error.message, "too cold");
    assert_eq!(error.data.as_deref(), Some(&b"the data"[..]));
    let seen = scheduler.python(&wanted("fail-1", "print(repr(future.exception(timeout=30)))"));
    assert_eq!(seen, "RuntimeError('too cold')");
}

#[test]
fn a_python_task_is_refused_with_a_sentence() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let seen = scheduler.python("print(client.submit(sum, [1, 2]).exception(timeout=30))");
    assert!(seen.contains("no operation is attached to it; is it a Python task?"), "{seen}");
}

#[test]
fn python_sees_the_operations_and_the_values() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(3).name("ours").resource("GPU", 2.0));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&[task("sum-1", "sum", &[])]);
    let seen = scheduler.python(&wanted(
        "sum-1",
        "info = list(client.scheduler_info()['workers'].values())[0]\n\
         print(info['name'], info['nthreads'], info['resources'], future.result(timeout=30))\n\
         print(client.run_on_scheduler(lambda dask_scheduler: [w.extra for w in dask_scheduler.workers.values()]))",
    ));
    assert!(seen.starts_with("ours 3 {'rs': 1.0, 'GPU': 2.0} b'1'"), "{seen}");
    assert!(seen.contains("{'operations': ('sum',)}"), "{seen}");
    worker.retire();
    worker.end().expect("it retires");
}

#[test]
fn python_has_a_value_replicated() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let _workers = [(); 2].map(|()| Worker::start(WorkerOptions::new(scheduler.address()).threads(1)));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&[task("sum-1", "sum", &[])]);
    scheduler.python(&wanted("sum-1", "future.result(timeout=30)\nclient.replicate([future], n=2)"));
    assert_eq!(client.holders("sum-1").len(), 2);
}

#[test]
fn everything_runs_over_tls() {
    let Some(dask) = Dask::get() else { return };
    let certificates = Certificates::new();
    let security = Security { ca_file: certificates.ca(), cert: certificates.cert(), key: certificates.key() };
    let scheduler = dask.scheduler_with(&[], Some(certificates));
    let workers =
        [(); 2].map(|()| Worker::start(WorkerOptions::new(scheduler.address()).threads(1).security(security.clone())));
    let mut client = Client::new(scheduler.address(), Some(&security));
    let mut tasks: Vec<Task> = (0..20).map(|index| task(format!("sleep-{index}"), "sleep 5", &[])).collect();
    let keys: Vec<String> = (0..20).map(|index| format!("sleep-{index}")).collect();
    tasks.push(task("sum-all", "sum", &keys.iter().map(String::as_str).collect::<Vec<_>>()));
    client.run(&tasks);
    assert_eq!(client.text("sum-all"), "21");
    assert!(workers.iter().all(|worker| worker.runner.ran() > 0));
}

#[test]
fn waiting_tasks_are_stolen_by_a_worker_that_comes_later() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let first = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&[task("sleep-first", "sleep 50", &[])]);
    let tasks: Vec<Task> = (0..60).map(|index| task(format!("sleep-{index}"), "sleep 50", &[])).collect();
    client.send(&tasks);
    let second = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    for index in 0..60 {
        client.wait(&format!("sleep-{index}")).expect("it runs");
    }
    assert!(second.runner.ran() > 0, "nothing was stolen");
    assert_eq!(first.runner.ran() + second.runner.ran(), 61, "each is run once");
}

#[test]
fn a_worker_that_holds_too_much_pauses_and_still_finishes() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(2).memory_limit(5_000_000));
    let mut client = Client::new(scheduler.address(), None);
    let mut tasks = Vec::new();
    for index in 0..30 {
        tasks.push(task(format!("big-{index}"), "big 1000000", &[]));
        tasks.push(task(format!("len-{index}"), "len", &[&format!("big-{index}")]));
    }
    client.run(&tasks);
    assert_eq!(client.text("len-29"), "1000000");
    // All that is held is wanted by the client, and still new work is taken.
    client.run(&[task("len-some", "len", &[]).after(&["big-0", "big-1", "big-2"].map(str::to_owned))]);
    assert_eq!(client.text("len-some"), "3000000");
    assert_eq!(worker.runner.ran(), 61);
}

#[test]
fn what_is_freed_is_freed() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let worker = Worker::start(WorkerOptions::new(scheduler.address()).threads(1));
    let mut client = Client::new(scheduler.address(), None);
    client.run(&(0..50).map(|index| task(format!("big-{index}"), "big 1000", &[])).collect::<Vec<_>>());
    drop(client);
    let mut client = Client::new(scheduler.address(), None);
    let deadline = Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let reply = client
            .call("has_what", crate::wire::Outgoing::new(&crate::wire::map! { "op" => "has_what", "reply" => true }));
        let value = reply.value().expect("a reply");
        if Fields::of(&value, "has_what").expect("a map").list(&worker.address).expect("keys").is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "the keys are never freed");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let _ = client.call("identity", protocol::identity());
}
