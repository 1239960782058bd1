//! What the macros' expansions are written in. Not for use by hand: [`Op`](crate::Op) and its like are.
//!
//! A macro sees no types, so it can't tell a lazy value from a plain one. It wraps each argument ([`Lift`], [`LendTo`], …)
//! and calls a method on the wrapper: the inherent methods, for nodes and collections of nodes, win over the trait
//! methods, which are for everything else. So rustc's method resolution tells them apart, and a type's `Debug`, where it
//! has one, is found in the same way, for outlines.

use std::cell::Cell;
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use crate::collect::{Argument, CollectNode, Collection, Lazy, LazyClone};
use crate::node::Node;
use crate::op::DATA;
use crate::raw::{
    self, After, Assembly, ByDebug, ByText, Cloned, CopiedBy, Describe, Given, Held, Input, Inputs, Kept, Lend,
    Outcome, Scope, Sealed, ShowData,
};
use crate::site::Site;

pub use crate::site::Site as SiteOf;

/// The traits whose methods expansions call.
pub mod methods {
    pub use super::{
        AgainPlain as _, AgainShown as _, CloneOfPlain as _, DiscardPlain as _, GivePlain as _, GiveUnused as _,
        KeepPlain as _, LendPlain as _, LendShown as _, LendSlice as _, LiftPlain as _, LiftShown as _, PartPlain as _,
        RootLocal as _, ShownPlain as _, TailPlain as _, TailShown as _, UpdatePlain as _,
    };
}

// ---------------------------------------------------------------------------------------------------------------------
// Captured values

/// A plain value that an operation takes.
#[derive(Debug)]
pub struct Captured<V, D>(Option<V>, PhantomData<fn() -> D>);

impl<V, D> Captured<V, D> {
    fn new(value: V) -> Self {
        Self(Some(value), PhantomData)
    }
}

impl<V, D> Sealed for Captured<V, D> {}
impl<V, D> Lend<'_> for Captured<V, D> {
    type Lent = V;
}
impl<V, D: ShowData<V>> Held for Captured<V, D> {
    #[inline]
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> V {
        self.0.take().expect("lent once")
    }
    fn describe(&self, out: &mut dyn Describe) {
        if let Some(value) = &self.0 {
            D::show(value, out);
        }
    }
}
impl<'g, V: Send + 'g, D: ShowData<V> + 'g> Input<'g> for Captured<V, D> {
    type Held = Self;
    #[inline]
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    #[inline]
    fn hold(self, _: &mut Assembly) -> Self {
        self
    }
}

/// A plain local that an operation reads: the local itself where it is called now, an owned copy where it is called later.
#[derive(Debug)]
pub struct Local<'r, V, D>(&'r V, Option<V>, PhantomData<fn() -> D>);

/// The owned copy.
#[derive(Debug)]
pub struct Owned<V, D>(V, PhantomData<fn() -> D>);

impl<V, D> Sealed for Local<'_, V, D> {}
impl<V, D> Sealed for Owned<V, D> {}
impl<'s, V, D> Lend<'s> for Owned<V, D> {
    type Lent = &'s V;
}
impl<V, D: ShowData<V>> Held for Owned<V, D> {
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s V {
        &self.0
    }
    fn describe(&self, out: &mut dyn Describe) {
        D::show(&self.0, out);
    }
}
impl<'g, V: Clone + Send + Sync + 'g, D: ShowData<V> + 'g> Input<'g> for Local<'_, V, D> {
    type Held = Owned<V, D>;
    fn prepare(&mut self) -> (usize, usize) {
        self.1 = Some(self.0.clone());
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Owned<V, D> {
        Owned(self.1.expect("prepared"), PhantomData)
    }
}

/// A plain local that an operation reads: an owned copy of it is taken. That it can be is checked where this is made, so
/// that there is one error at the argument, and none after it.
#[derive(Debug)]
pub struct KeptLocal<'r, V, D> {
    local: &'r V,
    clone: fn(&V) -> V,
    copy: Option<V>,
    shown: PhantomData<fn() -> D>,
}

