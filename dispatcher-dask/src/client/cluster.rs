//! The cluster's workers, and values that are given to them.

use std::collections::HashMap;
use std::time::Duration;

use rmpv::{Value, ValueRef};

use super::ClientError;
use super::gather::Source;
use crate::net::Address;
use crate::wire::{Fields, Message, WireError, protocol};

/// A worker, as the scheduler knows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkerInfo {
    /// Where it listens.
    pub(crate) address: Address,
    /// Its name; the scheduler's choice where it was started without one.
    pub(crate) name: String,
    /// How many tasks it runs at a time.
    pub(crate) threads: u64,
    /// What it has to offer, by name.
    pub(crate) resources: HashMap<String, f64>,
    /// Whether it takes tasks.
    pub(crate) running: bool,
    /// What a dispatcher worker says of itself, in the field `dispatcher` of its `extra`.
    pub(crate) extra: Option<Value>,
}

impl WorkerInfo {
    /// Whether it has the operation of this name.
    pub(crate) fn has(&self, operation: &str) -> bool {
        let operations = self.extra.as_ref().and_then(Value::as_map).into_iter().flatten();
        let operations = operations.filter(|(name, _)| name.as_str() == Some("operations"));
        operations.filter_map(|(_, names)| names.as_array()).flatten().any(|name| name.as_str() == Some(operation))
    }

    /// Whether it is a dispatcher worker, and not a Python one.
    pub(crate) fn is_ours(&self) -> bool {
        self.resources.contains_key(protocol::RESOURCE)
    }
}

/// The workers that the scheduler knows, by address.
pub(super) async fn workers(source: Source, within: Duration) -> Result<Vec<WorkerInfo>, ClientError> {
    let reply = source.pool.call(&source.scheduler, "identity", protocol::identity(), within).await?;
    let mut workers = read_workers(&reply)?;
    workers.sort_by_cached_key(|worker| worker.address.to_string());
    Ok(workers)
}

/// Reads the workers from the scheduler's identity.
fn read_workers(reply: &Message) -> Result<Vec<WorkerInfo>, WireError> {
    let value = reply.value()?;
    let fields = Fields::of(&value, "the scheduler's identity")?;
    // One whose address isn't one of ours to speak to, as `inproc://`, is no use to us.
    let known = fields.map("workers")?.iter().filter_map(|(address, worker)| Some((address.parse().ok()?, worker)));
    known.map(|(address, worker)| read_worker(address, worker)).collect()
}

/// Reads one worker's identity.
fn read_worker(address: Address, worker: &ValueRef<'_>) -> Result<WorkerInfo, WireError> {
    let fields = Fields::of(worker, "a worker's identity")?;
    let name = match fields.get("name") {
        // Python's workers may have numbers for names.
        Some(ValueRef::Integer(number)) => number.to_string(),
        _ => fields.opt_text("name")?.unwrap_or_default().to_owned(),
    };
    let mut resources = HashMap::new();
    if let Some(offered) = fields.opt_map("resources")? {
        for (resource, _) in offered.iter() {
            resources.insert(resource.to_owned(), offered.opt_number(resource)?.unwrap_or_default());
        }
    }
    Ok(WorkerInfo {
        address,
        name,
        threads: fields.int("nthreads").ok().and_then(|threads| u64::try_from(threads).ok()).unwrap_or_default(),
        resources,
        running: fields.opt_text("status")? == Some("running"),
        extra: fields.get(protocol::EXTRA).map(ValueRef::to_owned),
    })
}
