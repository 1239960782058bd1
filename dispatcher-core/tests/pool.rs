//! Pools of threads: one handed in, one of one thread, runs inside of operations, and many runs at once.

mod common;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;
use std::time::Duration;

use common::{Executor, pool};
use dispatcher_core::{Backoff, CollectNode, Node, Op, Options, ParallelExecutor, SerialExecutor};
use rayon::prelude::*;

/// Executors of which an operation may run graphs: the parallel kinds, on few threads.
fn executors() -> Vec<ParallelExecutor> {
    vec![
        ParallelExecutor::with_threads(1),
        ParallelExecutor::with_threads(2),
        ParallelExecutor::with_pool(pool(1)),
        ParallelExecutor::with_pool(pool(2)),
    ]
}

fn sum_of_squares(count: u64) -> Node<'static, u64> {
    let squares: Vec<_> = (0..count).map(|n| Op::new("square", (), move |()| n * n)).collect();
    Op::new("sum", (CollectNode::new(squares),), |(all,)| all.iter().sum())
}

fn squares_below(count: u64) -> u64 {
    (0..count).map(|n| n * n).sum()
}

#[test]
fn operations_run_on_the_threads_of_the_pool_that_was_handed_in() {
    for threads in [1, 2, 3] {
        let executor = ParallelExecutor::with_pool(pool(threads));
        assert_eq!(executor.threads(), threads);
        let names = Arc::new(Mutex::new(HashSet::new()));
        let all: Vec<_> = (0..200)
            .map(|_| {
                let names = Arc::clone(&names);
                Op::graph("outer", (), move |(), _| {
                    let note = move || {
                        let name = std::thread::current().name().unwrap_or_default().to_owned();
                        names.lock().expect("no panic").insert(name);
                    };
                    note();
                    Op::new("inner", (), move |()| note())
                })
            })
            .collect();
        executor.run(CollectNode::new(all)).expect("runs");
        let names = names.lock().expect("no panic");
        assert!(names.iter().all(|name| name.starts_with("handed-in-")), "{names:?}");
        assert!(names.len() <= threads, "{names:?}");
    }
}

#[test]
fn one_pool_serves_many_executors() {
    let pool = Arc::new(pool(2));
    let executors: Vec<_> = (0..4).map(|_| ParallelExecutor::with_pool(Arc::clone(&pool))).collect();
    for executor in &executors {
        assert_eq!(executor.run(sum_of_squares(100)).expect("runs"), squares_below(100));
    }
    drop(executors);
    assert_eq!(pool.install(|| (0..10).into_par_iter().sum::<u64>()), 45);
}

#[test]
fn one_thread_is_the_calling_thread() {
    let threads = Arc::new(Mutex::new(HashSet::<ThreadId>::new()));
    let all: Vec<_> = (0..50)
        .map(|_| {
            let threads = Arc::clone(&threads);
            Op::new("note", (), move |()| {
                threads.lock().expect("no panic").insert(std::thread::current().id());
            })
        })
        .collect();
    ParallelExecutor::with_threads(1).run(CollectNode::new(all)).expect("runs");
    assert_eq!(*threads.lock().expect("no panic"), HashSet::from([std::thread::current().id()]));
}

#[test]
fn zero_threads_are_one() {
    let executor = ParallelExecutor::with_threads(0);
    assert_eq!(executor.threads(), 1);
    assert_eq!(executor.run(sum_of_squares(10)).expect("runs"), squares_below(10));
}

#[test]
fn no_more_operations_run_at_a_time_than_there_are_threads() {
    for threads in [1, 2, 3] {
        for executor in [ParallelExecutor::with_threads(threads), ParallelExecutor::with_pool(pool(threads))] {
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            let all: Vec<_> = (0..400)
                .map(|_| {
                    let (now, most) = (Arc::clone(&now), Arc::clone(&most));
                    Op::new("count", (), move |()| {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                    })
                })
                .collect();
            executor.run(CollectNode::new(all)).expect("runs");
            assert!(most.load(Ordering::SeqCst) <= threads);
        }
    }
}

#[test]
fn operations_run_graphs_on_the_same_executor() {
    for executor in executors() {
        let outer: Vec<_> = (0..20_u64)
            .map(|n| {
                let executor = executor.clone();
                Op::new("outer", (), move |()| executor.run(sum_of_squares(n)).expect("runs"))
            })
            .collect();
        let values = executor.run(CollectNode::new(outer)).expect("runs");
        assert!(values.into_iter().eq((0..20).map(squares_below)));
    }
}

