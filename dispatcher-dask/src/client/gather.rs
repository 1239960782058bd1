//! Fetches values straight from the workers that hold them.
//!
//! Each round asks the scheduler who holds what is still missing, and asks the holders, many at a time. A holder that
//! is gone, busy, or no longer has a value costs a round; rounds go on until all is there or time is up. A holder that
//! doesn't answer is waited for as long as the scheduler counts it as one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rmpv::ValueRef;
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinSet};

use super::{ClientError, Key};
use crate::net::{Address, NetError, Pool, call};
use crate::wire::{Fields, Message, WireError, protocol};

/// The most values that are asked of a worker in one request.
const BATCH: usize = 256;

/// The first and the longest pause between rounds.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// How often the scheduler is asked whether those who don't answer are still there.
const LOOK: Duration = Duration::from_secs(2);

/// What one holder has answered.
#[derive(Debug)]
enum Answer {
    /// These values; not necessarily all that were asked for.
    Values(Vec<(Key, Bytes)>),
    /// It has too much to do.
    Busy,
}

/// Where and how values are fetched.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Connections to the scheduler and to workers.
    pub(super) pool: Arc<Pool>,
    /// Who knows the holders.
    pub(super) scheduler: Address,
    /// What holders are told of who asks.
    pub(super) client: String,
    /// How many requests there may be at a time.
    pub(super) parallel: usize,
}

