//! A client for the tests: sends graphs, waits for their ends, and gets values. It panics where anything is odd.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::runtime::Runtime;

use crate::net::{self, Comm, Network, Pool};
use crate::wire::{Fields, GraphTask, Outgoing, RemoteError, graph, list, map, protocol, read_exception};
use crate::worker::event::FetchResult;
use crate::worker::peers;

/// How long anything may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A task's payload and dependencies.
pub(super) struct Task {
    key: String,
    payload: String,
    within: Vec<String>,
    earlier: Vec<String>,
}

/// A task of these dependencies, all of the same graph.
pub(super) fn task(key: impl Into<String>, payload: impl Into<String>, within: &[&str]) -> Task {
    let within = within.iter().map(|key| (*key).to_owned()).collect();
    Task { key: key.into(), payload: payload.into(), within, earlier: Vec::new() }
}

impl Task {
    /// With dependencies of earlier graphs.
    pub(super) fn after(mut self, earlier: &[String]) -> Self {
        self.earlier = earlier.to_vec();
        self
    }
}

/// A connected client.
pub(super) struct Client {
    runtime: Runtime,
    comm: Comm,
    pool: Pool,
    scheduler: net::Address,
    ended: HashMap<String, Result<(), RemoteError>>,
}

impl Client {
    /// Connects.
    pub(super) fn new(scheduler: &str, security: Option<&net::Security>) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let scheduler: net::Address = scheduler.parse().expect("an address");
        let network = Network::new(security, PATIENCE).expect("certificates");
        let comm = runtime.block_on(async {
            let mut comm = network.connect(&scheduler).await.expect("the scheduler listens");
            comm.send(protocol::register_client(&format!("test-{:x}", fastrand::u64(..)), map! {}))
                .await
                .expect("it takes clients");
            comm.recv().await.expect("it answers");
            comm
        });
        Client { runtime, comm, pool: Pool::new(network), scheduler, ended: HashMap::new() }
    }

    /// Sends a graph, wanting all its results.
    pub(super) fn send(&mut self, tasks: &[Task]) {
        let graph_tasks: Vec<GraphTask<'_>> = tasks
            .iter()
            .map(|task| GraphTask {
                key: &task.key,
                within: task.within.iter().map(String::as_str).collect(),
                earlier: task.earlier.iter().map(String::as_str).collect(),
                payload: task.payload.as_bytes(),
                priority: None,
                retries: None,
            })
            .collect();
        let order = tasks.iter().enumerate().map(|(rank, task)| (task.key.as_str(), rank as u64));
        let message = protocol::update_graph(graph(&graph_tasks), tasks.iter().map(|task| task.key.as_str()), order);
        self.runtime.block_on(self.comm.send(message)).expect("the scheduler takes graphs");
    }

    /// Waits until a key has come to an end, well or badly.
    pub(super) fn wait(&mut self, key: &str) -> Result<(), RemoteError> {
        loop {
            if let Some(end) = self.ended.remove(key) {
                return end;
            }
            let message = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, self.comm.recv()).await });
            let message = message.unwrap_or_else(|_| panic!("`{key}` never ends")).expect("the scheduler stays");
            let value = message.value().expect("a message");
            for op in list(&value).expect("a batch") {
                let fields = Fields::of(op, "an op").expect("an op");
                let key = || fields.text("key").expect("a key").to_owned();
                match fields.op() {
                    Some("key-in-memory") => drop(self.ended.insert(key(), Ok(()))),
                    Some("task-erred") => {
                        let payload = message.payload(fields.required("exception").expect("an exception"));
                        drop(self.ended.insert(key(), Err(read_exception(&payload.expect("a pickle")))));
                    }
                    _ => {}
                }
            }
        }
    }

    /// Sends a graph and waits for all its tasks to end well.
    pub(super) fn run(&mut self, tasks: &[Task]) {
        self.send(tasks);
        for task in tasks {
            let end = self.wait(&task.key);
            assert!(end.is_ok(), "{}: {end:?}", task.key);
        }
    }

    /// The value of a key, from whoever holds it; waits where its holders have just died.
    pub(super) fn value(&mut self, key: &str) -> Bytes {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for holder in self.holders(key) {
                let keys = [key.into()];
                let result = self.runtime.block_on(peers::fetch(&self.pool, &holder.as_str().into(), &keys, "test"));
                if let FetchResult::Got(mut values) = result
                    && let Some(value) = values.remove(key)
                {
                    return value;
                }
            }
            assert!(Instant::now() < deadline, "nobody holds {key}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of a key as text.
    pub(super) fn text(&mut self, key: &str) -> String {
        String::from_utf8(self.value(key).to_vec()).expect("text")
    }

    /// Who holds a key.
    pub(super) fn holders(&mut self, key: &str) -> Vec<String> {
        let reply = self.call("who_has", protocol::who_has([key].into_iter()));
        let value = reply.value().expect("a reply");
        let holders = Fields::of(&value, "who_has").expect("a map").texts(key).expect("holders");
        holders.into_iter().map(str::to_owned).collect()
    }

    /// Has a worker copy a key from another.
    pub(super) fn copy(&mut self, key: &str, from: &str, to: &str) {
        let who_has = map! { key => vec![rmpv::Value::from(from)] };
        let request = Outgoing::new(&map! { "op" => "gather", "reply" => true, "who_has" => who_has });
        let reply = self.call_worker(to, "gather", request);
        let value = reply.value().expect("a reply");
        assert_eq!(Fields::of(&value, "gather").expect("a map").text("status").expect("a status"), "OK");
    }

    /// Has a worker drop its copy of a key.
    pub(super) fn drop_copy(&mut self, key: &str, worker: &str) {
        let keys = vec![rmpv::Value::from(key)];
        let request = Outgoing::new(&map! { "op" => "free_keys", "reply" => true, "keys" => keys });
        self.call_worker(worker, "free_keys", request);
    }

    /// A request to a worker, and its reply.
    fn call_worker(&mut self, worker: &str, op: &str, request: Outgoing) -> crate::wire::Message {
        let worker = worker.parse().expect("an address");
        self.runtime.block_on(self.pool.call(&worker, op, request, PATIENCE)).expect("an answer")
    }

    /// A request to the scheduler, and its reply.
    pub(super) fn call(&mut self, op: &str, request: Outgoing) -> crate::wire::Message {
        self.runtime.block_on(self.pool.call(&self.scheduler, op, request, PATIENCE)).expect("an answer")
    }
}
