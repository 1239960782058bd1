//! Claiming: the walk from outputs to everything that they need and that has not run, which makes it a run's own, links each
//! port forward to the edges that wait for it, and finds the nodes that wait for nothing.
//!
//! Where an `unsafe fn` here doesn't say what it asks for, it is this: the node is alive.

use std::cell::Cell;
use std::cmp::Reverse;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::arena::{Lately, Together};
use super::body::clear;
use super::edge::{Count, Edge, EdgeKind, Edges, Link};
use super::handle::{Handle, count_in, is_describing};
use super::header::{DESCRIBING, FREE, Header, Phase, home_of, owner_of};
use super::port::{Port, holds};
use super::settle::Settled;
use crate::error::Failure;

/// A node that is asked for is part of another run that is under way.
#[derive(Debug)]
pub(crate) struct Busy;

static RUN_IDS: AtomicU32 = AtomicU32::new(0);
/// How many run ids a thread takes at a time.
const IDS: u32 = 1024;

thread_local! {
    static IDS_LEFT: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    /// The memory of `claim`, kept between subgraphs.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// What `claim` works with. Holds no references: it is empty between claims.
#[derive(Default)]
struct Scratch {
    /// Claimed nodes whose edges are to be linked.
    stack: Vec<NonNull<Header>>,
    /// Claimed nodes of many edges, of which some are linked.
    wide: Vec<Wide>,
    /// Nodes that take a version that was there before the run, and the version.
    takers: Vec<(NonNull<Header>, NonNull<Port>)>,
    /// Nodes that wait for nothing, the first built first; and whether one of them has terms of its own.
    roots: Vec<NonNull<Header>>,
    ranked: bool,
    /// For [`Graves`].
    lately: Option<Box<Lately>>,
}

/// A node of many edges, which are linked some at a time, each time with all that those use: so what has just been claimed is
/// still at hand.
struct Wide {
    node: NonNull<Header>,
    /// How many edges are linked.
    linked: usize,
    /// How many events the node waits for, as far as its edges are linked.
    pending: u32,
    /// How many nodes are to be linked after it.
    below: usize,
}

impl Scratch {
    /// Adds a node that waits for nothing, of which `header` is the head.
    #[inline(always)]
    fn add_root(&mut self, node: NonNull<Header>, header: &Header) {
        self.ranked |= header.port.has_terms();
        self.roots.push(node);
    }
}

/// What claiming found.
pub(super) struct Found {
    /// Somebody outside refers to some of what was claimed.
    pub(super) kept: bool,
    /// Something that is needed has failed before, or is gone.
    pub(super) broken: bool,
    /// Some of the nodes that are ready may be more or less urgent than others.
    pub(super) ranked: bool,
}

/// The nodes of a run, to be freed together when it has gone well.
pub(super) struct Graves {
    blocks: Together,
    /// Those that were there before the run: their values may be there still.
    values: Vec<NonNull<Header>>,
}

// SAFETY: it is used by whoever has the run to itself.
unsafe impl Send for Graves {}

impl Graves {
    pub(super) fn new() -> Self {
        Self { blocks: Together::default(), values: Vec::new() }
    }

    /// Adds a node that has just been claimed, and is to be run if it `is_new`; false if it has to be freed by itself.
    ///
    /// # Safety
    /// The node is alive, and claimed by us.
    #[inline(always)]
    unsafe fn add(&mut self, node: NonNull<Header>, is_new: bool) -> bool {
        // SAFETY: by the caller's word.
        unsafe {
            if !is_new && !self.add_value(node) {
                return false;
            }
            count_in(&mut self.blocks, node)
        }
    }

    /// Adds the value of a node that is there before the run; false if the node has to be freed by itself.
    #[cold]
    unsafe fn add_value(&mut self, node: NonNull<Header>) -> bool {
        // SAFETY: as in `add`.
        let header = unsafe { node.as_ref() };
        // What an earlier run computed has edges on nodes that this run doesn't claim.
        if header.edge_count() > 0 {
            return false;
        }
        if !header.port.is_plain() {
            self.values.push(node);
        }
        true
    }

    /// Frees them all.
    ///
    /// # Safety
    /// All of them have run, nobody refers to any of them, and no value is left in them but in those that were there before.
    pub(super) unsafe fn free(self) {
        for value in self.values {
            // SAFETY: by the caller's word.
            unsafe { clear(value) };
        }
        // SAFETY: by the caller's word.
        unsafe { self.blocks.free() };
    }
}

/// An id for a run or a subgraph, other than [`FREE`] and [`DESCRIBING`].
pub(super) fn next_id() -> u32 {
    let take = |ids: &Cell<(u32, u32)>| {
        let (next, end) = match ids.get() {
            (next, end) if next < end => (next, end),
            _ => {
                let start = RUN_IDS.fetch_add(IDS, Ordering::Relaxed);
                (start, start.wrapping_add(IDS).max(start))
            }
        };
        ids.set((next.wrapping_add(1), end));
        next
    };
    loop {
        let id = IDS_LEFT.try_with(take).unwrap_or_else(|_| RUN_IDS.fetch_add(IDS, Ordering::Relaxed));
        if id > DESCRIBING {
            return id;
        }
    }
}

/// Claims what `outputs` need, calls `linked`, and gives the nodes that are ready to `roots`, the first built first, which takes them
/// out. What is claimed was free, or held by `from`, which is the caller's.
///
/// # Safety
/// The outputs live as long as the tokens do.
pub(super) unsafe fn claim(
    outputs: &[Handle],
    (id, from): (u32, u32),
    graves: &mut Option<Graves>,
    linked: impl FnOnce(&Found),
    roots: impl FnOnce(&mut Vec<NonNull<Header>>),
) -> Result<Found, Busy> {
    let mut scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
    if let Some(graves) = graves {
        graves.blocks.begin(scratch.lately.take());
    }
    // SAFETY: as this function's.
    let found = unsafe { link_all(outputs, (id, from), &mut scratch, graves) };
    if let Some(graves) = graves {
        scratch.lately = graves.blocks.end();
    }
    match &found {
        Ok(found) => linked(found),
        Err(Busy) => {
            // SAFETY: no token has been given out.
            unsafe { Settled::new(outputs, id) }.free(from);
            scratch = Box::default();
        }
    }
    // Only now: a token that is out may be run.
    roots(&mut scratch.roots);
    debug_assert!(scratch.roots.is_empty(), "whoever is given the nodes takes them out");
    if scratch.stack.capacity() > KEPT {
        scratch.stack = Vec::new();
    }
    let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
    found
}

/// For how many nodes memory is kept by a thread: 8 MiB.
const KEPT: usize = 1 << 20;

/// Memory for nodes, used before.
pub(super) fn take_memory() -> Vec<NonNull<Header>> {
    let scratch = SCRATCH.try_with(Cell::take).ok().flatten();
    let Some(mut scratch) = scratch else { return Vec::new() };
    let memory = std::mem::take(&mut scratch.roots);
    let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
    memory
}

/// Keeps memory for nodes, to be used again by this thread.
pub(super) fn keep_memory(memory: Vec<NonNull<Header>>) {
    debug_assert!(memory.is_empty(), "only memory is kept");
    let mut scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
    if (scratch.roots.capacity()..=KEPT).contains(&memory.capacity()) {
        scratch.roots = memory;
    }
    let _ = SCRATCH.try_with(|kept| kept.set(Some(scratch)));
}

/// Claims and links all that `outputs` need; the ready nodes are in `scratch.roots`.
unsafe fn link_all(
    outputs: &[Handle],
    ids: (u32, u32),
    scratch: &mut Scratch,
    graves: &mut Option<Graves>,
) -> Result<Found, Busy> {
    let mut walk = Walk { ids, scratch, graves: graves.as_mut(), strangers: 0, broken: false };
    for output in outputs {
        let header = output.header();
        // SAFETY: the handle keeps the node alive.
        unsafe { walk.seize::<false>(output.owner(), output.references()) }?;
        // The output itself is one of those from outside.
        header.outside.set(header.outside.get() + 1);
    }
    order(&mut walk.scratch.stack);
    // SAFETY: the outputs keep alive what is claimed.
    unsafe { walk.link_all()? };
    let Scratch { takers, roots, ranked, .. } = &mut *walk.scratch;
    for (taker, port) in takers.drain(..) {
        // SAFETY: the taker is a claimed node, which is still ours alone, and its edge keeps the port alive.
        unsafe {
            if port.as_ref().readers.get() == 0 {
                taker.as_ref().pending.expect_one_less();
                *ranked |= taker.as_ref().port.has_terms();
                if taker.as_ref().pending.get() == 0 {
                    roots.push(taker);
                }
            }
        }
    }
    let found = Found { kept: walk.strangers > 0, broken: walk.broken, ranked: std::mem::take(ranked) };
    let parted = walk.graves.is_none();
    if parted {
        *graves = None;
    }
    Ok(found)
}

/// How many edges of a node of many are linked at a time.
const SOME: usize = 64;

/// Claiming under way.
struct Walk<'a> {
    /// By whom nodes are claimed, and who may hold them before.
    ids: (u32, u32),
    scratch: &'a mut Scratch,
    /// None if nodes aren't freed together.
    graves: Option<&'a mut Graves>,
    /// References to claimed nodes, less those that claimed nodes and outputs hold.
    strangers: isize,
    /// Something that is needed has failed before, or is gone.
    broken: bool,
}

