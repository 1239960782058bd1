//! What the worker tells the scheduler about itself: once when it registers, and then with every heartbeat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rmpv::Value;

use super::WorkerError;
use super::node::{Ending, Node};
use super::time::unix_time;
use crate::net::{Comm, NetError, call};
use crate::wire::{Fields, Message, Outgoing, WireError, map, protocol};

/// How long the scheduler may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The bandwidth that the scheduler is told: dask's own guess, as nothing is measured here.
const BANDWIDTH: f64 = 1e8;

/// Registers on the connection, which becomes the stream. Says how often the scheduler wants a heartbeat.
pub(crate) async fn register(
    node: &Node,
    comm: &mut Comm,
    resources: &HashMap<String, f64>,
) -> Result<Duration, WorkerError> {
    let others = resources.iter().map(|(name, amount)| (name.as_str(), *amount));
    let all = std::iter::once((protocol::RESOURCE, 1.0)).chain(others.filter(|(name, _)| *name != protocol::RESOURCE));
    let resources = all.map(|(name, amount)| (Value::from(name), Value::from(amount))).collect();
    let operations = Value::Array(node.operations.iter().map(|name| Value::from(name.as_str())).collect());
    let request = map! {
        "op" => "register-worker",
        "reply" => false,
        "address" => node.address.as_str(),
        "status" => "running",
        "nthreads" => node.threads,
        "name" => node.name.as_str(),
        "now" => unix_time(),
        "resources" => Value::Map(resources),
        "memory_limit" => node.memory_limit.map_or(Value::Nil, Value::from),
        "local_directory" => "",
        "services" => Value::Map(Vec::new()),
        "nanny" => Value::Nil,
        "pid" => std::process::id(),
        "versions" => node.versions.clone(),
        "metrics" => metrics(node),
        "extra" => map! { protocol::EXTRA => map! { "operations" => operations } },
        "stimulus_id" => "rust-worker-connect",
        "server_id" => node.id.as_str(),
    };
    let exchange = async {
        comm.send(Outgoing::new(&request)).await?;
        comm.recv().await
    };
    let timed_out = |_| NetError::TimedOut { what: "registering with the scheduler".to_owned(), after: PATIENCE };
    let reply = tokio::time::timeout(PATIENCE, exchange).await.map_err(timed_out)??;
    let wrong = |error| NetError::Message { peer: comm.peer().clone(), error };
    match registration_refusal(&reply).map_err(wrong)? {
        Some(why) => Err(WorkerError::Refused(why)),
        None => Ok(heartbeat_interval(&reply, "the reply to `register-worker`").map_err(wrong)?),
    }
}

/// Why the scheduler doesn't take the worker, if it doesn't.
fn registration_refusal(reply: &Message) -> Result<Option<String>, WireError> {
    let value = reply.value()?;
    let fields = Fields::of(&value, "the reply to `register-worker`")?;
    if fields.text("status")? == "OK" {
        return Ok(None);
    }
    let why = fields.opt_text("message")?.or(fields.opt_text("exception_text")?);
    Ok(Some(why.unwrap_or("it doesn't say why").to_owned()))
}

/// How often the scheduler wants a heartbeat, from its reply.
fn heartbeat_interval(reply: &Message, name: &str) -> Result<Duration, WireError> {
    let value = reply.value()?;
    let seconds = Fields::of(&value, name)?.opt_number("heartbeat-interval")?.unwrap_or(0.5);
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(100)))
}

