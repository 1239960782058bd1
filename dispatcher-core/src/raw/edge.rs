//! Uses of versions of values, and the links from a version to the uses that wait for it.
//!
//! An [`Edge`] is one use of a port by a later operation, and keeps the port's owner alive. A node's edges lie right before its header.
//! A node of few has them in 16 bytes each, and a link to one is its header's address with the edge's place in the low bits. A node of
//! many has the header's address in each of them, or, where all of them take what they use, as a collection's do, nothing but what
//! that is: only what reads or waits is linked to.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use super::header::Header;
use super::port::{Port, UpdatePort};
use super::prefetch::prefetch;
use super::sync::Stocked;

/// What an operation does with a value that it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum EdgeKind {
    /// Lends it, shared (`&x`), or copies or clones it.
    Read = 0,
    /// Takes it (`x`).
    Move = 1,
    /// Updates it in place (`&mut x`).
    Update = 2,
    /// Uses nothing of it, and only waits.
    Order = 3,
}

/// One use of a port, as it lies in memory: what is used, with the kind in the low bits, and whether it holds all references that its
/// handle was made with ([`WHOLE`]). It counts as so many references on its owner.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Use(NonNull<Port>);

/// In a [`Use`]: it holds one reference, and as many to spare as a handle is made with.
const WHOLE: usize = 4;
/// How many references to spare a handle is made with. As many as the bit [`WHOLE`] is worth, so that references are counted by it.
pub(super) const SPARE: u32 = WHOLE as u32;

/// A use by a node of few edges, or the first part of a [`WideUse`].
#[repr(C, align(8))]
struct WaitingUse {
    used: Use,
    /// The next edge that waits for the same port.
    next: Cell<Link>,
}

/// A use by a node of many edges, not all of which take what they use.
#[repr(C, align(8))]
struct WideUse {
    waiting: WaitingUse,
    /// The node that uses it.
    owner: NonNull<Header>,
}

/// How many edges a node may have for a link to say which one it is in a pointer's three low bits.
pub(super) const FEW: usize = 7;

const _: () = assert!(size_of_ports(Count(FEW as u32), 1) + 64 <= super::arena::BEFORE);

/// How many edges a node has, and how they lie: those of few are [`WaitingUse`]s, those of many [`WideUse`]s, or, where all take what
/// they use, so that no port links to them, mere [`Use`]s.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(u32);

/// In a [`Count`] of many: all of them take what they use.
const TAKE: u32 = 1 << 31;

impl Count {
    /// No edges.
    pub(super) const NONE: Self = Self(0);
    /// One edge.
    pub(super) const ONE: Self = Self(1);

    /// So many edges, all of which take what they use if `take` says so; none if there can't be so many.
    #[inline]
    pub(super) fn new(edges: usize, take: bool) -> Option<Self> {
        let count = u32::try_from(edges).ok().filter(|count| count & TAKE == 0)?;
        Some(Self(if take && edges > FEW { count | TAKE } else { count }))
    }

    #[inline]
    pub(super) const fn get(self) -> usize {
        (self.0 & !TAKE) as usize
    }

    /// How many, if that is few.
    #[inline]
    pub(super) const fn few(self) -> Option<usize> {
        if self.is_few() { Some(self.0 as usize) } else { None }
    }

    #[inline]
    pub(super) const fn is_few(self) -> bool {
        self.0 <= FEW as u32
    }

    /// Whether no port links to the edges, since all take what they use.
    #[inline]
    const fn take(self) -> bool {
        self.0 & TAKE != 0
    }

    /// The distance from one edge to the next, in bytes.
    #[inline]
    const fn stride(self) -> usize {
        if self.is_few() {
            size_of::<WaitingUse>()
        } else if self.take() {
            size_of::<Use>()
        } else {
            size_of::<WideUse>()
        }
    }
}

/// How many bytes so few edges take.
#[inline]
pub(super) const fn size_of_few(edges: usize) -> usize {
    edges * size_of::<WaitingUse>()
}

/// How many bytes so many edges and update ports take.
#[inline]
pub(super) const fn size_of_ports(edges: Count, updates: usize) -> usize {
    edges.get() * edges.stride() + updates * size_of::<UpdatePort>()
}

impl Use {
    /// A use, of this kind, of the port that a handle points to which has no references to spare, or [`SPARE`]; it takes over what the
    /// handle counts as.
    #[inline]
    pub(super) fn of(handle: Stocked<Port>, kind: EdgeKind) -> Self {
        debug_assert!(matches!(handle.spare(), 0 | SPARE), "an edge counts as one reference, or as those of a handle");
        // What is to spare stands in the pointer as `WHOLE` does.
        let used = handle.into_inner().as_ptr().map_addr(|address| address | kind as usize);
        // SAFETY: the tagged pointer isn't null.
        Self(unsafe { NonNull::new_unchecked(used) })
    }

