//! The worker's side of the scheduler's stream: what comes is read into events, and what goes is written from messages.

use bytes::Bytes;
use rmpv::{Value, ValueRef};

use super::event::{Address, Compute, Dependency, Event, Key, Message, Status};
use super::runner::Failure;
use crate::wire::{self, Fields, WireError, exception, list, map, protocol};

/// What the scheduler says, one op of a batch.
#[derive(Debug)]
pub(crate) enum Order {
    /// Something for the state machine.
    Event(Event),
    /// A task that can't be read, though one can say which: it has failed.
    Refuse(Message),
    /// Leave; the reason is the scheduler's.
    Close(String),
    /// Nothing for a worker of this kind.
    Ignore(String),
}

/// Reads one op.
pub(crate) fn read(op: &ValueRef<'_>, message: &wire::Message) -> Result<Order, WireError> {
    let fields = Fields::of(op, "an op")?;
    let stimulus = || fields.opt_text("stimulus_id").map(|id| id.unwrap_or_default().to_owned());
    let event = match fields.text("op")? {
        "compute-task" => match compute(&fields, message) {
            Ok(compute) => Event::ComputeAsked(Box::new(compute)),
            Err(error) => return refuse(&fields, error),
        },
        "free-keys" => Event::KeysFreed(keys(&fields)?),
        "remove-replicas" => Event::ReplicasRemoved(keys(&fields)?),
        "acquire-replicas" => Event::ReplicasAsked(dependencies(&fields)?),
        "refresh-who-has" => Event::HoldersTold(holders(&fields.map("who_has")?)),
        "steal-request" => Event::StealAsked { key: fields.text("key")?.into(), stimulus_id: stimulus()? },
        "cancel-compute" => Event::ComputeCancelled(fields.text("key")?.into()),
        "remove-worker" => Event::PeerLeft(fields.text("worker")?.into()),
        "worker-status-change" => match Status::from_name(fields.text("status")?) {
            Some(status) => Event::StatusSet { status, stimulus_id: stimulus()? },
            None => return Ok(Order::Ignore(format!("the status {}", fields.text("status")?))),
        },
        "close" => return Ok(Order::Close(fields.opt_text("reason")?.unwrap_or("it gave no reason").to_owned())),
        other => return Ok(Order::Ignore(format!("the op `{other}`"))),
    };
    Ok(Order::Event(event))
}

/// A `compute-task`.
fn compute(fields: &Fields<'_>, message: &wire::Message) -> Result<Compute, WireError> {
    let priority = fields.list("priority")?.iter().map(number).collect::<Option<_>>();
    let annotations = fields.opt_map("annotations")?;
    let payload = match annotations.as_ref().and_then(|all| all.get(protocol::PAYLOAD)) {
        // A copy, as the message is a batch with many others.
        Some(value) => Some(Bytes::copy_from_slice(&message.payload(value)?)),
        None => None,
    };
    let resources = fields.opt_map("resource_restrictions")?;
    let resources = resources.iter().flat_map(Fields::iter);
    Ok(Compute {
        key: fields.text("key")?.into(),
        run_id: fields.int("run_id")?,
        priority: priority.ok_or_else(|| fields.wrong("priority", "a list of numbers"))?,
        dependencies: dependencies(fields)?,
        payload,
        resources: resources.filter_map(|(name, amount)| Some((name.to_owned(), number(amount)?))).collect(),
    })
}

/// The answer to a `compute-task` that can't be read; without its key and run there is none.
fn refuse(fields: &Fields<'_>, error: WireError) -> Result<Order, WireError> {
    let (Ok(key), Ok(run_id)) = (fields.text("key"), fields.int("run_id")) else { return Err(error) };
    let failure = Failure::new(format!("the worker can't read the task: {error}"));
    Ok(Order::Refuse(Message::TaskErred { key: key.into(), run_id, failure, ran: None }))
}

/// The keys and holders of `who_has`, with the sizes of `nbytes`.
fn dependencies(fields: &Fields<'_>) -> Result<Vec<Dependency>, WireError> {
    let Some(who_has) = fields.opt_map("who_has")? else { return Ok(Vec::new()) };
    let nbytes = fields.opt_map("nbytes")?;
    let size = |key: &str| nbytes.as_ref().and_then(|sizes| number(sizes.get(key)?)).map_or(0, |size| size as u64);
    let dependency = |(key, holders): (Key, _)| Dependency { nbytes: size(&key), key, holders };
    Ok(holders(&who_has).into_iter().map(dependency).collect())
}

