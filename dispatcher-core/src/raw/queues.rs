//! The queues of ready operations that threads take from each other, kept from run to run: making them costs more than a small
//! graph.

use std::sync::{Mutex, PoisonError};

use crossbeam_deque::{Injector, Stealer, Worker};

use super::run::Ready;

/// What a worker shows others at once.
pub(crate) enum Parcel<'r> {
    One(Ready<'r>),
    /// Some of many, which whoever takes them shows others again.
    Many(Box<[Ready<'r>]>),
}

/// A queue for each worker, and one for all.
pub(crate) struct Queues<'r> {
    /// A place for each worker that may be: its queue, while nobody holds it.
    pub(crate) places: Vec<Mutex<Option<Worker<Parcel<'r>>>>>,
    pub(crate) stealers: Vec<Stealer<Parcel<'r>>>,
    /// What belongs to no worker.
    pub(crate) injected: Injector<Ready<'r>>,
}

impl Queues<'static> {
    /// Queues for so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let queues: Vec<_> = (0..workers).map(|_| Worker::new_lifo()).collect();
        let stealers = queues.iter().map(Worker::stealer).collect();
        let places = queues.into_iter().map(|queue| Mutex::new(Some(queue))).collect();
        Self { places, stealers, injected: Injector::new() }
    }

    /// The queues, for a run.
    pub(crate) fn for_run<'r>(self) -> Queues<'r> {
        // SAFETY: the types differ in a lifetime alone, and a token of any run may be used as one of a shorter one.
        unsafe { std::mem::transmute::<Self, Queues<'r>>(self) }
    }
}

impl<'r> Queues<'r> {
    /// The queues, for another run; none if there is something in them, or one is missing.
    pub(crate) fn emptied(mut self) -> Option<Queues<'static>> {
        let is_empty = |place: &mut Mutex<Option<Worker<Parcel<'r>>>>| {
            place.get_mut().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(Worker::is_empty)
        };
        let all = self.injected.is_empty() && self.places.iter_mut().all(is_empty);
        // SAFETY: the types differ in a lifetime alone, and nobody else has the queues; in them is no token that a longer life could
        // be given to.
        all.then(|| unsafe { std::mem::transmute::<Self, Queues<'static>>(self) })
    }
}
