//! What the workers of a run share, and how helpers come and go.

use std::any::Any;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::CachePadded;
use rayon::ThreadPool;

use super::helpers::Helpers;
use super::worker::Worker;
use crate::executor::custom::ByUrgency;
use crate::raw::{Door, Help, Queues, Ready, Run};

/// Operations with a priority, the most urgent first.
pub(super) type Ranked<'r> = BinaryHeap<Reverse<ByUrgency<'r>>>;

/// The most urgent operation; with `above`, only if it is more urgent than that.
pub(super) fn pop_ranked<'r>(ranked: &mut Ranked<'r>, above: Option<i32>) -> Option<Ready<'r>> {
    let Reverse(ByUrgency(first)) = ranked.peek()?;
    let goes = above.is_none_or(|above| first.priority() > above);
    if goes { ranked.pop().map(|Reverse(ByUrgency(first))| first) } else { None }
}

/// What the workers of a run share.
pub(super) struct Crew<'r> {
    pub(super) run: &'r Run,
    pool: &'r ThreadPool,
    called: &'r Arc<Helpers>,
    pub(super) queues: Queues<'r>,
    /// Operations that are more or less urgent than others, and how many there are.
    ranked: Mutex<Ranked<'r>>,
    pub(super) ranks: AtomicUsize,
    /// How many helpers there are, beside the calling thread, and may be.
    pub(super) helping: AtomicUsize,
    pub(super) helpers: usize,
    /// The calling thread waits for something to do, or for the end.
    pub(super) waiting: AtomicBool,
    /// Who is at work. On cache lines of its own: workers that look for work read it all the time.
    watch: CachePadded<Watch>,
    /// What a helper panicked with.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

/// Who is at work.
#[derive(Default)]
struct Watch {
    /// How many workers run operations, or try to take some, and, in units of [`STIR`], how often one has become one of those.
    active: AtomicU64,
    /// Nothing more can become ready: nobody need look for it.
    over: AtomicBool,
}

/// A worker has begun to look for operations, in [`Watch::active`].
const STIR: u64 = 1 << 32;

impl Help for Crew<'_> {
    fn help(&self, door: &Arc<Door>) {
        let leaves = Leaves(self);
        match catch_unwind(AssertUnwindSafe(|| Worker::begin(self, door).work())) {
            Ok(()) => std::mem::forget(leaves),
            Err(panic) => *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic),
        }
    }
}

impl<'r> Crew<'r> {
    /// A crew of so many helpers, none of which has begun; and the calling thread, if there is a queue more.
    pub(super) fn new(
        run: &'r Run,
        (pool, called): (&'r ThreadPool, &'r Arc<Helpers>),
        queues: Queues<'r>,
        helpers: usize,
    ) -> Self {
        Self {
            run,
            pool,
            called,
            queues,
            ranked: Mutex::default(),
            ranks: AtomicUsize::new(0),
            helping: AtomicUsize::new(0),
            helpers,
            waiting: AtomicBool::new(false),
            watch: CachePadded::default(),
            panic: Mutex::new(None),
        }
    }

    /// The run is over: helpers who haven't come needn't.
    pub(super) fn call_off(&self, door: &Arc<Door>) {
        if self.helping.load(Ordering::Relaxed) > 0 {
            self.called.call_off(door);
        }
    }

