//! Counted handles: what keeps a node alive, and how it is freed when the last of them goes.
//!
//! An edge counts as a handle on what it uses. A node may also be held for being described, when no run has it.

use std::alloc::Layout;
use std::cell::Cell;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;

use super::arena::{self, Tally, Thread, Together};
use super::edge::{Count, EdgeKind, SPARE, Use, size_of_few, size_of_ports};
use super::header::{
    DESCRIBING, Describe, FREE, Header, Phase, discard, drop_body, edges, home_of, main_port, owner_and_traits,
    owner_of, update_port,
};
use super::port::{Need, Port, UpdatePort, holds};
use super::sync::Stocked;

/// A counted handle on one version of a value.
///
/// It may hold references to spare ([`Stocked`]), so that not each use of the value costs an atomic instruction: most are made with
/// [`SPARE`], and are given [`MORE`] when they are used up. Who may take one is the thread that built the node, while it has the handle
/// at hand; other threads, which may have it at hand, too, count each use by itself.
///
/// One that has some is on the result of a node of which there is nothing to know for whoever uses it: it has a value when it has run,
/// and nobody asks whether it is needed.
pub struct Handle(Stocked<Port>);

// So every port lies at a multiple of eight bytes: headers do, and before them edges, whose sizes are such multiples.
const _: () = assert!(offset_of!(Header, port).is_multiple_of(8) && size_of::<UpdatePort>().is_multiple_of(8));

/// How many references to spare a handle is given that is used more than others.
const MORE: u32 = Stocked::<Port>::MOST;

// SAFETY: a handle gives access to nothing but the parts of a node that are shared and synchronised; values move between
// threads only inside a run, and every value and closure in a node is `Send` (the bounds of `Assembly::finish`).
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// A handle that takes over one reference, and so many to spare.
    ///
    /// # Safety
    /// The references are there, and are the caller's. The port is alive.
    #[inline]
    pub(super) unsafe fn new(port: NonNull<Port>, spare: u32) -> Self {
        // SAFETY: ports lie at multiples of eight bytes (see the assertion above).
        Self(unsafe { Stocked::new(port, spare) })
    }

    #[inline]
    pub(super) fn port(&self) -> NonNull<Port> {
        self.0.get()
    }

    /// As how many references on its owner it counts.
    #[inline]
    pub(super) fn references(&self) -> u32 {
        1 + self.0.spare()
    }

    /// The operation that gives this version.
    #[inline]
    pub(super) fn owner(&self) -> NonNull<Header> {
        // SAFETY: the handle keeps the port alive.
        unsafe { owner_of(self.port()) }
    }

    /// The node that the value lives in.
    #[inline]
    pub(super) fn home(&self) -> NonNull<Header> {
        // SAFETY: the handle keeps the port alive.
        unsafe { home_of(self.port()) }
    }

    /// The head of the operation that gives this version.
    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the handle keeps the node alive, and shared access to a header is always allowed.
        unsafe { &*self.owner().as_ptr() }
    }

    /// From now on a need is noted. For a node that has just been made, whose handle nobody else has at hand. Gives another handle on it.
    #[inline]
    pub(super) fn watch(&self) -> Self {
        let header = self.header();
        if header.port.need() == Need::Unwatched {
            header.port.set_need(Need::Watched);
        }
        if self.0.spare() == 0 {
            return self.join(1);
        }
        // From now on there is something to know.
        header.refs.keep(2, self.0.empty() - 1);
        // SAFETY: the other reference is this handle's.
        unsafe { Self::new(self.port(), 0) }
    }

    /// Whether the node is watched, and nobody has noted a need for it.
    #[inline]
    pub(super) fn is_needless(&self) -> bool {
        self.header().port.need() == Need::Watched
    }

    /// Another handle on the same version.
    #[inline]
    pub(crate) fn share(&self) -> Self {
        self.share_by(Thread::this()).unwrap_or_else(|| self.join(1))
    }

    /// Another handle, if one is to spare for this thread.
    #[inline]
    pub(super) fn share_by(&self, thread: Thread) -> Option<Self> {
        // Another thread may take what is to spare meanwhile, but not for this one.
        if self.0.spare() == 0 || !self.is_of(thread) {
            return None;
        }
        self.0.take();
        // SAFETY: the reference was to spare.
        Some(unsafe { Self::new(self.port(), 0) })
    }

    /// Another handle, of a handle that has nothing to spare for this thread. If it may, it has some from now on, so it is one that will
    /// be dropped.
    #[inline(never)]
    pub(super) fn share_more(&self) -> Self {
        // SAFETY: the handle keeps the port and its owner alive, whose block isn't large if it is small.
        let may_spare = unsafe {
            let (header, traits) = owner_and_traits(self.port());
            let is_plain = self.port() == main_port(self.owner()) && traits.absence() == 0 && !traits.is_watched();
            self.0.spare() == 0 && is_plain && header.port.is_small() && Thread::this().has_filled(self.port().cast())
        };
        if !may_spare {
            return self.join(1);
        }
        let other = self.join(1 + MORE);
        self.0.fill(MORE);
        other
    }

    /// Another handle, for which so many references are counted.
    fn join(&self, references: u32) -> Self {
        self.header().refs.join(references);
        // SAFETY: one of the references is the new handle's.
        unsafe { Self::new(self.port(), 0) }
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
        unsafe { (0..owner.as_ref().updates()).find(|&index| update_port(owner, index) == self.port()) }
            .map_or(0, |index| index + 1)
    }

    /// Hands one reference over to whoever takes the pointer.
    #[inline]
    pub(super) fn into_port(self) -> NonNull<Port> {
        let spare = self.0.spare();
        if spare > 0 {
            self.header().refs.keep(1, spare);
        }
        let port = self.port();
        std::mem::forget(self);
        port
    }

    /// Whether an edge can be made of it, with all that it counts as.
    #[inline]
    pub(super) fn can_be_used(&self) -> bool {
        matches!(self.0.spare(), 0 | SPARE)
    }

    /// Whether it has as many references to spare as it was made with.
    #[inline]
    pub(super) fn is_as_made(&self) -> bool {
        self.0.spare() == SPARE
    }

    /// Of a handle that has references to spare, or had some just now: whether they are this thread's, which has built the node.
    #[inline]
    pub(super) fn is_of(&self, thread: Thread) -> bool {
        // SAFETY: a handle that has something to spare is on a node whose block isn't large; it keeps the node alive.
        unsafe { thread.has_filled(self.port().cast()) }
    }

    /// Makes an edge of it, of one that [`can_be_used`](Self::can_be_used).
    #[inline]
    pub(super) fn into_use(self, kind: EdgeKind) -> Use {
        // SAFETY: the handle is forgotten: what it counts as is the edge's now.
        let stocked = unsafe { ptr::read(&raw const self.0) };
        std::mem::forget(self);
        Use::of(stocked, kind)
    }

    /// The same without anything to spare.
    #[inline]
    pub(super) fn alone(self) -> Self {
        // SAFETY: the reference is handed over.
        unsafe { Self::new(self.into_port(), 0) }
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
                && !self.port().as_ref().is_spent()
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
            let used = unsafe {
                owner_of(edge.port()).as_ref().refs.join(1);
                Handle::new(edge.port(), 0)
            };
            (edge.kind(), used)
        })
    }
}

