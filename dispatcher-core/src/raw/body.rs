//! What nodes do when they run: the typed half of `header.rs`.
//!
//! An [`Input`] says how an operation uses a value. It becomes edges and a [`Held`], which stays in the node and, when the
//! node runs, lends the operation what it asked for. Edges are made and met in the same order, so a value's type is known
//! where it is read: nothing is downcast.
//!
//! The `unsafe` functions that go into a `VTable` ask for what its fields say: a live node of the table's types, that is the
//! caller's.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll};

use super::assembly::Assembly;
use super::header::{
    Block, Describe, Handle, Header, Phase, Step, VTable, What, discard, drop_body, edges, home_of, owner_of, put,
    slot_of, take,
};
use super::port::{EdgeKind, Edges, holds};
use crate::node::Node;
use crate::site::Site;

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
pub struct Lending<H: ?Sized>(bool, PhantomData<fn() -> PhantomData<H>>);

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
    /// Shows the value, in the order of the inputs.
    #[doc(hidden)]
    fn describe(&self, out: &mut dyn Describe);
}

/// The values of a running operation's edges, in order.
pub struct Inputs<'s> {
    edges: Edges<'s>,
}

impl<'s> Inputs<'s> {
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
    unsafe fn take<T>(&mut self) -> T {
        // SAFETY: a taker runs alone: its version's readers are done, and nobody comes after it.
        unsafe { take(self.next_home()) }.expect("a value is there until it is taken")
    }

    /// The next edge's value, lent.
    ///
    /// # Safety
    /// The edge is of any kind but `Order`, on a value of type `T`.
    unsafe fn read<T>(&mut self) -> &'s T {
        // SAFETY: readers share the value until each has finished, which is not before `'s` ends.
        unsafe { slot_of::<T>(self.next_home()).as_ref() }.get().expect("a value is there while it has readers")
    }

    /// The next edge's value, lent for update.
    ///
    /// # Safety
    /// The edge is an `Update` edge on a value of type `T`.
    unsafe fn update<T>(&mut self) -> &'s mut T {
        // SAFETY: an updater runs alone, as in `take`.
        unsafe { slot_of::<T>(self.next_home()).as_mut() }.get_mut().expect("a value is there until it is taken")
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
        node.push(self.handle().share(), EdgeKind::Read);
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
        node.push(self.0.handle().share(), EdgeKind::Read);
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
        node.push(self.0.handle().share(), EdgeKind::Read);
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
        node.push(self.0.handle().share(), EdgeKind::Read);
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
        // SAFETY: made with one `Move` edge on a `Node<T>`.
        self.0.insert(unsafe { inputs.take() })
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
        unsafe { if home.as_ref().port.holds(holds::VALUE) == 0 { None } else { take(home) } }
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

/// What an operation waits for, without using its value; and operations that have been made, some of which nobody may need.
pub struct After<'g> {
    waits: Vec<Handle>,
    made: Vec<Handle>,
    of: PhantomData<Box<dyn Send + Sync + 'g>>,
}

impl<'g> After<'g> {
    /// Waits for nothing yet.
    pub(crate) const fn new() -> Self {
        Self { waits: Vec::new(), made: Vec::new(), of: PhantomData }
    }

    /// Waits for `node` too.
    pub(crate) fn push<T>(&mut self, node: Node<'g, T>) {
        self.waits.push(node.into_handle());
    }

    /// Waits for what `others` waits for, too.
    pub(crate) fn extend(&mut self, others: &After<'g>) {
        self.waits.extend(others.waits.iter().map(Handle::share));
    }

    /// Whether it waits for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.waits.is_empty()
    }

    /// Waits for `node` too, which somebody else uses.
    pub(crate) fn push_shared<T>(&mut self, node: &Node<'g, T>) {
        self.waits.push(node.handle().share());
    }

    /// Waits for `node` too, if it turns out that nobody needs it.
    #[inline]
    pub(crate) fn note<T>(&mut self, node: &Node<'g, T>) {
        node.handle().watch();
        self.made.push(node.handle().share());
    }

    /// Finds out what nobody needs; false if there is nothing to wait for before `result`.
    pub(crate) fn settle<T>(&mut self, result: &Node<'g, T>) -> bool {
        self.waits.iter().chain([result.handle()]).for_each(Handle::need);
        let made = std::mem::take(&mut self.made);
        self.waits.extend(made.into_iter().filter(Handle::is_needless));
        !self.waits.is_empty()
    }
}

