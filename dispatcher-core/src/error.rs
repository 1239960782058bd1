//! What can go wrong, and how it is told.
//!
//! A [`Failure`] is what happened to one node, and stays in it. A [`DependencyError`] is what a caller gets for an output:
//! the failure, and the way from it to the output.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::raw::{EdgeKind, Header};
use crate::site::{Location, Site};

/// What happened to a node.
pub(crate) struct Failure {
    label: String,
    location: Option<Location>,
    cause: Cause,
    /// How often the operation was tried.
    tried: u32,
    /// Whether it would have been tried again, if it could have been given its arguments again.
    unrepeatable: bool,
}

/// Why an operation gave no value.
pub(crate) enum Cause {
    Panicked(Panic),
    Failed(Box<dyn Error + Send + Sync>),
    TimedOut(Duration),
    Gone {
        value: String,
    },
    Busy,
    Stopped,
    /// It can't be an input of the run.
    NoInput(&'static str),
    /// It can't be run more than once.
    RunsOnce(String),
    Cancelled,
    /// The run took longer than it may.
    RunTimedOut(Duration),
}

impl Cause {
    /// Of a panic.
    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Self::Panicked(Panic(Mutex::new(payload)))
    }

    /// As callers see it.
    pub(crate) fn kind(&self) -> ErrorKind<'_> {
        match self {
            Self::Panicked(panic) => ErrorKind::Panicked(panic),
            Self::Failed(error) => ErrorKind::Failed(&**error),
            Self::TimedOut(limit) | Self::RunTimedOut(limit) => ErrorKind::TimedOut { limit: *limit },
            Self::Gone { .. } => ErrorKind::ValueGone,
            Self::Busy => ErrorKind::Busy,
            Self::Stopped => ErrorKind::Stopped,
            Self::NoInput(why) => ErrorKind::NoInput { why },
            Self::RunsOnce(why) => ErrorKind::RunsOnce { why },
            Self::Cancelled => ErrorKind::Cancelled,
        }
    }
}

/// Why an operation gave no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind<'e> {
    /// The operation panicked.
    Panicked(&'e Panic),
    /// The operation gave an error. [`ErrorKind::downcast_ref`] tells it by its type.
    Failed(&'e (dyn Error + Send + Sync + 'static)),
    /// The operation, or the run, took longer than it may.
    TimedOut {
        /// How long it may take.
        limit: Duration,
    },
    /// The run was cancelled before the operation was started, or done.
    Cancelled,
    /// The operation needs a value that an earlier run has moved, updated or dropped.
    ValueGone,
    /// The operation belongs to another run that is under way.
    Busy,
    /// The operation was not started, because another one failed.
    Stopped,
    /// The graph was to be [prepared](crate::Node::prepare), and the operation can run only once.
    RunsOnce {
        /// Why.
        why: &'e str,
    },
    /// The operation was to be an input of the run ([`Inputs`](crate::Inputs)), and can't be.
    NoInput {
        /// Why not.
        why: &'static str,
    },
}

impl<'e> ErrorKind<'e> {
    /// The error that the operation gave, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&'e E> {
        match self {
            Self::Failed(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

/// What an operation panicked with.
pub struct Panic(Mutex<Box<dyn Any + Send>>);

impl Panic {
    /// The panic's message; a default where the payload is no text.
    #[must_use]
    pub fn message(&self) -> Cow<'static, str> {
        let payload = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = payload.downcast_ref::<&'static str>() {
            Cow::Borrowed(text)
        } else if let Some(text) = payload.downcast_ref::<String>() {
            Cow::Owned(text.clone())
        } else {
            Cow::Borrowed("(the panic's payload is no text)")
        }
    }

    /// Lets `look` see the payload, as `std::panic::catch_unwind` would give it.
    pub fn with_payload<R>(&self, look: impl FnOnce(&(dyn Any + Send)) -> R) -> R {
        look(&**self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message()).finish()
    }
}

impl Failure {
    pub(crate) fn of(header: &Header, cause: Cause) -> Self {
        let (label, location) = (crate::graph::label_of_header(header), crate::graph::location_of(header));
        Self { label, location, cause, tried: 1, unrepeatable: false }
    }

    /// The same failure, of an operation that was tried so often.
    pub(crate) fn tried(mut self, times: u32) -> Self {
        self.tried = times;
        self
    }

    /// The same failure, of an operation that would have been tried again if it could have been.
    pub(crate) fn unrepeatable(mut self) -> Self {
        self.unrepeatable = true;
        self
    }

