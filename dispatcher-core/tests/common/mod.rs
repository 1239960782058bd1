//! What the tests share: values that are counted, and the executors that are compared.
#![allow(dead_code)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dispatcher_core::{
    AsyncExecutor, DependencyError, Executor as _, Inputs, Node, ParallelExecutor, Prepared, SerialExecutor, Settings,
};

/// Knows which of its values are alive.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    next: u64,
    alive: HashSet<u64>,
    peak: usize,
    dropped_twice: usize,
}

/// A value that its tally counts. A clone is a value of its own.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) value: u64,
    id: u64,
    tally: Arc<Tally>,
}

impl Tally {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn value(self: &Arc<Self>, value: u64) -> Counted {
        let mut counts = self.counts();
        let id = counts.next;
        counts.next += 1;
        counts.alive.insert(id);
        counts.peak = counts.peak.max(counts.alive.len());
        Counted { value, id, tally: Arc::clone(self) }
    }

    /// How many values are alive.
    pub(crate) fn alive(&self) -> usize {
        self.counts().alive.len()
    }

    /// How many values there have been.
    pub(crate) fn made(&self) -> u64 {
        self.counts().next
    }

    /// How many values were alive at the same time, at most.
    pub(crate) fn peak(&self) -> usize {
        self.counts().peak
    }

    /// Asserts that every value was dropped, and none twice.
    #[track_caller]
    pub(crate) fn assert_settled(&self) {
        let counts = self.counts();
        assert_eq!((counts.alive.len(), counts.dropped_twice), (0, 0), "(values alive, values dropped twice)");
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.tally.value(self.value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut counts = self.tally.counts();
        if !counts.alive.remove(&self.id) {
            counts.dropped_twice += 1;
        }
    }
}

/// An executor of any kind.
#[derive(Debug, Clone)]
pub(crate) enum Executor {
    Serial(SerialExecutor),
    Parallel(ParallelExecutor),
    Async(AsyncExecutor),
    /// As `Async`, polled as a future.
    Polled(AsyncExecutor),
    /// One that does no more than its trait asks for.
    Plain(Plain),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Plain(Settings);

impl dispatcher_core::Executor for Plain {
    fn settings(&self) -> &Settings {
        &self.0
    }
}

/// Polls a future until it is ready.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let waker = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            return value;
        }
        std::thread::park();
    }
}

struct Unpark(std::thread::Thread);

impl std::task::Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Executor {
    /// Those of one thread, and parallel ones of 1, 2 and 4.
    pub(crate) fn all() -> Vec<Self> {
        let asynchronous = AsyncExecutor::new();
        let alone = [
            Self::Serial(SerialExecutor::new()),
            Self::Async(asynchronous.clone()),
            Self::Polled(asynchronous),
            Self::Plain(Plain::default()),
        ];
        let parallel = [1, 2, 4].map(|threads| Self::Parallel(ParallelExecutor::with_threads(threads)));
        alone.into_iter().chain(parallel).collect()
    }

    pub(crate) fn fail_fast(self, yes: bool) -> Self {
        match self {
            Self::Serial(executor) => Self::Serial(executor.fail_fast(yes)),
            Self::Parallel(executor) => Self::Parallel(executor.fail_fast(yes)),
            Self::Async(executor) => Self::Async(executor.fail_fast(yes)),
            Self::Polled(executor) => Self::Polled(executor.fail_fast(yes)),
            Self::Plain(executor) => Self::Plain(Plain(executor.0.fail_fast(yes))),
        }
    }

    pub(crate) fn run<T: Send>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        match self {
            Self::Serial(executor) => executor.run(node),
            Self::Parallel(executor) => executor.run(node),
            Self::Async(executor) => executor.run(node),
            Self::Polled(executor) => block_on(executor.run_async(node)),
            Self::Plain(executor) => executor.run(node),
        }
    }

    pub(crate) fn run_prepared<'g, T: Send>(
        &self,
        graph: &mut Prepared<'g, T>,
        inputs: Inputs<'g>,
    ) -> Result<T, DependencyError> {
        match self {
            Self::Serial(executor) => executor.run_prepared_with(graph, inputs),
            Self::Parallel(executor) => executor.run_prepared_with(graph, inputs),
            Self::Async(executor) => executor.run_prepared_with(graph, inputs),
            Self::Polled(executor) => block_on(executor.run_prepared_async(graph, inputs)),
            Self::Plain(executor) => executor.run_prepared_with(graph, inputs),
        }
    }

    pub(crate) fn run_all<'g, T: Send>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
    ) -> Vec<Result<T, DependencyError>> {
        match self {
            Self::Serial(executor) => executor.run_all(nodes),
            Self::Parallel(executor) => executor.run_all(nodes),
            Self::Async(executor) => executor.run_all(nodes),
            Self::Polled(executor) => block_on(executor.run_all_async(nodes)),
            Self::Plain(executor) => executor.run_all(nodes),
        }
    }
}

/// A pool of threads whose names say that it was handed in.
pub(crate) fn pool(threads: usize) -> rayon::ThreadPool {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
    builder.thread_name(|n| format!("handed-in-{n}")).build().expect("threads")
}
