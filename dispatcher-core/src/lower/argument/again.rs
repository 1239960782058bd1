//! `x` that is used again later, and `x.clone()`.

use std::fmt::Debug;

use crate::collect::{CollectNode, Collection, LazyClone};
use crate::lower::captured::{Captured, CapturedAgain, Refused};
use crate::lower::threads::{AnotherThread, Takes};
use crate::node::Node;
use crate::raw::{self, ByDebug, ByText, Cloned, CopiedBy, Given, Kind, Outcome};
use crate::site::Site;

/// What can be used by value more than once.
#[diagnostic::on_unimplemented(
    message = "this value is moved here and used again later, and `{Self}` is not `Copy`",
    label = "moved here, but used again later",
    note = "lend it (`&x`) where the function can take a reference, or clone it (`x.clone()`)"
)]
pub trait UsedAgain: Copy {}
impl<T: Copy> UsedAgain for T {}

/// `x`, which is used again later.
#[derive(Debug)]
pub struct Again<'r, V>(&'r V);

impl<'r, V> Again<'r, V> {
    /// Wraps the local.
    #[inline]
    pub fn new(local: &'r V) -> Self {
        Self(local)
    }
}

impl<'r, 'g, T> Again<'r, Node<'g, T>> {
    /// Copies the node's value.
    #[inline]
    pub fn again(self) -> CopiedBy<'r, 'g, T>
    where
        T: UsedAgain,
    {
        CopiedBy(self.0, |value| *value)
    }
    /// Copies the node's value.
    #[inline]
    pub fn again_here(self) -> CopiedBy<'r, 'g, T>
    where
        T: UsedAgain,
    {
        CopiedBy(self.0, |value| *value)
    }
}
impl<'r, 'g, T> Again<'_, &'r Node<'g, T>> {
    /// Reads the node's value.
    #[inline]
    pub fn again(self) -> &'r Node<'g, T> {
        self.0
    }
    /// Reads the node's value.
    #[inline]
    pub fn again_here(self) -> &'r Node<'g, T> {
        self.0
    }
}

/// [`Again`] for plain locals that can be shown.
pub trait AgainShown {
    /// The local's type.
    type Plain;
    /// Copies the local.
    fn again(self) -> CapturedAgain<Self::Plain, ByDebug>
    where
        Self::Plain: UsedAgain;
    /// Copies the local for a call that may be made now.
    fn again_here(self) -> CapturedAgain<Self::Plain, ByDebug>
    where
        Self::Plain: UsedAgain;
}
impl<V: Debug + Send> AgainShown for Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> CapturedAgain<V, ByDebug>
    where
        V: UsedAgain,
    {
        CapturedAgain::new(*self.0, |value| *value)
    }
    #[inline]
    fn again_here(self) -> CapturedAgain<V, ByDebug>
    where
        V: UsedAgain,
    {
        CapturedAgain::new(*self.0, |value| *value)
    }
}

/// [`Again`] for other plain locals.
pub trait AgainPlain {
    /// The local's type.
    type Plain;
    /// Copies the local.
    fn again(self) -> CapturedAgain<Self::Plain, ByText>
    where
        Self::Plain: UsedAgain;
    /// Copies the local for a call that may be made now.
    fn again_here(self) -> CapturedAgain<Self::Plain, ByText>
    where
        Self::Plain: UsedAgain;
}
impl<V: Send> AgainPlain for &Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> CapturedAgain<V, ByText>
    where
        V: UsedAgain,
    {
        CapturedAgain::new(*self.0, |value| *value)
    }
    #[inline]
    fn again_here(self) -> CapturedAgain<V, ByText>
    where
        V: UsedAgain,
    {
        CapturedAgain::new(*self.0, |value| *value)
    }
}

/// [`Again`] for plain locals that can't go to another thread.
pub trait AgainHere {
    /// The local's type.
    type Plain;
    /// Refused.
    fn again(self) -> Refused<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
    /// Copies the local for a call that is made now.
    fn again_here(self) -> Captured<Self::Plain, ByText>
    where
        Self::Plain: UsedAgain;
}
impl<V> AgainHere for &mut Again<'_, V> {
    type Plain = V;
    fn again(self) -> Refused<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
    fn again_here(self) -> Captured<V, ByText>
    where
        V: UsedAgain,
    {
        Captured::new(*self.0)
    }
}

/// `x.clone()`.
#[derive(Debug)]
pub struct CloneOf<'r, V>(&'r V);

impl<'r, V> CloneOf<'r, V> {
    /// Wraps the local.
    #[inline]
    pub fn new(local: &'r V) -> Self {
        Self(local)
    }
}

impl<'r, 'g, T: Clone> CloneOf<'r, Node<'g, T>> {
    /// Clones the node's value when the operation runs.
    #[inline]
    pub fn clone_of(self) -> Cloned<&'r Node<'g, T>> {
        Cloned(self.0)
    }
}
impl<'r, 'g, T: Clone> CloneOf<'_, &'r Node<'g, T>> {
    /// Clones the node's value when the operation runs.
    #[inline]
    pub fn clone_of(self) -> Cloned<&'r Node<'g, T>> {
        Cloned(self.0)
    }
}
impl<'g, C: Collection<'g> + LazyClone<'g> + 'g> CloneOf<'_, C> {
    /// Collects clones of the nodes' values.
    pub fn clone_of(self) -> Node<'g, C::Value> {
        CollectNode::cloned(self.0)
    }
}

/// [`CloneOf`] for plain locals.
pub trait CloneOfPlain {
    /// The local's type.
    type Plain;
    /// Clones the local now.
    fn clone_of(self) -> CapturedAgain<Self::Plain, ByText>;
}
impl<V: Clone> CloneOfPlain for &CloneOf<'_, V> {
    type Plain = V;
    fn clone_of(self) -> CapturedAgain<V, ByText> {
        CapturedAgain::new(self.0.clone(), V::clone)
    }
}

/// What an operation can take clones of. A value without `Clone` gets here, and nothing else: it says why it is refused.
#[diagnostic::on_unimplemented(
    message = "this operation needs a clone of this `{Self}`, which is not `Clone`",
    label = "a clone of this is needed",
    note = "derive `Clone`, lend the value (`&x`) to a function that takes a reference, or give the value itself"
)]
pub trait Clonable: Clone {}

/// [`CloneOf`] for nodes of what isn't `Clone`.
pub trait CloneOfNode {
    /// The value.
    type Value;
    /// Refused.
    fn clone_of(self) -> Refused<Self::Value>
    where
        Self::Value: Clonable;
}
impl<'g, T> CloneOfNode for &mut CloneOf<'_, Node<'g, T>> {
    type Value = T;
    fn clone_of(self) -> Refused<T>
    where
        T: Clonable,
    {
        unreachable!("what isn't `Clone` is not cloned")
    }
}

impl<'g, T: Clone + Send + Sync + 'g> Clone for Node<'g, T> {
    /// An operation that clones this node's value. The node itself can't be doubled: what is to come can be had once.
    fn clone(&self) -> Self {
        raw::repeatable_node(Kind::Passing, &CLONE, (self,), |(value,): (&T,), _| Outcome(Given::Value(value.clone())))
    }
}

pub(crate) static CLONE: Site = Site { label: "clone", form: "\u{1}x\u{2}.clone()", file: "", line: 0, column: 0 };
