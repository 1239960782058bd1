//! Worker processes: this very program, asked to be one.

use std::process::{Child, Command, Stdio};

use dispatcher_dask::worker::{WorkerOptions, serve};

const SCHEDULER: &str = "DISPATCHER_TEST_SCHEDULER";
const NAME: &str = "DISPATCHER_TEST_NAME";
const THREADS: &str = "DISPATCHER_TEST_THREADS";

/// A worker process. It ends when this is dropped.
pub struct Worker(Child);

impl Worker {
    pub fn start(scheduler: &str, name: &str, threads: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["workers::worker_process", "--exact", "--ignored", "--nocapture"]);
        command.env(SCHEDULER, scheduler).env(NAME, name).env(THREADS, threads.to_string());
        let quiet = std::env::var_os("DISPATCHER_TEST_LOUD").is_none();
        if quiet {
            command.stdout(Stdio::null()).stderr(Stdio::null());
        }
        Self(command.spawn().unwrap())
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.0.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    pub fn wait(&mut self) -> bool {
        self.0.wait().unwrap().success()
    }
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
    let threads = std::env::var(THREADS).unwrap().parse().unwrap();
    let options = WorkerOptions::new(scheduler).name(std::env::var(NAME).unwrap()).threads(threads);
    serve(options).unwrap();
}
