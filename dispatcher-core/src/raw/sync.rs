//! The protocols that threads share: counting down to readiness, counting references, some of them beforehand, leaving something that
//! one of all may take, and leaving something that others may be at.
//!
//! Each is a type of its own, so that its loom model (`tests/loom.rs`) checks just the code that runs.

use std::ptr::{self, NonNull};
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync::{
    Condvar, Mutex,
    atomic::{AtomicPtr, AtomicU32, Ordering, fence},
};
#[cfg(not(loom))]
use std::sync::{
    Condvar, Mutex,
    atomic::{AtomicPtr, AtomicU32, Ordering, fence},
};

/// How many events an operation, or the next use of a value, still waits for.
///
/// Whoever brings the last event learns so, and sees all that the others did before theirs.
#[derive(Debug)]
pub struct Countdown(AtomicU32);

impl Countdown {
    /// A countdown of `count` events.
    #[inline]
    pub fn new(count: u32) -> Self {
        Self(AtomicU32::new(count))
    }

    /// Adds an event. Only for the thread that prepares the run, before any other sees the countdown.
    #[inline]
    pub fn expect_one(&self) {
        self.0.store(self.get() + 1, Ordering::Relaxed);
    }

    /// Takes an event back. Only for the thread that prepares the run, as for [`expect_one`](Self::expect_one).
    #[inline]
    pub fn expect_one_less(&self) {
        self.0.store(self.get() - 1, Ordering::Relaxed);
    }

    /// Sets the countdown anew. Only where no other thread sees it.
    #[inline]
    pub fn reset(&self) {
        self.set(0);
    }

    /// Sets the countdown to `count` events. Only where no other thread sees it.
    #[inline]
    pub fn set(&self, count: u32) {
        self.0.store(count, Ordering::Relaxed);
    }

    /// How many events are left.
    #[inline]
    pub fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Brings one event; true if it was the last.
    #[inline]
    pub fn arrive(&self) -> bool {
        self.arrive_with(1, 0)
    }

    /// Brings `count` events, which have happened one after the other; true if the last was among them. Then the countdown is
    /// set to `again`, for another run.
    ///
    /// Where as many events are left as we bring, they are ours: nobody else can change the count any more, so a load is enough.
    /// That load is `Acquire`, as is the read half of `fetch_sub`, to see what the bringers of the earlier events released.
    #[inline]
    pub fn arrive_with(&self, count: u32, again: u32) -> bool {
        let last = self.0.load(Ordering::Acquire) == count || self.0.fetch_sub(count, Ordering::AcqRel) == count;
        if last {
            self.0.store(again, Ordering::Relaxed);
        }
        last
    }

    /// Brings one event, as [`arrive_with`](Self::arrive_with) does, where only one thread is at work.
    #[inline]
    pub fn arrive_alone(&self, again: u32) -> bool {
        let left = self.get() - 1;
        let last = left == 0;
        self.0.store(if last { again } else { left }, Ordering::Relaxed);
        last
    }
}

/// A reference count, as `Arc`'s, with one difference: the sole owner leaves without an atomic read-modify-write.
#[derive(Debug)]
pub struct Refs(AtomicU32);

/// Half the range: past it a count is near to wrapping, and the process must not go on.
const TOO_MANY: u32 = u32::MAX / 2;

impl Refs {
    /// A count of so many.
    #[inline]
    pub fn new(count: u32) -> Self {
        Self(AtomicU32::new(count))
    }

    /// How many references there are. Only a sole owner can rely on it.
    #[inline]
    pub fn get(&self) -> u32 {
        // Acquire: pairs with the release in `leave`, so that a sole owner sees what past owners did.
        self.0.load(Ordering::Acquire)
    }

    /// So many references more.
    #[inline]
    pub fn join(&self, count: u32) {
        // Relaxed: whoever joins holds a reference already, so the count can't fall to nothing meanwhile.
        if self.0.fetch_add(count, Ordering::Relaxed) > TOO_MANY {
            std::process::abort();
        }
    }

    /// So many references less, which are the caller's; true if they were the last.
    #[inline]
    pub fn leave(&self, count: u32) -> bool {
        // As many as ours are all ours: only owners join, and we are the only one.
        if self.0.load(Ordering::Acquire) == count {
            return true;
        }
        if self.0.fetch_sub(count, Ordering::Release) == count {
            fence(Ordering::Acquire);
            return true;
        }
        false
    }

    /// So many references less, of `kept + less` that are the caller's.
    #[inline]
    pub fn keep(&self, kept: u32, less: u32) {
        if self.0.load(Ordering::Acquire) == kept + less {
            // They are all there are, as in `leave`.
            self.0.store(kept, Ordering::Relaxed);
        } else {
            self.0.fetch_sub(less, Ordering::Release);
        }
    }
}

/// A pointer to something counted, which holds one reference and may hold some to spare: those who use the pointer take one of them
/// without touching the count.
///
/// One thread may do so at a time, though many may look at the pointer. That a reference is taken is a matter between the pointer and
/// whoever takes it: there are as many as before.
#[derive(Debug)]
pub struct Stocked<T>(AtomicPtr<T>);

impl<T> Stocked<T> {
    /// The most references that there can be to spare. They are counted in the pointer's low bits.
    pub const MOST: u32 = 7;

