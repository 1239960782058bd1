//! [`ParallelExecutor`]: a rayon pool.
//!
//! At most as many *workers* as the pool has threads run at a time: loops that take a ready operation, run it, and go on
//! with the first operation that this made ready; so a chain stays on one thread, and values die early. What else becomes
//! ready lies in the worker's own queue; while another worker could have it, the oldest of it is put where others can
//! steal it. A worker that finds nothing ends, and one with work to spare starts another, so nobody ever waits for an
//! operation: the calling thread is the first worker, and what it waits for in the end are threads that are working.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::{Receiver, Sender};
use crossbeam_deque::{Steal, Stealer, Worker as Queue};
use crossbeam_utils::Backoff;
use once_cell::sync::OnceCell;
use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use crate::error::DependencyError;
use crate::node::Node;
use crate::raw::{self, Given, Outcome, Ready, Run, Sink};
use crate::site::Site;

/// Runs operations on a rayon pool.
///
/// The pool is the executor's own, of as many threads as there are processors or as you say, or one that you hand in. With
/// a pool of its own, the calling thread takes part and counts as one of the threads, so that small graphs cost no wake-up:
/// operations may run on it. With a pool that you hand in, operations run on that pool's threads alone.
///
/// An operation may itself run graphs, on this executor too, and use rayon's iterators: nothing blocks, whatever the number
/// of threads.
///
/// Runs that share a pool share its threads: a run may end a little later than its last operation, when a thread that it has
/// asked for help is still inside an operation of another run. So don't let an operation of one run wait for another run on
/// the same executor in another thread.
///
/// Cloning an executor is cheap; the clones share the pool.
///
/// # Examples
/// ```
/// use dispatcher_core::{CollectNode, Op, ParallelExecutor};
///
/// let squares: Vec<_> = (0..10_u64).map(|n| Op::new("square", (), move |()| n * n)).collect();
/// let sum = Op::new("sum", (CollectNode::new(squares),), |(xs,)| xs.iter().sum::<u64>());
/// assert_eq!(ParallelExecutor::new().run(sum)?, 285);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ParallelExecutor {
    threads: usize,
    pool: Pool,
    fail_fast: bool,
}

#[derive(Debug, Clone)]
enum Pool {
    /// Built when it is first needed. The threads beside the calling one.
    Own(Arc<OnceCell<ThreadPool>>),
    Given(Arc<ThreadPool>),
}

impl Default for ParallelExecutor {
    fn default() -> Self {
        Self::new()
    }
}

impl ParallelExecutor {
    /// An executor with as many threads as there are processors.
    pub fn new() -> Self {
        Self::with_threads(std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// An executor that runs at most `threads` operations at a time; one, if that is zero.
    pub fn with_threads(threads: usize) -> Self {
        Self { threads: threads.max(1), pool: Pool::Own(Arc::default()), fail_fast: true }
    }

    /// An executor that runs operations on the threads of `pool`.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Op, ParallelExecutor};
    ///
    /// let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build()?;
    /// let executor = ParallelExecutor::with_pool(pool);
    /// let index = Op::new("index", (), |()| rayon::current_thread_index());
    /// assert!(executor.run(index)?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_pool(pool: impl Into<Arc<ThreadPool>>) -> Self {
        let pool = pool.into();
        Self { threads: pool.current_num_threads(), pool: Pool::Given(pool), fail_fast: true }
    }

    /// Whether the first failure stops what has not started (the default), or independent branches are finished.
    pub fn fail_fast(mut self, yes: bool) -> Self {
        self.fail_fast = yes;
        self
    }

    /// How many operations run at a time, at most.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs the operations that `node` depends on, and gives its value.
    ///
    /// # Errors
    /// A [`DependencyError`] if an operation that it depends on failed.
    pub fn run<T: Send>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        super::only(self.run_all([node]))
    }

