//! A worker: runs operations that the scheduler hands out.
//!
//! ```text
//! scheduler ─ stream.rs ─┐                       ┌─ threads.rs ─ runner.rs (the operations)
//!             messages.rs ├→ event → state → instruction ┼─ peers.rs ─ other workers
//! peers ───── server.rs ─┘    (node.rs holds the state)  └─ stream.rs ─ scheduler
//! ```
//!
//! `state` decides and does nothing; what surrounds it acts and decides nothing. `service.rs` is a worker's life from
//! connecting to leaving, `report.rs` what it tells the scheduler of itself.

mod error;
mod event;
mod messages;
mod node;
mod options;
mod peers;
mod report;
mod runner;
mod server;
mod service;
mod state;
mod stream;
mod threads;
mod time;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;

pub use error::WorkerError;
pub use options::WorkerOptions;
use runner::NoOperations;
#[allow(unused_imports, reason = "for whoever implements `Runner`")]
pub(crate) use runner::{Failure, Runner};
use service::Command;

/// Runs a worker in this process, and blocks until it has retired.
///
/// SIGTERM and SIGINT retire it: it takes no more tasks, finishes those that run, has its results moved to other
/// workers, and leaves; a second signal makes it leave at once.
///
/// # Errors
///
/// [`WorkerError`] where the scheduler can't be reached or refuses the worker, and where the scheduler goes away.
pub fn serve(options: WorkerOptions) -> Result<(), WorkerError> {
    serve_with(options, Arc::new(NoOperations))
}

/// [`serve`], with what this runner runs.
pub(crate) fn serve_with(options: WorkerOptions, runner: Arc<dyn Runner>) -> Result<(), WorkerError> {
    let runtime = runtime()?;
    let (commands, commanded) = mpsc::unbounded_channel();
    let result = runtime.block_on(async {
        on_signals(commands)?;
        service::work(options, runner, commanded, |_| {}).await
    });
    // An operation that still runs isn't waited for.
    runtime.shutdown_background();
    result
}

/// The runtime of the worker's IO. Operations run elsewhere.
fn runtime() -> Result<Runtime, WorkerError> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("dask-worker-io")
        .enable_all()
        .build()
        .map_err(WorkerError::Threads)
}

/// Turns the signals that ask a process to end into commands: the first retires, the next leaves.
fn on_signals(commands: mpsc::UnboundedSender<Command>) -> Result<(), WorkerError> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map_err(WorkerError::Signals)?
    };
    tokio::spawn(async move {
        let mut command = Command::Retire;
        loop {
            #[cfg(unix)]
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            #[cfg(not(unix))]
            let _ = tokio::signal::ctrl_c().await;
            if commands.send(command).is_err() {
                return;
            }
            command = Command::Leave;
        }
    });
    Ok(())
}
