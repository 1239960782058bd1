//! Ending a run that left something: claims are ended, and subgraphs that were under way are cleared away, the deepest first,
//! before what they may borrow. Also finds the failure that it was.

use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::body::clear;
use super::edge::Link;
use super::handle::Handle;
use super::header::{Header, Phase, discard, edges, main_port, owner_of, update_port};
use super::step::spend;
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
        /// Marks a node as seen; no node is there.
        const SEEN: *const Header = ptr::without_provenance(1);

        // Each node with the id that it is claimed by, and how deep in subgraphs that are under way it lies.
        let mut stack: Vec<_> = outputs.iter().map(|output| (output.owner(), id, 0_u32)).collect();
        let mut seen: Vec<Seen> = Vec::new();
        while let Some((node, id, depth)) = stack.pop() {
            // SAFETY: the node is alive: an output, a child, or used by such; if it is claimed by us, it is ours.
            unsafe {
                let header = node.as_ref();
                if header.claim.load(Ordering::Relaxed) != id || header.port.taker.get() == SEEN {
                    continue;
                }
                header.port.taker.set(SEEN);
                seen.push(Seen { node, depth, child: None });
                stack.extend(edges(node).map(|edge| (owner_of(edge.port()), id, depth)));
                if let Some(child) = header.child() {
                    stack.push((child.owner(), child.header().claim.load(Ordering::Relaxed), depth + 1));
                }
            }
        }
        // The deepest last, to be taken first: a subgraph may borrow from anything less deep.
        seen.sort_by_key(|seen| seen.depth);
        for Seen { node, child, .. } in seen.iter_mut().rev() {
            // SAFETY: as above; nobody runs the node.
            let header = unsafe { node.as_ref() };
            if let Some(under_way) = header.child() {
                let cause = root_cause(std::slice::from_ref(&*under_way));
                *child = header.take_child();
                header.fail(cause.unwrap_or_else(|| Arc::new(Failure::stopped(header))));
                // SAFETY: as above.
                unsafe { spend(*node) };
            }
        }
        let mut remains = Vec::new();
        for Seen { node, depth, child } in seen.iter_mut().rev() {
            // SAFETY: as above; nobody runs the node, and nobody waits for it.
            unsafe {
                let header = node.as_ref();
                header.pending.reset();
                for index in 0..=header.updates() {
                    let port = if index == 0 { main_port(*node) } else { update_port(*node, index - 1) };
                    let port = port.as_ref();
                    port.waiting.set(Link::NONE);
                    port.taker.set(ptr::null());
                    port.readers.reset();
                }
                if *depth > 0 && header.phase() == Phase::New {
                    header.fail(Arc::new(Failure::stopped(header)));
                }
                if *depth > 0 || child.is_some() {
                    clear(*node);
                }
                remains.extend(child.take());
            }
        }
        Self { claimed: seen.into_iter().map(|seen| seen.node).collect(), remains }
    }

    /// Drops what is left of the values of a subgraph that is done, but for those that somebody outside may want: whoever else holds
    /// one of its nodes may hold it longer than what a value borrows is there.
    ///
    /// # Safety
    /// All of the subgraph has run, and its result is where it belongs.
    pub(super) unsafe fn drop_values(&self) {
        for node in &self.claimed {
            // SAFETY: the claims keep the nodes ours; nobody uses the values any more.
            unsafe {
                if node.as_ref().outside.get() == 0 {
                    discard(*node);
                }
            }
        }
    }

    /// Gives the nodes to whom they belong.
    pub(super) fn free(self, to: u32) {
        for node in self.claimed {
            // SAFETY: the outputs and `remains` keep the nodes alive.
            // Release: pairs with the acquire of whoever claims next.
            unsafe { node.as_ref() }.claim.store(to, Ordering::Release);
        }
        drop(self.remains);
    }
}

/// A node that has been claimed.
struct Seen {
    node: NonNull<Header>,
    /// How deep in subgraphs that are under way it lies.
    depth: u32,
    /// What would have brought the node's own subgraph home.
    child: Option<Handle>,
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
            match header.phase() {
                Phase::Done => {}
                // It isn't known how it turned out, which may be since another failed.
                Phase::Failed if header.failure().is_none() => {
                    stack.extend(edges(node).map(|edge| owner_of(edge.port())));
                }
                Phase::Failed => {
                    if first.is_none_or(|first| header.seq < first.seq) {
                        first = Some(header);
                    }
                }
                Phase::New => stack.extend(edges(node).map(|edge| owner_of(edge.port()))),
                // It took too long.
                Phase::Expanded if header.failure().is_some() => {
                    if first.is_none_or(|first| header.seq < first.seq) {
                        first = Some(header);
                    }
                }
                Phase::Expanded => stack.extend(header.child().map(|child| child.owner())),
            }
        }
    }
    first.and_then(Header::failure)
}