impl<V, D> Sealed for KeptLocal<'_, V, D> {}
// `Sync`, so that a `Cell` is refused: the operation would change its copy.
impl<'g, V: Send + Sync + 'g, D: ShowData<V> + 'g> Input<'g> for KeptLocal<'_, V, D> {
    type Held = Owned<V, D>;
    fn prepare(&mut self) -> (usize, usize) {
        self.copy = Some((self.clone)(self.local));
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> Owned<V, D> {
        Owned(self.copy.expect("prepared"), PhantomData)
    }
}

/// A plain local that would be updated. An operation can't: it runs later.
#[derive(Debug)]
pub struct LocalMut<'r, V>(&'r mut V);

impl<V> Sealed for LocalMut<'_, V> {}
// Never held: `Updatable` is for nodes. The implementation keeps a refusal from being told twice.
impl<'g, V: Send + 'g> Input<'g> for LocalMut<'_, V> {
    type Held = NeverHeld<V>;
    fn prepare(&mut self) -> (usize, usize) {
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> NeverHeld<V> {
        unreachable!("a plain local is not updated by an operation")
    }
}

/// What an operation would hold of a plain local that it updates.
#[derive(Debug)]
pub struct NeverHeld<V>(std::convert::Infallible, PhantomData<fn() -> V>);

impl<V> Sealed for NeverHeld<V> {}
impl<'s, V> Lend<'s> for NeverHeld<V> {
    type Lent = &'s mut V;
}
impl<V> Held for NeverHeld<V> {
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s mut V {
        match self.0 {}
    }
    fn describe(&self, _: &mut dyn Describe) {}
}

/// Part of a plain local: what [`Local`] is for a whole one.
#[derive(Debug)]
pub struct LocalPart<'r, X: ?Sized + ToOwned>(&'r X, Option<X::Owned>);

/// The owned copy of a part.
pub struct OwnedPart<X: ?Sized + ToOwned>(X::Owned);

impl<X: ?Sized + ToOwned> Sealed for LocalPart<'_, X> {}
impl<X: ?Sized + ToOwned> Sealed for OwnedPart<X> {}
impl<'s, X: ?Sized + ToOwned> Lend<'s> for OwnedPart<X> {
    type Lent = &'s X;
}
impl<X: ?Sized + ToOwned> Held for OwnedPart<X> {
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) -> &'s X {
        std::borrow::Borrow::borrow(&self.0)
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.opaque();
    }
}
impl<'g, X: ?Sized + ToOwned + 'g> Input<'g> for LocalPart<'_, X>
where
    X::Owned: Send + Sync + 'g,
{
    type Held = OwnedPart<X>;
    fn prepare(&mut self) -> (usize, usize) {
        self.1 = Some(self.0.to_owned());
        (0, 0)
    }
    fn hold(self, _: &mut Assembly) -> OwnedPart<X> {
        OwnedPart(self.1.expect("prepared"))
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Telling arguments apart

/// `e`: an argument by value.
pub struct Lift<V>(Cell<Option<V>>);

impl<V> Lift<V> {
    /// Wraps the argument.
    #[inline]
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    #[inline]
    fn inner(&self) -> V {
        self.0.take().expect("a wrapped argument is taken once")
    }
}

impl<'g, A: Argument<'g>> Lift<A> {
    /// Moves, reads or updates a node's value, or collects those of several.
    #[inline]
    pub fn lift(self) -> A::Lifted {
        self.inner().lifted()
    }
}

/// [`Lift`] for plain values that can be shown.
pub trait LiftShown {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByDebug>;
}
impl<V: Debug> LiftShown for Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByDebug> {
        Captured::new(self.inner())
    }
}

/// [`Lift`] for other plain values.
pub trait LiftPlain {
    /// The value.
    type Plain;
    /// Captures the value.
    fn lift(self) -> Captured<Self::Plain, ByText>;
}
impl<V> LiftPlain for &Lift<V> {
    type Plain = V;
    #[inline]
    fn lift(self) -> Captured<V, ByText> {
        Captured::new(self.inner())
    }
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

impl<'r, 'g, T> LendTo<'r, Node<'g, T>> {
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
impl<'r, V: Debug> LendShown<'r> for LendTo<'r, V> {
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
impl<'r, V> LendPlain<'r> for &LendTo<'r, V> {
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
}
impl<'r, 'g, T> Again<'_, &'r Node<'g, T>> {
    /// Reads the node's value.
    #[inline]
    pub fn again(self) -> &'r Node<'g, T> {
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
}
impl<V: Debug> AgainShown for Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> Captured<V, ByDebug>
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
}
impl<V> AgainPlain for &Again<'_, V> {
    type Plain = V;
    #[inline]
    fn again(self) -> Captured<V, ByText>
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

impl<'r, 'g, T> CloneOf<'r, Node<'g, T>> {
    /// Clones the node's value when the operation runs.
    #[inline]
    pub fn clone_of(self) -> Cloned<&'r Node<'g, T>>
    where
        T: Clone,
    {
        Cloned(self.0)
    }
}
impl<'r, 'g, T> CloneOf<'_, &'r Node<'g, T>> {
    /// Clones the node's value when the operation runs.
    #[inline]
    pub fn clone_of(self) -> Cloned<&'r Node<'g, T>>
    where
        T: Clone,
    {
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

impl<'g, T: Clone + Send + Sync + 'g> Clone for Node<'g, T> {
    /// An operation that clones this node's value. The node itself can't be doubled: what is to come can be had once.
    fn clone(&self) -> Self {
        raw::op_node(&CLONE, (self,), |(value,): (&T,), _| Outcome(Given::Value(value.clone())))
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
    /// Captures the part.
    pub fn hold<X: ?Sized>(&self, part: &'g X) -> Captured<&'g X, ByText> {
        Captured::new(part)
    }
}
impl<'r, V: ?Sized> OwnedRoot<'r, V> {
    /// The local, to take a part of.
    pub fn get(&self) -> &'r V {
        self.0
    }
    /// Lends the part, or a copy of it.
    pub fn hold<'x, X: ?Sized + ToOwned>(&self, part: &'x X) -> LocalPart<'x, X> {
        LocalPart(part, None)
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

/// What is there to be printed.
#[diagnostic::on_unimplemented(
    message = "this value is not computed until the graph runs, so it can't be printed here",
    label = "a lazy value",
    note = "call a function that takes it and does the printing"
)]
pub trait Computed {}

