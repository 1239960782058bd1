//! The library, with a graph that is built, run and dropped each time: `op!` for each node, one `ParallelExecutor`.

use dispatcher::prelude::*;

use crate::contender::{Contender, Ran};
use crate::kernel::work;
use crate::workload::{Plan, Task, Workload};

/// The library itself.
pub(crate) struct Fresh;

impl Contender for Fresh {
    const NAME: &'static str = "ours, fresh";

    type Pool = ParallelExecutor;
    type Ready<'a> = &'a Workload;

    fn pool(threads: usize) -> ParallelExecutor {
        ParallelExecutor::with_threads(threads)
    }

    fn ready<'a>(_: &ParallelExecutor, workload: &'a Workload) -> &'a Workload {
        workload
    }

    fn run(pool: &ParallelExecutor, workload: &mut &Workload, times: usize) -> Vec<Ran> {
        let once = || pool.run(build(workload)).expect("no task fails");
        (0..times).map(|_| Ran::timed(once)).collect()
    }
}

/// The graph of a workload.
pub(crate) fn build(workload: &Workload) -> Node<'static, u64> {
    match workload {
        Workload::Chain { length } => {
            let mut last = op!(start(0));
            for _ in 1..*length {
                last = op!(link(last));
            }
            last
        }
        Workload::Fan { nodes } => {
            let source = op!(start(0));
            let middles: Vec<Node<'static, u64>> = (2..*nodes).map(|_| op!(read(&source))).collect();
            op!(sum(middles))
        }
        Workload::Wide { width } => {
            let nodes: Vec<Node<'static, u64>> = (0..*width).map(|i| op!(start(u64::from(i)))).collect();
            op!(sum(nodes))
        }
        Workload::Tree { leaves } => {
            let mut level: Vec<Node<'static, u64>> = (0..*leaves).map(|i| op!(start(u64::from(i)))).collect();
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
        Workload::Wavefront { side } => wavefront(*side as usize),
        Workload::Steps { plan, turns } => steps(plan, *turns),
    }
}

fn wavefront(side: usize) -> Node<'static, u64> {
    let mut row = Vec::with_capacity(side);
    row.push(op!(start(0)));
    for column in 1..side {
        let left = &row[column - 1];
        let node = op!(read(left));
        row.push(node);
    }
    for _ in 1..side {
        let above = &row[0];
        row[0] = op!(read(above));
        for column in 1..side {
            let (left, above) = (&row[column - 1], &row[column]);
            row[column] = op!(cell(left, above));
        }
    }
    row.pop().expect("a row has a last cell")
}

fn steps(plan: &Plan, turns: u32) -> Node<'static, u64> {
    let mut ends = Vec::new();
    let mut before: Vec<Node<'static, u64>> = Vec::new();
    let mut tasks_before: &[Task] = &[];
    for step in &plan.steps {
        let mut after = Vec::with_capacity(step.len());
        for (i, task) in step.iter().enumerate() {
            let read = |at: usize| &before[task.reads[at]];
            after.push(match task.reads.len() {
                0 => op!(work(turns, i as u64)),
                1 => {
                    let a = read(0);
                    op!(one(turns, a))
                }
                2 => {
                    let (a, b) = (read(0), read(1));
                    op!(two(turns, a, b))
                }
                3 => {
                    let (a, b, c) = (read(0), read(1), read(2));
                    op!(three(turns, a, b, c))
                }
                4 => {
                    let (a, b, c, d) = (read(0), read(1), read(2), read(3));
                    op!(four(turns, a, b, c, d))
                }
                _ => {
                    let (a, b, c, d, e) = (read(0), read(1), read(2), read(3), read(4));
                    op!(five(turns, a, b, c, d, e))
                }
            });
        }
        ends.extend(before.drain(..).zip(tasks_before).filter(|(_, task)| !task.is_read).map(|(node, _)| node));
        (before, tasks_before) = (after, step);
    }
    ends.extend(before);
    op!(sum(ends))
}

fn start(input: u64) -> u64 {
    input + 1
}

fn link(before: u64) -> u64 {
    before + 1
}

fn read(before: &u64) -> u64 {
    before + 1
}

fn add(left: u64, right: u64) -> u64 {
    left.wrapping_add(right).wrapping_add(1)
}

fn cell(left: &u64, above: &u64) -> u64 {
    left.wrapping_add(*above).wrapping_add(1)
}

fn sum(values: Vec<u64>) -> u64 {
    values.into_iter().fold(0, u64::wrapping_add)
}

fn one(turns: u32, a: &u64) -> u64 {
    work(turns, *a)
}

fn two(turns: u32, a: &u64, b: &u64) -> u64 {
    work(turns, a.wrapping_add(*b))
}

fn three(turns: u32, a: &u64, b: &u64, c: &u64) -> u64 {
    work(turns, a.wrapping_add(*b).wrapping_add(*c))
}

fn four(turns: u32, a: &u64, b: &u64, c: &u64, d: &u64) -> u64 {
    work(turns, a.wrapping_add(*b).wrapping_add(*c).wrapping_add(*d))
}

fn five(turns: u32, a: &u64, b: &u64, c: &u64, d: &u64, e: &u64) -> u64 {
    work(turns, a.wrapping_add(*b).wrapping_add(*c).wrapping_add(*d).wrapping_add(*e))
}
