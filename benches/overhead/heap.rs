//! Counts heap allocations, in a pass of its own that nobody times.
//!
//! The global allocator is the system's, wrapped by `mockalloc`. Outside [`count`] that costs the read of
//! one thread-local flag an allocation. It counts the calling thread's allocations only, so the pass runs
//! on a pool of one thread and the calling thread must do the work. [`Heap::whole`] notices if it didn't,
//! where memory crossed from one thread to the other; what another thread both asks for and frees is missed.

use std::alloc::System;

use mockalloc::Mockalloc;

use crate::contender::Contender;
use crate::shapes::Shape;

#[global_allocator]
static ALLOCATOR: Mockalloc<System> = Mockalloc(System);

/// How many allocations may be left over (what a pool keeps to itself) before a count is not whole.
const LEFT_OVER: u64 = 64;

/// What building, running and dropping one graph asked of the heap.
pub(crate) struct Heap {
    /// The most bytes alive at once, for each node.
    pub(crate) peak_bytes: f64,
    /// How often memory was asked for (growing a vector included), for each node.
    pub(crate) allocations: f64,
    /// Whether all that was allocated on this thread was freed on it: if not, another thread took part
    /// and the figures are too low.
    pub(crate) whole: bool,
}

/// Builds, runs and drops one graph, and counts.
pub(crate) fn count<C: Contender>(pool: &C::Pool, shape: Shape) -> Heap {
    let counted = mockalloc::record_allocs(|| {
        let graph = C::build(shape);
        let (_, spent) = C::run(pool, graph);
        drop(spent);
    });
    let nodes = f64::from(shape.nodes());
    Heap {
        peak_bytes: counted.peak_mem() as f64 / nodes,
        allocations: counted.num_allocs() as f64 / nodes,
        whole: counted.num_allocs().abs_diff(counted.num_frees()) <= LEFT_OVER,
    }
}
