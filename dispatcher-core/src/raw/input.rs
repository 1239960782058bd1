//! How operations use values: what an input is before the operation exists, and what of it stays in the node.
//!
//! An [`Input`] becomes edges and a [`Held`], which, when the node runs, lends the operation what it asked for. Edges are made
//! and met in the same order, so a value's type is known where it is read: nothing is downcast.

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::assembly::Assembly;
use super::edge::{EdgeKind, Edges};
use super::header::{Describe, Header, home_of, take, value_of, value_of_mut};
use crate::node::Node;

/// Keeps the traits of this module from being implemented elsewhere: the executors trust them with memory.
pub trait Sealed {}

/// What a [`Held`] lends for `'s`. The default parameter says that the lender lives that long.
pub trait Lend<'s, Bound = &'s Self> {
    /// What the operation gets.
    type Lent;
}

/// How an operation uses one value, before the operation exists: a node, a borrow of one, or a captured value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an input of an operation",
    label = "an operation may run on another thread, so what it takes must be `Send`, and what it reads `Send + Sync`"
)]
pub trait Input<'g>: Sealed {
    /// What stays in the node.
    type Held: Held + Send + 'g;
    /// All its edges take what they use.
    #[doc(hidden)]
    const TAKES: bool = false;
    /// Gets ready, and says how many edges there will be, and how many of them update. User code (a `Clone`) runs here.
    #[doc(hidden)]
    fn prepare(&mut self) -> (usize, usize);
    /// Adds the edges.
    #[doc(hidden)]
    fn hold(self, node: &mut Assembly) -> Self::Held;
}

/// Whether what a [`Held`] lends may borrow from the node that it stays in.
///
/// That it doesn't is a matter of memory safety, so it can only be said where the compiler has seen it ([`by_value`]).
///
/// [`by_value`]: Lending::by_value
pub struct Lending<H: ?Sized>(pub(super) bool, PhantomData<fn() -> PhantomData<H>>);

impl<H: Sized> Lending<H> {
    /// It may.
    pub const BORROWED: Self = Self(true, PhantomData);

    /// It is an `X`, for however long it is lent: so it can't borrow from the node.
    #[must_use]
    pub const fn by_value<X>() -> Self
    where
        H: for<'s> Lend<'s, Lent = X>,
    {
        Self(false, PhantomData)
    }
}

#[cfg(feature = "remote")]
impl<H: ?Sized> Lending<H> {
    /// As what another lends, which is what this lends.
    pub(super) const fn as_of<I: ?Sized>(lending: &Lending<I>) -> Self {
        Self(lending.0, PhantomData)
    }
}

impl<H> fmt::Debug for Lending<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "Lending::BORROWED" } else { "Lending::by_value" })
    }
}

/// What stays in the node for one input.
pub trait Held: Sealed + for<'s> Lend<'s> + Sized {
    /// Whether what is lent may borrow from the node.
    #[doc(hidden)]
    const LENDING: Lending<Self>;
    /// Lends the operation its value. Called once, in the order of the inputs.
    #[doc(hidden)]
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent;
    /// Whether the value can be lent more than once.
    #[doc(hidden)]
    const AGAIN: bool = false;
    /// As [`lend`](Self::lend), so that the same value can be lent once more.
    #[doc(hidden)]
    fn lend_again<'s>(&'s mut self, _: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
        unreachable!("what is lent once is asked for once")
    }
    /// Puts what the last attempt updated back as it was.
    #[doc(hidden)]
    fn restore(&mut self) {}
    /// The type of a value that can be lent in one run only, as it isn't known how to clone it; none if there is no such value.
    #[doc(hidden)]
    fn once(&self) -> Option<&'static str> {
        None
    }
    /// As [`lend`](Self::lend), in a graph that is prepared: each run computes what the edges bring anew, and finds here what
    /// the last one found.
    #[doc(hidden)]
    #[inline]
    fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
        self.lend(inputs)
    }
    /// Drops what it has taken, in a graph that is prepared: the operation has run.
    #[doc(hidden)]
    #[inline]
    fn let_go(&mut self) {}
    /// Shows the value, in the order of the inputs.
    #[doc(hidden)]
    fn describe(&self, out: &mut dyn Describe);
}

