//! Rows 23, 24, 26 and 27, and what is not carried over: failures, and what becomes of them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatcher::prelude::*;
use dispatcher::{Backoff, CollectNode, ErrorKind, IndexNode, Op};

/// An operation that fails so often, and counts its calls.
fn flaky(calls: &Arc<AtomicUsize>, failures: usize) -> Node<'static, usize> {
    let calls = Arc::clone(calls);
    Op::retryable("flaky", (), move |()| match calls.fetch_add(1, Ordering::SeqCst) {
        call if call < failures => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
        call => Ok(call),
    })
}

fn is_reset(failure: &ErrorKind<'_>) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset)
}

#[test]
fn parity_23_nothing_is_retried_until_a_predicate_says_so() {
    let calls = Arc::default();
    SerialExecutor::new().retries(3).run(flaky(&calls, 1)).unwrap_err();
    ParallelExecutor::with_threads(2).run(flaky(&calls, 9)).unwrap_err();
    AsyncExecutor::new().run(flaky(&calls, 9)).unwrap_err();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[test]
fn parity_23_five_retries_are_the_default() {
    let forgiving = ParallelExecutor::with_threads(2).retry_on(is_reset).backoff(Backoff::none());
    let calls = Arc::default();
    assert_eq!(forgiving.run(flaky(&calls, 5)).unwrap(), 5);
    let calls = Arc::default();
    let error = forgiving.run(flaky(&calls, 6)).unwrap_err();
    assert_eq!((calls.load(Ordering::SeqCst), error.tried()), (6, 6));
    let calls = Arc::default();
    AsyncExecutor::new().retries(0).retry_on(is_reset).run(flaky(&calls, 1)).unwrap_err();
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn parity_24_any_predicate_that_says_yes_retries() {
    let never = |_: &ErrorKind<'_>| false;
    let calls = Arc::default();
    let executor = SerialExecutor::new().retry_on(never).backoff(Backoff::none());
    executor.clone().run(flaky(&calls, 1)).unwrap_err();
    let calls = Arc::default();
    assert_eq!(executor.retry_on(is_reset).run(flaky(&calls, 2)).unwrap(), 2);
}

#[test]
fn parity_24_a_predicate_sees_the_inner_error() {
    let seen = Arc::new(AtomicUsize::new(0));
    let sees = {
        let seen = Arc::clone(&seen);
        move |failure: &ErrorKind<'_>| {
            let ErrorKind::Failed(error) = failure else { unreachable!("it is an error") };
            assert_eq!(error.to_string(), io::Error::from(io::ErrorKind::ConnectionReset).to_string());
            seen.fetch_add(1, Ordering::SeqCst);
            true
        }
    };
    let executor = AsyncExecutor::new().retry_on(sees).backoff(Backoff::none());
    executor.run(flaky(&Arc::default(), 3)).unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[test]
fn parity_26_every_failure_is_a_dependency_error_with_error_way_and_id() {
    let first = Op::new("first", (), |()| 1);
    let fails = Op::fallible("fails", (first,), |(_,)| "x".parse::<u32>());
    let after = Op::new("after", (fails,), |(n,)| n + 1);
    let output = Op::new("output", (after,), |(n,)| n);
    let error: DependencyError = SerialExecutor::new().run(output).unwrap_err();
    assert_eq!((error.node(), error.label()), (1, "fails"));
    assert_eq!(error.location().unwrap().file, file!());
    let way: Vec<_> = error.chain().iter().map(|link| (link.id, link.label.as_str())).collect();
    assert_eq!(way, [(Some(1), "fails"), (Some(2), "after"), (Some(3), "output")]);
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.downcast_ref::<std::num::ParseIntError>().is_some());
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(error.report().contains("needed by %3 `output`"), "{}", error.report());
}

#[test]
fn parity_27_the_first_failure_ends_the_run() {
    let calls = AtomicUsize::new(0);
    let fails = Op::new("fails", (), |()| -> usize { panic!("no") });
    let later = Op::new("later", (), |()| calls.fetch_add(1, Ordering::SeqCst));
    let results = SerialExecutor::new().run_all([fails, later]);
    assert!(matches!(results[0].as_ref().unwrap_err().kind(), ErrorKind::Panicked(_)));
    assert!(matches!(results[1].as_ref().unwrap_err().kind(), ErrorKind::Stopped));
    assert_eq!(calls.into_inner(), 0);
}

#[test]
fn parity_27_independent_branches_finish_and_the_list_says_which_failed() {
    let build = || {
        (0..20).map(|n| {
            let first = Op::new("first", (), move |()| {
                assert!(n % 3 != 0, "{n}");
                n
            });
            Op::new("second", (first,), |(n,)| n * 2)
        })
    };
    let check = |results: Vec<Result<i32, DependencyError>>| {
        for (n, result) in (0..).zip(results) {
            match result {
                Ok(value) => assert_eq!(value, n * 2),
                Err(error) => assert_eq!((n % 3, error.label()), (0, "first")),
            }
        }
    };
    check(SerialExecutor::new().fail_fast(false).run_all(build()));
    check(AsyncExecutor::new().fail_fast(false).run_all(build()));
    for threads in [1, 2, 3] {
        check(ParallelExecutor::with_threads(threads).fail_fast(false).run_all(build()));
    }
}

#[test]
fn parity_errors_do_not_become_values() {
    // An index node of a failed operation is an error, and so is a collection of one; nothing hangs.
    let fails = Op::new("fails", (), |()| -> Vec<u32> { panic!("no") });
    let element = IndexNode::new(&fails, 0);
    let all = Op::new("sum", (CollectNode::new(vec![element]),), |(xs,)| xs.iter().sum::<u32>());
    for error in [ParallelExecutor::with_threads(2).run(all).unwrap_err(), AsyncExecutor::new().run(fails).unwrap_err()]
    {
        assert_eq!(error.label(), "fails");
    }
}
