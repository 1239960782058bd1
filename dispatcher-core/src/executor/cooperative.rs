//! [`AsyncExecutor`]: one thread, many operations that wait.
//!
//! Operations that give futures are started one after the other and wait together; what else is ready runs in between. The run
//! is itself a future, which any runtime can drive, or the calling thread.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::future::poll_fn;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_timer::Delay;

use super::custom::{ByUrgency, Executor, Work};
use super::prepared::Running;
use super::{Inputs, Prepared, Session, Together, only};
use crate::error::DependencyError;
use crate::node::Node;
use crate::policy::{Settings, settings_methods};
use crate::raw::{Ready, Run, Sink};

/// Runs operations on one thread, and lets those that wait do so together.
///
/// Asynchronous operations (`fetch(u).await` in a `#[dispatch] async fn`) are for this executor: as many as are ready wait at
/// once, whatever runtime their futures belong to. Nothing has to be `'static`. Other operations run in between, and hold the
/// thread meanwhile.
///
/// [`run`](Self::run) blocks the calling thread; [`run_async`](Self::run_async) gives a future, to be awaited in a program that
/// is asynchronous itself.
///
/// # Examples
/// ```
/// use dispatcher_core::{AsyncExecutor, Op};
///
/// async fn fetch(n: u32) -> u32 {
///     n * 2
/// }
///
/// let node = Op::future("fetch", (), |(), _| Box::pin(fetch(2)));
/// assert_eq!(AsyncExecutor::new().run(node)?, 4);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct AsyncExecutor {
    settings: Settings,
    limit: Option<NonZeroUsize>,
}

impl AsyncExecutor {
    /// An executor.
    pub const fn new() -> Self {
        Self { settings: Settings::new(), limit: None }
    }

    /// Lets at most `limit` asynchronous operations be under way at a time (one, if that is zero): no operation is begun while
    /// so many are.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(NonZeroUsize::new(limit).unwrap_or(NonZeroUsize::MIN));
        self
    }

    settings_methods!(settings);

    run_methods!(block);

    /// A future of the value of `node`, which runs the operations that it depends on when it is awaited.
    ///
    /// Dropping the future cancels the run: nothing more is started, futures under way are dropped, and so are all values.
    ///
    /// # Errors
    /// A [`DependencyError`] if an operation that it depends on failed.
    pub fn run_async<'g, T>(&self, node: Node<'g, T>) -> impl Future<Output = Result<T, DependencyError>> + use<'g, T> {
        let all = self.run_all_async([node]);
        async move { only(all.await) }
    }

    /// As [`run_async`](Self::run_async), with a result for each of `nodes`, in order.
    pub fn run_all_async<'g, T, N: IntoIterator<Item = Node<'g, T>>>(
        &self,
        nodes: N,
    ) -> impl Future<Output = Vec<Result<T, DependencyError>>> + use<'g, T, N> {
        let (this, nodes): (Self, Vec<_>) = (self.clone(), nodes.into_iter().collect());
        async move {
            let mut session = Session::new(nodes, &this.settings);
            while let Some(round) = session.next() {
                match round.typed.run().claim() {
                    Ok(roots) => this.wait(round.typed.run(), roots).await,
                    Err(busy) => {
                        session.busy(&round, &busy);
                        continue;
                    }
                }
                session.take_in(round);
            }
            session.results()
        }
    }

    /// A future that runs a graph that is [prepared](Node::prepare), once more, when it is awaited, beginning at `inputs`.
    ///
    /// # Errors
    /// As [`run_prepared_with`](Self::run_prepared_with).
    pub async fn run_prepared_async<'g, T>(
        &self,
        graph: &mut Prepared<'g, T>,
        inputs: Inputs<'g>,
    ) -> Result<T, DependencyError> {
        let mut running = Running::begin(graph, inputs, &self.settings)?;
        while let Some((run, roots)) = running.next() {
            self.wait(run, roots).await;
            running.take_in();
        }
        running.result()
    }

    fn block<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>, alone: bool) {
        let mut queue = Queue::new(run, self.limit, roots);
        while !run.stopped() {
            match queue.next() {
                Some(next) if alone => next.run(run, &mut queue),
                Some(next) => next.run(run, &mut Together(&mut queue)),
                None if run.is_waiting() => run.wait().into_iter().for_each(|woken| queue.ready(woken)),
                None => break,
            }
        }
    }

    async fn wait<'r>(&self, run: &'r Run, roots: Vec<Ready<'r>>) {
        let mut queue = Queue::new(run, self.limit, roots);
        let mut since_yield = 0;
        while !run.stopped() {
            match queue.next() {
                Some(next) => {
                    next.run(run, &mut queue);
                    since_yield += 1;
                    if since_yield == BETWEEN_YIELDS {
                        since_yield = 0;
                        yield_now().await;
                    }
                }
                None if run.is_waiting() => {
                    since_yield = 0;
                    let mut timer = run.next_look().map(|at| Delay::new(at.saturating_duration_since(Instant::now())));
                    let woken = poll_fn(|context| poll_woken(run, timer.as_mut(), context)).await;
                    woken.into_iter().for_each(|woken| queue.ready(woken));
                }
                None => break,
            }
        }
    }
}

