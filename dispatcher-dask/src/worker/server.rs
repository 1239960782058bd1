//! What the worker answers to peers, to the scheduler and to clients that connect to it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rmpv::Value;

use super::event::{Address, Event, FetchResult, Key};
use super::messages::{holders, keys, read_values, values};
use super::node::{Ending, Node};
use super::peers;
use crate::net::{Comm, Listener, NetError};
use crate::wire::{self, Fields, Outgoing, WireError, exception, map};

/// How many peers are sent data at the same time; more are told to come again.
const OUTGOING: usize = 64;

/// How many answers that a peer is busy are borne while results are copied here, and how long each time.
const BUSY_ANSWERS: usize = 50;
const BUSY: Duration = Duration::from_millis(150);

/// What a request leads to.
enum Answer {
    /// This reply.
    Reply(Outgoing),
    /// These results, for which an acknowledgement comes back.
    Data(Outgoing),
    /// A reply, after which the worker leaves.
    Last(Outgoing),
}

/// Answers everybody who connects.
pub(crate) async fn serve(node: Arc<Node>, listener: Listener) {
    let outgoing = Arc::new(AtomicUsize::new(0));
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                let (node, outgoing) = (node.clone(), outgoing.clone());
                tokio::spawn(async move {
                    let served = match incoming.shake_hands().await {
                        Ok(comm) => converse(&node, comm, &outgoing).await,
                        Err(error) => Err(error),
                    };
                    match served {
                        Ok(()) | Err(NetError::Closed { .. }) => {}
                        Err(error) => tracing::debug!(%error, "a connection ended"),
                    }
                });
            }
            Err(error) => {
                // Most likely too many open files: with a pause the worker gets over it.
                tracing::warn!(%error, "a connection can't be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Answers one connection's requests, until it ends.
async fn converse(node: &Arc<Node>, mut comm: Comm, outgoing: &AtomicUsize) -> Result<(), NetError> {
    loop {
        let request = comm.recv().await?;
        let answer = match answer(node, &request).await {
            Ok(answer) => answer,
            Err(error) => Answer::Reply(failure(&error.to_string())),
        };
        match answer {
            Answer::Reply(reply) => comm.send(reply).await?,
            Answer::Last(reply) => {
                comm.send(reply).await?;
                node.end(Ending::Retired("it was told to terminate".to_owned()));
            }
            Answer::Data(data) => {
                let sent = match Slot::take(outgoing) {
                    Some(slot) => {
                        comm.send(data).await?;
                        // `"OK"`, and if it is anything else the connection's next request will show.
                        comm.recv().await?;
                        drop(slot);
                        true
                    }
                    None => false,
                };
                if !sent {
                    comm.send(Outgoing::new(&map! { "status" => "busy" })).await?;
                }
            }
        }
    }
}

/// One of the `OUTGOING` places.
struct Slot<'a>(&'a AtomicUsize);

impl<'a> Slot<'a> {
    /// Takes a place, if there is one. Only the count matters, and nothing is read because of it.
    fn take(taken: &'a AtomicUsize) -> Option<Self> {
        let more = |count| (count < OUTGOING).then_some(count + 1);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok().map(|_| Slot(taken))
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request, read; the message that it came in needn't be kept while it is answered.
enum Request {
    Ping,
    Identity,
    Versions,
    Keys,
    GetData(Vec<Key>),
    UpdateData(Vec<(Key, Bytes)>),
    Gather(Vec<(Key, Vec<Address>)>),
    FreeKeys(Vec<Key>),
    Terminate,
    Unknown(String),
}

impl Request {
    /// Reads a request.
    fn read(message: &wire::Message) -> Result<Self, WireError> {
        let value = message.value()?;
        let fields = Fields::of(&value, "the request")?;
        Ok(match fields.text("op")? {
            "ping" => Request::Ping,
            "identity" => Request::Identity,
            "versions" => Request::Versions,
            "keys" => Request::Keys,
            "get_data" => Request::GetData(keys(&fields)?),
            "update_data" => Request::UpdateData(read_values(&fields.map("data")?, message)?),
            "gather" => Request::Gather(holders(&fields.map("who_has")?)),
            "free_keys" => Request::FreeKeys(keys(&fields)?),
            "terminate" => Request::Terminate,
            other => Request::Unknown(other.to_owned()),
        })
    }
}

/// Answers a request.
async fn answer(node: &Arc<Node>, message: &wire::Message) -> Result<Answer, WireError> {
    let ok = || Outgoing::new(&Value::from("OK"));
    let reply = match Request::read(message)? {
        Request::Ping => Outgoing::new(&Value::from("pong")),
        Request::Identity => Outgoing::new(&identity(node)),
        Request::Versions => Outgoing::new(&node.versions),
        Request::Keys => Outgoing::new(&values(&node.keys())),
        Request::GetData(keys) => return Ok(Answer::Data(data(node, &keys)?)),
        Request::UpdateData(values) => {
            let nbytes = values.iter().map(|(key, value)| (Value::from(&**key), Value::from(value.len()))).collect();
            node.handle(Event::Stored(values));
            Outgoing::new(&map! { "nbytes" => Value::Map(nbytes), "status" => "OK" })
        }
        Request::Gather(who_has) => Outgoing::new(&gather(node, who_has).await),
        Request::FreeKeys(keys) => {
            node.handle(Event::KeysFreed(keys));
            ok()
        }
        Request::Terminate => return Ok(Answer::Last(ok())),
        Request::Unknown(op) => failure(&format!("a worker in Rust doesn't know `{op}`")),
    };
    Ok(Answer::Reply(reply))
}

/// The reply to `get_data`: those of the results that are here, sent from where they are.
fn data(node: &Node, keys: &[Key]) -> Result<Outgoing, WireError> {
    let values = node.values(keys);
    let values = values.iter().map(|(key, value)| (&**key, value.clone()));
    Outgoing::with_values(&[("status", Value::from("OK"))], "data", values)
}

/// Who this worker is.
fn identity(node: &Node) -> Value {
    map! {
        "type" => "Worker",
        "id" => node.id.as_str(),
        "scheduler" => node.scheduler.to_string(),
        "nthreads" => node.threads,
        "memory_limit" => node.memory_limit.map_or(Value::Nil, Value::from),
        "operations" => Value::Array(node.operations.iter().map(|name| Value::from(name.as_str())).collect()),
    }
}

/// Dask's form of an error.
fn failure(message: &str) -> Outgoing {
    Outgoing::new(&map! {
        "status" => "error",
        "exception" => Value::Binary(exception(message, None).to_vec()),
        "traceback" => Value::Nil,
        "exception_text" => message,
        "traceback_text" => "",
    })
}

/// Copies results here at the scheduler's wish, and says which can't be had.
async fn gather(node: &Arc<Node>, who_has: Vec<(Key, Vec<Address>)>) -> Value {
    let here = node.values(&who_has.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>());
    let mut missing: Vec<(Key, Vec<Address>)> =
        who_has.into_iter().filter(|(key, _)| !here.contains_key(key)).collect();
    let mut failed = Vec::new();
    let mut patience = BUSY_ANSWERS;
    while !missing.is_empty() {
        // Of each key the last holder that hasn't been tried yet; the keys of one holder go together.
        let mut asked: HashMap<Address, Vec<(Key, Vec<Address>)>> = HashMap::new();
        for (key, mut holders) in missing.drain(..) {
            match holders.pop() {
                Some(holder) => asked.entry(holder).or_default().push((key, holders)),
                None => failed.push(key),
            }
        }
        for (peer, wanted) in asked {
            let keys: Vec<Key> = wanted.iter().map(|(key, _)| key.clone()).collect();
            let mut got = match peers::fetch(&node.pool, &peer, &keys, &node.address).await {
                FetchResult::Got(values) => values,
                FetchResult::Lost => HashMap::new(),
                FetchResult::Busy if patience == 0 => HashMap::new(),
                FetchResult::Busy => {
                    patience -= 1;
                    tokio::time::sleep(BUSY).await;
                    let again = |(key, mut holders): (Key, Vec<Address>)| {
                        holders.push(peer.clone());
                        (key, holders)
                    };
                    missing.extend(wanted.into_iter().map(again));
                    continue;
                }
            };
            missing.extend(wanted.into_iter().filter(|(key, _)| !got.contains_key(key)));
            got.retain(|key, _| keys.contains(key));
            node.handle(Event::Stored(got.into_iter().collect()));
        }
    }
    if failed.is_empty() {
        map! { "status" => "OK" }
    } else {
        map! { "status" => "partial-fail", "keys" => values(&failed) }
    }
}
