//! What nodes do when they run: the typed half of `header.rs`.
//!
//! The `unsafe` functions that go into a `VTable` ask for what its fields say: a live node of the table's types, that is the
//! caller's.

use std::alloc::Layout;
use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};

use super::assembly::{Assembly, Outline};
use super::edge::EdgeKind;
use super::future::{FutureTable, Waiting};
use super::handle::{Handle, let_go};
use super::header::{
    AgainFns, Anew, Block, Describe, Ended, Header, Phase, Step, Tell, VTable, What, discard, drop_body, drop_value,
    edges, home_of, owner_of, put, take, value_of,
};
use super::input::{Held, Input, Inputs, Lend};
use super::port::holds;
use crate::error::Cause;
use crate::node::Node;
use crate::site::Site;

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
    /// An error, with which the operation fails.
    Failed(Box<dyn std::error::Error + Send + Sync>),
    /// A panic that was caught: no value, if the operation isn't tried again.
    Caught(Box<dyn FnOnce() + Send + 's>),
}

impl<R> fmt::Debug for Outcome<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Given::Value(_) => "Outcome::Value",
            Given::Subgraph(_) => "Outcome::Subgraph",
            Given::Future(_) => "Outcome::Future",
            Given::Absent => "Outcome::Absent",
            Given::Failed(_) => "Outcome::Failed",
            Given::Caught(_) => "Outcome::Caught",
        })
    }
}

/// An operation's body.
struct Call<H, F> {
    held: H,
    call: ManuallyDrop<F>,
}

impl<H: Held, F> Call<H, F> {
    /// The body of a node.
    ///
    /// # Safety
    /// `node` heads a live block of these types.
    unsafe fn of<R>(node: NonNull<Header>) -> *mut Self {
        // SAFETY: by the caller's word.
        UnsafeCell::raw_get(unsafe { &raw const (*node.cast::<Block<R, Self>>().as_ptr()).body })
    }

    /// Drops what is left of the body.
    ///
    /// # Safety
    /// As [`of`](Self::of), and the body is the caller's.
    unsafe fn drop<R>(node: NonNull<Header>) {
        // SAFETY: the flags say what of the body is left; each part is dropped once.
        unsafe {
            let body = Self::of::<R>(node);
            let left = node.as_ref().port.release(holds::CALL | holds::INPUTS);
            if left & holds::CALL != 0 {
                ManuallyDrop::drop(&mut (*body).call);
            }
            if left & holds::INPUTS != 0 {
                ptr::drop_in_place(&raw mut (*body).held);
            }
        }
    }

    /// Shows the inputs; false if they are gone.
    ///
    /// # Safety
    /// As [`of`](Self::of), and the node is claimed or exclusive.
    unsafe fn describe<R>(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
        // SAFETY: an operation that hasn't run has its inputs whole.
        unsafe {
            if node.as_ref().port.holds(holds::CALL) == 0 {
                return false;
            }
            (*Self::of::<R>(node)).held.describe(out);
        }
        true
    }
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
        drop_body: Call::<H, F>::drop::<R>,
        drop_value: dropper::<R>(),
        #[cfg(feature = "remote")]
        result: super::plain::ResultFns::of::<R>(),
        fetch: fetch::<R>,
        poll: None,
        describe: Call::<H, F>::describe::<R>,
        lends: H::LENDING.0,
        again: None,
        anew: Anew::Once,
    };

    unsafe fn run(node: NonNull<Header>) -> Step {
        // SAFETY: the node is claimed and ready, so its body is ours, and whole: a node runs once. What is lent (`'s`) is
        // the body's inputs and the values of the edges: both stay until the node has finished, and a subgraph that
        // borrows them is gone before that (`run.rs`). A node that lends nothing (`Lending`) may go before its subgraph:
        // then `call`, which must do for every `'s`, can borrow nothing that doesn't live for `'g`.
        unsafe {
            if node.as_ref().port.may_be_absent() && skip(node) {
                Call::<H, F>::drop::<R>(node);
                return Step::Done;
            }
            let body = Call::<H, F>::of::<R>(node);
            let mut inputs = Inputs::of(edges(node));
            // Before the closure is taken out: a `Clone` may panic here.
            let lent = (*body).held.lend(&mut inputs);
            let call = ptr::read(&raw const (*body).call);
            node.as_ref().port.release(holds::CALL);
            let given = ManuallyDrop::into_inner(call)(lent, Scope(PhantomData)).0;
            take_in(node, given, Call::<H, F>::drop::<R>)
        }
    }
}

