//! Runs that are stopped while operations are under way elsewhere.

use std::time::Duration;

use dispatcher::prelude::*;
use dispatcher::remote::{RemoteExecutor, Work};
use dispatcher::{CancelToken, ErrorKind};
use dispatcher_core::Settings;

#[remote]
fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[dispatch]
fn sum(n: u64) -> u64 {
    let a = add(n, 1);
    add(a, 2)
}

/// Hears of nothing that it has sent away, until the run is stopped.
struct Deaf(Settings, Option<CancelToken>);

impl RemoteExecutor for Deaf {
    fn settings(&self) -> &Settings {
        &self.0
    }
    fn execute(&self, work: &mut Work<'_>) {
        let mut deferred = Vec::new();
        while let Some(task) = work.next() {
            deferred.push(work.defer(task));
        }
        if let Some(token) = &self.1 {
            token.cancel();
        }
        while !work.is_stopped() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_cancelled_run_says_so() {
    let token = CancelToken::new();
    let executor = Deaf(Settings::new().cancel_with(&token), Some(token));
    let error = executor.run(sum(3)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Cancelled), "{error}");
}

#[test]
fn a_run_that_took_too_long_says_so() {
    let executor = Deaf(Settings::new().timeout(Duration::from_millis(5)), None);
    let error = executor.run(sum(3)).unwrap_err();
    assert!(error.to_string().contains("5ms"), "{error}");
}