impl Walk<'_> {
    /// Claims all that the nodes on the stack need, and links it.
    unsafe fn link_all(&mut self) -> Result<(), Busy> {
        let mut below = 0;
        loop {
            if self.scratch.stack.len() == below {
                let Some(wide) = self.scratch.wide.pop() else { return Ok(()) };
                // SAFETY: the node is claimed by us.
                unsafe { self.link_some(wide) }?;
                below = self.scratch.wide.last().map_or(0, |wide| wide.below);
                continue;
            }
            let Some(node) = self.scratch.stack.pop() else { return Ok(()) };
            let above = self.scratch.stack.len();
            // SAFETY: the node is claimed by us.
            unsafe {
                let count = node.as_ref().edges;
                if !count.is_few() {
                    below = above;
                    self.scratch.wide.push(Wide { node, linked: 0, pending: 0, below });
                    continue;
                }
                let pending = self.link::<false>(node, 0, Edges::of(node, count))?;
                self.is_linked(node, pending);
            }
            order(&mut self.scratch.stack[above..]);
        }
    }

    /// Links some of the edges of a node of many.
    #[inline(never)]
    unsafe fn link_some(&mut self, wide: Wide) -> Result<(), Busy> {
        let Wide { node, linked, pending, below } = wide;
        // SAFETY: the node is claimed by us.
        unsafe {
            let edges = Edges::of(node, node.as_ref().edges).from(linked);
            let is_last = edges.len() <= SOME;
            let pending = pending + self.link::<true>(node, linked, edges.take(SOME))?;
            if is_last {
                self.is_linked(node, pending);
            } else {
                self.scratch.wide.push(Wide { node, linked: linked + SOME, pending, below });
            }
        }
        order(&mut self.scratch.stack[below..]);
        Ok(())
    }

    /// Notes that a node's edges are linked, and that it waits for so many events.
    #[inline(always)]
    unsafe fn is_linked(&mut self, node: NonNull<Header>, pending: u32) {
        // SAFETY: the node is claimed by us.
        let header = unsafe { node.as_ref() };
        header.pending.set(pending);
        if pending == 0 {
            self.scratch.add_root(node, header);
        }
    }

    /// Claims what a claimed node's edges use, of which the first is the `index`-th, and links them. Gives how many events the node
    /// waits for because of them. What uses nothing but one thing that is claimed is linked at once if `OF_MANY`: of many such nodes
    /// most are like that.
    #[inline(always)]
    unsafe fn link<'a, const OF_MANY: bool>(
        &mut self,
        node: NonNull<Header>,
        index: usize,
        edges: impl Iterator<Item = Edge<'a>>,
    ) -> Result<u32, Busy> {
        let mut pending = 0;
        // SAFETY: the node is claimed by us; its edges keep what they use alive.
        unsafe {
            let count = node.as_ref().edges;
            for (index, edge) in (index..).zip(edges) {
                let (at, kind) = (edge.port(), edge.kind());
                if !self.seize::<OF_MANY>(owner_of(at), edge.references())? {
                    pending += u32::from(self.awaits(node, edge));
                    continue;
                }
                let port = at.as_ref();
                pending += 1;
                if matches!(kind, EdgeKind::Move | EdgeKind::Update) {
                    debug_assert!(port.taker.get().is_null(), "a version is taken once");
                    port.taker.set(node.as_ptr());
                    continue;
                }
                if kind == EdgeKind::Read {
                    port.readers.expect_one();
                }
                edge.set_next(port.waiting.replace(Link::to(node, count, index)));
            }
        }
        Ok(pending)
    }

    /// Links the only edge of a node to what it uses, if that is claimed, and to be run; false if it isn't.
    #[inline(always)]
    unsafe fn link_only(&mut self, node: NonNull<Header>) -> bool {
        // SAFETY: as in `link`.
        unsafe {
            let Some(edge) = Edges::of(node, Count::ONE).next() else { return false };
            let (at, kind) = (edge.port(), edge.kind());
            let used = owner_of(at).as_ref();
            if used.claim.load(Ordering::Relaxed) != self.ids.0 || used.phase() != Phase::New {
                return false;
            }
            used.outside.set(used.outside.get() - edge.references());
            self.strangers -= edge.references() as isize;
            node.as_ref().pending.set(1);
            let port = at.as_ref();
            if matches!(kind, EdgeKind::Move | EdgeKind::Update) {
                port.taker.set(node.as_ptr());
                return true;
            }
            if kind == EdgeKind::Read {
                port.readers.expect_one();
            }
            edge.set_next(port.waiting.replace(Link::to(node, Count::ONE, 0)));
            true
        }
    }

    /// Claims a node through so many of the references to it, unless that is done; if it is to be run, puts it on the stack, or among
    /// the roots. Gives whether it is.
    #[inline(always)]
    unsafe fn seize<const OF_MANY: bool>(&mut self, node: NonNull<Header>, through: u32) -> Result<bool, Busy> {
        let (id, from) = self.ids;
        // SAFETY: the node is alive.
        let header = unsafe { node.as_ref() };
        let claim = header.claim.load(Ordering::Acquire);
        if claim == id {
            header.outside.set(header.outside.get() - through);
            self.strangers -= through as isize;
            return Ok(header.phase() == Phase::New);
        }
        let references = header.refs().get();
        if claim == FREE && references == through || claim == from && from != FREE {
            // We came through all the references there are, so nobody else can come; or it is ours already.
            header.claim.store(id, Ordering::Relaxed);
        } else if claim != FREE
            // Acquire: pairs with the release of whoever held the claim before.
            || header.claim.compare_exchange(FREE, id, Ordering::Acquire, Ordering::Acquire).is_err()
        {
            contend(header, id)?;
        }
        let others = references - through;
        header.outside.set(others);
        self.strangers += others as isize;
        let is_new = header.phase() == Phase::New;
        // SAFETY: the node is alive, and claimed by us.
        if self.graves.as_mut().is_some_and(|graves| !unsafe { graves.add(node, is_new) }) {
            self.graves = None;
        }
        if is_new {
            match header.edges {
                Count::NONE => self.scratch.add_root(node, header),
                // SAFETY: the node is claimed by us.
                Count::ONE if OF_MANY && unsafe { self.link_only(node) } => {}
                _ => self.scratch.stack.push(node),
            }
        }
        Ok(is_new)
    }

    /// Whether a node waits for what an edge uses, though that isn't to be run.
    #[cold]
    unsafe fn awaits(&mut self, node: NonNull<Header>, edge: Edge<'_>) -> bool {
        // SAFETY: as in `link`; what the edge uses is claimed.
        unsafe {
            let (header, port, used) = (node.as_ref(), edge.port().as_ref(), owner_of(edge.port()).as_ref());
            match (used.phase(), edge.kind()) {
                (Phase::Done, EdgeKind::Order) => false,
                (Phase::Done, _) if is_gone(edge.port()) => {
                    header.fail(Arc::new(Failure::gone(header, used)));
                    self.broken = true;
                    true
                }
                (Phase::Done, EdgeKind::Read) => {
                    port.readers.expect_one();
                    false
                }
                (Phase::Done, EdgeKind::Move | EdgeKind::Update) => {
                    port.taker.set(node.as_ptr());
                    self.scratch.takers.push((node, edge.port()));
                    true
                }
                // Never comes, so the node never runs.
                (Phase::New | Phase::Failed | Phase::Expanded, _) => {
                    self.broken = true;
                    true
                }
            }
        }
    }
}

