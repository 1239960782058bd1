//! Nodes that wait for something outside of the graph: futures that operations gave, and operations that are to be tried again
//! after a while. Where they sleep, and how they come back to the run.
//!
//! A future that isn't ready sleeps in its node. Whoever wakes it sends the node to the run's queue, from which an executor
//! takes it as a token again. A waker may outlive the run: it holds the node's address, and never looks at the node. What is to
//! happen at a certain time is an alarm; whoever looks for work looks at the clock too.

use std::cmp::Ordering as Order;
use std::collections::BinaryHeap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::Instant;

use crossbeam_channel::{Receiver, Select, Sender, at, bounded, never, select, unbounded};

use super::header::Header;
use crate::cancel::Listen;

/// The nodes of a run that sleep.
pub(super) struct Dormitory {
    bell: Arc<Bell>,
    woken: Receiver<Woken>,
    rung: Receiver<()>,
    /// Those that sleep, or are on their way.
    sleeping: AtomicUsize,
    /// How many alarms are set.
    set: AtomicUsize,
    alarms: Mutex<Alarms>,
}

/// The alarms of a run, the first first.
#[derive(Default)]
struct Alarms {
    heap: BinaryHeap<Alarm>,
    /// How many there may be before those are cleared away that nobody needs any more.
    many: usize,
}

impl Alarms {
    fn push(&mut self, alarm: Alarm) {
        if self.heap.len() >= self.many {
            self.heap.retain(|alarm| alarm.what.is_needed());
            self.many = (2 * self.heap.len()).max(64);
        }
        self.heap.push(alarm);
    }
}

/// A node that was woken.
struct Woken(NonNull<Header>);

// SAFETY: it is an address, which only the run that the node belongs to makes a token of again.
unsafe impl Send for Woken {}

/// What wakes whoever waits for a node.
pub(crate) struct Bell {
    woken: Sender<Woken>,
    /// Tells the one who waits to look at the run.
    ring: Sender<()>,
    /// The task that drives the run, if it is one and waits.
    task: Mutex<Option<Waker>>,
}

impl Bell {
    fn wake(&self, woken: Woken) {
        // Where the run is gone, nobody waits.
        let _ = self.woken.send(woken);
        self.wake_task();
    }

    fn ring(&self) {
        // One that hasn't been heard yet is enough.
        let _ = self.ring.try_send(());
        self.wake_task();
    }

    /// Wakes `task` too, once.
    pub(super) fn wake_task_later(&self, task: &Waker) {
        // Wakers are the runtime's: none is cloned or dropped under the lock.
        let task = task.clone();
        let before = self.task.lock().unwrap_or_else(PoisonError::into_inner).replace(task);
        drop(before);
    }

    fn wake_task(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl Listen for Bell {
    fn cancelled(&self) {
        self.ring();
    }
}

/// What happens at a certain time.
struct Alarm {
    at: Instant,
    what: Due,
}

enum Due {
    /// A future is polled once more.
    Future(Arc<Sleeper>),
    /// An operation is tried again.
    Again(NonNull<Header>),
    /// An operation whose subgraph isn't done has taken too long.
    Late(Arc<Watch>),
}

impl Due {
    /// Whether somebody may be helped by it still.
    fn is_needed(&self) -> bool {
        match self {
            Self::Future(sleeper) => Arc::strong_count(sleeper) > 1,
            Self::Again(_) => true,
            Self::Late(watch) => watch.is_on(),
        }
    }
}

// SAFETY: as `Woken`'s.
unsafe impl Send for Alarm {}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}
impl Eq for Alarm {}
impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Order> {
        Some(self.cmp(other))
    }
}
impl Ord for Alarm {
    /// The first is the greatest.
    fn cmp(&self, other: &Self) -> Order {
        other.at.cmp(&self.at)
    }
}

/// An operation whose subgraph is under way and that must be done by a certain time; none once it is.
pub(super) struct Watch(Mutex<Option<NonNull<Header>>>);

// SAFETY: whoever looks at the node does so while the operation is under way, as long as it has the lock.
unsafe impl Send for Watch {}
// SAFETY: as above.
unsafe impl Sync for Watch {}

impl Watch {
    pub(super) fn new(node: NonNull<Header>) -> Self {
        Self(Mutex::new(Some(node)))
    }

    /// Ends the watch.
    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether the operation isn't done.
    fn is_on(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Lets `see` look at the operation, if it isn't done.
    fn with(&self, see: impl FnOnce(&Header)) -> bool {
        let node = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = *node {
            // SAFETY: whoever completes the operation ends the watch before, so it is alive as long as we have the lock.
            see(unsafe { node.as_ref() });
        }
        node.is_some()
    }
}

/// What there is for whoever looks.
pub(super) enum Found {
    /// A node to run.
    Node(NonNull<Header>),
    /// An operation has taken too long, and has been told so: the run must not go on.
    Late,
}

impl Dormitory {
    pub(super) fn new() -> Self {
        let (sender, woken) = unbounded();
        let (ring, rung) = bounded(1);
        let bell = Arc::new(Bell { woken: sender, ring, task: Mutex::new(None) });
        Self { bell, woken, rung, sleeping: AtomicUsize::new(0), set: AtomicUsize::new(0), alarms: Mutex::default() }
    }

    /// A place to sleep, for a future that is about to be polled.
    pub(super) fn sleeper(&self) -> Arc<Sleeper> {
        Arc::new(Sleeper { state: Mutex::new(State::Awake), bell: Arc::clone(&self.bell) })
    }

