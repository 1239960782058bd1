//! [`ParallelExecutor`]: a rayon pool.
//!
//! At most as many *workers* as the pool has threads run at a time: loops that take a ready operation, run it, and go on
//! with the first operation that this made ready; so a chain stays on one thread, and values die early. What else becomes
//! ready lies in the worker's own queue; while another worker could have it, the oldest of it is put where others can
//! steal it. A worker that finds nothing ends, and one with work to spare starts another, so nobody ever waits for an
//! operation: the calling thread is the first worker, and what it waits for in the end are threads that are working.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use crossbeam_deque::{Injector, Steal, Stealer, Worker as Queue};
use crossbeam_utils::Backoff;
use once_cell::sync::OnceCell;
use rayon::{Scope, ThreadPool, ThreadPoolBuilder, Yield};

use super::custom::ByUrgency;
use super::{Executor, Inputs, Prepared, Together, Work, sending};
use crate::error::DependencyError;
use crate::node::Node;
use crate::policy::{Settings, settings_methods};
use crate::raw::{Gathered, Ready, Run, Sink};

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
    settings: Settings,
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
        Self { threads: threads.max(1), pool: Pool::Own(Arc::default()), settings: Settings::new() }
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
        Self { threads: pool.current_num_threads(), pool: Pool::Given(pool), settings: Settings::new() }
    }

    settings_methods!(settings);

    /// How many operations run at a time, at most.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    run_methods!(run_roots, Send);

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
        let (sending, errors, receiver) = sending(nodes);
        let run = move |this: &Self| errors.tell(this.run_all(sending));
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

    fn run_roots<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, alone: bool) {
        if roots.is_empty() {
            return;
        }
        match &self.pool {
            Pool::Given(pool) if pool.current_thread_index().is_none() => {
                let crew = Crew::new(run, self.threads, false);
                pool.in_place_scope(|scope| {
                    roots.into_iter().for_each(|root| crew.injected.push(root));
                    crew.wait_outside(scope);
                });
            }
            Pool::Given(pool) => self.work(run, roots, Some(pool), alone),
            Pool::Own(_) if self.threads == 1 => self.work(run, roots, None, alone),
            // Without a pool, the calling thread does it all.
            Pool::Own(_) => self.work(run, roots, self.threads_of_pool(), alone),
        }
    }

    /// Runs what is ready, and all that comes of it; the calling thread takes part.
    fn work<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, pool: Option<&ThreadPool>, is_alone: bool) {
        let Some(pool) = pool.filter(|_| self.threads > 1) else {
            let mut alone = Alone { next: None, stack: Vec::with_capacity(roots.len()), ranked: BinaryHeap::new() };
            for root in roots {
                alone.keep(root);
            }
            while let Some(node) = alone.find(run) {
                if run.stopped() {
                    break;
                }
                if is_alone {
                    node.run(run, &mut alone);
                } else {
                    node.run(run, &mut Together(&mut alone));
                }
            }
            return;
        };
        let crew = Crew::new(run, self.threads - 1, true);
        pool.in_place_scope(|scope| {
            let mut worker = Worker::begin(&crew, scope);
            roots.into_iter().for_each(|root| worker.keep(root));
            worker.work_as_caller(pool.current_thread_index().map(|_| pool));
        });
    }
}

impl Executor for ParallelExecutor {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn execute(&self, work: &mut Work<'_>) {
        let (run, roots) = work.take_parts();
        self.run_roots(run, roots, false);
    }
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

/// Operations with a priority, the most urgent first.
type Ranked<'r> = BinaryHeap<Reverse<ByUrgency<'r>>>;

/// The most urgent operation; with `above`, only if it is more urgent than that.
fn pop_ranked<'r>(ranked: &mut Ranked<'r>, above: Option<i32>) -> Option<Ready<'r>> {
    let Reverse(ByUrgency(first)) = ranked.peek()?;
    let goes = above.is_none_or(|above| first.priority() > above);
    if goes { ranked.pop().map(|Reverse(ByUrgency(first))| first) } else { None }
}

