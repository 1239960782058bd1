//! [`Options`]: what is set of one operation.

use std::time::Duration;

use crate::node::Node;
use crate::policy::{Backoff, Terms};
use crate::raw;

/// What is set of one operation: its label, how often it is tried, how long it may take, how urgent it is.
///
/// The attributes on a statement of a `#[dispatch]` function (`#[label("…")]`, `#[retry(3)]`, `#[timeout("5s")]`,
/// `#[priority(1)]`) set the same.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use dispatcher_core::{Op, Options, SerialExecutor};
///
/// let quick = Options::new().label("first pass").timeout(Duration::from_secs(5)).priority(1);
/// let node = quick.set(Op::new("pass", (), |()| 1));
/// assert_eq!(SerialExecutor::new().run(node)?, 1);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
#[derive(Debug, Default, Clone)]
#[must_use = "options do nothing until they are set: `options.set(node)`"]
pub struct Options {
    label: Option<Box<str>>,
    terms: Terms,
}

impl Options {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The operation's label.
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Tries the operation up to `retries` times more if it fails: if it panics, takes too long, or gives an `Err`. What the
    /// last attempt gives is the operation's result. Goes before what the executor says.
    ///
    /// An operation that gives a graph is built again where the graph gives an `Err`; what fails inside it is tried again there,
    /// and one that takes too long stops the run.
    ///
    /// Only operations that can be called again are: those of [`Op::retryable`](crate::Op::retryable), and those of
    /// `#[dispatch]` functions. Where an argument is moved into the operation and can't be cloned, it isn't, and the error says
    /// so.
    pub fn retries(mut self, retries: u32) -> Self {
        self.terms.retries = Some(retries);
        self
    }

    /// How long is waited before the operation is tried again.
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.terms.backoff = Some(backoff);
        self
    }

    /// How long each attempt may take.
    ///
    /// An asynchronous operation that takes longer is dropped. Other code can't be interrupted: a function that comes back too
    /// late has failed, and its value is dropped.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.terms.timeout = Some(limit);
        self
    }

    /// How urgent the operation is: of those that are ready the one with the highest priority starts first; 0 if nothing is
    /// said. [`SerialExecutor`](crate::SerialExecutor) keeps the order of the program.
    pub fn priority(mut self, priority: i32) -> Self {
        self.terms.priority = priority;
        self
    }

    /// Only an `Err` that the operation's predicate has seen is a reason to try again.
    #[doc(hidden)]
    pub fn by_predicate(mut self) -> Self {
        self.terms.by_predicate = true;
        self
    }

    /// Sets the options of an operation, in place of what was set of it before. For an operation that has just been made: where
    /// others use it already, only its label is set.
    pub fn set<'g, T>(self, node: Node<'g, T>) -> Node<'g, T> {
        raw::set_options(node, self.label, (!self.terms.is_default()).then_some(self.terms))
    }
}