#[test]
fn runs_nest_as_deep_as_the_stack_allows() {
    fn nested(executor: &ParallelExecutor, left: u32) -> u64 {
        let own = executor.clone();
        let branches: Vec<_> = (0..2)
            .map(|_| {
                let own = own.clone();
                Op::new("branch", (), move |()| if left == 0 { 1 } else { nested(&own, left - 1) })
            })
            .collect();
        let sum = Op::new("sum", (CollectNode::new(branches),), |(all,)| all.iter().sum());
        executor.run(sum).expect("runs")
    }
    for executor in executors() {
        assert_eq!(nested(&executor, 6), 1 << 7);
    }
}

#[test]
fn operations_run_graphs_on_other_executors() {
    let shared = Arc::new(pool(1));
    let inner = ParallelExecutor::with_pool(Arc::clone(&shared));
    for executor in executors() {
        let inner = inner.clone();
        let outer = Op::new("outer", (), move |()| {
            let parallel = inner.run(sum_of_squares(20)).expect("runs");
            parallel + SerialExecutor::new().run(sum_of_squares(20)).expect("runs")
        });
        assert_eq!(executor.run(outer).expect("runs"), 2 * squares_below(20));
    }
}

#[test]
fn operations_use_rayons_iterators() {
    for executor in executors() {
        let sums: Vec<_> = (1..20_u64)
            .map(|n| Op::new("sum", (), move |()| (0..n * 100).into_par_iter().map(|x| x * 2).sum::<u64>()))
            .collect();
        let sums = executor.run(CollectNode::new(sums)).expect("runs");
        assert!(sums.into_iter().eq((1..20).map(|n| n * 100 * (n * 100 - 1))));
    }
}

#[test]
fn a_run_from_inside_a_pool_uses_that_pool() {
    let shared = Arc::new(pool(1));
    let executor = ParallelExecutor::with_pool(Arc::clone(&shared));
    let value = shared.install(|| executor.run(sum_of_squares(50)).expect("runs"));
    assert_eq!(value, squares_below(50));
}

#[test]
fn many_threads_run_on_one_executor_at_once() {
    for executor in executors() {
        std::thread::scope(|scope| {
            for thread in 0..8_u64 {
                let executor = &executor;
                scope.spawn(move || {
                    for round in 0..25 {
                        let count = thread * 10 + round;
                        assert_eq!(executor.run(sum_of_squares(count)).expect("runs"), squares_below(count));
                    }
                });
            }
        });
    }
}

#[test]
fn graphs_are_built_on_one_thread_run_on_another_and_dropped_on_a_third() {
    for executor in Executor::all() {
        let kept: Vec<_> = (0..50_u64).map(|n| Op::new("kept", (), move |()| vec![n])).collect();
        let read: Vec<_> = kept.iter().map(|node| Op::new("read", (node,), |(xs,): (&Vec<u64>,)| xs[0])).collect();
        let sum = Op::new("sum", (CollectNode::new(read),), |(all,)| all.iter().sum::<u64>());
        let value = std::thread::spawn(move || executor.run(sum).expect("runs")).join().expect("no panic");
        assert_eq!(value, 49 * 50 / 2);
        std::thread::spawn(move || drop(kept)).join().expect("no panic");
    }
}

#[test]
fn runs_that_share_a_node_take_turns_or_say_busy() {
    // Whatever the timing: each run gives its value, or says that the shared node is busy, and can be tried again.
    let executor = ParallelExecutor::with_threads(2);
    for _ in 0..100 {
        let shared = Op::new("shared", (), |()| 5_u64);
        let readers: Vec<_> = (0..4_u64).map(|n| Op::new("read", (&shared,), move |(shared,)| shared + n)).collect();
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let runs: Vec<_> = readers.into_iter().map(|reader| scope.spawn(|| executor.run(reader))).collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).collect()
        });
        let mut ran = 0;
        for (n, outcome) in (0..).zip(outcomes) {
            match outcome {
                Ok(value) => {
                    assert_eq!(value, 5 + n);
                    ran += 1;
                }
                Err(error) => assert!(matches!(error.kind(), dispatcher_core::ErrorKind::Busy), "{error}"),
            }
        }
        assert!(ran > 0, "the first to claim it runs");
        assert_eq!(executor.run(shared).expect("all are done"), 5);
    }
}

