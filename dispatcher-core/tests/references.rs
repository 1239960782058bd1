//! What keeps a value: however often it is used, by whichever threads, and whatever becomes of its handle.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Counted, Executor, Tally};
use dispatcher_core::{CollectNode, Node, Op, SerialExecutor};

/// What becomes of a handle, after the value's uses were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Dropped,
    DroppedByAnotherThread,
    Moved,
    MovedByAnotherThread,
    Updated,
    Kept,
}

const FATES: [Fate; 6] =
    [Fate::Dropped, Fate::DroppedByAnotherThread, Fate::Moved, Fate::MovedByAnotherThread, Fate::Updated, Fate::Kept];

fn make(tally: &Arc<Tally>) -> Node<'static, Counted> {
    let tally = Arc::clone(tally);
    Op::new("make", (), move |()| tally.value(7))
}

fn read(node: &Node<'static, Counted>) -> Node<'static, u64> {
    Op::new("read", (node,), |(value,): (&Counted,)| value.value)
}

fn take(node: Node<'static, Counted>) -> Node<'static, u64> {
    Op::new("take", (node,), |(value,): (Counted,)| value.value)
}

/// Reads of a value, some added by this thread, and some by each of two others at the same time.
fn reads(value: &Node<'static, Counted>, here: usize, elsewhere: usize) -> Vec<Node<'static, u64>> {
    if elsewhere == 0 {
        return (0..here).map(|_| read(value)).collect();
    }
    std::thread::scope(|scope| {
        let some = || (0..elsewhere).map(|_| read(value)).collect::<Vec<_>>();
        let others = [scope.spawn(some), scope.spawn(some)];
        let mut reads: Vec<_> = (0..here).map(|_| read(value)).collect();
        reads.extend(others.into_iter().flat_map(|other| other.join().expect("builds")));
        reads
    })
}

/// Lets a handle meet its fate. Gives it back if it is kept, and what else uses the value.
fn meet(fate: Fate, mut value: Node<'static, Counted>) -> (Option<Node<'static, Counted>>, Option<Node<'static, u64>>) {
    match fate {
        Fate::Dropped => drop(value),
        Fate::DroppedByAnotherThread => std::thread::spawn(|| drop(value)).join().expect("drops"),
        Fate::Moved => return (None, Some(take(value))),
        Fate::MovedByAnotherThread => {
            return (None, Some(std::thread::spawn(|| take(value)).join().expect("builds")));
        }
        Fate::Updated => {
            let add = |(value,): (&mut Counted,)| value.value += 1;
            let done: Node<'static, ()> = Op::new("add", (&mut value,), add);
            return (None, Some(Op::new("last", (value, done), |(value, ()): (Counted, ())| value.value - 1)));
        }
        Fate::Kept => return (Some(value), None),
    }
    (None, None)
}

#[test]
fn a_value_goes_after_its_last_use_however_often_it_is_used_and_whatever_becomes_of_its_handle() {
    for executor in [Executor::all().remove(0), Executor::all().remove(5)] {
        for fate in FATES {
            for (here, elsewhere) in (0..=19).map(|here| (here, 0)).chain([(0, 1), (1, 1), (4, 2), (13, 5), (40, 40)]) {
                let case = format!("{executor:?}, {fate:?}, used {here} times here, 2 x {elsewhere} elsewhere");
                let tally = Tally::new();
                let value = make(&tally);
                let mut uses = reads(&value, here, elsewhere);
                let (kept, last) = meet(fate, value);
                uses.extend(last);
                let count = uses.len() as u64;
                let alive = {
                    let tally = Arc::clone(&tally);
                    Op::new("alive", (CollectNode::new(uses),), move |(uses,): (Vec<u64>,)| {
                        (uses.into_iter().sum::<u64>(), tally.alive())
                    })
                };
                let there = usize::from(kept.is_some() && count > 0);
                assert_eq!(executor.run(alive).expect("runs"), (7 * count, there), "{case}");
                if let Some(kept) = kept {
                    assert_eq!(executor.run(kept).expect("is there, or is made").value, 7, "{case}");
                }
                tally.assert_settled();
            }
        }
    }
}

#[test]
fn what_is_never_run_is_freed_whole_however_often_it_is_used() {
    for fate in FATES {
        for (here, elsewhere) in (0..=19).map(|here| (here, 0)).chain([(0, 1), (4, 2), (40, 40)]) {
            let tally = Tally::new();
            let value = {
                let held = tally.value(7);
                Op::new("clone", (), move |()| held.clone())
            };
            let uses = reads(&value, here, elsewhere);
            let (kept, last) = meet(fate, value);
            let many = uses.len() / 2;
            // Some of them by another thread, at the same time.
            std::thread::scope(|scope| {
                let mut uses = uses.into_iter();
                let some: Vec<_> = uses.by_ref().take(many).collect();
                scope.spawn(|| drop(some));
                drop((uses.collect::<Vec<_>>(), last));
            });
            assert_eq!(tally.alive(), usize::from(kept.is_some()), "{fate:?}, {here}, {elsewhere}");
            drop(kept);
            tally.assert_settled();
        }
    }
}

#[test]
fn other_threads_use_a_value_as_often_as_they_like_while_its_builder_does() {
    for _ in 0..10 {
        let tally = Tally::new();
        let value = make(&tally);
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !is_over.load(Ordering::Relaxed) {
                        drop(reads(&value, 50, 0));
                    }
                });
            }
            drop(reads(&value, 10_000, 0));
            is_over.store(true, Ordering::Relaxed);
        });
        assert_eq!(SerialExecutor::new().run(take(value)).expect("runs"), 7);
        tally.assert_settled();
    }
}

#[test]
fn a_handle_that_has_gone_from_thread_to_thread_is_used_by_each() {
    let tally = Tally::new();
    let mut value = make(&tally);
    let mut uses = Vec::new();
    for _ in 0..4 {
        uses.extend(reads(&value, 3, 0));
        (value, uses) = std::thread::spawn(move || {
            uses.extend(reads(&value, 3, 2));
            (value, uses)
        })
        .join()
        .expect("builds");
    }
    uses.push(take(value));
    let count = uses.len() as u64;
    let executor = Executor::all().remove(5);
    assert_eq!(executor.run(CollectNode::new(uses)).expect("runs").into_iter().sum::<u64>(), 7 * count);
    tally.assert_settled();
}
