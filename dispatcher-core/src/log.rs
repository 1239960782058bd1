//! The log lines of a run, through `tracing`: what is said of which event, with which fields, at which level.
//!
//! | level | lines |
//! |---|---|
//! | error | an operation failed, for good; the run took too long |
//! | warn | an operation failed, and is tried again |
//! | info | the run begins, and ends; an operation starts, and finishes |
//! | debug | an operation waits, is tried again, is skipped, gave a subgraph; nodes that the library has added start and finish |
//!
//! Lines and spans go to the subscriber of the thread that began the run, on whichever thread they come about, and so do
//! the user's own from inside operations. Whether somebody listens is asked once, when a run begins.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tracing::{Dispatch, Level, Span, debug, dispatcher, enabled, error, info, info_span, warn};

use crate::error::{DependencyError, ErrorKind, Failure};
use crate::graph::{self, Numbering};
use crate::raw::{Event, Halt, Header, Observer, Run, Why};

/// The target of lines.
const LINES: &str = "dispatcher";
/// The target of spans: with the lines' switched off, one can have these still.
const SPANS: &str = "dispatcher::span";

/// What is said of a run.
pub(crate) struct Log {
    /// Who listens.
    listener: Dispatch,
    /// The span of the run; operations' spans are its children.
    run: Span,
    /// What lines belong to: the run's span, or, if nobody wants that, the one in which the run was begun.
    around: Span,
    began: Instant,
    /// The ids of nodes, by key, once the run has begun.
    ids: OnceLock<HashMap<usize, usize>>,
    /// The operations that have started and not finished, by key.
    under_way: Mutex<HashMap<usize, UnderWay>>,
    /// The failures that have been told of, by address.
    told: Mutex<HashMap<usize, Arc<Failure>>>,
    halted: OnceLock<Halt>,
    ended: AtomicBool,
}

struct UnderWay {
    span: Span,
    attempt: u32,
    began: Instant,
}

/// A line about a node.
macro_rules! line {
    ($level:ident, $log:expr, $node:expr, $($rest:tt)+) => {
        $level!(
            target: LINES,
            parent: &$log.around,
            id = $log.id($node),
            label = graph::label_of_header($node).as_str(),
            location = graph::location_of($node).map(display),
            $($rest)+
        )
    };
}

impl Log {
    /// The log of a run that is about to begin, if somebody listens.
    pub(crate) fn open() -> Option<Arc<Self>> {
        static RUNS: AtomicU64 = AtomicU64::new(1);
        let spans = enabled!(target: SPANS, Level::INFO);
        if !spans && !enabled!(target: LINES, Level::ERROR) {
            return None;
        }
        let run = info_span!(target: SPANS, "run", number = RUNS.fetch_add(1, Ordering::Relaxed));
        let around = if run.is_disabled() { Span::current() } else { run.clone() };
        Some(Arc::new(Self {
            listener: dispatcher::get_default(Dispatch::clone),
            run,
            around,
            began: Instant::now(),
            ids: OnceLock::new(),
            under_way: Mutex::default(),
            told: Mutex::default(),
            halted: OnceLock::new(),
            ended: AtomicBool::new(false),
        }))
    }

    /// Tells how the run ended, and of failures that nobody was there to tell of.
    pub(crate) fn end<'e>(&self, errors: impl Iterator<Item = Option<&'e DependencyError>>) {
        self.ended.store(true, Ordering::Relaxed);
        self.speak(|| {
            let (mut outputs, mut failed) = (0, 0);
            for error in errors {
                outputs += 1;
                if let Some(error) = error {
                    failed += 1;
                    if !error.failure().is_the_runs() {
                        self.failed(error.chain().first().and_then(|link| link.id), error.failure());
                    }
                }
            }
            let elapsed = self.began.elapsed();
            match self.halted.get() {
                // Nothing was asked for.
                _ if outputs == 0 => {}
                _ if failed == 0 => info!(target: LINES, parent: &self.around, outputs, ?elapsed, "all done"),
                Some(Halt::TimedOut) => {
                    error!(target: LINES, parent: &self.around, outputs, failed, ?elapsed, "the run took too long");
                }
                Some(Halt::Cancelled) => {
                    info!(target: LINES, parent: &self.around, outputs, failed, ?elapsed, "cancelled");
                }
                Some(Halt::Failed | Halt::Late) => {
                    info!(target: LINES, parent: &self.around, outputs, failed, ?elapsed, "stopped by a failure");
                }
                None => info!(target: LINES, parent: &self.around, outputs, failed, ?elapsed, "done, with failures"),
            }
        });
    }

    /// Speaks to whoever listens. One that panics then has heard it.
    fn speak(&self, speak: impl FnOnce()) {
        let speak = || dispatcher::with_default(&self.listener, speak);
        let _ = catch_unwind(AssertUnwindSafe(speak));
    }

    /// The node's id, if it is one of the outputs' graph.
    fn id(&self, node: &Header) -> Option<usize> {
        self.ids.get()?.get(&node.key()).copied()
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<usize, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of a failure, once.
    fn failed(&self, id: Option<usize>, failure: &Arc<Failure>) {
        let address = Arc::as_ptr(failure).addr();
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(address, Arc::clone(failure)).is_some() {
            return;
        }
        let note = "a value was moved into it that can't be had again, so it was not tried again";
        error!(
            target: LINES,
            parent: &self.around,
            id,
            label = failure.label(),
            location = failure.location().map(display),
            attempt = again(failure.times()),
            error = %Text(&failure.kind()),
            note = failure.is_unrepeatable().then_some(note),
            "failed"
        );
    }

    fn started(&self, node: &Header, attempt: u32) {
        let span = info_span!(
            target: SPANS,
            parent: &self.run,
            "operation",
            id = self.id(node),
            label = graph::label_of_header(node).as_str(),
            location = graph::location_of(node).map(display),
            attempt = again(attempt),
        );
        match attempt {
            1 if is_the_users(node) => line!(info, self, node, "started"),
            1 => line!(debug, self, node, "started"),
            _ => line!(debug, self, node, attempt, "tried again"),
        }
        self.under_way().insert(node.key(), UnderWay { span, attempt, began: Instant::now() });
    }

    fn finished(&self, node: &Header, tail_call: bool) {
        let Some(UnderWay { attempt, began, .. }) = self.leave(node) else {
            return;
        };
        let (attempt, elapsed, tail_call) = (again(attempt), began.elapsed(), tail_call.then_some(true));
        if is_the_users(node) {
            line!(info, self, node, attempt, ?elapsed, tail_call, "finished");
        } else {
            line!(debug, self, node, attempt, ?elapsed, tail_call, "finished");
        }
    }

    /// The operation is under way no longer.
    fn leave(&self, node: &Header) -> Option<UnderWay> {
        self.under_way().remove(&node.key())
    }
}