/// For a value that is lent in the same way each time.
macro_rules! as_before {
    () => {
        const AGAIN: bool = true;
        #[inline]
        fn lend_again<'s>(&'s mut self, inputs: &mut $crate::raw::Inputs<'s>) -> <Self as $crate::raw::Lend<'s>>::Lent {
            self.lend(inputs)
        }
    };
}
pub(crate) use as_before;

/// The values of a running operation's edges, in order.
pub struct Inputs<'s> {
    edges: Edges<'s>,
}

impl<'s> Inputs<'s> {
    /// The values of these edges.
    pub(super) fn of(edges: Edges<'s>) -> Self {
        Self { edges }
    }

    #[inline]
    fn next_home(&mut self) -> NonNull<Header> {
        let edge = self.edges.next().expect("an input takes as many values as it has edges");
        // SAFETY: the edge keeps the port alive.
        unsafe { home_of(edge.port()) }
    }

    /// The next edge's value, taken.
    ///
    /// # Safety
    /// The edge is a `Move` or `Update` edge on a value of type `T`.
    pub(super) unsafe fn take<T>(&mut self) -> T {
        // SAFETY: a taker runs alone: its version's readers are done, and nobody comes after it.
        unsafe { take(self.next_home()) }.expect("a value is there until it is taken")
    }

    /// The next edge's value, lent.
    ///
    /// # Safety
    /// The edge is of any kind but `Order`, on a value of type `T`.
    pub(super) unsafe fn read<T>(&mut self) -> &'s T {
        // SAFETY: readers share the value until each has finished, which is not before `'s` ends.
        unsafe { value_of(self.next_home()) }.expect("a value is there while it has readers")
    }

    /// The next edge's value, lent for update.
    ///
    /// # Safety
    /// The edge is an `Update` edge on a value of type `T`.
    pub(super) unsafe fn update<T>(&mut self) -> &'s mut T {
        // SAFETY: an updater runs alone, as in `take`.
        unsafe { value_of_mut(self.next_home()) }.expect("a value is there until it is taken")
    }
}

/// `x`: the value, moved.
#[derive(Debug)]
pub struct Moved<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Moved<T> {}
impl<T> Lend<'_> for Moved<T> {
    type Lent = T;
}
impl<T> Held for Moved<T> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Move` edge on a `Node<T>`.
        unsafe { inputs.take() }
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}

impl<T> Sealed for Node<'_, T> {}
// Without `T: Send`, which the operation that gives the node has been asked for.
impl<'g, T: 'g> Input<'g> for Node<'g, T> {
    type Held = Moved<T>;
    const TAKES: bool = true;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Moved<T> {
        node.push(self.into_handle(), EdgeKind::Move);
        Moved(PhantomData)
    }
}

/// `&x`: the value, shared.
#[derive(Debug)]
pub struct Shared<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Shared<T> {}
impl<'s, T> Lend<'s> for Shared<T> {
    type Lent = &'s T;
}
impl<T> Held for Shared<T> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s T {
        // SAFETY: made with one `Read` edge on a `Node<T>`.
        unsafe { inputs.read() }
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}

impl<T> Sealed for &Node<'_, T> {}
impl<'g, T: Send + Sync + 'g> Input<'g> for &Node<'g, T> {
    type Held = Shared<T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Shared<T> {
        node.push_shared(self.handle(), EdgeKind::Read);
        Shared(PhantomData)
    }
}

/// `&mut x`: the value, updated in place.
#[derive(Debug)]
pub struct Updated<T>(PhantomData<fn() -> T>);

impl<T> Sealed for Updated<T> {}
impl<'s, T> Lend<'s> for Updated<T> {
    type Lent = &'s mut T;
}
impl<T> Held for Updated<T> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s mut T {
        // SAFETY: made with one `Update` edge on a `Node<T>`.
        unsafe { inputs.update() }
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}

impl<T> Sealed for &mut Node<'_, T> {}
impl<'g, T: Send + 'g> Input<'g> for &mut Node<'g, T> {
    type Held = Updated<T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 1)
    }
    fn hold(self, node: &mut Assembly) -> Updated<T> {
        node.push_update(self.handle_mut());
        Updated(PhantomData)
    }
}

/// `x` again, of a `Copy` type: a copy of the value, taken when the operation runs.
#[derive(Debug)]
pub struct Copied<N>(pub N);

impl<N> Sealed for Copied<N> {}
impl<T: Copy> Lend<'_> for Copied<PhantomData<fn() -> T>> {
    type Lent = T;
}
impl<T: Copy> Held for Copied<PhantomData<fn() -> T>> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Read` edge on a `Node<T>`.
        *unsafe { inputs.read() }
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Copy + Send + Sync + 'g> Input<'g> for Copied<&Node<'g, T>> {
    type Held = Copied<PhantomData<fn() -> T>>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        node.push_shared(self.0.handle(), EdgeKind::Read);
        Copied(PhantomData)
    }
}