    /// Dismisses the crew, when all have left. Gives the queues, if another run can use them.
    pub(super) fn dismiss(self) -> Option<Queues<'static>> {
        if let Some(panic) = self.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(panic);
        }
        self.queues.emptied()
    }

    /// A worker begins to look for operations.
    pub(super) fn stir(&self) {
        self.watch.active.fetch_add(STIR + 1, Ordering::SeqCst);
    }

    /// A worker that has nothing doesn't look for a while.
    pub(super) fn rest(&self) {
        self.watch.active.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether nothing more can become ready; for those who aren't active. What a worker has taken, or makes ready, is seen by its being
    /// active; that none was in between, by the number of times that one became so. A node that sleeps is counted until one who is
    /// active takes it.
    pub(super) fn is_over(&self) -> bool {
        let active = self.watch.active.load(Ordering::SeqCst);
        let over = self.watch.over.load(Ordering::Relaxed)
            || active.is_multiple_of(STIR)
                && !self.shows()
                && !self.run.is_waiting()
                && self.watch.active.load(Ordering::SeqCst) == active;
        if over {
            self.watch.over.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Counts one helper more, if there may be one.
    pub(super) fn hire(&self) -> bool {
        let more = |helping| (helping < self.helpers).then_some(helping + 1);
        self.helping.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Whether there is something that any worker could take.
    pub(super) fn shows(&self) -> bool {
        self.shows_to(usize::MAX)
    }

    /// As [`shows`](Self::shows), to the worker at a place whose queue is empty.
    #[inline]
    pub(super) fn shows_to(&self, place: usize) -> bool {
        self.queues.offers.iter().any(|offer| !offer.is_empty())
            || self.queues.stealers.iter().enumerate().any(|(other, stealer)| other != place && !stealer.is_empty())
            || self.ranks.load(Ordering::Relaxed) > 0
            || !self.queues.injected.is_empty()
    }

    /// Wakes the calling thread, if it waits.
    pub(super) fn call(&self) -> bool {
        let waits = self.waiting.load(Ordering::Relaxed) && self.waiting.swap(false, Ordering::AcqRel);
        if waits {
            self.run.ring();
        }
        waits
    }

    /// Whether somebody could come to help who isn't there.
    #[inline]
    pub(super) fn lacks_help(&self) -> bool {
        self.helping.load(Ordering::Relaxed) < self.helpers || self.waiting.load(Ordering::Relaxed)
    }

    /// Sees that what is shown is taken: by the calling thread, or by one helper more.
    pub(super) fn get_help(&self, door: &Arc<Door>) {
        // Pairs with the fences of those who leave, and of the calling thread when it goes to sleep: either we see that they are
        // gone, or they see what is shown.
        fence(Ordering::SeqCst);
        if self.queues.places.len() > self.helpers && self.call() {
            return;
        }
        if self.helping.load(Ordering::Relaxed) < self.helpers && self.hire() {
            self.called.call(self.pool, door);
        }
    }

    pub(super) fn rank(&self, node: Ready<'r>) {
        let mut ranked = self.ranked.lock().unwrap_or_else(PoisonError::into_inner);
        ranked.push(Reverse(ByUrgency(node)));
        self.ranks.store(ranked.len(), Ordering::Relaxed);
    }

    /// Adds an operation that belongs to no worker.
    pub(super) fn inject(&self, node: Ready<'r>) {
        if node.priority() == 0 { self.queues.injected.push(node) } else { self.rank(node) }
    }

    /// The most urgent operation; with `above`, only if it is more urgent than that.
    #[inline(always)]
    pub(super) fn most_urgent(&self, above: Option<i32>) -> Option<Ready<'r>> {
        if self.ranks.load(Ordering::Relaxed) == 0 { None } else { self.take_ranked(above) }
    }

    #[inline(never)]
    fn take_ranked(&self, above: Option<i32>) -> Option<Ready<'r>> {
        let mut ranked = self.ranked.lock().unwrap_or_else(PoisonError::into_inner);
        let first = pop_ranked(&mut ranked, above);
        self.ranks.store(ranked.len(), Ordering::Relaxed);
        first
    }

    /// Whether the calling thread is to go on waiting; if so, whoever has something for it from now on calls it.
    pub(super) fn goes_on(&self) -> bool {
        self.run.listen();
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let before = self.watch.active.load(Ordering::SeqCst);
        let is_there = || self.helping.load(Ordering::Relaxed) > 0 || self.run.is_waiting() || self.shows();
        // A helper who has just been counted out may see something, come again, and take it, while we look here and there.
        let has_come = || self.watch.active.load(Ordering::SeqCst) != before;
        !self.run.stopped() && !self.is_over() && (is_there() || has_come())
    }

    /// Lets helpers run it all, while the calling thread waits for nodes to be woken.
    pub(super) fn wait_outside(&self, door: &Arc<Door>) {
        while self.goes_on() {
            let there = self.queues.injected.len() + self.ranks.load(Ordering::Relaxed);
            for _ in 0..there.min(self.helpers) {
                self.get_help(door);
            }
            self.run.wait_for_news(None);
            self.stir();
            while let Some(node) = self.run.woken() {
                self.inject(node);
            }
            self.rest();
        }
    }
}

/// Counts a helper out that ends by a panic, so that nobody waits for it.
struct Leaves<'w, 'r>(&'w Crew<'r>);

impl Drop for Leaves<'_, '_> {
    fn drop(&mut self) {
        self.0.helping.fetch_sub(1, Ordering::AcqRel);
        fence(Ordering::SeqCst);
        self.0.call();
    }
}
