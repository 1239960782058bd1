//! The peer's graph: one `Vec` of nodes, at its final size from the start.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// An arena of nodes, of which the last is the output. A node comes after all its predecessors.
pub(crate) struct Graph {
    pub(super) nodes: Vec<Node>,
    /// The nodes without predecessors, as runs of neighbours.
    pub(super) roots: Vec<Range<u32>>,
    /// The successors of the nodes that have more than two.
    pub(super) lists: Vec<Vec<u32>>,
}

/// One operation, and what it has come to.
pub(super) struct Node {
    step: Step,
    result: AtomicU64,
    /// How many predecessors are still to arrive. The last one to come may leave it at 1.
    pub(super) pending: AtomicU32,
    pub(super) fan_out: FanOut,
    /// The successors, or in the first place the index of their list, as `fan_out` says.
    pub(super) successors: [u32; 2],
}

/// What a node computes, and from what.
enum Step {
    Leaf { step: fn(u64) -> u64, input: u64 },
    One { step: fn(u64) -> u64, from: u32 },
    Two { step: fn(u64, u64) -> u64, from: [u32; 2] },
    Many { step: fn(&[Node]) -> u64, from: [u32; 2] },
}

/// How a node's successors are kept.
#[derive(Clone, Copy)]
pub(super) enum FanOut {
    Nobody,
    One,
    Two,
    List,
}

impl Graph {
    pub(super) fn with_capacity(nodes: u32) -> Self {
        Self { nodes: Vec::with_capacity(nodes as usize), roots: Vec::new(), lists: Vec::new() }
    }

    /// A node without predecessors.
    #[inline(always)]
    pub(super) fn leaf(&mut self, step: fn(u64) -> u64, input: u64) -> u32 {
        let id = self.push(Step::Leaf { step, input }, 0);
        match self.roots.last_mut() {
            Some(run) if run.end == id => run.end += 1,
            _ => self.roots.push(id..id + 1),
        }
        id
    }

    #[inline(always)]
    pub(super) fn one(&mut self, step: fn(u64) -> u64, from: u32) -> u32 {
        let id = self.push(Step::One { step, from }, 1);
        self.link(from, id);
        id
    }

    #[inline(always)]
    pub(super) fn two(&mut self, step: fn(u64, u64) -> u64, from: [u32; 2]) -> u32 {
        let id = self.push(Step::Two { step, from }, 2);
        self.link(from[0], id);
        self.link(from[1], id);
        id
    }

    /// A node with a run of predecessors, each linked to it already, while still in the cache.
    pub(super) fn many(&mut self, step: fn(&[Node]) -> u64, from: Range<u32>) -> u32 {
        let Range { start, end } = from;
        self.push(Step::Many { step, from: [start, end] }, end - start)
    }

    #[inline(always)]
    fn push(&mut self, step: Step, pending: u32) -> u32 {
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            step,
            result: AtomicU64::new(0),
            pending: AtomicU32::new(pending),
            fan_out: FanOut::Nobody,
            successors: [0; 2],
        });
        id
    }

    /// Makes `to` a successor of `from`. `to` may be made later.
    #[inline(always)]
    pub(super) fn link(&mut self, from: u32, to: u32) {
        let node = &mut self.nodes[from as usize];
        match node.fan_out {
            FanOut::Nobody => {
                node.successors[0] = to;
                node.fan_out = FanOut::One;
            }
            FanOut::One => {
                node.successors[1] = to;
                node.fan_out = FanOut::Two;
            }
            FanOut::Two => {
                let [first, second] = node.successors;
                node.successors[0] = self.lists.len() as u32;
                node.fan_out = FanOut::List;
                self.lists.push(vec![first, second, to]);
            }
            FanOut::List => self.lists[node.successors[0] as usize].push(to),
        }
    }
}

impl Node {
    #[inline(always)]
    pub(super) fn result(&self) -> u64 {
        // Ordered by the readiness counters, or by the lock on what is shared.
        self.result.load(Ordering::Relaxed)
    }

    /// Runs the step on the predecessors' results.
    #[inline(always)]
    pub(super) fn compute(&self, nodes: &[Node]) {
        let result_of = |id: u32| nodes[id as usize].result();
        let value = match self.step {
            Step::Leaf { step, input } => step(input),
            Step::One { step, from } => step(result_of(from)),
            Step::Two { step, from } => step(result_of(from[0]), result_of(from[1])),
            Step::Many { step, from } => step(&nodes[from[0] as usize..from[1] as usize]),
        };
        self.result.store(value, Ordering::Relaxed);
    }
}