/// [`Copied`], for the macros: that the type is `Copy` is checked where this is made, so that there is one error at the
/// argument, and none after it.
pub struct CopiedBy<'r, 'g, T>(pub(crate) &'r Node<'g, T>, pub(crate) fn(&T) -> T);

/// What stays in the node of a [`CopiedBy`].
#[derive(Debug)]
pub struct CopyBy<T>(fn(&T) -> T);

impl<T> Sealed for CopiedBy<'_, '_, T> {}
impl<T> Sealed for CopyBy<T> {}
impl<T> Lend<'_> for CopyBy<T> {
    type Lent = T;
}
impl<T> Held for CopyBy<T> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    #[inline]
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Read` edge on a `Node<T>`.
        (self.0)(unsafe { inputs.read() })
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Send + Sync + 'g> Input<'g> for CopiedBy<'_, 'g, T> {
    type Held = CopyBy<T>;
    #[inline]
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    #[inline]
    fn hold(self, node: &mut Assembly) -> CopyBy<T> {
        node.push_shared(self.0.handle(), EdgeKind::Read);
        CopyBy(self.1)
    }
}

/// `x.clone()`: a clone of the value, taken when the operation runs.
#[derive(Debug)]
pub struct Cloned<N>(pub N);

impl<N> Sealed for Cloned<N> {}
impl<T: Clone> Lend<'_> for Cloned<PhantomData<fn() -> T>> {
    type Lent = T;
}
impl<T: Clone> Held for Cloned<PhantomData<fn() -> T>> {
    const LENDING: Lending<Self> = Lending::by_value::<T>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> T {
        // SAFETY: made with one `Read` edge on a `Node<T>`.
        unsafe { inputs.read::<T>() }.clone()
    }
    as_before!();
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Clone + Send + Sync + 'g> Input<'g> for Cloned<&Node<'g, T>> {
    type Held = Cloned<PhantomData<fn() -> T>>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> Self::Held {
        node.push_shared(self.0.handle(), EdgeKind::Read);
        Cloned(PhantomData)
    }
}

/// `&g(x)`: a value that nobody else uses, taken for good and lent.
#[derive(Debug)]
pub struct Kept<N>(pub N);

/// A taken value that is being lent.
#[derive(Debug)]
pub struct KeptValue<T>(Option<T>);

impl<N> Sealed for Kept<N> {}
impl<T> Sealed for KeptValue<T> {}
impl<'s, T> Lend<'s> for KeptValue<T> {
    type Lent = &'s T;
}
impl<T> Held for KeptValue<T> {
    const LENDING: Lending<Self> = Lending::BORROWED;
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> &'s T {
        let home = inputs.next_home();
        // SAFETY: made with one `Move` edge on a `Node<T>`. What an attempt before has taken is still here.
        self.0.get_or_insert_with(|| unsafe { take(home) }.expect("a value is there until it is taken"))
    }
    as_before!();
    fn let_go(&mut self) {
        self.0 = None;
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: Send + 'g> Input<'g> for Kept<Node<'g, T>> {
    type Held = KeptValue<T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> KeptValue<T> {
        node.push(self.0.into_handle(), EdgeKind::Move);
        KeptValue(None)
    }
}

/// A value that may not be there: the operation gets an `Option`.
pub struct IfThere<N>(pub(crate) N);

/// What stays in the node of an [`IfThere`].
pub struct MaybeMoved<T>(PhantomData<fn() -> T>);

impl<N> Sealed for IfThere<N> {}
impl<T> Sealed for MaybeMoved<T> {}
impl<T> Lend<'_> for MaybeMoved<T> {
    type Lent = Option<T>;
}
impl<T> Held for MaybeMoved<T> {
    const LENDING: Lending<Self> = Lending::by_value::<Option<T>>();
    fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> Option<T> {
        let home = inputs.next_home();
        // SAFETY: made with one `Move` edge on a `Node<T>`, whose value is ours if it is there.
        unsafe { take(home) }
    }
    fn describe(&self, out: &mut dyn Describe) {
        out.edge();
    }
}
impl<'g, T: 'g> Input<'g> for IfThere<Node<'g, T>> {
    type Held = MaybeMoved<T>;
    fn prepare(&mut self) -> (usize, usize) {
        (1, 0)
    }
    fn hold(self, node: &mut Assembly) -> MaybeMoved<T> {
        node.push(self.0.into_handle(), EdgeKind::Move);
        MaybeMoved(PhantomData)
    }
}

/// Stands for an element of a collection whose node has become an edge.
#[derive(Debug)]
pub struct Element<T>(PhantomData<fn() -> T>);

impl<T> Element<T> {
    /// Makes the edge that moves the node's value.
    pub(crate) fn moved(from: Node<'_, T>, node: &mut Assembly) -> Self {
        node.push(from.into_handle(), EdgeKind::Move);
        Self(PhantomData)
    }

    /// Makes the edge that reads the node's value.
    pub(crate) fn read(from: &Node<'_, T>, node: &mut Assembly) -> Self {
        node.push_shared(from.handle(), EdgeKind::Read);
        Self(PhantomData)
    }

    /// The value: moved if the edge moves, else cloned by `clone`.
    #[inline]
    pub(crate) fn value(&self, inputs: &mut Inputs<'_>, clone: Option<fn(&T) -> T>) -> T {
        inputs.edges.look_ahead();
        match clone {
            // SAFETY: the caller pairs `moved` with no clone, `read` with one; both made one edge on a `Node<T>`.
            None => unsafe { inputs.take() },
            Some(clone) => {
                // SAFETY: as above; readers share the value until each has finished.
                let value = unsafe { value_of(inputs.next_home()) };
                clone(value.expect("a value is there while it has readers"))
            }
        }
    }
}

macro_rules! tuples {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Sealed),*> Sealed for ($($name,)*) {}
        impl<'s, $($name: Lend<'s>),*> Lend<'s> for ($($name,)*) {
            type Lent = ($($name::Lent,)*);
        }
        #[allow(unused_variables, clippy::unused_unit)]
        impl<$($name: Held),*> Held for ($($name,)*) {
            const LENDING: Lending<Self> = Lending(false $(|| $name::LENDING.0)*, PhantomData);
            #[inline]
            fn lend<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
                ($(self.$index.lend(inputs),)*)
            }
            const AGAIN: bool = true $(&& $name::AGAIN)*;
            #[inline]
            fn lend_again<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
                ($(self.$index.lend_again(inputs),)*)
            }
            fn restore(&mut self) {
                $(self.$index.restore();)*
            }
            fn once(&self) -> Option<&'static str> {
                None$(.or_else(|| self.$index.once()))*
            }
            #[inline]
            fn lend_in_each_run<'s>(&'s mut self, inputs: &mut Inputs<'s>) -> <Self as Lend<'s>>::Lent {
                ($(self.$index.lend_in_each_run(inputs),)*)
            }
            #[inline]
            fn let_go(&mut self) {
                $(self.$index.let_go();)*
            }
            fn describe(&self, out: &mut dyn Describe) {
                $(self.$index.describe(out);)*
            }
        }
        #[allow(unused_variables, unused_mut, clippy::unused_unit)]
        impl<'g, $($name: Input<'g>),*> Input<'g> for ($($name,)*) {
            type Held = ($($name::Held,)*);
            const TAKES: bool = true $(&& $name::TAKES)*;
            #[inline]
            fn prepare(&mut self) -> (usize, usize) {
                let mut counts = (0, 0);
                $(
                    let (edges, updates) = self.$index.prepare();
                    counts = (counts.0 + edges, counts.1 + updates);
                )*
                counts
            }
            #[inline]
            fn hold(self, node: &mut Assembly) -> Self::Held {
                ($(self.$index.hold(node),)*)
            }
        }
    };
}
each_tuple!(tuples);
