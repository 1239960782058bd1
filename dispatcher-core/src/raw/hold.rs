//! By whom a node is claimed: ids, and who may write them.
//!
//! A node that is free is claimed by one who holds all references to it, since nobody else can come to it; or by one who has hold of the
//! chunk that it lies in ([`Held`]); a large one by an atomic instruction. So a run that claims many nodes to which others could come, too,
//! takes one atomic instruction for all that lie in a chunk. A claim is given up by a mere store.

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::arena::Held;
use super::header::{DESCRIBING, FREE, Header};

static RUN_IDS: AtomicU32 = AtomicU32::new(0);
/// How many run ids a thread takes at a time.
const IDS: u32 = 1024;

thread_local! {
    static IDS_LEFT: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
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

/// Claims a node for `id`, if it is free; until `held` lets go, nobody else can claim it. Chunks are held by the number `by`.
///
/// # Safety
/// The node is alive, and stays so until `held` lets go. Nobody else holds chunks by this number.
pub(super) unsafe fn claim_free(node: NonNull<Header>, (id, by): (u32, u32), held: &mut Held) -> bool {
    // SAFETY: by the caller's word.
    let header = unsafe { node.as_ref() };
    if !header.port.is_small() {
        // Acquire: pairs with the release of whoever held the claim before, here and below.
        return header.claim.compare_exchange(FREE, id, Ordering::Acquire, Ordering::Relaxed).is_ok();
    }
    // SAFETY: by the caller's word; a small node's block isn't a large one.
    unsafe { held.take(node.cast(), by) };
    let is_free = header.claim.load(Ordering::Acquire) == FREE;
    if is_free {
        header.claim.store(id, Ordering::Relaxed);
    }
    is_free
}

/// Claims a node for `id` that was held by `from`, or is free if `from` is; false if it isn't so.
///
/// # Safety
/// The node is alive.
pub(super) unsafe fn change_hands(node: NonNull<Header>, from: u32, id: u32) -> bool {
    // SAFETY: by the caller's word.
    unsafe {
        if from == FREE {
            return claim_free(node, (id, next_id()), &mut Held::default());
        }
        // Acquire: as in `claim_free`.
        node.as_ref().claim.compare_exchange(from, id, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}
