//! What goes wrong with operations on a cluster.

use std::time::Duration;

use crate::client::ClientError;

/// Why an operation wasn't run on the cluster, or failed there.
///
/// It is the cause of the [`DependencyError`](dispatcher_core::DependencyError) that a run gives, to be had by
/// [`downcast_ref`](dispatcher_core::ErrorKind::downcast_ref).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaskError {
    /// The operation panicked, gave an `Err`, or couldn't be called.
    #[error("{message}")]
    Failed {
        /// What it says.
        message: String,
        /// Whether it panicked.
        panicked: bool,
    },
    /// The scheduler ended it, as when it had killed too many workers.
    #[error("the scheduler has given it up: {0}")]
    GivenUp(String),
    /// Nobody is there to run it.
    #[error(
        "no worker with operation `{operation}` has joined the scheduler at {scheduler} within {after:?}: start one whose program has that function"
    )]
    NoWorker {
        /// The operation's name.
        operation: String,
        /// The scheduler.
        scheduler: String,
        /// How long was waited.
        after: Duration,
    },
    /// The value is on the cluster, and can't be brought here.
    #[error("its value can't be brought here: {0}")]
    NotBrought(String),
    /// The connection with the scheduler, or with a worker.
    #[error("{0}")]
    Client(#[from] ClientErrorText),
}

/// What a client says of a connection, for all whom it concerns.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ClientErrorText(String);

impl From<&ClientError> for ClientErrorText {
    fn from(error: &ClientError) -> Self {
        Self(error.to_string())
    }
}

impl ClientErrorText {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
