//! What a worker runs. The worker knows keys, bytes and payloads; what a payload means is the runner's business.

use std::collections::HashMap;

use bytes::Bytes;

/// Runs tasks. What a payload means is the implementor's.
pub(crate) trait Runner: Send + Sync + 'static {
    /// Runs one task: `payload` is what the client attached, `inputs` the results of the task's dependencies by key.
    fn run(&self, payload: &[u8], inputs: &HashMap<String, Bytes>) -> Result<Bytes, Failure>;

    /// The names of all operations, told to the scheduler in `extra`/`identity` so that clients can see them.
    fn operations(&self) -> Vec<String>;
}

/// Why a task gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The sentence that a person reads; Python clients raise it as a `RuntimeError`.
    pub(crate) message: String,
    /// The error itself, encoded, for a client that can decode it.
    pub(crate) data: Option<Vec<u8>>,
}

impl Failure {
    /// A failure that is a sentence and nothing else.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Failure { message: message.into(), data: None }
    }
}
