//! The worker as its parts share it: the state machine behind a lock, and what carries out its instructions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};

use super::WorkerError;
use super::event::{Event, Instruction, Key, Message, Status};
use super::peers;
use super::state::{Counts, Limits, State};
use super::threads::{Done, Job, Threads, lock};
use crate::net::{self, NetError, Network, Pool};

/// What waits to be sent to the scheduler.
#[derive(Debug)]
pub(crate) enum Post {
    /// A message.
    Message(Message),
    /// Say when all before this is sent.
    Flush(oneshot::Sender<()>),
}

/// Why the worker leaves.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It has retired, or was told to leave.
    Retired(String),
    /// The scheduler's stream ended, well or badly.
    StreamEnded(NetError),
    /// The scheduler doesn't know this worker any more.
    Forgotten,
}

/// A worker's shared part.
#[derive(Debug)]
pub(crate) struct Node {
    /// Where it listens.
    pub(crate) address: String,
    /// Its name.
    pub(crate) name: String,
    /// Its unique id.
    pub(crate) id: String,
    /// Where the scheduler listens.
    pub(crate) scheduler: net::Address,
    /// How many tasks it runs at once.
    pub(crate) threads: usize,
    /// How many bytes of results it may hold, if that is limited.
    pub(crate) memory_limit: Option<u64>,
    /// The names of its operations.
    pub(crate) operations: Vec<String>,
    /// The scheduler's packages, echoed.
    pub(crate) versions: rmpv::Value,
    /// Connections for requests.
    pub(crate) pool: Pool,
    state: Mutex<State>,
    runners: Mutex<Option<Threads>>,
    post: mpsc::UnboundedSender<Post>,
    ending: mpsc::UnboundedSender<Ending>,
    /// Rung when nothing executes.
    idle: Notify,
    /// Set once the worker has paused.
    warned: OnceLock<()>,
    runtime: Handle,
}

/// What a node is made of.
#[derive(Debug)]
pub(crate) struct Identity {
    /// Where it listens.
    pub(crate) address: String,
    /// Its name.
    pub(crate) name: String,
    /// Where the scheduler listens.
    pub(crate) scheduler: net::Address,
    /// The names of its operations.
    pub(crate) operations: Vec<String>,
    /// The scheduler's packages, echoed.
    pub(crate) versions: rmpv::Value,
}

impl Node {
    /// A node without threads: see [`Node::start`].
    pub(crate) fn new(
        identity: Identity,
        limits: Limits,
        network: Network,
        post: mpsc::UnboundedSender<Post>,
        ending: mpsc::UnboundedSender<Ending>,
    ) -> Self {
        let Identity { address, name, scheduler, operations, versions } = identity;
        Node {
            id: format!("Worker-{:032x}", fastrand::u128(..)),
            threads: limits.threads,
            memory_limit: limits.memory,
            pool: Pool::new(network),
            state: Mutex::new(State::new(address.as_str().into(), limits)),
            runners: Mutex::new(None),
            post,
            ending,
            idle: Notify::new(),
            warned: OnceLock::new(),
            runtime: Handle::current(),
            address,
            name,
            scheduler,
            operations,
            versions,
        }
    }

    /// Starts the threads that run tasks.
    pub(crate) fn start(self: &Arc<Self>, runner: Arc<dyn super::runner::Runner>) -> Result<(), WorkerError> {
        let node = self.clone();
        let done = move |done: Done| {
            let Done { key, result, start, stop } = done;
            node.handle(Event::Executed { key, result, start, stop });
        };
        let threads = Threads::start(self.threads, runner, done).map_err(WorkerError::Threads)?;
        *lock(&self.runners) = Some(threads);
        Ok(())
    }

    /// Tells the state machine what happened, and carries out what it says. Quick: all that takes time is handed on.
    pub(crate) fn handle(self: &Arc<Self>, event: Event) {
        // Under the lock, so that the scheduler hears of things in the order in which they happened.
        let mut state = lock(&self.state);
        for instruction in state.handle(event) {
            self.carry_out(instruction);
        }
        if state.executing() == 0 {
            self.idle.notify_one();
        }
    }

    /// Carries out one instruction, or hands it on.
    fn carry_out(self: &Arc<Self>, instruction: Instruction) {
        match instruction {
            Instruction::Tell(message) => self.tell(message),
            Instruction::Execute { key, payload, inputs } => {
                if let Some(threads) = &*lock(&self.runners) {
                    threads.run(Job { key, payload, inputs });
                }
            }
            Instruction::Fetch { flight, peer, keys } => {
                let node = self.clone();
                self.runtime.spawn(async move {
                    let result = peers::fetch(&node.pool, &peer, &keys, &node.address).await;
                    node.handle(Event::Fetched { flight, result });
                });
            }
            Instruction::Wake { after, alarm } => {
                let node = self.clone();
                self.runtime.spawn(async move {
                    tokio::time::sleep(after).await;
                    node.handle(Event::Due(alarm));
                });
            }
        }
    }

    /// Says something to the scheduler.
    pub(crate) fn tell(&self, message: Message) {
        if let Message::StatusChange { status, .. } = &message {
            self.log_status(*status);
        }
        // Where nobody posts any more, the worker is leaving.
        let _ = self.post.send(Post::Message(message));
    }

    /// Logs a change of status. A worker that holds too much may pause with each task; that is said once aloud.
    fn log_status(&self, status: Status) {
        let limit = self.memory_limit.unwrap_or_default();
        if status == Status::Paused && self.warned.set(()).is_ok() {
            tracing::warn!(
                limit,
                "paused: more bytes of results are held than the memory limit allows; this worker doesn't spill to disk"
            );
        } else {
            tracing::debug!(status = status.name(), "status");
        }
    }

    /// Waits until all that was said is sent.
    pub(crate) async fn flush(&self) {
        let (done, sent) = oneshot::channel();
        if self.post.send(Post::Flush(done)).is_ok() {
            let _ = sent.await;
        }
    }

    /// Waits until nothing executes.
    pub(crate) async fn until_idle(&self) {
        while lock(&self.state).executing() > 0 {
            self.idle.notified().await;
        }
    }

    /// Leaves.
    pub(crate) fn end(&self, ending: Ending) {
        // Where nobody listens any more, the worker has left.
        let _ = self.ending.send(ending);
    }

    /// Lets the threads end, each after its run.
    pub(crate) fn stop_threads(&self) {
        *lock(&self.runners) = None;
    }

    /// Those of these results that lie here.
    pub(crate) fn values(&self, keys: &[Key]) -> HashMap<Key, Bytes> {
        let state = lock(&self.state);
        keys.iter().filter_map(|key| Some((key.clone(), state.value(key)?.clone()))).collect()
    }

    /// The keys of all results that lie here.
    pub(crate) fn keys(&self) -> Vec<Key> {
        lock(&self.state).keys().cloned().collect()
    }

    /// Numbers for the scheduler's dashboard: keys by stage, bytes held, fetches under way.
    pub(crate) fn load(&self) -> (Counts, u64, usize) {
        let state = lock(&self.state);
        (state.counts(), state.nbytes(), state.fetches())
    }

    /// What runs at this moment, and for how long, in seconds.
    pub(crate) fn running(&self) -> Vec<(Key, f64)> {
        let runners = lock(&self.runners);
        runners.iter().flat_map(Threads::running).map(|(key, since)| (key, since.as_secs_f64())).collect()
    }
}
