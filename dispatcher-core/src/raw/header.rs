//! A node in memory: its head, its edges to what it uses, and the counted handles that keep it alive.
//!
//! ```text
//! block:  [ UpdatePort × updates ][ Edge × edges ][ Header ][ slot: the result ][ body: inputs and closure ]
//!                                                 ^ everything is found from here
//! ```
//!
//! Ports and edges are told of in `port.rs`. Nodes own what they depend on and know nothing of what depends on them; only
//! while a run holds them (`claim`) are ports linked forward to the edges that wait on them.
//!
//! Who may touch what: `refs`, `claim`, `extra` and how needed a node is are shared and synchronised by themselves. `vtable`,
//! `site`, `seq`, `edges` and what the edges use never change. All the rest belongs to the run that holds the claim, and in
//! it to the thread that the protocol in `run.rs` names.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use once_cell::race::OnceBox;
use once_cell::sync::OnceCell as SyncOnceCell;

use super::arena::{self, Tally, Together};
use super::port::{Child, EdgeKind, Edges, FEW, Link, Need, Port, Traits, UpdatePort, holds, size_of_ports};
use super::sync::{Countdown, Refs};
use super::trial::Trial;
use super::wake::{Dormitory, Sleeper};
use crate::error::{Cause, Failure};
use crate::policy::Terms;
use crate::site::{Location, Site};

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

/// What few nodes have.
#[derive(Default)]
pub(crate) struct Extra {
    /// By whom the node was made.
    pub(crate) label: Option<Box<str>>,
    pub(crate) location: Option<Location>,
    /// What the user set in the label's place.
    pub(crate) relabel: SyncOnceCell<Box<str>>,
    pub(crate) terms: SyncOnceCell<Terms>,
    pub(super) failure: Mutex<Option<Arc<Failure>>>,
    pub(super) trial: Mutex<Trial>,
}

/// The head of a node. What running it needs comes first, beside its edges.
#[repr(C, align(8))]
pub struct Header {
    /// What must happen before the node can run.
    pub(super) pending: Countdown,
    pub(super) edges: u32,
    /// The run that holds the node, or [`FREE`].
    pub(super) claim: AtomicU32,
    /// Under a claim: references from outside the run.
    pub(super) outside: Cell<u32>,
    pub(super) refs: Refs,
    /// Later than that of everything the node depends on, and than that of what its thread built before.
    pub(crate) seq: u32,
    pub(super) port: Port,
    pub(super) vtable: &'static VTable,
    pub(crate) site: &'static Site,
    pub(super) extra: OnceBox<Extra>,
}

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
        self.extra.get()
    }

    /// What few nodes have; this node has it from now on.
    pub(super) fn extras(&self) -> &Extra {
        self.extra.get_or_init(Box::default)
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
        Some(ManuallyDrop::new(Handle(self.family()?.child)))
    }

    /// Takes the result of the node's subgraph, if one is under way. The node is left as if it were new, with the edges that
    /// wait for it.
    #[inline]
    pub(super) fn take_child(&self) -> Option<Handle> {
        let Child { child, waiting } = self.family()?;
        let link = self.port.waiting.replace(waiting);
        self.port.set_phase(Phase::New);
        // SAFETY: `set_child` made the link, which nobody has any more.
        unsafe { link.free_child() };
        Some(Handle(child))
    }

    /// The edges that wait for the node's result.
    pub(super) fn waiting(&self) -> Link {
        self.family().map_or(self.port.waiting.get(), |family| family.waiting)
    }

    /// Brings `count` events to the node; true if the last was among them. Then it waits for all its edges again, which is what most
    /// nodes of a graph that is prepared do in the next run.
    #[inline]
    pub(super) fn arrive_with(&self, count: u32) -> bool {
        self.pending.arrive_with(count, self.edges)
    }

    /// As [`arrive_with`](Self::arrive_with) one event, where only one thread is at work.
    #[inline]
    pub(super) fn arrive_alone(&self) -> bool {
        self.pending.arrive_alone_with(1, self.edges)
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
        self.edges as usize
    }
}