#[test]
fn a_run_does_not_wait_for_threads_that_are_busy_elsewhere() {
    /// Lets the others go on, also when an assertion fails.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let executor = ParallelExecutor::with_threads(2);
    let (begun, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        // Both threads of the pool, and these two, are inside operations that wait for the run below.
        for _ in 0..2 {
            scope.spawn(|| {
                let waits = |n| {
                    Op::new("wait", (), {
                        let (begun, over) = (&begun, &over);
                        move |()| {
                            begun.fetch_add(1, Ordering::Relaxed);
                            while !over.load(Ordering::Relaxed) {
                                std::thread::yield_now();
                            }
                            n
                        }
                    })
                };
                let both = executor.run_all([waits(1), waits(2)]);
                assert_eq!(both.into_iter().map(|one| one.expect("runs")).collect::<Vec<_>>(), [1, 2]);
            });
        }
        let _over = Over(&over);
        while begun.load(Ordering::Relaxed) < 4 {
            std::thread::yield_now();
        }
        for count in [10, 100, 1_000] {
            assert_eq!(executor.run(sum_of_squares(count)).expect("runs"), squares_below(count));
        }
        // Also where operations sleep: a future that another thread wakes, an operation that is tried again after a while.
        let woken = Op::future("woken", (), |(), _| {
            let mut is_first = true;
            Box::pin(std::future::poll_fn(move |context| {
                if std::mem::take(&mut is_first) {
                    let waker = context.waker().clone();
                    std::thread::spawn(move || waker.wake());
                    return std::task::Poll::Pending;
                }
                std::task::Poll::Ready(7)
            }))
        });
        assert_eq!(executor.run(Op::new("both", (sum_of_squares(100), woken), |(a, b)| a + b)).expect("runs"), 328_357);
        let attempts = AtomicUsize::new(0);
        let again = Op::retryable("again", (), |()| match attempts.fetch_add(1, Ordering::Relaxed) {
            0 => Err(std::io::Error::other("not yet")),
            _ => Ok(7),
        });
        let again = Options::new().retries(1).backoff(Backoff::new(Duration::from_millis(2))).set(again);
        assert_eq!(executor.run(Op::new("both", (sum_of_squares(100), again), |(a, b)| a + b)).expect("runs"), 328_357);
    });
}

#[test]
fn a_panic_leaves_the_pool_whole() {
    for executor in executors() {
        for _ in 0..20 {
            let all: Vec<Node<'_, u64>> =
                (0..50).map(|n| Op::new("some", (), move |()| if n % 7 == 0 { panic!("{n}") } else { n })).collect();
            let results = executor.clone().fail_fast(false).run_all(all);
            assert_eq!(results.iter().filter(|result| result.is_err()).count(), 8);
        }
        assert_eq!(executor.run(sum_of_squares(100)).expect("runs"), squares_below(100));
    }
}

#[test]
fn what_a_stopped_run_has_left_ready_is_not_run_by_the_next() {
    for executor in executors() {
        for count in (2..6).cycle().take(80) {
            let ran = AtomicUsize::new(0);
            let first = Op::new("first", (), |()| ());
            let fail = |((),): (&(),)| {
                ran.fetch_add(1, Ordering::SeqCst);
                std::panic::resume_unwind(Box::new("stops the run"))
            };
            // As a rule nobody else is there in time to take those that the thread shows.
            let all: Vec<Node<'_, ()>> = (0..count).map(|_| Op::new("fails", (&first,), fail)).collect();
            executor.run(CollectNode::new(all)).expect_err("it is stopped");
            let before = ran.load(Ordering::SeqCst);
            assert_eq!(executor.run(sum_of_squares(100)).expect("runs"), squares_below(100));
            assert_eq!(ran.load(Ordering::SeqCst), before, "the run is over");
        }
    }
}

#[test]
fn streamed_results_come_each_once_with_their_places() {
    for executor in executors() {
        let nodes: Vec<Node<'_, u64>> =
            (0..40_u64).map(|n| Op::new("some", (), move |()| if n == 13 { panic!("unlucky") } else { n })).collect();
        let executor = executor.fail_fast(false);
        let mut seen = executor.stream(nodes, |results| results.iter().collect::<Vec<_>>());
        seen.sort_by_key(|(place, _)| *place);
        assert_eq!(seen.len(), 40);
        for (index, (place, result)) in seen.iter().enumerate() {
            assert_eq!(*place, index);
            match result {
                Ok(value) => assert_eq!(*value, index as u64),
                Err(error) => assert_eq!((index, error.label()), (13, "some")),
            }
        }
    }
}

