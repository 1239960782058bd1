//! Fetches values straight from the workers that hold them.
//!
//! Each round asks the scheduler who holds what is still missing, and asks the holders, many at a time. A holder that
//! is gone, busy, or no longer has a value costs a round; rounds go on until all is there or time is up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rmpv::ValueRef;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{ClientError, Key};
use crate::net::{Address, NetError, Pool, call};
use crate::wire::{Fields, Message, WireError, protocol};

/// The most values that are asked of a worker in one request.
const BATCH: usize = 256;

/// The first and the longest pause between rounds.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

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
        let holders = holders(&source, &missing, left).await?;
        fetch(&source, plan(&missing, &holders, &avoid), left, &mut found, &mut avoid, &mut why).await?;
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
    for (holder, keys) in plan {
        let (source, permits) = (source.clone(), Arc::clone(&permits));
        requests.spawn(async move {
            // The semaphore is never closed; without a permit the request would merely run at once.
            let _permit = permits.acquire_owned().await;
            let answer = ask(&source, &holder, &keys, within).await;
            (holder, answer)
        });
    }
    while let Some(done) = requests.join_next().await {
        let (holder, answer) = done.map_err(|_| ClientError::Bug("a request for values"))?;
        match answer {
            Ok(Answer::Values(values)) => found.extend(values),
            Ok(Answer::Busy) => *why = format!("{holder} is busy"),
            Err(ClientError::Net(error)) => {
                *why = error.to_string();
                source.pool.forget(&holder);
                avoid.insert(holder);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
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
