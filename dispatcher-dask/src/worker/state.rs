//! The worker's decisions: told what happened, it says what to do. No IO, no clock, no threads.
//!
//! A task goes waiting → ready → executing → memory or erred; a result that a task here needs goes fetch → flight →
//! memory, by way of missing where no holder is known. The rules are those of dask's own worker
//! (`worker_state_machine.py`), without actors, long-running tasks and spilling. Each event is handled in the part that
//! knows it (`compute`, `replicas`, `fetching`), and then `settle` starts whatever may start.

mod compute;
mod fetching;
mod replicas;
mod task;

#[cfg(test)]
mod check;
#[cfg(test)]
mod random;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use bytes::Bytes;

use super::event::{Address, Alarm, Event, FlightId, Instruction, Key, Message, Status};
use fetching::Peer;
use task::{Priority, Stage, Task};

/// How much a worker does at once.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Tasks that execute at the same time.
    pub(crate) threads: usize,
    /// Fetches under way at the same time.
    pub(crate) fetches: usize,
    /// Fetches under way from one peer.
    pub(crate) fetches_per_peer: usize,
    /// Bytes asked for in one fetch; one key is always asked for.
    pub(crate) fetch_bytes: u64,
    /// Bytes of results to hold before the worker pauses.
    pub(crate) memory: Option<u64>,
    /// What tasks can take of each resource, all together.
    pub(crate) resources: HashMap<String, f64>,
}

impl Limits {
    /// The usual limits, for this many threads.
    pub(crate) fn new(threads: usize) -> Self {
        let (fetches, fetches_per_peer, fetch_bytes) = (16, 2, 64 << 20);
        Limits { threads, fetches, fetches_per_peer, fetch_bytes, memory: None, resources: HashMap::new() }
    }
}

/// Everything that the worker knows about tasks, results and peers.
#[derive(Debug)]
pub(crate) struct State {
    address: Address,
    limits: Limits,
    status: Status,
    /// This process leaves: the status stays `ClosingGracefully` whatever the scheduler says.
    leaving: bool,
    tasks: HashMap<Key, Task>,
    /// The keys in stage `Ready` that need no resource.
    ready: BTreeSet<(Priority, Key)>,
    /// The keys in stage `Ready` that need some; they run in order, the first waits until there is enough for it.
    constrained: BTreeSet<(Priority, Key)>,
    /// How many keys are in stage `Executing`.
    executing: usize,
    /// How many keys are in stage `Memory` or `Erred`: nothing is left to do for these.
    settled: usize,
    /// Bytes of the results in stage `Memory`.
    nbytes: u64,
    /// What executing tasks left of each resource.
    available: HashMap<String, f64>,
    /// Peers that hold something wanted, or have something in flight here, or are busy.
    peers: HashMap<Address, Peer>,
    /// How many keys are in stage `Fetch`.
    fetching: usize,
    /// What was asked of whom and hasn't been answered.
    flights: HashMap<FlightId, (Address, Vec<Key>)>,
    next_flight: u64,
    /// The keys in stage `Missing`.
    missing: HashSet<Key>,
    /// How often in a row the scheduler was asked about missing keys; an alarm is set where this isn't zero.
    asked: u32,
    /// Falls with each task: of those with the same priority the newest runs first.
    generation: f64,
    /// What the event at hand has led to.
    out: Vec<Instruction>,
}

/// How many keys are in which stage, for the scheduler's dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Waiting for their dependencies.
    pub(crate) waiting: usize,
    /// Waiting for a thread.
    pub(crate) ready: usize,
    /// Running.
    pub(crate) executing: usize,
    /// To be fetched, being fetched, or missing.
    pub(crate) fetching: usize,
    /// Here.
    pub(crate) memory: usize,
    /// Failed here.
    pub(crate) erred: usize,
}

impl State {
    /// A worker that knows of nothing yet and listens at `address`.
    pub(crate) fn new(address: Address, limits: Limits) -> Self {
        State {
            address,
            available: limits.resources.clone(),
            limits,
            status: Status::Running,
            leaving: false,
            tasks: HashMap::new(),
            ready: BTreeSet::new(),
            constrained: BTreeSet::new(),
            executing: 0,
            settled: 0,
            nbytes: 0,
            peers: HashMap::new(),
            fetching: 0,
            flights: HashMap::new(),
            next_flight: 0,
            missing: HashSet::new(),
            asked: 0,
            generation: 0.0,
            out: Vec::new(),
        }
    }

    /// Takes note of an event and says what is to be done, in order.
    pub(crate) fn handle(&mut self, event: Event) -> Vec<Instruction> {
        match event {
            Event::ComputeAsked(compute) => self.compute(compute),
            Event::KeysFreed(keys) => keys.iter().for_each(|key| self.free(key)),
            Event::ReplicasRemoved(keys) => self.remove_replicas(keys),
            Event::ReplicasAsked(wanted) => self.acquire_replicas(wanted),
            Event::HoldersTold(told) => self.learn_holders(told),
            Event::StealAsked { key, stimulus_id } => self.answer_steal(key, stimulus_id),
            Event::ComputeCancelled(key) => self.cancel_compute(&key),
            Event::PeerLeft(peer) => self.peer_left(&peer),
            Event::StatusSet { status, stimulus_id } => self.set_status(status, stimulus_id),
            Event::RetireAsked => self.retire(),
            Event::Executed { key, result, start, stop } => self.executed(key, result, (start, stop)),
            Event::Fetched { flight, result } => self.fetched(flight, result),
            Event::Stored(values) => values.into_iter().for_each(|(key, value)| self.store(key, value)),
            Event::Due(Alarm::AskHolders) => self.ask_holders_again(),
            Event::Due(Alarm::PeerIdle(peer)) => self.peer_idle(&peer),
        }
        self.settle();
        mem::take(&mut self.out)
    }