impl<'g, T> Shown<'_, Node<'g, T>> {
    /// Refused.
    pub fn now(self)
    where
        Node<'g, T>: Computed,
    {
    }
}
impl<'g, T> Shown<'_, &Node<'g, T>> {
    /// Refused.
    pub fn now(self)
    where
        Node<'g, T>: Computed,
    {
    }
}
impl<'g, C: Collection<'g>> Shown<'_, C> {
    /// Refused.
    pub fn now(self)
    where
        C: Computed,
    {
    }
}

/// [`Shown`] for plain values.
pub trait ShownPlain {
    /// Nothing to say against it.
    fn now(self);
}
impl<V: ?Sized> ShownPlain for &Shown<'_, V> {
    fn now(self) {}
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
        Self::Plain: Keepable + Sync;
}
impl<V> KeepPlain for Keep<'_, V> {
    type Plain = V;
    fn keep(self) -> Captured<V, ByText>
    where
        V: Keepable + Sync,
    {
        Captured::new(self.0.clone())
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Operations

/// An operation that calls `call` with what `inputs` lend.
#[inline]
pub fn op<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    raw::op_node(site, inputs, call)
}

/// What a call gave, not told apart yet.
#[derive(Debug)]
pub struct Gave<'s, X>(X, PhantomData<&'s ()>);

impl<'s> Scope<'s, '_> {
    /// Takes what the call gave.
    #[inline]
    pub fn give<X>(self, given: X) -> Gave<'s, X> {
        Gave(given, PhantomData)
    }
}

impl<'s, R> Gave<'s, Node<'s, R>> {
    /// A subgraph, to run in the operation's place.
    #[inline]
    pub fn settle(self) -> Outcome<'s, R> {
        Outcome(Given::Subgraph(self.0))
    }
}

impl<'s, R> Gave<'s, Node<'s, R>> {
    /// A subgraph, to run in the operation's place; nobody uses its value.
    pub fn settle_unused(self) -> Outcome<'s, R> {
        self.settle()
    }
}

/// [`Gave`] for values that nobody uses: they may borrow from what the operation is lent.
pub trait GiveUnused<'s> {
    /// No value.
    fn settle_unused(self) -> Outcome<'s, ()>;
}
impl<'s, X> GiveUnused<'s> for Gave<'s, X> {
    fn settle_unused(self) -> Outcome<'s, ()> {
        drop(self.0);
        Outcome(Given::Value(()))
    }
}

