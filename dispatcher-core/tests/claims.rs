//! What a run claims: outputs that use each other, claims that fail half-way, and many nodes that are ready at first.

mod common;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use common::{Counted, Executor, Tally};
use dispatcher_core::{CollectNode, DataNode, ErrorKind, Node, Op, Options, ParallelExecutor, SerialExecutor};

/// Four outputs, of which each uses those before it, and the last updates the third.
fn four(tally: &Arc<Tally>) -> [Node<'static, Counted>; 4] {
    let [first, second, third, fourth] = [(); 4].map(|()| Arc::clone(tally));
    let a = Op::new("a", (), move |()| first.value(1));
    let b = Op::new("b", (&a, &a), move |(a, _): (&Counted, &Counted)| second.value(a.value + 1));
    drop(a);
    let c =
        Op::new("c", (&b, &b), move |(b, _): (&Counted, &Counted)| third.value(100 * third.alive() as u64 + b.value));
    let more = Arc::clone(tally);
    let mut d = Op::new("d", (&c, &b), move |(c, _): (&Counted, &Counted)| more.value(c.value));
    let e = Op::new("e", (&mut d, &c), move |(d, _): (&mut Counted, &Counted)| {
        d.value += 1;
        fourth.value(7)
    });
    [b, c, d, e]
}

#[test]
fn outputs_that_use_each_other_stay_and_others_go_early() {
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [2, 3, 0, 1], [3, 0, 1, 2]];
    for executor in Executor::all() {
        for order in orders {
            let tally = Tally::new();
            let mut nodes = four(&tally).map(Some);
            let nodes = order.map(|place: usize| nodes[place].take().expect("each place stands in the order once"));
            let values =
                executor.run_all(Vec::from(nodes)).into_iter().map(|value| value.expect("nothing fails").value);
            // One value was alive when the second was computed: the first of all was gone.
            assert!(values.eq(order.map(|place| [2, 102, 103, 7][place])), "{executor:?} {order:?}");
            tally.assert_settled();
        }
    }
}

#[test]
fn a_claim_that_fails_half_way_leaves_what_it_has_claimed_as_it_was() {
    // So large that each has memory of its own, and valgrind sees what is done with that later.
    let large = [1_u8; 9_000];
    for wide in [2, 9, 40_u64] {
        for executor in [
            Executor::Serial(SerialExecutor::new()),
            Executor::Parallel(ParallelExecutor::with_threads(1)),
            Executor::Parallel(ParallelExecutor::with_threads(3)),
        ] {
            let tally = Tally::new();
            let (began, has_begun) = mpsc::channel();
            let (go, may_go) = mpsc::channel::<()>();
            let mine = Arc::clone(&tally);
            let busy = Op::new("busy", (), move |()| {
                began.send(()).expect("somebody waits for it");
                may_go.recv().expect("somebody lets it go on");
                mine.value(5)
            });
            let first = Op::new("first", (&busy,), |(n,): (&Counted,)| n.value);
            let mut data = DataNode::opaque(tally.value(100));
            let parts: Vec<_> = (0..wide)
                .map(|more| {
                    let mine = Arc::clone(&tally);
                    let part = Op::new("part", (&data,), move |(data,): (&Counted,)| {
                        mine.value(data.value + more * u64::from(large[8_000]))
                    });
                    Options::new().priority(more as i32 % 3).set(part)
                })
                .collect();
            let update = Op::new("update", (&mut data,), |(data,): (&mut Counted,)| data.value += 1);
            let inputs = (CollectNode::new(parts), &busy, &update, data);
            let sum = Op::new("sum", inputs, |(parts, busy, (), data): (Vec<Counted>, &Counted, &(), Counted)| {
                parts.iter().map(|part| part.value).sum::<u64>() + busy.value + data.value
            });
            let other = Op::new("other", (&sum,), |(n,): (&u64,)| *n);
            std::thread::scope(|scope| {
                let runner = scope.spawn(|| SerialExecutor::new().run(first));
                has_begun.recv().expect("it begins");
                let error = executor.run(other).expect_err("a part of it is another run's");
                assert!(matches!(error.kind(), ErrorKind::Busy), "{error}");
                go.send(()).expect("it waits");
                assert_eq!(runner.join().expect("no panic").expect("nothing fails"), 5);
            });
            let expected = (0..wide).map(|more| 100 + more).sum::<u64>() + 5 + 101;
            let again = if wide == 9 { sum } else { Op::graph("graph", (), move |(), _| sum) };
            assert_eq!(executor.run(again).expect("nobody else has it now"), expected);
            drop(busy);
            tally.assert_settled();
        }
    }
}