#[test]
fn a_consumer_that_stops_early_stops_nothing_else() {
    for executor in executors() {
        let ran = Arc::new(AtomicUsize::new(0));
        let nodes: Vec<_> = (0..40)
            .map(|n| {
                let ran = Arc::clone(&ran);
                Op::new("some", (), move |()| {
                    ran.fetch_add(1, Ordering::Relaxed);
                    n
                })
            })
            .collect();
        let first = executor.stream(nodes, |results| results.iter().next().is_some());
        assert!(first);
        assert_eq!(ran.load(Ordering::Relaxed), 40);
    }
}

/// Graphs whose end many threads find at once: nothing is left, and nobody waits for what doesn't come.
#[test]
fn many_graphs_in_a_row_end_with_all_of_their_operations_run() {
    let fan = |width: u64| {
        let one = Op::repeatable("one", (), |()| 1_u64);
        let middles: Vec<_> = (0..width).map(|n| Op::repeatable("n", (&one,), move |(one,)| n * one)).collect();
        Op::repeatable("sum", (CollectNode::new(middles),), |(all,)| all.iter().sum::<u64>())
    };
    for threads in [2, 4] {
        let executor = ParallelExecutor::with_threads(threads);
        for width in [1, 2, 10, 70, 300] {
            let expected = width * (width - 1) / 2;
            let mut graph = Node::prepare(fan(width)).expect("it can be prepared");
            for _ in 0..100 {
                assert_eq!(executor.run(fan(width)).expect("it runs"), expected);
                assert_eq!(executor.run_prepared(&mut graph).expect("it runs"), expected);
            }
        }
    }
}

#[test]
fn urgent_operations_go_first_on_a_pool_that_is_handed_in() {
    let executor = ParallelExecutor::with_pool(pool(1));
    let first = Mutex::new(None);
    let node = |place: i32| {
        let first = &first;
        let node = Op::new("node", (), move |()| *first.lock().expect("no panic").get_or_insert(place));
        if place == 10 { Options::new().priority(1).set(node) } else { node }
    };
    let all = executor.run_all((0..20).map(node));
    assert!(all.into_iter().all(|first| first.is_ok_and(|first| first == 10)), "{first:?}");
}

#[test]
fn what_waits_for_many_is_no_more_urgent_than_it_says() {
    /// Says when it is collected.
    struct Part(Arc<Mutex<Vec<&'static str>>>);
    impl Clone for Part {
        fn clone(&self) -> Self {
            self.0.lock().expect("no panic").push("collected");
            Self(Arc::clone(&self.0))
        }
    }
    for parts in [20, 64, 65, 1_000] {
        let log = Arc::new(Mutex::new(Vec::new()));
        let root = Op::new("root", (), |()| 1);
        let part = |_| {
            let log = Arc::clone(&log);
            Op::new("part", (&root,), move |(_,)| Part(log))
        };
        let all: Vec<Node<'_, Part>> = (0..parts).map(part).collect();
        let collected = Options::new().priority(-5).set(CollectNode::cloned(&all));
        let noted = Arc::clone(&log);
        let note = move |(_,): (&i32,)| noted.lock().expect("no panic").push("noted");
        let note = Options::new().priority(-1).set(Op::new("note", (&root,), note));
        drop(all);
        let both = Op::new("both", (collected, note), |(collected, ()): (Vec<Part>, ())| collected.len());
        assert_eq!(ParallelExecutor::with_pool(pool(1)).run(both).expect("runs"), parts);
        assert_eq!(log.lock().expect("no panic").first(), Some(&"noted"), "{parts} parts");
    }
}

#[test]
fn operations_that_all_have_priorities_are_run_on_a_pool_that_is_handed_in() {
    for threads in [1, 2, 4] {
        let executor = ParallelExecutor::with_pool(pool(threads));
        for _ in 0..100 {
            let node =
                |place: i32| Options::new().priority(place % 2 * 2 - 1).set(Op::new("node", (), move |()| place));
            let all = executor.run_all((0..6).map(node));
            assert_eq!(all.into_iter().map(|value| value.expect("nothing fails")).sum::<i32>(), 15);
        }
    }
}
