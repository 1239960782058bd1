//! What threads take ready operations from each other in: lots, which are stretches of a list, and queues, which are kept from run to
//! run, since making them costs more than a small graph.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_deque::{Injector, Stealer, Worker};
use crossbeam_utils::CachePadded;

use super::claim::keep_memory;
use super::header::Header;
use super::prefetch::prefetch_node;
use super::run::Ready;
use super::sync::Offer;

/// What a worker shows others at once.
pub(crate) enum Parcel<'r> {
    One(Ready<'r>),
    /// Some of many.
    Many(Lot<'r>),
}

/// A stretch of a list of ready nodes. Splitting it copies nothing.
pub(crate) struct Lot<'r> {
    list: Arc<List>,
    from: usize,
    to: usize,
    of: PhantomData<Ready<'r>>,
}

/// Ready nodes, each of which belongs to whoever has the lot that it is in.
struct List(Vec<NonNull<Header>>);

// SAFETY: as `Ready`'s: whoever has the lot has the tokens of its nodes.
unsafe impl Send for List {}
// SAFETY: as above; what lies outside of one's lot is not looked at.
unsafe impl Sync for List {}

impl<'r> Lot<'r> {
    /// All of these.
    pub(crate) fn of(nodes: Vec<Ready<'r>>) -> Self {
        // In the same memory.
        let list: Vec<_> = nodes.into_iter().map(|node| node.node()).collect();
        Self { from: 0, to: list.len(), list: Arc::new(List(list)), of: PhantomData }
    }

    pub(crate) fn len(&self) -> usize {
        self.to - self.from
    }

    /// Takes the last node, and lets the processor fetch one that comes later.
    #[inline]
    pub(crate) fn take_last(&mut self) -> Option<Ready<'r>> {
        if self.len() > AHEAD {
            prefetch_node(self.list.0[self.to - 1 - AHEAD]);
        }
        self.to = (self.to > self.from).then(|| self.to - 1)?;
        // SAFETY: the node was in the lot, and isn't any more.
        Some(unsafe { Ready::of(self.list.0[self.to]) })
    }

    /// Splits the first `count` nodes off, or all.
    pub(crate) fn split_first(&mut self, count: usize) -> Parcel<'r> {
        let to = self.to.min(self.from + count);
        let from = std::mem::replace(&mut self.from, to);
        if to - from == 1 {
            // SAFETY: the node was in the lot, and isn't any more.
            return Parcel::One(unsafe { Ready::of(self.list.0[from]) });
        }
        Parcel::Many(Self { list: Arc::clone(&self.list), from, to, of: PhantomData })
    }

    /// A second hold on the list, for its memory.
    pub(crate) fn memory(&self) -> Memory {
        Memory(Arc::clone(&self.list))
    }
}

/// The memory of a list of which lots may be under way still.
pub(crate) struct Memory(Arc<List>);

impl Memory {
    /// Lets this thread's next run use it, if no lot is left.
    pub(crate) fn keep(self) {
        if let Some(List(mut list)) = Arc::into_inner(self.0) {
            list.clear();
            keep_memory(list);
        }
    }
}

/// How many nodes a worker looks ahead in its lot.
const AHEAD: usize = 5;

/// How many places there are in [`Offers`]: as many as a cache line has room for.
pub(crate) const OFFERS: usize = 8;

/// Ready operations that a worker shows, each in a place of its own. They are shared as tokens behind a lock would be: any thread may take
/// one, and nobody sees one without.
pub(crate) struct Offers<'r>(CachePadded<[Offer<Header>; OFFERS]>, PhantomData<Mutex<Ready<'r>>>);

impl<'r> Offers<'r> {
    /// Whether there are none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Offer::is_empty)
    }

    /// Whether a place is empty.
    #[inline]
    pub(crate) fn is_free(&self, place: usize) -> bool {
        self.0[place].is_empty()
    }

    /// Shows an operation. For the worker whose they are, and who has seen that the place is empty.
    #[inline]
    pub(crate) fn put(&self, place: usize, node: Ready<'r>) {
        self.0[place].put(node.node());
    }

    /// Takes the operation that is in a place.
    #[inline]
    pub(crate) fn take(&self, place: usize) -> Option<Ready<'r>> {
        // SAFETY: `put` has given the token away, and only one takes what it left.
        self.0[place].take().map(|node| unsafe { Ready::of(node) })
    }

    /// Takes half of the operations, those that were put there first: gives one, and puts the others into `more`.
    pub(crate) fn steal_into(&self, more: &mut Vec<Ready<'r>>) -> Option<Ready<'r>> {
        let there = self.0.iter().filter(|offer| !offer.is_empty()).count();
        let mut taken = (0..OFFERS).filter_map(|place| self.take(place));
        let first = taken.next()?;
        more.extend(taken.take(there.div_ceil(2).saturating_sub(1)));
        Some(first)
    }
}

/// A queue for each worker, and one for all.
pub(crate) struct Queues<'r> {
    /// A place for each worker that may be: its queue, while nobody holds it.
    pub(crate) places: Vec<Mutex<Option<Worker<Parcel<'r>>>>>,
    pub(crate) stealers: Vec<Stealer<Parcel<'r>>>,
    /// What each worker shows beside its queue: a few operations, which cost less to take.
    pub(crate) offers: Vec<Offers<'r>>,
    /// What belongs to no worker.
    pub(crate) injected: Injector<Ready<'r>>,
}

impl Queues<'static> {
    /// Queues for so many workers.
    pub(crate) fn new(workers: usize) -> Self {
        let queues: Vec<_> = (0..workers).map(|_| Worker::new_lifo()).collect();
        let stealers = queues.iter().map(Worker::stealer).collect();
        let places = queues.into_iter().map(|queue| Mutex::new(Some(queue))).collect();
        let offers = (0..workers).map(|_| Offers(CachePadded::default(), PhantomData)).collect();
        Self { places, stealers, offers, injected: Injector::new() }
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
        let all = self.injected.is_empty()
            && self.offers.iter().all(Offers::is_empty)
            && self.places.iter_mut().all(is_empty);
        // SAFETY: the types differ in a lifetime alone, and nobody else has the queues; in them is no token that a longer life could
        // be given to.
        all.then(|| unsafe { std::mem::transmute::<Self, Queues<'static>>(self) })
    }
}
