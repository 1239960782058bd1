//! Claiming a subgraph of few nodes, as recursion makes it, by a shorter way than `claim.rs` has for any graph. It leaves the same.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::claim::{is_gone, order};
use super::edge::{EdgeKind, Link};
use super::header::{FREE, Header, Phase, edges, owner_of, owner_of_main};

/// How many nodes a subgraph may have for [`claim_few`].
const FEW: usize = 8;

/// Nodes of a subgraph of few.
struct Few {
    nodes: [MaybeUninit<NonNull<Header>>; FEW],
    count: usize,
}

impl Few {
    fn new() -> Self {
        Self { nodes: [MaybeUninit::uninit(); FEW], count: 0 }
    }

    #[inline]
    fn push(&mut self, node: NonNull<Header>) {
        self.nodes[self.count].write(node);
        self.count += 1;
    }

    #[inline]
    fn pop(&mut self) -> Option<NonNull<Header>> {
        self.count = self.count.checked_sub(1)?;
        // SAFETY: the first `count` are initialised.
        Some(unsafe { self.nodes[self.count].assume_init() })
    }

    /// Those that have been pushed since there were `below`.
    #[inline]
    fn above(&mut self, below: usize) -> &mut [NonNull<Header>] {
        let pushed = &mut self.nodes[below..self.count];
        // SAFETY: the first `count` are initialised, and a `MaybeUninit` lies in memory as what it is of.
        unsafe { std::slice::from_raw_parts_mut(pushed.as_mut_ptr().cast(), pushed.len()) }
    }
}

/// As [`claim`](super::claim::claim), of a subgraph as recursion makes it: of few nodes, each of which one other uses, and nobody else knows. Of any
/// other it claims nothing, and says so.
///
/// # Safety
/// As [`claim`](super::claim::claim)'s; `result` gives the one output, and nobody has been given anything of the subgraph.
#[inline]
pub(super) unsafe fn claim_few(
    result: NonNull<Header>,
    id: u32,
    linked: impl FnOnce(),
    mut root: impl FnMut(NonNull<Header>),
) -> bool {
    let (mut stack, mut roots, mut left) = (Few::new(), Few::new(), FEW - 1);
    // SAFETY: the nodes are alive: the output, and what the edges of such nodes use. Where a node has the one reference through
    // which we came, nobody else can come to it.
    unsafe {
        if !is_ours(result.as_ref(), 1) || result.as_ref().phase() != Phase::New {
            return false;
        }
        result.as_ref().claim.store(id, Ordering::Relaxed);
        // The handle on the result.
        result.as_ref().outside.set(1);
        let mut next = Some(result);
        while let Some(node) = next {
            let (count, above) = (node.as_ref().edges, stack.count);
            let mut pending = 0;
            let Some(rest) = count.few().and_then(|few| left.checked_sub(few)) else {
                release_few(result, id);
                return false;
            };
            left = rest;
            for (index, edge) in edges(node).enumerate() {
                let port = edge.port().as_ref();
                let Some(owner) = owner_of_main(edge.port()).filter(|owner| is_ours(owner.as_ref(), edge.references()))
                else {
                    release_few(result, id);
                    return false;
                };
                let used = owner.as_ref();
                if used.phase() != Phase::New {
                    if used.phase() != Phase::Done || is_gone(edge.port()) {
                        release_few(result, id);
                        return false;
                    }
                    used.claim.store(id, Ordering::Relaxed);
                    used.outside.set(0);
                    match edge.kind() {
                        EdgeKind::Move | EdgeKind::Update => port.taker.set(node.as_ptr()),
                        EdgeKind::Read => port.readers.set(1),
                        EdgeKind::Order => {}
                    }
                    continue;
                }
                used.claim.store(id, Ordering::Relaxed);
                used.outside.set(0);
                pending += 1;
                match edge.kind() {
                    EdgeKind::Move | EdgeKind::Update => port.taker.set(node.as_ptr()),
                    kind => {
                        if kind == EdgeKind::Read {
                            port.readers.set(1);
                        }
                        // What waited with it in a run that was stopped may be gone.
                        edge.set_next(Link::NONE);
                        port.waiting.set(Link::to(node, count, index));
                    }
                }
                if used.edge_count() == 0 { roots.push(owner) } else { stack.push(owner) }
            }
            if pending == 0 {
                roots.push(node);
            } else {
                node.as_ref().pending.set(pending);
                order(stack.above(above));
            }
            next = stack.pop();
        }
        linked();
        while let Some(node) = roots.pop() {
            root(node);
        }
    }
    true
}

/// Whether a node is free, and can be reached through nothing but the references through which we came to it.
#[inline]
fn is_ours(header: &Header, references: u32) -> bool {
    header.claim.load(Ordering::Acquire) == FREE && header.refs().get() == references
}

/// Undoes what [`claim_few`] has done.
#[cold]
unsafe fn release_few(result: NonNull<Header>, id: u32) {
    let mut stack = Few::new();
    stack.push(result);
    while let Some(node) = stack.pop() {
        // SAFETY: as in `claim_few`; what is claimed by `id` is ours alone.
        unsafe {
            node.as_ref().pending.reset();
            for edge in edges(node) {
                let (port, owner) = (edge.port().as_ref(), owner_of(edge.port()));
                if owner.as_ref().claim.load(Ordering::Relaxed) == id {
                    port.waiting.set(Link::NONE);
                    port.taker.set(std::ptr::null());
                    port.readers.reset();
                    stack.push(owner);
                }
            }
            node.as_ref().claim.store(FREE, Ordering::Relaxed);
        }
    }
}