/// [`Gave`] for values.
pub trait GivePlain<'s> {
    /// The value's type.
    type Plain;
    /// The operation's value.
    fn settle(self) -> Outcome<'s, Self::Plain>;
}
impl<'s, X> GivePlain<'s> for Gave<'s, X> {
    type Plain = X;
    #[inline]
    fn settle(self) -> Outcome<'s, X> {
        Outcome(Given::Value(self.0))
    }
}

/// A call that is an operation if one of its inputs is lazy, and is made now if none is.
#[derive(Debug)]
pub struct Assoc<I>(&'static Site, I);

/// Wraps the call's inputs.
pub fn assoc<I>(site: &'static Site, inputs: I) -> Assoc<I> {
    Assoc(site, inputs)
}

/// No input is lazy.
#[derive(Debug)]
pub struct Now;
/// Some input is lazy.
#[derive(Debug)]
pub struct Later;

/// Whether an input is lazy.
pub trait Timing {
    /// [`Now`] or [`Later`].
    type When;
}

impl<T> Timing for Node<'_, T> {
    type When = Later;
}
impl<T> Timing for &Node<'_, T> {
    type When = Later;
}
impl<T> Timing for &mut Node<'_, T> {
    type When = Later;
}
impl<T> Timing for CopiedBy<'_, '_, T> {
    type When = Later;
}
impl<N> Timing for Cloned<N> {
    type When = Later;
}
impl<N> Timing for Kept<N> {
    type When = Later;
}
impl<V, D> Timing for Captured<V, D> {
    type When = Now;
}
impl<V, D> Timing for Local<'_, V, D> {
    type When = Now;
}
impl<V> Timing for LocalMut<'_, V> {
    type When = Now;
}
impl<X: ?Sized + ToOwned> Timing for LocalPart<'_, X> {
    type When = Now;
}

/// An input that is there now.
pub trait Here {
    /// What the call gets.
    type Given;
    /// Gives it.
    fn here(self) -> Self::Given;
}
impl<V, D> Here for Captured<V, D> {
    type Given = V;
    fn here(self) -> V {
        self.0.expect("given once")
    }
}
impl<'r, V, D> Here for Local<'r, V, D> {
    type Given = &'r V;
    fn here(self) -> &'r V {
        self.0
    }
}
impl<'r, V> Here for LocalMut<'r, V> {
    type Given = &'r mut V;
    fn here(self) -> &'r mut V {
        self.0
    }
}
impl<'r, X: ?Sized + ToOwned> Here for LocalPart<'r, X> {
    type Given = &'r X;
    fn here(self) -> &'r X {
        self.0
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),*; $folded:ty) => {
        impl<$($name: Timing),*> Timing for ($($name,)*) where $($name::When: AnyTime,)* {
            type When = $folded;
        }
        impl<$($name: Here),*> Here for ($($name,)*) {
            type Given = ($($name::Given,)*);
            fn here(self) -> Self::Given {
                ($(self.$index.here(),)*)
            }
        }
    };
}

/// [`Now`] or [`Later`].
pub trait AnyTime {
    /// The later of the two.
    type With<Other: AnyTime>: AnyTime;
}
impl AnyTime for Now {
    type With<Other: AnyTime> = Other;
}
impl AnyTime for Later {
    type With<Other: AnyTime> = Later;
}

tuples!(A 0; A::When);
tuples!(A 0, B 1; <A::When as AnyTime>::With<B::When>);
tuples!(A 0, B 1, C 2; <A::When as AnyTime>::With<<B::When as AnyTime>::With<C::When>>);
tuples!(A 0, B 1, C 2, D 3; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<D::When>>>);
tuples!(A 0, B 1, C 2, D 3, E 4; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<E::When>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<F::When>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<G::When>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<H::When>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<I::When>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<J::When>>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<<J::When as AnyTime>::With<K::When>>>>>>>>>>);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11; <A::When as AnyTime>::With<<B::When as AnyTime>::With<<C::When as AnyTime>::With<<D::When as AnyTime>::With<<E::When as AnyTime>::With<<F::When as AnyTime>::With<<G::When as AnyTime>::With<<H::When as AnyTime>::With<<I::When as AnyTime>::With<<J::When as AnyTime>::With<<K::When as AnyTime>::With<L::When>>>>>>>>>>>);

