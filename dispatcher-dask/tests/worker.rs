//! The worker as other crates see it: what it says when it can't work.

use std::time::Duration;

use dispatcher_dask::worker::{WorkerError, WorkerOptions, serve};

#[test]
fn a_scheduler_that_is_not_there_is_reported_with_a_sentence() {
    let options = WorkerOptions::new("tcp://127.0.0.1:1").connect_timeout(Duration::from_millis(100));
    let error = serve(options).unwrap_err();
    assert!(matches!(error, WorkerError::Scheduler(_)), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("the worker can't work with its scheduler: "), "{message}");
    assert!(message.contains("127.0.0.1:1"), "{message}");
}

#[test]
fn an_address_that_is_none_is_reported_with_a_sentence() {
    let error = serve(WorkerOptions::new("http://127.0.0.1")).unwrap_err().to_string();
    assert!(error.contains("`http://127.0.0.1` is not an address: only tcp:// and tls:// are spoken"), "{error}");
}

#[test]
fn a_tls_scheduler_needs_certificates() {
    let error = serve(WorkerOptions::new("tls://127.0.0.1:1")).unwrap_err().to_string();
    assert!(error.contains("needs certificates"), "{error}");
}