/// An operation that may be called again.
struct Again<F, J> {
    /// Calls the function. A clone does the same.
    call: F,
    /// Whether a value is a reason to call it again.
    refuses: J,
}

struct AgainTable<'g, R, H, F, J>(PhantomData<(&'g (), R, H, F, J)>);

impl<'g, R, H, F, J> AgainTable<'g, R, H, F, J>
where
    R: Send + 'g,
    H: Held + Send + 'g,
    F: for<'s> FnOnce(<H as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Clone + Send + 'g,
    J: Fn(&R) -> bool + Send + 'g,
{
    const TABLE: &'static VTable = &VTable {
        layout: Layout::new::<Block<R, Call<H, Again<F, J>>>>(),
        what: What::Call,
        run: Self::run,
        drop_body: Call::<H, Again<F, J>>::drop::<R>,
        drop_value: dropper::<R>(),
        #[cfg(feature = "remote")]
        result: super::plain::ResultFns::of::<R>(),
        fetch: fetch::<R>,
        poll: None,
        describe: Call::<H, Again<F, J>>::describe::<R>,
        lends: H::LENDING.0,
        again: if H::AGAIN { Some(Self::AGAIN) } else { None },
        anew: Anew::Runs { let_go: Self::let_go, once: Self::once },
    };

    const AGAIN: &'static AgainFns =
        &AgainFns { refuses: Self::refuses, clear: clear_slot::<R>, restore: Self::restore };

    unsafe fn run(node: NonNull<Header>) -> Step {
        // SAFETY: as `CallTable::run`'s. Where the node keeps what another attempt needs, its body stays whole: inputs are lent
        // so that they can be lent again, and the closure is called by a clone.
        unsafe {
            let port = &node.as_ref().port;
            if port.may_be_absent() && skip(node) {
                drop_body(node);
                return Step::Done;
            }
            let body = Call::<H, Again<F, J>>::of::<R>(node);
            let mut inputs = Inputs::of(edges(node));
            let call = Self::again(node).call.clone();
            let lent = if !port.leaves_body() {
                (*body).held.lend(&mut inputs)
            } else if H::AGAIN && port.keeps() {
                (*body).held.lend_again(&mut inputs)
            } else {
                (*body).held.lend_in_each_run(&mut inputs)
            };
            let given = call(lent, Scope(PhantomData)).0;
            take_in(node, given, Self::is_done)
        }
    }

    /// How the function is called.
    ///
    /// # Safety
    /// `node` heads a live block of these types, whose closure is there.
    unsafe fn again<'a>(node: NonNull<Header>) -> &'a Again<F, J> {
        // SAFETY: by the caller's word; the closure lies apart from the inputs.
        let call: &ManuallyDrop<_> = unsafe { &(*Call::<H, Again<F, J>>::of::<R>(node)).call };
        call
    }

    /// Drops what the node needs no more now that the function has been called.
    #[inline]
    unsafe fn is_done(node: NonNull<Header>) {
        // SAFETY: the node is the caller's.
        unsafe {
            let port = &node.as_ref().port;
            if !port.leaves_body() {
                Call::<H, Again<F, J>>::drop::<R>(node);
            } else if !(H::AGAIN && port.keeps()) {
                Self::let_go(node);
            }
        }
    }

    #[inline]
    unsafe fn once(node: NonNull<Header>) -> Option<&'static str> {
        // SAFETY: the node is the caller's, and hasn't run, so its body is whole.
        unsafe { (*Call::<H, Again<F, J>>::of::<R>(node)).held.once() }
    }

    unsafe fn let_go(node: NonNull<Header>) {
        // SAFETY: the node is the caller's, and its body is whole, since the graph is prepared; it has run.
        unsafe { (*Call::<H, Again<F, J>>::of::<R>(node)).held.let_go() };
    }

    unsafe fn restore(node: NonNull<Header>) {
        // SAFETY: the node is the caller's, and its body is whole, since the node keeps it; the attempt is over.
        unsafe { (*Call::<H, Again<F, J>>::of::<R>(node)).held.restore() };
    }

    unsafe fn refuses(node: NonNull<Header>) -> bool {
        // SAFETY: the node is the caller's, and heads a live block of these types. The body is whole, since the node keeps it.
        unsafe { value_of::<R>(node).is_some_and(&Self::again(node).refuses) }
    }
}