/// The node's edges, in the order of its inputs.
///
/// # Safety
/// The node is alive for `'a`.
#[inline]
pub(super) unsafe fn edges<'a>(header: NonNull<Header>) -> Edges<'a> {
    // SAFETY: by the caller's word; the header knows how many there are.
    unsafe { Edges::of(header, header.as_ref().edges as usize) }
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
        let (edges, updates) = (header.as_ref().edge_count(), header.as_ref().updates());
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
    edges: usize,
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

/// A counted handle on one version of a value.
pub struct Handle(pub(super) NonNull<Port>);

// SAFETY: a handle gives access to nothing but the parts of a node that are shared and synchronised; values move between
// threads only inside a run, and every value and closure in a node is `Send` (the bounds of `Assembly::finish`).
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    #[inline]
    pub(super) fn port(&self) -> NonNull<Port> {
        self.0
    }

    /// The operation that gives this version.
    #[inline]
    pub(super) fn owner(&self) -> NonNull<Header> {
        // SAFETY: the handle keeps the port alive.
        unsafe { owner_of(self.0) }
    }

    /// The node that the value lives in.
    #[inline]
    pub(super) fn home(&self) -> NonNull<Header> {
        // SAFETY: the handle keeps the port alive.
        unsafe { home_of(self.0) }
    }

    /// The head of the operation that gives this version.
    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the handle keeps the node alive, and shared access to a header is always allowed.
        unsafe { &*self.owner().as_ptr() }
    }

    /// Notes that an operation uses this value, hence what only passes it on.
    #[inline]
    pub(super) fn need(&self) {
        let port = &self.header().port;
        match port.need() {
            Need::Unwatched | Need::Needed => {}
            Need::Watched => port.set_need(Need::Needed),
            Need::Passes => pass_need(self.owner()),
        }
    }

    /// From now on a need is noted. For a node that has just been made.
    #[inline]
    pub(super) fn watch(&self) {
        let port = &self.header().port;
        if port.need() == Need::Unwatched {
            port.set_need(Need::Watched);
        }
    }

    /// Whether the node is watched, and nobody has noted a need for it.
    #[inline]
    pub(super) fn is_needless(&self) -> bool {
        self.header().port.need() == Need::Watched
    }

    #[inline]
    pub(crate) fn share(&self) -> Self {
        self.header().refs.join();
        Self(self.0)
    }

    /// Two handles on the same operation have the same key.
    pub(crate) fn key(&self) -> usize {
        self.owner().addr().get()
    }

    /// The key of the node that the value lives in.
    pub(crate) fn home_key(&self) -> usize {
        self.home().addr().get()
    }

    /// Which of its operation's versions this is: 0 for the result, else the how-manieth updated value, from 1.
    pub(crate) fn version(&self) -> usize {
        let owner = self.owner();
        // SAFETY: the handle keeps the node alive; the indices are in range.
        unsafe { (0..owner.as_ref().updates()).find(|&index| update_port(owner, index) == self.0) }
            .map_or(0, |index| index + 1)
    }

    /// Hands the reference over to whoever takes the pointer.
    #[inline]
    pub(super) fn into_port(self) -> NonNull<Port> {
        let port = self.0;
        std::mem::forget(self);
        port
    }

    /// Whether the node has run, and went well. For the run that holds the claim.
    pub(crate) fn is_done(&self) -> bool {
        self.header().phase() == Phase::Done
    }

    /// Whether the node has failed. For the run that holds the claim.
    pub(crate) fn has_failed(&self) -> bool {
        match self.header().phase() {
            Phase::New | Phase::Done => false,
            // Without a failure it isn't known how it turned out elsewhere. A graph that is under way has taken too long with one.
            Phase::Failed | Phase::Expanded => self.header().failure().is_some(),
        }
    }

    /// Whether the operation updates values, or this is the version of one that it leaves.
    pub(crate) fn is_updating(&self) -> bool {
        self.home() != self.owner() || self.header().updates() > 0
    }

    /// Whether the node has been computed, and its value is there. A guess, where a run is under way.
    pub(crate) fn is_there(&self, claimed_by: u32) -> bool {
        let header = self.header();
        let claim = header.claim.compare_exchange(claimed_by, DESCRIBING, Ordering::Acquire, Ordering::Relaxed);
        if claim.is_err() {
            return false;
        }
        // SAFETY: the claim makes the node ours; the handle keeps the port and its home alive.
        let there = unsafe {
            header.phase() == Phase::Done
                && !self.0.as_ref().is_spent()
                && self.home().as_ref().port.holds(holds::VALUE) != 0
        };
        // Release: pairs with the acquire of whoever claims next.
        header.claim.store(claimed_by, Ordering::Release);
        there
    }

    /// Whether the node is to be run. For the run that holds the claim, before anything of it has run.
    pub(crate) fn is_new(&self) -> bool {
        self.header().phase() == Phase::New
    }

    /// What the node still waits for: its inputs, or its subgraph's. For the run that holds the claim.
    pub(crate) fn unfinished_inputs(&self) -> Vec<Handle> {
        match self.header().phase() {
            Phase::Failed if self.header().failure().is_some() => Vec::new(),
            Phase::New | Phase::Failed => self.inputs().map(|(_, used)| used).collect(),
            Phase::Expanded => self.header().child().iter().map(|child| child.share()).collect(),
            Phase::Done => Vec::new(),
        }
    }

    /// The edges of the operation: each with its kind and a handle on what it uses.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = (EdgeKind, Handle)> + '_ {
        // SAFETY: the handle keeps the node alive, and the node keeps what its edges use alive.
        unsafe { edges(self.owner()) }.map(|edge| {
            // SAFETY: as above; the new handle counts for itself.
            unsafe { owner_of(edge.port()).as_ref() }.refs.join();
            (edge.kind(), Handle(edge.port()))
        })
    }
}

