//! Programs whose result would differ if an edge of the order were missing, many times over on four threads.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dispatcher_core::{Cloned, CollectNode, Copied, Node, Op, ParallelExecutor};

const TIMES: usize = 150;

/// Runs what `build` gives many times on four threads, and expects the same value each time.
#[track_caller]
fn always<T: Send + PartialEq + std::fmt::Debug>(expected: &T, build: impl Fn() -> Node<'static, T>) {
    let executor = ParallelExecutor::with_threads(4);
    for _ in 0..TIMES {
        assert_eq!(&executor.run(build()).expect("nothing fails"), expected);
    }
}

/// Long enough for another thread to come in between.
fn dawdle() {
    for _ in 0..200 {
        std::hint::spin_loop();
    }
}

/// All elements, which an update would change under our eyes.
fn slow_sum(xs: &[u64]) -> u64 {
    let mut sum = 0;
    for x in xs {
        sum += x;
        std::hint::spin_loop();
    }
    sum
}

fn ones() -> Node<'static, Vec<u64>> {
    Op::new("ones", (), |()| vec![1; 200])
}

fn sum_of(parts: Vec<Node<'static, u64>>) -> Node<'static, u64> {
    Op::new("sum", (CollectNode::new(parts),), |(parts,)| parts.iter().sum())
}

#[test]
fn readers_before_an_update_see_what_was_there_before() {
    always(&(8 * 200, 8 * 600), || {
        let mut xs = ones();
        let before = (0..8).map(|_| Op::new("before", (&xs,), |(xs,)| slow_sum(xs))).collect();
        let done = Op::new("triple", (&mut xs,), |(xs,): (&mut Vec<u64>,)| xs.iter_mut().for_each(|x| *x *= 3));
        drop(done);
        let after = (0..8).map(|_| Op::new("after", (&xs,), |(xs,)| slow_sum(xs))).collect();
        Op::new("both", (sum_of(before), sum_of(after)), |both| both)
    });
}

#[test]
fn updates_are_made_in_the_order_in_which_they_were_written() {
    always(&(0..32).fold(7_u64, |x, n| x.wrapping_mul(31).wrapping_add(n)), || {
        let mut x = Op::new("start", (), |()| 7_u64);
        for n in 0..32 {
            drop(Op::new("step", (&mut x,), move |(x,): (&mut u64,)| {
                dawdle();
                *x = x.wrapping_mul(31).wrapping_add(n);
            }));
        }
        x
    });
}

#[test]
fn each_reader_between_two_updates_sees_its_own_version() {
    always(&(0..=16).map(|n| n * 4).collect::<Vec<u64>>(), || {
        let mut x = Op::new("start", (), |()| 0_u64);
        let mut seen = Vec::new();
        for _ in 0..16 {
            // Four readers, each of which adds what it saw.
            let readers = (0..4)
                .map(|_| {
                    Op::new("look", (&x,), |(x,)| {
                        dawdle();
                        *x
                    })
                })
                .collect();
            seen.push(sum_of(readers));
            drop(Op::new("more", (&mut x,), |(x,): (&mut u64,)| *x += 1));
        }
        let last = (0..4).map(|_| Op::new("look", (&x,), |(x,)| *x)).collect();
        seen.push(sum_of(last));
        CollectNode::new(seen)
    });
}

#[test]
fn a_move_waits_for_every_earlier_reader() {
    always(&(200 * 16, 0), || {
        let xs = ones();
        let readers = (0..16).map(|_| Op::new("read", (&xs,), |(xs,)| slow_sum(xs))).collect();
        let emptied = Op::new("empty", (xs,), |(mut xs,): (Vec<u64>,)| {
            xs.iter_mut().for_each(|x| *x = 1_000_000);
            xs.clear();
            xs.len()
        });
        Op::new("both", (sum_of(readers), emptied), |both| both)
    });
}

#[test]
fn a_move_waits_for_copies_clones_and_collected_clones() {
    always(&(vec![5, 5, 5, 5], 6), || {
        let x = Op::new("five", (), |()| 5_u64);
        let copied = Op::new("copy", (Copied(&x),), |(x,)| x);
        let cloned = Op::new("clone", (Cloned(&x),), |(x,)| x);
        let alone = [x];
        let collected = Op::new("first", (CollectNode::cloned(&alone),), |([x],)| x);
        let [x] = alone;
        let method = x.clone();
        let taken = Op::new("take", (x,), |(x,)| x + 1);
        Op::new("both", (CollectNode::new(vec![copied, cloned, collected, method]), taken), |both| both)
    });
}

#[test]
fn an_update_of_two_values_waits_for_the_readers_of_both() {
    always(&(1, 2, 2, 1), || {
        let mut a = Op::new("a", (), |()| 1);
        let mut b = Op::new("b", (), |()| 2);
        let a_before = Op::new("read", (&a,), |(a,)| {
            dawdle();
            *a
        });
        let b_before = Op::new("read", (&b,), |(b,)| {
            dawdle();
            *b
        });
        drop(Op::new("swap", (&mut a, &mut b), |(a, b): (&mut i32, &mut i32)| std::mem::swap(a, b)));
        Op::new("all", (a_before, b_before, a, b), |all| all)
    });
}

#[test]
fn a_reader_that_is_a_subgraph_holds_the_update_back_until_it_is_done() {
    always(&(200 * 6, 400), || {
        let mut xs = ones();
        let before = Op::graph("before", (&xs,), |(xs,), _| {
            let parts = (0..6).map(|_| Op::graph("part", (), move |(), _| Op::new("sum", (), move |()| slow_sum(xs))));
            let parts: Vec<Node<'_, u64>> = parts.collect();
            Op::new("sum", (CollectNode::new(parts),), |(parts,)| parts.iter().sum::<u64>())
        });
        drop(Op::new("double", (&mut xs,), |(xs,): (&mut Vec<u64>,)| xs.iter_mut().for_each(|x| *x *= 2)));
        let after = Op::new("after", (&xs,), |(xs,)| slow_sum(xs));
        Op::new("both", (before, after), |both| both)
    });
}

#[test]
fn an_update_that_is_a_subgraph_is_done_before_the_next_reader() {
    always(&4_u64, || {
        let mut x = Op::new("one", (), |()| 1_u64);
        drop(Op::graph("update", (&mut x,), |(x,): (&mut u64,), _| {
            let more = Op::new("more", (), |()| {
                dawdle();
                3
            });
            Op::new("write", (more,), move |(more,): (u64,)| {
                dawdle();
                *x += more
            })
        }));
        Op::new("read", (&x,), |(x,)| *x)
    });
}

#[test]
fn updates_of_different_values_do_not_disturb_each_other() {
    always(&(0..24_u64).map(|n| n * 1_000 + 10).collect::<Vec<u64>>(), || {
        let mut all: Vec<_> = (0..24_u64).map(|n| Op::new("make", (), move |()| n * 1_000)).collect();
        for _ in 0..10 {
            for x in &mut all {
                drop(Op::new("add", (x,), |(x,): (&mut u64,)| *x += 1));
            }
        }
        CollectNode::new(all)
    });
}

#[test]
fn what_an_operation_writes_is_seen_by_those_that_wait_for_it() {
    // Plain memory behind the values: under a missing happens-before this tears.
    always(&true, || {
        let cells: Vec<_> = (0..8_u64).map(|n| Op::new("fill", (), move |()| vec![n; 64])).collect();
        let checks = cells.iter().enumerate().map(|(n, cell)| {
            let others = &cells[(n + 1) % 8];
            Op::new("check", (cell, others), move |(own, other): (&Vec<u64>, &Vec<u64>)| {
                own.iter().all(|x| *x == n as u64) && other.iter().all(|x| *x == (n as u64 + 1) % 8)
            })
        });
        let checks: Vec<_> = checks.collect();
        Op::new("all", (CollectNode::new(checks),), |(checks,)| checks.into_iter().all(|check| check))
    });
}

#[test]
fn two_versions_of_one_value_are_both_outputs_in_order() {
    let executor = ParallelExecutor::with_threads(4);
    for _ in 0..TIMES {
        let mut a = Op::new("a", (), |()| 1_u64);
        let old = Op::new("old", (&a,), |(a,)| {
            dawdle();
            *a
        });
        let result = Op::new("update", (&mut a,), |(a,): (&mut u64,)| {
            *a += 1;
            *a * 10
        });
        let results: Vec<u64> = executor.run_all([a, result, old]).into_iter().map(|r| r.expect("runs")).collect();
        assert_eq!(results, [2, 20, 1]);
    }
}

#[test]
fn an_operation_never_starts_before_all_of_many_producers_have_ended() {
    let executor = ParallelExecutor::with_threads(4);
    for _ in 0..TIMES {
        let ended = Arc::new(AtomicUsize::new(0));
        let producers: Vec<_> = (0..100)
            .map(|_| {
                let ended = Arc::clone(&ended);
                Op::new("end", (), move |()| ended.fetch_add(1, Ordering::Relaxed))
            })
            .collect();
        let seen = Op::new("see", (CollectNode::new(producers),), move |(_,)| ended.load(Ordering::Relaxed));
        assert_eq!(executor.run(seen).expect("runs"), 100);
    }
}
