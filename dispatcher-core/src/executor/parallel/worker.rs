//! A loop that runs operations, on the calling thread or on one of the pool's.

use std::cmp;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_deque::Steal;
use crossbeam_utils::Backoff;
use rayon::{ThreadPool, Yield};

use super::crew::Crew;
use super::helpers::above;
use super::pace::Pace;
use super::shown::Shown;
use crate::raw::{Door, Gathered, Lot, Memory, Parcel, Ready, Sink};

/// A worker keeps no more operations to itself than that, and what it has left of a lot: while it is at a long one, others can't come at
/// them. It keeps none but the rest of a lot to itself unless there are nine for others when it begins an operation.
const FEW: usize = 16;
/// While a worker has put off fewer operations than that, what comes next is chosen for the other workers' sake.
const HARDLY_ANY: usize = 3;
/// Operations between which no more others were built are neighbours: farther apart they may lie in different rows, and a row is gone
/// through as it was built, since so it lies in memory.
const NEIGHBOURS: u32 = 64;
/// How long a thread of the pool that waits for a run doesn't look whether the pool has other work.
const GLANCE: Duration = Duration::from_millis(1);
/// How often a worker without work looks for some before it ends: first it spins, which takes some tens of microseconds and lets it see
/// at once what there is, then it lets others have the processor in between.
const SPINS: u32 = 1_000;
const YIELDS: u32 = 30;

/// A loop that runs operations.
pub(super) struct Worker<'w, 'r> {
    crew: &'w Crew<'r>,
    door: &'w Arc<Door>,
    place: usize,
    /// The next operation to run.
    next: Option<Ready<'r>>,
    /// Ready operations that only this worker sees, the oldest first.
    local: Vec<Ready<'r>>,
    /// How many of those there were before the present operation made others ready.
    before: usize,
    /// More of what only this worker sees, older than that.
    lot: Option<Lot<'r>>,
    /// How quickly it gets through its lots.
    pace: Pace,
    /// Ready operations that others may take.
    shown: Shown<'w, 'r>,
    gathered: Gathered,
}

