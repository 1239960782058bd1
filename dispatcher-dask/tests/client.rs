//! The client against a real scheduler: it is understood, and what goes wrong reads well.
//!
//! The modules under test are no part of the crate's API, so they are compiled into this test as they are.

// The processes of the tests are kept in check by Unix's means.
#![cfg(unix)]

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../src/client/mod.rs"]
mod client;
#[allow(dead_code)]
#[path = "support/echo.rs"]
mod echo;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../src/net/mod.rs"]
mod net;
#[allow(dead_code)]
mod support;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../src/wire/mod.rs"]
mod wire;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use bytes::Bytes;
use client::{Client, ClientError, Event, Key, Options, Task};
use echo::Echo;
use net::Security;
use support::{Certificates, Dask, Scheduler};

/// How long anything may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(30);

/// The scheduler's workers.
fn who(client: &Client, within: Duration) -> Result<Vec<client::WorkerInfo>, ClientError> {
    client.workers(within, &mut || false).map(|workers| workers.expect("nobody says to stop"))
}

/// A wanted task whose payload is its key.
fn task(key: &str, dependencies: &[&str]) -> Task {
    let dependencies = dependencies.iter().map(|key| Key::from(*key)).collect();
    let payload = Bytes::copy_from_slice(key.as_bytes());
    Task { key: Key::from(key), dependencies, payload, wanted: true, priority: None, retries: None }
}

/// Keys of texts.
fn keys(keys: &[&str]) -> Vec<Key> {
    keys.iter().map(|key| Key::from(*key)).collect()
}

/// The values of these keys.
fn gather(client: &Client, wanted: &[&str], within: Duration) -> Result<Vec<Bytes>, ClientError> {
    client.gather(&keys(wanted), within, &mut || false).map(|values| values.expect("nobody stops it"))
}

/// A client of the scheduler.
fn connect(scheduler: &Scheduler<'_>) -> Client {
    Client::connect(scheduler.address(), &Options::default()).unwrap()
}

/// The next event, which comes soon.
fn next(client: &Client) -> Event {
    client.events().recv_timeout(WITHIN).expect("something is heard")
}

/// The names of the keys whose values are heard to be there next.
fn in_memory(client: &Client, count: usize) -> Vec<String> {
    let mut heard: Vec<String> = (0..count)
        .map(|_| match next(client) {
            Event::InMemory(key) => key.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    heard.sort();
    heard
}

/// Waits until a Python expression about the scheduler, `s`, is true.
fn until(scheduler: &Scheduler<'_>, expression: &str) {
    scheduler.python(&format!(
        "import time\n\
         def holds(dask_scheduler):\n    s = dask_scheduler\n    return bool({expression})\n\
         end = time.time() + 30\n\
         while not client.run_on_scheduler(holds):\n    \
             assert time.time() < end, client.run_on_scheduler(lambda dask_scheduler: str(dask_scheduler.tasks))\n    \
             time.sleep(0.05)"
    ));
}

#[test]
fn the_scheduler_understands_a_graph() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let client = connect(&scheduler);
    let first = [
        task("load-1", &[]),
        Task { wanted: false, priority: Some(7), ..task("mean-1", &["load-1"]) },
        Task { retries: Some(3), ..task("sum-1", &["mean-1", "load-1"]) },
    ];
    client.submit(&first, WITHIN).unwrap();
    client.submit(&[task("late-1", &["sum-1"])], WITHIN).unwrap();
    until(&scheduler, "len(s.tasks) == 4");
    let told = scheduler.python(
        "def told(dask_scheduler):\n    \
             return [(t.key, t.state, sorted(d.key for d in t.dependencies), len(t.who_wants or ()),\n             \
                      t.annotations['rs'], t.resource_restrictions, -t.priority[0], t.retries) for t in dask_scheduler.tasks.values()]\n\
         for t in sorted(client.run_on_scheduler(told)): print(*t)",
    );
    let expected = "late-1 waiting ['sum-1'] 1 b'late-1' {'rs': 0} 0 0\n\
         load-1 no-worker [] 1 b'load-1' {'rs': 0} 0 0\n\
         mean-1 waiting ['load-1'] 0 b'mean-1' {'rs': 0} 7 0\n\
         sum-1 waiting ['load-1', 'mean-1'] 1 b'sum-1' {'rs': 0} 0 3";
    assert_eq!(told, expected);
    drop(client);
    until(&scheduler, "not s.tasks and not [c for c in s.clients if c.startswith('dispatcher')]");
}

#[test]
fn values_come_back_and_parts_fit_together() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let options = Options { part: 3, ..Options::default() };
    let client = Client::connect(scheduler.address(), &options).unwrap();
    let workers = [Echo::start(scheduler.address(), "one", 2), Echo::start(scheduler.address(), "two", 0)];

    let known = who(&client, WITHIN).unwrap();
    assert_eq!(known.len(), 2);
    let one = known.iter().find(|worker| worker.name == "one").unwrap();
    assert_eq!(
        (one.address.to_string(), one.threads, one.running, one.is_ours()),
        (workers[0].address.clone(), 1, true, true)
    );
    assert_eq!(one.extra, Some("echo".into()));

    let large = Bytes::from(vec![5; 3_000_000]);
    let mut tasks: Vec<Task> = (0..20)
        .map(|number| match number {
            0 => task("t-0", &[]),
            _ => task(&format!("t-{number}"), &[&format!("t-{}", number - 1), "t-0"]),
        })
        .map(|task| Task { wanted: false, ..task })
        .collect();
    tasks[19].wanted = true;
    tasks.push(Task { payload: large.clone(), ..task("large", &["t-3"]) });
    client.submit(&tasks, WITHIN).unwrap();
    assert_eq!(in_memory(&client, 2), ["large", "t-19"]);
    let values = gather(&client, &["large", "t-19", "large"], WITHIN).unwrap();
    assert_eq!(values, [large.clone(), Bytes::from("t-19"), large]);
    // What was kept for later parts only is let go of.
    until(&scheduler, "{k for k, t in s.tasks.items() if t.state == 'memory'} == {'large', 't-19'}");
    client.release(&keys(&["large", "t-19", "never"]), WITHIN).unwrap();
    until(&scheduler, "not s.tasks");
}