/// Notes that a node which only passes values on is needed, and so is what it uses.
#[cold]
fn pass_need(node: NonNull<Header>) {
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        // SAFETY: the first node is kept alive by its handle, the others by the edges of those before them. Edges don't
        // change.
        unsafe {
            let port = &node.as_ref().port;
            match port.need() {
                Need::Unwatched | Need::Needed => {}
                Need::Watched => port.set_need(Need::Needed),
                Need::Passes => {
                    port.set_need(Need::Needed);
                    stack.extend(edges(node).map(|edge| owner_of(edge.port())));
                }
            }
        }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        let owner = self.owner();
        // SAFETY: the handle's reference is given up here, once.
        unsafe {
            if owner.as_ref().refs.leave() {
                bury(owner);
            }
        }
    }
}

/// Frees a node that nobody refers to, and all that only it referred to. Iterative: a chain may be long.
///
/// # Safety
/// The node's reference count has fallen to nothing.
unsafe fn bury(first: NonNull<Header>) {
    let mut tally = Tally::default();
    // The dead are a stack, linked through a field that they don't need any more.
    let link = |node: NonNull<Header>, next: *const Header| {
        // SAFETY: a dead node is exclusively ours.
        unsafe { node.as_ref() }.port.taker.set(next);
    };
    let mut top: *const Header = ptr::null();
    let mut current = Some(first);
    while let Some(node) = current {
        // SAFETY: nobody else refers to `node`; the edges' references are given up once, as the block is freed.
        unsafe {
            // What an unfinished subgraph borrows from this node goes before what it borrows.
            if let Some(child) = node.as_ref().take_child() {
                let below = owner_of(child.into_port());
                if below.as_ref().refs.leave() {
                    link(node, top);
                    top = node.as_ptr();
                    current = Some(below);
                }
                continue;
            }
            let header = node.as_ref();
            if header.port.holds(holds::ANYTHING) != 0 {
                discard(node);
                drop_body(node);
            }
            let mut next = None;
            for edge in edges(node) {
                let used = owner_of(edge.port());
                if used.as_ref().refs.leave()
                    && let Some(previous) = next.replace(used)
                {
                    link(previous, top);
                    top = previous.as_ptr();
                }
            }
            free(node, &mut tally);
            current = next;
            if current.is_none()
                && let Some(waiting) = NonNull::new(top.cast_mut())
            {
                top = waiting.as_ref().port.taker.get();
                current = Some(waiting);
            }
        }
    }
}