    /// As [`panicked`](Self::panicked), of an operation that is known by its site alone.
    pub(crate) fn panicked_at(site: &Site, payload: Box<dyn Any + Send>) -> Self {
        let (label, location) = (site.label.to_owned(), Some(site.location()));
        Self { label, location, cause: Cause::panicked(payload), tried: 1, unrepeatable: false }
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn location(&self) -> Option<Location> {
        self.location
    }

    pub(crate) fn kind(&self) -> ErrorKind<'_> {
        self.cause.kind()
    }

    /// How often the operation was tried.
    pub(crate) fn times(&self) -> u32 {
        self.tried
    }

    pub(crate) fn is_unrepeatable(&self) -> bool {
        self.unrepeatable
    }

    /// Whether nothing is wrong with the operation: the run ended before it.
    pub(crate) fn is_the_runs(&self) -> bool {
        matches!(self.cause, Cause::Stopped | Cause::Cancelled | Cause::RunTimedOut(_))
    }

    pub(crate) fn gone(header: &Header, used: &Header) -> Self {
        Self::of(header, Cause::Gone { value: crate::graph::label_of_header(used) })
    }

    pub(crate) fn busy(header: &Header) -> Self {
        Self::of(header, Cause::Busy)
    }

    pub(crate) fn stopped(header: &Header) -> Self {
        Self::of(header, Cause::Stopped)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.label)?;
        if let Some(location) = self.location {
            write!(f, " at {location}")?;
        }
        match &self.cause {
            Cause::Panicked(panic) => write!(f, " panicked: {}", panic.message()),
            Cause::Failed(error) => write!(f, " failed: {error}"),
            Cause::TimedOut(limit) => write!(f, " took longer than {limit:?}"),
            Cause::Gone { value } => write!(
                f,
                " needs the value of `{value}`, which an earlier run has moved or updated: run both in one `run_all`, or \
                 build the graph again"
            ),
            Cause::Busy => f.write_str(
                " is part of another run that is under way, or of a graph that is prepared: run them one after the other",
            ),
            Cause::Stopped => f.write_str(" was not started"),
            Cause::RunsOnce(why) => write!(f, " can run only once: {why}"),
            Cause::NoInput(why) => write!(f, " can't be an input of the run: {why}"),
            Cause::Cancelled => f.write_str(" was not computed, as the run was cancelled"),
            Cause::RunTimedOut(limit) => write!(f, " was not computed, as the run took longer than {limit:?}"),
        }?;
        if self.tried > 1 {
            write!(f, " (tried {} times)", self.tried)?;
        }
        if self.unrepeatable {
            f.write_str(
                " (not tried again, since a value was moved into it that can't be had again: lend it, or clone it)",
            )?;
        }
        Ok(())
    }
}

/// A node on the way from a failure to an output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainLink {
    /// The node's id in the graph of the run's outputs; none where it is part of a subgraph that the run made.
    pub id: Option<usize>,
    /// The node's label.
    pub label: String,
    /// Where the node was built, if it is known.
    pub location: Option<Location>,
}

impl fmt::Display for ChainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "%{id} `{}`", self.label)?,
            None => write!(f, "`{}`", self.label)?,
        }
        if let Some(location) = self.location {
            write!(f, " at {location}")?;
        }
        Ok(())
    }
}

/// What a report tells beside the failure itself.
#[derive(Default)]
pub(crate) struct Story {
    /// What the operation that failed was given, and how.
    pub(crate) given: Vec<(EdgeKind, ChainLink)>,
    /// What else was left undone because of it, beside the way to the output; or the first of that.
    pub(crate) skipped: Vec<ChainLink>,
    pub(crate) more_skipped: bool,
}

impl Story {
    /// How many of those that were left undone are named.
    pub(crate) const MOST: usize = 16;
}

/// An output could not be computed: an operation that it depends on failed.
///
/// Says which operation, where it is in the source, why it failed, and the way from it to the output.
///
/// Its `Display` is one line; [`report`](Self::report) tells the whole story.
///
/// # Examples
/// ```
/// use dispatcher_core::{ErrorKind, Op, SerialExecutor};
///
/// let bad = Op::new("parse", (), |()| "x".parse::<u32>().unwrap());
/// let out = Op::new("double", (bad,), |(n,)| n * 2);
/// let error = SerialExecutor::new().run(out).unwrap_err();
/// assert_eq!(error.label(), "parse");
/// assert_eq!(error.node(), 0);
/// assert!(matches!(error.kind(), ErrorKind::Panicked(panic) if panic.message().contains("InvalidDigit")));
/// let way: Vec<_> = error.chain().iter().map(|link| link.label.as_str()).collect();
/// assert_eq!(way, ["parse", "double"]);
/// ```
#[derive(Clone)]
pub struct DependencyError {
    failure: Arc<Failure>,
    chain: Vec<ChainLink>,
    story: Option<Arc<Story>>,
    /// The output was not needed by what failed; the run was stopped.
    stopped: bool,
}