    /// Runs the operations that `nodes` depend on, and gives a result for each, in order.
    pub fn run_all<'g, T: Send>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
    ) -> Vec<Result<T, DependencyError>> {
        super::drive(nodes, self.fail_fast, |run, roots| self.execute(run, roots))
    }

    /// Runs the operations that `nodes` depend on, and hands over each result as it is there: `consume` gets a channel of
    /// results, each with its place in `nodes`, which ends after the last one.
    ///
    /// The channel is unbounded, so a slow consumer keeps no thread of the pool waiting, and one that stops early loses
    /// only what it didn't take. `consume` runs on the calling thread while the pool works; called from a thread of the
    /// pool, it runs when all results are there, so that a pool of one thread is enough. Errors come last.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Op, ParallelExecutor};
    ///
    /// let squares = (0..4_usize).map(|n| Op::new("square", (), move |()| n * n));
    /// let mut seen = ParallelExecutor::new().stream(squares, |results| results.iter().collect::<Vec<_>>());
    /// seen.sort_by_key(|(place, _)| *place);
    /// for (place, square) in seen {
    ///     assert_eq!(square?, place * place);
    /// }
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    pub fn stream<'g, T: Send + 'g, R>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
        consume: impl FnOnce(Receiver<(usize, Result<T, DependencyError>)>) -> R,
    ) -> R {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let sending: Vec<Node<'_, ()>> =
            nodes.into_iter().enumerate().map(|(place, node)| send_to(sender.clone(), place, node)).collect();
        let run = move |this: &Self| {
            for (place, sent) in this.run_all(sending).into_iter().enumerate() {
                if let Err(error) = sent {
                    // A consumer that is gone wants no more results.
                    let _ = sender.send((place, Err(error.without_last())));
                }
            }
        };
        match self.threads_of_pool() {
            Some(pool) if pool.current_thread_index().is_none() => pool.in_place_scope(|scope| {
                scope.spawn(|_| run(self));
                consume(receiver)
            }),
            _ => {
                run(self);
                consume(receiver)
            }
        }
    }

    /// The pool; none where the system gives no threads for one.
    fn threads_of_pool(&self) -> Option<&ThreadPool> {
        match &self.pool {
            Pool::Given(pool) => Some(pool),
            Pool::Own(pool) => {
                let build = || ThreadPoolBuilder::new().num_threads(self.threads).thread_name(name).build();
                pool.get_or_try_init(build).ok()
            }
        }
    }

    fn execute<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>) {
        if roots.is_empty() {
            return;
        }
        match &self.pool {
            Pool::Given(pool) => pool.install(|| self.work(run, roots, Some(pool))),
            Pool::Own(_) if self.threads == 1 => self.work(run, roots, None),
            // Without a pool, the calling thread does it all.
            Pool::Own(_) => self.work(run, roots, self.threads_of_pool()),
        }
    }

    fn work<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, pool: Option<&ThreadPool>) {
        let Some(pool) = pool.filter(|_| self.threads > 1) else {
            let mut alone = Alone { next: None, stack: roots };
            while let Some(node) = alone.next.take().or_else(|| alone.stack.pop()).or_else(|| run.wait()) {
                if run.stopped() {
                    break;
                }
                node.run(run, &mut alone);
            }
            return;
        };
        let crew = Crew::new(run, self.threads);
        pool.in_place_scope(|scope| {
            if let Some(mut worker) = Worker::begin(&crew, scope) {
                worker.local = roots.into();
                worker.work();
            }
        });
    }
}

/// The operation that sends a node's value.
fn send_to<'g, T: Send + 'g>(
    sender: Sender<(usize, Result<T, DependencyError>)>,
    place: usize,
    node: Node<'g, T>,
) -> Node<'g, ()> {
    static SEND: Site = Site { label: "send", form: "send(\u{1}_\u{2})", file: "", line: 0, column: 0 };
    raw::op_node(&SEND, (node,), move |(value,), _| {
        // A consumer that is gone wants no more results.
        let _ = sender.send((place, Ok(value)));
        Outcome(Given::Value(()))
    })
}

fn name(index: usize) -> String {
    format!("dispatcher-{index}")
}

/// Of the nodes that one operation made ready the first built is next, so that values go early and memory is gone through as
/// it was built. Gives what has to wait.
#[inline]
fn first_built<'r>(next: &mut Option<Ready<'r>>, node: Ready<'r>) -> Option<Ready<'r>> {
    match next {
        Some(first) if first.seq() < node.seq() => Some(node),
        _ => next.replace(node),
    }
}

/// The one worker of a run on one thread.
struct Alone<'r> {
    next: Option<Ready<'r>>,
    stack: Vec<Ready<'r>>,
}

impl<'r> Sink<'r> for Alone<'r> {
    const ALONE: bool = true;

    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if let Some(later) = first_built(&mut self.next, node) {
            self.stack.push(later);
        }
    }
}

/// What the workers of a run share.
struct Crew<'r> {
    run: &'r Run,
    /// A place for each worker that may be: its queue, while nobody holds it.
    places: Vec<Mutex<Option<Queue<Ready<'r>>>>>,
    stealers: Vec<Stealer<Ready<'r>>>,
    /// How many workers there are.
    working: AtomicUsize,
}

impl<'r> Crew<'r> {
    /// A crew with one worker, who hasn't begun.
    fn new(run: &'r Run, threads: usize) -> Self {
        let queues: Vec<_> = (0..threads).map(|_| Queue::new_lifo()).collect();
        let stealers = queues.iter().map(Queue::stealer).collect();
        let places = queues.into_iter().map(|queue| Mutex::new(Some(queue))).collect();
        Self { run, places, stealers, working: AtomicUsize::new(1) }
    }

