//! The protocols that threads share, under every order of events:
//! `RUSTFLAGS="--cfg loom" cargo test -p dispatcher-core --test loom --release`.
#![cfg(loom)]
#![allow(unsafe_code, reason = "loom's cells are read and written through pointers")]

use std::ptr::NonNull;

use dispatcher_core::sync::{Countdown, Gate, Offer, Refs, Stocked};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

/// Runs `each` on so many threads at once, and gives what they gave.
fn together<R: 'static>(threads: usize, each: impl Fn(usize) -> R + Clone + 'static) -> Vec<R> {
    let others: Vec<_> = (1..threads)
        .map(|index| {
            let each = each.clone();
            thread::spawn(move || each(index))
        })
        .collect();
    let mut results = vec![each(0)];
    results.extend(others.into_iter().map(|thread| thread.join().expect("no panic")));
    results
}

/// What each arriver writes before it arrives: loom finds it out if a reader could come too early.
struct Writes(Vec<UnsafeCell<u32>>);

// SAFETY: the tests are about just this: who may touch the cells when. Loom checks each access.
unsafe impl Sync for Writes {}
// SAFETY: as above.
unsafe impl Send for Writes {}

impl Writes {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| UnsafeCell::new(0)).collect())
    }

    fn write(&self, index: usize) {
        // SAFETY: each index is written by one thread, and loom checks it.
        self.0[index].with_mut(|cell| unsafe { *cell += 1 });
    }

    fn sum(&self) -> u32 {
        // SAFETY: read by one who was told that all writers are done, and loom checks it.
        self.0.iter().map(|cell| cell.with(|cell| unsafe { *cell })).sum()
    }
}

fn arrivers(threads: usize) {
    loom::model(move || {
        let shared = Arc::new((Countdown::new(threads as u32), Writes::new(threads)));
        let told = together(threads, move |index| {
            let (countdown, writes) = &*shared;
            writes.write(index);
            let last = countdown.arrive();
            if last {
                assert_eq!(writes.sum(), threads as u32, "the last one sees what all others did");
            }
            last
        });
        assert_eq!(told.into_iter().filter(|last| *last).count(), 1, "exactly one is told");
    });
}

#[test]
fn of_two_arrivers_one_is_told_and_sees_what_the_other_did() {
    arrivers(2);
}

#[test]
fn of_three_arrivers_one_is_told_and_sees_what_the_others_did() {
    arrivers(3);
}

#[test]
fn of_those_who_bring_several_events_at_once_one_is_told_and_sees_what_the_others_did() {
    loom::model(|| {
        let shared = Arc::new((Countdown::new(6), Writes::new(3)));
        let told = together(3, move |index| {
            let (countdown, writes) = &*shared;
            writes.write(index);
            let last = countdown.arrive_with(index as u32 + 1, 3);
            if last {
                assert_eq!(writes.sum(), 3, "the last one sees what all others did");
            }
            last
        });
        assert_eq!(told.into_iter().filter(|last| *last).count(), 1, "exactly one is told");
    });
}

#[test]
fn a_countdown_that_has_ended_counts_anew_in_the_next_run() {
    loom::model(|| {
        let shared = Arc::new((Countdown::new(2), Writes::new(2)));
        for run in 1..=2 {
            let shared = Arc::clone(&shared);
            let told = together(2, move |index| {
                let (countdown, writes) = &*shared;
                writes.write(index);
                let last = countdown.arrive_with(1, 2);
                if last {
                    assert_eq!(writes.sum(), 2 * run, "the last one sees what the other did");
                }
                last
            });
            assert_eq!(told.into_iter().filter(|last| *last).count(), 1, "exactly one is told");
        }
    });
}

#[test]
fn one_who_brings_two_of_three_events_is_told_once_at_most() {
    loom::model(|| {
        let shared = Arc::new((Countdown::new(3), Writes::new(2)));
        let told = together(2, move |index| {
            let (countdown, writes) = &*shared;
            writes.write(index);
            let mut last = countdown.arrive();
            if index == 0 {
                assert!(!last, "of three events the first is not the last");
                last = countdown.arrive();
            }
            if last {
                assert_eq!(writes.sum(), 2);
            }
            last
        });
        assert_eq!(told.into_iter().filter(|last| *last).count(), 1);
    });
}

#[test]
fn a_chain_of_countdowns_carries_what_was_done_before_the_first() {
    // Two producers make a reader ready; the reader and another let the taker go.
    loom::model(|| {
        let shared = Arc::new((Countdown::new(2), Countdown::new(2), Writes::new(3)));
        let told = together(3, move |index| {
            let (reader, taker, writes) = &*shared;
            writes.write(index);
            let may_take = if index == 2 { taker.arrive() } else { reader.arrive() && taker.arrive() };
            if may_take {
                assert_eq!(writes.sum(), 3, "the taker sees the producers through the reader");
            }
            may_take
        });
        assert_eq!(told.into_iter().filter(|taken| *taken).count(), 1);
    });
}

fn leavers(threads: usize) {
    loom::model(move || {
        let refs = Refs::new(1);
        for _ in 1..threads {
            refs.join(1);
        }
        let shared = Arc::new((refs, Writes::new(threads)));
        let freed = together(threads, move |index| {
            let (refs, writes) = &*shared;
            writes.write(index);
            let last = refs.leave(1);
            if last {
                assert_eq!(writes.sum(), threads as u32, "who frees sees what all others did");
            }
            last
        });
        assert_eq!(freed.into_iter().filter(|last| *last).count(), 1, "exactly one frees");
    });
}

#[test]
fn of_two_owners_one_frees_and_sees_what_the_other_did() {
    leavers(2);
}

#[test]
fn of_three_owners_one_frees_and_sees_what_the_others_did() {
    leavers(3);
}

