//! Putting a node together: its block is allocated, its edges are written one by one, and then the rest.

use std::alloc::Layout;
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::atomic::AtomicU32;

use once_cell::race::OnceBox;

use super::arena::{self, Tally};
use super::handle::{Handle, layout_of};
use super::header::{Block, Extra, FREE, Header, Phase, VTable, main_port, owner_and_traits, update_port_at};
use super::port::{Edge, EdgeKind, Edges, MAIN, MAY_BE_ABSENT, Need, PLAIN, Port, USES_END, UpdatePort, holds};
use super::sync::{Countdown, Refs};
use crate::node::Node;
use crate::policy::Terms;
use crate::site::{Location, Site};

thread_local! {
    static CLOCK: Cell<u32> = const { Cell::new(0) };
}

/// A node that is being put together: memory for its edges and header, the edges so far.
///
/// Dropping it half-way gives all of it back.
pub struct Assembly {
    block: NonNull<u8>,
    layout: Layout,
    header: NonNull<Header>,
    edges: usize,
    updates: usize,
    /// Where the next edge goes; at the header when all are there.
    next: NonNull<Edge>,
    updates_made: usize,
    seq: u32,
    /// Whether the node only passes values on.
    passes: bool,
    /// [`USES_END`] and [`MAY_BE_ABSENT`] where they hold.
    traits: u8,
}

impl Assembly {
    /// Room for a node with so many edges, of which `updates` update their value.
    #[inline]
    pub(super) fn new<T, B>(edges: usize, updates: usize, passes: bool) -> Self {
        let (layout, front) = layout_of(Layout::new::<Block<T, B>>(), edges, updates);
        assert!(edges <= u32::MAX as usize && updates <= u8::MAX as usize, "a node has too many inputs");
        let block = arena::allocate(layout);
        // SAFETY: the block has `front` bytes before the header.
        let header: NonNull<Header> = unsafe { block.add(front) }.cast();
        // SAFETY: the edges lie within those bytes, right before the header.
        let next = unsafe { Edge::at(header, edges, 0) };
        let seq = CLOCK.try_with(Cell::get).unwrap_or(0);
        Self { block, layout, header, edges, updates, next, updates_made: 0, seq, passes, traits: 0 }
    }

    /// Adds a use of `used`. The edge takes over the handle's reference.
    #[inline]
    pub(crate) fn push(&mut self, used: Handle, kind: EdgeKind) {
        assert!(self.next.cast() != self.header, "an input uses more values than it said");
        // SAFETY: the handle keeps the node alive.
        let (header, traits) = unsafe { owner_and_traits(used.port()) };
        self.seq = self.seq.max(header.seq);
        if !self.passes && traits.is_watched() {
            used.need();
        }
        if matches!(kind, EdgeKind::Read | EdgeKind::Update) {
            self.traits |= USES_END;
        }
        self.traits |= traits.absence();
        // SAFETY: the block has room for the edges, and the place is ours and not initialised.
        self.next = unsafe { Edge::write(self.next, self.edges, self.header, used.into_port(), kind) };
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
    #[inline]
    pub(crate) fn push_update(&mut self, used: &mut Handle) {
        assert!(self.updates_made < self.updates, "an input updates more values than it said");
        // SAFETY: within the update ports, by the assertion.
        let port = unsafe { update_port_at(self.header, self.edges, self.updates, self.updates_made) };
        // SAFETY: the place is ours and not initialised. The handle of the new version is counted in `finish`: until
        // then, and if that isn't reached, it is put back.
        unsafe {
            let version = Port::new(used.0.as_ref().plain(), Need::Unwatched, 0, Phase::New, 0);
            port.write(UpdatePort { port: version, owner: self.header, home: used.home() });
        }
        let old = std::mem::replace(used, Handle(port.cast()));
        self.updates_made += 1;
        self.push(old, EdgeKind::Update);
    }

    /// Completes the node.
    #[inline]
    pub(super) fn finish<T, B>(
        self,
        vtable: &'static VTable,
        site: &'static Site,
        body: B,
        held: u8,
        value: Option<T>,
    ) -> Handle {
        assert!(
            self.next.cast() == self.header && self.updates_made == self.updates,
            "an input uses fewer values than it said"
        );
        debug_assert_eq!(vtable.layout, Layout::new::<Block<T, B>>());
        let seq = self.seq.wrapping_add(1);
        let _ = CLOCK.try_with(|clock| clock.set(seq));
        let (phase, held) = if value.is_some() { (Phase::Done, held | holds::VALUE) } else { (Phase::New, held) };
        let updates = u8::try_from(self.updates).expect("checked in `new`");
        let refs = Refs::one();
        for _ in 0..self.updates {
            refs.join();
        }
        let plain = if vtable.drop_value.is_none() { PLAIN } else { 0 };
        let need = if self.passes { Need::Passes } else { Need::Unwatched };
        let header = Header {
            pending: Countdown::new(0),
            edges: u32::try_from(self.edges).expect("checked in `new`"),
            claim: AtomicU32::new(FREE),
            outside: Cell::new(0),
            refs,
            seq,
            port: Port::new(MAIN | plain | self.traits, need, held, phase, updates),
            vtable,
            site,
            extra: OnceBox::new(),
        };
        let header_at = self.header;
        let slot = UnsafeCell::new(value.map_or(MaybeUninit::uninit(), MaybeUninit::new));
        // SAFETY: the block has room for a `Block<T, B>` at the header, by the layout that `new` computed.
        unsafe {
            self.header.cast::<Block<T, B>>().write(Block { header, slot, body: UnsafeCell::new(body) });
        }
        std::mem::forget(self);
        // SAFETY: the header is initialised; the reference counted as one is this handle's.
        Handle(unsafe { main_port(header_at) })
    }
}

impl Drop for Assembly {
    fn drop(&mut self) {
        // Handles on update ports are out already, so this block can't be given back. It doesn't come to that: no user code
        // runs between `new` and `finish` (`Input::prepare` is where it runs), and the assertions are about our own.
        if self.updates_made > 0 {
            return;
        }
        let mut tally = Tally::default();
        // SAFETY: those before the next are initialised, and each owns a reference.
        for edge in unsafe { Edges::of(self.header, self.edges) }.take_while(|&edge| !ptr::eq(edge, self.next.as_ptr()))
        {
            drop(Handle(edge.port()));
        }
        // SAFETY: the block came from `allocate` with this layout; no node was made of it.
        unsafe { arena::free(self.block, self.layout, &mut tally) };
    }
}

/// Says more of a node than its site does. Only for the node's maker, before anybody else sees it.
pub(crate) fn annotate(handle: &Handle, label: Option<Box<str>>, location: Option<Location>) {
    let _ = handle.header().extra.set(Box::new(Extra { label, location, ..Extra::default() }));
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
