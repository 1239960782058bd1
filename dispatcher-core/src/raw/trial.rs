//! How an operation is tried: again where it failed and may be, and no longer than it may take.
//!
//! Only operations that have terms of their own come here, and all of a run that forgives failures or is observed; for the
//! others, `step.rs` is all there is. An operation that may be tried again is run so that it keeps what another attempt needs
//! (`Port::keeps`); what it waits for in between is an alarm (`wake.rs`), so that no thread is held.
//!
//! Where an `unsafe fn` here doesn't say what it asks for, it is this: the node is alive, and the caller's by its token.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::body::is_to_be_skipped;
use super::edge::EdgeKind;
use super::header::{Ended, Header, Step, discard, drop_body, edges, home_of};
use super::observe::{Event, Why, during, tell};
use super::run::{Ready, Run, Sink};
use super::step::{Forwarded, complete, destination_of, expand, fail, finish_absent, retire, tail_caller};
use super::wake::{Sleeper, Watch};
use crate::error::{Cause, Failure};

/// How far trying an operation has come.
#[derive(Default)]
pub(crate) struct Trial {
    /// How many attempts have failed.
    failed: u32,
    /// When the last attempt began.
    began: Option<Instant>,
    /// Whether its future is woken when it has taken too long.
    alarmed: bool,
    watch: Option<Arc<Watch>>,
}

fn trial(header: &Header) -> MutexGuard<'_, Trial> {
    header.extras().trial.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether how the node is run has to be looked at.
#[inline]
pub(super) fn needs_care(header: &Header, run: &Run) -> bool {
    run.cares() || header.port.has_terms()
}

/// Whether the node was tried before: what it took then, it has.
#[cfg(feature = "remote")]
pub(super) fn was_tried(header: &Header) -> bool {
    header.extra().is_some() && trial(header).failed > 0
}

/// How long an attempt may take.
fn limit(header: &Header) -> Option<Duration> {
    header.terms()?.timeout
}

/// How many attempts there may be after the first.
fn retries(header: &Header, run: &Run) -> u32 {
    let executors = || if run.settings().retries_any() { run.settings().retries } else { 0 };
    header.terms().and_then(|terms| terms.retries).unwrap_or_else(executors)
}

/// Whether a failure is a reason to try again.
fn forgives(header: &Header, run: &Run, cause: &Cause) -> bool {
    match header.terms() {
        Some(terms) if terms.retries.is_some() => !terms.by_predicate,
        _ => run.settings().forgives(&cause.kind()),
    }
}

/// Runs a node.
#[cold]
pub(super) unsafe fn run_with_care<'r>(node: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is ours.
    unsafe {
        let header = node.as_ref();
        let table = header.vtable;
        let failed = header.extra().map_or(0, |_| trial(header).failed);
        header.port.set_keeps(table.again.is_some() && failed < retries(header, run));
        if limit(header).is_some() {
            let mut trial = trial(header);
            trial.began = Some(Instant::now());
            trial.alarmed = false;
        }
        if run.observer().is_some() {
            let skipped = is_to_be_skipped(node);
            tell(header, run, if skipped { Event::Skipped } else { Event::Started { attempt: failed + 1 } });
        }
        match catch_unwind(AssertUnwindSafe(|| during(header, run, || (table.run)(node)))) {
            Ok(Step::Done) => conclude(node, run, sink),
            Ok(Step::Expanded) => {
                watch(header, node, run);
                tell(header, run, Event::Expanded { tail_call: tail_caller(node).is_some() });
                expand(node, run, sink);
            }
            Ok(Step::Waits) => {
                run.begin_future();
                expand(node, run, sink);
            }
            Ok(Step::Ended(ended)) => {
                let told = match *ended {
                    Ended::Failed(cause) => return mishap(node, cause, run, sink),
                    Ended::Caught(told) => told,
                };
                if header.port.keeps() && header.terms().is_none_or(|terms| !terms.by_predicate) {
                    let _ = catch_unwind(AssertUnwindSafe(|| drop(told)));
                    again(node, Why::Caught, run, sink);
                } else {
                    told();
                    tell(header, run, Event::Caught);
                    finish_absent(node, sink);
                }
            }
            Err(panic) => panicked(node, panic, run, sink),
        }
    }
}

