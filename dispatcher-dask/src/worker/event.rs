//! The words of the worker's state machine: the events that it is told of, and the instructions that it gives.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::runner::Failure;

/// The name of a task and of its result, the same on every worker.
pub(crate) type Key = Arc<str>;

/// Where a worker listens, as the scheduler writes it: `tcp://127.0.0.1:40000`.
pub(crate) type Address = Arc<str>;

/// Something that happened: the scheduler said so, a task ended, data came, a time is up.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// The scheduler wants a task computed here.
    ComputeAsked(Box<Compute>),
    /// The scheduler wants nothing more of these keys.
    KeysFreed(Vec<Key>),
    /// The scheduler thinks these copies needless.
    ReplicasRemoved(Vec<Key>),
    /// The scheduler wants copies of these results here.
    ReplicasAsked(Vec<Dependency>),
    /// Which workers hold which keys, as far as the scheduler knows.
    HoldersTold(Vec<(Key, Vec<Address>)>),
    /// The scheduler would like to give this task to another worker; `stimulus_id` is to be echoed.
    StealAsked { key: Key, stimulus_id: String },
    /// The scheduler no longer wants a task, if it hasn't started.
    ComputeCancelled(Key),
    /// A peer has left the cluster.
    PeerLeft(Address),
    /// The scheduler set this worker's status; `stimulus_id` is to be echoed.
    StatusSet { status: Status, stimulus_id: String },
    /// This process was asked to leave: finish what executes, hand the rest back.
    RetireAsked,
    /// A task's run has ended; times in seconds of the Unix epoch.
    Executed { key: Key, result: Result<Bytes, Failure>, start: f64, stop: f64 },
    /// A fetch has ended.
    Fetched { flight: FlightId, result: FetchResult },
    /// Values were put here from outside: scattered by a client, or copied at the scheduler's wish.
    Stored(Vec<(Key, Bytes)>),
    /// The time of an alarm has come.
    Due(Alarm),
}

/// A task to compute: what `compute-task` says.
#[derive(Clone, Debug)]
pub(crate) struct Compute {
    /// The task.
    pub(crate) key: Key,
    /// Which attempt this is; the answer carries it back.
    pub(crate) run_id: i64,
    /// Least first, compared number by number.
    pub(crate) priority: Vec<f64>,
    /// What it needs.
    pub(crate) dependencies: Vec<Dependency>,
    /// What the client attached for the runner, if it did.
    pub(crate) payload: Option<Bytes>,
    /// How much it takes of which resource while it runs.
    pub(crate) resources: Vec<(String, f64)>,
}

/// A result that lies elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Dependency {
    /// Its key.
    pub(crate) key: Key,
    /// The workers that hold it, as the scheduler knows.
    pub(crate) holders: Vec<Address>,
    /// Its size, as the scheduler knows.
    pub(crate) nbytes: u64,
}

/// What this worker says that it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Takes tasks.
    Running,
    /// Takes no tasks for now: it holds too much.
    Paused,
    /// Takes no tasks any more: it is about to leave.
    ClosingGracefully,
}

impl Status {
    /// As the wire spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Paused => "paused",
            Status::ClosingGracefully => "closing_gracefully",
        }
    }

    /// From the wire's spelling; `None` for those that a scheduler doesn't set on a worker.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Status::Running, Status::Paused, Status::ClosingGracefully].into_iter().find(|status| status.name() == name)
    }
}

/// Tells one fetch from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FlightId(pub(crate) u64);

/// How a fetch ended.
#[derive(Clone, Debug)]
pub(crate) enum FetchResult {
    /// The peer answered, with those of the keys that it has.
    Got(HashMap<Key, Bytes>),
    /// The peer has too much to do now.
    Busy,
    /// The peer can't be reached.
    Lost,
}

/// A time to wait for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Alarm {
    /// Ask the scheduler again who holds what is missing.
    AskHolders,
    /// A peer that was busy may be asked again.
    PeerIdle(Address),
}

/// Something to do at the edge. Doing it is quick or happens elsewhere; its end comes back as an event.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// Tell the scheduler, in this order.
    Tell(Message),
    /// Run a task; ends in `Event::Executed`.
    Execute { key: Key, payload: Option<Bytes>, inputs: HashMap<String, Bytes> },
    /// Get these keys of a peer in one request; ends in `Event::Fetched`.
    Fetch { flight: FlightId, peer: Address, keys: Vec<Key> },
    /// After this time, tell of `Event::Due`.
    Wake { after: Duration, alarm: Alarm },
}

/// What the worker says to the scheduler on its stream.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    /// A task's result is here; `ran` is when it started and stopped, where it ran here.
    TaskFinished { key: Key, run_id: i64, nbytes: u64, ran: Option<(f64, f64)> },
    /// A task failed.
    TaskErred { key: Key, run_id: i64, failure: Failure, ran: Option<(f64, f64)> },
    /// Copies have arrived.
    AddKeys(Vec<Key>),
    /// A result is no longer here.
    ReleaseWorkerData(Key),
    /// Who holds these? Those who did can't be reached.
    RequestRefreshWhoHas(Vec<Key>),
    /// A task that was to be stolen was in this state: `waiting` or `ready` mean that it is given up.
    StealResponse { key: Key, state: Option<&'static str>, stimulus_id: String },
    /// A task that hasn't started is handed back.
    Reschedule(Key),
    /// This worker's status; answers carry the scheduler's `stimulus_id`.
    StatusChange { status: Status, stimulus_id: Option<String> },
}
