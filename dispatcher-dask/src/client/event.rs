//! What a scheduler says on a client's stream, and what of it the client's user hears.

use rmpv::ValueRef;

use super::Key;
use crate::wire::{Fields, Message, RemoteError, WireError, list, read_exception};

/// What the user of a client hears of its keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The value is there, and can be gathered.
    InMemory(Key),
    /// The task failed, or one that it depends on.
    Erred {
        /// The task.
        key: Key,
        /// What it says; its `data` is what our worker sent along.
        error: RemoteError,
    },
    /// The value was there, and is lost with its worker; the scheduler computes it again.
    Lost(Key),
    /// The scheduler has dropped the tasks: cancelled, or they depend on scattered values that are lost.
    Cancelled {
        /// The tasks.
        keys: Vec<Key>,
        /// Why.
        reason: String,
    },
    /// Somebody has restarted the cluster: all tasks and values are gone.
    Restarted,
    /// The stream has ended, and all keys with it. Nothing follows.
    Closed(String),
}

/// One op on the stream.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Incoming {
    /// `key-in-memory`.
    InMemory(Key),
    /// `task-erred`.
    Erred(Key, RemoteError),
    /// `lost-data`.
    Lost(Key),
    /// `cancelled-keys`.
    Cancelled(Vec<Key>, String),
    /// `task-retried`.
    Retried(Key),
    /// `restart`.
    Restart,
    /// `adjust-heartbeat-interval`, in seconds.
    HeartbeatInterval(f64),
    /// `close` or `stream-closed`.
    Closing(String),
    /// What a client of ours needn't know.
    Other,
}

/// The ops of one message on the stream. One that can't be read doesn't take the others with it.
pub(super) fn read(message: &Message) -> Result<Vec<Result<Incoming, WireError>>, WireError> {
    let value = message.value()?;
    let ops = list(&value).unwrap_or(std::slice::from_ref(&value));
    Ok(ops.iter().map(|op| read_op(message, op)).collect())
}

/// Reads one op.
fn read_op(message: &Message, op: &ValueRef<'_>) -> Result<Incoming, WireError> {
    let fields = Fields::of(op, "a message on the stream")?;
    let key = || fields.text("key").map(Key::from);
    Ok(match fields.op() {
        Some("key-in-memory") => Incoming::InMemory(key()?),
        Some("task-erred") => Incoming::Erred(key()?, exception(message, &fields)),
        Some("lost-data") => Incoming::Lost(key()?),
        Some("cancelled-keys") => {
            let keys = fields.texts("keys")?.into_iter().map(Key::from).collect();
            let reason = fields.opt_text("reason").ok().flatten().unwrap_or("no reason is given");
            Incoming::Cancelled(keys, reason.to_owned())
        }
        Some("task-retried") => Incoming::Retried(key()?),
        Some("restart") => Incoming::Restart,
        Some("adjust-heartbeat-interval") => match fields.opt_number("interval")? {
            Some(seconds) => Incoming::HeartbeatInterval(seconds),
            None => Incoming::Other,
        },
        Some(op @ ("close" | "close-stream" | "stream-closed")) => {
            Incoming::Closing(fields.opt_text("reason").ok().flatten().unwrap_or(op).to_owned())
        }
        _ => Incoming::Other,
    })
}

/// The error of a `task-erred`, in whichever form it comes.
fn exception(message: &Message, fields: &Fields<'_>) -> RemoteError {
    let text = |message: String| RemoteError { message, class: None, data: None };
    match fields.get("exception").map(|exception| message.payload(exception)) {
        Some(Ok(pickle)) => read_exception(&pickle),
        Some(Err(error)) => text(format!("an error that can't be read: {error}")),
        None => text("an error that the scheduler doesn't tell".to_owned()),
    }
}