/// Fetches the values of all keys.
pub(super) async fn gather(
    source: Source,
    keys: Vec<Key>,
    within: Duration,
) -> Result<HashMap<Key, Bytes>, ClientError> {
    let deadline = Instant::now() + within;
    let mut found = HashMap::with_capacity(keys.len());
    let mut missing: Vec<Key> = keys;
    let (mut avoid, mut pause, mut why) = (HashSet::new(), PAUSES.0, "no worker holds it".to_owned());
    loop {
        missing.retain(|key| !found.contains_key(key));
        if missing.is_empty() {
            return Ok(found);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let (key, others) = (Arc::clone(&missing[0]), missing.len() - 1);
            return Err(ClientError::Unavailable { key, others, after: within, why });
        }
        let before = found.len();
        match holders(&source, &missing, left).await {
            Ok(holders) => {
                fetch(&source, plan(&missing, &holders, &avoid), left, &mut found, &mut avoid, &mut why).await?;
            }
            // One connection that breaks isn't the end of the scheduler.
            Err(ClientError::Net(error)) => why = error.to_string(),
            Err(error) => return Err(error),
        }
        if found.len() == before {
            // Nobody answers: those that failed may be worth another attempt.
            avoid.clear();
            tokio::time::sleep(pause.min(deadline.saturating_duration_since(Instant::now()))).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }
}

/// Asks the scheduler who holds the keys.
async fn holders(source: &Source, keys: &[Key], within: Duration) -> Result<HashMap<Key, Vec<Address>>, ClientError> {
    let request = protocol::who_has(keys.iter().map(|key| &**key));
    let reply = source.pool.call(&source.scheduler, "who_has", request, within).await?;
    let value = reply.value()?;
    let fields = Fields::of(&value, "the reply to `who_has`")?;
    let told = fields.iter().map(|(key, holders)| {
        let holders = crate::wire::texts(holders).unwrap_or_default();
        (Key::from(key), holders.into_iter().filter_map(|address| address.parse().ok()).collect())
    });
    Ok(told.collect())
}

/// Decides which holder to ask for which keys: the one with the least to hand out, and none to avoid if possible.
fn plan(missing: &[Key], holders: &HashMap<Key, Vec<Address>>, avoid: &HashSet<Address>) -> Vec<(Address, Vec<Key>)> {
    let mut asked: HashMap<&Address, Vec<Key>> = HashMap::new();
    for key in missing {
        let of_key = holders.get(key).map(Vec::as_slice).unwrap_or_default();
        let load = |holder: &&Address| (avoid.contains(*holder), asked.get(*holder).map_or(0, Vec::len));
        if let Some(holder) = of_key.iter().min_by_key(load) {
            asked.entry(holder).or_default().push(Arc::clone(key));
        }
    }
    let requests = asked
        .into_iter()
        .flat_map(|(holder, keys)| keys.chunks(BATCH).map(|keys| (holder.clone(), keys.to_vec())).collect::<Vec<_>>());
    requests.collect()
}

/// Makes the planned requests, so many at a time, and puts what comes into `found`.
async fn fetch(
    source: &Source,
    plan: Vec<(Address, Vec<Key>)>,
    within: Duration,
    found: &mut HashMap<Key, Bytes>,
    avoid: &mut HashSet<Address>,
    why: &mut String,
) -> Result<(), ClientError> {
    let permits = Arc::new(Semaphore::new(source.parallel.max(1)));
    let mut requests = JoinSet::new();
    let mut asked = HashMap::new();
    for (holder, keys) in plan {
        let (source, permits, from, wanted) = (source.clone(), Arc::clone(&permits), holder.clone(), keys.clone());
        let request = requests.spawn(async move {
            // The semaphore is never closed; without a permit the request would merely run at once.
            let _permit = permits.acquire_owned().await;
            ask(&source, &from, &wanted, within).await
        });
        asked.insert(request.id(), (holder, keys, request));
    }
    let mut look = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    loop {
        let done = tokio::select! {
            done = requests.join_next_with_id() => done,
            _ = look.tick() => {
                leave_those_gone(source, &asked, within).await;
                continue;
            }
        };
        let (id, answer) = match done {
            None => return Ok(()),
            Some(Ok((id, answer))) => (id, Some(answer)),
            Some(Err(error)) if error.is_cancelled() => (error.id(), None),
            Some(Err(_)) => return Err(ClientError::Bug("a request for values")),
        };
        let Some((holder, ..)) = asked.remove(&id) else { continue };
        match answer {
            Some(Ok(Answer::Values(values))) => found.extend(values),
            Some(Ok(Answer::Busy)) => *why = format!("{holder} is busy"),
            Some(Err(ClientError::Net(error))) => {
                *why = error.to_string();
                source.pool.forget(&holder);
                avoid.insert(holder);
            }
            Some(Err(error)) => return Err(error),
            None => {
                *why = format!("{holder} has left");
                source.pool.forget(&holder);
            }
        }
    }
}

/// The requests that wait for an answer: who was asked for what.
type Asked = HashMap<tokio::task::Id, (Address, Vec<Key>, AbortHandle)>;

/// Ends the requests of those who hold, as the scheduler says, nothing any more of what they are asked for.
async fn leave_those_gone(source: &Source, asked: &Asked, within: Duration) {
    let keys: Vec<Key> = asked.values().flat_map(|(_, keys, _)| keys).cloned().collect();
    // Where the scheduler doesn't answer, nobody is known to be gone.
    let Ok(holders) = holders(source, &keys, within).await else { return };
    for (holder, keys, request) in asked.values() {
        if !keys.iter().any(|key| holders.get(key).is_some_and(|holders| holders.contains(holder))) {
            request.abort();
        }
    }
}

/// Asks one holder for keys.
async fn ask(source: &Source, holder: &Address, keys: &[Key], within: Duration) -> Result<Answer, ClientError> {
    let exchange = async {
        let mut comm = source.pool.take(holder).await?;
        let request = protocol::get_data(keys.iter().map(|key| &**key), &source.client);
        let reply = call(&mut comm, "get_data", request, within).await?;
        let answer = read_values(&reply, holder)?;
        if matches!(answer, Answer::Values(_)) {
            comm.send(protocol::acknowledgement()).await?;
        }
        source.pool.put(comm);
        Ok(answer)
    };
    let timed_out = |_| NetError::TimedOut { what: format!("fetching values from {holder}"), after: within };
    tokio::time::timeout(within, exchange).await.map_err(timed_out)?
}

/// The values of a reply to `get_data`, as slices of what was received.
fn read_values(reply: &Message, holder: &Address) -> Result<Answer, ClientError> {
    let wrong = |error: WireError| ClientError::Net(NetError::Message { peer: holder.clone(), error });
    let value = reply.value().map_err(wrong)?;
    let fields = Fields::of(&value, "the reply to `get_data`").map_err(wrong)?;
    if fields.text("status").map_err(wrong)? == "busy" {
        return Ok(Answer::Busy);
    }
    let data = fields.map("data").map_err(wrong)?;
    let values = data.iter().map(|(key, value)| match value {
        ValueRef::Binary(bytes) => Ok((Key::from(key), reply.slice(bytes))),
        _ => Err(ClientError::ForeignValue { key: Key::from(key), worker: holder.clone() }),
    });
    values.collect::<Result<_, _>>().map(Answer::Values)
}