/// Who holds what; what isn't text is not ours.
pub(crate) fn holders(who_has: &Fields<'_>) -> Vec<(Key, Vec<Address>)> {
    who_has
        .iter()
        .map(|(key, holders)| (key.into(), list(holders).unwrap_or_default().iter().filter_map(text).collect()))
        .collect()
}

/// The field `keys`, without those that aren't text: these are not ours.
pub(crate) fn keys(fields: &Fields<'_>) -> Result<Vec<Key>, WireError> {
    Ok(fields.list("keys")?.iter().filter_map(text).collect())
}

/// The values of a map from keys to bytes. One that is most of the message stays where it was read; the others are
/// copied, so that a small one doesn't keep the memory of a large message alive.
pub(crate) fn read_values<C>(values: &Fields<'_>, message: &wire::Message) -> Result<C, WireError>
where
    C: FromIterator<(Key, Bytes)>,
{
    let read = values.iter().map(|(key, value)| Ok((Key::from(key), message.payload(value)?)));
    let read: Vec<(Key, Bytes)> = read.collect::<Result<_, WireError>>()?;
    let all: usize = read.iter().map(|(_, value)| value.len()).sum();
    let detached = |value: Bytes| if value.len() > all / 2 { value } else { Bytes::copy_from_slice(&value) };
    Ok(read.into_iter().map(|(key, value)| (key, detached(value))).collect())
}

/// The value as text that can be shared.
fn text(value: &ValueRef<'_>) -> Option<Key> {
    match value {
        ValueRef::String(text) => text.as_str().map(Key::from),
        _ => None,
    }
}

/// The value as a number.
fn number(value: &ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Integer(number) => number.as_f64(),
        ValueRef::F32(number) => Some(f64::from(*number)),
        ValueRef::F64(number) => Some(*number),
        _ => None,
    }
}

/// Writes a message; `stimulus` is for those that answer nothing in particular.
pub(crate) fn write(message: Message, stimulus: &str) -> Value {
    match message {
        Message::TaskFinished { key, run_id, nbytes, ran } => map! {
            "op" => "task-finished",
            "key" => &*key,
            "run_id" => run_id,
            "nbytes" => nbytes,
            "type" => Value::Nil,
            "typename" => "bytes",
            "metadata" => Value::Map(Vec::new()),
            "startstops" => startstops(ran),
            "stimulus_id" => stimulus,
        },
        Message::TaskErred { key, run_id, failure, ran } => map! {
            "op" => "task-erred",
            "key" => &*key,
            "run_id" => run_id,
            "exception" => Value::Binary(exception(&failure.message, failure.data.as_deref()).to_vec()),
            "traceback" => Value::Nil,
            "exception_text" => failure.message,
            "traceback_text" => "",
            "startstops" => startstops(ran),
            "stimulus_id" => stimulus,
        },
        Message::AddKeys(keys) => map! { "op" => "add-keys", "keys" => values(&keys), "stimulus_id" => stimulus },
        Message::ReleaseWorkerData(key) => {
            map! { "op" => "release-worker-data", "key" => &*key, "stimulus_id" => stimulus }
        }
        Message::RequestRefreshWhoHas(keys) => {
            map! { "op" => "request-refresh-who-has", "keys" => values(&keys), "stimulus_id" => stimulus }
        }
        Message::StealResponse { key, state, stimulus_id } => map! {
            "op" => "steal-response",
            "key" => &*key,
            "state" => state.map_or(Value::Nil, Value::from),
            "stimulus_id" => stimulus_id,
        },
        Message::Reschedule(key) => map! { "op" => "reschedule", "key" => &*key, "stimulus_id" => stimulus },
        Message::StatusChange { status, stimulus_id } => map! {
            "op" => "worker-status-change",
            "status" => status.name(),
            "stimulus_id" => stimulus_id.unwrap_or_else(|| stimulus.to_owned()),
        },
    }
}

/// When a task ran, as the scheduler's statistics take it.
fn startstops(ran: Option<(f64, f64)>) -> Value {
    let one = |(start, stop): (f64, f64)| map! { "action" => "compute", "start" => start, "stop" => stop };
    Value::Array(ran.into_iter().map(one).collect())
}

/// Keys as a list.
pub(crate) fn values(keys: &[Key]) -> Value {
    Value::Array(keys.iter().map(|key| Value::from(&**key)).collect())
}

#[cfg(test)]
mod tests;
