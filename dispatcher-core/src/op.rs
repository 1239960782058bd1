//! Nodes by hand: [`Op`], [`DataNode`] and [`IndexNode`]. What the macros write goes through the same constructors.

use std::fmt;
use std::ops::Index;
use std::panic::Location as Caller;

use crate::node::Node;
use crate::raw::{self, ByDebug, ByText, Given, Input, Lend, Outcome, Scope};
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
    #[track_caller]
    #[allow(clippy::new_ret_no_self)]
    pub fn new<'g, I, F, R>(label: &str, inputs: I, function: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent) -> R + Send + 'g,
        R: Send + 'g,
    {
        let node = raw::op_node(&BY_HAND, inputs, |lent, _| Outcome(Given::Value(function(lent))));
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
        let node = raw::op_node(&BY_HAND, inputs, |lent, scope| Outcome(Given::Subgraph(function(lent, scope))));
        raw::annotate(node.handle(), Some(label.into()), Some(Caller::caller().into()));
        node
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
        K: fmt::Debug + Send + 'g,
    {
        let label = format!("[{index:?}]").into();
        let node = raw::passing_node(&INDEX, (of,), |(value,), _| Outcome(Given::Value(value[index].clone())));
        raw::annotate(node.handle(), Some(label), Some(Caller::caller().into()));
        node
    }
}