impl Observer for Log {
    fn began(&self, run: &Run) {
        // What failed needn't be waited for by outputs that don't need it: they are claimed once more, with the same ids.
        if self.ids.get().is_some() {
            return;
        }
        let numbering = Numbering::new(run.outputs());
        let to_run = |node: &&crate::raw::Handle| node.is_new() && !graph::is_alias(node.header());
        let nodes = numbering.handles.iter().filter(to_run).count();
        let _ = self.ids.set(numbering.into_ids());
        let outputs = run.outputs().len();
        dispatcher::with_default(&self.listener, || {
            info!(target: LINES, parent: &self.around, nodes, outputs, "run begins");
        });
    }

    fn halted(&self, why: Halt) {
        let _ = self.halted.set(why);
    }

    fn happened(&self, node: &Header, event: Event<'_>) {
        if graph::is_alias(node) {
            return;
        }
        dispatcher::with_default(&self.listener, || match event {
            Event::Started { attempt } => self.started(node, attempt),
            Event::Skipped => line!(debug, self, node, "skipped"),
            Event::Expanded { tail_call } => {
                line!(debug, self, node, "gave a subgraph");
                if tail_call {
                    self.finished(node, true);
                }
            }
            Event::Slept => line!(debug, self, node, "waits"),
            Event::Forgiven { attempt, why, wait } => {
                self.leave(node);
                match why {
                    Why::Failed(cause) => {
                        line!(warn, self, node, attempt, error = %Text(&cause.kind()), "failed, and is tried again");
                    }
                    Why::Caught => line!(warn, self, node, attempt, error = "panicked", "failed, and is tried again"),
                    Why::Refused => {
                        line!(warn, self, node, attempt, error = "gave an error", "failed, and is tried again");
                    }
                }
                if !wait.is_zero() {
                    line!(debug, self, node, attempt, ?wait, "waits before it is tried again");
                }
            }
            Event::Caught => {
                self.leave(node);
                line!(debug, self, node, "panicked, which counts if nothing before it failed");
            }
            Event::Finished => self.finished(node, false),
            Event::Failed(failure) => {
                self.leave(node);
                self.failed(self.id(node), failure);
            }
            Event::Forwarded(failure) => {
                self.leave(node);
                self.failed(None, failure);
            }
        });
    }

    fn during(&self, node: &Header, call: &mut dyn FnMut()) {
        let span = self.under_way().get(&node.key()).map(|under_way| under_way.span.clone());
        dispatcher::with_default(&self.listener, || span.unwrap_or_else(Span::none).in_scope(call));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if !*self.ended.get_mut() {
            self.speak(|| info!(target: LINES, parent: &self.around, "given up"));
        }
    }
}

/// Whether the node is written somewhere, and none that the library has added.
fn is_the_users(node: &Header) -> bool {
    graph::location_of(node).is_some()
}

/// The attempt, if it isn't the first.
fn again(attempt: u32) -> Option<u32> {
    (attempt > 1).then_some(attempt)
}

/// A failure in a few words.
struct Text<'e>(&'e ErrorKind<'e>);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ErrorKind::Panicked(panic) => write!(f, "panicked: {}", panic.message()),
            ErrorKind::Failed(error) => write!(f, "{error}"),
            ErrorKind::TimedOut { limit } => write!(f, "took longer than {limit:?}"),
            ErrorKind::Cancelled => f.write_str("cancelled"),
            ErrorKind::ValueGone => f.write_str("needs a value that an earlier run has moved or updated"),
            ErrorKind::Busy => f.write_str("part of another run that is under way"),
            ErrorKind::Stopped => f.write_str("not started"),
            ErrorKind::RunsOnce { why } => write!(f, "can run only once: {why}"),
            ErrorKind::NoInput { why } => write!(f, "can't be an input of the run: {why}"),
        }
    }
}