/// Makes the call of the right kind.
pub trait Mode {
    /// The call.
    type Call<I>;
    /// Makes it.
    fn call<I>(site: &'static Site, inputs: I) -> Self::Call<I>;
}
impl Mode for Now {
    type Call<I> = NowCall<I>;
    fn call<I>(_: &'static Site, inputs: I) -> NowCall<I> {
        NowCall(inputs)
    }
}
impl Mode for Later {
    type Call<I> = LaterCall<I>;
    fn call<I>(site: &'static Site, inputs: I) -> LaterCall<I> {
        LaterCall(site, inputs)
    }
}

impl<I: Timing> Assoc<I>
where
    I::When: Mode,
{
    /// Tells by the inputs' types which it is.
    pub fn mode(self) -> <I::When as Mode>::Call<I> {
        <I::When as Mode>::call(self.0, self.1)
    }
}

/// A call that is made now.
#[derive(Debug)]
pub struct NowCall<I>(I);
/// A call that is an operation.
#[derive(Debug)]
pub struct LaterCall<I>(&'static Site, I);

/// Stands for [`Scope`] in a call that is made now.
#[derive(Debug, Clone, Copy)]
pub struct NowScope;

/// What a call gave that was made now.
#[derive(Debug)]
pub struct GaveNow<X>(X);

impl NowScope {
    /// Takes what the call gave.
    pub fn give<X>(self, given: X) -> GaveNow<X> {
        GaveNow(given)
    }
}
impl<X> GaveNow<X> {
    /// Gives it back.
    pub fn settle(self) -> X {
        self.0
    }
}

impl<I: Here> NowCall<I> {
    /// Makes the call.
    pub fn run<X>(self, call: impl FnOnce(I::Given, NowScope) -> X) -> X {
        call(self.0.here(), NowScope)
    }
}
impl<I> LaterCall<I> {
    /// Makes the operation.
    pub fn run<'g, F, R>(self, call: F) -> Node<'g, R>
    where
        I: Input<'g>,
        F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
        R: Send + 'g,
    {
        raw::op_node(self.0, self.1, call)
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Results, effects, parts

/// What an attribute on a statement sets of its operation.
#[derive(Debug, Default)]
pub struct Options {
    label: Option<Box<str>>,
}

impl Options {
    /// Nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The operation's label.
    #[must_use]
    pub fn label(mut self, label: impl Into<Box<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the options of an operation that has just been made.
    pub fn set<'g, R>(self, node: Node<'g, R>) -> Node<'g, R> {
        let location = crate::graph::location_of(node.handle().header());
        raw::annotate(node.handle(), self.label, location);
        node
    }
}

/// A value that must be a node: a tail, a returned value, a branch.
pub struct Tail<V>(Cell<Option<V>>);

impl<V> Tail<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }

    fn inner(&self) -> V {
        self.0.take().expect("a wrapped value is taken once")
    }
}
impl<'g, T> Tail<Node<'g, T>> {
    /// The node.
    pub fn tail(self) -> Node<'g, T> {
        self.inner()
    }
}
impl<'g, C: Collection<'g> + Lazy<'g> + 'g> Tail<C> {
    /// The nodes, collected.
    pub fn tail(self) -> Node<'g, C::Value> {
        CollectNode::new(self.inner())
    }
}
/// [`Tail`] for plain values that can be shown.
pub trait TailShown<'g> {
    /// The value's type.
    type Plain;
    /// A node with the value.
    fn tail(self) -> Node<'g, Self::Plain>;
}
impl<'g, V: Debug + Send + 'g> TailShown<'g> for Tail<V> {
    type Plain = V;
    fn tail(self) -> Node<'g, V> {
        raw::data_node::<V, ByDebug>(&DATA, self.inner())
    }
}
/// [`Tail`] for other plain values.
pub trait TailPlain<'g> {
    /// The value's type.
    type Plain;
    /// A node with the value.
    fn tail(self) -> Node<'g, Self::Plain>;
}
impl<'g, V: Send + 'g> TailPlain<'g> for &Tail<V> {
    type Plain = V;
    fn tail(self) -> Node<'g, V> {
        raw::data_node::<V, ByText>(&DATA, self.inner())
    }
}