#[test]
fn errors_are_heard() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let client = connect(&scheduler);
    let worker = Echo::start(scheduler.address(), "one", 0);
    client.submit(&[task("x", &[]), task("y", &[])], WITHIN).unwrap();
    assert_eq!(in_memory(&client, 2), ["x", "y"]);
    assert_eq!(gather(&client, &["y", "x"], WITHIN).unwrap(), ["y", "x"]);

    client
        .submit(
            &[task("fail-1", &["x"]), Task { wanted: false, ..task("fine-1", &[]) }, task("after-1", &["fail-1"])],
            WITHIN,
        )
        .unwrap();
    for _ in 0..2 {
        let Event::Erred { key, error } = next(&client) else { panic!("an error is heard") };
        assert!(["fail-1", "after-1"].contains(&&*key));
        assert_eq!((error.message.as_str(), error.class, error.data), ("fail-1", None, Some(Bytes::from("extra"))));
    }
    // A Python client raises what the worker says.
    let raised = scheduler.python(
        "from distributed import Future\n\
         f = Future('fail-1', client)\n\
         client._send_to_scheduler({'op': 'client-desires-keys', 'keys': ['fail-1'], 'client': client.id})\n\
         e = f.exception(timeout=20)\n\
         print(type(e).__name__, e, e.dispatcher)",
    );
    assert_eq!(raised, "RuntimeError fail-1 b'extra'");

    drop(worker);
    let lost = [next(&client), next(&client)];
    assert!(lost.iter().all(|event| matches!(event, Event::Lost(_))), "{lost:?}");
    let late = gather(&client, &["x", "y"], Duration::from_millis(300)).unwrap_err().to_string();
    assert_eq!(late, "no worker hands out `x` (nor 1 other values) within 300ms; no worker holds it");
}

