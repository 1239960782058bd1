//! [`SerialExecutor`]: the calling thread, in creation order, or shuffled by a seed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Executor, Inputs, Prepared, Together, Work};
use crate::error::DependencyError;
use crate::node::Node;
use crate::policy::{Settings, settings_methods};
use crate::raw::{Ready, Run, Sink};

/// Runs operations on the calling thread, in the order in which they were built.
///
/// The order is that of the program without the library: an operation that gives a subgraph runs the whole of it before the
/// next begins. So this is the executor to debug with, and the one that the others are compared with.
///
/// # Examples
/// ```
/// use dispatcher_core::{Op, SerialExecutor};
///
/// let node = Op::new("add", (), |()| 1 + 2);
/// assert_eq!(SerialExecutor::new().run(node)?, 3);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SerialExecutor {
    settings: Settings,
    shuffled: Option<u64>,
}

impl Default for SerialExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl SerialExecutor {
    /// An executor.
    pub const fn new() -> Self {
        Self { settings: Settings::new(), shuffled: None }
    }

    /// An executor that picks the next of the ready operations at random, by the seed: the same seed picks the same order.
    ///
    /// Under many seeds, a test finds out whether a result depends on an order that nothing ties. Operations of all
    /// subgraphs that are under way are picked from, as several threads would do; still one runs at a time, on the calling
    /// thread.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Op, SerialExecutor};
    ///
    /// for seed in 0..20 {
    ///     let mut n = Op::new("one", (), |()| 1);
    ///     let before = Op::new("before", (&n,), |(n,)| *n);
    ///     Op::new("double", (&mut n,), |(n,): (&mut i32,)| *n *= 2);
    ///     let both = Op::new("both", (before, n), |both| both);
    ///     assert_eq!(SerialExecutor::shuffled(seed).run(both)?, (1, 2));
    /// }
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    pub const fn shuffled(seed: u64) -> Self {
        Self { settings: Settings::new(), shuffled: Some(seed) }
    }

    settings_methods!(settings);

    run_methods!(run_roots);

    fn run_roots<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, alone: bool) {
        let order = || Order { frames: vec![BinaryHeap::new()] };
        let shuffled = |seed| Shuffled { ready: Vec::new(), random: fastrand::Rng::with_seed(seed) };
        match (self.shuffled, alone) {
            (None, true) => run_in(order(), run, roots),
            (None, false) => run_in(Together(order()), run, roots),
            (Some(seed), true) => run_in(shuffled(seed), run, roots),
            (Some(seed), false) => run_in(Together(shuffled(seed)), run, roots),
        }
    }
}

impl Executor for SerialExecutor {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn execute(&self, work: &mut Work<'_>) {
        let (run, roots) = work.take_parts();
        self.run_roots(run, roots, false);
    }
}

/// Runs operations in the order that `queue` gives, until there are none.
fn run_in<'r>(mut queue: impl Queue<'r>, run: &'r Run, roots: Vec<Ready<'r>>) {
    for root in roots {
        queue.ready(root);
    }
    // Where all that is left are futures that sleep, the thread waits for one.
    while let Some(next) = queue.next().or_else(|| run.wait()) {
        if run.stopped() {
            break;
        }
        next.run(run, &mut queue);
    }
}

/// The operations that are ready.
trait Queue<'r>: Sink<'r> {
    /// The one that is next.
    fn next(&mut self) -> Option<Ready<'r>>;
}

impl<'r, Q: Queue<'r>> Queue<'r> for Together<Q> {
    fn next(&mut self) -> Option<Ready<'r>> {
        self.0.next()
    }
}

/// The operations that are ready: those of the innermost subgraph first, and of those the first built.
struct Order<'r> {
    frames: Vec<BinaryHeap<Reverse<BySeq<'r>>>>,
}

struct BySeq<'r>(Ready<'r>);

impl PartialEq for BySeq<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.seq() == other.0.seq()
    }
}
impl Eq for BySeq<'_> {}
impl PartialOrd for BySeq<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for BySeq<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.seq().cmp(&other.0.seq())
    }
}

impl<'r> Queue<'r> for Order<'r> {
    fn next(&mut self) -> Option<Ready<'r>> {
        loop {
            match self.frames.last_mut()?.pop() {
                Some(Reverse(BySeq(ready))) => return Some(ready),
                // A subgraph that failed never leaves.
                None => {
                    self.frames.pop();
                }
            }
        }
    }
}

impl<'r> Sink<'r> for Order<'r> {
    const ALONE: bool = true;

    fn ready(&mut self, node: Ready<'r>) {
        if self.frames.is_empty() {
            self.frames.push(BinaryHeap::new());
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.push(Reverse(BySeq(node)));
        }
    }

    fn enter(&mut self) {
        self.frames.push(BinaryHeap::new());
    }

    fn leave(&mut self) {
        // The frame of a subgraph that was left to a future may be gone already; what lies in another's stays.
        if self.frames.last().is_some_and(BinaryHeap::is_empty) {
            self.frames.pop();
        }
    }
}

/// The operations that are ready, whichever subgraph they belong to: any may be next.
struct Shuffled<'r> {
    ready: Vec<Ready<'r>>,
    random: fastrand::Rng,
}

impl<'r> Queue<'r> for Shuffled<'r> {
    fn next(&mut self) -> Option<Ready<'r>> {
        if self.ready.is_empty() {
            return None;
        }
        let next = self.random.usize(..self.ready.len());
        Some(self.ready.swap_remove(next))
    }
}

impl<'r> Sink<'r> for Shuffled<'r> {
    const ALONE: bool = true;

    fn ready(&mut self, node: Ready<'r>) {
        self.ready.push(node);
    }
}
