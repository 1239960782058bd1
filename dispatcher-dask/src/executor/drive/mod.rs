//! One run: tasks of the graph become calls, and what the scheduler says of them becomes results.
//!
//! All that is ready is taken before anything is sent, and a call counts as made as soon as it is planned: so the whole graph goes to
//! the cluster at once, up to what depends on computed values. That is *held*: a function that gives a graph, a question (`?`), the
//! return of a graph's result, until the calls that it needs have been made.

mod bring;
mod hear;
mod take;

use std::collections::hash_map::RandomState;
use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use dispatcher_core::remote::{Deferred, Operation, Task, Version, Work};

use super::DaskOptions;
use super::calls::{Calls, Fusion, State};
use super::error::{ClientErrorText, DaskError};
use super::form::{Bit, Form, Id};
use crate::client::{Client, ClientError};

/// How often to look whether the run was stopped, or all workers are gone.
const LOOK: Duration = Duration::from_millis(50);
/// How often to look, while nothing is under way on the cluster, whether something here goes on.
const WAIT: Duration = Duration::from_millis(2);
/// How often to ask who the workers are, while nothing is heard.
const ASK: Duration = Duration::from_secs(2);
/// How long to wait for the scheduler to take something in.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait for values: those that are lost are computed again, which may take any time.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Arguments of so many bytes are sent once, if many calls are given the same.
const LARGE: usize = 64 << 10;
/// How many events are taken in before what they allow is done.
const MOST_EVENTS: usize = 10_000;

/// Runs what is in `work`; gives whether the client can be used again.
pub(super) fn run(client: &Client, options: &DaskOptions, fail_fast: bool, work: &mut Work<'_>) -> bool {
    // What was heard for an earlier run.
    while client.events().try_recv().is_ok() {}
    let mut drive = Drive {
        client,
        options,
        // Where one failure ends the run, others may be one's consequence.
        calls: Calls::new(fastrand::u64(..), Fusion { chains: options.fuse, batches: options.fuse && fail_fast }),
        forms: HashMap::new(),
        deferred: HashMap::new(),
        passed: Vec::new(),
        operations: HashMap::new(),
        shared: HashMap::new(),
        refused: HashMap::new(),
        held: Vec::new(),
        holding: HashMap::new(),
        free: Vec::new(),
        due: Vec::new(),
        kept: BTreeSet::new(),
        workers: Watch::default(),
        lost: HashMap::new(),
        broken: None,
    };
    drive.run(work);
    let kept = drive.calls.kept();
    let released = kept.is_empty() || client.release(&kept, PATIENCE).is_ok();
    drive.broken.is_none() && released
}

/// A version of a value that is on the cluster.
struct There {
    form: Form,
    /// How many operations will still use it.
    users: usize,
    /// The run's caller may want it.
    is_kept: bool,
}

/// A task that waits for calls.
struct Held<'r> {
    task: Task<'r>,
    waits_for: usize,
    then: Then,
}

/// What is to be done with a task.
#[derive(Clone, Copy)]
enum Then {
    /// It is run here.
    Run,
    /// It asks what this call gave.
    Ask(Id),
    /// It returns a value, which is on the cluster.
    Return,
    /// It is this call, which has been made, or has failed.
    Call(Id),
}

/// Why values weren't brought here.
enum NotGathered {
    /// The run was stopped, or nothing more can be done.
    Stopped,
    /// Some were lost, and couldn't be computed again.
    Lost,
    Failed(ClientError),
}

/// Since when there have been no workers.
#[derive(Default)]
struct Watch {
    asked: Option<Instant>,
    missing_since: Option<Instant>,
}