/// A node with a value that is surely plain, shown as it is written.
pub fn data_at<'g, V: Send + 'g>(site: &'static Site, value: V) -> Node<'g, V> {
    raw::data_node::<V, ByText>(site, value)
}

/// A node with a value that is surely plain.
pub fn data<'g, V: Send + 'g>(value: V) -> Node<'g, V> {
    raw::data_node::<V, ByText>(&DATA, value)
}

/// The operations that a function calls for their effects: its result waits for them.
pub struct Effects<'g>(Mutex<After<'g>>);

static AFTER: Site = Site { label: "after", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

impl<'g> Effects<'g> {
    /// None yet.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(Mutex::new(After::new()))
    }

    fn push<T>(&self, node: Node<'g, T>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(node);
    }

    /// The function's result, which waits for the effects so far.
    pub fn finish<R: Send + 'g>(&self, result: Node<'g, R>) -> Node<'g, R> {
        let effects = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), After::new());
        if effects.is_empty() {
            return result;
        }
        raw::op_node(&AFTER, (result, effects), |(value, ()): (R, ()), _| Outcome(Given::Value(value)))
    }
}

/// A value that is not used.
pub struct Discard<V>(Cell<Option<V>>);

impl<V> Discard<V> {
    /// Wraps the value.
    pub fn new(value: V) -> Self {
        Self(Cell::new(Some(value)))
    }
}
impl<'g, T> Discard<Node<'g, T>> {
    /// The operation runs all the same.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(node) = self.0.take() {
            effects.push(node);
        }
    }
}
impl<'g, C: Collection<'g> + Lazy<'g> + 'g> Discard<C> {
    /// The operations run all the same.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(nodes) = self.0.take().filter(|nodes| nodes.count() > 0) {
            effects.push(CollectNode::new(nodes));
        }
    }
}
impl<'g, T> Discard<&Node<'g, T>> {
    /// The operation runs all the same; the node stays usable.
    pub fn discard(self, effects: &Effects<'g>) {
        if let Some(node) = self.0.take() {
            effects.push(Node::<T>::from_handle(node.handle().share()));
        }
    }
}
/// [`Discard`] for plain values.
pub trait DiscardPlain {
    /// Drops the value.
    fn discard(self, effects: &Effects<'_>);
}
impl<V> DiscardPlain for &Discard<V> {
    fn discard(self, _: &Effects<'_>) {
        drop(self.0.take());
    }
}

/// A tuple's parts, each to be taken by one node.
pub trait Split<'g> {
    /// The nodes of the parts.
    type Parts;
    /// Splits the node.
    fn split(self) -> Self::Parts;
}

/// Splits a node of a tuple into nodes of its parts.
pub fn split<'g, S: Split<'g>>(node: S) -> S::Parts {
    node.split()
}

/// The site of the node that holds a tuple's parts, which graphs don't show.
pub(crate) static PARTS: Site = Site { label: "parts", form: "\u{1}_\u{2}", file: "", line: 0, column: 0 };

macro_rules! splits {
    ($($name:ident $part:ident $index:tt $site:ident $label:literal),*) => {
        impl<'g, $($name: Send + 'g),*> Split<'g> for Node<'g, ($($name,)*)> {
            type Parts = ($(Node<'g, $name>,)*);
            fn split(self) -> Self::Parts {
                let parts = raw::op_node(&PARTS, (self,), |(whole,): (($($name,)*),), _| {
                    Outcome(Given::Value(($(Mutex::new(Some(whole.$index)),)*)))
                });
                ($({
                    static SITE: Site = Site {
                        label: $label, form: concat!("\u{1}_\u{2}", $label), file: "", line: 0, column: 0,
                    };
                    raw::op_node(&SITE, (&parts,), |(parts,), _| {
                        let part = parts.$index.lock().unwrap_or_else(PoisonError::into_inner).take();
                        Outcome(Given::Value(part.expect("each part is taken once")))
                    })
                },)*)
            }
        }
    };
}
splits!(A a 0 S0 ".0");
splits!(A a 0 S0 ".0", B b 1 S1 ".1");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5", G g 6 S6 ".6");
splits!(A a 0 S0 ".0", B b 1 S1 ".1", C c 2 S2 ".2", D d 3 S3 ".3", E e 4 S4 ".4", F f 5 S5 ".5", G g 6 S6 ".6",
    H h 7 S7 ".7");
