//! What a worker lets others take.

use crossbeam_deque::{Steal, Stealer, Worker as Queue};

use crate::raw::{OFFERS, Offers, Parcel, Ready};

/// Where a worker puts ready operations that others may take, itself too: a few as offers, which cost others fewer cache lines to look
/// at and to take, and what there is more in a queue.
pub(super) struct Shown<'w, 'r> {
    offers: &'w Offers<'r>,
    /// Where the next offer goes. There are none there and after it; before it there may be.
    end: usize,
    queue: Queue<Parcel<'r>>,
    /// How many there are in the queue, at most, that are newer than the offers.
    newest: usize,
    /// Whether something was put into the queue that wasn't seen to be gone, so that the queue isn't looked at where nothing was.
    queued: bool,
}

impl<'w, 'r> Shown<'w, 'r> {
    /// Nothing yet. What a worker before has left there, since the run was stopped, isn't seen.
    pub(super) fn new(offers: &'w Offers<'r>, queue: Queue<Parcel<'r>>) -> Self {
        Self { offers, end: 0, queue, newest: 0, queued: false }
    }

    /// How many offers there are, at most.
    #[inline]
    pub(super) fn len(&mut self) -> usize {
        while self.end > 0 && self.offers.is_free(self.end - 1) {
            self.end -= 1;
        }
        self.end
    }

    /// Whether nothing was shown that wasn't seen to be gone.
    #[inline]
    pub(super) fn is_untouched(&self) -> bool {
        self.end == 0 && !self.queued
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&mut self) -> bool {
        self.len() == 0 && !self.has_queued()
    }

    /// Whether there is something in the queue.
    #[inline]
    pub(super) fn has_queued(&mut self) -> bool {
        if self.queued && self.queue.is_empty() {
            self.queued = false;
        }
        self.queued
    }

    /// Whether there is something in the queue, and no room among the offers.
    #[inline]
    pub(super) fn is_full(&mut self) -> bool {
        self.end == OFFERS && !self.offers.is_free(0) && self.has_queued()
    }

    /// How many operations more there is room for among the offers.
    #[inline]
    pub(super) fn room(&self) -> usize {
        OFFERS - self.end + self.taken()
    }

    /// How many of the first offers have been taken. Others take the first.
    #[inline]
    fn taken(&self) -> usize {
        (0..self.end).take_while(|&place| self.offers.is_free(place)).count()
    }

    /// Shows an operation: as an offer, where there is room.
    #[inline]
    pub(super) fn put(&mut self, node: Ready<'r>) {
        if self.len() < OFFERS {
            self.offers.put(self.end, node);
            self.end += 1;
        } else if let Some(last) = self.taken().checked_sub(1) {
            self.offers.put(last, node);
        } else {
            self.push(Parcel::One(node));
            self.newest += 1;
        }
    }

    /// Shows operations that are taken together.
    pub(super) fn push(&mut self, parcel: Parcel<'r>) {
        self.queued = true;
        self.queue.push(parcel);
    }

    /// So many that were put into the queue last are newer than the offers.
    pub(super) fn are_newest(&mut self, parcels: usize) {
        self.newest += parcels;
    }

    /// Takes something back: what was shown last, as a rule.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Parcel<'r>> {
        if let Some(left) = self.newest.checked_sub(1) {
            self.newest = left;
            if let Some(parcel) = self.queue.pop() {
                return Some(parcel);
            }
        }
        while self.end > 0 {
            self.end -= 1;
            if let Some(node) = self.offers.take(self.end) {
                return Some(Parcel::One(node));
            }
        }
        self.queue.pop()
    }

    /// Takes about half of what another worker shows in its queue: gives one parcel, and shows the others itself.
    pub(super) fn steal_from(&mut self, other: &Stealer<Parcel<'r>>) -> Steal<Parcel<'r>> {
        let stolen = other.steal_batch_and_pop(&self.queue);
        self.queued |= stolen.is_success();
        stolen
    }

    /// The queue, for another worker.
    pub(super) fn into_queue(self) -> Queue<Parcel<'r>> {
        self.queue
    }
}