    /// A result that lies here.
    pub(crate) fn value(&self, key: &str) -> Option<&Bytes> {
        match &self.tasks.get(key)?.stage {
            Stage::Memory { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Bytes of the results that lie here.
    pub(crate) fn nbytes(&self) -> u64 {
        self.nbytes
    }

    /// How many tasks run at this moment.
    pub(crate) fn executing(&self) -> usize {
        self.executing
    }

    /// How many fetches are under way.
    pub(crate) fn fetches(&self) -> usize {
        self.flights.len()
    }

    /// The keys of the results that lie here.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.tasks.iter().filter(|(_, task)| matches!(task.stage, Stage::Memory { .. })).map(|(key, _)| key)
    }

    /// How many keys are in which stage.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for task in self.tasks.values() {
            match task.stage {
                Stage::Waiting { .. } => counts.waiting += 1,
                Stage::Ready { .. } => counts.ready += 1,
                Stage::Executing { .. } => counts.executing += 1,
                Stage::Fetch | Stage::Flight { .. } | Stage::Missing => counts.fetching += 1,
                Stage::Memory { .. } => counts.memory += 1,
                Stage::Erred => counts.erred += 1,
            }
        }
        counts
    }

    /// Starts whatever may start now. Runs after each event.
    fn settle(&mut self) {
        self.pause_or_resume();
        self.start_tasks();
        self.start_fetches();
        self.ask_holders();
    }

    /// Pauses where more is held than allowed. A worker that has nothing to do says that it runs all the same: what it
    /// holds may be wanted by a task that nobody has got yet, and that task has to go somewhere.
    fn pause_or_resume(&mut self) {
        let too_much = self.limits.memory.is_some_and(|limit| self.nbytes > limit);
        let status = if too_much && self.tasks.len() > self.settled { Status::Paused } else { Status::Running };
        if self.status != Status::ClosingGracefully && self.status != status {
            self.status = status;
            self.tell(Message::StatusChange { status, stimulus_id: None });
        }
    }

    /// Follows the scheduler's word, and echoes what holds now.
    fn set_status(&mut self, status: Status, stimulus_id: String) {
        match status {
            Status::ClosingGracefully => self.hand_back(),
            Status::Running if !self.leaving => self.status = Status::Running,
            Status::Running | Status::Paused => {}
        }
        self.tell(Message::StatusChange { status: self.status, stimulus_id: Some(stimulus_id) });
    }

    /// Leaves for good.
    fn retire(&mut self) {
        self.leaving = true;
        self.hand_back();
        self.tell(Message::StatusChange { status: self.status, stimulus_id: None });
    }

    /// Takes no task any more, and hands back those that haven't started.
    fn hand_back(&mut self) {
        self.status = Status::ClosingGracefully;
        let not_started = |task: &Task| matches!(task.stage, Stage::Waiting { .. } | Stage::Ready { .. });
        let mut keys: Vec<Key> =
            self.tasks.iter().filter(|(_, task)| not_started(task)).map(|(key, _)| key.clone()).collect();
        keys.sort_unstable();
        for key in keys {
            self.give_up(&key);
            self.tell(Message::Reschedule(key));
        }
    }

    /// Says something to the scheduler.
    fn tell(&mut self, message: Message) {
        self.out.push(Instruction::Tell(message));
    }

    /// Puts a key into another stage; it must have left its former stage's queues (see `leave`).
    fn enter(&mut self, key: &Key, stage: Stage) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        let place = || (task.priority.clone(), key.clone());
        match &stage {
            Stage::Ready { compute } if compute.resources.is_empty() => drop(self.ready.insert(place())),
            Stage::Ready { .. } => drop(self.constrained.insert(place())),
            Stage::Executing { .. } => self.executing += 1,
            Stage::Fetch => self.fetching += 1,
            Stage::Missing => drop(self.missing.insert(key.clone())),
            Stage::Memory { value, .. } => {
                self.settled += 1;
                self.nbytes += value.len() as u64;
            }
            Stage::Erred => self.settled += 1,
            Stage::Waiting { .. } | Stage::Flight { .. } => {}
        }
        if matches!(stage, Stage::Fetch) {
            for holder in &task.holders {
                let peer = self.peers.entry(holder.clone()).or_default();
                peer.wanted.insert((task.priority.clone(), key.clone()));
            }
        }
        task.stage = stage;
    }

    /// Takes a key out of its stage, and out of the queues and counts of that stage. It is `Missing` until it enters
    /// another or is forgotten, though not counted as such.
    fn leave(&mut self, key: &Key) -> Option<Stage> {
        let task = self.tasks.get_mut(key)?;
        let place = (task.priority.clone(), key.clone());
        let stage = mem::replace(&mut task.stage, Stage::Missing);
        match &stage {
            Stage::Ready { .. } => {
                self.ready.remove(&place);
                self.constrained.remove(&place);
            }
            Stage::Executing { .. } => self.executing -= 1,
            Stage::Fetch => {
                self.fetching -= 1;
                for holder in &task.holders {
                    if let Some(peer) = self.peers.get_mut(holder) {
                        peer.wanted.remove(&place);
                    }
                }
            }
            Stage::Missing => drop(self.missing.remove(key)),
            Stage::Memory { value, .. } => {
                self.settled -= 1;
                self.nbytes -= value.len() as u64;
            }
            Stage::Erred => self.settled -= 1,
            Stage::Waiting { .. } | Stage::Flight { .. } => {}
        }
        Some(stage)
    }

    /// Forgets a key that has left its stage.
    fn forget(&mut self, key: &Key) {
        self.set_holders(key, Vec::new());
        self.tasks.remove(key);
    }
}
