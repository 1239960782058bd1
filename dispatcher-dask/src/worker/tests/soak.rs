//! Random graphs on workers that come, die and retire: each value is right in the end.

use std::thread;
use std::time::Duration;

use super::client::{Client, Task, task};
use super::cluster::{MODULUS, Worker};
use super::support::Dask;
use crate::worker::WorkerOptions;

/// Says how many graphs to run; a few without it.
const GRAPHS: &str = "DISPATCHER_SOAK_GRAPHS";

/// How many tasks a graph has.
const TASKS: usize = 250;

/// A graph whose tasks need some of those shortly before them, and the value of each.
fn random_graph(number: usize, random: &mut fastrand::Rng) -> (Vec<Task>, Vec<u64>) {
    let key = |index: usize| format!("sum-{number}-{index}");
    let mut values: Vec<u64> = Vec::new();
    let tasks = (0..TASKS).map(|index| {
        let mut needs: Vec<usize> = (0..random.usize(..4)).map(|_| index.saturating_sub(random.usize(1..40))).collect();
        needs.retain(|need| *need < index);
        needs.sort_unstable();
        needs.dedup();
        values.push((1 + needs.iter().map(|need| values[*need]).sum::<u64>()) % MODULUS);
        let payload = if random.bool() { "sum".to_owned() } else { format!("sleep {}", random.usize(1..8)) };
        let needs: Vec<String> = needs.into_iter().map(key).collect();
        task(key(index), payload, &needs.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let tasks = tasks.collect();
    (tasks, values)
}

#[test]
fn random_graphs_are_right_though_workers_die_and_retire() {
    let Some(dask) = Dask::get() else { return };
    let graphs = std::env::var(GRAPHS).ok().and_then(|count| count.parse().ok()).unwrap_or(4);
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let scheduler = dask.scheduler();
    let start = |random: &mut fastrand::Rng| {
        let options = WorkerOptions::new(scheduler.address()).threads(random.usize(1..3));
        Worker::start(if random.u8(..4) == 0 { options.memory_limit(20) } else { options })
    };
    let mut workers: Vec<Worker> = (0..3).map(|_| start(&mut random)).collect();
    let (mut killed, mut retired) = (0, 0);
    for number in 0..graphs {
        let mut client = Client::new(scheduler.address(), None);
        let (tasks, values) = random_graph(number, &mut random);
        client.send(&tasks);
        for _ in 0..random.usize(..3) {
            thread::sleep(Duration::from_millis(random.u64(..150)));
            let leaving = workers.swap_remove(random.usize(..workers.len()));
            workers.push(start(&mut random));
            if random.bool() {
                leaving.kill();
                killed += 1;
            } else {
                leaving.retire();
                leaving.end().expect("it retires");
                retired += 1;
            }
        }
        for (index, value) in values.iter().enumerate() {
            let key = format!("sum-{number}-{index}");
            client.wait(&key).unwrap_or_else(|error| panic!("{key}: {error:?}"));
            assert_eq!(client.text(&key), value.to_string(), "{key}");
        }
    }
    println!("{graphs} graphs of {TASKS} tasks, {killed} workers killed, {retired} retired");
}
