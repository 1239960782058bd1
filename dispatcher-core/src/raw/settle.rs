//! Ending a run that left something: claims are ended, and subgraphs that were under way are cleared away, the deepest first,
//! before what they may borrow. Also finds the failure that it was.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::body::clear;
use super::header::{Edge, FREE, Handle, Header, Phase, edges, main_port, owner_of, update_port};
use super::run::spend;
use crate::error::Failure;

/// The nodes that a run, or a subgraph, has claimed, after it has ended: nothing of it is under way, but the claims are held.
pub(super) struct Settled {
    claimed: Vec<NonNull<Header>>,
    /// The last references to subgraphs that were under way. All that they held is dropped.
    remains: Vec<Handle>,
}

// SAFETY: it is used by whoever has the run to itself; the claims make the nodes theirs.
unsafe impl Send for Settled {}
// SAFETY: a shared reference gives access to nothing.
unsafe impl Sync for Settled {}

impl Settled {
    /// Unlinks what run `id` has linked; drops the subgraphs that are under way in it, and what they hold.
    ///
    /// # Safety
    /// The outputs are claimed by `id`, if at all for this run, and no token is left.
    pub(super) unsafe fn new(outputs: &[Handle], id: u32) -> Self {
        /// Marks a node as seen; no edge is there.
        const SEEN: *const Edge = ptr::without_provenance(1);

        // Each node with the id that it is claimed by, and how deep in subgraphs that are under way it lies.
        let mut stack: Vec<_> = outputs.iter().map(|output| (output.owner(), id, 0_u32)).collect();
        let mut seen: Vec<(NonNull<Header>, u32)> = Vec::new();
        while let Some((node, id, depth)) = stack.pop() {
            // SAFETY: the node is alive: an output, a child, or used by such; if it is claimed by us, it is ours.
            unsafe {
                let header = node.as_ref();
                if header.claim.load(Ordering::Relaxed) != id || header.port.waiting.get() == SEEN {
                    continue;
                }
                header.port.waiting.set(SEEN);
                seen.push((node, depth));
                stack.extend(edges(node).iter().map(|edge| (owner_of(edge.port), id, depth)));
                if let Some(child) = child_of(header) {
                    stack.push((child.owner(), child.header().claim.load(Ordering::Relaxed), depth + 1));
                }
            }
        }
        // The deepest last, to be taken first: a subgraph may borrow from anything less deep.
        seen.sort_by_key(|&(_, depth)| depth);
        for &(node, _) in seen.iter().rev() {
            // SAFETY: as above; nobody runs the node.
            let header = unsafe { node.as_ref() };
            if header.phase.get() == Phase::Expanded {
                let cause = root_cause(child_of(header).map_or(&[], std::slice::from_ref));
                header.fail(cause.unwrap_or_else(|| Arc::new(Failure::stopped(header))));
                // SAFETY: as above.
                unsafe { spend(node) };
            }
        }
        let mut remains = Vec::new();
        for &(node, depth) in seen.iter().rev() {
            // SAFETY: as above; nobody runs the node, and nobody waits for it.
            unsafe {
                let header = node.as_ref();
                header.pending.reset();
                for index in 0..=header.updates() {
                    let port = if index == 0 { main_port(node) } else { update_port(node, index - 1) };
                    let port = port.as_ref();
                    port.waiting.set(ptr::null());
                    port.taker.set(ptr::null());
                    port.readers.reset();
                }
                let child = header.child.take();
                if depth > 0 && header.phase.get() == Phase::New {
                    header.fail(Arc::new(Failure::stopped(header)));
                }
                if depth > 0 || child.is_some() {
                    clear(node);
                }
                remains.extend(child);
            }
        }
        Self { claimed: seen.into_iter().map(|(node, _)| node).collect(), remains }
    }

    /// Gives the nodes free.
    pub(super) fn free(self) {
        for node in self.claimed {
            // SAFETY: the outputs and `remains` keep the nodes alive.
            // Release: pairs with the acquire of whoever claims next.
            unsafe { node.as_ref() }.claim.store(FREE, Ordering::Release);
        }
        drop(self.remains);
    }
}

pub(super) fn child_of(header: &Header) -> Option<&Handle> {
    // SAFETY: only the claim's holder changes the child, and calls this; nobody holds the reference while it does.
    unsafe { (*header.child.as_ptr()).as_ref() }
}

/// The failure of the first built of the failed nodes that `outputs` need, if one failed.
///
/// The caller's run holds the claims on them.
pub(crate) fn root_cause(outputs: &[Handle]) -> Option<Arc<Failure>> {
    let mut stack: Vec<NonNull<Header>> = outputs.iter().map(Handle::owner).collect();
    let mut seen = std::collections::HashSet::new();
    let mut first: Option<&Header> = None;
    while let Some(node) = stack.pop() {
        if !seen.insert(node) {
            continue;
        }
        // SAFETY: the outputs keep the nodes alive.
        unsafe {
            let header = &*node.as_ptr();
            match header.phase.get() {
                Phase::Done => {}
                Phase::Failed => {
                    if first.is_none_or(|first| header.seq < first.seq) {
                        first = Some(header);
                    }
                }
                Phase::New => stack.extend(edges(node).iter().map(|edge| owner_of(edge.port))),
                Phase::Expanded => stack.extend(child_of(header).map(Handle::owner)),
            }
        }
    }
    first.and_then(|header| header.failure().cloned())
}