#[test]
fn owners_may_join_while_others_leave() {
    loom::model(|| {
        let refs = Refs::new(1);
        refs.join(1);
        let shared = Arc::new((refs, Writes::new(2)));
        let freed = together(2, move |index| {
            let (refs, writes) = &*shared;
            if index == 0 {
                // One more for itself, and both given up.
                refs.join(1);
                writes.write(0);
                let first = refs.leave(1);
                assert!(!first, "it holds another");
            } else {
                writes.write(1);
            }
            let last = refs.leave(1);
            if last {
                assert_eq!(writes.sum(), 2);
            }
            last
        });
        assert_eq!(freed.into_iter().filter(|last| *last).count(), 1);
    });
}

#[test]
fn a_sole_owner_that_sees_itself_alone_sees_what_past_owners_did() {
    loom::model(|| {
        let refs = Refs::new(1);
        refs.join(1);
        let shared = Arc::new((refs, Writes::new(2)));
        together(2, move |index| {
            let (refs, writes) = &*shared;
            writes.write(index);
            if index == 1 {
                let last = refs.leave(1);
                if last {
                    assert_eq!(writes.sum(), 2);
                }
            } else if refs.get() == 1 {
                assert_eq!(writes.sum(), 2, "alone, and so in the know");
            } else if refs.leave(1) {
                assert_eq!(writes.sum(), 2);
            }
        });
    });
}

/// A pointer that has so many references to spare.
fn stocked(spare: u32) -> Stocked<u64> {
    // SAFETY: the address is a multiple of eight. It isn't used.
    unsafe { Stocked::new(NonNull::dangling(), spare) }
}

#[test]
fn one_thread_may_take_references_to_spare_while_another_counts_its_own() {
    loom::model(|| {
        let shared = Arc::new((Refs::new(1 + 2), stocked(2), Writes::new(2)));
        let used = Arc::clone(&shared);
        let freed = together(2, move |index| {
            let (refs, stocked, writes) = &*used;
            assert_eq!(stocked.get(), NonNull::dangling(), "the pointer is the same whoever takes what is to spare");
            if index == 0 {
                stocked.take();
            } else {
                refs.join(1);
            }
            writes.write(index);
            refs.leave(1)
        });
        assert_eq!(freed, [false, false], "the pointer holds one");
        let (refs, stocked, writes) = &*shared;
        assert_eq!(stocked.spare(), 1);
        assert!(refs.leave(1 + stocked.spare()), "nobody else has any");
        assert_eq!(writes.sum(), 2);
    });
}

#[test]
fn references_to_spare_may_be_given_up_while_one_that_was_taken_is() {
    for alone_first in [false, true] {
        loom::model(move || {
            let (refs, stocked) = (Refs::new(1 + 2), stocked(2));
            stocked.take();
            let shared = Arc::new((refs, stocked, Writes::new(2)));
            let freed = together(2, move |index| {
                let (refs, stocked, writes) = &*shared;
                writes.write(index);
                let last = match index {
                    0 => refs.leave(1),
                    _ if alone_first => {
                        refs.keep(1, stocked.empty());
                        refs.leave(1)
                    }
                    _ => refs.leave(1 + stocked.spare()),
                };
                if last {
                    assert_eq!(writes.sum(), 2, "who frees sees what the other did");
                }
                last
            });
            assert_eq!(freed.into_iter().filter(|last| *last).count(), 1, "exactly one frees");
        });
    }
}

/// One who leaves something, twice, where `takers` and itself may take it.
fn takers(takers: usize) {
    loom::model(move || {
        let shared = Arc::new((Offer::<u64>::new(), Writes::new(2)));
        let what = |index: usize| NonNull::new((8 * (index + 1)) as *mut u64).expect("not null");
        let taken = together(takers + 1, move |thread| {
            let (offer, writes) = &*shared;
            let mut taken = Vec::new();
            let mut take = || {
                if let Some(found) = offer.take() {
                    let index = found.as_ptr().addr() / 8 - 1;
                    // Loom finds it out if this doesn't come after what the one who left it did.
                    writes.write(index);
                    taken.push(index);
                }
            };
            if thread > 0 {
                take();
                return taken;
            }
            for index in 0..2 {
                writes.write(index);
                offer.put(what(index));
                take();
            }
            taken
        });
        let mut taken: Vec<_> = taken.into_iter().flatten().collect();
        taken.sort_unstable();
        assert_eq!(taken, [0, 1], "each is taken once");
    });
}

#[test]
fn what_is_left_is_taken_once_and_seen_whole_by_whoever_takes_it() {
    takers(1);
}

#[test]
fn what_is_left_is_taken_by_one_of_several() {
    takers(2);
}

/// An owner that leaves its work while `helpers` come, or don't.
fn helpers(helpers: usize) {
    loom::model(move || {
        let shared = Arc::new((Gate::new(), Writes::new(helpers)));
        let threads: Vec<_> = (0..helpers)
            .map(|index| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let (gate, writes) = &*shared;
                    let came = gate.enter();
                    if came {
                        // Loom finds it out if the owner has left.
                        writes.write(index);
                        gate.leave();
                    }
                    u32::from(came)
                })
            })
            .collect();
        let (gate, writes) = &*shared;
        gate.close();
        let done = writes.sum();
        assert!(!gate.enter(), "nobody comes in any more");
        let came: u32 = threads.into_iter().map(|thread| thread.join().expect("no panic")).sum();
        assert_eq!(done, came, "the owner sees what all did who came");
    });
}

#[test]
fn an_owner_waits_for_a_helper_that_has_come() {
    helpers(1);
}

#[test]
fn an_owner_waits_for_all_helpers_that_have_come() {
    helpers(2);
}