    /// Counts one worker more, if there may be one.
    fn hire(&self) -> bool {
        let more = |working| (working < self.places.len()).then_some(working + 1);
        self.working.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }
}

/// The least and the most that a worker shares at once.
const SHARE: (usize, usize) = (16, 256);
/// How often a worker without work looks for some before it ends.
const LOOKS: u32 = 64;

/// A loop that runs operations.
struct Worker<'w, 'r, 's> {
    crew: &'w Crew<'r>,
    scope: &'s Scope<'w>,
    place: usize,
    /// The next operation to run.
    next: Option<Ready<'r>>,
    /// Ready operations that only this worker sees, the oldest first.
    local: VecDeque<Ready<'r>>,
    /// Ready operations that others may steal.
    shared: Queue<Ready<'r>>,
}

impl<'w, 'r, 's> Worker<'w, 'r, 's> {
    /// A worker of the crew, who is counted already.
    fn begin(crew: &'w Crew<'r>, scope: &'s Scope<'w>) -> Option<Self> {
        let found = crew
            .places
            .iter()
            .enumerate()
            .find_map(|(place, queue)| Some((place, queue.lock().unwrap_or_else(PoisonError::into_inner).take()?)));
        let (place, shared) = found?;
        Some(Self { crew, scope, place, next: None, local: VecDeque::new(), shared })
    }

    fn work(mut self) {
        let crew = self.crew;
        loop {
            while let Some(node) = self.find() {
                if crew.run.stopped() {
                    break;
                }
                self.share();
                node.run(crew.run, &mut self);
            }
            let last = crew.working.fetch_sub(1, Ordering::AcqRel) == 1;
            if last && !crew.run.stopped() && crew.run.is_waiting() && crew.hire() {
                // All that is left are futures that sleep; the last to leave waits for one.
                self.next = crew.run.wait();
                continue;
            }
            // Pairs with the fence in `share`: either we see what was shown before we were counted out, or whoever showed it
            // sees that we are gone, and hires another.
            fence(Ordering::SeqCst);
            let shown = crew.stealers.iter().any(|stealer| !stealer.is_empty());
            if crew.run.stopped() || !shown || !crew.hire() {
                break;
            }
        }
        *crew.places[self.place].lock().unwrap_or_else(PoisonError::into_inner) = Some(self.shared);
    }

    #[inline]
    fn find(&mut self) -> Option<Ready<'r>> {
        self.next
            .take()
            .or_else(|| self.local.pop_back())
            .or_else(|| self.shared.pop())
            .or_else(|| self.crew.run.woken())
            .or_else(|| self.steal())
    }

    /// Takes work from another worker; looks for a while before it gives up.
    #[cold]
    fn steal(&mut self) -> Option<Ready<'r>> {
        let backoff = Backoff::new();
        for _ in 0..LOOKS {
            let mut again = false;
            for (place, stealer) in self.crew.stealers.iter().enumerate() {
                if place == self.place {
                    continue;
                }
                match stealer.steal_batch_and_pop(&self.shared) {
                    Steal::Success(node) => return Some(node),
                    Steal::Retry => again = true,
                    Steal::Empty => {}
                }
            }
            // Alone, and nothing here: nobody will bring anything.
            if !again && self.crew.working.load(Ordering::Relaxed) == 1 {
                return None;
            }
            backoff.snooze();
        }
        None
    }

    /// Shows others some of what this worker won't come to soon, and sees that there are others.
    #[inline]
    fn share(&mut self) {
        if self.shared.is_empty() {
            if self.local.is_empty() {
                return;
            }
            let threads = self.crew.places.len();
            let count = (self.local.len() / (8 * threads)).clamp(SHARE.0, SHARE.1);
            for node in self.local.drain(..count.min(self.local.len())) {
                self.shared.push(node);
            }
            fence(Ordering::SeqCst);
        }
        if self.crew.working.load(Ordering::Relaxed) < self.crew.places.len() && self.crew.hire() {
            let crew = self.crew;
            self.scope.spawn(move |scope| {
                match Worker::begin(crew, scope) {
                    Some(worker) => worker.work(),
                    // One who is leaving has the place still, and looks once more before giving it up.
                    None => {
                        crew.working.fetch_sub(1, Ordering::Relaxed);
                    }
                }
            });
        }
    }
}

impl<'r> Sink<'r> for Worker<'_, 'r, '_> {
    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if let Some(later) = first_built(&mut self.next, node) {
            self.local.push_back(later);
        }
    }
}
