//! Values that are shown, decided on, used inside a closure, or kept.

use std::fmt::{self, Debug};

use crate::lower::captured::{CapturedAgain, Refused};
use crate::lower::threads::{AnotherThread, Shares};
use crate::node::{Computed, Node};
use crate::raw::ByText;

/// A value whose text is wanted now.
#[derive(Debug)]
pub struct Shown<'r, V: ?Sized>(&'r V);

impl<'r, V: ?Sized> Shown<'r, V> {
    /// Wraps the value.
    pub fn new(value: &'r V) -> Self {
        Self(value)
    }
}

/// What is printed in place of a lazy value; it never comes to that.
#[derive(Debug)]
pub enum NeverShown {}

impl fmt::Display for NeverShown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl<'g, T> Shown<'_, Node<'g, T>> {
    /// Refused.
    pub fn shown(self) -> NeverShown
    where
        Node<'g, T>: Computed,
    {
        unreachable!("no node is there to be printed")
    }
}
impl<'g, T> Shown<'_, &Node<'g, T>> {
    /// Refused.
    pub fn shown(self) -> NeverShown
    where
        Node<'g, T>: Computed,
    {
        unreachable!("no node is there to be printed")
    }
}

/// [`Shown`] for plain values.
pub trait ShownPlain<'r> {
    /// The value's type.
    type Plain: ?Sized;
    /// The value.
    fn shown(self) -> &'r Self::Plain;
}
impl<'r, V: ?Sized> ShownPlain<'r> for Shown<'r, V> {
    type Plain = V;
    fn shown(self) -> &'r V {
        self.0
    }
}

/// What a condition or a `match` decides on, which may be lazy.
#[derive(Debug)]
pub struct Known<V>(V);

impl<V> Known<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(value)
    }
}

/// What can be decided on while the graph is built.
#[diagnostic::on_unimplemented(
    message = "this value is not computed until the graph runs, so it can't be decided on here: move the `if`, `match` or loop \
               into a `#[dispatch]` function of its own, and call that with the value",
    label = "a lazy value"
)]
pub trait Decidable {}

impl<'g, T> Known<Node<'g, T>> {
    /// Refused.
    pub fn known(self) -> T
    where
        Node<'g, T>: Decidable,
    {
        unreachable!("no node is there to be decided on")
    }
}
impl<'r, 'g, T> Known<&'r Node<'g, T>> {
    /// Refused.
    pub fn known(self) -> &'r T
    where
        Node<'g, T>: Decidable,
    {
        unreachable!("no node is there to be decided on")
    }
}
/// [`Known`] for plain values.
pub trait KnownPlain {
    /// The value's type.
    type Plain;
    /// The value.
    fn known(self) -> Self::Plain;
}
impl<V> KnownPlain for Known<V> {
    type Plain = V;
    fn known(self) -> V {
        self.0
    }
}

/// What a call inside an operation gave, and nobody uses.
pub struct Inside<V>(V);

impl<V> Inside<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(value)
    }
}

/// What may be dropped inside an operation.
#[diagnostic::on_unimplemented(
    message = "this call gives a graph, and here, inside an operation, nobody would run it",
    label = "a `#[dispatch]` function, called inside an operation",
    note = "loop in the `#[dispatch]` function itself instead of giving a closure to an operation, or run the graph with an executor"
)]
pub trait Droppable {}

impl<'g, T> Inside<Node<'g, T>> {
    /// Refused.
    pub fn done(self)
    where
        Node<'g, T>: Droppable,
    {
    }
}
/// [`Inside`] for plain values.
pub trait InsidePlain {
    /// Nothing more to do.
    fn done(self);
}
impl<V> InsidePlain for &Inside<V> {
    fn done(self) {}
}

/// A plain local that a closure inside an operation uses.
#[derive(Debug)]
pub struct Keep<'r, V>(&'r V);

impl<'r, V> Keep<'r, V> {
    /// Wraps the local.
    pub fn new(local: &'r V) -> Self {
        Self(local)
    }
}

/// What can be copied into an operation.
#[diagnostic::on_unimplemented(
    message = "an operation that runs later needs a copy of this local, and `{Self}` is not `Clone`",
    label = "the operation needs a copy of this",
    note = "derive `Clone`, give the value itself (`f(x)`), or call the function now with `eager!`"
)]
pub trait Keepable: Clone {}
impl<T: Clone> Keepable for T {}

/// [`Keep`]'s method.
pub trait KeepPlain {
    /// The local's type.
    type Plain;
    /// Clones the local into the operation.
    fn keep(self) -> CapturedAgain<Self::Plain, ByText>
    where
        Self::Plain: Keepable;
}
impl<V: Send + Sync> KeepPlain for Keep<'_, V> {
    type Plain = V;
    fn keep(self) -> CapturedAgain<V, ByText>
    where
        V: Keepable,
    {
        CapturedAgain::new(self.0.clone(), V::clone)
    }
}

/// [`Keep`] for locals that threads can't share.
pub trait KeepHere {
    /// The local's type.
    type Plain;
    /// Refused.
    fn keep(self) -> Refused<Self::Plain>
    where
        AnotherThread: Shares<Self::Plain>;
}
impl<V> KeepHere for &Keep<'_, V> {
    type Plain = V;
    fn keep(self) -> Refused<V>
    where
        AnotherThread: Shares<V>,
    {
        unreachable!("threads don't share what isn't `Sync`")
    }
}