    /// A pointer that holds one reference, and so many to spare, at most [`MOST`](Self::MOST).
    ///
    /// # Safety
    /// The address is a multiple of eight.
    #[inline]
    pub unsafe fn new(at: NonNull<T>, spare: u32) -> Self {
        Self(AtomicPtr::new(at.as_ptr().map_addr(|address| address | spare as usize)))
    }

    /// Relaxed: the address never changes, and what is to spare is for the thread that wrote it last.
    #[inline]
    fn load(&self) -> *mut T {
        self.0.load(Ordering::Relaxed)
    }

    /// Where it points.
    #[inline]
    pub fn get(&self) -> NonNull<T> {
        // SAFETY: `new` was given a pointer that isn't null, with nothing in its low bits.
        unsafe { NonNull::new_unchecked(self.load().map_addr(|address| address & !(Self::MOST as usize))) }
    }

    /// How many references it holds to spare.
    #[inline]
    pub fn spare(&self) -> u32 {
        self.load().addr() as u32 & Self::MOST
    }

    /// The pointer, with what is to spare in its low bits.
    #[inline]
    pub fn into_inner(self) -> NonNull<T> {
        // SAFETY: as in `get`.
        unsafe { NonNull::new_unchecked(self.load()) }
    }

    /// There is nothing to spare any more; gives what there was, which is the caller's. For the one thread that may.
    #[inline]
    pub fn empty(&self) -> u32 {
        let spare = self.spare();
        self.0.store(self.get().as_ptr(), Ordering::Relaxed);
        spare
    }

    /// Takes one of those to spare; there is one. For the one thread that may.
    #[inline]
    pub fn take(&self) {
        // Not a read-modify-write: nobody else writes.
        self.0.store(self.load().map_addr(|address| address - 1), Ordering::Relaxed);
    }

    /// There are so many to spare now, after there were none; they are counted already. For the one thread that may.
    #[inline]
    pub fn fill(&self, spare: u32) {
        self.0.store(self.load().map_addr(|address| address | spare as usize), Ordering::Relaxed);
    }
}

/// A place where one thread leaves something that any thread may take, once.
#[derive(Debug)]
pub struct Offer<T>(AtomicPtr<T>);

impl<T> Offer<T> {
    /// An empty place.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// Whether there is nothing. Others than the one thread that leaves something can't rely on it.
    #[inline]
    pub fn is_empty(&self) -> bool {
        // Acquire: who sees that something was taken sees what the taker did before.
        self.0.load(Ordering::Acquire).is_null()
    }

    /// Leaves something. For the one thread that may, which has seen that there is nothing.
    #[inline]
    pub fn put(&self, what: NonNull<T>) {
        // Release: whoever takes it sees what was done to it before. A store would do, since what others write, that there is nothing, they
        // write where they find what was there before, or nothing; but loom doesn't know that a read-modify-write finds what was
        // written last.
        let before = self.0.swap(what.as_ptr(), Ordering::Release);
        debug_assert!(before.is_null(), "a place is for one thing");
    }

    /// Takes what is there.
    #[inline]
    pub fn take(&self) -> Option<NonNull<T>> {
        // The look alone leaves the cache line where it is.
        if self.is_empty() { None } else { NonNull::new(self.0.swap(ptr::null_mut(), Ordering::AcqRel)) }
    }
}

impl<T> Default for Offer<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Something is there for others until its owner leaves, who waits for those who have come, and not for those who haven't yet.
#[derive(Debug)]
pub struct Gate {
    /// How many are inside, and [`CLOSED`].
    state: AtomicU32,
    /// Whether all have left who were inside when the gate was closed.
    left: Mutex<bool>,
    last: Condvar,
}

/// Nobody may come in any more.
const CLOSED: u32 = 1 << 31;

impl Gate {
    /// An open gate.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Self { state: AtomicU32::new(0), left: Mutex::new(false), last: Condvar::new() }
    }

    /// Comes in; false if the gate is closed. Whoever has come in leaves by [`leave`](Self::leave).
    pub fn enter(&self) -> bool {
        let more = |state| (state & CLOSED == 0).then_some(state + 1);
        // Relaxed: what the owner did before it let anybody know of the gate comes with the gate.
        self.state.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Leaves.
    pub fn leave(&self) {
        // Release: the owner sees what was done inside; acquire, since it may see it through the last one.
        if self.state.fetch_sub(1, Ordering::AcqRel) == CLOSED | 1 {
            *self.left.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.last.notify_one();
        }
    }

    /// Closes the gate, and waits until all who have come in have left. For the owner, once.
    pub fn close(&self) {
        // Acquire: pairs with the release of those who have left.
        if self.state.fetch_or(CLOSED, Ordering::AcqRel) == 0 {
            return;
        }
        self.wait();
    }

    #[cold]
    fn wait(&self) {
        #[cfg(not(loom))]
        {
            // As a rule they are about to leave.
            let backoff = crossbeam_utils::Backoff::new();
            while !backoff.is_completed() {
                if self.is_left() {
                    return;
                }
                backoff.snooze();
            }
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        while !*left {
            left = self.last.wait(left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether the gate is closed, and nobody inside.
    #[cfg(not(loom))]
    fn is_left(&self) -> bool {
        self.state.load(Ordering::Acquire) == CLOSED
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
