//! Putting a node together: its block is allocated, its edges are written one by one, and then the rest.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use super::about::{About, Extra};
use super::arena::{self, Thread};
use super::edge::{Count, EdgeKind, SPARE, Use};
use super::handle::{Handle, layout_of, need};
use super::header::{Block, FREE, Header, Phase, VTable, main_port, owner_and_traits, update_port_at};
use super::port::{MAIN, MAY_BE_ABSENT, Need, PLAIN, Port, SMALL, USES_END, UpdatePort, holds};
use super::sync::{Countdown, Refs};
use crate::node::Node;
use crate::policy::Terms;
use crate::site::{Location, Site};

thread_local! {
    static CLOCK: Cell<u32> = const { Cell::new(0) };
}

/// A node that is being put together: memory for its edges and header, the edges so far.
///
/// It has to be finished: one that isn't keeps its memory, and what its edges use. It doesn't come to that: no user code runs between
/// `new` and `finish` (`Input::prepare` is where it runs), and the assertions are about our own.
pub struct Assembly {
    header: NonNull<Header>,
    /// Where the next edge goes; at the header when all are there.
    next: NonNull<Use>,
    plan: Outline,
    /// The thread that puts it together.
    thread: Thread,
    seq: u32,
    updates_made: u8,
    /// [`USES_END`] and [`MAY_BE_ABSENT`] where they hold, and [`Need::Passes`] if the node only passes on what somebody will ask about.
    traits: u8,
}

/// What is known of a node before it is put together.
#[derive(Clone, Copy)]
pub(super) struct Outline {
    edges: Count,
    /// How many of its edges update their value.
    updates: u8,
    /// Whether the node only passes values on.
    passes: bool,
}

impl Outline {
    /// A node that uses nothing.
    pub(super) const ALONE: Self = Self { edges: Count::NONE, updates: 0, passes: false };

    /// A node with so many edges, of which `updates` update their value; `take` says that all of them take what they use.
    #[inline]
    pub(super) fn new((edges, updates): (usize, usize), take: bool, passes: bool) -> Self {
        match (Count::new(edges, take), u8::try_from(updates)) {
            (Some(edges), Ok(updates)) => Self { edges, updates, passes },
            _ => too_many(),
        }
    }

    /// [`SMALL`], if a node of these types is.
    #[inline]
    fn small<T, B>(self) -> u8 {
        // Edges and ports take no more than `arena::BEFORE`.
        let is_small = self.edges.is_few() && self.updates <= 1 && arena::is_small(Layout::new::<Block<T, B>>());
        if is_small { SMALL } else { 0 }
    }
}

impl Assembly {
    /// Room for a node.
    #[inline]
    pub(super) fn new<T, B>(plan: Outline) -> Self {
        let (edges, updates) = (plan.edges, usize::from(plan.updates));
        let (layout, front) = layout_of(Layout::new::<Block<T, B>>(), edges, updates);
        let block = arena::allocate(layout);
        // SAFETY: the block has `front` bytes before the header.
        let header: NonNull<Header> = unsafe { block.add(front) }.cast();
        // SAFETY: the edges lie within those bytes, right before the header.
        let next = unsafe { Use::at(header, edges, 0) };
        let seq = CLOCK.try_with(Cell::get).unwrap_or(0);
        Self { header, next, plan, thread: Thread::this(), seq, updates_made: 0, traits: 0 }
    }

    /// Adds a use of `used`. The edge takes over what the handle counts as.
    pub(crate) fn push(&mut self, used: Handle, kind: EdgeKind) {
        if !used.can_be_used() {
            return self.push_alone(used, kind);
        }
        let (port, is_plain_and_ours) = (used.port(), used.is_as_made() && used.is_of(self.thread));
        self.write(used.into_use(kind), kind);
        if !is_plain_and_ours {
            // SAFETY: the handle's reference, which is the edge's now, keeps the node alive.
            unsafe { self.look_at(port) };
        }
    }

    /// As [`push`](Self::push), of a handle that has had more to spare. By itself, so that `push` has nothing to save.
    #[inline(never)]
    fn push_alone(&mut self, used: Handle, kind: EdgeKind) {
        self.push(used.alone(), kind);
    }

    /// Adds a use of `used`, which stays.
    pub(crate) fn push_shared(&mut self, used: &Handle, kind: EdgeKind) {
        match used.share_by(self.thread) {
            Some(used) => self.write(used.into_use(kind), kind),
            None => self.push_joined(used, kind),
        }
    }

    /// As [`push_shared`](Self::push_shared), of a handle that has nothing to spare for this thread.
    #[inline(never)]
    fn push_joined(&mut self, used: &Handle, kind: EdgeKind) {
        self.push(used.share_more(), kind);
    }

    /// Writes an edge.
    #[inline(always)]
    fn write(&mut self, used: Use, kind: EdgeKind) {
        assert!(self.next.cast() != self.header, "an input uses more values than it said");
        self.traits |= if matches!(kind, EdgeKind::Read | EdgeKind::Update) { USES_END } else { 0 };
        // SAFETY: the block has room for the edges, and the place is ours and not initialised.
        self.next = unsafe { Use::write(self.next, self.plan.edges, self.header, used, kind) };
    }