/// The one worker of a run on one thread.
struct Alone<'r> {
    next: Option<Ready<'r>>,
    stack: Vec<Ready<'r>>,
    ranked: Ranked<'r>,
}

impl<'r> Alone<'r> {
    fn keep(&mut self, node: Ready<'r>) {
        if node.priority() == 0 { self.stack.push(node) } else { self.ranked.push(Reverse(ByUrgency(node))) }
    }

    #[inline]
    fn find(&mut self, run: &'r Run) -> Option<Ready<'r>> {
        if !self.ranked.is_empty()
            && let Some(urgent) = pop_ranked(&mut self.ranked, Some(0))
        {
            return Some(urgent);
        }
        self.next
            .take()
            .or_else(|| self.stack.pop())
            .or_else(|| run.woken())
            .or_else(|| pop_ranked(&mut self.ranked, None))
            .or_else(|| run.wait())
    }
}

impl<'r> Sink<'r> for Alone<'r> {
    const ALONE: bool = true;

    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if node.priority() != 0 {
            return self.keep(node);
        }
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
    /// What belongs to no worker.
    injected: Injector<Ready<'r>>,
    /// Operations that are more or less urgent than others, and how many there are.
    ranked: Mutex<Ranked<'r>>,
    ranks: AtomicUsize,
    /// How many helpers there are, beside the calling thread, and may be.
    helping: AtomicUsize,
    helpers: usize,
    /// The calling thread waits for something to do, or for the end.
    waiting: AtomicBool,
    /// How many workers run operations, or look for some.
    active: AtomicUsize,
    /// How often a worker has become one of those.
    stirs: AtomicUsize,
    /// Nothing more can become ready: nobody need look for it.
    over: AtomicBool,
}

