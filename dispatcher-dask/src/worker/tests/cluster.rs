//! Workers for the tests, in this process and in others, and the operations that they run.

use std::collections::HashMap;
use std::process::{Child, Command as Process, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::worker::service::{Command, work};
use crate::worker::{Failure, Runner, WorkerError, WorkerOptions, runtime, serve_with};

/// Names the scheduler to the process that is to be a worker.
const SCHEDULER: &str = "DISPATCHER_TEST_SCHEDULER";

/// How long anything may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What sums are kept below.
pub(super) const MODULUS: u64 = 1_000_000_007;

/// Operations that are spelt in their payload: `sum`, `sleep 10`, `big 1000000`, `len`, `panic no`, `fail no`, `gate`.
#[derive(Default)]
pub(super) struct TestRunner {
    /// How many tasks it has run.
    pub(super) ran: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl TestRunner {
    /// Lets all `gate` tasks end, now and later.
    pub(super) fn open(&self) {
        *self.open.lock().expect("whole") = true;
        self.opened.notify_all();
    }

    /// How many tasks it has run.
    pub(super) fn ran(&self) -> usize {
        self.ran.load(Ordering::SeqCst)
    }
}

impl Runner for TestRunner {
    fn run(&self, payload: &[u8], inputs: &HashMap<String, Bytes>) -> Result<Bytes, Failure> {
        self.ran.fetch_add(1, Ordering::SeqCst);
        let payload = std::str::from_utf8(payload).expect("text");
        let (operation, argument) = payload.split_once(' ').unwrap_or((payload, ""));
        let number = |text: &[u8]| std::str::from_utf8(text).expect("text").parse::<u64>().expect("a number");
        let sum = || inputs.values().map(|input| number(input)).sum::<u64>();
        let one_more = || Ok(Bytes::from(((1 + sum()) % MODULUS).to_string()));
        match operation {
            "sum" => one_more(),
            "sleep" => {
                thread::sleep(Duration::from_millis(number(argument.as_bytes())));
                one_more()
            }
            "gate" => {
                let shut = |open: &mut bool| !*open;
                let open = self.open.lock().expect("whole");
                drop(self.opened.wait_timeout_while(open, PATIENCE, shut).expect("whole"));
                one_more()
            }
            "big" => Ok(Bytes::from(vec![7; number(argument.as_bytes()) as usize])),
            "len" => Ok(Bytes::from(inputs.values().map(Bytes::len).sum::<usize>().to_string())),
            "panic" => panic!("{argument}"),
            "fail" => Err(Failure { message: argument.to_owned(), data: Some(b"the data".to_vec()) }),
            other => Err(Failure::new(format!("what is {other}?"))),
        }
    }

    fn operations(&self) -> Vec<String> {
        vec!["sum".to_owned()]
    }
}

/// A worker in this process.
pub(super) struct Worker {
    /// Where it listens.
    pub(super) address: String,
    /// What it runs.
    pub(super) runner: Arc<TestRunner>,
    commands: UnboundedSender<Command>,
    kill: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), WorkerError>>>,
}

impl Worker {
    /// Starts a worker, and waits until the scheduler knows it.
    pub(super) fn start(options: WorkerOptions) -> Self {
        let runner = Arc::new(TestRunner::default());
        let (commands, commanded) = unbounded_channel();
        let (kill, killed) = oneshot::channel();
        let (registered, registers) = mpsc::channel();
        let runs = runner.clone();
        let thread = thread::spawn(move || {
            let runtime = runtime().expect("a runtime");
            let registered = move |address: &str| registered.send(address.to_owned()).expect("the test waits");
            let result = runtime.block_on(async {
                tokio::select! {
                    result = work(options, runs, commanded, registered) => result,
                    _ = killed => Ok(()),
                }
            });
            runtime.shutdown_background();
            result
        });
        match registers.recv_timeout(PATIENCE) {
            Ok(address) => Worker { address, runner, commands, kill: Some(kill), thread: Some(thread) },
            Err(_) => panic!("the worker doesn't register: {:?}", thread.join()),
        }
    }

    /// Ends it without a word.
    pub(super) fn kill(mut self) {
        drop(self.kill.take());
        self.end().expect("killed");
    }

    /// Asks it to leave in good order.
    pub(super) fn retire(&self) {
        self.commands.send(Command::Retire).expect("it listens");
    }

    /// Waits until it has left.
    pub(super) fn end(mut self) -> Result<(), WorkerError> {
        let thread = self.thread.take().expect("it runs");
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() {
            assert!(Instant::now() < deadline, "the worker stays");
            thread::sleep(Duration::from_millis(5));
        }
        thread.join().expect("it doesn't panic")
    }
}

/// A worker in a process of its own; dropped, it is killed.
pub(super) struct Apart(pub(super) Child);

impl Apart {
    /// Starts a worker of one thread, in another process: this test program, told to run `worker_process` only.
    pub(super) fn start(scheduler: &str) -> Self {
        let mut process = Process::new(std::env::current_exe().expect("this program"));
        process.args(["--exact", "worker::tests::cluster::worker_process", "--include-ignored"]);
        Apart(process.env(SCHEDULER, scheduler).stdout(Stdio::null()).spawn().expect("it starts"))
    }

    /// Sends it a signal.
    pub(super) fn signal(&self, signal: &str) {
        let sent = Process::new("kill").args(["-s", signal, &self.0.id().to_string()]).status();
        assert!(sent.expect("there is kill").success());
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "it is a worker, for other tests to start"]
fn worker_process() {
    let Ok(scheduler) = std::env::var(SCHEDULER) else { return };
    serve_with(WorkerOptions::new(scheduler).threads(1), Arc::new(TestRunner::default())).expect("it retires");
}