/// Notes that a node panicked.
unsafe fn panicked<'r>(node: NonNull<Header>, panic: Box<dyn Any + Send>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: as this function's.
    unsafe {
        match panic.downcast::<Forwarded>() {
            Ok(forwarded) => {
                tell(node.as_ref(), run, Event::Forwarded(&forwarded.0));
                fail(node, run, forwarded.0);
            }
            Err(panic) => mishap(node, Cause::panicked(panic), run, sink),
        }
    }
}

/// Goes on with a node that has given what it gives.
pub(super) unsafe fn conclude<'r>(node: NonNull<Header>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is ours, and so is its value, of which nobody knows yet.
    unsafe {
        let header = node.as_ref();
        end_watch(header);
        if let Some(limit) = limit(header).filter(|_| !header.port.is_absent()) {
            let over = trial(header).began.is_some_and(|began| began.elapsed() >= limit);
            if over {
                clear(node);
                return mishap(node, Cause::TimedOut(limit), run, sink);
            }
        }
        if header.port.keeps() && !header.port.is_absent() && refuses(node) {
            clear(node);
            return again(node, Why::Refused, run, sink);
        }
        drop_moved(node);
        drop_body(node);
        tell(header, run, Event::Finished);
        complete(node, sink);
    }
}

/// As [`conclude`], of a node whose value is elsewhere.
#[cfg(feature = "remote")]
pub(super) unsafe fn conclude_elsewhere(node: NonNull<Header>, run: &Run) {
    // SAFETY: the node is ours.
    unsafe {
        end_watch(node.as_ref());
        drop_moved(node);
        tell(node.as_ref(), run, Event::Finished);
    }
}

/// An attempt is over: nobody has to watch it any more.
pub(super) fn end_watch(header: &Header) {
    if limit(header).is_some()
        && let Some(watch) = trial(header).watch.take()
    {
        watch.end();
    }
}

/// Whether the value that the node gave is a reason to try again.
unsafe fn refuses(node: NonNull<Header>) -> bool {
    // SAFETY: the node has a value, which is ours. It is the user's predicate that may panic: then it is no reason.
    unsafe {
        let again = node.as_ref().vtable.again;
        again.is_some_and(|again| catch_unwind(AssertUnwindSafe(|| (again.refuses)(node))).unwrap_or(false))
    }
}

/// Drops the value that the node gave.
unsafe fn clear(node: NonNull<Header>) {
    // SAFETY: the value is ours; nobody knows of it yet.
    unsafe {
        match node.as_ref().vtable.again {
            Some(again) => (again.clear)(node),
            None => discard(node),
        }
    }
}

/// Drops what was moved into a node of which the last attempt was given a clone.
unsafe fn drop_moved(node: NonNull<Header>) {
    // SAFETY: the node is ours, and so is what it takes.
    unsafe {
        if node.as_ref().port.keeps() {
            for edge in edges(node).filter(|edge| edge.kind() == EdgeKind::Move) {
                discard(home_of(edge.port()));
            }
        }
    }
}

/// Goes on with a node that failed.
pub(super) unsafe fn mishap<'r>(node: NonNull<Header>, cause: Cause, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is ours.
    unsafe {
        let header = node.as_ref();
        // A predicate is the user's, and may panic: then it has forgiven nothing.
        let forgiven = catch_unwind(AssertUnwindSafe(|| forgives(header, run, &cause))).unwrap_or(false);
        if forgiven && header.port.keeps() {
            again(node, Why::Failed(&cause), run, sink);
            // An error is the user's, and may panic when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(cause)));
            return;
        }
        end_watch(header);
        let mut failure = Failure::of(header, cause).tried(header.extra().map_or(0, |_| trial(header).failed) + 1);
        if forgiven && retries(header, run) > 0 && header.vtable.again.is_none() {
            failure = failure.unrepeatable();
        }
        let failure = Arc::new(failure);
        tell(header, run, Event::Failed(&failure));
        fail(node, run, failure);
    }
}

