//! The client of a scheduler: sends graphs, hears how their tasks fare, and fetches values.
//!
//! ```text
//! Client (here): the methods, for synchronous code
//!   ├ parts: a graph in parts          pure
//!   ├ session, event: what is wanted, and what the user hears of it          pure
//!   ├ stream: the connection with the scheduler
//!   ├ gather: values from the workers
//!   └ cluster: who the workers are, and values given to them
//! ```
//!
//! The client has threads of its own for what waits on sockets. Its methods block, each for a limited time, and may be
//! called from anywhere, an async runtime's threads included. It knows nothing of operations and their values: a task
//! is a key and bytes.

mod cluster;
mod error;
mod event;
mod gather;
mod parts;
mod session;
mod stream;

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

pub(crate) use cluster::WorkerInfo;
pub use error::ClientError;
pub(crate) use event::Event;
use gather::Source;
pub(crate) use parts::Task;
use stream::{Command, Shared};

use crate::net::{Address, Network, Pool, Security};
use crate::wire::{GraphTask, Outgoing, graph, protocol};

/// The name of a task and its value.
pub type Key = Arc<str>;

/// How often it is looked whether something is still to be waited for.
const LOOK: Duration = Duration::from_millis(50);

/// How long a client that is dropped waits until the scheduler has been told.
const GOODBYE: Duration = Duration::from_secs(1);

/// How a client behaves.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The certificates, for a scheduler at a `tls://` address.
    pub(crate) security: Option<Security>,
    /// How long to wait for a connection.
    pub(crate) connect: Duration,
    /// How many tasks of a graph are sent at once: the scheduler takes about 0.1 ms for each, and does nothing else.
    pub(crate) part: usize,
    /// How many requests for values there may be at a time.
    pub(crate) parallel: usize,
    /// After how long without a word the scheduler counts as gone. It speaks at least every few seconds.
    pub(crate) silence: Duration,
}

impl Default for Options {
    /// No TLS, 10 seconds to connect, parts of 1000 tasks, 16 requests, 2 minutes of silence.
    fn default() -> Self {
        Options {
            security: None,
            connect: Duration::from_secs(10),
            part: 1000,
            parallel: 16,
            silence: Duration::from_secs(120),
        }
    }
}

/// A client of a scheduler. Dropped, it leaves, and the scheduler frees its keys.
#[derive(Debug)]
pub(crate) struct Client {
    source: Source,
    part: usize,
    shared: Arc<Shared>,
    commands: UnboundedSender<Command>,
    events: Receiver<Event>,
    /// The stream's task; it ends once.
    ended: Receiver<()>,
    /// Taken when the client is dropped.
    runtime: Option<Runtime>,
}

impl Client {
    /// Connects to the scheduler at `address` and registers.
    ///
    /// # Errors
    ///
    /// When the address isn't one, nobody answers in time, or the scheduler is too old.
    pub(crate) fn connect(address: &str, options: &Options) -> Result<Self, ClientError> {
        let scheduler: Address = address.parse()?;
        let network = Network::new(options.security.as_ref(), options.connect)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("dispatcher-dask-client")
            .enable_all()
            .build()
            .map_err(ClientError::Threads)?;
        let client = format!("dispatcher-{:016x}", fastrand::u64(..));

        let registering = {
            let (network, scheduler, client, options) =
                (network.clone(), scheduler.clone(), client.clone(), options.clone());
            async move { stream::register(&network, &scheduler, &client, &options).await }
        };
        // Each of its steps has its own limit; this one is for what they forget.
        let within = options.connect * 4;
        let what = format!("connecting to {scheduler}");
        let comm = match wait(&runtime, &what, within, &mut || false, registering) {
            Ok(Some(comm)) => comm,
            failed => {
                runtime.shutdown_background();
                return Err(failed.err().unwrap_or(ClientError::Bug("connecting")));
            }
        };

        let (tell, events) = unbounded();
        let (commands, asked) = tokio::sync::mpsc::unbounded_channel();
        let (end, ended) = bounded(1);
        let shared = Shared::new(tell);
        let running = stream::run(comm, client.clone(), Arc::clone(&shared), asked, options.silence);
        runtime.spawn(async move {
            running.await;
            drop(end);
        });
        let pool = Arc::new(Pool::new(network));
        let source = Source { pool, scheduler, client, parallel: options.parallel };
        Ok(Client { source, part: options.part, shared, commands, events, ended, runtime: Some(runtime) })
    }

