//! `&x`: locals that are lent.

use std::fmt::Debug;
use std::marker::PhantomData;

use super::kept::Keepable;
use crate::collect::{CollectNode, Collection, LazyClone};
use crate::lower::captured::{KeptLocal, Local, LocalPart, RefusedLoan};
use crate::lower::threads::{AnotherThread, Shares};
use crate::node::Node;
use crate::raw::{ByDebug, ByText, Kept};

/// `&x`: a local, lent.
#[derive(Debug)]
pub struct LendTo<'r, V: ?Sized>(&'r V);

impl<'r, V: ?Sized> LendTo<'r, V> {
    /// Wraps the local.
    #[inline]
    pub fn new(local: &'r V) -> Self {
        Self(local)
    }
}

impl<'r, 'g, T: Send + Sync> LendTo<'r, Node<'g, T>> {
    /// Reads the node's value.
    #[inline]
    pub fn lend(self) -> &'r Node<'g, T> {
        self.0
    }
    /// Reads the node's value.
    #[inline]
    pub fn lend_here(self) -> &'r Node<'g, T> {
        self.0
    }
}
impl<'r, 'g, T> LendTo<'_, &'r Node<'g, T>> {
    /// Reads the node's value.
    #[inline]
    pub fn lend(self) -> &'r Node<'g, T> {
        self.0
    }
    /// Reads the node's value.
    #[inline]
    pub fn lend_here(self) -> &'r Node<'g, T> {
        self.0
    }
}
impl<'g, C: Collection<'g> + LazyClone<'g> + 'g> LendTo<'_, C> {
    /// Collects clones of the nodes' values.
    pub fn lend(self) -> Kept<Node<'g, C::Value>> {
        Kept(CollectNode::cloned(self.0))
    }
    /// Collects clones of the nodes' values.
    pub fn lend_here(self) -> Kept<Node<'g, C::Value>> {
        Kept(CollectNode::cloned(self.0))
    }
}

impl<'r> LendTo<'r, str> {
    /// Lends the text, or a copy of it.
    pub fn lend(self) -> LocalPart<'r, str> {
        LocalPart(self.0, None)
    }
    /// Lends the text, or a copy of it.
    pub fn lend_here(self) -> LocalPart<'r, str> {
        LocalPart(self.0, None)
    }
}
impl<'g, C: LazyClone<'g> + 'g> LendTo<'_, [C]> {
    /// Collects clones of the nodes' values.
    pub fn lend(self) -> Kept<Node<'g, Vec<C::Value>>> {
        Kept(CollectNode::cloned_slice(self.0))
    }
    /// Collects clones of the nodes' values.
    pub fn lend_here(self) -> Kept<Node<'g, Vec<C::Value>>> {
        self.lend()
    }
}

/// [`LendTo`] for nodes of what threads can't share.
pub trait LendUnshared {
    /// The value.
    type Value;
    /// Refused.
    fn lend(self) -> RefusedLoan<Self::Value>
    where
        AnotherThread: Shares<Self::Value>;
    /// Refused.
    fn lend_here(self) -> RefusedLoan<Self::Value>
    where
        AnotherThread: Shares<Self::Value>;
}
impl<T> LendUnshared for LendTo<'_, Node<'_, T>> {
    type Value = T;
    fn lend(self) -> RefusedLoan<T>
    where
        AnotherThread: Shares<T>,
    {
        unreachable!("threads don't share what isn't `Sync`")
    }
    fn lend_here(self) -> RefusedLoan<T>
    where
        AnotherThread: Shares<T>,
    {
        unreachable!("threads don't share what isn't `Sync`")
    }
}

/// What a collection of lazy values has to be for an operation to be lent its values, of which it gets clones.
#[diagnostic::on_unimplemented(
    message = "a collection of lazy values is lent as a collection of their clones, and not all in this `{Self}` are \
               `Clone`, `Send` and `Sync`",
    label = "clones of these values are needed",
    note = "make them so (derive `Clone`), or give the collection itself (without `&`) to a function that takes it by value"
)]
pub trait Cloneable {}

