//! What the tests share: values that are counted, and the executors that are compared.
#![allow(dead_code)]

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dispatcher_core::{DependencyError, Node, ParallelExecutor, SerialExecutor};

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

/// An executor of either kind.
#[derive(Debug, Clone)]
pub(crate) enum Executor {
    Serial(SerialExecutor),
    Parallel(ParallelExecutor),
}

impl Executor {
    /// The serial one, and parallel ones of 1, 2 and 4 threads.
    pub(crate) fn all() -> Vec<Self> {
        let parallel = [1, 2, 4].map(|threads| Self::Parallel(ParallelExecutor::with_threads(threads)));
        std::iter::once(Self::Serial(SerialExecutor::new())).chain(parallel).collect()
    }

    pub(crate) fn fail_fast(self, yes: bool) -> Self {
        match self {
            Self::Serial(executor) => Self::Serial(executor.fail_fast(yes)),
            Self::Parallel(executor) => Self::Parallel(executor.fail_fast(yes)),
        }
    }

    pub(crate) fn run<T: Send>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        match self {
            Self::Serial(executor) => executor.run(node),
            Self::Parallel(executor) => executor.run(node),
        }
    }

    pub(crate) fn run_all<'g, T: Send>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
    ) -> Vec<Result<T, DependencyError>> {
        match self {
            Self::Serial(executor) => executor.run_all(nodes),
            Self::Parallel(executor) => executor.run_all(nodes),
        }
    }
}