impl<'r> Crew<'r> {
    /// A crew of so many helpers, none of which has begun; and the calling thread, if it works too.
    fn new(run: &'r Run, helpers: usize, caller_works: bool) -> Self {
        let queues: Vec<_> = (0..helpers + usize::from(caller_works)).map(|_| Queue::new_lifo()).collect();
        let stealers = queues.iter().map(Queue::stealer).collect();
        let places = queues.into_iter().map(|queue| Mutex::new(Some(queue))).collect();
        Self {
            run,
            places,
            stealers,
            injected: Injector::new(),
            ranked: Mutex::default(),
            ranks: AtomicUsize::new(0),
            helping: AtomicUsize::new(0),
            helpers,
            waiting: AtomicBool::new(false),
            active: AtomicUsize::new(0),
            stirs: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// A worker begins to look for operations.
    fn stir(&self) {
        self.active.fetch_add(1, Ordering::SeqCst);
        self.stirs.fetch_add(1, Ordering::SeqCst);
    }

    /// A worker that has nothing doesn't look for a while.
    fn rest(&self) {
        self.active.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether nothing more can become ready; for a worker that rests. What a worker has taken, or makes ready, is seen by its being
    /// active; that none was in between, by the number of times that one became so. A node that is woken is taken by who isn't
    /// active, so where any slept nobody can tell.
    fn is_over(&self) -> bool {
        let stirs = self.stirs.load(Ordering::SeqCst);
        let quiet = || self.active.load(Ordering::SeqCst) == 0;
        let over = self.over.load(Ordering::Relaxed)
            || quiet()
                && !self.shows()
                && !self.run.has_waited()
                && quiet()
                && self.stirs.load(Ordering::SeqCst) == stirs;
        if over {
            self.over.store(true, Ordering::Relaxed);
        }
        over
    }

    /// Counts one helper more, if there may be one.
    fn hire(&self) -> bool {
        let more = |helping| (helping < self.helpers).then_some(helping + 1);
        self.helping.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Whether there is something that any worker could take.
    fn shows(&self) -> bool {
        self.ranks.load(Ordering::Relaxed) > 0
            || !self.injected.is_empty()
            || self.stealers.iter().any(|stealer| !stealer.is_empty())
    }

    /// Wakes the calling thread, if it waits.
    fn call(&self) -> bool {
        let waits = self.waiting.load(Ordering::Relaxed) && self.waiting.swap(false, Ordering::AcqRel);
        if waits {
            self.run.ring();
        }
        waits
    }

    /// Sees that what is shown is taken: by the calling thread, or by one helper more.
    fn get_help<'w>(&'w self, scope: &Scope<'w>) {
        // Pairs with the fences of those who leave, and of the calling thread when it goes to sleep: either we see that they are
        // gone, or they see what is shown.
        fence(Ordering::SeqCst);
        if self.places.len() > self.helpers && self.call() {
            return;
        }
        if self.helping.load(Ordering::Relaxed) < self.helpers && self.hire() {
            scope.spawn(move |scope| {
                let leaves = Leaves(self);
                Worker::begin(self, scope).work();
                std::mem::forget(leaves);
            });
        }
    }

    fn rank(&self, node: Ready<'r>) {
        let mut ranked = self.ranked.lock().unwrap_or_else(PoisonError::into_inner);
        ranked.push(Reverse(ByUrgency(node)));
        self.ranks.store(ranked.len(), Ordering::Relaxed);
    }

    /// The most urgent operation; with `above`, only if it is more urgent than that.
    #[inline]
    fn most_urgent(&self, above: Option<i32>) -> Option<Ready<'r>> {
        if self.ranks.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut ranked = self.ranked.lock().unwrap_or_else(PoisonError::into_inner);
        let first = pop_ranked(&mut ranked, above);
        self.ranks.store(ranked.len(), Ordering::Relaxed);
        first
    }

    /// Whether the calling thread is to go on waiting; if so, whoever has something for it from now on calls it.
    fn goes_on(&self) -> bool {
        self.run.listen();
        self.waiting.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        !self.run.stopped() && (self.helping.load(Ordering::Relaxed) > 0 || self.run.is_waiting() || self.shows())
    }

    /// Lets helpers run it all, while the calling thread waits for nodes to be woken.
    fn wait_outside<'w>(&'w self, scope: &Scope<'w>) {
        while self.goes_on() {
            for _ in 0..self.injected.len().min(self.helpers) {
                self.get_help(scope);
            }
            if let Some(node) = self.run.doze(None) {
                self.injected.push(node);
            }
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

/// The least and the most that a worker shares at once.
const SHARE: (usize, usize) = (16, 256);
/// How long a thread of the pool that waits for a run doesn't look whether the pool has other work.
const GLANCE: Duration = Duration::from_millis(1);
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
    gathered: Gathered,
}

impl<'w, 'r, 's> Worker<'w, 'r, 's> {
    /// A worker of the crew, who is counted already.
    fn begin(crew: &'w Crew<'r>, scope: &'s Scope<'w>) -> Self {
        let backoff = Backoff::new();
        loop {
            for (place, queue) in crew.places.iter().enumerate() {
                if let Some(shared) = queue.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    return Self {
                        crew,
                        scope,
                        place,
                        next: None,
                        local: VecDeque::new(),
                        shared,
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
        if node.priority() == 0 { self.local.push_back(node) } else { self.crew.rank(node) }
    }

    /// Runs what there is, until there is nothing.
    fn run_all(&mut self) {
        self.crew.stir();
        while let Some(node) = self.find() {
            if self.crew.run.stopped() {
                break;
            }
            if let Some(ready) = self.gathered.bring(self.crew.run, Some(&node)) {
                self.ready(ready);
            }
            self.share();
            node.run(self.crew.run, self);
        }
        self.crew.rest();
    }

    /// Brings what was gathered, before this worker looks for work elsewhere. Gives what that made ready.
    #[inline]
    fn bring(&mut self) -> Option<Ready<'r>> {
        self.gathered.bring(self.crew.run, None)
    }

    /// A helper's work.
    fn work(mut self) {
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
        *crew.places[self.place].lock().unwrap_or_else(PoisonError::into_inner) = Some(self.shared);
        if crew.helping.load(Ordering::Relaxed) == 0 {
            crew.call();
        }
    }

    /// The calling thread's work, which doesn't end before the run does.
    ///
    /// One that is a thread of the pool itself (an operation that runs a graph) goes on helping the pool: what it waits for may
    /// be waiting for a thread.
    fn work_as_caller(mut self, inside: Option<&ThreadPool>) {
        let crew = self.crew;
        loop {
            self.run_all();
            if crew.run.stopped() {
                break;
            }
            if crew.helping.load(Ordering::Acquire) == 0 && !crew.run.is_waiting() && !crew.shows() {
                break;
            }
            if crew.is_over() {
                break;
            }
            if !crew.goes_on() {
                break;
            }
            if !crew.shows() {
                self.next = match inside {
                    None => crew.run.doze(None),
                    Some(pool) => match pool.yield_now() {
                        Some(Yield::Executed) => None,
                        _ => crew.run.doze(Some(Instant::now() + GLANCE)),
                    },
                };
            }
            crew.waiting.store(false, Ordering::Relaxed);
        }
        crew.waiting.store(false, Ordering::Relaxed);
    }

    #[inline]
    fn find(&mut self) -> Option<Ready<'r>> {
        self.crew
            .most_urgent(Some(0))
            .or_else(|| self.next.take())
            .or_else(|| self.local.pop_back())
            .or_else(|| self.bring())
            .or_else(|| self.shared.pop())
            .or_else(|| self.crew.run.woken())
            .or_else(|| self.steal())
            .or_else(|| self.crew.most_urgent(None))
    }

    /// Takes work from another worker; looks for a while before it gives up.
    #[cold]
    fn steal(&mut self) -> Option<Ready<'r>> {
        let backoff = Backoff::new();
        for _ in 0..LOOKS {
            let mut again = false;
            match self.crew.injected.steal() {
                Steal::Success(node) => return Some(node),
                Steal::Retry => again = true,
                Steal::Empty => {}
            }
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
            // Alone, and nothing here: nobody will bring anything. The calling thread is not counted.
            let others = self.crew.helping.load(Ordering::Relaxed) + self.crew.places.len() - self.crew.helpers;
            if !again && (others <= 1 || self.crew.ranks.load(Ordering::Relaxed) > 0) {
                return None;
            }
            self.crew.rest();
            let over = self.crew.is_over();
            if !over {
                backoff.snooze();
            }
            self.crew.stir();
            if over {
                return None;
            }
        }
        None
    }

    /// Shows others some of what this worker won't come to soon, and sees that there are others.
    #[inline]
    fn share(&mut self) {
        if self.shared.is_empty() {
            if self.local.is_empty() {
                if self.crew.ranks.load(Ordering::Relaxed) > 0 {
                    self.crew.get_help(self.scope);
                }
                return;
            }
            let threads = self.crew.places.len();
            let count = (self.local.len() / (8 * threads)).clamp(SHARE.0, SHARE.1);
            for node in self.local.drain(..count.min(self.local.len())) {
                self.shared.push(node);
            }
            self.crew.get_help(self.scope);
        } else if self.crew.helping.load(Ordering::Relaxed) < self.crew.helpers
            || self.crew.waiting.load(Ordering::Relaxed)
        {
            self.crew.get_help(self.scope);
        }
    }
}

impl<'r> Sink<'r> for Worker<'_, 'r, '_> {
    #[inline]
    fn gathered(&mut self) -> Option<&mut Gathered> {
        Some(&mut self.gathered)
    }

    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if node.priority() != 0 {
            return self.crew.rank(node);
        }
        if let Some(later) = first_built(&mut self.next, node) {
            self.local.push_back(later);
        }
    }
}
