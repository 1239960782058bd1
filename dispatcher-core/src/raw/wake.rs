//! Futures that operations gave: where they sleep, and how they come back to the run.
//!
//! A future that isn't ready sleeps in its node. Whoever wakes it sends the node to the run's queue, from which an executor
//! takes it as a token again. A waker may outlive the run: it holds the node's address, and never looks at the node.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::header::Header;

/// The futures of a run that sleep.
pub(super) struct Dormitory {
    sender: Sender<Woken>,
    woken: Receiver<Woken>,
    /// Those that sleep, or are on their way.
    sleeping: AtomicUsize,
}

/// A node whose future was woken; none where whoever waits is to look whether the run was stopped.
struct Woken(Option<NonNull<Header>>);

// SAFETY: it is an address, which only the run that the node belongs to makes a token of again.
unsafe impl Send for Woken {}

impl Dormitory {
    pub(super) fn new() -> Self {
        let (sender, woken) = unbounded();
        Self { sender, woken, sleeping: AtomicUsize::new(0) }
    }

    /// A place to sleep, for a future that is about to be polled.
    pub(super) fn sleeper(&self) -> Arc<Sleeper> {
        Arc::new(Sleeper { state: Mutex::new(State::Awake), sender: self.sender.clone() })
    }

    /// Whether there are futures that sleep, or were woken and haven't been taken.
    pub(super) fn is_used(&self) -> bool {
        // Acquire: pairs with the release in `sleep`.
        self.sleeping.load(Ordering::Acquire) > 0
    }

    /// Lets the future of a node sleep; false if it was woken meanwhile, and must be polled again.
    pub(super) fn sleep(&self, node: NonNull<Header>, sleeper: &Sleeper) -> bool {
        let mut state = sleeper.lock();
        if matches!(*state, State::Woken) {
            *state = State::Awake;
            return false;
        }
        self.sleeping.fetch_add(1, Ordering::Release);
        *state = State::Asleep(node);
        true
    }

    /// A node that was woken, if there is one.
    pub(super) fn take(&self) -> Option<NonNull<Header>> {
        if !self.is_used() {
            return None;
        }
        self.taken(self.woken.try_recv().ok()?)
    }

    /// Waits for a node that is woken; none if no future sleeps, or the run was stopped.
    pub(super) fn wait(&self, stopped: impl Fn() -> bool) -> Option<NonNull<Header>> {
        while self.is_used() && !stopped() {
            // The sender is ours, so the channel doesn't end.
            if let Some(node) = self.taken(self.woken.recv().ok()?) {
                return Some(node);
            }
        }
        None
    }

    fn taken(&self, woken: Woken) -> Option<NonNull<Header>> {
        if woken.0.is_some() {
            self.sleeping.fetch_sub(1, Ordering::Relaxed);
        }
        woken.0
    }

    /// Lets whoever waits look whether the run was stopped.
    pub(super) fn ring(&self) {
        // The receiver is ours, so the channel doesn't end.
        let _ = self.sender.send(Woken(None));
    }
}

/// What a future is woken by.
pub(super) struct Sleeper {
    state: Mutex<State>,
    sender: Sender<Woken>,
}

enum State {
    /// Being polled, or on its way to it.
    Awake,
    /// Woken while it was being polled.
    Woken,
    /// Not ready. The node is there as long as the run is.
    Asleep(NonNull<Header>),
}

// SAFETY: the address in it goes nowhere but to the run's queue, as `Woken`'s.
unsafe impl Send for Sleeper {}
// SAFETY: as above, and the state is behind a lock.
unsafe impl Sync for Sleeper {}

impl Sleeper {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Awake) {
            State::Awake | State::Woken => *state = State::Woken,
            // Where the run is gone, nobody waits.
            State::Asleep(node) => drop(self.sender.send(Woken(Some(node)))),
        }
    }
}
