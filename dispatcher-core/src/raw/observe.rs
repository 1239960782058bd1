//! Who hears what happens in a run.
//!
//! A run is observed or it isn't, from its beginning to its end. One that is takes the careful path (`trial.rs`), which tells of
//! each [`Event`] when it happens; for any other, nothing here is ever called. What is made of events is decided above this
//! floor.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::header::{Header, What};
use super::run::{Halt, Run};
use crate::error::{Cause, Failure};

/// Hears what happens in a run.
pub(crate) trait Observer: Send + Sync {
    /// The run's nodes are claimed, and none has run.
    fn began(&self, run: &Run);
    /// Nothing more of the run is to start.
    fn halted(&self, why: Halt);
    /// Something happened to an operation, which nobody else can run, or free, meanwhile.
    fn happened(&self, node: &Header, event: Event<'_>);
    /// Makes a call of an operation, or polls its future: `call` is to be called, once, on this thread.
    fn during(&self, node: &Header, call: &mut dyn FnMut());
}

/// What happened to an operation.
#[derive(Clone, Copy)]
pub(crate) enum Event<'e> {
    /// It is about to be called, for the first time or again; attempts are counted from 1.
    Started { attempt: u32 },
    /// It is not called, since a value that it needs isn't there.
    Skipped,
    /// It gave a subgraph; with a tail call, that takes its place, and nothing more is heard of it.
    Expanded { tail_call: bool },
    /// Its future isn't ready.
    Slept,
    /// It is called again after a while.
    Forgiven { attempt: u32, why: Why<'e>, wait: Duration },
    /// It panicked, and its function's result has been told so.
    Caught,
    /// It is done.
    Finished,
    /// It failed.
    Failed(&'e Arc<Failure>),
    /// It fails as another operation did.
    Forwarded(&'e Arc<Failure>),
}

/// Why an operation is tried again.
#[derive(Clone, Copy)]
pub(crate) enum Why<'e> {
    Failed(&'e Cause),
    /// It panicked; whoever made it has the payload.
    Caught,
    /// It gave a value that its own predicate refuses.
    Refused,
}

/// Tells of an event, if the run is observed and the node is a call. An observer that panics has heard it.
#[inline]
pub(super) fn tell(header: &Header, run: &Run, event: Event<'_>) {
    if let Some(observer) = of(header, run) {
        let _ = catch_unwind(AssertUnwindSafe(|| observer.happened(header, event)));
    }
}

/// Makes a call of an operation, or polls its future, under the eyes of whoever observes.
pub(super) fn during<R>(header: &Header, run: &Run, call: impl FnOnce() -> R) -> R {
    let Some(observer) = of(header, run) else {
        return call();
    };
    let (mut call, mut given) = (Some(call), None);
    observer.during(header, &mut || given = call.take().map(|call| call()));
    given.expect("an observer makes the call")
}

fn of<'r>(header: &Header, run: &'r Run) -> Option<&'r dyn Observer> {
    run.observer().filter(|_| header.vtable.what == What::Call)
}