/// Drops the value in a node's slot, if there is one.
///
/// # Safety
/// The node gives an `R`, and the value is the caller's.
pub(super) unsafe fn clear_slot<R>(node: NonNull<Header>) {
    // SAFETY: by the caller's word.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(unsafe { take::<R>(node) })));
}

/// Takes in what an operation gave, and drops its body if it is done.
///
/// # Safety
/// The node is the caller's, gives an `R`, and `done` drops what it needs no more.
#[inline(always)]
unsafe fn take_in<R: Send>(node: NonNull<Header>, given: Given<'_, R>, done: unsafe fn(NonNull<Header>)) -> Step {
    // SAFETY: by the caller's word.
    unsafe {
        match given {
            // By itself, so that a function that always gives a value is inlined up to the slot.
            Given::Value(value) => {
                done(node);
                put(node, value);
                Step::Done
            }
            other => take_in_other(node, other, done),
        }
    }
}

/// As [`take_in`], of what is no value.
///
/// # Safety
/// As [`take_in`]'s.
unsafe fn take_in_other<R: Send>(node: NonNull<Header>, given: Given<'_, R>, done: unsafe fn(NonNull<Header>)) -> Step {
    // SAFETY: by the caller's word.
    unsafe {
        match given {
            Given::Value(_) => unreachable!("taken in by `take_in`"),
            Given::Absent => {
                done(node);
                node.as_ref().port.set_absent();
                Step::Done
            }
            Given::Subgraph(result) => {
                let result = result.into_handle();
                if let Some(value) = take_if_done(&result) {
                    // It was the only handle.
                    let_go(result);
                    done(node);
                    put::<R>(node, value);
                    return Step::Done;
                }
                node.as_ref().set_child(result);
                Step::Expanded
            }
            Given::Future(future) => {
                let site = node.as_ref().site();
                let assembly = Assembly::new::<R, Waiting<'_, R>>(Outline::ALONE);
                let waiting = Waiting { future, sleeper: None };
                let body = (waiting, holds::CALL);
                let future = assembly.finish(Outline::ALONE, FutureTable::<R>::TABLE, site, body, None::<R>);
                // So that whoever runs it sees that it isn't called.
                future.header().port.set_has_terms();
                node.as_ref().set_child(future);
                Step::Waits
            }
            Given::Failed(error) => Step::Ended(Box::new(Ended::Failed(Cause::Failed(error)))),
            // SAFETY: what the closure borrows lives while the node does, and whoever runs the node uses the closure up, or drops
            // it, before it goes on.
            Given::Caught(tell) => {
                let tell = std::mem::transmute::<Box<dyn FnOnce() + Send + '_>, Tell>(tell);
                Step::Ended(Box::new(Ended::Caught(tell)))
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
        if !is_to_be_skipped(node) {
            return false;
        }
        for edge in edges(node).filter(|edge| edge.kind() == EdgeKind::Move) {
            discard(home_of(edge.port()));
        }
        node.as_ref().port.set_absent();
        true
    }
}

/// Whether the node won't be called, as a value that it needs isn't there.
///
/// # Safety
/// As [`skip`].
pub(super) unsafe fn is_to_be_skipped(node: NonNull<Header>) -> bool {
    // SAFETY: as in `skip`.
    unsafe {
        let gone = |port| owner_of(port).as_ref().port.is_absent() || home_of(port).as_ref().port.is_absent();
        node.as_ref().port.may_be_absent() && edges(node).any(|edge| gone(edge.port()))
    }
}

/// The value of a result that is there already and that nobody else refers to.
fn take_if_done<R>(result: &Handle) -> Option<R> {
    let owner = result.owner();
    // SAFETY: with one reference, ours, nobody else can reach the node. The caller's handle is a `Node<R>`'s.
    unsafe {
        let header = owner.as_ref();
        if header.refs().get() != result.references()
            || header.phase() != Phase::Done
            || owner != result.home()
            || header.port.holds(holds::VALUE) == 0
        {
            return None;
        }
        take(owner)
    }
}

pub(super) const fn dropper<R>() -> Option<unsafe fn(NonNull<Header>)> {
    if std::mem::needs_drop::<R>() { Some(drop_value::<R>) } else { None }
}

/// Moves a value from one node into the slot of another; false if it isn't there.
///
/// # Safety
/// Both nodes are the caller's, and give an `R`.
unsafe fn fetch<R>(to: NonNull<Header>, from: NonNull<Header>) -> bool {
    // SAFETY: by the caller's word.
    unsafe {
        let Some(value) = take::<R>(from) else { return false };
        put(to, value);
        true
    }
}

/// As [`fetch`], of a node that never gives a subgraph.
pub(super) unsafe fn fetches_nothing(_: NonNull<Header>, _: NonNull<Header>) -> bool {
    unreachable!("only calls give subgraphs")
}

pub(super) unsafe fn nothing_left(node: NonNull<Header>) {
    // SAFETY: the caller has the node to itself.
    unsafe { node.as_ref() }.port.release(holds::ANYTHING);
}

pub(super) unsafe fn describe_edges(node: NonNull<Header>, out: &mut dyn Describe) -> bool {
    // SAFETY: the node is alive.
    for _ in 0..unsafe { node.as_ref() }.edge_count() {
        out.edge();
    }
    true
}

/// What is particular about an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Call,
    /// It only passes values on: it has no effect of its own, so it needn't run where nobody needs it, and what it uses is needed
    /// only when it is.
    Passing,
    /// It may finish without a value.
    MayBeAbsent,
    /// It runs also where a value that it waits for isn't there.
    Catching,
}

impl Kind {
    /// A node of this kind: its table, its inputs, its closure.
    #[inline]
    fn assemble<'g, I: Input<'g>, R, F>(
        self,
        table: &'static VTable,
        site: &'static Site,
        mut inputs: I,
        call: F,
    ) -> Node<'g, R> {
        let plan = Outline::new(inputs.prepare(), I::TAKES, self == Self::Passing);
        let mut assembly = Assembly::new::<R, Call<I::Held, F>>(plan);
        let held = inputs.hold(&mut assembly);
        match self {
            Self::Call | Self::Passing => {}
            Self::MayBeAbsent => assembly.may_be_absent(),
            Self::Catching => assembly.never_absent(),
        }
        let body = Call { held, call: ManuallyDrop::new(call) };
        Node::from_handle(assembly.finish::<R, _>(plan, table, site, (body, holds::CALL | holds::INPUTS), None))
    }
}

