//! What the state machine knows about one key.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use crate::worker::event::{Address, Compute, FlightId, Key};

/// One key: a task that is to run here, a result that lies here, or one that a task here needs.
#[derive(Debug)]
pub(super) struct Task {
    /// Where the key stands.
    pub(super) stage: Stage,
    /// The tasks, waiting or ready, that need this result. They count it as missing until the stage is `Memory`.
    pub(super) dependents: HashSet<Key>,
    /// The scheduler asked for a copy here; cleared when it is here.
    pub(super) acquired: bool,
    /// When to fetch or run it: least first.
    pub(super) priority: Priority,
    /// The peers that hold it. Empty unless the stage is `Fetch` or `Flight`.
    pub(super) holders: Vec<Address>,
    /// How large it is said to be.
    pub(super) nbytes: u64,
}

impl Task {
    /// A key of which nothing is known but its place in the queue.
    pub(super) fn new(priority: Priority) -> Self {
        let (dependents, holders) = (HashSet::new(), Vec::new());
        Task { stage: Stage::Missing, dependents, acquired: false, priority, holders, nbytes: 0 }
    }

    /// Whether anyone here waits for the result.
    pub(super) fn is_wanted(&self) -> bool {
        self.acquired || !self.dependents.is_empty()
    }
}

/// Where a key stands. Each key is in exactly one stage.
#[derive(Debug)]
pub(super) enum Stage {
    /// To run here, once the `missing` ones of its dependencies are here.
    Waiting { compute: Box<Compute>, missing: usize },
    /// To run here, as soon as a thread is free.
    Ready { compute: Box<Compute> },
    /// Running.
    Executing { run_id: i64, resources: Vec<(String, f64)>, then: AfterRun },
    /// To be fetched from one of its holders.
    Fetch,
    /// Asked of a peer. `stored` is a value that came by another way in the meantime.
    Flight { flight: FlightId, then: AfterFetch, stored: Option<Bytes> },
    /// Wanted, and no holder is known.
    Missing,
    /// Here. `ran` is when it ran, where it ran here.
    Memory { value: Bytes, ran: Option<(f64, f64)> },
    /// Ran here and failed.
    Erred,
}

/// What to do with a run's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterRun {
    /// Tell the scheduler that the task finished or failed.
    Report,
    /// The run was cancelled, then its result was wanted as a copy: keep it as one, or fetch it.
    Keep,
    /// The run was cancelled: say nothing.
    Forget,
}

/// What to do with a fetched value.
#[derive(Debug)]
pub(super) enum AfterFetch {
    /// Keep it and tell the scheduler of the copy.
    Keep,
    /// The fetch was cancelled: drop the value.
    Forget,
    /// The scheduler wants the task computed here: with the value it has been, without it it will be.
    Compute(Box<Compute>),
}

/// A place in a queue: numbers compared one by one, least first.
#[derive(Clone, Debug)]
pub(super) struct Priority(Arc<[f64]>);

impl Priority {
    /// The scheduler's numbers, and one more that tells tasks apart to which it gave the same.
    pub(super) fn new(numbers: &[f64], last: f64) -> Self {
        Priority(numbers.iter().copied().chain([last]).collect())
    }
}

impl Ord for Priority {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = self.0.iter().zip(other.0.iter()).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
        by_number.unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl PartialOrd for Priority {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Priority {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Priority {}