/// Frees the block of a node that holds nothing any more.
///
/// # Safety
/// Nobody refers to the node, and its edges' references are given up.
#[inline]
unsafe fn free(node: NonNull<Header>, tally: &mut Tally) {
    // SAFETY: by the caller's word; the layout is the one that the block was allocated with.
    unsafe {
        let header = node.as_ref();
        let (layout, edges, updates) = (header.vtable.layout, header.edge_count(), header.updates());
        if header.extra().is_some() {
            // Nothing else of a header has to be dropped.
            ptr::drop_in_place(node.as_ptr());
        }
        let block = node.cast::<u8>();
        // Where there is nothing before the header but edges, the block begins with them.
        if updates == 0 && edges <= FEW && arena::is_small(layout) && layout.align() == align_of::<Header>() {
            if !arena::free_last(block.sub(size_of_ports(edges, 0)), block.add(layout.size())) {
                arena::free_small(block, tally);
            }
        } else {
            let (layout, front) = layout_of(layout, edges, updates);
            arena::free(block.sub(front), layout, tally);
        }
    }
}

/// Frees a node that has run, whose value was taken.
///
/// # Safety
/// Nobody has another handle on the node.
#[inline]
pub(super) unsafe fn let_go(handle: Handle) {
    let header = handle.header();
    if header.edge_count() > 0 || header.port.holds(holds::ANYTHING) != 0 {
        return drop(handle);
    }
    let node = handle.owner();
    std::mem::forget(handle);
    // SAFETY: by the caller's word; the node uses and holds nothing.
    unsafe { free(node, &mut Tally::default()) };
}

/// Whether the node's block is a small one, as most are. Edges and ports take no more than `arena::BEFORE`.
#[inline]
fn is_small(header: &Header) -> bool {
    header.edge_count() <= FEW && header.updates() <= 1 && arena::is_small(header.vtable.layout)
}

/// Counts a node among those that will be freed together; false if it has to be freed by itself.
///
/// # Safety
/// The node is alive.
#[inline]
pub(super) unsafe fn count_in(together: &mut Together, node: NonNull<Header>) -> bool {
    // SAFETY: by the caller's word; the layout is the one that the block was allocated with.
    unsafe {
        let header = node.as_ref();
        if header.extra().is_some() {
            return false;
        }
        if is_small(header) {
            return together.add(node.cast());
        }
        let (layout, front) = layout_of(header.vtable.layout, header.edges as usize, header.updates());
        together.add_any(node.cast::<u8>().sub(front), layout)
    }
}

/// The layout of a whole block, and how many bytes lie before its header.
#[inline]
pub(super) fn layout_of(block: Layout, edges: usize, updates: usize) -> (Layout, usize) {
    let front = size_of_ports(edges, updates);
    // An alignment is a power of two, and a mask costs less than the division of `next_multiple_of`.
    let front = (front + block.align() - 1) & !(block.align() - 1);
    // A node of so many edges that its size overflows would have needed more memory for the handles alone.
    let layout = Layout::from_size_align(front + block.size(), block.align()).expect("a node's size fits in memory");
    (layout, front)
}

thread_local! {
    /// How many nodes this thread holds for describing.
    static DESCRIBED: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is describing nodes. If so, it must not wait for another that does.
pub(super) fn is_describing() -> bool {
    DESCRIBED.try_with(Cell::get).unwrap_or(0) > 0
}

/// A node that no run can claim, so that its inputs can be looked at.
pub(crate) struct Described(Handle);

impl Described {
    /// Holds the node, if no run does. Whoever holds a node may hold what it uses, and nobody else: a run that comes to a
    /// node through its only reference takes it that nobody else does.
    #[inline]
    pub(crate) fn hold(handle: &Handle) -> Option<Self> {
        let claim = &handle.header().claim;
        // Acquire: pairs with the release of whoever held the claim before.
        claim.compare_exchange(FREE, DESCRIBING, Ordering::Acquire, Ordering::Relaxed).ok()?;
        let _ = DESCRIBED.try_with(|held| held.set(held.get() + 1));
        Some(Self(handle.share()))
    }

    /// Describes the node's inputs; false if they are gone.
    pub(crate) fn describe(&self, out: &mut dyn Describe) -> bool {
        // SAFETY: the node is alive and held.
        unsafe { (self.0.header().vtable.describe)(self.0.owner(), out) }
    }
}

impl Drop for Described {
    fn drop(&mut self) {
        let _ = DESCRIBED.try_with(|held| held.set(held.get() - 1));
        // Release: pairs with the acquire of whoever claims next.
        self.0.header().claim.store(FREE, Ordering::Release);
    }
}
