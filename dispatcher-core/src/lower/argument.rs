//! Telling arguments apart: one wrapper for each way in which an argument is written.

use std::cell::Cell;
use std::fmt::{self, Debug};
use std::marker::PhantomData;

use super::captured::{Captured, KeptLocal, Lent, Local, LocalMut, LocalPart, NeverUpdated, Refused, RefusedLoan};
use super::threads::{AnotherThread, Shares, Takes};
use crate::collect::{Argument, CollectNode, Collection, LazyClone};
use crate::node::{Computed, Node};
use crate::raw::{self, ByDebug, ByDebugAgain, ByText, ByTextAgain, Cloned, CopiedBy, Given, Kept, Outcome};
use crate::site::Site;

/// `e`: an argument by value.
pub struct Lift<V>(LiftRest<V>);

/// What is left of a [`Lift`] when no other method would do: rustc looks here last.
pub struct LiftRest<V>(Cell<Option<V>>);

impl<V> Lift<V> {
    /// Wraps the argument.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(LiftRest(Cell::new(Some(value))))
    }
}

impl<V> LiftRest<V> {
    #[inline]
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<V> std::ops::Deref for Lift<V> {
    type Target = LiftRest<V>;
    #[inline]
    fn deref(&self) -> &LiftRest<V> {
        &self.0
    }
}

impl<'g, A: Argument<'g>> Lift<A> {
    /// Moves, reads or updates a node's value, or collects those of several.
    #[inline]
    pub fn lift(self) -> A::Lifted {
        self.inner().lifted()
    }
    /// The same, where the call may be made now.
    #[inline]
    pub fn lift_here(self) -> A::Lifted {
        self.inner().lifted()
    }
}

/// [`Lift`] for plain values that can be shown, and had again.
pub trait LiftAgain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByDebugAgain>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByDebugAgain>;
}
impl<V: Debug + Clone + Send> LiftAgain for Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByDebugAgain> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByDebugAgain> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can be shown.
pub trait LiftShown {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByDebug>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> LiftShown for &Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can be had again, and not shown.
pub trait LiftCloned {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByTextAgain>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByTextAgain>;
}
impl<V: Clone + Send> LiftCloned for &Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByTextAgain> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByTextAgain> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for other plain values.
pub trait LiftPlain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByText>;
    /// Captures the value for a call that may be made now.
    fn lift_here(self) -> Captured<Self::Plain, ByText>;
}
impl<V: Send> LiftPlain for &mut Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
    #[inline]
    fn lift_here(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for plain values that can't go to another thread.
pub trait LiftHere {
    /// The value.
    type Plain;
    /// Refused.
    fn lift(self) -> Refused<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
    /// Captures the value for a call that is made now.
    fn lift_here(self) -> Captured<Self::Plain, ByText>;
}
impl<V> LiftHere for &LiftRest<V> {
    type Plain = V;
    fn lift(self) -> Refused<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
    fn lift_here(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// A plain value that may borrow from a local which is gone when the operation runs.
pub struct Piece<V>(Cell<Option<V>>);

impl<V> Piece<V> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<'r, X: ?Sized + ToOwned> Piece<&'r X> {
    /// Takes a copy of what is borrowed, and lends that.
    pub fn piece(self) -> LocalPart<'r, X> {
        LocalPart(self.inner(), None)
    }
}

impl<'g, T> Piece<Node<'g, T>> {
    /// The node, which isn't plain after all.
    pub fn piece(self) -> Node<'g, T> {
        self.inner()
    }
}

/// [`Piece`] for values that are no references, and can be shown.
pub trait PieceShown {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> PieceShown for Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for other values.
pub trait PiecePlain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn piece(self) -> Captured<Self::Plain, ByText>;
}
impl<V: Send> PiecePlain for &Piece<V> {
    type Plain = V;
    fn piece(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
}

/// [`Piece`] for values that can't go to another thread.
pub trait PieceHere {
    /// The value.
    type Plain;
    /// Refused.
    fn piece(self) -> Refused<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
}
impl<V> PieceHere for &mut Piece<V> {
    type Plain = V;
    fn piece(self) -> Refused<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
}

/// `&f(x)`: a value without a name, lent.
pub struct Nameless<V>(Cell<Option<V>>);

impl<V> Nameless<V> {
    /// Wraps the value.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    #[inline]
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<'g, T> Nameless<Node<'g, T>> {
    /// Takes the node's value for good, and lends it.
    #[inline]
    pub fn lend(self) -> Kept<Node<'g, T>> {
        Kept(self.inner())
    }
}
impl<'g, C: Collection<'g> + Argument<'g, Lifted = Node<'g, C::Value>> + 'g> Nameless<C> {
    /// Collects the nodes' values, and lends the collection.
    pub fn lend(self) -> Kept<Node<'g, C::Value>> {
        Kept(self.inner().lifted())
    }
}

