//! The library, asked the way a user asks it: `op!` for each node, one `ParallelExecutor`.
//!
//! `ParallelExecutor::run` consumes the node, so running and dropping are one figure. To tell them apart,
//! give [`Contender::Spent`] something to hold and set [`Contender::DROPS_IN_RUN`] to `false`.

use dispatcher::prelude::*;

use crate::contender::Contender;
use crate::shapes::{Shape, add, cell, link, start, sum};

/// The library itself.
pub(crate) struct Ours;

impl Contender for Ours {
    const NAME: &'static str = "ours";
    const DROPS_IN_RUN: bool = true;

    type Pool = ParallelExecutor;
    type Graph = Node<'static, u64>;
    type Spent = ();

    fn pool(threads: usize) -> ParallelExecutor {
        ParallelExecutor::with_threads(threads)
    }

    fn build(shape: Shape) -> Node<'static, u64> {
        match shape {
            Shape::Chain { length } => chain(length),
            Shape::Fan { width } => fan(width),
            Shape::Wide { width } => wide(width),
            Shape::Tree { leaves } => tree(leaves),
            Shape::Wavefront { side } => wavefront(side),
        }
    }

    fn run(pool: &ParallelExecutor, graph: Node<'static, u64>) -> (u64, ()) {
        (pool.run(graph).expect("no step fails"), ())
    }
}

fn chain(length: u32) -> Node<'static, u64> {
    let mut last = op!(start(0));
    for _ in 1..length {
        last = op!(link(last));
    }
    last
}

fn fan(width: u32) -> Node<'static, u64> {
    let source = op!(start(0));
    let middles: Vec<Node<'static, u64>> = (0..width).map(|_| op!(read(&source))).collect();
    op!(sum(middles))
}

fn wide(width: u32) -> Node<'static, u64> {
    let nodes: Vec<Node<'static, u64>> = (0..width).map(u64::from).map(|i| op!(start(i))).collect();
    op!(sum(nodes))
}

fn tree(leaves: u32) -> Node<'static, u64> {
    let mut level: Vec<Node<'static, u64>> = (0..leaves).map(u64::from).map(|i| op!(start(i))).collect();
    while level.len() > 1 {
        let mut sums = Vec::with_capacity(level.len() / 2);
        let mut nodes = level.into_iter();
        while let (Some(left), Some(right)) = (nodes.next(), nodes.next()) {
            sums.push(op!(add(left, right)));
        }
        level = sums;
    }
    level.pop().expect("a tree has a root")
}

fn wavefront(side: u32) -> Node<'static, u64> {
    let mut row = Vec::with_capacity(side as usize);
    row.push(op!(start(0)));
    for _ in 1..side {
        let left = &row[row.len() - 1];
        let node = op!(read(left));
        row.push(node);
    }
    for _ in 1..side {
        let above = &row[0];
        row[0] = op!(read(above));
        for column in 1..row.len() {
            let (left, above) = (&row[column - 1], &row[column]);
            row[column] = op!(read_two(left, above));
        }
    }
    row.pop().expect("a row has a last cell")
}

/// [`link`], of a value that others read too.
fn read(before: &u64) -> u64 {
    link(*before)
}

/// [`cell`], of values that others read too.
fn read_two(left: &u64, above: &u64) -> u64 {
    cell(*left, *above)
}
