//! A worker for tests: the value of a task is its payload, and it takes no other notice of the scheduler.
//!
//! A payload of `fail…` is an error with that text, and the extra bytes `extra`; one of `hang…` never ends.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rmpv::Value;
use tokio::runtime::Runtime;

use crate::net::{Address, Comm, Network};
use crate::wire::{self, Fields, Message, Outgoing, map};

/// The worker's values.
type Values = Arc<Mutex<HashMap<String, Bytes>>>;

/// A running worker; dropped, it is gone without a word.
pub struct Echo {
    runtime: Option<Runtime>,
    /// Where it listens.
    pub address: String,
    /// What it holds.
    pub values: Values,
}

impl Echo {
    /// Registers with the scheduler. The first `busy` requests for values are put off.
    pub fn start(scheduler: &str, name: &str, busy: usize) -> Echo {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let values = Values::default();
        let scheduler: Address = scheduler.parse().unwrap();
        let network = Network::new(None, Duration::from_secs(5)).unwrap();
        let (listener, stream) = runtime.block_on(async {
            let listener = network.listen(&"tcp://127.0.0.1:0".parse().unwrap()).await.unwrap();
            let mut stream = network.connect(&scheduler).await.unwrap();
            stream.send(register(&listener.address().to_string(), name)).await.unwrap();
            let reply = stream.recv().await.unwrap();
            assert_eq!(Fields::of(&reply.value().unwrap(), "the reply").unwrap().text("status"), Ok("OK"));
            (listener, stream)
        });
        let address = listener.address().to_string();
        runtime.spawn(work(stream, Arc::clone(&values)));
        let (serving, busy) = (Arc::clone(&values), Arc::new(Mutex::new(busy)));
        runtime.spawn(async move {
            while let Ok(incoming) = listener.accept().await {
                let (values, busy) = (Arc::clone(&serving), Arc::clone(&busy));
                tokio::spawn(async move { serve(incoming.shake_hands().await.unwrap(), values, busy).await });
            }
        });
        Echo { runtime: Some(runtime), address, values }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The registration, as dask-protocol.md gives it.
fn register(address: &str, name: &str) -> Outgoing {
    let empty = || Value::Map(Vec::new());
    Outgoing::new(&map! {
        "op" => "register-worker", "reply" => false, "address" => address, "status" => "running", "nthreads" => 1,
        "name" => name, "now" => 0.0, "resources" => map! { "rs" => 1 }, "memory_limit" => 1 << 30,
        "local_directory" => "/tmp", "services" => empty(), "nanny" => Value::Nil, "versions" => empty(),
        "extra" => map! { "dispatcher" => "echo" }, "stimulus_id" => "echo", "server_id" => name, "pid" => 1,
        "metrics" => map! {
            "bandwidth" => map! { "total" => 1e8, "workers" => empty(), "types" => empty() },
            "digests_total_since_heartbeat" => empty(), "memory" => 1,
            "spilled_bytes" => map! { "memory" => 0, "disk" => 0 },
        },
    })
}

/// Answers the scheduler on the stream.
async fn work(mut stream: Comm, values: Values) {
    while let Ok(message) = stream.recv().await {
        let value = message.value().unwrap();
        let ops = wire::list(&value).unwrap();
        let answers: Vec<Value> =
            ops.iter().filter_map(|op| answer(&Fields::of(op, "an op").unwrap(), &values)).collect();
        if !answers.is_empty() {
            stream.send(Outgoing::batch(answers)).await.unwrap();
        }
    }
}

/// The answer to one op, if it wants one.
fn answer(op: &Fields<'_>, values: &Values) -> Option<Value> {
    if op.op() == Some("free-keys") {
        op.texts("keys").unwrap().iter().for_each(|key| drop(values.lock().unwrap().remove(*key)));
    }
    if op.op() != Some("compute-task") {
        return None;
    }
    let (key, run) = (op.text("key").unwrap(), op.int("run_id").unwrap());
    let payload = op.map("annotations").unwrap().bytes("rs").unwrap();
    if payload.starts_with(b"fail") {
        let exception = wire::exception(&String::from_utf8_lossy(payload), Some(b"extra"));
        return Some(map! {
            "op" => "task-erred", "key" => key, "run_id" => run, "stimulus_id" => "echo",
            "exception" => exception.to_vec(), "traceback" => Value::Nil,
        });
    }
    if payload.starts_with(b"hang") {
        return None;
    }
    values.lock().unwrap().insert(key.to_owned(), Bytes::copy_from_slice(payload));
    let computed = map! { "action" => "compute", "start" => 1.0, "stop" => 2.0 };
    Some(map! {
        "op" => "task-finished", "key" => key, "run_id" => run, "nbytes" => payload.len(), "type" => Value::Nil,
        "typename" => "bytes", "metadata" => Value::Map(Vec::new()), "startstops" => vec![computed],
        "stimulus_id" => "echo",
    })
}

/// Answers one connection's requests.
async fn serve(mut comm: Comm, values: Values, busy: Arc<Mutex<usize>>) {
    while let Ok(request) = comm.recv().await {
        if let Some(reply) = reply(&request, &values, &busy) {
            comm.send(reply).await.unwrap();
        }
    }
}

/// The reply to a request; none to an acknowledgement.
fn reply(request: &Message, values: &Values, busy: &Mutex<usize>) -> Option<Outgoing> {
    let value = request.value().unwrap();
    let fields = Fields::of(&value, "a request").ok()?;
    let mut busy = busy.lock().unwrap();
    if fields.op() == Some("update_data") {
        for (key, value) in fields.map("data").unwrap().iter() {
            values.lock().unwrap().insert(key.to_owned(), request.payload(value).unwrap());
        }
        return Some(Outgoing::new(&map! { "status" => "OK", "nbytes" => Value::Map(Vec::new()) }));
    }
    if *busy > 0 {
        *busy -= 1;
        return Some(Outgoing::new(&map! { "status" => "busy" }));
    }
    let values = values.lock().unwrap();
    let held: Vec<_> =
        fields.texts("keys").unwrap().into_iter().filter_map(|key| Some((key, values.get(key)?.clone()))).collect();
    Some(Outgoing::with_values(&[("status", Value::from("OK"))], "data", held.into_iter()).unwrap())
}
