//! [`DaskExecutor`]: runs graphs on a cluster.
//!
//! | file | what it is |
//! |---|---|
//! | `form` | values that are on the cluster |
//! | `calls` | the calls of a run: which are one task, which values are to be kept; pure |
//! | `drive` | one run: tasks of the graph become calls (`take`), what the scheduler says becomes results (`hear`), values come here (`bring`) |

mod calls;
mod drive;
mod error;
mod form;

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dispatcher_core::remote::{RemoteExecutor, Work};
use dispatcher_core::{CancelToken, Settings};

pub use self::error::{ClientErrorText, DaskError};
use crate::client::{self, Client, ClientError};
use crate::net::Security;

/// How a [`DaskExecutor`] connects, and what it does.
#[derive(Debug, Clone)]
#[must_use]
pub struct DaskOptions {
    scheduler: String,
    client: client::Options,
    /// How long to wait for workers.
    workers: Duration,
    /// Whether chains of calls become one task.
    fuse: bool,
    retries: u32,
    /// Whether what no worker can do is done here.
    rest_here: bool,
}

impl DaskOptions {
    /// For the scheduler at this address: `tcp://host:8786`, or `tls://…`.
    pub fn new(scheduler: impl Into<String>) -> Self {
        Self {
            scheduler: scheduler.into(),
            client: client::Options::default(),
            workers: Duration::from_secs(30),
            fuse: true,
            retries: 0,
            rest_here: false,
        }
    }

    /// Certificates, for a `tls://` address.
    pub fn security(mut self, security: Security) -> Self {
        self.client.security = Some(security);
        self
    }

    /// How long to wait for a connection; 10 seconds, if nothing is said.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.client.connect = limit;
        self
    }

    /// How long to wait for a worker that has the operations; 30 seconds, if nothing is said.
    pub fn workers_timeout(mut self, limit: Duration) -> Self {
        self.workers = limit;
        self
    }

    /// Whether several operations may be sent as one task (the default): such as use only the one before, of which the scheduler takes
    /// some milliseconds from one to the next; and where there are many hundreds that need the same and are used by the same, some dozens
    /// of them, if the first failure stops the run.
    pub fn fuse(mut self, yes: bool) -> Self {
        self.fuse = yes;
        self
    }

    /// How many more times the scheduler runs an operation that fails; 0, if nothing is said. An operation's own `#[retry]` goes before
    /// it.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Whether operations that no worker can be asked for (methods, operators, functions that aren't `#[remote]`) are run here, with
    /// their values brought from the cluster. If not (the default), they are errors.
    pub fn run_the_rest_here(mut self, yes: bool) -> Self {
        self.rest_here = yes;
        self
    }

    /// Connects to the scheduler.
    ///
    /// # Errors
    /// The address isn't one, nobody answers there in time, or the scheduler is too old.
    pub fn connect(self) -> Result<DaskExecutor, ClientError> {
        let client = Client::connect(&self.scheduler, &self.client)?;
        Ok(DaskExecutor { options: self, settings: Settings::new(), fail_fast: true, idle: Mutex::new(vec![client]) })
    }
}

/// Runs graphs on a dask.distributed cluster: an unmodified scheduler, and workers that are programs like this one
/// ([`worker::serve`](crate::worker::serve)).
///
/// Calls of `#[remote]` functions go to the workers, which hand one another their values. Functions that give graphs run here, once
/// what they are given is there, and so does what is needed to put their results together. Anything else is an error before anything
/// is sent, unless it is [run here](DaskOptions::run_the_rest_here).
///
/// Runs are those of [`RemoteExecutor`]: `run`, `run_all`, and beginning at inputs. When a run is over, also by an error or because it
/// was cancelled, its keys are released on the cluster.
///
/// Carries over DaskDistributedDispatcher.jl's `DaskExecutor`.
///
/// # Examples
/// ```no_run
/// use dispatcher::prelude::*;
/// use dispatcher_dask::DaskExecutor;
///
/// #[remote]
/// fn square(n: u64) -> u64 {
///     n * n
/// }
/// #[remote]
/// fn total(squares: Vec<u64>) -> u64 {
///     squares.iter().sum()
/// }
///
/// #[dispatch]
/// fn squares(n: u64) -> u64 {
///     let squares: Vec<u64> = (0..n).map(|n| square(n)).collect();
///     total(squares)
/// }
///
/// let executor = DaskExecutor::connect("tcp://127.0.0.1:8786")?;
/// println!("{}", executor.run(squares(100))?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub struct DaskExecutor {
    options: DaskOptions,
    settings: Settings,
    fail_fast: bool,
    /// Connections that no run uses.
    idle: Mutex<Vec<Client>>,
}

impl DaskExecutor {
    /// Connects to the scheduler at this address: `tcp://host:8786`, or `tls://…`. See [`DaskOptions`] for more.
    ///
    /// # Errors
    /// The address isn't one, nobody answers there in time, or the scheduler is too old.
    pub fn connect(scheduler: impl Into<String>) -> Result<Self, ClientError> {
        DaskOptions::new(scheduler).connect()
    }

    /// Whether the first failure stops the run (the default), or independent branches are finished.
    pub fn fail_fast(mut self, yes: bool) -> Self {
        self.settings = self.settings.fail_fast(yes);
        self.fail_fast = yes;
        self
    }

    /// How long a run may take.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings = self.settings.timeout(limit);
        self
    }

    /// Lets a token cancel the runs.
    pub fn cancel_with(mut self, token: &CancelToken) -> Self {
        self.settings = self.settings.cancel_with(token);
        self
    }

    /// A connection that no other run uses.
    fn client(&self) -> Result<Client, ClientError> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // A scheduler may have been started anew meanwhile.
        idle.retain(Client::is_open);
        let client = idle.pop();
        drop(idle);
        client.map_or_else(|| Client::connect(&self.options.scheduler, &self.options.client), Ok)
    }
}

impl RemoteExecutor for DaskExecutor {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn execute(&self, work: &mut Work<'_>) {
        match self.client() {
            Ok(client) => {
                if drive::run(&client, &self.options, self.fail_fast, work) {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
                }
            }
            Err(error) => {
                while let Some(task) = work.next() {
                    work.fail(task, Box::new(DaskError::from(ClientErrorText::from(&error))));
                }
            }
        }
    }
}

impl fmt::Debug for DaskExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DaskExecutor").field("scheduler", &self.options.scheduler).finish_non_exhaustive()
    }
}