    /// Takes note of what there is to know of something used. Where its handle has references to spare for this thread, there is nothing:
    /// the clock has gone on since it was built. So its header isn't looked at, which may not be at hand any more.
    ///
    /// # Safety
    /// The port is alive.
    #[inline(always)]
    unsafe fn look_at(&mut self, port: NonNull<Port>) {
        // SAFETY: by the caller's word.
        let (header, traits) = unsafe { owner_and_traits(port) };
        self.seq = self.seq.max(header.seq);
        self.traits |= traits.absence();
        if traits.is_watched() {
            if self.plan.passes {
                self.traits |= Need::Passes as u8;
            } else {
                // At the end, so that nothing has to be kept meanwhile.
                need(header);
            }
        }
    }

    /// The node may finish without a value.
    pub(super) fn may_be_absent(&mut self) {
        self.traits |= MAY_BE_ABSENT;
    }

    /// The node sees to values that aren't there by itself, and always has one.
    pub(super) fn never_absent(&mut self) {
        self.traits &= !MAY_BE_ABSENT;
    }

    /// Adds an update of `used`, which becomes the handle of the new version.
    pub(crate) fn push_update(&mut self, used: &mut Handle) {
        assert!(self.updates_made < self.plan.updates, "an input updates more values than it said");
        let (edges, updates) = (self.plan.edges, usize::from(self.plan.updates));
        // SAFETY: within the update ports, by the assertion.
        let port = unsafe { update_port_at(self.header, edges, updates, usize::from(self.updates_made)) };
        // SAFETY: the place is ours and not initialised. The handle of the new version is counted in `finish`.
        unsafe {
            let version = Port::new(used.port().as_ref().plain(), 0, (0, Phase::New), 0);
            port.write(UpdatePort { port: version, owner: self.header, home: used.home() });
        }
        // SAFETY: the new version's reference is this handle's.
        let old = std::mem::replace(used, unsafe { Handle::new(port.cast(), 0) });
        self.updates_made += 1;
        self.push(old, EdgeKind::Update);
    }

    /// Completes the node, of which `plan` was the outline.
    #[inline]
    pub(super) fn finish<T, B>(
        self,
        // Once more, since whoever asks knows it when the program is compiled.
        plan: Outline,
        vtable: &'static VTable,
        site: &'static Site,
        (body, held): (B, u8),
        value: Option<T>,
    ) -> Handle {
        assert!(
            self.next.cast() == self.header && self.updates_made == plan.updates,
            "an input uses fewer values than it said"
        );
        debug_assert_eq!(vtable.layout, Layout::new::<Block<T, B>>());
        let seq = self.seq.wrapping_add(1);
        let _ = CLOCK.try_with(|clock| clock.set(seq));
        let (phase, held) = if value.is_some() { (Phase::Done, held | holds::VALUE) } else { (Phase::New, held) };
        let plain = if vtable.drop_value.is_none() { PLAIN } else { 0 };
        let traits = MAIN | plain | self.traits;
        let small = plan.small::<T, B>();
        // Otherwise there is something to know for whoever uses it (`look_at`).
        let is_plain = self.traits & (MAY_BE_ABSENT | Need::Passes as u8) == 0;
        let spare = if small == SMALL && is_plain { SPARE } else { 0 };
        let header = Header {
            pending: Countdown::new(0),
            edges: plan.edges,
            claim: AtomicU32::new(FREE),
            outside: Cell::new(0),
            // This handle's, and those of the versions that it leaves.
            refs: Refs::new(1 + spare + u32::from(plan.updates)),
            seq,
            port: Port::new(traits, small, (held, phase), plan.updates),
            vtable,
            about: About::new(site),
        };
        let slot = UnsafeCell::new(value.map_or(MaybeUninit::uninit(), MaybeUninit::new));
        // SAFETY: the block has room for a `Block<T, B>` at the header, by the layout that `new` computed.
        unsafe {
            self.header.cast::<Block<T, B>>().write(Block { header, slot, body: UnsafeCell::new(body) });
        }
        // SAFETY: the header is initialised; the references counted first are this handle's.
        unsafe { Handle::new(main_port(self.header), spare) }
    }
}

#[cold]
fn too_many() -> ! {
    panic!("a node has too many inputs");
}

/// Says more of a node than its site does. Only for the node's maker, before anybody else sees it.
pub(crate) fn annotate(handle: &Handle, label: Option<Box<str>>, location: Option<Location>) {
    let about = &handle.header().about;
    about.set(Extra::of(about.site(), label, location));
}

/// Sets what the user says of an operation.
pub(crate) fn set_options<T>(node: Node<'_, T>, label: Option<Box<str>>, terms: Option<Terms>) -> Node<'_, T> {
    let header = node.handle().header();
    let extra = header.extras();
    if let Some(label) = label {
        let _ = extra.relabel.set(label);
    }
    if let Some(terms) = terms
        && extra.terms.set(terms).is_ok()
    {
        header.port.set_has_terms();
    }
    node
}
