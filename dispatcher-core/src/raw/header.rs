//! A node in memory: its head, its edges to what it uses, its value.
//!
//! ```text
//! block:  [ UpdatePort × updates ][ Edge × edges ][ Header ][ slot: the result ][ body: inputs and closure ]
//!                                                 ^ everything is found from here
//! ```
//!
//! Ports are told of in `port.rs`, edges in `edge.rs`. Nodes own what they depend on and know nothing of what depends on them; only
//! while a run holds them (`claim`) are ports linked forward to the edges that wait on them. The counted handles that keep a node
//! alive are in `handle.rs`.
//!
//! Who may touch what: `refs`, `claim`, `about` and how needed a node is are shared and synchronised by themselves. `vtable`,
//! `seq`, `edges` and what the edges use never change. All the rest belongs to the run that holds the claim, and in
//! it to the thread that the protocol in `run.rs` names.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use super::about::{About, Extra};
use super::edge::{Child, Count, Edges, Link, size_of_ports};
use super::handle::Handle;
use super::port::{Port, Traits, UpdatePort, holds};
use super::sync::{Countdown, Refs};
use super::wake::{Dormitory, Sleeper};
use crate::error::{Cause, Failure};
use crate::policy::Terms;
use crate::site::Site;

/// How far a node has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Not started, or under way.
    New,
    /// Its subgraph is under way.
    Expanded,
    /// Finished.
    Done,
    /// Failed; the failure is in `extra`. Without one: it was run elsewhere, and how it turned out there isn't known (yet).
    Failed,
}

/// The head of a node, as long as a cache line. What those look at who bring it a value comes first, beside its edges; what those look
/// at who use its value comes last, beside the value.
#[repr(C, align(8))]
pub struct Header {
    /// What must happen before the node can run.
    pub(super) pending: Countdown,
    pub(super) edges: Count,
    /// The run that holds the node, or [`FREE`].
    pub(super) claim: AtomicU32,
    /// Under a claim: references from outside the run.
    pub(super) outside: Cell<u32>,
    pub(super) refs: Refs,
    /// Later than that of everything the node depends on, and than that of what its thread built before.
    pub(crate) seq: u32,
    pub(super) vtable: &'static VTable,
    pub(super) about: About,
    pub(super) port: Port,
}

// Loom's atomics are larger.
#[cfg(not(loom))]
const _: () = assert!(size_of::<Header>() == 64 || usize::BITS < 64);

/// No run holds the node.
pub(crate) const FREE: u32 = 0;
/// The node is being described, which is short.
pub(super) const DESCRIBING: u32 = 1;

/// Polls the future in a node's body.
pub(super) type PollFn = unsafe fn(NonNull<Header>, &Dormitory) -> (Poll<()>, Arc<Sleeper>);

/// What a node's type knows, without its type.
pub(super) struct VTable {
    /// The layout of header, slot and body.
    pub(super) layout: Layout,
    /// What the node is.
    pub(super) what: What,
    /// Runs the body. The node must be claimed and ready.
    pub(super) run: unsafe fn(NonNull<Header>) -> Step,
    /// Drops what is left of the body.
    pub(super) drop_body: unsafe fn(NonNull<Header>),
    /// Drops the result, which is there; none if there is nothing to do.
    pub(super) drop_value: Option<unsafe fn(NonNull<Header>)>,
    /// Moves the value of the second node, which is of the same type, into the slot of the first; false if it isn't there.
    pub(super) fetch: unsafe fn(NonNull<Header>, NonNull<Header>) -> bool,
    /// Of a future: polls it; the value is in the slot if it is ready.
    pub(super) poll: Option<PollFn>,
    /// Shows the inputs, in order; false if they are gone. The node must be claimed, or exclusive.
    pub(super) describe: unsafe fn(NonNull<Header>, &mut dyn Describe) -> bool,
    /// Whether a subgraph that the body gives may borrow from the node and from what it uses.
    pub(super) lends: bool,
    /// Of an operation that can be tried again: how.
    pub(super) again: Option<&'static AgainFns>,
    /// What another run of a graph that is prepared makes of the node.
    pub(super) anew: Anew,
    /// The result's type, for executors that run operations elsewhere.
    #[cfg(feature = "remote")]
    pub(super) result: &'static super::plain::ResultFns,
}

