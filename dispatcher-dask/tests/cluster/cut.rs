//! Connections that are cut in the middle of a message.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatcher::prelude::*;
use dispatcher_dask::{DaskExecutor, DaskOptions};

use crate::ops::*;
use crate::support::Dask;
use crate::within::{Gates, within};
use crate::workers::Worker;

/// Stands between two others, and cuts connections.
struct Proxy {
    address: String,
    connections: Arc<AtomicUsize>,
    /// How many of them were cut.
    cut: Arc<AtomicUsize>,
}

impl Proxy {
    /// Before this address. Of each connection, counted from 0, `limit` says after how many bytes from there it is cut, if at all.
    fn before(address: &str, limit: impl Fn(usize) -> Option<usize> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, address, limit, None)
    }

    /// As [`Proxy::before`], on this socket; and says another text for one of the same length to who is behind.
    fn on(
        listener: TcpListener,
        address: &str,
        limit: impl Fn(usize) -> Option<usize> + Send + 'static,
        instead: Option<(String, String)>,
    ) -> Self {
        let target = address.strip_prefix("tcp://").unwrap().to_owned();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let (connections, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, cuts) = (Arc::clone(&connections), Arc::clone(&cut));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&target)) else { continue };
                let limit = limit(count.fetch_add(1, Ordering::SeqCst));
                let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let instead = instead.clone();
                std::thread::spawn(move || copy(from_client, to_server, None, instead));
                let cuts = Arc::clone(&cuts);
                std::thread::spawn(move || {
                    if copy(server, client, limit, None) == limit {
                        cuts.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { address, connections, cut }
    }

    /// How many connections there were.
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Hands on what comes, up to so many bytes; then neither way goes on. Says how many it were.
fn copy(
    mut from: TcpStream,
    mut to: TcpStream,
    limit: Option<usize>,
    instead: Option<(String, String)>,
) -> Option<usize> {
    let whole = limit.unwrap_or(usize::MAX);
    let mut left = whole;
    let mut buffer = vec![0; 1 << 16];
    while left > 0 {
        let most = left.min(buffer.len());
        let read = match from.read(&mut buffer[..most]) {
            Ok(0) | Err(_) => break,
            Ok(count) => &mut buffer[..count],
        };
        if let Some((this, that)) = &instead {
            let mut at = 0;
            while let Some(found) = read[at..].windows(this.len()).position(|window| window == this.as_bytes()) {
                read[at + found..][..this.len()].copy_from_slice(that.as_bytes());
                at += found + this.len();
            }
        }
        if to.write_all(read).is_err() {
            break;
        }
        left -= read.len();
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    Some(whole - left)
}

/// A worker that others reach by a proxy, which cuts two of three connections after so many bytes.
struct Behind {
    _worker: Worker,
    proxy: Proxy,
}

impl Behind {
    fn start(scheduler: &str, name: &str, limit: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The worker tells the scheduler of its own port, and the scheduler hears of the proxy's.
        let (own, told) = (format!("127.0.0.1:{port}"), listener.local_addr().unwrap().to_string());
        let instead = (own.clone(), told);
        let to_scheduler = Proxy::on(TcpListener::bind("127.0.0.1:0").unwrap(), scheduler, |_| None, Some(instead));
        let worker = Worker::listening(&to_scheduler.address, name, port);
        let proxy = Proxy::on(listener, &format!("tcp://{own}"), move |index| (index % 3 != 2).then_some(limit), None);
        Self { _worker: worker, proxy }
    }
}

/// Peers fetch from one another, and the client fetches, by connections that are cut.
#[test]
fn values_are_cut_on_their_way() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        for limit in [30, 500, 100_000] {
            let scheduler = dask.scheduler();
            let workers: Vec<Behind> =
                ["a", "b", "c"].map(|name| Behind::start(scheduler.address(), name, limit)).into_iter().collect();
            let gates = Gates::new();
            gates.open("a");
            let executor = DaskExecutor::connect(scheduler.address()).unwrap();
            for count in 1..6 {
                let run =
                    |executor: &dyn Fn(Node<'_, u64>) -> u64| executor(passed_on(gates.path(), count * 2, 150_000));
                let expected = run(&|node| SerialExecutor::new().run(node).unwrap());
                assert_eq!(run(&|node| executor.run(node).unwrap()), expected, "{limit}");
                let whole = executor.run(op!(large(count, 150_000))).unwrap();
                assert_eq!(digest(&whole), digest(&large(count, 150_000)), "{limit}");
            }
            let cut: usize = workers.iter().map(|worker| worker.proxy.cut.load(Ordering::SeqCst)).sum();
            assert!(cut > 0, "{limit}: {cut} were cut");
        }
    });
}

/// Wherever it is cut, connecting fails with a sentence, or the run does, or it is right.
#[test]
fn the_clients_stream_is_cut() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler();
        let _workers = Worker::some(scheduler.address(), 2);
        let (mut refused, mut failed) = (0, 0);
        for limit in [0, 3, 8, 40, 300].into_iter().chain((500..2600).step_by(150)) {
            // The first connection becomes the stream.
            let proxy = Proxy::before(scheduler.address(), move |index| (index == 0).then_some(limit));
            let executor = match DaskOptions::new(&proxy.address).connect() {
                Ok(executor) => executor,
                Err(error) => {
                    refused += 1;
                    assert!(error.to_string().contains(&proxy.address), "{limit}: {error}");
                    continue;
                }
            };
            // It isn't known how much of the stream a run takes.
            for _ in 0..30 {
                match executor.run(fib(6)) {
                    Ok(value) => assert_eq!(value, 8, "{limit}"),
                    Err(error) => {
                        failed += 1;
                        let error = error.to_string();
                        assert!(error.contains("scheduler") && error.contains(&proxy.address), "{limit}: {error}");
                        break;
                    }
                }
            }
            // The next run connects anew.
            assert_eq!(executor.run(fib(6)).unwrap(), 8, "{limit}");
        }
        assert!(refused > 0 && failed > 5, "{refused} refused, {failed} failed");
    });
}