    /// The name that the scheduler knows it by.
    pub(crate) fn id(&self) -> &str {
        &self.source.client
    }

    /// The scheduler.
    pub(crate) fn scheduler(&self) -> &Address {
        &self.source.scheduler
    }

    /// What is to be heard of the wanted keys, in order. The last is [`Event::Closed`].
    pub(crate) fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Sends a graph. Its order is the order to run in, where dependencies and priorities leave a choice.
    ///
    /// It returns when all is sent, each part `within` the time, as a busy scheduler may take long over all. A task that no wanted task depends on doesn't run.
    ///
    /// # Errors
    ///
    /// [`ClientError::OutOfOrder`], before anything is sent; else when the scheduler is gone or takes too long. Then it
    /// isn't known what of the graph has arrived; releasing its keys undoes it.
    pub(crate) fn submit(&self, tasks: &[Task], within: Duration) -> Result<(), ClientError> {
        let parts = parts::cut(tasks, self.part)?;
        self.shared.session().want(tasks.iter().filter(|task| task.wanted).map(|task| Arc::clone(&task.key)));
        for part in parts {
            let order = part.tasks.iter().zip(0..).map(|(task, rank): (&GraphTask<'_>, u64)| (task.key, rank));
            let kept = part.kept.iter().map(|key| &***key);
            self.send(protocol::update_graph(graph(&part.tasks), kept, order), within)?;
            if !part.released.is_empty() {
                let released = part.released.iter().map(|key| &***key);
                let message = Outgoing::batch(vec![protocol::client_releases_keys(self.id(), released)]);
                self.send(message, within)?;
            }
        }
        Ok(())
    }

    /// Lets go of keys: the scheduler frees, or doesn't start, what nobody else wants. Nothing more is heard of them.
    ///
    /// # Errors
    ///
    /// When the scheduler is gone, and the keys with it, or takes too long.
    pub(crate) fn release(&self, keys: &[Key], within: Duration) -> Result<(), ClientError> {
        let released = self.shared.session().release(keys);
        self.send_release(&released, within)
    }

    /// Fetches values from the workers that hold them, in the order of the keys.
    ///
    /// Values that are lost meanwhile are waited for, as the scheduler computes them again. Now and then it is asked whether to
    /// stop; nothing is given then.
    ///
    /// # Errors
    ///
    /// [`ClientError::Unavailable`] when time is up, [`ClientError::ForeignValue`] for a Python worker's value, and
    /// when the scheduler is gone.
    pub(crate) fn gather(
        &self,
        keys: &[Key],
        within: Duration,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<Bytes>>, ClientError> {
        let gathering = gather::gather(self.source.clone(), keys.to_vec(), within);
        // The gathering itself ends in time, and knows better what it waited for.
        let Some(values) = self.wait_unless("gathering values", within + GOODBYE, stop, gathering)? else {
            return Ok(None);
        };
        let value = |key| values.get(key).cloned().ok_or(ClientError::Bug("gathering values"));
        keys.iter().map(value).collect::<Result<_, _>>().map(Some)
    }

    /// The workers that the scheduler knows. Now and then it is asked whether to stop; nothing is given then.
    ///
    /// # Errors
    ///
    /// When the scheduler is gone or takes too long.
    pub(crate) fn workers(
        &self,
        within: Duration,
        stop: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<WorkerInfo>>, ClientError> {
        let asking = cluster::workers(self.source.clone(), within);
        self.wait_unless("asking for the workers", within, stop, asking)
    }

    /// Leaves, and waits until the scheduler has been told; it frees the client's keys.
    pub(crate) fn close(&self, within: Duration) {
        // A stream that has ended already needs no telling.
        let _ = self.commands.send(Command::Close);
        let _ = self.ended.recv_timeout(within);
    }

    /// Tells the scheduler of keys that the session has let go of.
    fn send_release(&self, keys: &[Key], within: Duration) -> Result<(), ClientError> {
        // In parts, like graphs.
        for keys in keys.chunks(self.part.max(1)) {
            let message = protocol::client_releases_keys(self.id(), keys.iter().map(|key| &**key));
            self.send(Outgoing::batch(vec![message]), within)?;
        }
        Ok(())
    }

    /// Sends a message on the stream, and waits until it is with the system.
    fn send(&self, message: Outgoing, within: Duration) -> Result<(), ClientError> {
        let (sent, wait) = bounded(1);
        self.commands.send(Command::Send(message, sent)).map_err(|_| self.closed())?;
        wait.recv_timeout(within).map_err(|error| match error {
            RecvTimeoutError::Timeout => ClientError::TimedOut {
                what: format!("sending to the scheduler at {}", self.scheduler()),
                after: within,
            },
            RecvTimeoutError::Disconnected => self.closed(),
        })
    }

    /// Whether the scheduler is there, as far as is known.
    pub(crate) fn is_open(&self) -> bool {
        self.check_open().is_ok()
    }

    /// An error, if the stream has ended.
    fn check_open(&self) -> Result<(), ClientError> {
        if self.shared.session().ended().is_some() { Err(self.closed()) } else { Ok(()) }
    }

    /// The error for a stream that has ended, or is about to.
    fn closed(&self) -> ClientError {
        // The reason is set right after the last command is dropped.
        let _ = self.ended.recv_timeout(GOODBYE);
        let reason = self.shared.session().ended().unwrap_or("the stream is ending").to_owned();
        ClientError::Closed { reason }
    }

    /// As [`Client::wait`], while the stream is open and nobody says to stop; gives nothing then.
    fn wait_unless<T: Send + 'static>(
        &self,
        what: &'static str,
        within: Duration,
        stop: &mut dyn FnMut() -> bool,
        future: impl Future<Output = Result<T, ClientError>> + Send + 'static,
    ) -> Result<Option<T>, ClientError> {
        self.check_open()?;
        let Some(runtime) = &self.runtime else { return Err(ClientError::Bug(what)) };
        let mut open = Ok(());
        let mut stops = || {
            open = self.check_open();
            open.is_err() || stop()
        };
        let done = wait(runtime, what, within, &mut stops, future);
        open.and(done)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.close(GOODBYE);
        if let Some(runtime) = self.runtime.take() {
            // Waits for nothing, and so may be done on an async runtime's thread.
            runtime.shutdown_background();
        }
    }
}

/// Runs a future on the runtime, and waits for it on this thread, which may be another runtime's. Asks now and then whether
/// to stop; gives nothing then.
fn wait<T: Send + 'static>(
    runtime: &Runtime,
    what: &str,
    within: Duration,
    stop: &mut dyn FnMut() -> bool,
    future: impl Future<Output = Result<T, ClientError>> + Send + 'static,
) -> Result<Option<T>, ClientError> {
    let deadline = Instant::now() + within;
    let (done, result) = bounded(1);
    let task: JoinHandle<()> = runtime.spawn(async move {
        // Whoever has stopped waiting needs no answer.
        let _ = done.send(future.await);
    });
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match result.recv_timeout(left.min(LOOK)) {
            Ok(value) => return value.map(Some),
            Err(RecvTimeoutError::Disconnected) => return Err(ClientError::Bug("a task of the client")),
            Err(RecvTimeoutError::Timeout) => {
                let stopped = stop();
                if stopped || left.is_zero() {
                    task.abort();
                    let what = what.to_owned();
                    return if stopped { Ok(None) } else { Err(ClientError::TimedOut { what, after: within }) };
                }
            }
        }
    }
}