/// A node that runs `call`, once, on what its inputs lend.
#[inline]
pub(crate) fn op_node<'g, I, F, R>(kind: Kind, site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Send + 'g,
    R: Send + 'g,
{
    kind.assemble(CallTable::<'g, R, I::Held, F>::TABLE, site, inputs, call)
}

/// As [`op_node`], for an operation that may be called again.
#[inline]
pub(crate) fn repeatable_node<'g, I, F, R>(kind: Kind, site: &'static Site, inputs: I, call: F) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Clone + Send + 'g,
    R: Send + 'g,
{
    again_node(kind, site, inputs, call, never)
}

/// No value is a reason to call an operation again.
pub(crate) fn never<R>(_: &R) -> bool {
    false
}

/// As [`op_node`], for an operation that may be called again, where it fails or gives a value that `refuses` does.
#[inline]
pub(crate) fn again_node<'g, I, F, J, R>(kind: Kind, site: &'static Site, inputs: I, call: F, refuses: J) -> Node<'g, R>
where
    I: Input<'g>,
    F: for<'s> FnOnce(<I::Held as Lend<'s>>::Lent, Scope<'s, 'g>) -> Outcome<'s, R> + Clone + Send + 'g,
    J: Fn(&R) -> bool + Send + 'g,
    R: Send + 'g,
{
    kind.assemble(AgainTable::<'g, R, I::Held, F, J>::TABLE, site, inputs, Again { call, refuses })
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