/// [`LendTo`] for collections of nodes whose values aren't all `Clone`.
pub trait LendUncloned<'g> {
    /// The collection.
    type Nodes;
    /// The collection of values.
    type Values;
    /// Refused.
    fn lend(self) -> RefusedLoan<Self::Values>
    where
        Self::Nodes: Cloneable;
    /// Refused.
    fn lend_here(self) -> RefusedLoan<Self::Values>
    where
        Self::Nodes: Cloneable;
}
impl<'g, C: Collection<'g>> LendUncloned<'g> for LendTo<'_, C> {
    type Nodes = C;
    type Values = C::Value;
    fn lend(self) -> RefusedLoan<C::Value>
    where
        C: Cloneable,
    {
        unreachable!("what isn't `Clone` is not cloned")
    }
    fn lend_here(self) -> RefusedLoan<C::Value>
    where
        C: Cloneable,
    {
        unreachable!("what isn't `Clone` is not cloned")
    }
}

/// [`LendTo`] for plain slices.
pub trait LendSlice<'r> {
    /// The elements' type.
    type Element: Clone;
    /// Lends the slice, or a copy of it.
    fn lend(self) -> LocalPart<'r, [Self::Element]>;
    /// Lends the slice, or a copy of it.
    fn lend_here(self) -> LocalPart<'r, [Self::Element]>;
}
impl<'r, T: Clone> LendSlice<'r> for LendTo<'r, [T]> {
    type Element = T;
    fn lend(self) -> LocalPart<'r, [T]> {
        LocalPart(self.0, None)
    }
    fn lend_here(self) -> LocalPart<'r, [T]> {
        LocalPart(self.0, None)
    }
}

/// [`LendTo`] for plain locals that can be shown.
pub trait LendShown<'r> {
    /// The local's type.
    type Plain;
    /// Takes a copy of the local, for an operation.
    fn lend(self) -> KeptLocal<'r, Self::Plain, ByDebug>
    where
        Self::Plain: Keepable;
    /// Lends the local to a call that is made now, or a copy of it to an operation.
    fn lend_here(self) -> Local<'r, Self::Plain, ByDebug>;
}
impl<'r, V: Debug + Send + Sync> LendShown<'r> for LendTo<'r, V> {
    type Plain = V;
    #[inline]
    fn lend(self) -> KeptLocal<'r, V, ByDebug>
    where
        V: Keepable,
    {
        KeptLocal { local: self.0, clone: V::clone, copy: None, shown: PhantomData }
    }
    #[inline]
    fn lend_here(self) -> Local<'r, V, ByDebug> {
        Local(self.0, None, PhantomData)
    }
}

/// [`LendTo`] for other plain locals.
pub trait LendPlain<'r> {
    /// The local's type.
    type Plain;
    /// Takes a copy of the local, for an operation.
    fn lend(self) -> KeptLocal<'r, Self::Plain, ByText>
    where
        Self::Plain: Keepable;
    /// Lends the local to a call that is made now, or a copy of it to an operation.
    fn lend_here(self) -> Local<'r, Self::Plain, ByText>;
}
impl<'r, V: Send + Sync> LendPlain<'r> for &LendTo<'r, V> {
    type Plain = V;
    #[inline]
    fn lend(self) -> KeptLocal<'r, V, ByText>
    where
        V: Keepable,
    {
        KeptLocal { local: self.0, clone: V::clone, copy: None, shown: PhantomData }
    }
    #[inline]
    fn lend_here(self) -> Local<'r, V, ByText> {
        Local(self.0, None, PhantomData)
    }
}

/// [`LendTo`] for plain locals that threads can't share.
pub trait LendHere<'r> {
    /// The local's type.
    type Plain;
    /// Refused.
    fn lend(self) -> RefusedLoan<Self::Plain>
    where
        AnotherThread: Shares<Self::Plain>;
    /// Lends the local to a call that is made now.
    fn lend_here(self) -> Local<'r, Self::Plain, ByText>;
}
impl<'r, V> LendHere<'r> for &mut LendTo<'r, V> {
    type Plain = V;
    fn lend(self) -> RefusedLoan<V>
    where
        AnotherThread: Shares<V>,
    {
        unreachable!("threads don't share what isn't `Sync`")
    }
    fn lend_here(self) -> Local<'r, V, ByText> {
        Local(self.0, None, PhantomData)
    }
}
