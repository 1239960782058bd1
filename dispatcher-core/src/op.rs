//! Nodes by hand: [`Op`], [`DataNode`] and [`IndexNode`]. What the macros write goes through the same constructors.

use std::error::Error;
use std::fmt;
use std::ops::Index;
use std::panic::Location as Caller;
use std::pin::Pin;
use std::sync::Arc;

use crate::node::Node;
use crate::raw::{self, ByDebug, ByDebugAgain, ByText, Given, Input, Kind, Lend, Outcome, Repeatable, Scope};
use crate::site::Site;

/// An operation: a function that will be called with the values of other nodes.
///
/// How an input is given says how the operation uses its value:
///
/// | input | the function gets | it waits for |
/// |---|---|---|
/// | `x` (a [`Node`]) | the value, moved | the producer, and every earlier reader |
/// | `&x` | a shared reference | the producer |
/// | `&mut x` | a mutable reference; later uses of `x` see what it left | the producer, and every earlier reader |
/// | [`Copied(&x)`](crate::Copied) | a copy | the producer |
/// | [`Cloned(&x)`](crate::Cloned) | a clone, taken when it runs | the producer |
/// | [`CollectNode::new(xs)`](crate::CollectNode::new) | the collection of the values | every element |
///
/// Other values are captured by the function, which is a closure as a rule.
#[derive(Debug, Clone, Copy)]
pub struct Op;

