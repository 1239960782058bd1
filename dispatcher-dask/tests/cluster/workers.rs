//! Worker processes: this very program, asked to be one.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use dispatcher_dask::Security;
use dispatcher_dask::worker::{WorkerOptions, serve};

use crate::support::Certificates;
use crate::within::until;

const SCHEDULER: &str = "DISPATCHER_TEST_SCHEDULER";
const NAME: &str = "DISPATCHER_TEST_NAME";
const THREADS: &str = "DISPATCHER_TEST_THREADS";
const CERTIFICATES: &str = "DISPATCHER_TEST_CERTIFICATES";
const PORT: &str = "DISPATCHER_TEST_PORT";

/// A worker process. It ends when this is dropped, or with this process.
pub struct Worker(Child);

impl Worker {
    pub fn start(scheduler: &str, name: &str, threads: usize) -> Self {
        Self::start_with(scheduler, name, threads, None)
    }

    /// A worker that listens for others on this port.
    pub fn listening(scheduler: &str, name: &str, port: u16) -> Self {
        let mut command = command(scheduler, name, 1);
        command.env(PORT, port.to_string());
        Self(command.spawn().unwrap())
    }

    /// A worker with these certificates.
    pub fn start_with(scheduler: &str, name: &str, threads: usize, certificates: Option<&Certificates>) -> Self {
        let mut command = command(scheduler, name, threads);
        if let Some(certificates) = certificates {
            command.env(CERTIFICATES, certificates.ca().parent().unwrap());
        }
        Self(command.spawn().unwrap())
    }

    /// So many workers, of one thread each.
    pub fn some(scheduler: &str, count: usize) -> Vec<Self> {
        Self::some_named(scheduler, count, "w")
    }

    /// As [`Worker::some`], with names that begin so.
    pub fn some_named(scheduler: &str, count: usize, name: &str) -> Vec<Self> {
        (0..count).map(|index| Self::start(scheduler, &format!("{name}{index}"), 1)).collect()
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Kills it, and waits for its end.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// Waits until it has ended by itself.
    pub fn end(&mut self) -> ExitStatus {
        let mut ended = None;
        until("a worker ends", || {
            ended = self.0.try_wait().unwrap();
            ended.is_some()
        });
        ended.unwrap()
    }
}

/// What starts a worker process.
fn command(scheduler: &str, name: &str, threads: usize) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["workers::worker_process", "--exact", "--ignored", "--nocapture"]);
    command.env(SCHEDULER, scheduler).env(NAME, name).env(THREADS, threads.to_string());
    let quiet = std::env::var_os("DISPATCHER_TEST_LOUD").is_none();
    if quiet {
        command.stdout(Stdio::null()).stderr(Stdio::null());
    }
    command.stdin(Stdio::piped());
    command
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "it is a worker process, which the tests start"]
fn worker_process() {
    let Ok(scheduler) = std::env::var(SCHEDULER) else { return };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(3);
    });
    let threads = std::env::var(THREADS).unwrap().parse().unwrap();
    let mut options = WorkerOptions::new(scheduler).name(std::env::var(NAME).unwrap()).threads(threads);
    if let Ok(directory) = std::env::var(CERTIFICATES) {
        let file = |name: &str| Path::new(&directory).join(name);
        options = options.security(Security { ca_file: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") });
    }
    if let Ok(port) = std::env::var(PORT) {
        options = options.listen("127.0.0.1", port.parse().unwrap());
    }
    serve(options).unwrap();
}