    pub(super) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Whether there are nodes that sleep, or were woken and haven't been taken.
    pub(super) fn is_used(&self) -> bool {
        // Acquire: pairs with the releases in `count_in` and `count_out`.
        self.sleeping.load(Ordering::Acquire) > 0
    }

    fn count_in(&self) {
        self.sleeping.fetch_add(1, Ordering::Release);
    }

    fn count_out(&self) {
        // Release: whoever sees that the node doesn't sleep any more sees that its taker is at work (`is_used`).
        self.sleeping.fetch_sub(1, Ordering::Release);
    }

    /// Lets the future of a node sleep; false if it was woken meanwhile, and must be polled again.
    pub(super) fn sleep(&self, node: NonNull<Header>, sleeper: &Sleeper) -> bool {
        let mut state = sleeper.lock();
        if matches!(*state, State::Woken) {
            *state = State::Awake;
            return false;
        }
        self.count_in();
        *state = State::Asleep(node);
        true
    }

    /// Has a future polled once more at a certain time, if it sleeps then.
    pub(super) fn wake_at(&self, at: Instant, sleeper: &Arc<Sleeper>) {
        self.set(Alarm { at, what: Due::Future(Arc::clone(sleeper)) });
    }

    /// Has an operation tried again at a certain time. The token of the node goes to the alarm.
    pub(super) fn again_at(&self, at: Instant, node: NonNull<Header>) {
        self.count_in();
        self.set(Alarm { at, what: Due::Again(node) });
    }

    /// Watches an operation from a certain time on.
    pub(super) fn watch_from(&self, at: Instant, watch: &Arc<Watch>) {
        self.set(Alarm { at, what: Due::Late(Arc::clone(watch)) });
    }

    fn set(&self, alarm: Alarm) {
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        let first = alarms.heap.peek().is_none_or(|first| alarm.at < first.at);
        alarms.push(alarm);
        self.set.store(alarms.heap.len(), Ordering::Release);
        drop(alarms);
        if first {
            // Whoever waits has a later time in mind.
            self.ring();
        }
    }

    /// What there is to do, if there is something.
    pub(super) fn take(&self) -> Option<Found> {
        if self.set.load(Ordering::Acquire) > 0
            && let Some(due) = self.due()
        {
            return Some(due);
        }
        if !self.is_used() {
            return None;
        }
        self.woken.try_recv().ok().map(|woken| self.taken(&woken))
    }

    /// Waits until there may be something to do, at most until `until`. For one thread at a time.
    pub(super) fn wait(&self, until: Option<Instant>) -> Option<Found> {
        let until = [self.next_alarm(), until].into_iter().flatten().min();
        let time_is_up = until.map_or_else(never, at);
        select! {
            recv(self.woken) -> woken => woken.ok().map(|woken| self.taken(&woken)),
            recv(self.rung) -> _ => None,
            recv(time_is_up) -> _ => None,
        }
    }

    /// As [`wait`](Self::wait), and takes nothing.
    pub(super) fn wait_for_news(&self, until: Option<Instant>) {
        let until = [self.next_alarm(), until].into_iter().flatten().min();
        let mut select = Select::new();
        select.recv(&self.woken);
        let ring = select.recv(&self.rung);
        let news = match until {
            Some(until) => select.ready_deadline(until).ok(),
            None => Some(select.ready()),
        };
        if news == Some(ring) {
            let _ = self.rung.try_recv();
        }
    }

    /// When the next alarm goes off.
    pub(super) fn next_alarm(&self) -> Option<Instant> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner).heap.peek().map(|alarm| alarm.at)
    }

    fn taken(&self, woken: &Woken) -> Found {
        self.count_out();
        Found::Node(woken.0)
    }

    /// Lets the alarms go off whose time has come, up to the first one that gives something to do.
    #[cold]
    fn due(&self) -> Option<Found> {
        loop {
            let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
            let first = alarms.heap.peek()?;
            if first.at > Instant::now() {
                return None;
            }
            let alarm = alarms.heap.pop()?;
            self.set.store(alarms.heap.len(), Ordering::Release);
            drop(alarms);
            match alarm.what {
                Due::Future(sleeper) => {
                    if let Some(node) = sleeper.rouse() {
                        self.count_out();
                        return Some(Found::Node(node));
                    }
                }
                Due::Again(node) => {
                    self.count_out();
                    return Some(Found::Node(node));
                }
                Due::Late(watch) => {
                    if watch.with(super::trial::is_late) {
                        return Some(Found::Late);
                    }
                }
            }
        }
    }

    /// Lets whoever waits look at the run.
    pub(super) fn ring(&self) {
        self.bell.ring();
    }
}

/// What a future is woken by.
pub(super) struct Sleeper {
    state: Mutex<State>,
    bell: Arc<Bell>,
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

    /// The future is about to be polled: what woke it before doesn't matter any more.
    pub(super) fn begin(&self) {
        *self.lock() = State::Awake;
    }

    /// Wakes the future; gives the node if it slept.
    fn rouse(&self) -> Option<NonNull<Header>> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Awake) {
            State::Awake | State::Woken => {
                *state = State::Woken;
                None
            }
            State::Asleep(node) => Some(node),
        }
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(node) = self.rouse() {
            self.bell.wake(Woken(node));
        }
    }
}