impl Sealed for After<'_> {}
impl Lend<'_> for After<'_> {
    type Lent = ();
}
impl Held for After<'_> {
    const LENDING: Lending<Self> = Lending::by_value::<()>();
    fn lend<'s>(&'s mut self, _: &mut Inputs<'s>) {}
    fn describe(&self, _: &mut dyn Describe) {}
}
impl<'g> Input<'g> for After<'g> {
    type Held = After<'g>;
    fn prepare(&mut self) -> (usize, usize) {
        (self.waits.len(), 0)
    }
    fn hold(mut self, node: &mut Assembly) -> Self::Held {
        for waited_for in self.waits.drain(..) {
            node.push(waited_for, EdgeKind::Order);
        }
        After::new()
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
        node.push(from.handle().share(), EdgeKind::Read);
        Self(PhantomData)
    }

    /// The value: moved if the edge moves, else cloned by `clone`.
    pub(crate) fn value(&self, inputs: &mut Inputs<'_>, clone: Option<fn(&T) -> T>) -> T {
        match clone {
            // SAFETY: the caller pairs `moved` with no clone, `read` with one; both made one edge on a `Node<T>`.
            None => unsafe { inputs.take() },
            Some(clone) => {
                // SAFETY: as above; readers share the value until each has finished.
                let value = unsafe { slot_of::<T>(inputs.next_home()).as_ref() };
                clone(value.get().expect("a value is there while it has readers"))
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
            fn describe(&self, out: &mut dyn Describe) {
                $(self.$index.describe(out);)*
            }
        }
        #[allow(unused_variables, unused_mut, clippy::unused_unit)]
        impl<'g, $($name: Input<'g>),*> Input<'g> for ($($name,)*) {
            type Held = ($($name::Held,)*);
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
tuples!();
tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);

/// Ties what an operation gives to how long its inputs are lent (`'s`), which is no longer than the graph lives (`'g`).
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s, 'g>(PhantomData<&'s &'g ()>);

/// What an operation gives: a value, or a subgraph to run in its place.
pub struct Outcome<'s, R>(pub(crate) Given<'s, R>);

pub(crate) enum Given<'s, R> {
    Value(R),
    Subgraph(Node<'s, R>),
    /// A future, to wait for in the operation's place.
    Future(Pin<Box<dyn Future<Output = R> + Send + 's>>),
    /// No value, and no failure either: what needs it is skipped.
    Absent,
}

impl<R> fmt::Debug for Outcome<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Given::Value(_) => "Outcome::Value",
            Given::Subgraph(_) => "Outcome::Subgraph",
            Given::Future(_) => "Outcome::Future",
            Given::Absent => "Outcome::Absent",
        })
    }
}

/// An operation's body.
struct Call<H, F> {
    held: H,
    call: ManuallyDrop<F>,
}

struct CallTable<'g, R, H, F>(PhantomData<(&'g (), R, H, F)>);