impl Op {
    /// An operation that calls `function` with what `inputs` (a tuple) lend, as a tuple.
    ///
    /// The function runs once, possibly on another thread. What it gives can't borrow from its inputs: they may be freed
    /// before it is used.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Op, SerialExecutor};
    ///
    /// let text = Op::new("load", (), |()| String::from("a b c"));
    /// let words = Op::new("count", (&text,), |(text,)| text.split(' ').count());
    /// let both = Op::new("pair", (text, words), |(text, words)| (text, words));
    /// assert_eq!(SerialExecutor::new().run(both)?, (String::from("a b c"), 3));
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    ///
    /// What can't be called is no operation:
    ///
    /// ```compile_fail,E0277
    /// dispatcher_core::Op::new("three", (), 3);
    /// ```
    #[track_caller]
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, I, F, R>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent) -> R + Send + 'g,
        R: Send + 'g,
    {
        let node = raw::op_node(Kind::Call, &BY_HAND, inputs, |lent, _| Outcome(Given::Value(function(lent))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }

    /// As [`new`](Self::new), for a function that may be called more than once: in a graph that is run more than once
    /// ([`Node::prepare`](crate::Node::prepare)).
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Node, Op, SerialExecutor};
    ///
    /// let text = Op::repeatable("load", (), |()| String::from("a b c"));
    /// let count = Op::repeatable("count", (text,), |(text,)| text.split(' ').count());
    /// let mut count = Node::prepare(count)?;
    /// for _ in 0..2 {
    ///     assert_eq!(SerialExecutor::new().run_prepared(&mut count)?, 3);
    /// }
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[track_caller]
    pub fn repeatable<'g, I, F, R>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> Fn(<I::Held as Lend<'s>>::Lent) -> R + Send + Sync + 'g,
        R: Send + 'g,
    {
        let function = Arc::new(function);
        let node =
            raw::repeatable_node(Kind::Call, &BY_HAND, inputs, move |lent, _| Outcome(Given::Value(function(lent))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }

    /// An operation that fails with the error that `function` gives.
    ///
    /// The error is the [`source`](std::error::Error::source) of the
    /// [`DependencyError`](crate::DependencyError), and can be told by its type
    /// ([`ErrorKind::downcast_ref`](crate::ErrorKind::downcast_ref)).
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{ErrorKind, Op, SerialExecutor};
    /// use std::num::ParseIntError;
    ///
    /// let number = Op::fallible("parse", (), |()| "x".parse::<u32>());
    /// let error = SerialExecutor::new().run(number).unwrap_err();
    /// assert!(error.kind().downcast_ref::<ParseIntError>().is_some());
    /// assert!(error.to_string().ends_with("failed: invalid digit found in string"));
    /// ```
    #[track_caller]
    pub fn fallible<'g, I, F, R, E>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent) -> Result<R, E> + Send + 'g,
        R: Send + 'g,
        E: Error + Send + Sync + 'static,
    {
        let node = raw::op_node(Kind::Call, &BY_HAND, inputs, |lent, _| Outcome(given(function(lent))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }

    /// As [`fallible`](Self::fallible), for a function that may be called again where it fails: as often as
    /// [`Options::retries`](crate::Options::retries) says, or as the executor does.
    ///
    /// What would be moved into the function is cloned for all attempts but the last, and what it updates is put back as it was
    /// before each.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Backoff, Op, Options, SerialExecutor};
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// let calls = AtomicU32::new(0);
    /// let name = Op::new("name", (), |()| String::from("a"));
    /// let flaky = Op::retryable("fetch", (name,), |(name,)| match calls.fetch_add(1, Ordering::Relaxed) {
    ///     0 => Err(std::io::Error::other("not yet")),
    ///     _ => Ok(name + "b"),
    /// });
    /// let patient = Options::new().retries(3).backoff(Backoff::none());
    /// assert_eq!(SerialExecutor::new().run(patient.set(flaky))?, "ab");
    /// assert_eq!(calls.into_inner(), 2);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[track_caller]
    pub fn retryable<'g, I, F, R, E>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Repeatable<'g>,
        F: for<'s> Fn(<<I::Again as Input<'g>>::Held as Lend<'s>>::Lent) -> Result<R, E> + Send + Sync + 'g,
        R: Send + 'g,
        E: Error + Send + Sync + 'static,
    {
        let function = Arc::new(function);
        let node = raw::again_node(
            Kind::Call,
            &BY_HAND,
            inputs.again(),
            move |lent, _| Outcome(given(function(lent))),
            |_| false,
        );
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }

    /// An operation that calls `function` for a future, and waits for that.
    ///
    /// The future may borrow what the inputs lend. No thread is held while it waits.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{AsyncExecutor, Op};
    ///
    /// async fn fetch(url: &str) -> usize {
    ///     url.len()
    /// }
    ///
    /// let url = Op::new("url", (), |()| String::from("a/b"));
    /// let size = Op::future("fetch", (&url,), |(url,), _| Box::pin(fetch(url)));
    /// assert_eq!(AsyncExecutor::new().run(size)?, 3);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[track_caller]
    pub fn future<'g, I, F, R>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Pin<Box<dyn Future<Output = R> + Send + 's>>
            + Send
            + 'g,
        R: Send + 'g,
    {
        let node =
            raw::op_node(Kind::Call, &BY_HAND, inputs, |lent, scope| Outcome(Given::Future(function(lent, scope))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }

    /// An operation that calls `function` for a graph, and runs that graph in its place.
    ///
    /// This is how control flow that depends on computed values is written, and recursion. The subgraph may borrow what
    /// the inputs lend: it is done, and freed, before they are. Nodes of the outer graph come in as inputs, by their values;
    /// a node that the function captures can be part of one subgraph at a time, so two that run at once can't both have it.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, Node, Op, SerialExecutor};
    ///
    /// fn total<'g>(xs: &'g [u64]) -> Node<'g, u64> {
    ///     match xs {
    ///         [] => DataNode::new(0),
    ///         [x] => DataNode::new(*x),
    ///         _ => {
    ///             let (left, right) = xs.split_at(xs.len() / 2);
    ///             let left = Op::graph("total", (), move |(), _| total(left));
    ///             let right = Op::graph("total", (), move |(), _| total(right));
    ///             Op::new("add", (left, right), |(a, b)| a + b)
    ///         }
    ///     }
    /// }
    ///
    /// let xs = Op::new("load", (), |()| (1..=100).collect::<Vec<u64>>());
    /// let sum = Op::graph("total", (&xs,), |(xs,), _| total(xs));
    /// assert_eq!(SerialExecutor::new().run(sum)?, 5050);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[track_caller]
    pub fn graph<'g, I, F, R>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Node<'s, R> + Send + 'g,
        R: Send + 'g,
    {
        let node =
            raw::op_node(Kind::Call, &BY_HAND, inputs, |lent, scope| Outcome(Given::Subgraph(function(lent, scope))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
    }
}

/// What an operation gives that may fail.
fn given<'s, R, E: Error + Send + Sync + 'static>(result: Result<R, E>) -> Given<'s, R> {
    match result {
        Ok(value) => Given::Value(value),
        Err(error) => Given::Failed(Box::new(error)),
    }
}

/// The site of operations that are made by hand; each has its label and location beside it.
pub(crate) static BY_HAND: Site = Site { label: "", form: "", file: "", line: 0, column: 0 };

/// A node whose value is there from the start.
#[derive(Debug, Clone, Copy)]
pub struct DataNode;

/// The site of data nodes.
pub(crate) static DATA: Site = Site { label: "data", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

impl DataNode {
    /// A node with this value.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, DispatchGraph, SerialExecutor};
    ///
    /// let node = DataNode::new(3);
    /// assert_eq!(DispatchGraph::new(&node).outline(), "%0 = 3\n");
    /// assert_eq!(SerialExecutor::new().run(node)?, 3);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, T: fmt::Debug + Send + 'g>(value: T) -> Node<'g, T> {
        raw::data_node::<T, ByDebug>(&DATA, value)
    }

    /// As [`new`](Self::new), with a value that can be cloned: so an operation can take or update it in a graph that is run more
    /// than once ([`Node::prepare`](crate::Node::prepare)).
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, Node, Op, SerialExecutor};
    ///
    /// let mut all = DataNode::repeatable(vec![1]);
    /// let _len = Op::repeatable("push", (&mut all,), |(all,): (&mut Vec<i32>,)| all.push(2));
    /// let mut all = Node::prepare(all)?;
    /// for _ in 0..2 {
    ///     assert_eq!(SerialExecutor::new().run_prepared(&mut all)?, [1, 2]);
    /// }
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    pub fn repeatable<'g, T: fmt::Debug + Clone + Send + 'g>(value: T) -> Node<'g, T> {
        raw::data_node::<T, ByDebugAgain>(&DATA, value)
    }

    /// A node with this value, which an outline shows as `_`.
    pub fn opaque<'g, T: Send + 'g>(value: T) -> Node<'g, T> {
        raw::data_node::<T, ByText>(&DATA, value)
    }
}

/// An element of another node's value.
#[derive(Debug, Clone, Copy)]
pub struct IndexNode;

/// The site of index nodes that are made by hand.
pub(crate) static INDEX: Site = Site { label: "index", form: "", file: "", line: 0, column: 0 };

impl IndexNode {
    /// A clone of the element of `of` at `index`.
    ///
    /// # Errors
    /// An index that is out of bounds panics when the node runs, so running it gives a
    /// [`DependencyError`](crate::DependencyError).
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{DataNode, IndexNode, SerialExecutor};
    ///
    /// let xs = DataNode::new(vec![10, 20, 30]);
    /// let second = IndexNode::new(&xs, 1);
    /// assert_eq!(SerialExecutor::new().run(second)?, 20);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[track_caller]
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, T, K>(of: &Node<'g, T>, index: K) -> Node<'g, T::Output>
    where
        T: Index<K> + Send + Sync + 'g,
        T::Output: Clone + Send + Sized + 'g,
        K: fmt::Debug + Clone + Send + 'g,
    {
        let label = format!("[{index:?}]").into();
        let node = raw::repeatable_node(Kind::Passing, &INDEX, (of,), move |(value,), _| {
            Outcome(Given::Value(value[index].clone()))
        });
        raw::annotate(node.handle(), Some(label), Some(Caller::caller().into()));
        node
    }
}

/// Drops another node's value, once all that read it have.
///
/// Values go at their last use by themselves, so this is for a value that nobody takes and whose node you keep: taking it here
/// lets it go.
///
/// Carries over Dispatcher.jl's `CleanupNode`. It gives nothing, so there is nothing to fetch.
#[derive(Debug, Clone, Copy)]
pub struct CleanupNode;

/// The site of cleanup nodes.
pub(crate) static CLEANUP: Site = Site { label: "drop", form: "drop(\u{1}_\u{2})", file: "", line: 0, column: 0 };

impl CleanupNode {
    /// A node that waits for `of` and for all operations so far that read it, and then drops its value.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{CleanupNode, DispatchGraph, Op, SerialExecutor};
    ///
    /// let data = Op::new("load", (), |()| vec![1, 2, 3]);
    /// let sum = Op::new("sum", (&data,), |(data,)| data.iter().sum::<i32>());
    /// let gone = CleanupNode::new(data);
    /// let both = Op::new("both", (sum, gone), |(sum, ())| sum);
    /// assert_eq!(DispatchGraph::new(&both).nodes()[2].text, "drop(%0)");
    /// assert_eq!(SerialExecutor::new().run(both)?, 6);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, T: Send + 'g>(of: Node<'g, T>) -> Node<'g, ()> {
        raw::repeatable_node(Kind::Call, &CLEANUP, (of,), |(value,), _| {
            drop(value);
            Outcome(Given::Value(()))
        })
    }
}
