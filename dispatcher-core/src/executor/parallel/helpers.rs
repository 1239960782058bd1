//! Calling threads of the pool, which may come late: for any number of runs that wait for help, no more jobs are on their way than the
//! pool has threads.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;

use crate::raw::Door;

/// The doors to runs that want help.
#[derive(Default)]
pub(super) struct Helpers {
    doors: Mutex<VecDeque<Arc<Door>>>,
    /// How many jobs are on their way that haven't begun.
    coming: AtomicUsize,
}

impl Helpers {
    fn doors(&self) -> MutexGuard<'_, VecDeque<Arc<Door>>> {
        self.doors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a helper to a door.
    pub(super) fn call(self: &Arc<Self>, pool: &ThreadPool, door: &Arc<Door>) {
        self.doors().push_back(Arc::clone(door));
        let one_more = |coming| (coming < pool.current_num_threads()).then_some(coming + 1);
        // A job that hasn't begun finds the door: it counts itself out before it looks.
        if self.coming.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok() {
            let helpers = Arc::clone(self);
            pool.spawn(move || helpers.come());
        }
    }

    fn come(&self) {
        self.coming.fetch_sub(1, Ordering::SeqCst);
        loop {
            // By itself, so that the lock isn't held behind the door.
            let Some(door) = self.doors().pop_front() else { return };
            door.go_through();
        }
    }

    /// Nobody has to come to a door any more.
    pub(super) fn call_off(&self, door: &Arc<Door>) {
        self.doors().retain(|other| !Arc::ptr_eq(other, door));
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
        assert_eq!(helpers.doors().len(), 0);
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
}
