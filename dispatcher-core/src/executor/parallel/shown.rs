//! What a worker lets others take.

use crossbeam_deque::{Steal, Stealer, Worker as Queue};

use crate::raw::{Offered, Parcel, Ready};

/// Where a worker puts ready operations that others may take, itself too: one in its offer, which costs others fewer cache lines to
/// look at and to take, and what there is more in a queue.
pub(super) struct Shown<'w, 'r> {
    offer: &'w Offered<'r>,
    queue: Queue<Parcel<'r>>,
    /// Whether something was put there that wasn't seen to be gone, so that nothing shared is looked at where nothing was shown.
    any: bool,
}

impl<'w, 'r> Shown<'w, 'r> {
    /// Nothing yet.
    pub(super) fn new(offer: &'w Offered<'r>, queue: Queue<Parcel<'r>>) -> Self {
        Self { offer, queue, any: false }
    }

    /// Shows an operation.
    pub(super) fn put(&mut self, node: Ready<'r>) {
        self.any = true;
        if self.offer.is_empty() { self.offer.put(node) } else { self.queue.push(Parcel::One(node)) }
    }

    /// Shows operations that are taken together.
    pub(super) fn push(&mut self, parcel: Parcel<'r>) {
        self.any = true;
        self.queue.push(parcel);
    }

    /// Whether there is something still.
    #[inline]
    pub(super) fn is_there(&mut self) -> bool {
        if self.any && self.queue.is_empty() && self.offer.is_empty() {
            self.any = false;
        }
        self.any
    }

    /// Takes back what was shown last.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Parcel<'r>> {
        self.queue.pop().or_else(|| self.offer.take().map(Parcel::One))
    }

    /// Takes some of what another worker shows in its queue: gives one parcel, and shows the others itself.
    pub(super) fn steal_from(&mut self, other: &Stealer<Parcel<'r>>) -> Steal<Parcel<'r>> {
        let stolen = other.steal_batch_and_pop(&self.queue);
        self.any |= stolen.is_success();
        stolen
    }

    /// The queue, for another worker.
    pub(super) fn into_queue(self) -> Queue<Parcel<'r>> {
        self.queue
    }
}
