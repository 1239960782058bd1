//! What runs at the same time on several threads: as much as there are threads for, and nothing that is ready waits behind something else.

mod common;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::{Duration, Instant};

use common::pool;
use dispatcher_core::{CollectNode, Op, Options, ParallelExecutor};

#[test]
fn two_independent_operations_run_at_the_same_time() {
    for executor in [ParallelExecutor::with_threads(2), ParallelExecutor::with_pool(pool(2))] {
        // Each waits for the other: on one thread neither would end.
        let both = Arc::new(Barrier::new(2));
        let sides: Vec<_> = (0..2)
            .map(|_| {
                let both = Arc::clone(&both);
                Op::new("meet", (), move |()| {
                    both.wait();
                })
            })
            .collect();
        executor.run(CollectNode::new(sides)).expect("they meet");
    }
}

#[test]
fn as_many_operations_run_at_the_same_time_as_there_are_threads() {
    for threads in 2..=5 {
        for executor in [ParallelExecutor::with_threads(threads), ParallelExecutor::with_pool(pool(threads))] {
            for after_another in [false, true] {
                let here = Gathering::default();
                let meet = || {
                    here.come();
                    here.wait_for(threads, MINUTE)
                };
                let first = Op::new("first", (), |()| ());
                let one = |_| match after_another {
                    true => Op::new("meet", (&first,), |((),): (&(),)| meet()),
                    false => Op::new("meet", (), |()| meet()),
                };
                let all: Vec<_> = (0..threads).map(one).collect();
                let met = executor.run(CollectNode::new(all)).expect("runs");
                assert!(met.iter().all(|met| *met), "{executor:?}, after another: {after_another}");
            }
        }
    }
}

#[test]
fn what_is_ready_is_not_kept_from_others_by_what_they_were_shown_before() {
    for threads in 2..=4 {
        for executor in [ParallelExecutor::with_threads(threads), ParallelExecutor::with_pool(pool(threads))] {
            for sides in (0..=6).cycle().take(70) {
                let here = Gathering::default();
                let meet = |((),): (&(),)| {
                    here.come();
                    here.wait_for(threads, MINUTE)
                };
                let first = Op::new("first", (), |()| ());
                let second = Op::new("second", (&first,), |((),): (&(),)| ());
                let meets: Vec<_> = (0..threads).map(|_| Op::new("meet", (&second,), meet)).collect();
                // Ready before those that meet, and there for others to take.
                let sides: Vec<_> = (0..sides).map(|_| Op::new("side", (&first,), |((),): (&(),)| ())).collect();
                let parts = (CollectNode::new(meets), CollectNode::new(sides));
                let all = Op::new("all", parts, |(met, _): (Vec<bool>, Vec<()>)| met.into_iter().all(|met| met));
                assert!(executor.run(all).expect("runs"), "{executor:?}");
            }
        }
    }
}

#[test]
fn what_is_ready_is_not_kept_behind_what_is_more_or_less_urgent() {
    for threads in 2..=4 {
        for executor in [ParallelExecutor::with_threads(threads), ParallelExecutor::with_pool(pool(threads))] {
            for others in 0..=threads {
                for priority in [1, -1] {
                    let here = Gathering::default();
                    let first = Op::new("first", (), |()| ());
                    let one = |place| {
                        let meet = |((),): (&(),)| {
                            here.come();
                            here.wait_for(threads, MINUTE)
                        };
                        let op = Op::new("meet", (&first,), meet);
                        if place < others { Options::new().priority(priority).set(op) } else { op }
                    };
                    let all: Vec<_> = (0..threads).map(one).collect();
                    let met = executor.run(CollectNode::new(all)).expect("runs");
                    assert!(met.iter().all(|met| *met), "{executor:?}, {others} of priority {priority}");
                }
            }
        }
    }
}

