//! Calling threads of the pool, which may come late: for any number of runs that wait for help, no more jobs are on their way than the
//! pool has threads.
//!
//! To wake a thread takes longer than to run a small graph. So a helper that has nothing more to do stays for a moment and looks, now and
//! then, whether somebody calls; and it doesn't come before it has seen the same call twice, since most small graphs are over by then.
//! But it stays in a pool of the executor's own alone, where there is hardly anything else to do; not if it helps while something below
//! it on its thread's stack waits; and all in all for a fraction of a millisecond, then the pool has its turn.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use rayon::ThreadPool;

use crate::raw::Door;

/// How long a helper stays that has nothing to do: about as long as it takes to wake one. What else the pool has to do waits so long, too.
const STAY: Duration = Duration::from_micros(30);
/// After how long, from when it came, it doesn't stay any more.
const STAY_IN_ALL: Duration = Duration::from_micros(300);
/// How long it doesn't look whether somebody calls, so that the cache line that callers write to is mostly theirs.
const BETWEEN_LOOKS: Duration = Duration::from_micros(1);

thread_local! {
    /// Something on this thread's stack waits, or may wait, for what is done above it.
    static IS_ABOVE: Cell<bool> = const { Cell::new(false) };
}

/// Does something in which this thread may come to help, though something below waits for it.
pub(super) fn above<R>(waits: impl FnOnce() -> R) -> R {
    /// Ends it, also by a panic.
    struct Ends(bool);
    impl Drop for Ends {
        fn drop(&mut self) {
            IS_ABOVE.set(self.0);
        }
    }
    let _ends = Ends(IS_ABOVE.replace(true));
    waits()
}

/// Those who want help, and those who can give it.
#[derive(Default)]
pub(super) struct Helpers {
    /// Whether helpers stay for a moment.
    stay: bool,
    calls: Mutex<Calls>,
    /// What those who stay look at: twice the number of calls so far, and one more while there is a door.
    seen: CachePadded<AtomicUsize>,
    /// How many jobs are on their way that haven't begun.
    coming: AtomicUsize,
}

#[derive(Default)]
struct Calls {
    /// The doors to runs that want help.
    doors: VecDeque<Arc<Door>>,
    /// How many helpers look whether there are some.
    staying: usize,
}

impl Helpers {
    /// The helpers in a pool that is the executor's own.
    pub(super) fn of_own_pool() -> Self {
        Self { stay: true, ..Self::default() }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a helper to a door.
    pub(super) fn call(self: &Arc<Self>, pool: &ThreadPool, door: &Arc<Door>) {
        {
            let mut calls = self.calls();
            calls.doors.push_back(Arc::clone(door));
            self.seen.store((self.seen.load(Ordering::Relaxed) | 1).wrapping_add(2), Ordering::Relaxed);
            // Each of those who stay takes one, if it is there still.
            if calls.doors.len() <= calls.staying {
                return;
            }
        }
        let one_more = |coming| (coming < pool.current_num_threads()).then_some(coming + 1);
        // A job that hasn't begun finds the door: it counts itself out before it looks.
        if self.coming.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok() {
            let helpers = Arc::clone(self);
            pool.spawn(move || helpers.come());
        }
    }

    fn come(&self) {
        self.coming.fetch_sub(1, Ordering::SeqCst);
        let until = (self.stay && !IS_ABOVE.get()).then(|| Instant::now() + STAY_IN_ALL);
        while let Some(door) = self.next(until) {
            above(|| door.go_through());
        }
    }

    /// A door. If there is none, who comes stays for a while, but not after `until`, nor if enough others stay. As many may as there are
    /// threads but one, since who calls is at work, as a rule.
    fn next(&self, until: Option<Instant>) -> Option<Arc<Door>> {
        {
            let mut calls = self.calls();
            if let Some(door) = self.take(&mut calls) {
                return Some(door);
            }
            let may_stay = until.is_some_and(|until| Instant::now() < until);
            if !may_stay || calls.staying + 1 >= rayon::current_num_threads() {
                return None;
            }
            calls.staying += 1;
        }
        self.look();
        let mut calls = self.calls();
        calls.staying -= 1;
        self.take(&mut calls)
    }

    fn take(&self, calls: &mut Calls) -> Option<Arc<Door>> {
        let door = calls.doors.pop_front();
        self.note(calls);
        door
    }

    /// Notes whether there is a door, for those who look.
    fn note(&self, calls: &Calls) {
        if calls.doors.is_empty() {
            self.seen.store(self.seen.load(Ordering::Relaxed) & !1, Ordering::Relaxed);
        }
    }

    /// Looks whether somebody calls, and still does a moment later.
    fn look(&self) {
        let mut now = Instant::now();
        let end = now + STAY;
        let mut before = 0;
        while now < end {
            let until = now + BETWEEN_LOOKS;
            while now < until {
                std::hint::spin_loop();
                now = Instant::now();
            }
            let seen = self.seen.load(Ordering::Relaxed);
            if seen & 1 == 1 && seen == before {
                return;
            }
            before = seen;
        }
    }

    /// Nobody has to come to a door any more.
    pub(super) fn call_off(&self, door: &Arc<Door>) {
        let mut calls = self.calls();
        calls.doors.retain(|other| !Arc::ptr_eq(other, door));
        self.note(&calls);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::Helpers;
    use crate::raw::{Door, Help, with_help};

    struct Counts(AtomicUsize);

    impl Help for Counts {
        fn help(&self, _: &Arc<Door>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn jobs_and_doors_do_not_pile_up_while_the_pool_is_busy() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let helpers = Arc::new(Helpers::default());
        let (let_go, goes) = crossbeam_channel::bounded::<()>(0);
        pool.spawn(move || goes.recv().expect("told to go on"));
        for _ in 0..1_000 {
            let counts = Counts(AtomicUsize::new(0));
            with_help(&counts, |door| {
                helpers.call(&pool, door);
                helpers.call_off(door);
            });
            assert_eq!(counts.0.into_inner(), 0, "nobody came, and nobody was waited for");
        }
        assert_eq!(helpers.calls().doors.len(), 0);
        assert_eq!(helpers.coming.load(Ordering::SeqCst), 1);
        let counts = Counts(AtomicUsize::new(0));
        with_help(&counts, |door| {
            helpers.call(&pool, door);
            let_go.send(()).expect("the thread waits");
            while counts.0.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
        });
        assert_eq!(helpers.coming.load(Ordering::SeqCst), 0, "the job that was on its way has come");
    }

    #[test]
    fn nobody_calls_in_vain_whether_helpers_stay_or_have_gone() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
        let helpers = Arc::new(Helpers::of_own_pool());
        std::thread::scope(|scope| {
            for caller in 0..2_u64 {
                let (pool, helpers) = (&pool, &helpers);
                scope.spawn(move || {
                    for round in 0..300 {
                        let counts = Counts(AtomicUsize::new(0));
                        with_help(&counts, |door| {
                            helpers.call(pool, door);
                            // Some are over before anybody comes.
                            if round % 3 > 0 {
                                while counts.0.load(Ordering::SeqCst) == 0 {
                                    std::thread::yield_now();
                                }
                            }
                            helpers.call_off(door);
                        });
                        if round % 7 == caller {
                            // Until those who stayed have gone.
                            while helpers.calls().staying > 0 {
                                std::thread::yield_now();
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(helpers.calls().doors.len(), 0);
        drop(pool);
        while Arc::strong_count(&helpers) > 1 {
            std::thread::yield_now();
        }
        assert_eq!((helpers.coming.load(Ordering::SeqCst), helpers.calls().staying), (0, 0), "all have gone");
    }
}
