//! What can go wrong for a client.

use std::io;
use std::time::Duration;

use super::Key;
use crate::net::{Address, NetError};
use crate::wire::WireError;

/// Why a client can't do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The scheduler, or a worker, can't be reached or doesn't hold.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The scheduler is older than what is spoken.
    #[error("{0}; upgrade dask and distributed on the scheduler")]
    OldScheduler(String),
    /// The connection with the scheduler has ended.
    #[error("the client has no scheduler any more: {reason}")]
    Closed {
        /// Why it ended.
        reason: String,
    },
    /// Time ran out.
    #[error("{what} took longer than {after:?}")]
    TimedOut {
        /// What took too long.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// Values that nobody holds, or that no holder hands out.
    #[error("no worker hands out `{key}` (nor {others} other values) within {after:?}; {why}")]
    Unavailable {
        /// One of the values.
        key: Key,
        /// How many others there are.
        others: usize,
        /// How long was tried.
        after: Duration,
        /// What the last attempt met.
        why: String,
    },
    /// A value that was made by a Python worker, or is kept by one.
    #[error("`{key}` at {worker} isn't a value of dispatcher's: it is held, or was made, by a Python worker")]
    ForeignValue {
        /// The value.
        key: Key,
        /// Who holds it.
        worker: Address,
    },
    /// A graph that names a task twice, or a dependency behind its dependent.
    #[error("the graph is out of order: {0}")]
    OutOfOrder(String),
    /// A message that can't be read or written.
    #[error("the scheduler's message can't be used: {0}")]
    Message(#[from] WireError),
    /// The system gives no threads for the client.
    #[error("cannot start the client's threads: {0}")]
    Threads(io::Error),
    /// A mistake in the client itself.
    #[error("{0} ended without an answer, which is a bug in dispatcher: please report it")]
    Bug(&'static str),
}