#[test]
fn python_values_and_killed_workers_are_told_apart() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler_with(&[("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "0")], None);
    let client = connect(&scheduler);
    let worker = scheduler.python_worker("py", &["--resources", "rs=1"]);
    client.submit(&[task("none-1", &[])], WITHIN).unwrap();
    assert_eq!(in_memory(&client, 1), ["none-1"]);
    let foreign = gather(&client, &["none-1"], WITHIN).unwrap_err();
    assert!(matches!(foreign, ClientError::ForeignValue { .. }), "{foreign}");
    drop(worker);
    // The value is lost with its worker; its task is of no interest here.
    client.release(&keys(&["none-1"]), WITHIN).unwrap();
    client.events().try_iter().for_each(drop);

    let worker = Echo::start(scheduler.address(), "one", 0);
    client.submit(&[task("hang-1", &[])], WITHIN).unwrap();
    until(&scheduler, "s.tasks['hang-1'].state == 'processing'");
    let address = worker.address.clone();
    drop(worker);
    let Event::Erred { error, .. } = next(&client) else { panic!("an error is heard") };
    let killed = format!(
        "the workers that ran `hang-1` died, one after another (the last was {address}): their logs may tell why"
    );
    assert_eq!((error.class.as_deref(), error.message), (Some("KilledWorker"), killed));
}

#[test]
fn tls_works_with_the_right_ca_and_says_what_is_wrong_with_another() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler_with(&[], Some(Certificates::new()));
    let security = |of: &Certificates| Security { ca_file: of.ca(), cert: of.cert(), key: of.key() };
    let with = |security| Client::connect(scheduler.address(), &Options { security, ..Options::default() });

    let client = with(scheduler.certificates().map(security)).unwrap();
    client.submit(&[task("a-1", &[])], WITHIN).unwrap();
    assert_eq!(who(&client, WITHIN).unwrap(), []);
    until(&scheduler, "'a-1' in s.tasks");

    let other = with(Some(security(&Certificates::new()))).unwrap_err().to_string();
    assert!(other.starts_with(&format!("no TLS connection with {}: ", scheduler.address())), "{other}");
    assert!(other.ends_with("; both sides need certificates of the same CA"), "{other}");
    let none = with(None).unwrap_err().to_string();
    assert!(none.contains("needs certificates: give a `Security`"), "{none}");
    let missing = Security { ca_file: "/no/ca.pem".into(), cert: "/no/c.pem".into(), key: "/no/k.pem".into() };
    let missing = with(Some(missing)).unwrap_err().to_string();
    assert!(missing.starts_with("cannot use /no/ca.pem: "), "{missing}");
}

#[test]
fn a_scheduler_that_ends_or_stops_is_noticed() {
    let Some(dask) = Dask::get() else { return };
    let mut scheduler = dask.scheduler();
    let client = connect(&scheduler);
    scheduler.pause();
    let short = Duration::from_millis(300);
    let late = who(&client, short).unwrap_err().to_string();
    assert!(late.ends_with("took longer than 300ms"), "{late}");
    scheduler.resume();
    who(&client, WITHIN).unwrap();

    scheduler.kill();
    let reason = format!("{} closed the connection", scheduler.address());
    assert_eq!(next(&client), Event::Closed(reason.clone()));
    let sentence = format!("the client has no scheduler any more: {reason}");
    assert_eq!(client.submit(&[task("a", &[])], WITHIN).unwrap_err().to_string(), sentence);
    assert_eq!(gather(&client, &["a"], WITHIN).unwrap_err().to_string(), sentence);
    assert_eq!(who(&client, WITHIN).unwrap_err().to_string(), sentence);
}

#[test]
fn methods_may_be_called_on_an_async_runtimes_thread() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let client = connect(&scheduler);
        client.submit(&[task("a-1", &[])], WITHIN).unwrap();
        who(&client, WITHIN).unwrap();
        client.close(WITHIN);
        assert_eq!(next(&client), Event::Closed("the client was closed".to_owned()));
    });
    until(&scheduler, "not s.tasks and not [c for c in s.clients if c.startswith('dispatcher')]");
}

#[test]
fn one_self_signed_certificate_may_be_shared_by_all() {
    let certificates = Certificates::shared();
    let security = Security { ca_file: certificates.ca(), cert: certificates.cert(), key: certificates.key() };
    // Both directions of ours.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let network = net::Network::new(Some(&security), WITHIN).unwrap();
        let listener = network.listen(&"tls://127.0.0.1:0".parse().unwrap()).await.unwrap();
        let accepted = async { listener.accept().await.unwrap().shake_hands().await.unwrap() };
        let (mut ours, mut theirs) =
            tokio::join!(async { network.connect(listener.address()).await.unwrap() }, accepted);
        let large = Bytes::from(vec![3; 5_000_000]);
        let message = wire::Outgoing::with_values(&[], "data", [("k", large.clone())].into_iter()).unwrap();
        let (sent, received) = tokio::join!(ours.send(message), theirs.recv());
        sent.unwrap();
        let message = received.unwrap();
        let value = message.value().unwrap();
        let data = wire::Fields::of(&value, "it").unwrap().map("data").unwrap();
        assert_eq!(data.bytes("k").unwrap(), large);
    });
    // And Python's server.
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler_with(&[], Some(certificates));
    let options = Options { security: Some(security), ..Options::default() };
    assert_eq!(who(&Client::connect(scheduler.address(), &options).unwrap(), WITHIN).unwrap(), []);
}