    /// Where the `index`-th of a node's edges lies.
    ///
    /// # Safety
    /// There is room for the edges right before the header.
    #[inline]
    pub(super) unsafe fn at(header: NonNull<Header>, count: Count, index: usize) -> NonNull<Self> {
        // SAFETY: by the caller's word.
        unsafe { header.byte_sub((count.get() - index) * count.stride()).cast() }
    }

    /// Writes one of a node's edges, and gives the place of the next.
    ///
    /// # Safety
    /// The place is that of an edge of the node, and the caller's.
    #[inline]
    pub(super) unsafe fn write(
        at: NonNull<Self>,
        count: Count,
        header: NonNull<Header>,
        used: Self,
        kind: EdgeKind,
    ) -> NonNull<Self> {
        // SAFETY: by the caller's word; there is as much room as `Count::stride` says.
        unsafe {
            if count.is_few() {
                at.cast().write(WaitingUse { used, next: Cell::new(Link::NONE) });
                return at.byte_add(size_of::<WaitingUse>());
            }
            Self::write_of_many(at, count, header, used, kind)
        }
    }

    /// As [`write`](Self::write), one of many.
    unsafe fn write_of_many(
        at: NonNull<Self>,
        count: Count,
        header: NonNull<Header>,
        used: Self,
        kind: EdgeKind,
    ) -> NonNull<Self> {
        // SAFETY: as in `write`.
        unsafe {
            if count.take() {
                assert!(matches!(kind, EdgeKind::Move | EdgeKind::Update), "an input takes less than it said");
                at.write(used);
                return at.add(1);
            }
            let waiting = WaitingUse { used, next: Cell::new(Link::NONE) };
            at.cast().write(WideUse { waiting, owner: header });
            at.byte_add(size_of::<WideUse>())
        }
    }
}

/// One use of a port by a later operation.
#[derive(Clone, Copy)]
pub(super) struct Edge<'a> {
    at: NonNull<Use>,
    of: PhantomData<&'a Use>,
}

impl Edge<'_> {
    #[inline]
    fn used(self) -> NonNull<Port> {
        // SAFETY: the edge is there for the lifetime, and doesn't change.
        unsafe { self.at.read() }.0
    }

    /// The version that is used.
    #[inline]
    pub(super) fn port(self) -> NonNull<Port> {
        let port = self.used().as_ptr().map_addr(|address| address & !(3 | WHOLE));
        // SAFETY: an aligned port's address, which isn't null, has nothing else in its low bits.
        unsafe { NonNull::new_unchecked(port) }
    }

    /// As how many references on its owner it counts.
    #[inline]
    pub(super) fn references(self) -> u32 {
        1 + (self.used().addr().get() & WHOLE) as u32
    }

    /// Whether its kind is [`EdgeKind::Read`].
    #[inline]
    pub(super) fn reads(self) -> bool {
        self.used().addr().get() & 3 == EdgeKind::Read as usize
    }

    /// Whether its kind is [`EdgeKind::Update`].
    #[inline]
    pub(super) fn updates(self) -> bool {
        self.used().addr().get() & 3 == EdgeKind::Update as usize
    }

    #[inline]
    pub(super) fn kind(self) -> EdgeKind {
        match self.used().addr().get() & 3 {
            0 => EdgeKind::Read,
            1 => EdgeKind::Move,
            2 => EdgeKind::Update,
            _ => EdgeKind::Order,
        }
    }

    /// Says which edge waits next for the same port.
    ///
    /// # Safety
    /// The edge doesn't take what it uses, and its node is the caller's.
    #[inline]
    pub(super) unsafe fn set_next(self, next: Link) {
        // SAFETY: by the caller's word it isn't a mere `Use`.
        unsafe { self.at.cast::<WaitingUse>().as_ref() }.next.set(next);
    }
}

/// A link to an edge that waits, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link(*const Header);

impl Link {
    pub(super) const NONE: Self = Self(ptr::null());

    /// The link to the `index`-th of a node's edges.
    ///
    /// # Safety
    /// The node has so many edges, and this one doesn't take what it uses.
    #[inline]
    pub(super) unsafe fn to(header: NonNull<Header>, count: Count, index: usize) -> Self {
        if count.is_few() {
            return Self(header.as_ptr().map_addr(|address| address | (count.get() - index)));
        }
        // SAFETY: by the caller's word.
        Self(unsafe { Use::at(header, count, index) }.as_ptr().cast())
    }

    /// A link that stands for the result of a subgraph, and keeps `waiting`, the edges that wait for the operation that gave it.
    #[inline]
    pub(super) fn of_child(child: NonNull<Port>, waiting: Self) -> Self {
        if waiting == Self::NONE {
            return Self(child.as_ptr().cast_const().cast());
        }
        let both = Box::into_raw(Box::new(Child { child, waiting }));
        Self(both.cast_const().cast::<Header>().map_addr(|address| address | 1))
    }

