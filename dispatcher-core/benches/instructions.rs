//! How many instructions a node costs, which is the same on a busy machine: `cargo bench -p dispatcher-core --bench instructions`.
//!
//! The program runs itself under valgrind's callgrind, for graphs of some shapes, a few times and then more often; the difference, by
//! the nodes in it, is what a node costs. It prints a table, and fails where a node costs more than its bound, which is a few
//! percent above what it cost when the bound was set. Where there is no valgrind it says so, and fails: `.ci/run` installs it.
//!
//! `fresh` is building, running and dropping a graph on one thread, `again` is running one that is prepared. Nodes are made as `op!`
//! makes them. With debug assertions (`cargo test --benches`) nodes cost more, and the bounds don't hold.

use std::hint::black_box;
use std::process::{Command, ExitCode};

use dispatcher_core::lower::op_alone;
use dispatcher_core::{Node, Outcome, ParallelExecutor, Scope, Site};

/// A shape, how it is run, how many nodes it has, and how many instructions a node may cost; with ten nodes, how many the graph may.
const BOUNDS: [(&str, &str, u32, f64); 11] = [
    ("chain", "fresh", 1_000, 350.0),
    ("fan", "fresh", 1_000, 520.0),
    ("tree", "fresh", 1_000, 347.0),
    ("wavefront", "fresh", 1_000, 530.0),
    ("recursion", "fresh", 1_000, 510.0),
    ("chain", "fresh", 10, 7_550.0),
    ("chain", "again", 1_000, 119.0),
    ("fan", "again", 1_000, 221.0),
    ("tree", "again", 1_000, 118.0),
    ("wavefront", "again", 1_000, 195.0),
    ("chain", "again", 10, 5_400.0),
];

static SITE: Site = Site { label: "op", form: "op()", file: "", line: 0, column: 0 };

/// A value, as the macros give it.
fn give<'s, T: Send>(scope: Scope<'s, '_>, value: T) -> Outcome<'s, T> {
    use dispatcher_core::lower::methods::*;
    scope.give(value).settle()
}

fn start(n: u64) -> Node<'static, u64> {
    op_alone(&SITE, (), move |(), scope| give(scope, black_box(n)))
}

fn chain(nodes: u32) -> Node<'static, u64> {
    let first = start(0);
    (1..nodes).fold(first, |last, _| op_alone(&SITE, (last,), |(n,), scope| give(scope, n + 1)))
}

fn fan(nodes: u32) -> Node<'static, u64> {
    let source = start(0);
    let read = |_| op_alone(&SITE, (&source,), |(n,): (&u64,), scope| give(scope, *n + 1));
    let middles = dispatcher_core::CollectNode::new((0..nodes - 3).map(read).collect::<Vec<_>>());
    op_alone(&SITE, (middles,), |(all,): (Vec<u64>,), scope| give(scope, all.iter().sum::<u64>()))
}

fn tree(nodes: u32) -> Node<'static, u64> {
    let mut level: Vec<_> = (0..nodes.div_ceil(2)).map(|n| start(u64::from(n))).collect();
    while level.len() > 1 {
        let mut next = Vec::new();
        let mut nodes = level.into_iter();
        while let Some(left) = nodes.next() {
            next.push(match nodes.next() {
                Some(right) => op_alone(&SITE, (left, right), |(a, b): (u64, u64), scope| give(scope, a + b)),
                None => left,
            });
        }
        level = next;
    }
    level.pop().expect("a tree has a root")
}

fn wavefront(nodes: u32) -> Node<'static, u64> {
    let side = nodes.isqrt();
    let one = |n: &Node<'static, u64>| op_alone(&SITE, (n,), |(n,): (&u64,), scope| give(scope, *n + 1));
    let mut row = vec![start(0)];
    for column in 1..side as usize {
        let next = one(&row[column - 1]);
        row.push(next);
    }
    for _ in 1..side {
        row[0] = one(&row[0]);
        for column in 1..row.len() {
            let inputs = (&row[column - 1], &row[column]);
            row[column] = op_alone(&SITE, inputs, |(a, b): (&u64, &u64), scope| give(scope, a.wrapping_add(*b)));
        }
    }
    row.pop().expect("a row has a last cell")
}

/// A tree of operations, each of which gives a subgraph of three.
fn recursion(nodes: u32) -> Node<'static, u64> {
    if nodes < 4 {
        return start(1);
    }
    let half = move || op_alone(&SITE, (), move |(), scope| scope.give(recursion(nodes / 2 - 1)).settle());
    op_alone(&SITE, (half(), half()), |(a, b): (u64, u64), scope| give(scope, a + b))
}

fn build(shape: &str, nodes: u32) -> Node<'static, u64> {
    match shape {
        "chain" => chain(nodes),
        "fan" => fan(nodes),
        "tree" => tree(nodes),
        "wavefront" => wavefront(nodes),
        _ => recursion(nodes),
    }
}

/// Runs a graph of so many nodes, so many times.
fn work(shape: &str, how: &str, nodes: u32, times: u32) {
    let executor = ParallelExecutor::with_threads(1);
    let mut prepared = Node::prepare(build(shape, nodes)).expect("it can be prepared");
    for _ in 0..times {
        let value = match how {
            "fresh" => executor.run(build(shape, nodes)),
            _ => executor.run_prepared(&mut prepared),
        };
        black_box(value.expect("nothing fails"));
    }
}

/// The instructions that `work` takes, as callgrind counts them.
fn count(shape: &str, how: &str, nodes: u32, times: u32) -> Option<f64> {
    let this = std::env::current_exe().ok()?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(this);
    let output = valgrind.args(["work", shape, how, &nodes.to_string(), &times.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text.lines().find_map(|line| line.split("Collected : ").nth(1))?;
    collected.trim().parse().ok()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [what, shape, how, nodes, times] = &arguments[..]
        && what == "work"
    {
        let [nodes, times] = [nodes, times].map(|number| number.parse().expect("a number"));
        work(shape, how, nodes, times);
        return ExitCode::SUCCESS;
    }
    println!("{:<10} {:<6} {:>6} {:>13} {:>8}", "shape", "", "nodes", "instructions", "bound");
    let mut good = true;
    for (shape, how, nodes, bound) in BOUNDS {
        let (Some(less), Some(more)) = (count(shape, how, nodes, 5), count(shape, how, nodes, 25)) else {
            eprintln!("valgrind can't be run: install it");
            return ExitCode::FAILURE;
        };
        let of = if nodes == 10 { 1.0 } else { f64::from(nodes) };
        let each = (more - less) / 20.0 / of;
        let within = each <= bound || cfg!(debug_assertions);
        let mark = if within { "" } else { "  too many" };
        good &= within;
        println!("{shape:<10} {how:<6} {nodes:>6} {each:>13.1} {bound:>8.1}{mark}");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