#[test]
fn a_restart_of_the_cluster_is_heard() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let client = connect(&scheduler);
    client.submit(&[task("a-1", &[])], WITHIN).unwrap();
    until(&scheduler, "'a-1' in s.tasks");
    scheduler.python("client.restart(timeout=20, wait_for_workers=False)");
    assert_eq!(next(&client), Event::Restarted);
    client.submit(&[task("a-2", &[])], WITHIN).unwrap();
    until(&scheduler, "list(s.tasks) == ['a-2']");
}

#[test]
fn a_refused_request_tells_what_the_scheduler_says() {
    let Some(dask) = Dask::get() else { return };
    let scheduler = dask.scheduler();
    let pool = net::Pool::new(net::Network::new(None, WITHIN).unwrap());
    let address = scheduler.address().parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bad = wire::Outgoing::new(&wire::map! { "op" => "who_has", "keys" => 3, "reply" => true });
        let error = pool.call(&address, "who_has", bad, WITHIN).await.unwrap_err().to_string();
        let told = "`who_has`: TypeError(\"'int' object is not iterable\")";
        assert_eq!(error, format!("{} refuses {told}", scheduler.address()));
        // The connection is good for the next.
        pool.call(&address, "identity", wire::protocol::identity(), WITHIN).await.unwrap();
    });
}

#[test]
fn a_scheduler_that_is_too_old_is_refused() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let network = net::Network::new(None, WITHIN).unwrap();
    let listener = runtime.block_on(network.listen(&"tcp://127.0.0.1:0".parse().unwrap())).unwrap();
    let address = listener.address().to_string();
    runtime.spawn(async move {
        let mut comm = listener.accept().await.unwrap().shake_hands().await.unwrap();
        comm.recv().await.unwrap();
        let packages = wire::map! { "distributed" => "2024.12.1" };
        comm.send(wire::Outgoing::new(&wire::map! { "packages" => packages })).await.unwrap();
        comm.recv().await
    });
    assert_eq!(
        refused(&address),
        "the scheduler runs distributed 2024.12.1; dispatcher speaks to 2025.4.0 and later; \
         upgrade dask and distributed on the scheduler"
    );
}

#[test]
fn addresses_read_as_they_are_written() {
    for text in ["tcp://127.0.0.1:8786", "tls://[::1]:80", "tcp://host.example:0"] {
        assert_eq!(text.parse::<net::Address>().unwrap().to_string(), text);
    }
    assert_eq!("host:1".parse::<net::Address>().unwrap().to_string(), "tcp://host:1");
}

/// The error of connecting there, within a short time.
fn refused(address: &str) -> String {
    let options = Options { connect: Duration::from_millis(400), ..Options::default() };
    let begun = Instant::now();
    let error = Client::connect(address, &options).unwrap_err().to_string();
    assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
    error
}

#[test]
fn addresses_that_lead_nowhere_are_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refused(&format!("tcp://{closed}"));
    assert!(error.starts_with(&format!("cannot reach tcp://{closed}: ")), "{error}");
    assert!(error.ends_with("; is it running there, and is the port open?"), "{error}");
    let error = refused("tcp://no-such-host.invalid:8786");
    assert!(error.starts_with("cannot reach tcp://no-such-host.invalid:8786: "), "{error}");
    for (address, why) in [
        ("127.0.0.1", "the port is missing"),
        ("ucx://h:1", "only tcp:// and tls:// are spoken"),
        ("tcp://h:70000", "the port is not a number up to 65535"),
        ("tcp://::1:80", "it is written tcp://host:port, and an IPv6 host in brackets"),
    ] {
        assert_eq!(refused(address), format!("`{address}` is not an address: {why}"));
    }
}

#[test]
fn a_server_that_is_no_scheduler_is_told() {
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", mute.local_addr().unwrap());
    assert_eq!(refused(&address), format!("connecting to {address} took longer than 400ms"));

    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", http.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = http.accept().unwrap();
        let _ = stream.read(&mut [0; 64]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
    let error = refused(&address);
    assert!(error.starts_with(&format!("{address} doesn't answer as dask does: ")), "{error}");
}
