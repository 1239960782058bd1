//! `&mut x`, and `&x.part` of what may itself be a borrow.

use std::fmt::Debug;

use crate::collect::{Argument, Collection};
use crate::lower::captured::{CapturedAgain, LocalMut, LocalPart, NeverUpdated};
use crate::node::Node;
use crate::raw::ByText;

/// `&mut x`.
#[derive(Debug)]
pub struct Update<'r, V>(&'r mut V);

impl<'r, V> Update<'r, V> {
    /// Wraps the local.
    #[inline]
    pub fn new(local: &'r mut V) -> Self {
        Self(local)
    }
}

impl<'r, 'g, T> Update<'r, Node<'g, T>> {
    /// Updates the node's value in place.
    #[inline]
    pub fn update(self) -> &'r mut Node<'g, T> {
        self.0
    }
}
impl<'r, 'g, T> Update<'r, &'r mut Node<'g, T>> {
    /// Updates the node's value in place.
    #[inline]
    pub fn update(self) -> &'r mut Node<'g, T> {
        self.0
    }
}

/// What an operation can update in place.
#[diagnostic::on_unimplemented(
    message = "an operation can't update a plain local: it runs later, and the local is not part of the graph",
    label = "`{Self}` is a plain value",
    note = "let an operation give the value (`let mut x = make();`), or call the function now with `#[eager]`"
)]
pub trait Updatable {}
impl<T> Updatable for Node<'_, T> {}

/// [`Update`] for plain locals.
pub trait UpdatePlain<'r> {
    /// The local's type.
    type Plain;
    /// Refused, unless the function is called now.
    fn update(self) -> LocalMut<'r, Self::Plain>
    where
        Self::Plain: Updatable;
    /// Lends the local, for a function that is called now.
    fn update_now(self) -> LocalMut<'r, Self::Plain>;
}
impl<'r, V> UpdatePlain<'r> for Update<'r, V> {
    type Plain = V;
    fn update(self) -> LocalMut<'r, V>
    where
        V: Updatable,
    {
        LocalMut(self.0)
    }
    fn update_now(self) -> LocalMut<'r, V> {
        LocalMut(self.0)
    }
}
impl<'g, C: Collection<'g>> Update<'_, C> {
    /// Refused.
    pub fn update(self) -> NeverUpdated<C::Value>
    where
        C: Updatable,
    {
        unreachable!("a collection of nodes is not updated by an operation")
    }
}
impl<'r, 'g, T> Update<'r, Node<'g, T>> {
    /// Updates the node's value in place.
    #[inline]
    pub fn update_now(self) -> &'r mut Node<'g, T> {
        self.0
    }
}

/// `&x.part` of a local that may itself be a borrow.
#[derive(Debug)]
pub struct Root<'r, V: ?Sized>(&'r V);

/// The local is a borrow, which the graph can hold.
#[derive(Debug, Clone, Copy)]
pub struct Borrowed<'g, V: ?Sized>(&'g V);

/// The local owns its value, of which a part will be copied.
#[derive(Debug, Clone, Copy)]
pub struct OwnedRoot<'r, V: ?Sized>(&'r V);

impl<'r, V: ?Sized> Root<'r, V> {
    /// Wraps the local.
    pub fn new(local: &'r V) -> Self {
        Self(local)
    }
}
impl<'g, V: ?Sized> Root<'_, &'g V> {
    /// The borrow.
    pub fn root(self) -> Borrowed<'g, V> {
        Borrowed(self.0)
    }
}
/// [`Root`] for locals that own their value.
pub trait RootLocal<'r> {
    /// The local's type.
    type Local: ?Sized;
    /// The local.
    fn root(self) -> OwnedRoot<'r, Self::Local>;
}
impl<'r, V: ?Sized> RootLocal<'r> for Root<'r, V> {
    type Local = V;
    fn root(self) -> OwnedRoot<'r, V> {
        OwnedRoot(self.0)
    }
}
impl<'g, V: ?Sized> Borrowed<'g, V> {
    /// The borrow, to take a part of.
    pub fn get(&self) -> &'g V {
        self.0
    }
}
impl<'r, V: ?Sized> OwnedRoot<'r, V> {
    /// The local, to take a part of.
    pub fn get(&self) -> &'r V {
        self.0
    }
}

/// `&x.part`, taken of what [`Root`] gave.
#[derive(Debug)]
pub struct Part<P>(P);

impl<P> Part<P> {
    /// Wraps the reference.
    pub fn new(part: P) -> Self {
        Self(part)
    }
}

impl<'g, A: Argument<'g>> Part<A> {
    /// Reads the value of the node, or of the nodes, that the part is.
    pub fn held<K>(self, _: &K) -> A::Lifted {
        self.0.lifted()
    }
}

/// [`Part`] for plain parts.
pub trait PartPlain<'x> {
    /// The part's type.
    type Plain: ?Sized;
    /// Holds the part as its root says.
    fn held<K: HoldPart<'x, Self::Plain>>(self, root: &K) -> K::Held;
}
impl<'x, X: ?Sized> PartPlain<'x> for Part<&'x X> {
    type Plain = X;
    fn held<K: HoldPart<'x, X>>(self, root: &K) -> K::Held {
        root.hold_part(self.0)
    }
}

/// How a part is held: borrowed, or copied.
pub trait HoldPart<'x, X: ?Sized> {
    /// The input.
    type Held;
    /// Makes it.
    fn hold_part(&self, part: &'x X) -> Self::Held;
}
impl<'g, V: ?Sized, X: ?Sized + 'g> HoldPart<'g, X> for Borrowed<'g, V> {
    type Held = CapturedAgain<&'g X, ByText>;
    fn hold_part(&self, part: &'g X) -> Self::Held {
        CapturedAgain::new(part, |part| part)
    }
}
impl<'x, V: ?Sized, X: ?Sized + ToOwned + 'x> HoldPart<'x, X> for OwnedRoot<'_, V> {
    type Held = LocalPart<'x, X>;
    fn hold_part(&self, part: &'x X) -> Self::Held {
        LocalPart(part, None)
    }
}
