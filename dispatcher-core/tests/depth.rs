//! Nothing recurses: long chains, deep subgraphs and wide fans on a stack of 2 MiB.

mod common;

use common::{Executor, Tally};
use dispatcher_core::{CollectNode, DataNode, DispatchGraph, Node, Op, ParallelExecutor, SerialExecutor};

/// AddressSanitizer would take minutes for a million, and sees nothing there that it doesn't see in fewer.
const LONG: u64 = if cfg!(sanitized) { 100_000 } else { 1_000_000 };
const DEEP: u64 = LONG / 10;
const WIDE: u64 = LONG / 10;

/// Calls `body` on a thread with a small stack.
fn on_small_stack(body: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(body).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Executors whose threads have small stacks too: a pool's have 2 MiB by default.
fn executors() -> [Executor; 3] {
    [
        Executor::Serial(SerialExecutor::new()),
        Executor::Parallel(ParallelExecutor::with_threads(1)),
        Executor::Parallel(ParallelExecutor::with_threads(2)),
    ]
}

fn chain() -> Node<'static, u64> {
    let mut node = Op::new("start", (), |()| 0_u64);
    for _ in 0..LONG {
        node = Op::new("next", (node,), |(n,)| n + 1);
    }
    node
}

#[test]
fn a_chain_of_a_million_runs() {
    on_small_stack(|| {
        for executor in executors() {
            assert_eq!(executor.run(chain()).expect("runs"), LONG);
        }
    });
}

#[test]
fn a_chain_of_a_million_drops() {
    on_small_stack(|| drop(chain()));
}

#[test]
fn a_chain_of_a_million_prints() {
    on_small_stack(|| {
        let graph = DispatchGraph::new(&chain());
        let [before, last] = [LONG - 1, LONG];
        assert!(graph.outline().ends_with(&format!("\n%{last} = next(%{before})\n")));
        assert!(graph.to_dot().contains(&format!("n{before} -> n{last}")));
    });
}

#[test]
fn a_chain_of_a_million_updates_and_readers_runs() {
    on_small_stack(|| {
        let mut x = Op::new("start", (), |()| 0_u64);
        let mut reads = Op::new("none", (), |()| 0_u64);
        for _ in 0..LONG / 4 {
            drop(Op::new("add", (&mut x,), |(x,): (&mut u64,)| *x += 1));
            drop(Op::new("read", (&mut reads, &x), |(reads, x): (&mut u64, &u64)| *reads += x));
        }
        let end = Op::new("end", (x, reads), |both| both);
        let n = LONG / 4;
        assert_eq!(ParallelExecutor::with_threads(2).run(end).expect("runs"), (n, n * (n + 1) / 2));
    });
}

#[test]
fn a_chain_whose_first_operation_fails_tells_the_whole_way() {
    on_small_stack(|| {
        let mut node: Node<'_, u64> = Op::new("bad", (), |()| panic!("at the start"));
        for _ in 0..DEEP {
            node = Op::new("next", (node,), |(n,)| n + 1);
        }
        let error = SerialExecutor::new().run(node).expect_err("bad panics");
        assert_eq!(error.chain().len() as u64, DEEP + 1);
        assert_eq!(error.report().lines().count() as u64, DEEP + 1);
    });
}

/// Not a tail call: each level's result is used by another operation.
fn down<'g>(left: u64, bottom: fn() -> u64) -> Node<'g, u64> {
    if left == 0 {
        return Op::new("bottom", (), move |()| bottom());
    }
    let deeper = Op::graph("down", (), move |(), _| down(left - 1, bottom));
    Op::new("up", (deeper,), |(n,)| n + 1)
}

/// As [`down`], and each level lends a value to the next.
fn down_lending<'g>(above: &'g u64, left: u64) -> Node<'g, u64> {
    let own = Op::new("own", (), move |()| above + 1);
    if left == 0 {
        return own;
    }
    let deeper = Op::graph("down", (&own,), move |(own,), _| down_lending(own, left - 1));
    Op::new("up", (deeper, own), |(n, own)| n.max(own))
}

#[test]
fn subgraphs_a_hundred_thousand_deep_run() {
    on_small_stack(|| {
        for executor in executors() {
            assert_eq!(executor.run(down(DEEP, || 0)).expect("runs"), DEEP);
        }
    });
}

#[test]
fn subgraphs_that_borrow_a_hundred_thousand_deep_run() {
    on_small_stack(|| {
        for executor in executors() {
            let start = 0;
            assert_eq!(executor.run(down_lending(&start, DEEP)).expect("runs"), DEEP + 1);
        }
    });
}

#[test]
fn subgraphs_a_hundred_thousand_deep_fail() {
    on_small_stack(|| {
        for executor in executors() {
            let error = executor.run(down(DEEP, || panic!("at the bottom"))).expect_err("the bottom panics");
            assert_eq!((error.label(), error.node()), ("bottom", 0));
            // `bottom`, and `down` and `up` of each level.
            assert_eq!(error.chain().len() as u64, 2 * DEEP + 1);
        }
    });
}

#[test]
fn a_failure_deep_down_drops_what_every_level_lends() {
    fn down<'g>(tally: std::sync::Arc<Tally>, left: u64) -> Node<'g, u64> {
        let here = tally.value(left);
        let own = DataNode::opaque(here);
        if left == 0 {
            return Op::new("bottom", (own,), |(_,): (common::Counted,)| panic!("at the bottom"));
        }
        let deeper = Op::graph("down", (&own,), move |(own,): (&common::Counted,), _| {
            let below = down(tally, left - 1);
            Op::new("up", (below,), move |(n,): (u64,)| n + own.value)
        });
        Op::new("end", (deeper, own), |(n, _): (u64, common::Counted)| n)
    }
    on_small_stack(|| {
        for executor in executors() {
            let tally = Tally::new();
            assert!(executor.run(down(tally.clone(), DEEP / 4)).is_err());
            tally.assert_settled();
        }
    });
}

#[test]
fn a_wide_fan_out_and_in_runs() {
    on_small_stack(|| {
        for executor in executors() {
            let one = Op::new("one", (), |()| 1_u64);
            let fan: Vec<_> = (0..WIDE).map(|n| Op::new("add", (&one,), move |(one,)| one + n)).collect();
            let sum = Op::new("sum", (CollectNode::new(fan), one), |(all, one)| all.iter().sum::<u64>() + one);
            assert_eq!(executor.run(sum).expect("runs"), WIDE * (WIDE - 1) / 2 + WIDE + 1);
        }
    });
}

#[test]
fn a_wide_fan_in_without_a_common_source_drops() {
    on_small_stack(|| {
        let fan: Vec<_> = (0..WIDE).map(|n| Op::new("make", (), move |()| n)).collect();
        drop(CollectNode::new(fan));
    });
}

#[test]
fn a_hundred_thousand_outputs_run() {
    on_small_stack(|| {
        for executor in executors() {
            let outputs: Vec<_> = (0..WIDE).map(|n| Op::new("make", (), move |()| n)).collect();
            let results = executor.run_all(outputs);
            assert!((0..WIDE).eq(results.into_iter().map(|result| result.expect("runs"))));
        }
    });
}
