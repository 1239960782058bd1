//! What graphs take of the heap, each in a process of its own.
//!
//! The global allocator is the system's, wrapped by `mockalloc`, which counts what the calling thread asks for; so graphs are
//! counted on an executor of one thread, which is the calling one. A process of its own, because the library keeps memory
//! for the next graph. Leaves of a reduction count themselves, on any number of threads.

use std::alloc::System;
use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatcher::prelude::*;
use mockalloc::Mockalloc;

use crate::contender::Contender;
use crate::fresh::{self, Fresh};
use crate::workload::Workload;

#[global_allocator]
static ALLOCATOR: Mockalloc<System> = Mockalloc(System);

/// Tells the process what it is there for.
const VARIABLE: &str = "GRANULARITY_MEMORY";

/// What is counted.
#[derive(Clone, Copy)]
pub(crate) enum Graph {
    Chain,
    Wide,
    /// Leaves of 1 KiB each, summed in pairs, the whole graph built before.
    Reduction,
    /// The same by recursion.
    Recursion,
}

impl Graph {
    const ALL: [Graph; 4] = [Graph::Chain, Graph::Wide, Graph::Reduction, Graph::Recursion];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Graph::Chain => "chain",
            Graph::Wide => "wide",
            Graph::Reduction => "reduction",
            Graph::Recursion => "recursion",
        }
    }

    fn expected(self, nodes: u32) -> u64 {
        let nodes = u64::from(nodes);
        match self {
            Graph::Chain => nodes,
            Graph::Wide => nodes * (nodes + 1) / 2,
            Graph::Reduction | Graph::Recursion => nodes * (nodes - 1) / 2,
        }
    }
}

/// What was counted.
pub(crate) struct Peak {
    /// The most bytes that were alive at once; of one thread, with more than one too little.
    pub(crate) bytes: usize,
    /// The most leaves that were.
    pub(crate) leaves: usize,
}

/// Counts one graph, in another process. `None` if that failed.
pub(crate) fn peak(graph: Graph, nodes: u32, threads: usize) -> Option<Peak> {
    let program = env::current_exe().ok()?;
    let asked = format!("{} {nodes} {threads}", graph.name());
    let output = Command::new(program).arg("--bench").env(VARIABLE, asked).output().ok()?;
    let printed = String::from_utf8(output.stdout).ok()?;
    let (bytes, leaves) = printed.trim().split_once(' ')?;
    Some(Peak { bytes: bytes.parse().ok()?, leaves: leaves.parse().ok()? })
}

/// Does what the other process is there for. `false` if this isn't it.
pub(crate) fn is_asked_for() -> bool {
    let Ok(asked) = env::var(VARIABLE) else { return false };
    let words: Vec<&str> = asked.split(' ').collect();
    let graph = Graph::ALL.into_iter().find(|graph| graph.name() == words[0]).expect("a graph has this name");
    let nodes: u32 = words[1].parse().expect("a number of nodes");
    let executor = Fresh::pool(words[2].parse().expect("a number of threads"));
    let counted = mockalloc::record_allocs(|| {
        let value = match graph {
            Graph::Chain => executor.run(fresh::build(&Workload::Chain { length: nodes })),
            Graph::Wide => executor.run(fresh::build(&Workload::Wide { width: nodes })),
            Graph::Reduction => executor.run(reduction(nodes)),
            Graph::Recursion => executor.run(recursion(0, nodes)),
        };
        assert_eq!(value.expect("nothing fails"), graph.expected(nodes));
    });
    println!("{} {}", counted.peak_mem(), MOST.load(Ordering::Relaxed));
    true
}

/// The leaves that are alive, and the most that ever were.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A KiB that counts itself.
struct Leaf(Box<[u64; 128]>);

impl Drop for Leaf {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
}

fn leaf(value: u32) -> Leaf {
    let alive = ALIVE.fetch_add(1, Ordering::Relaxed) + 1;
    MOST.fetch_max(alive, Ordering::Relaxed);
    Leaf(Box::new([u64::from(value); 128]))
}

fn add(mut left: Leaf, right: Leaf) -> Leaf {
    left.0.iter_mut().zip(right.0.iter()).for_each(|(left, right)| *left += right);
    left
}

fn first(leaf: Leaf) -> u64 {
    leaf.0[0]
}

/// Built level by level, leaves first.
fn reduction(leaves: u32) -> Node<'static, u64> {
    let mut level: Vec<Node<'static, Leaf>> = (0..leaves).map(|i| op!(leaf(i))).collect();
    while level.len() > 1 {
        let mut sums = Vec::with_capacity(level.len().div_ceil(2));
        let mut nodes = level.into_iter();
        while let Some(left) = nodes.next() {
            sums.push(match nodes.next() {
                Some(right) => op!(add(left, right)),
                None => left,
            });
        }
        level = sums;
    }
    let root = level.pop().expect("there is a leaf");
    op!(first(root))
}

#[dispatch]
fn recursion(from: u32, to: u32) -> u64 {
    first(half(from, to))
}

#[dispatch]
fn half(from: u32, to: u32) -> Leaf {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from.midpoint(to);
    add(half(from, middle), half(middle, to))
}
