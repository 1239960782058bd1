//! The peer: what a very good engineer would write by hand with rayon, for just these shapes.
//!
//! Nothing general is paid for. Values are `u64`; a node has up to two predecessors, or one run of
//! neighbours in the arena. A [`Graph`] is one `Vec` of 48-byte [`Node`]s, made at its final size, each
//! with its step (a plain function pointer), its result, its readiness counter and two successors inline;
//! only a node with more successors has a list of its own. There is no label, no error path, no catching
//! of panics, no freeing of results at their last use, no cancelling and no observer.
//!
//! [`workers::run`] flows so:
//!
//! 1. The roots and every wide fan-out are published whole, as `Wide` work, and taken by chunks.
//! 2. A worker runs the first ready successor at once (`Worker::follow`) and keeps the surplus on a stack
//!    of its own. Of that it exposes the oldest few whenever nothing is exposed.
//! 3. A node is ready when its counter says so: loaded first, and decremented only if others are still to
//!    come, so a node with one predecessor costs no atomic write. Arrivals at a wide fan-in are held back
//!    and subtracted together.
//! 4. There is at most one rayon job a worker, started only where there is surplus and somebody idle. The
//!    calling thread is one of the workers, so a chain never leaves it.
//!
//! The same code runs with one thread as with two; nothing is special-cased but the exposing. It is safe
//! Rust throughout: a relaxed atomic load or store of a result is a plain `mov`.

#[path = "by_hand/arena.rs"]
mod arena;
#[path = "by_hand/workers.rs"]
mod workers;

use rayon::{ThreadPool, ThreadPoolBuilder};

use self::arena::{Graph, Node};
use crate::contender::Contender;
use crate::shapes::{self, Shape};

/// The hand-written rayon peer.
pub(crate) struct ByHand;

impl Contender for ByHand {
    const NAME: &'static str = "by hand";
    const DROPS_IN_RUN: bool = false;

    type Pool = ThreadPool;
    type Graph = Graph;
    type Spent = Graph;

    fn pool(threads: usize) -> ThreadPool {
        ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of a few threads can be started")
    }

    fn build(shape: Shape) -> Graph {
        match shape {
            Shape::Chain { length } => chain(length),
            Shape::Fan { width } => fan(width),
            Shape::Wide { width } => wide(width),
            Shape::Tree { leaves } => tree(leaves),
            Shape::Wavefront { side } => wavefront(side),
        }
    }

    fn run(pool: &ThreadPool, graph: Graph) -> (u64, Graph) {
        (workers::run(pool, &graph), graph)
    }
}

fn chain(length: u32) -> Graph {
    let mut graph = Graph::with_capacity(length);
    let mut last = graph.leaf(shapes::start, 0);
    for _ in 1..length {
        last = graph.one(shapes::link, last);
    }
    graph
}

fn fan(width: u32) -> Graph {
    let mut graph = Graph::with_capacity(width + 2);
    let source = graph.leaf(shapes::start, 0);
    let sink = width + 1;
    for _ in 0..width {
        let middle = graph.one(shapes::link, source);
        graph.link(middle, sink);
    }
    graph.many(|middles| middles.iter().fold(0, |sum, node| sum.wrapping_add(node.result())), source + 1..sink);
    graph
}

fn wide(width: u32) -> Graph {
    let mut graph = Graph::with_capacity(width + 1);
    let sink = width;
    for i in 0..width {
        let node = graph.leaf(shapes::start, u64::from(i));
        graph.link(node, sink);
    }
    graph.many(|nodes| shapes::sum(nodes.iter().map(Node::result).collect()), 0..sink);
    graph
}

fn tree(leaves: u32) -> Graph {
    let mut graph = Graph::with_capacity(2 * leaves - 1);
    for i in 0..leaves {
        graph.leaf(shapes::start, u64::from(i));
    }
    // Level by level, the k-th sum adds the nodes 2k and 2k + 1.
    for k in 0..leaves - 1 {
        graph.two(shapes::add, [2 * k, 2 * k + 1]);
    }
    graph
}

fn wavefront(side: u32) -> Graph {
    let mut graph = Graph::with_capacity(side * side);
    graph.leaf(shapes::start, 0);
    for cell in 1..side * side {
        if cell < side {
            graph.one(shapes::link, cell - 1);
        } else if cell % side == 0 {
            graph.one(shapes::link, cell - side);
        } else {
            graph.two(shapes::cell, [cell - 1, cell - side]);
        }
    }
    graph
}