/// Notes that an operation uses a node, which is watched, hence what that only passes on.
#[inline(never)]
pub(super) fn need(used: &Header) {
    match used.port.need() {
        Need::Unwatched | Need::Needed => return,
        Need::Watched => return used.port.set_need(Need::Needed),
        Need::Passes => {}
    }
    let mut stack = vec![NonNull::from(used)];
    while let Some(node) = stack.pop() {
        // SAFETY: the first node is kept alive by who uses it, the others by the edges of those before them. Edges don't
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
        // SAFETY: the handle's references are given up here, once.
        unsafe {
            if owner.as_ref().refs.leave(self.references()) {
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
                if below.as_ref().refs.leave(1) {
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
                if used.as_ref().refs.leave(edge.references())
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
        let (layout, edges, updates) = (header.vtable.layout, header.edges, header.updates());
        if header.extra().is_some() {
            // Nothing else of a header has to be dropped.
            ptr::drop_in_place(node.as_ptr());
        }
        let block = node.cast::<u8>();
        // Where there is nothing before the header but edges, the block begins with them.
        if updates == 0
            && header.port.is_small()
            && layout.align() == align_of::<Header>()
            && let Some(few) = edges.few()
        {
            if !arena::free_last(block.sub(size_of_few(few)), block.add(layout.size())) {
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

/// Counts a node among those that will be freed together; false if it has to be freed by itself.
///
/// # Safety
/// The node is alive.
#[inline(always)]
pub(super) unsafe fn count_in(together: &mut Together, node: NonNull<Header>) -> bool {
    // SAFETY: by the caller's word.
    unsafe {
        if node.as_ref().extra().is_some() || !node.as_ref().port.is_small() {
            return count_any(together, node);
        }
        together.add(node.cast())
    }
}

/// As [`count_in`], of a node that isn't like most.
#[cold]
unsafe fn count_any(together: &mut Together, node: NonNull<Header>) -> bool {
    // SAFETY: as in `count_in`; the layout is the one that the block was allocated with.
    unsafe {
        let header = node.as_ref();
        if header.extra().is_some() {
            return false;
        }
        let (layout, front) = layout_of(header.vtable.layout, header.edges, header.updates());
        together.add_any(node.cast::<u8>().sub(front), layout)
    }
}

/// The layout of a whole block, and how many bytes lie before its header.
#[inline]
pub(super) fn layout_of(block: Layout, edges: Count, updates: usize) -> (Layout, usize) {
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