    /// What [`Link::of_child`] was made of.
    ///
    /// # Safety
    /// The link is such a one, and wasn't freed.
    #[inline]
    pub(super) unsafe fn as_child(self) -> Option<Child> {
        if self.0.addr() & 1 != 0 {
            // SAFETY: by the caller's word.
            return Some(unsafe { *self.as_both() });
        }
        Some(Child { child: NonNull::new(self.0.cast_mut().cast())?, waiting: Self::NONE })
    }

    /// Frees what [`Link::of_child`] made, if it is more than the link.
    ///
    /// # Safety
    /// As [`Link::as_child`]'s; the link isn't used again.
    #[inline]
    pub(super) unsafe fn free_child(self) {
        if self.0.addr() & 1 != 0 {
            // SAFETY: by the caller's word; it came from a `Box`.
            drop(unsafe { Box::from_raw(self.as_both()) });
        }
    }

    fn as_both(self) -> *mut Child {
        self.0.map_addr(|address| address & !1).cast_mut().cast()
    }

    /// The node that waits, and the next link; nothing if nobody does.
    ///
    /// # Safety
    /// The link is none, or to an edge of a node that is alive.
    #[inline]
    pub(super) unsafe fn follow(self) -> Option<(NonNull<Header>, Link)> {
        let place = self.0.addr() & FEW;
        let at = NonNull::new(self.0.map_addr(|address| address & !FEW).cast_mut())?;
        // SAFETY: by the caller's word; `to` has made the link.
        unsafe {
            if place > 0 {
                let edge = at.byte_sub(place * size_of::<WaitingUse>()).cast::<WaitingUse>();
                return Some((at, edge.as_ref().next.get()));
            }
            let edge = at.cast::<WideUse>().as_ref();
            Some((edge.owner, edge.waiting.next.get()))
        }
    }
}

/// The result of a subgraph that is under way, and the edges that wait for the operation that gave it.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub(super) child: NonNull<Port>,
    pub(super) waiting: Link,
}

/// A node's edges, in the order of its inputs.
pub(super) struct Edges<'a> {
    at: NonNull<Use>,
    left: usize,
    stride: usize,
    of: PhantomData<&'a Use>,
}

impl<'a> Edges<'a> {
    /// The node's edges.
    ///
    /// # Safety
    /// The node is alive for `'a`, and has so many edges.
    #[inline]
    pub(super) unsafe fn of(header: NonNull<Header>, count: Count) -> Self {
        if !count.is_few() {
            // SAFETY: as this function's.
            return unsafe { Self::of_many(header, count) };
        }
        // SAFETY: by the caller's word; `Assembly` wrote them there, and they never move.
        let at = unsafe { header.byte_sub(count.get() * size_of::<WaitingUse>()) }.cast();
        Self { at, left: count.get(), stride: size_of::<WaitingUse>(), of: PhantomData }
    }

    /// As [`of`](Self::of), of a node of many edges. By itself, so that the few are found without arithmetic.
    #[cold]
    unsafe fn of_many(header: NonNull<Header>, count: Count) -> Self {
        // SAFETY: as in `of`.
        let at = unsafe { Use::at(header, count, 0) };
        Self { at, left: count.get(), stride: count.stride(), of: PhantomData }
    }

    /// The edges from the `index`-th on.
    #[inline]
    pub(super) fn from(self, index: usize) -> Self {
        let index = index.min(self.left);
        // SAFETY: there are as many edges, and after the last comes the header, in the same block.
        let at = unsafe { self.at.byte_add(index * self.stride) };
        Self { at, left: self.left - index, ..self }
    }

    /// Lets the processor fetch what an edge uses that comes later.
    #[inline(always)]
    pub(super) fn look_ahead(&self) {
        if self.left > AHEAD {
            // SAFETY: the edge is one of those that are left.
            let later = unsafe { self.at.byte_add(AHEAD * self.stride).as_ref() };
            prefetch(later.0.as_ptr());
        }
    }
}

/// How many edges are looked ahead.
const AHEAD: usize = 8;

impl<'a> Iterator for Edges<'a> {
    type Item = Edge<'a>;

    #[inline]
    fn next(&mut self) -> Option<Edge<'a>> {
        self.left = self.left.checked_sub(1)?;
        let at = self.at;
        // SAFETY: one more edge was left, and after the last comes the header, in the same block.
        self.at = unsafe { at.byte_add(self.stride) };
        Some(Edge { at, of: PhantomData })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Edges<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: as in `next`.
        let at = unsafe { self.at.byte_add(self.left * self.stride) };
        Some(Edge { at, of: PhantomData })
    }
}

impl ExactSizeIterator for Edges<'_> {}
