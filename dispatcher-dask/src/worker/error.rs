//! Why a worker can't start, or can't go on.

use std::io;

use crate::net::NetError;

/// Why a worker can't start, or can't go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The scheduler can't be reached, refuses the worker, or says what can't be understood.
    #[error("the worker can't work with its scheduler: {0}")]
    Scheduler(#[from] NetError),
    /// The scheduler doesn't take the worker.
    #[error("the scheduler refuses the worker: {0}")]
    Refused(String),
    /// The scheduler is of a version that is not supported.
    #[error("{0}")]
    TooOld(String),
    /// The scheduler went away. Results that were held here are lost to it; start the worker anew.
    #[error("the worker lost its scheduler: {0}")]
    SchedulerLost(NetError),
    /// The scheduler no longer knows the worker, as it hadn't heard of it for too long.
    #[error("the scheduler no longer knows this worker; it hadn't heard of it for too long, so start it anew")]
    Forgotten,
    /// The system gives no threads.
    #[error("the worker can't start its threads: {0}")]
    Threads(io::Error),
    /// The system gives no signals, which a worker is asked to end with.
    #[error("the worker can't listen for signals: {0}")]
    Signals(io::Error),
}