/// Puts nodes that have just been put on the stack in order: the first built is to be walked first, so that what it needs comes
/// first among the roots, and that the walk goes through memory as building did.
#[inline]
pub(super) fn order(pushed: &mut [NonNull<Header>]) {
    /// Of more nodes, it is taken for granted that they are used in the order in which they were built.
    const FEW: usize = 8;
    // SAFETY: the nodes are claimed, hence alive.
    let seq = |node: &NonNull<Header>| unsafe { node.as_ref() }.seq;
    match pushed {
        [] | [_] => {}
        [one, other] => {
            if seq(one) < seq(other) {
                std::mem::swap(one, other);
            }
        }
        few if few.len() <= FEW => few.sort_unstable_by_key(|node| Reverse(seq(node))),
        many => many.reverse(),
    }
}

/// Whether a port's value can't be had any more.
pub(super) unsafe fn is_gone(port: NonNull<Port>) -> bool {
    // SAFETY: the port is alive, and claimed by us.
    unsafe { port.as_ref().is_spent() || home_of(port).as_ref().port.holds(holds::VALUE) == 0 }
}

/// Claims a node that others may come to, too, and that may not have been free just now.
#[cold]
pub(super) fn contend(header: &Header, id: u32) -> Result<(), Busy> {
    let mut claim = header.claim.load(Ordering::Acquire);
    loop {
        match claim {
            FREE => {
                // Acquire: pairs with the release of whoever held the claim before.
                match header.claim.compare_exchange_weak(FREE, id, Ordering::Acquire, Ordering::Acquire) {
                    Ok(_) => return Ok(()),
                    Err(now) => claim = now,
                }
            }
            // The one who describes may be waiting for us in turn.
            DESCRIBING if is_describing() => return Err(Busy),
            DESCRIBING => {
                std::thread::yield_now();
                claim = header.claim.load(Ordering::Acquire);
            }
            _ => return Err(Busy),
        }
    }
}