impl<'g, R, H, F> CallTable<'g, R, H, F>
where
    R: Send + 'g,
    H: Held + Send + 'g,
    F: for<'s> FnOnce(<H as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
{
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<R, Call<H, F>>>(),
        what: What::Call,
        run: Self::run,
        drop_body: Self::drop_body,
        drop_value: dropper::<R>(),
        poll: None,
        describe: Self::describe,
        lends: H::LENDING.0,
    };

    /// # Safety
    /// `node` heads a live block of these types.
    unsafe fn body(node: NonNull<Header>) -> *mut Call<H, F> {
        // SAFETY: by the caller's word.
        UnsafeCell::raw_get(unsafe { &raw const (*node.cast::<Block<R, Call<H, F>>>().as_ptr()).body })
    }

    unsafe fn run(node: NonNull<Header>) -> Step {
        // SAFETY: the node is claimed and ready, so its body is ours, and whole: a node runs once. What is lent (`'s`) is
        // the body's inputs and the values of the edges: both stay until the node has finished, and a subgraph that
        // borrows them is gone before that (`run.rs`). A node that lends nothing (`Lending`) may go before its subgraph:
        // then `call`, which must do for every `'s`, can borrow nothing that doesn't live for `'g`.
        unsafe {
            if node.as_ref().port.may_be_absent() && skip(node) {
                Self::drop_body(node);
                return Step::Done;
            }
            let body = Self::body(node);
            let mut inputs = Inputs { edges: edges(node) };
            // Before the closure is taken out: a `Clone` may panic here.
            let lent = (*body).held.lend(&mut inputs);
            let call = ptr::read(&raw const (*body).call);
            node.as_ref().port.release(holds::CALL);
            match ManuallyDrop::into_inner(call)(lent, Scope(PhantomData)).0 {
                Given::Value(value) => {
                    Self::drop_body(node);
                    put(node, value);
                    Step::Done
                }
                Given::Absent => {
                    Self::drop_body(node);
                    node.as_ref().port.set_absent();
                    Step::Done
                }
                Given::Subgraph(result) => {
                    let result = result.into_handle();
                    if let Some(value) = take_if_done(&result) {
                        drop(result);
                        Self::drop_body(node);
                        put::<R>(node, value);
                        return Step::Done;
                    }
                    bring_home::<R>(node, result);
                    Step::Expanded
                }
                Given::Future(future) => {
                    let site = node.as_ref().site;
                    let assembly = Assembly::new::<R, AnyFuture<'_, R>>(0, 0, false);
                    let future = assembly.finish(FutureTable::<R>::TABLE, site, future, holds::CALL, None::<R>);
                    bring_home::<R>(node, future);
                    Step::Expanded
                }
            }
        }
    }

    unsafe fn drop_body(node: NonNull<Header>) {
        // SAFETY: the flags say what of the body is left; each part is dropped once.
        unsafe {
            let body = Self::body(node);
            let left = node.as_ref().port.release(holds::CALL | holds::INPUTS);
            if left & holds::CALL != 0 {
                ManuallyDrop::drop(&mut (*body).call);
            }
            if left & holds::INPUTS != 0 {
                ptr::drop_in_place(&raw mut (*body).held);
            }
        }
    }

    unsafe fn describe(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
        // SAFETY: the node is claimed or exclusive; an operation that hasn't run has its inputs whole.
        unsafe {
            if node.as_ref().port.holds(holds::CALL) == 0 {
                return false;
            }
            (*Self::body(node)).held.describe(out);
        }
        true
    }
}

/// Makes the node that brings a result home to `node`.
///
/// # Safety
/// The node is run by the caller, gives an `R`, and `result` is a `Node<R>`'s.
unsafe fn bring_home<R>(node: NonNull<Header>, result: Handle) {
    // SAFETY: by the caller's word.
    let header = unsafe { node.as_ref() };
    let mut assembly = Assembly::new::<(), Homeward>(1, 0, false);
    assembly.push(result, EdgeKind::Move);
    let child = assembly.finish(HomewardTable::<R>::TABLE, header.site, Homeward(node), holds::CALL, None::<()>);
    header.set_child(child);
}

type AnyFuture<'s, R> = Pin<Box<dyn Future<Output = R> + Send + 's>>;

/// The node of a future that an operation gave: it is polled where another node is run.
struct FutureTable<R>(PhantomData<R>);

