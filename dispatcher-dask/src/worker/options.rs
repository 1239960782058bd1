//! How a worker is set up.

use std::collections::HashMap;
use std::num::NonZero;
use std::time::Duration;

use crate::net::Security;

/// How to set up a worker: where its scheduler is, and how much it takes on.
///
/// ```no_run
/// use dispatcher_dask::worker::{WorkerOptions, serve};
///
/// # fn main() -> Result<(), dispatcher_dask::worker::WorkerError> {
/// serve(WorkerOptions::new("tcp://10.0.0.1:8786").threads(4).memory_limit(8 << 30))
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    pub(super) scheduler: String,
    pub(super) threads: usize,
    pub(super) name: Option<String>,
    pub(super) listen: Option<(String, u16)>,
    pub(super) security: Option<Security>,
    pub(super) memory_limit: Option<u64>,
    pub(super) resources: HashMap<String, f64>,
    pub(super) connect_timeout: Duration,
    pub(super) retire_timeout: Duration,
}

impl WorkerOptions {
    /// A worker for the scheduler at this address, `tcp://host:port` or `tls://host:port`, with a thread for each core.
    pub fn new(scheduler: impl Into<String>) -> Self {
        WorkerOptions {
            scheduler: scheduler.into(),
            threads: std::thread::available_parallelism().map_or(1, NonZero::get),
            name: None,
            listen: None,
            security: None,
            memory_limit: None,
            resources: HashMap::new(),
            connect_timeout: Duration::from_secs(30),
            retire_timeout: Duration::from_secs(60),
        }
    }

    /// How many tasks run at the same time; at least one.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// The worker's name, unique in its cluster; without it, the worker is called by its address.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Where to listen for other workers. Port 0 is any that is free; the host `0.0.0.0` or `::` is every interface.
    /// Without this, the worker listens on the interface by which it reaches the scheduler.
    #[must_use]
    pub fn listen(mut self, host: impl Into<String>, port: u16) -> Self {
        self.listen = Some((host.into(), port));
        self
    }

    /// The certificates for a scheduler at a `tls://` address.
    #[must_use]
    pub fn security(mut self, security: Security) -> Self {
        self.security = Some(security);
        self
    }

    /// How many bytes of results the worker may hold. Above it the worker takes no new tasks, and runs those that it
    /// has one at a time, until it holds less. It never spills to disk.
    #[must_use]
    pub fn memory_limit(mut self, bytes: u64) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// How much the worker has of a resource that tasks may ask for, such as `GPU`.
    #[must_use]
    pub fn resource(mut self, name: impl Into<String>, amount: f64) -> Self {
        self.resources.insert(name.into(), amount);
        self
    }

    /// How long to try to reach the scheduler, while it may still be starting; 30 seconds by default.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long to finish what executes and to hand results over to other workers when the process is asked to end;
    /// 60 seconds by default.
    #[must_use]
    pub fn retire_timeout(mut self, timeout: Duration) -> Self {
        self.retire_timeout = timeout;
        self
    }
}