/// Tells the scheduler that the worker is alive, as often as the scheduler wants, until it no longer knows the worker.
pub(crate) async fn heartbeats(node: Arc<Node>, mut interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        let running = node.running().into_iter().map(|(key, seconds)| (Value::from(&*key), Value::from(seconds)));
        let request = Outgoing::new(&map! {
            "op" => "heartbeat_worker",
            "reply" => true,
            "address" => node.address.as_str(),
            "now" => unix_time(),
            "metrics" => metrics(&node),
            "executing" => Value::Map(running.collect()),
            "extensions" => Value::Map(Vec::new()),
        });
        match node.pool.call(&node.scheduler, "heartbeat_worker", request, PATIENCE).await {
            Ok(reply) if is_missing(&reply) => return node.end(Ending::Forgotten),
            Ok(reply) => interval = heartbeat_interval(&reply, "the reply to `heartbeat_worker`").unwrap_or(interval),
            // The stream's end decides, and not one heartbeat.
            Err(error) => tracing::warn!(%error, "a heartbeat failed"),
        }
    }
}

/// Whether the scheduler no longer knows this worker.
fn is_missing(reply: &Message) -> bool {
    let Ok(value) = reply.value() else { return false };
    Fields::of(&value, "the reply").is_ok_and(|fields| matches!(fields.opt_text("status"), Ok(Some("missing"))))
}

/// The worker's numbers. The scheduler adds some of them up and its dashboard shows the others; it stumbles over any
/// that is missing.
fn metrics(node: &Node) -> Value {
    let (counts, held, fetches) = node.load();
    let none = || Value::Map(Vec::new());
    let no_io = || map! { "read_bps" => 0.0, "write_bps" => 0.0 };
    map! {
        "bandwidth" => map! { "total" => BANDWIDTH, "workers" => none(), "types" => none() },
        "digests_total_since_heartbeat" => none(),
        "memory" => resident().unwrap_or(held),
        "managed_bytes" => held,
        "spilled_bytes" => map! { "memory" => 0, "disk" => 0 },
        "task_counts" => map! {
            "waiting" => counts.waiting,
            "ready" => counts.ready,
            "executing" => counts.executing,
            "fetch" => counts.fetching,
            "memory" => counts.memory,
            "error" => counts.erred,
        },
        "transfer" => map! {
            "incoming_bytes" => 0,
            "incoming_count" => fetches,
            "incoming_count_total" => fetches,
            "outgoing_bytes" => 0,
            "outgoing_count" => 0,
            "outgoing_count_total" => 0,
        },
        "event_loop_interval" => 0.02,
        "cpu" => 0.0,
        "time" => unix_time(),
        "host_net_io" => no_io(),
        "host_disk_io" => no_io(),
    }
}

/// How many bytes of memory this process takes, where the system says so.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// Asks the scheduler to move this worker's results to others and to forget the worker. Says whether it could.
pub(crate) async fn retire(node: &Node, within: Duration) -> Result<bool, NetError> {
    let request = Outgoing::new(&map! {
        "op" => "retire_workers",
        "reply" => true,
        "workers" => Value::Array(vec![Value::from(node.address.as_str())]),
        "close_workers" => false,
        "remove" => true,
        "stimulus_id" => "rust-worker-retire",
    });
    let reply = node.pool.call(&node.scheduler, "retire_workers", request, within).await?;
    let retired = || {
        let value = reply.value()?;
        Ok(Fields::of(&value, "the reply to `retire_workers`")?.get(&node.address).is_some())
    };
    retired().map_err(|error: WireError| NetError::Message { peer: node.scheduler.clone(), error })
}

/// Asks the scheduler for its versions. Refuses one that is too old; else gives them, to be echoed.
pub(crate) async fn versions(comm: &mut Comm) -> Result<Value, WorkerError> {
    let reply = call(comm, "versions", protocol::versions(), PATIENCE).await?;
    let value = reply.value().map_err(|error| NetError::Message { peer: comm.peer().clone(), error })?;
    let fields = Fields::of(&value, "the reply to `versions`")
        .map_err(|error| NetError::Message { peer: comm.peer().clone(), error })?;
    match protocol::distributed_version(&fields).and_then(protocol::refusal) {
        Some(refusal) => Err(WorkerError::TooOld(refusal)),
        None => Ok(protocol::echoed_versions(&fields)),
    }
}