/// [`Nameless`] for plain values that can be shown.
pub trait NamelessShown {
    /// The value.
    type Plain;
    /// Captures the value, and lends it.
    fn lend(self) -> Lent<Self::Plain, ByDebug>;
}
impl<V: Debug + Send> NamelessShown for Nameless<V> {
    type Plain = V;
    fn lend(self) -> Lent<V, ByDebug> {
        Lent::new(self.inner())
    }
}

/// [`Nameless`] for other plain values.
pub trait NamelessPlain {
    /// The value.
    type Plain;
    /// Captures the value, and lends it.
    fn lend(self) -> Lent<Self::Plain, ByText>;
}
impl<V: Send> NamelessPlain for &Nameless<V> {
    type Plain = V;
    fn lend(self) -> Lent<V, ByText> {
        Lent::new(self.inner())
    }
}

/// [`Nameless`] for values that can't go to another thread.
pub trait NamelessHere {
    /// The value.
    type Plain;
    /// Refused.
    fn lend(self) -> RefusedLoan<Self::Plain>
    where
        AnotherThread: Takes<Self::Plain>;
}
impl<V> NamelessHere for &mut Nameless<V> {
    type Plain = V;
    fn lend(self) -> RefusedLoan<V>
    where
        AnotherThread: Takes<V>,
    {
        unreachable!("no thread takes what isn't `Send`")
    }
}

/// A value that is plain for sure. Its type needn't be known.
#[inline]
pub fn plain<V>(value: V) -> Captured<V, ByText> {
    Captured::new(value)
}

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
    fn again(self) -> Captured<Self::Plain, ByDebug>
    where
        Self::Plain: UsedAgain;
    /// Copies the local for a call that may be made now.
    fn again_here(self) -> Captured<Self::Plain, ByDebug>
    where
        Self::Plain: UsedAgain;
}
impl<V: Debug + Send> AgainShown for Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> Captured<V, ByDebug>
    where
        V: UsedAgain,
    {
        Captured::new(*self.0)
    }
    #[inline]
    fn again_here(self) -> Captured<V, ByDebug>
    where
        V: UsedAgain,
    {
        Captured::new(*self.0)
    }
}

/// [`Again`] for other plain locals.
pub trait AgainPlain {
    /// The local's type.
    type Plain;
    /// Copies the local.
    fn again(self) -> Captured<Self::Plain, ByText>
    where
        Self::Plain: UsedAgain;
    /// Copies the local for a call that may be made now.
    fn again_here(self) -> Captured<Self::Plain, ByText>
    where
        Self::Plain: UsedAgain;
}
impl<V: Send> AgainPlain for &Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> Captured<V, ByText>
    where
        V: UsedAgain,
    {
        Captured::new(*self.0)
    }
    #[inline]
    fn again_here(self) -> Captured<V, ByText>
    where
        V: UsedAgain,
    {
        Captured::new(*self.0)
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
    fn clone_of(self) -> Captured<Self::Plain, ByText>;
}
impl<V: Clone> CloneOfPlain for &CloneOf<'_, V> {
    type Plain = V;
    fn clone_of(self) -> Captured<V, ByText> {
        Captured::new(self.0.clone())
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
        raw::passing_node(&CLONE, (self,), |(value,): (&T,), _| Outcome(Given::Value(value.clone())))
    }
}

static CLONE: Site = Site { label: "clone", form: "\u{1}x\u{2}.clone()", file: "", line: 0, column: 0 };

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
    type Held = Captured<&'g X, ByText>;
    fn hold_part(&self, part: &'g X) -> Self::Held {
        Captured::new(part)
    }
}
impl<'x, V: ?Sized, X: ?Sized + ToOwned + 'x> HoldPart<'x, X> for OwnedRoot<'_, V> {
    type Held = LocalPart<'x, X>;
    fn hold_part(&self, part: &'x X) -> Self::Held {
        LocalPart(part, None)
    }
}

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
    fn keep(self) -> Captured<Self::Plain, ByText>
    where
        Self::Plain: Keepable;
}
impl<V: Send + Sync> KeepPlain for Keep<'_, V> {
    type Plain = V;
    fn keep(self) -> Captured<V, ByText>
    where
        V: Keepable,
    {
        Captured::new(self.0.clone())
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
