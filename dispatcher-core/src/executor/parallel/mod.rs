//! [`ParallelExecutor`]: a rayon pool.
//!
//! At most as many *workers* as the pool has threads run at a time: loops that take a ready operation, run it, and go on with an
//! operation that this made ready; so a chain stays on one thread, and values die early. What else becomes ready is put where others
//! can take it, a few operations one by one, of many a lot at a time; only where many are there for others it keeps some to itself. A
//! worker that finds nothing ends, and one with work to share starts another, so nobody ever waits for an operation: the calling
//! thread is the first worker, and what it waits for in the end are threads that are working.

mod crew;
mod helpers;
mod pace;
mod shown;
mod worker;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_channel::Receiver;
use once_cell::sync::OnceCell;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::custom::ByUrgency;
use super::{Executor, Inputs, Prepared, Together, Work, sending};
use crate::error::DependencyError;
use crate::node::Node;
use crate::policy::{Settings, settings_methods};
use crate::raw::{Queues, Ready, Run, Sink, with_help};
use crew::{Crew, Ranked, pop_ranked};
use helpers::Helpers;
use worker::Worker;

/// Runs operations on a rayon pool.
///
/// The pool is the executor's own, of as many threads as there are processors or as you say, or one that you hand in. With
/// a pool of its own, the calling thread takes part and counts as one of the threads, so that small graphs cost no wake-up:
/// operations may run on it. With a pool that you hand in, operations run on that pool's threads alone.
///
/// An operation may itself run graphs, on this executor too, and use rayon's iterators: nothing blocks, whatever the number
/// of threads.
///
/// Runs that share a pool share its threads. A run doesn't wait for a thread that it has asked for help and that is busy elsewhere,
/// but on a pool that you hand in, a run from outside needs one of its threads. So don't let an operation of one run wait for
/// another run on that pool in another thread.
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
    shared: Arc<Shared>,
    settings: Settings,
}

#[derive(Debug, Clone)]
enum Pool {
    /// Built when it is first needed. The threads beside the calling one.
    Own(Arc<OnceCell<ThreadPool>>),
    Given(Arc<ThreadPool>),
}

/// What the runs of an executor and of its clones share.
#[derive(Default)]
struct Shared {
    /// Queues that no run uses at present.
    queues: Mutex<Option<Queues<'static>>>,
    helpers: Arc<Helpers>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    fn of_own_pool() -> Self {
        Self { queues: Mutex::default(), helpers: Arc::new(Helpers::of_own_pool()) }
    }

    fn take(&self, workers: usize) -> Queues<'static> {
        let kept = self.queues.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| Queues::new(workers))
    }

    fn keep(&self, queues: Option<Queues<'static>>) {
        if queues.is_some() {
            *self.queues.lock().unwrap_or_else(PoisonError::into_inner) = queues;
        }
    }
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
        Self {
            threads: threads.max(1),
            pool: Pool::Own(Arc::default()),
            shared: Arc::new(Shared::of_own_pool()),
            settings: Settings::new(),
        }
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
        Self {
            threads: pool.current_num_threads(),
            pool: Pool::Given(pool),
            shared: Arc::default(),
            settings: Settings::new(),
        }
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

    fn run_roots<'r>(&'r self, run: &'r Run, roots: Vec<Ready<'r>>, alone: bool) {
        if roots.is_empty() {
            return;
        }
        match &self.pool {
            Pool::Given(pool) if pool.current_thread_index().is_none() => {
                let queues = self.shared.take(self.threads).for_run();
                let crew = Crew::new(run, (pool, &self.shared.helpers), queues, self.threads);
                with_help(&crew, |door| {
                    roots.into_iter().for_each(|root| crew.inject(root));
                    crew.wait_outside(door);
                    crew.call_off(door);
                });
                self.shared.keep(crew.dismiss());
            }
            Pool::Given(pool) => self.work(run, roots, Some(pool), alone),
            Pool::Own(_) if self.threads == 1 => self.work(run, roots, None, alone),
            // Without a pool, the calling thread does it all.
            Pool::Own(_) => self.work(run, roots, self.threads_of_pool(), alone),
        }
    }

    /// Runs what is ready, and all that comes of it; the calling thread takes part.
    fn work<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, pool: Option<&'r ThreadPool>, is_alone: bool) {
        let Some(pool) = pool.filter(|_| self.threads > 1) else {
            let mut alone = Alone { next: None, stack: Vec::new(), ranked: BinaryHeap::new() };
            if run.ranks_roots() {
                roots.into_iter().for_each(|root| alone.keep(root));
            } else {
                alone.stack = roots;
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
            return run.keep_memory(alone.stack);
        };
        let queues = self.shared.take(self.threads).for_run();
        let crew = Crew::new(run, (pool, &self.shared.helpers), queues, self.threads - 1);
        let memory = with_help(&crew, |door| {
            let mut worker = Worker::begin(&crew, door);
            let memory = worker.keep_all(roots);
            worker.work_as_caller(pool.current_thread_index().map(|_| pool));
            crew.call_off(door);
            memory
        });
        if let Some(memory) = memory {
            memory.keep();
        }
        self.shared.keep(crew.dismiss());
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

    /// Puts an operation where it belongs.
    fn put(&mut self, node: Ready<'r>) {
        if node.priority() != 0 {
            return self.keep(node);
        }
        if let Some(later) = first_built(&mut self.next, node) {
            self.stack.push(later);
        }
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

    fn expect(&mut self, count: usize) {
        self.stack.reserve(count);
    }

    #[inline]
    fn ready(&mut self, node: Ready<'r>) {
        if node.has_terms() {
            self.put(node);
        } else if let Some(later) = first_built(&mut self.next, node) {
            self.stack.push(later);
        }
    }
}