/// How a node is had once more in another run of a graph that is prepared, or why it can't be.
#[derive(Clone, Copy)]
pub(super) enum Anew {
    /// It runs again: its body stays, and only drops what it has taken.
    Runs {
        let_go: unsafe fn(NonNull<Header>),
        /// The type of a plain value that it takes and that isn't known to be `Clone`, if there is one: then it runs once.
        once: unsafe fn(NonNull<Header>) -> Option<&'static str>,
    },
    /// It has its value from the start, which can be had again.
    Given(&'static GivenFns),
    /// It has its value from the start, of a type that isn't known to be `Clone`.
    GivenOnce(fn() -> &'static str),
    /// It is called once.
    Once,
}

/// How a value that is there from the start is had again.
pub(super) struct GivenFns {
    /// Makes a node with a clone of the value; none where the value is made anew each time.
    pub(super) save: Option<unsafe fn(NonNull<Header>) -> Handle>,
    /// Fills a node's empty slot, from the node that `save` made.
    pub(super) refill: unsafe fn(NonNull<Header>, Option<&Handle>),
}

/// What trying an operation again takes.
pub(super) struct AgainFns {
    /// Whether the value in the operation's slot is a reason to.
    pub(super) refuses: unsafe fn(NonNull<Header>) -> bool,
    /// Drops the value in the operation's slot, if there is one, so that there is room for another.
    pub(super) clear: unsafe fn(NonNull<Header>),
    /// Puts what the last attempt updated back as it was.
    pub(super) restore: unsafe fn(NonNull<Header>),
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A call.
    Call,
    /// A value that is there.
    Data,
    /// A future that an operation gave.
    Future,
}

/// What came of running a body. Two words, so that it comes back in registers.
pub(super) enum Step {
    /// The result is in the slot.
    Done,
    /// The body gave a subgraph; the node's `child` is set.
    Expanded,
    /// The same, of a subgraph that is one future.
    Waits,
    /// The operation gave nothing.
    Ended(Box<Ended>),
}

/// How an operation ended that gave nothing.
pub(super) enum Ended {
    /// It failed.
    Failed(Cause),
    /// It panicked, and whoever made it has a use for that: it is told, unless the operation is tried again, and the operation
    /// finishes without a value.
    Caught(Tell),
}

/// Tells of a panic.
pub(crate) type Tell = Box<dyn FnOnce() + Send>;

/// Takes in how an operation's inputs look.
pub trait Describe {
    /// The next edge's value.
    fn edge(&mut self);
    /// A captured value that can be shown.
    fn shown(&mut self, value: &dyn std::fmt::Debug);
    /// A captured value that can't.
    fn opaque(&mut self);
    /// Text of a collection.
    fn text(&mut self, text: &str);
    /// A captured value, for whoever would take it elsewhere. It is shown, too.
    #[cfg(feature = "remote")]
    fn value(&mut self, _: super::plain::Plain<'_>) {}
    /// What comes up to [`close`](Self::close) are parts of one collection.
    #[cfg(feature = "remote")]
    fn open(&mut self, _: super::plain::Group) {}
    /// The collection opened last is complete.
    #[cfg(feature = "remote")]
    fn close(&mut self) {}
    /// What comes now tells of the call itself.
    #[cfg(feature = "remote")]
    fn call(&mut self, _: super::plain::Told<'_>) {}
}

/// The slot of a result of type `T`. There is a value in it while the node's port says so ([`holds::VALUE`]).
pub(super) type Slot<T> = UnsafeCell<MaybeUninit<T>>;

/// A block from its header on, up to the slot: the prefix of every `Block<T, B>`.
#[repr(C)]
struct Front<T> {
    header: Header,
    slot: Slot<T>,
}

/// A block from its header on.
#[repr(C)]
pub(super) struct Block<T, B> {
    pub(super) header: Header,
    pub(super) slot: Slot<T>,
    pub(super) body: UnsafeCell<B>,
}

/// Where the result of a node lies that gives a `T`.
///
/// # Safety
/// `header` is the head of a live `Block<T, _>`.
#[inline]
unsafe fn slot_of<T>(header: NonNull<Header>) -> NonNull<T> {
    // SAFETY: `Front<T>` and `Block<T, _>` are both `repr(C)` with the same first fields.
    unsafe {
        let slot = &raw const (*header.cast::<Front<T>>().as_ptr()).slot;
        NonNull::new_unchecked(UnsafeCell::raw_get(slot)).cast()
    }
}

/// A node's value, if it is there.
///
/// # Safety
/// As [`slot_of`], and nobody puts, changes or takes the value during `'a`.
#[inline]
pub(super) unsafe fn value_of<'a, T>(home: NonNull<Header>) -> Option<&'a T> {
    // SAFETY: by the caller's word; what the port says of the value doesn't change but with it.
    unsafe { (home.as_ref().port.holds(holds::VALUE) != 0).then(|| slot_of::<T>(home).as_ref()) }
}

/// As [`value_of`], to be changed.
///
/// # Safety
/// As [`slot_of`], and nobody else touches the value during `'a`.
#[inline]
pub(super) unsafe fn value_of_mut<'a, T>(home: NonNull<Header>) -> Option<&'a mut T> {
    // SAFETY: as in `value_of`.
    unsafe { (home.as_ref().port.holds(holds::VALUE) != 0).then(|| slot_of::<T>(home).as_mut()) }
}

/// Puts a node's result in its slot.
///
/// # Safety
/// As [`slot_of`], and the caller is the only one who may touch the value now.
#[inline]
pub(super) unsafe fn put<T>(header: NonNull<Header>, value: T) {
    // SAFETY: by the caller's word. What may lie in the slot still is of a type that needs no drop, from an earlier run.
    unsafe {
        let is_first = header.as_ref().port.holds(holds::VALUE) == 0 || header.as_ref().port.is_plain();
        debug_assert!(is_first, "a result is written once");
        slot_of::<T>(header).write(value);
        header.as_ref().port.hold(holds::VALUE);
    }
}

/// Takes the value out of its home.
///
/// # Safety
/// As [`put`].
#[inline]
pub(super) unsafe fn take<T>(home: NonNull<Header>) -> Option<T> {
    // SAFETY: by the caller's word.
    unsafe { (home.as_ref().port.release(holds::VALUE) != 0).then(|| slot_of::<T>(home).read()) }
}

/// Drops the value of a node that gives a `T`, which the node's port doesn't tell of any more.
///
/// # Safety
/// As [`slot_of`]; the value is there, and the caller's.
pub(super) unsafe fn drop_value<T>(home: NonNull<Header>) {
    // SAFETY: by the caller's word.
    unsafe { slot_of::<T>(home).drop_in_place() };
}

/// Drops the value in its home, if it is there.
///
/// # Safety
/// The caller is the only one who may touch the value now.
#[inline]
pub(super) unsafe fn discard(home: NonNull<Header>) {
    // SAFETY: by the caller's word; the flag says that there is a value to drop.
    unsafe {
        if home.as_ref().port.release(holds::VALUE) != 0
            && let Some(drop_value) = home.as_ref().vtable.drop_value
        {
            // A `Drop` that panics has been heard by the panic hook; whoever happened to be the last to use the value has
            // nothing to do with it.
            let _ = catch_unwind(AssertUnwindSafe(|| drop_value(home)));
        }
    }
}

/// Drops what is left of a node's body; of one in a graph that is prepared, what it has taken. A `Drop` that panics has been
/// heard by the panic hook, and costs nothing else.
///
/// # Safety
/// Nobody else uses the node's body.
pub(super) unsafe fn drop_body(node: NonNull<Header>) {
    // SAFETY: by the caller's word.
    let _ = catch_unwind(AssertUnwindSafe(|| unsafe {
        let header = node.as_ref();
        match header.vtable.anew {
            Anew::Runs { let_go, .. } if header.port.is_prepared() => let_go(node),
            _ => (header.vtable.drop_body)(node),
        }
    }));
}

impl Header {
    #[inline]
    pub(crate) fn extra(&self) -> Option<&Extra> {
        self.about.extra()
    }

    /// What few nodes have; this node has it from now on.
    pub(super) fn extras(&self) -> &Extra {
        self.about.extras()
    }

    /// Where in the user's source the node was made.
    #[inline]
    pub(crate) fn site(&self) -> &'static Site {
        self.about.site()
    }

    /// As [`Handle::key`].
    pub(crate) fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// How urgent the operation is.
    #[inline]
    pub(super) fn priority(&self) -> i32 {
        if self.port.has_terms() { self.terms().map_or(0, |terms| terms.priority) } else { 0 }
    }

    /// The operation's own terms.
    pub(super) fn terms(&self) -> Option<&Terms> {
        self.extra()?.terms.get()
    }

    pub(super) fn failure(&self) -> Option<Arc<Failure>> {
        self.extra()?.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes why the node failed. It fails once; a second failure would be the first one's consequence.
    pub(super) fn set_failure(&self, failure: Arc<Failure>) {
        self.extras().failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }

    pub(super) fn fail(&self, failure: Arc<Failure>) {
        self.port.set_phase(Phase::Failed);
        self.set_failure(failure);
    }

    /// How far the node has come. For the run that holds the claim.
    #[inline]
    pub(super) fn phase(&self) -> Phase {
        self.port.phase()
    }

    /// Notes that the node gave a subgraph, whose result is `child`.
    #[inline]
    pub(super) fn set_child(&self, child: Handle) {
        let waiting = self.port.waiting.get();
        self.port.waiting.set(Link::of_child(child.into_port(), waiting));
        self.port.set_phase(Phase::Expanded);
    }

    /// The result of the node's subgraph, if one is under way, and the edges that wait for the node.
    #[inline]
    fn family(&self) -> Option<Child> {
        if self.phase() != Phase::Expanded {
            return None;
        }
        // SAFETY: of a node in this phase, the link is what `set_child` made; `take_child` ends the phase, and frees it.
        unsafe { self.port.waiting.get().as_child() }
    }

    /// Looks at the result of the node's subgraph, if one is under way.
    #[inline]
    pub(super) fn child(&self) -> Option<ManuallyDrop<Handle>> {
        // Not counted: `set_child` has given the reference to the node.
        let child = self.family()?.child;
        // SAFETY: it isn't dropped; the port is alive as long as the subgraph is under way.
        Some(ManuallyDrop::new(unsafe { Handle::new(child, 0) }))
    }

    /// Takes the result of the node's subgraph, if one is under way. The node is left as if it were new, with the edges that
    /// wait for it.
    #[inline]
    pub(super) fn take_child(&self) -> Option<Handle> {
        let Child { child, waiting } = self.family()?;
        let link = self.port.waiting.replace(waiting);
        self.port.set_phase(Phase::New);
        // SAFETY: `set_child` made the link, which nobody has any more.
        // The reference that it took over is the handle's again.
        unsafe {
            link.free_child();
            Some(Handle::new(child, 0))
        }
    }

    /// The edges that wait for the node's result.
    pub(super) fn waiting(&self) -> Link {
        self.family().map_or(self.port.waiting.get(), |family| family.waiting)
    }

    /// Brings `count` events to the node; true if the last was among them. Then it waits for all its edges again, which is what most
    /// nodes of a graph that is prepared do in the next run.
    #[inline]
    pub(super) fn arrive_with(&self, count: u32) -> bool {
        self.pending.arrive_with(count, self.waits_for_all())
    }

    /// As [`arrive_with`](Self::arrive_with) one event, where only one thread is at work.
    #[inline]
    pub(super) fn arrive_alone(&self) -> bool {
        self.pending.arrive_alone(self.waits_for_all())
    }

    /// How many events the node waits for where it waits for all its edges.
    #[inline]
    pub(super) fn waits_for_all(&self) -> u32 {
        self.edges.get() as u32
    }

    #[inline]
    pub(super) fn updates(&self) -> usize {
        usize::from(self.port.updates)
    }

    #[inline]
    pub(super) fn refs(&self) -> &Refs {
        &self.refs
    }

    /// Whether the node's value was there from the start.
    #[inline]
    pub(crate) fn is_data(&self) -> bool {
        self.vtable.what == What::Data
    }

    #[inline]
    pub(crate) fn edge_count(&self) -> usize {
        self.edges.get()
    }
}

/// The node's edges, in the order of its inputs.
///
/// # Safety
/// The node is alive for `'a`.
#[inline]
pub(super) unsafe fn edges<'a>(header: NonNull<Header>) -> Edges<'a> {
    // SAFETY: by the caller's word; the header knows how many there are.
    unsafe { Edges::of(header, header.as_ref().edges) }
}

/// The port of the node's result.
///
/// # Safety
/// The node is alive.
#[inline]
pub(super) unsafe fn main_port(header: NonNull<Header>) -> NonNull<Port> {
    // SAFETY: the port lies in the header. Not through a reference, so that one can go back from it to the whole node.
    unsafe { NonNull::new_unchecked(&raw mut (*header.as_ptr()).port) }
}

/// The node's `index`-th update port.
///
/// # Safety
/// The node is alive, and `index` is below its number of update ports.
#[inline]
pub(super) unsafe fn update_port(header: NonNull<Header>, index: usize) -> NonNull<Port> {
    // SAFETY: by the caller's word.
    unsafe {
        let (edges, updates) = (header.as_ref().edges, header.as_ref().updates());
        update_port_at(header, edges, updates, index).cast()
    }
}

/// Where the `index`-th update port lies of a node of so many edges and update ports.
///
/// # Safety
/// There is room for them before the header.
#[inline]
pub(super) unsafe fn update_port_at(
    header: NonNull<Header>,
    edges: Count,
    updates: usize,
    index: usize,
) -> NonNull<UpdatePort> {
    // SAFETY: by the caller's word; the update ports lie right before the edges.
    unsafe { header.byte_sub(size_of_ports(edges, updates - index)).cast() }
}

/// The operation that a port belongs to.
///
/// # Safety
/// The port is alive.
#[inline]
pub(super) unsafe fn owner_of(port: NonNull<Port>) -> NonNull<Header> {
    // SAFETY: a main port lies in its header; any other is the first field of an `UpdatePort`.
    unsafe {
        if port.as_ref().is_main() {
            port.byte_sub(std::mem::offset_of!(Header, port)).cast()
        } else {
            port.cast::<UpdatePort>().as_ref().owner
        }
    }
}

/// The operation that a port belongs to, and what holds of that operation's result.
///
/// # Safety
/// The port is alive, for `'a`.
#[inline]
pub(super) unsafe fn owner_and_traits<'a>(port: NonNull<Port>) -> (&'a Header, Traits) {
    // SAFETY: as in `owner_of`.
    unsafe {
        let traits = port.as_ref().read_traits();
        if traits.is_main() {
            return (port.byte_sub(std::mem::offset_of!(Header, port)).cast().as_ref(), traits);
        }
        let owner = port.cast::<UpdatePort>().as_ref().owner.as_ref();
        (owner, owner.port.read_traits())
    }
}

/// The operation whose result a port is, if it is one.
///
/// # Safety
/// The port is alive.
#[inline]
pub(super) unsafe fn owner_of_main(port: NonNull<Port>) -> Option<NonNull<Header>> {
    // SAFETY: as in `owner_of`.
    unsafe { port.as_ref().is_main().then(|| port.byte_sub(std::mem::offset_of!(Header, port)).cast()) }
}

/// The node that a port's value lives in.
///
/// # Safety
/// The port is alive.
#[inline]
pub(super) unsafe fn home_of(port: NonNull<Port>) -> NonNull<Header> {
    // SAFETY: as in `owner_of`.
    unsafe {
        if port.as_ref().is_main() {
            port.byte_sub(std::mem::offset_of!(Header, port)).cast()
        } else {
            port.cast::<UpdatePort>().as_ref().home
        }
    }
}