struct Drive<'d, 'r> {
    client: &'d Client,
    options: &'d DaskOptions,
    calls: Calls,
    forms: HashMap<Version, There>,
    deferred: HashMap<Id, Deferred<'r>>,
    /// Tasks that only put values together.
    passed: Vec<Deferred<'r>>,
    /// The operation of each call, and how many values it updates.
    operations: HashMap<Id, (&'static Operation, Vec<u32>)>,
    /// Large arguments of calls that aren't sent yet, by a hash of their bytes.
    shared: HashMap<u128, Id>,
    /// The refusals of calls that were asked: the errors' bytes.
    refused: HashMap<Id, Vec<u8>>,
    held: Vec<Option<Held<'r>>>,
    /// For each call the places of those that wait for it.
    holding: HashMap<Id, Vec<usize>>,
    /// Free places among those that are held.
    free: Vec<usize>,
    /// Tasks that wait for nothing more.
    due: Vec<(Task<'r>, Then)>,
    /// Calls whose values the run's caller may want.
    kept: BTreeSet<Id>,
    workers: Watch,
    /// The calls that had been made, whose values were lost, and that failed then: why.
    lost: HashMap<Id, String>,
    /// Why nothing more can be done.
    broken: Option<ClientErrorText>,
}

impl<'r> Drive<'_, 'r> {
    fn run(&mut self, work: &mut Work<'r>) {
        loop {
            while let Some(task) = work.next() {
                self.take(task, work);
            }
            if work.is_stopped() {
                return;
            }
            if !self.due.is_empty() {
                self.finish_due(work);
                continue;
            }
            if self.calls.is_planned()
                && let Err(error) = self.send(work)
            {
                self.give_up(error, work);
                continue;
            }
            if self.bring_kept(work) {
                continue;
            }
            self.release();
            if self.calls.under_way() == 0 {
                if !work.is_waiting() {
                    return;
                }
                // For a future here, or for another attempt.
                std::thread::sleep(WAIT);
                continue;
            }
            self.listen(work);
        }
    }

    /// Whether nothing more is to be done.
    fn is_over(&self, work: &Work<'r>) -> bool {
        work.is_stopped() || self.broken.is_some()
    }

    fn has_failed(&self, id: Id) -> bool {
        self.calls.get(id).is_some_and(|call| call.state == State::Failed)
    }

    /// Sends what is planned.
    fn send(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        self.wait_for_workers(work)?;
        if work.is_stopped() {
            return Ok(());
        }
        self.shared.clear();
        let tasks = self.calls.send().map_err(|error| ClientErrorText::new(error.to_string()))?;
        self.client.submit(&tasks, PATIENCE).map_err(|error| ClientErrorText::from(&error))
    }

    /// Waits until there are workers that have the operations which are planned.
    fn wait_for_workers(&mut self, work: &Work<'r>) -> Result<(), ClientErrorText> {
        let operations = self.calls.planned_operations();
        let since = Instant::now();
        while !work.is_stopped() {
            let is_late = since.elapsed() >= self.options.workers;
            match self.missing(&operations, work) {
                Ok(None) => return Ok(()),
                Ok(Some(operation)) if is_late => return Err(self.no_worker(operation)),
                // One connection that breaks isn't the end of the scheduler.
                Err(error) if is_late || matches!(error, ClientError::Closed { .. }) => return Err((&error).into()),
                _ => std::thread::sleep(LOOK * 2),
            }
        }
        Ok(())
    }

    /// One of the operations that no worker has; none, also, where the run is stopped.
    fn missing(&mut self, operations: &[&'static str], work: &Work<'r>) -> Result<Option<&'static str>, ClientError> {
        let Some(workers) = self.client.workers(PATIENCE, &mut || work.is_stopped())? else { return Ok(None) };
        let ours = || workers.iter().filter(|worker| worker.is_ours());
        let threads: u64 = ours().map(|worker| worker.threads).sum();
        self.calls.has_threads(usize::try_from(threads).unwrap_or(usize::MAX));
        let has = |operation: &str| ours().any(|worker| worker.has(operation));
        Ok(operations.iter().copied().find(|operation| !has(operation)))
    }

    fn no_worker(&self, operation: &str) -> ClientErrorText {
        let error = DaskError::NoWorker {
            operation: operation.to_owned(),
            scheduler: self.client.scheduler().to_string(),
            after: self.options.workers,
        };
        ClientErrorText::new(error.to_string())
    }

    /// Releases what nobody will ask for.
    fn release(&mut self) {
        let keys = self.calls.take_released();
        if !keys.is_empty() {
            // Where the scheduler is gone, so are they, and the stream says so.
            let _ = self.client.release(&keys, PATIENCE);
        }
    }

    /// What is said of a scheduler that is gone.
    fn gone(&self, reason: &str) -> ClientErrorText {
        ClientErrorText::new(format!("the scheduler at {} is gone: {reason}", self.client.scheduler()))
    }

    /// Nothing more can be done: all that is left fails.
    fn give_up(&mut self, error: ClientErrorText, work: &mut Work<'r>) {
        self.broken = Some(error.clone());
        for id in self.calls.unfinished() {
            self.fails(id, DaskError::Client(error.clone()), work);
        }
        self.calls.forget_planned();
        while let Some(task) = work.next() {
            work.fail(task, Box::new(DaskError::Client(error.clone())));
        }
        for (task, _) in std::mem::take(&mut self.due) {
            work.fail(task, Box::new(DaskError::Client(error.clone())));
        }
    }
}

/// A hash that no two values share, by keys that nobody knows beforehand.
fn hash(bytes: &[u8]) -> u128 {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    let [high, low] = KEYS.each_ref().map(|keys| u128::from(keys.hash_one(bytes)));
    high << 64 | low
}

/// The calls whose values a form's bytes are of.
fn parts_of(form: &Form) -> impl Iterator<Item = Id> + '_ {
    form.bits.iter().filter_map(|bit| match bit {
        Bit::Part(call, _) => Some(*call),
        Bit::Bytes(_) => None,
    })
}