#[test]
fn many_nodes_that_are_ready_at_first_are_all_run() {
    // More than four thousand are handed over in the memory that they were found in.
    for executor in Executor::all() {
        for count in [4_096, 4_097] {
            for some_are_urgent in [false, true] {
                let node = |n: u64| {
                    let node = Op::new("node", (), move |()| n);
                    if some_are_urgent && n % 1_000 == 3 { Options::new().priority(1).set(node) } else { node }
                };
                let all = CollectNode::new((0..count).map(node).collect::<Vec<_>>());
                let in_order = Op::new("in order", (all,), move |(all,): (Vec<u64>,)| all.into_iter().eq(0..count));
                assert!(executor.run(in_order).expect("nothing fails"), "{executor:?}");
            }
        }
    }
}

/// Graphs that lie in each other's memory, since they were built in turns, with nodes that are used more than once.
#[test]
fn threads_claim_graphs_at_once_that_lie_among_each_other() {
    const ROUNDS: u64 = if cfg!(any(sanitized, debug_assertions)) { 20 } else { 200 };
    for round in 0..ROUNDS {
        let length = 1 + round * 97 % 2_000;
        let mut rows: Vec<Vec<Node<'static, u64>>> =
            (0..3).map(|thread| vec![Op::new("first", (), move |()| thread)]).collect();
        for _ in 0..length {
            for row in &mut rows {
                let (last, other) = (&row[row.len() - 1], &row[row.len() / 2]);
                row.push(Op::new("next", (last, other), |(last, _): (&u64, &u64)| last + 1));
            }
        }
        let results: Vec<_> = std::thread::scope(|scope| {
            let run = |row| SerialExecutor::new().run(CollectNode::new(row));
            let threads: Vec<_> = rows.into_iter().map(|row| scope.spawn(move || run(row))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        for (thread, values) in (0..).zip(results) {
            assert!(values.expect("nothing is busy").into_iter().eq(thread..=thread + length), "round {round}");
        }
    }
}

/// Two threads come to a node at the same time, as nearly as can be had: one of them has it, and the other may say that it is busy.
#[test]
fn one_of_two_who_come_at_once_claims_a_node() {
    const ROUNDS: usize = if cfg!(any(sanitized, debug_assertions)) { 2_000 } else { 20_000 };
    let runs: Vec<AtomicU64> = (0..ROUNDS).map(|_| AtomicU64::new(0)).collect();
    let pairs = runs.iter().map(|runs| {
        let shared = Op::new("shared", (), move |()| runs.fetch_add(1, Ordering::Relaxed));
        let one = |_| Op::new("one", (&shared,), |(shared,): (&u64,)| *shared);
        [0, 1].map(one)
    });
    let (ones, others): (Vec<_>, Vec<_>) = pairs.map(|[one, other]| (one, other)).unzip();
    let arrived = AtomicUsize::new(0);
    let run = |nodes: Vec<Node<'_, u64>>| {
        let run = |(round, node)| {
            arrived.fetch_add(1, Ordering::SeqCst);
            while arrived.load(Ordering::SeqCst) < 2 * (round + 1) {
                std::thread::yield_now();
            }
            SerialExecutor::new().run(node)
        };
        nodes.into_iter().enumerate().map(run).collect::<Vec<_>>()
    };
    let (ones, others) = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(others));
        (run(ones), other.join().expect("no panic"))
    });
    for (round, results) in ones.into_iter().zip(others).enumerate() {
        let mut had = 0;
        for result in [results.0, results.1] {
            match result {
                Ok(value) => {
                    assert_eq!(value, 0, "round {round}");
                    had = 1;
                }
                Err(error) => assert!(matches!(error.kind(), ErrorKind::Busy), "round {round}: {error}"),
            }
        }
        assert_eq!((had, runs[round].load(Ordering::Relaxed)), (1, 1), "round {round}: it is run once");
    }
}