#[test]
fn of_many_operations_neighbours_that_take_long_run_at_the_same_time() {
    const ALL: usize = 70;
    for executor in [ParallelExecutor::with_threads(2), ParallelExecutor::with_pool(pool(3))] {
        for after_another in [false, true] {
            for at in (0..ALL - 1).step_by(3) {
                let here = Gathering::default();
                let work = |place: usize| {
                    // None is small, by which a worker would tell that it may keep some to itself.
                    let since = Instant::now();
                    while since.elapsed() < Duration::from_micros(3) {
                        std::hint::spin_loop();
                    }
                    if place != at && place != at + 1 {
                        return true;
                    }
                    here.come();
                    here.wait_for(2, MINUTE)
                };
                let first = Op::new("first", (), |()| ());
                let one = |place| match after_another {
                    true => Op::new("work", (&first,), move |((),): (&(),)| work(place)),
                    false => Op::new("work", (), move |()| work(place)),
                };
                let all: Vec<_> = (0..ALL).map(one).collect();
                let met = executor.run(CollectNode::new(all)).expect("runs");
                assert!(met.iter().all(|met| *met), "{executor:?}, at {at}, after another: {after_another}");
            }
        }
    }
}

thread_local! {
    /// The last of others' runs of which this thread has run an operation since it began to count, and how many there have been.
    static SERVED: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

#[test]
fn an_operation_that_waits_for_a_graph_is_not_kept_by_others_runs() {
    const WAITS: usize = if cfg!(debug_assertions) { 60 } else { 600 };
    let executor = ParallelExecutor::with_threads(3);
    let (is_over, is_there) = (AtomicBool::new(false), AtomicBool::new(false));
    // Others' small graphs, one after the other; what they do is counted while what is waited for is there.
    let run_others = || {
        let mut run = 0;
        // If they keep what waits, they would never end.
        while !is_over.load(Ordering::Relaxed) && run < 1_000_000 {
            run += 1;
            let serve = |()| {
                let (last, count) = SERVED.get();
                if is_there.load(Ordering::SeqCst) && last != run {
                    SERVED.set((run, count + 1));
                }
                // So that others come to help.
                (0..30).for_each(|_| std::hint::spin_loop());
            };
            let all: Vec<_> = (0..6).map(|_| Op::new("small", (), serve)).collect();
            executor.run(CollectNode::new(all)).expect("runs");
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(run_others);
        for _ in 0..WAITS {
            let both = Barrier::new(2);
            let wait = |()| {
                both.wait();
                // One of the two is on a thread of the pool.
                if rayon::current_thread_index().is_none() {
                    return 0;
                }
                let left = AtomicUsize::new(4);
                let inner = |()| {
                    // An operation that takes its time, and leaves the processor to others: nobody waits for it to be over.
                    std::thread::sleep(Duration::from_millis(1));
                    is_there.store(left.fetch_sub(1, Ordering::SeqCst) == 1, Ordering::SeqCst);
                };
                SERVED.set((0, 0));
                let all: Vec<_> = (0..4).map(|_| Op::new("inner", (), inner)).collect();
                executor.run(CollectNode::new(all)).expect("runs");
                is_there.store(false, Ordering::SeqCst);
                SERVED.get().1
            };
            let all: Vec<_> = (0..2).map(|_| Op::new("outer", (), wait)).collect();
            let served = executor.run(CollectNode::new(all)).expect("runs");
            assert!(served.iter().all(|served| *served < 20), "others' runs came first: {served:?}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Operations of which the first to begin goes on until nine tenths of them all have ended; its value is false if it has had to give up.
struct LongAndShort {
    count: usize,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

impl LongAndShort {
    fn of(count: usize) -> Self {
        Self { count, begun: AtomicUsize::new(0), ended: AtomicUsize::new(0) }
    }

    fn operation(&self) -> bool {
        let is_long = self.begun.fetch_add(1, Ordering::Relaxed) == 0;
        let start = Instant::now();
        while is_long && self.ended.load(Ordering::Relaxed) < self.count * 9 / 10 {
            if start.elapsed() > Duration::from_secs(60) {
                return false;
            }
            std::thread::yield_now();
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
        true
    }
}

#[test]
fn what_is_ready_is_not_kept_behind_a_long_operation() {
    for (threads, count) in [(2, 40), (2, 1_000), (4, 400), (8, 64), (8, 1_000)] {
        for executor in [ParallelExecutor::with_threads(threads), ParallelExecutor::with_pool(pool(threads))] {
            let from_the_start = LongAndShort::of(count);
            let all = (0..count).map(|_| Op::new("one", (), |()| from_the_start.operation())).collect::<Vec<_>>();
            let went_well = executor.run(CollectNode::new(all)).expect("runs");
            assert!(went_well.iter().all(|went| *went), "{threads} threads, {count} operations that are ready at once");

            let at_once = LongAndShort::of(count);
            let source = Op::new("source", (), |()| 1);
            let read = |_| Op::new("one", (&source,), |(_,)| at_once.operation());
            let all = (0..count).map(read).collect::<Vec<_>>();
            let went_well = executor.run(CollectNode::new(all)).expect("runs");
            assert!(went_well.iter().all(|went| *went), "{threads} threads, {count} operations that one made ready");
        }
    }
}

/// Operations that have come somewhere, and are waited for.
#[derive(Default)]
struct Gathering {
    come: Mutex<usize>,
    news: Condvar,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Gathering {
    /// One more has come.
    fn come(&self) {
        *self.come.lock().expect("no panic") += 1;
        self.news.notify_all();
    }

    /// Waits until so many have come; gives whether they have in that time.
    fn wait_for(&self, count: usize, at_most: Duration) -> bool {
        let come = self.come.lock().expect("no panic");
        let waited = self.news.wait_timeout_while(come, at_most, |come| *come < count);
        !waited.expect("no panic").1.timed_out()
    }
}

#[test]
fn no_operation_is_kept_behind_a_chain() {
    for (threads, count) in [(2, 16), (2, 17), (2, 18), (2, 64), (2, 1_000), (4, 17), (4, 200)] {
        let begun = Gathering::default();
        let begin = || Op::new("begin", (), |()| begun.come());
        // The first goes on for a minute, or until all have begun: each of its operations is short.
        let step = |()| {
            let _ = begun.wait_for(count, MINUTE / 6_000);
        };
        let long = (0..6_000).fold(begin(), |before, _| Op::new("step", (before,), move |(before,)| step(before)));
        let have_begun = Op::new("end", (long,), |(_,)| begun.wait_for(count, Duration::ZERO));
        let others: Vec<_> = (1..count).map(|_| begin()).collect();
        let all = Op::new("all", (have_begun, CollectNode::new(others)), |(have_begun, _): (bool, Vec<()>)| have_begun);
        assert!(
            ParallelExecutor::with_threads(threads).run(all).expect("runs"),
            "{threads} threads, {count} that begin"
        );
    }
}

#[test]
fn help_comes_for_what_is_urgent_though_one_operation_is_left_of_those_that_were_ready_first() {
    for (threads, count) in [(2, 16), (2, 17), (2, 18), (3, 17)] {
        let (met, ended) = (Gathering::default(), Gathering::default());
        let first = Op::new("first", (), |()| {
            let most_have_ended = ended.wait_for(count - 2, MINUTE);
            // Those who helped look for more work for less than that, and have left then.
            (0..100_000).for_each(|_| std::thread::yield_now());
            most_have_ended
        });
        // Each waits for the other.
        let meet = |(first,): (&bool,)| {
            met.come();
            *first && met.wait_for(2, MINUTE)
        };
        let meet = |_| Options::new().priority(1).set(Op::new("meet", (&first,), meet));
        let mut all: Vec<_> = (0..2).map(meet).collect();
        // With an operation after each, so that it is the first one which is ready first.
        all.extend((1..count).map(|_| {
            let short = Op::new("short", (), |()| ended.come());
            Op::new("after", (short,), |((),)| true)
        }));
        drop(first);
        let went_well = ParallelExecutor::with_threads(threads).run(CollectNode::new(all)).expect("runs");
        assert!(went_well.iter().all(|went| *went), "{threads} threads, {count} that are ready first");
    }
}