/// Tries a node again, after a while.
unsafe fn again<'r>(node: NonNull<Header>, why: Why<'_>, run: &'r Run, sink: &mut impl Sink<'r>) {
    // SAFETY: the node is ours; whoever takes the token, now or later, runs it next.
    unsafe {
        let header = node.as_ref();
        end_watch(header);
        if let Some(again) = header.vtable.again {
            // Values are the user's, and may panic when they are dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| (again.restore)(node)));
        }
        header.port.set_keeps(false);
        // The node may have more to be freed now than when the run counted it.
        run.needs_settling();
        let mut trial = trial(header);
        trial.failed += 1;
        let backoff = header.terms().and_then(|terms| terms.backoff).unwrap_or(run.settings().backoff);
        let (attempt, wait) = (trial.failed, backoff.wait(trial.failed));
        drop(trial);
        tell(header, run, Event::Forgiven { attempt, why, wait });
        if wait.is_zero() {
            sink.ready(Ready::of(node));
        } else {
            run.dormitory().again_at(Instant::now() + wait, node);
        }
    }
}

/// Watches a node that gave a subgraph, if it may not take for ever.
unsafe fn watch(header: &Header, node: NonNull<Header>, run: &Run) {
    if let Some(limit) = limit(header) {
        let mut trial = trial(header);
        let watch = Arc::new(Watch::new(node));
        trial.watch = Some(Arc::clone(&watch));
        if let Some(at) = trial.began.and_then(|began| began.checked_add(limit)) {
            run.dormitory().watch_from(at, &watch);
        }
    }
}

/// Notes that an operation whose subgraph is under way has taken too long.
pub(super) fn is_late(header: &Header) {
    if let Some(limit) = limit(header) {
        header.set_failure(Arc::new(Failure::of(header, Cause::TimedOut(limit))));
    }
}

/// The operation that gave a future, if how it is run has to be looked at.
pub(super) unsafe fn giver_of(future: NonNull<Header>, run: &Run) -> Option<NonNull<Header>> {
    // SAFETY: the future is ours, hence the giver, which waits for it.
    unsafe { destination_of(future).filter(|home| needs_care(home.as_ref(), run)) }
}

/// Whether the operation that gave a future has taken too long.
pub(super) unsafe fn is_over(giver: NonNull<Header>) -> Option<Cause> {
    // SAFETY: as `giver_of`'s.
    let header = unsafe { giver.as_ref() };
    let limit = limit(header)?;
    trial(header).began.is_some_and(|began| began.elapsed() >= limit).then_some(Cause::TimedOut(limit))
}

/// Has a future that isn't ready woken when the operation that gave it has taken too long.
pub(super) unsafe fn sleeps(giver: NonNull<Header>, sleeper: &Arc<Sleeper>, run: &Run) {
    // SAFETY: as `giver_of`'s.
    let header = unsafe { giver.as_ref() };
    tell(header, run, Event::Slept);
    if let Some(limit) = limit(header) {
        let mut trial = trial(header);
        if let Some(began) = trial.began.filter(|_| !trial.alarmed) {
            trial.alarmed = true;
            if let Some(at) = began.checked_add(limit) {
                run.dormitory().wake_at(at, sleeper);
            }
        }
    }
}

/// Gives a future up, whose operation has failed.
pub(super) unsafe fn abandon<'r>(
    giver: NonNull<Header>,
    failure: Result<Cause, Box<dyn Any + Send>>,
    run: &'r Run,
    sink: &mut impl Sink<'r>,
) {
    // SAFETY: the giver is ours, as its future was; that goes now, before what it borrows.
    unsafe {
        sink.leave();
        if let Some(child) = giver.as_ref().take_child() {
            retire(child, run);
        }
        match failure {
            Ok(cause) => mishap(giver, cause, run, sink),
            Err(panic) => panicked(giver, panic, run, sink),
        }
    }
}