/// The client's other connections carry one question each, which is asked again.
#[test]
fn the_clients_questions_are_cut() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler();
        let _workers = Worker::some(scheduler.address(), 2);
        for limit in [0, 10, 100, 400] {
            let proxy = Proxy::before(scheduler.address(), move |index| (index > 0 && index % 3 != 0).then_some(limit));
            let executor = DaskExecutor::connect(&proxy.address).unwrap();
            for _ in 0..3 {
                assert_eq!(executor.run(by_value(3)).unwrap(), SerialExecutor::new().run(by_value(3)).unwrap());
            }
            assert!(proxy.connections() > 2);
        }
    });
}

/// A worker whose stream is cut leaves; what it had is computed by others.
#[test]
fn a_workers_stream_is_cut() {
    let Some(dask) = Dask::get() else { return };
    within(240, || {
        let scheduler = dask.scheduler();
        let _sound = Worker::start(scheduler.address(), "sound", 1);
        let executor = DaskExecutor::connect(scheduler.address()).unwrap();
        let names: Vec<String> = ["a", "bc", "def", "ghij"].map(String::from).to_vec();
        let expected = SerialExecutor::new().run(report(&names, 50)).unwrap();
        for limit in [2000, 3500, 5000, 8000, 12_000] {
            let proxy = Proxy::before(scheduler.address(), move |index| (index == 0).then_some(limit));
            let mut worker = Worker::start(&proxy.address, &format!("cut-{limit}"), 1);
            // It isn't known how much of the stream a run takes.
            for _ in 0..200 {
                assert_eq!(executor.run(report(&names, 50)).unwrap(), expected, "{limit}");
                if worker.has_ended() {
                    break;
                }
            }
            assert!(!worker.end().success(), "{limit}");
        }
    });
}
