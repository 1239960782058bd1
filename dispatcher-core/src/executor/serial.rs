//! [`SerialExecutor`]: the calling thread, in creation order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::DependencyError;
use crate::node::Node;
use crate::raw::{Ready, Sink};

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
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct SerialExecutor {
    fail_fast: bool,
}

impl Default for SerialExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl SerialExecutor {
    /// An executor.
    pub const fn new() -> Self {
        Self { fail_fast: true }
    }

    /// Whether the first failure stops the run (the default), or independent branches are finished.
    pub const fn fail_fast(mut self, yes: bool) -> Self {
        self.fail_fast = yes;
        self
    }

    /// Runs the operations that `node` depends on, and gives its value.
    ///
    /// # Errors
    /// A [`DependencyError`] if an operation that it depends on failed.
    pub fn run<T>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        super::only(self.run_all([node]))
    }

    /// Runs the operations that `nodes` depend on, and gives a result for each, in order.
    pub fn run_all<'g, T>(&self, nodes: impl IntoIterator<Item = Node<'g, T>>) -> Vec<Result<T, DependencyError>> {
        super::drive(nodes, self.fail_fast, |run, roots| {
            let mut order = Order { frames: vec![BinaryHeap::new()] };
            for root in roots {
                order.ready(root);
            }
            while let Some(next) = order.next() {
                if run.stopped() {
                    break;
                }
                next.run(run, &mut order);
            }
        })
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

impl<'r> Order<'r> {
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
        self.frames.pop();
    }
}