impl Executor for AsyncExecutor {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn execute(&self, work: &mut Work<'_>) {
        let (run, roots) = work.take_parts();
        self.block(run, roots, false);
    }
}

/// After so many operations in a row, other tasks of the runtime have their turn.
const BETWEEN_YIELDS: u32 = 64;

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// An operation that was woken; nothing where it is time to look at the run.
fn poll_woken<'r>(run: &'r Run, timer: Option<&mut Delay>, context: &mut Context<'_>) -> Poll<Option<Ready<'r>>> {
    // First, so that whoever comes after we have looked wakes us.
    run.wake_task(context.waker());
    if let Some(woken) = run.woken() {
        return Poll::Ready(Some(woken));
    }
    if run.stopped() || !run.is_waiting() {
        return Poll::Ready(None);
    }
    timer.map_or(Poll::Pending, |timer| Pin::new(timer).poll(context).map(|()| None))
}

/// The operations that are ready.
struct Queue<'r> {
    run: &'r Run,
    limit: Option<NonZeroUsize>,
    /// Futures that want to be polled, in the order in which they were woken.
    futures: VecDeque<Ready<'r>>,
    /// Operations that haven't begun.
    calls: BinaryHeap<Reverse<ByUrgency<'r>>>,
    /// Whether the last was one that began.
    begins: bool,
}

impl<'r> Queue<'r> {
    fn new(run: &'r Run, limit: Option<NonZeroUsize>, roots: Vec<Ready<'r>>) -> Self {
        let calls = roots.into_iter().map(|root| Reverse(ByUrgency(root))).collect();
        Self { run, limit, futures: VecDeque::new(), calls, begins: false }
    }

    /// The next operation to run, or future to poll: they take turns, so that none keeps another waiting.
    fn next(&mut self) -> Option<Ready<'r>> {
        while let Some(woken) = self.run.woken() {
            self.ready(woken);
        }
        let may_begin = self.limit.is_none_or(|limit| self.run.futures() < limit.get());
        let begins = may_begin && !self.calls.is_empty() && (!self.begins || self.futures.is_empty());
        self.begins = begins;
        if begins { self.calls.pop().map(|Reverse(ByUrgency(call))| call) } else { self.futures.pop_front() }
    }
}

impl<'r> Sink<'r> for Queue<'r> {
    const ALONE: bool = true;

    fn ready(&mut self, node: Ready<'r>) {
        if node.is_future() { self.futures.push_back(node) } else { self.calls.push(Reverse(ByUrgency(node))) }
    }
}