impl<R> FutureTable<R> {
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<R, AnyFuture<'static, R>>>(),
        what: What::Future,
        run: Self::run,
        drop_body: Self::drop_body,
        drop_value: dropper::<R>(),
        poll: Some(Self::poll),
        describe: describe_edges,
        lends: false,
    };

    /// # Safety
    /// `node` heads a live block of these types, which is the caller's.
    unsafe fn future<'f>(node: NonNull<Header>) -> &'f mut AnyFuture<'f, R> {
        // SAFETY: by the caller's word; how long the future lives doesn't change how it lies in memory.
        unsafe { &mut *UnsafeCell::raw_get(&raw const (*node.cast::<Block<R, AnyFuture<'f, R>>>().as_ptr()).body) }
    }

    unsafe fn run(_: NonNull<Header>) -> Step {
        unreachable!("a future is polled")
    }

    unsafe fn poll(node: NonNull<Header>, context: &mut Context<'_>) -> Poll<()> {
        // SAFETY: the caller has the node's token, so the future is ours, and there: it is polled until it is ready, once.
        unsafe {
            let Poll::Ready(value) = Self::future(node).as_mut().poll(context) else { return Poll::Pending };
            Self::drop_body(node);
            put::<R>(node, value);
            Poll::Ready(())
        }
    }

    unsafe fn drop_body(node: NonNull<Header>) {
        // SAFETY: the flag says that the future is there; it is dropped once.
        unsafe {
            if node.as_ref().port.release(holds::CALL) != 0 {
                ptr::drop_in_place(Self::future(node));
            }
        }
    }
}

/// Where a value that the node needs isn't there, finishes the node without running it; true if so.
///
/// # Safety
/// The node is claimed and ready, and it is the caller who runs it.
#[cold]
unsafe fn skip(node: NonNull<Header>) -> bool {
    // SAFETY: the edges keep what they use alive, and what is used has finished. What the node was to take is its own.
    unsafe {
        let gone = |port| owner_of(port).as_ref().port.is_absent() || home_of(port).as_ref().port.is_absent();
        if !edges(node).any(|edge| gone(edge.port())) {
            return false;
        }
        for edge in edges(node).filter(|edge| edge.kind() == EdgeKind::Move) {
            discard(home_of(edge.port()));
        }
        node.as_ref().port.set_absent();
        true
    }
}

/// The value of a result that is there already and that nobody else refers to.
fn take_if_done<R>(result: &Handle) -> Option<R> {
    let owner = result.owner();
    // SAFETY: with one reference, ours, nobody else can reach the node. The caller's handle is a `Node<R>`'s.
    unsafe {
        let header = owner.as_ref();
        if header.refs().get() != 1
            || header.phase() != Phase::Done
            || owner != result.home()
            || header.port.holds(holds::VALUE) == 0
        {
            return None;
        }
        take(owner)
    }
}

const fn dropper<R>() -> Option<unsafe fn(NonNull<Header>)> {
    if std::mem::needs_drop::<R>() { Some(drop_value::<R>) } else { None }
}

unsafe fn drop_value<R>(node: NonNull<Header>) {
    // SAFETY: by the caller's word nobody else uses the value.
    drop(unsafe { slot_of::<R>(node).as_mut() }.take());
}

/// The body of the node that brings a subgraph's result home, to the operation that gave the subgraph.
struct Homeward(NonNull<Header>);

struct HomewardTable<R>(PhantomData<R>);

impl<R> HomewardTable<R> {
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<(), Homeward>>(),
        what: What::Homeward,
        run: Self::run,
        drop_body: nothing_left,
        drop_value: None,
        poll: None,
        describe: describe_edges,
        lends: false,
    };

    unsafe fn run(node: NonNull<Header>) -> Step {
        // SAFETY: the node is claimed and ready, and its one edge moves an `R`. Its home is expanded, hence alive, and its
        // slot is ours to write.
        unsafe {
            let home = (*home_on_the_way(node)).0;
            let mut inputs = Inputs { edges: edges(node) };
            put::<R>(home, inputs.take());
            Step::Returned(home)
        }
    }
}

/// The body of a node that brings a subgraph's result home.
///
/// # Safety
/// The node is alive, and such a node.
unsafe fn home_on_the_way(node: NonNull<Header>) -> *mut Homeward {
    // SAFETY: by the caller's word.
    UnsafeCell::raw_get(unsafe { &raw const (*node.cast::<Block<(), Homeward>>().as_ptr()).body })
}

/// The operation that gave the subgraph whose result `node` brings home.
///
/// # Safety
/// The node brings a result home, and is the caller's.
pub(super) unsafe fn destination(node: NonNull<Header>) -> NonNull<Header> {
    // SAFETY: by the caller's word.
    unsafe { (*home_on_the_way(node)).0 }
}

/// Sends the result that `node` brings to another operation.
///
/// # Safety
/// As [`destination`], and the other operation has a result of the same type.
pub(super) unsafe fn redirect(node: NonNull<Header>, to: NonNull<Header>) {
    // SAFETY: by the caller's word.
    unsafe { (*home_on_the_way(node)).0 = to };
}

unsafe fn nothing_left(node: NonNull<Header>) {
    // SAFETY: the caller has the node to itself.
    unsafe { node.as_ref() }.port.release(holds::ANYTHING);
}