impl DependencyError {
    pub(crate) fn new(failure: Arc<Failure>, chain: Vec<ChainLink>, stopped: bool) -> Self {
        Self { failure, chain, story: None, stopped }
    }

    /// The same error, with what its report tells.
    pub(crate) fn telling(mut self, story: Story) -> Self {
        self.story = Some(Arc::new(story));
        self
    }

    pub(crate) fn failure(&self) -> &Arc<Failure> {
        &self.failure
    }

    /// The same error, without the chain's last node.
    pub(crate) fn without_last(mut self) -> Self {
        if self.chain.len() > 1 {
            self.chain.pop();
        }
        self
    }

    /// The id of the operation that failed, as [`DispatchGraph`](crate::DispatchGraph) numbers the nodes of the run's
    /// outputs. Where it failed inside a subgraph, the id of the operation that gave the subgraph.
    #[must_use]
    pub fn node(&self) -> usize {
        self.chain.iter().find_map(|link| link.id).unwrap_or(0)
    }

    /// The label of the operation that failed.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.failure.label
    }

    /// Where the operation that failed is in the source.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        self.failure.location
    }

    /// Why it failed. [`ErrorKind::Stopped`] if this output doesn't depend on what failed, and the run was stopped.
    #[must_use]
    pub fn kind(&self) -> ErrorKind<'_> {
        if self.stopped {
            return ErrorKind::Stopped;
        }
        self.failure.cause.kind()
    }

    /// How often the operation that failed was tried.
    #[must_use]
    pub fn tried(&self) -> u32 {
        self.failure.tried
    }

    /// The nodes from the one that failed to the output, each needed by the next.
    #[must_use]
    pub fn chain(&self) -> &[ChainLink] {
        &self.chain
    }

    /// The whole story, over several lines: the failure, what the operation was given and by whom, each node on the way to the
    /// output, and what else was left undone because of it.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Op, SerialExecutor};
    ///
    /// let text = Op::new("load", (), |()| String::from("x"));
    /// let number = Op::fallible("parse", (&text,), |(text,)| text.parse::<u32>());
    /// let double = Op::new("double", (number,), |(n,)| n * 2);
    /// let report = SerialExecutor::new().run(double).unwrap_err().report();
    /// let lines: Vec<_> = report.lines().map(|line| line.split(" at ").next().unwrap()).collect();
    /// assert_eq!(lines, ["`parse`", "  given &%0 `load`", "  needed by %2 `double`"]);
    /// assert!(report.lines().next().unwrap().ends_with("failed: invalid digit found in string"));
    /// ```
    #[must_use]
    pub fn report(&self) -> String {
        use fmt::Write as _;
        let mut text = self.failure.to_string();
        if self.stopped {
            text.push_str("\n  the run was stopped before this output was computed");
        }
        let story = self.story.as_deref();
        for (kind, link) in story.iter().flat_map(|story| &story.given) {
            let how = match kind {
                EdgeKind::Read => "given &",
                EdgeKind::Update => "given &mut ",
                EdgeKind::Move => "given ",
                EdgeKind::Order => "after ",
            };
            let _ = write!(text, "\n  {how}{link}");
        }
        for link in self.chain.iter().skip(1) {
            let _ = write!(text, "\n  needed by {link}");
        }
        if let Some(story) = story {
            for link in &story.skipped {
                let _ = write!(text, "\n  left undone: {link}");
            }
            if story.more_skipped {
                text.push_str("\n  left undone: and more");
            }
        }
        text
    }
}

impl fmt::Display for DependencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.stopped {
            f.write_str("stopped before it was computed: ")?;
        }
        write!(f, "{}", self.failure)?;
        match self.chain.last() {
            Some(output) if self.chain.len() > 1 => write!(f, "; needed by {output}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for DependencyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DependencyError({self})")
    }
}

impl Error for DependencyError {
    /// The error that the operation gave, if it gave one.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.kind() {
            ErrorKind::Failed(error) => Some(error),
            _ => None,
        }
    }
}
