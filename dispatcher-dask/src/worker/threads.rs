//! The threads on which operations run: the system's own, as an operation may compute or block for as long as it likes.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::event::Key;
use super::runner::{Failure, Runner};
use super::time::unix_time;
use crate::wire::MAX_VALUE;

/// A task to run.
#[derive(Debug)]
pub(crate) struct Job {
    /// The task.
    pub(crate) key: Key,
    /// What the client attached.
    pub(crate) payload: Option<Bytes>,
    /// The results that it needs.
    pub(crate) inputs: HashMap<String, Bytes>,
}

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// The task.
    pub(crate) key: Key,
    /// What it gave.
    pub(crate) result: Result<Bytes, Failure>,
    /// When it started, in seconds of the Unix epoch.
    pub(crate) start: f64,
    /// When it stopped; always later.
    pub(crate) stop: f64,
}

/// What is running at this moment, and since when.
pub(crate) type Running = Mutex<HashMap<Key, Instant>>;

/// Hands jobs to the threads. When it is dropped the threads end, each after its run.
#[derive(Debug)]
pub(crate) struct Threads {
    jobs: mpsc::Sender<Job>,
    running: Arc<Running>,
}

impl Threads {
    /// Starts the threads. `done` is called on them, after each run.
    pub(crate) fn start(
        count: usize,
        runner: Arc<dyn Runner>,
        done: impl Fn(Done) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let (queue, done) = (Arc::new(Mutex::new(queue)), Arc::new(done));
        let running = Arc::new(Running::default());
        for index in 0..count {
            let (runner, queue, done, running) = (runner.clone(), queue.clone(), done.clone(), running.clone());
            let work = move || while_there_are_jobs(&queue, &*runner, &running, &*done);
            thread::Builder::new().name(format!("dask-worker-{index}")).spawn(work)?;
        }
        Ok(Threads { jobs, running })
    }

    /// Has a job run. The state machine gives no more than there are threads.
    pub(crate) fn run(&self, job: Job) {
        // The threads end after this sender, so they are there.
        let _ = self.jobs.send(job);
    }

    /// What is running at this moment, and for how long.
    pub(crate) fn running(&self) -> Vec<(Key, Duration)> {
        lock(&self.running).iter().map(|(key, since)| (key.clone(), since.elapsed())).collect()
    }
}

/// What one thread does.
fn while_there_are_jobs(
    queue: &Mutex<mpsc::Receiver<Job>>,
    runner: &dyn Runner,
    running: &Running,
    done: &(dyn Fn(Done) + Send + Sync),
) {
    loop {
        let Ok(job) = lock(queue).recv() else { return };
        let (key, started, start) = (job.key.clone(), Instant::now(), unix_time());
        lock(running).insert(key.clone(), started);
        let result = run(runner, job);
        lock(running).remove(&key);
        // The scheduler wants a time that is longer than nothing, and its clock counts in a quarter of a microsecond.
        let took = started.elapsed().as_secs_f64().max(1e-6);
        done(Done { key, result, start, stop: start + took });
    }
}

/// Runs one task. A panic is a failure with the panic's message.
fn run(runner: &dyn Runner, job: Job) -> Result<Bytes, Failure> {
    let Job { key, payload, inputs } = job;
    let Some(payload) = payload else {
        let message =
            format!("a worker in Rust can't run `{key}`: no operation is attached to it; is it a Python task?");
        return Err(Failure::new(message));
    };
    // What the operation left half done is its own; nothing of the worker's is shared with it.
    let result = catch_unwind(AssertUnwindSafe(|| runner.run(&payload, &inputs))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("it has no message");
        tracing::warn!(%key, panic = text, "an operation panicked");
        Err(Failure::new(format!("panicked: {text}")))
    });
    result.and_then(|value| match value.len() {
        ..=MAX_VALUE => Ok(value),
        bytes => {
            Err(Failure::new(format!("its result has {bytes} bytes, and {MAX_VALUE} are the most that dask moves")))
        }
    })
}

/// Locks; what a panic elsewhere left behind is whole, as nothing panics between two changes.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