impl<'w, 'r> Worker<'w, 'r> {
    /// A worker of the crew, who is counted already.
    pub(super) fn begin(crew: &'w Crew<'r>, door: &'w Arc<Door>) -> Self {
        let backoff = Backoff::new();
        loop {
            for (place, (queue, offers)) in crew.queues.places.iter().zip(&crew.queues.offers).enumerate() {
                if let Some(queue) = queue.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    return Self {
                        crew,
                        door,
                        place,
                        next: None,
                        local: Vec::new(),
                        before: 0,
                        lot: None,
                        pace: Pace::default(),
                        shown: Shown::new(offers, queue),
                        gathered: Gathered::default(),
                    };
                }
            }
            // One who is leaving has the place still, and is about to give it up.
            backoff.snooze();
        }
    }

    /// Keeps an operation for later.
    fn keep(&mut self, node: Ready<'r>) {
        if node.priority() == 0 { self.local.push(node) } else { self.crew.rank(node) }
    }

    /// Puts an operation where it belongs that isn't the first that the present one makes ready, or has terms of its own.
    fn put(&mut self, node: Ready<'r>) {
        if node.priority() != 0 {
            return self.crew.rank(node);
        }
        let Some(first) = self.next.take() else {
            self.next = Some(node);
            return;
        };
        let (first, later) = if self.comes_first(&first, &node) { (first, node) } else { (node, first) };
        self.next = Some(first);
        // Of what one operation has made ready, what is farthest off is the first to be taken by others.
        let is_nearer = |last: &Ready<'r>| self.is_nearer(last, &later);
        let swaps = self.before == 0 && self.local.len() == 1 && self.local.last().is_some_and(is_nearer);
        let last = if swaps { self.local.pop() } else { None };
        self.local.push(later);
        if let Some(last) = last {
            self.local.push(last);
        }
    }

    /// Whether one of two operations that have become ready comes before the other.
    ///
    /// What was built first does, so that values go early, as they do where the program runs serially. But as long as hardly anything
    /// is put off, others may be waiting for something to do: then it is what more operations read, or what is nearer. Were it so
    /// always, one that makes both the next of its kind and what uses it would leave the uses undone, and the values alive.
    #[inline]
    fn comes_first(&mut self, one: &Ready<'r>, other: &Ready<'r>) -> bool {
        if self.shown.len() + self.local.len() >= HARDLY_ANY || self.crew.queues.places.len() == 1 {
            return one.seq() < other.seq();
        }
        let (readers, others) = (one.readers(), other.readers());
        if readers == others { self.is_nearer(one, other) } else { readers > others }
    }

    /// Whether one operation is nearer than another to where this worker begins. One worker goes up, in the order in which operations
    /// were built, and the next goes down among neighbours: so in a grid each keeps to its own side, and they meet in the middle.
    #[inline]
    fn is_nearer(&self, one: &Ready<'r>, other: &Ready<'r>) -> bool {
        let goes_down = !self.place.is_multiple_of(2) && one.seq().abs_diff(other.seq()) < NEIGHBOURS;
        (one.seq() < other.seq()) != goes_down
    }

    /// Keeps what is ready when the run begins; gives its memory, if that is in a lot.
    pub(super) fn keep_all(&mut self, roots: Vec<Ready<'r>>) -> Option<Memory> {
        if self.crew.run.ranks_roots() {
            roots.into_iter().for_each(|root| self.keep(root));
            return None;
        }
        if roots.len() <= FEW {
            self.local = roots;
            return None;
        }
        let lot = Lot::of(roots);
        let memory = lot.memory();
        self.lot = Some(lot);
        Some(memory)
    }

    /// Runs what there is, until there is nothing.
    fn run_all(&mut self) {
        self.crew.stir();
        while let Some(mut node) = self.find() {
            if self.crew.run.stopped() {
                break;
            }
            if let Some(ready) = self.gathered.bring(self.crew.run, Some(&node)) {
                node = self.choose(node, ready);
            }
            self.share();
            self.before = self.local.len();
            node.run(self.crew.run, self);
        }
        self.crew.rest();
    }

    /// Of the next operation and one that has become ready just now, the one that comes first; the other is kept, where others see it.
    fn choose(&mut self, node: Ready<'r>, ready: Ready<'r>) -> Ready<'r> {
        let is_first = match node.priority().cmp(&ready.priority()) {
            cmp::Ordering::Equal => self.comes_first(&node, &ready),
            unequal => unequal.is_gt(),
        };
        let (first, later) = if is_first { (node, ready) } else { (ready, node) };
        self.keep(later);
        first
    }

    /// Takes the next of its lot.
    #[inline]
    fn take_of_lot(&mut self) -> Option<Ready<'r>> {
        let lot = self.lot.as_mut()?;
        let node = lot.take_last();
        if lot.len() == 0 {
            self.lot = None;
        }
        node
    }

    /// Takes what is in a parcel, and gives the first of it. For a worker who has no lot.
    #[inline]
    fn open(&mut self, parcel: Parcel<'r>) -> Option<Ready<'r>> {
        match parcel {
            Parcel::One(node) => {
                self.pace.add(1);
                Some(node)
            }
            Parcel::Many(mut lot) => {
                debug_assert!(self.lot.is_none(), "whoever has a lot takes nothing else");
                let most = self.pace.begin();
                if lot.len() > most {
                    while lot.len() > 2 * most {
                        self.shown.push(lot.split_first(lot.len() / 2));
                    }
                    self.shown.push(lot.split_first(lot.len() - most));
                    // As in `get_help`: before it is asked whether somebody has left.
                    fence(Ordering::SeqCst);
                }
                self.pace.add(lot.len());
                self.lot = Some(lot);
                self.take_of_lot()
            }
        }
    }

    /// Brings what was gathered, before this worker looks for work elsewhere. Gives what that made ready, if it isn't more or less
    /// urgent than other operations: then it is ranked.
    #[inline]
    fn bring(&mut self) -> Option<Ready<'r>> {
        let node = self.gathered.bring(self.crew.run, None)?;
        if node.priority() == 0 {
            return Some(node);
        }
        self.crew.rank(node);
        self.crew.most_urgent(Some(0))
    }

    /// A helper's work.
    pub(super) fn work(mut self) {
        let crew = self.crew;
        loop {
            self.run_all();
            crew.helping.fetch_sub(1, Ordering::AcqRel);
            // Pairs with the fence in `get_help`: either we see what was shown before we were counted out, or whoever showed it
            // sees that we are gone, and hires another.
            fence(Ordering::SeqCst);
            if crew.run.stopped() || !crew.shows() || !crew.hire() {
                break;
            }
        }
        self.give_place_up();
        if crew.helping.load(Ordering::Relaxed) == 0 || crew.is_over() {
            crew.call();
        }
    }

    fn give_place_up(self) {
        *self.crew.queues.places[self.place].lock().unwrap_or_else(PoisonError::into_inner) =
            Some(self.shown.into_queue());
    }

    /// The calling thread's work, which doesn't end before the run does.
    ///
    /// One that is a thread of the pool itself (an operation that runs a graph) goes on helping the pool: what it waits for may
    /// be waiting for a thread.
    pub(super) fn work_as_caller(mut self, inside: Option<&ThreadPool>) {
        let crew = self.crew;
        loop {
            self.run_all();
            if crew.run.stopped() {
                break;
            }
            // Looked at before anybody is asked to call: small graphs are over by now.
            if crew.is_over() || !crew.goes_on() {
                break;
            }
            if !crew.shows() {
                // What was woken is taken when we count as active again, so that nobody thinks meanwhile that it is all over.
                match inside {
                    None => crew.run.wait_for_news(None),
                    Some(pool) => match above(|| pool.yield_now()) {
                        Some(Yield::Executed) => {}
                        _ => crew.run.wait_for_news(Some(Instant::now() + GLANCE)),
                    },
                }
            }
            crew.waiting.store(false, Ordering::Relaxed);
        }
        crew.waiting.store(false, Ordering::Relaxed);
        crew.run.keep_memory(std::mem::take(&mut self.local));
        self.give_place_up();
    }

    #[inline]
    fn find(&mut self) -> Option<Ready<'r>> {
        if let Some(urgent) = self.crew.most_urgent(Some(0)) {
            return Some(self.put_off_for(urgent));
        }
        let own = self.next.take().or_else(|| self.local.pop()).or_else(|| self.take_of_lot());
        own.or_else(|| self.shown.pop().and_then(|parcel| self.open(parcel)))
            .or_else(|| self.bring())
            .or_else(|| self.crew.run.woken().map(|node| self.put_off_for(node)))
            .or_else(|| self.steal())
            .or_else(|| self.crew.most_urgent(None).map(|node| self.put_off_for(node)))
    }

    /// Goes on with an operation that all workers share, so that what this one would have done next is for others; and whoever was called
    /// for it calls the next, if there is more.
    #[cold]
    fn put_off_for(&mut self, node: Ready<'r>) -> Ready<'r> {
        self.local.extend(self.next.take());
        self.call_on();
        node
    }

    /// Takes work from another worker; looks for a while before it gives up.
    #[cold]
    fn steal(&mut self) -> Option<Ready<'r>> {
        let crew = self.crew;
        if let Some(node) = self.try_to_steal() {
            self.call_on();
            return Some(node);
        }
        // It only reads from here on, so that those who work have their cache lines to themselves.
        crew.rest();
        for look in 0..SPINS + YIELDS {
            if crew.shows_to(self.place) {
                crew.stir();
                // What is ranked is for `find`.
                let found = self.try_to_steal();
                if found.is_some() {
                    self.call_on();
                }
                if found.is_some() || crew.ranks.load(Ordering::Relaxed) > 0 {
                    return found;
                }
                crew.rest();
            }
            // Alone, and nothing here: nobody will bring anything. The calling thread is not counted.
            let others = crew.helping.load(Ordering::Relaxed) + crew.queues.places.len() - crew.helpers;
            if others <= 1 || crew.is_over() || crew.run.stopped() {
                break;
            }
            if look < SPINS { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        crew.stir();
        None
    }

    /// Sees that what is left is taken, too: whoever has shown it may have called one helper and be at a long operation since.
    fn call_on(&self) {
        // As in `get_help`: some of it may lie in this worker's own queue now.
        fence(Ordering::SeqCst);
        if self.crew.lacks_help() && self.crew.shows() {
            self.crew.get_help(self.door);
        }
    }

    fn try_to_steal(&mut self) -> Option<Ready<'r>> {
        let queues = &self.crew.queues;
        loop {
            let mut again = false;
            if !queues.injected.is_empty() {
                match queues.injected.steal() {
                    Steal::Success(node) => return Some(node),
                    Steal::Retry => again = true,
                    Steal::Empty => {}
                }
            }
            for (place, stealer) in queues.stealers.iter().enumerate() {
                if place == self.place || stealer.is_empty() {
                    continue;
                }
                match self.shown.steal_from(stealer) {
                    Steal::Success(parcel) => return self.open(parcel),
                    Steal::Retry => again = true,
                    Steal::Empty => {}
                }
            }
            if let Some(node) = queues.offers.iter().find_map(|offers| offers.steal_into(&mut self.local)) {
                return Some(node);
            }
            if !again {
                return None;
            }
        }
    }

    /// Shows others what this worker won't come to soon, and sees that there are others.
    #[inline]
    fn share(&mut self) {
        let has_shown = match self.local.len() {
            0 if self.lot.is_none() => {
                // What is shown was told of when it was: only those who have left since have to come again.
                let is_left = !self.shown.is_untouched() && self.crew.lacks_help() && !self.shown.is_empty();
                if is_left || self.crew.ranks.load(Ordering::Relaxed) > 0 {
                    self.crew.get_help(self.door);
                }
                return;
            }
            0 => self.shown.has_queued(),
            1..=FEW => self.shown.is_full(),
            _ => false,
        };
        if has_shown {
            self.call_back();
        } else {
            self.share_some();
        }
    }

    /// As [`share`](Self::share), where there may be something new to show. By itself, so that what a chain goes through stays small.
    #[inline(never)]
    fn share_some(&mut self) {
        let queued = self.shown.has_queued();
        if self.local.len() > FEW {
            self.bundle();
        } else if queued && self.shown.room() == 0 {
            return self.call_back();
        } else {
            self.show(!queued);
        }
        self.crew.get_help(self.door);
    }

    /// Sees that others come to take what is shown: they may have left since it was.
    #[inline]
    fn call_back(&self) {
        if self.crew.lacks_help() {
            self.crew.get_help(self.door);
        }
    }

    /// Makes a lot of its operations, and puts it where others can take it.
    #[cold]
    fn bundle(&mut self) {
        let nodes = if self.local.len() <= 4 * FEW {
            // The memory is used again.
            self.local.drain(..).collect()
        } else {
            std::mem::take(&mut self.local)
        };
        self.show_lot();
        self.lot = Some(Lot::of(nodes));
        let parcels = self.show_lot();
        self.shown.are_newest(parcels);
    }

    /// Puts its lot where others can take it, in halves; gives how many.
    fn show_lot(&mut self) -> usize {
        let Some(mut lot) = self.lot.take() else { return 0 };
        self.pace.put_back(lot.len());
        let mut parcels = 0;
        // What comes first is pushed last, so that it is this worker's own again.
        while lot.len() > 0 {
            self.shown.push(lot.split_first(lot.len().div_ceil(2)));
            parcels += 1;
        }
        parcels
    }

    /// Puts its operations where others can take them: as many as there is room for among the offers, and all, with its lot, if there is
    /// nothing else in the queue.
    fn show(&mut self, into_queue: bool) {
        if into_queue {
            self.show_lot();
        }
        let count = if into_queue { self.local.len() } else { self.local.len().min(self.shown.room()) };
        self.local.drain(..count).for_each(|node| self.shown.put(node));
    }
}

impl<'r> Sink<'r> for Worker<'_, 'r> {
    #[inline]
    fn gathered(&mut self) -> Option<&mut Gathered> {
        Some(&mut self.gathered)
    }

    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if self.next.is_none() && !node.has_terms() {
            self.next = Some(node);
        } else {
            self.put(node);
        }
    }

    fn expect(&mut self, count: usize) {
        self.local.reserve(count);
    }
}