unsafe fn describe_edges(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
    // SAFETY: the node is alive.
    for _ in 0..unsafe { node.as_ref() }.edge_count() {
        out.edge();
    }
    true
}

/// How a node that is there from the start shows its value.
struct DataTable<T, S>(PhantomData<(T, S)>);

impl<T: Send, S: ShowData<T>> DataTable<T, S> {
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<T, ()>>(),
        what: What::Data,
        run: Self::run,
        drop_body: nothing_left,
        drop_value: dropper::<T>(),
        poll: None,
        describe: Self::describe,
        lends: false,
    };

    unsafe fn run(_: NonNull<Header>) -> Step {
        Step::Done
    }

    unsafe fn describe(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
        // SAFETY: the node is claimed or exclusive, so nobody takes the value meanwhile.
        match unsafe { slot_of::<T>(node).as_ref() }.get() {
            Some(value) => S::show(value, out),
            None => return false,
        }
        true
    }
}

/// How a plain value is shown.
pub trait ShowData<T> {
    #[doc(hidden)]
    fn show(value: &T, out: &mut dyn Describe);
}

/// Shows a value by its `Debug`.
#[derive(Debug)]
pub struct ByDebug;

impl<T: fmt::Debug> ShowData<T> for ByDebug {
    fn show(value: &T, out: &mut dyn Describe) {
        out.shown(value);
    }
}

/// Shows a value by the text that it was written with.
#[derive(Debug)]
pub struct ByText;

impl<T> ShowData<T> for ByText {
    fn show(_: &T, out: &mut dyn Describe) {
        out.opaque();
    }
}

/// A node whose value is there.
pub(crate) fn data_node<'g, T: Send + 'g, S: ShowData<T>>(site: &'static Site, value: T) -> Node<'g, T> {
    let assembly = Assembly::new::<T, ()>(0, 0, false);
    let handle = assembly.finish(DataTable::<T, S>::TABLE, site, (), 0, Some(value));
    Node::from_handle(handle)
}

/// A node that runs `call` on what its inputs lend.
#[inline]
pub(crate) fn op_node<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    assemble(site, inputs, call, Kind::Call)
}

/// As [`op_node`], for a node that only passes values on: it has no effect of its own, so it needn't run where nobody needs
/// it, and what it uses is needed only when it is.
pub(crate) fn passing_node<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    assemble(site, inputs, call, Kind::Passing)
}

/// As [`op_node`], for an operation that may finish without a value.
pub(crate) fn absent_node<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    assemble(site, inputs, call, Kind::MayBeAbsent)
}

/// As [`op_node`], for an operation that runs also where a value that it waits for isn't there.
pub(crate) fn catching_node<'g, I, F, R>(site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    assemble(site, inputs, call, Kind::Catching)
}

/// What is particular about an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Call,
    Passing,
    MayBeAbsent,
    Catching,
}

#[inline]
fn assemble<'g, I, F, R>(site: &'static Site, mut inputs: I, call: F, kind: Kind) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    let (edges, updates) = inputs.prepare();
    let mut assembly = Assembly::new::<R, Call<I::Held, F>>(edges, updates, kind == Kind::Passing);
    let held = inputs.hold(&mut assembly);
    match kind {
        Kind::Call | Kind::Passing => {}
        Kind::MayBeAbsent => assembly.may_be_absent(),
        Kind::Catching => assembly.never_absent(),
    }
    let body = Call { held, call: ManuallyDrop::new(call) };
    let table = CallTable::<'g, R, I::Held, F>::TABLE;
    Node::from_handle(assembly.finish::<R, _>(table, site, body, holds::CALL | holds::INPUTS, None))
}

/// The result of a node that has run, taken out; nothing if it isn't there.
///
/// # Safety
/// No run holds the node, and the node is a `Node<T>`'s.
pub(super) unsafe fn take_result<T>(handle: &Handle) -> Option<T> {
    // SAFETY: by the caller's word.
    unsafe { take(handle.home()) }
}

/// Drops what is left of a body, and the value.
///
/// # Safety
/// Nobody else touches the node.
pub(super) unsafe fn clear(node: NonNull<Header>) {
    // SAFETY: by the caller's word.
    unsafe {
        discard(node);
        drop_body(node);
    }
}
