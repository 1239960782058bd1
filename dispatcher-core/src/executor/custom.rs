//! [`Executor`]: executors of one's own.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;

use super::{Inputs, Prepared};
use crate::error::DependencyError;
use crate::graph;
use crate::node::Node;
use crate::policy::Settings;
use crate::raw::{Ready, Run, Sink};
use crate::site::Location;

/// Who runs a graph's operations, on which thread, and which next.
///
/// An executor of your own overrides how an operation is run ([`dispatch`](Self::dispatch)), or how a whole graph is
/// ([`execute`](Self::execute)); the rest is done for it. All of it is safe code: a [`Task`] is the right to run one operation,
/// once, and is given out only when all that the operation waits for is there.
///
/// Carries over Dispatcher.jl's `Executor`, whose `dispatch!` has these two forms.
///
/// # Examples
/// One that tells what it runs:
/// ```
/// use std::cell::RefCell;
/// use dispatcher_core::{Executor, Op, Settings, Task, Work};
///
/// #[derive(Default)]
/// struct Telling {
///     settings: Settings,
///     told: RefCell<Vec<String>>,
/// }
///
/// impl Executor for Telling {
///     fn settings(&self) -> &Settings {
///         &self.settings
///     }
///     fn dispatch<'r>(&self, task: Task<'r>, work: &mut Work<'r>) {
///         self.told.borrow_mut().push(task.label());
///         work.add(task.run());
///     }
/// }
///
/// let one = Op::new("one", (), |()| 1);
/// let two = Op::new("double", (one,), |(n,)| n * 2);
/// let executor = Telling::default();
/// assert_eq!(executor.run(two)?, 2);
/// assert_eq!(*executor.told.borrow(), ["one", "double"]);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
/// One that runs at most two operations at a time, each on a thread of its own:
/// ```
/// use std::sync::mpsc;
/// use dispatcher_core::{CollectNode, Executor, Op, Settings, Work};
///
/// #[derive(Default)]
/// struct TwoAtATime(Settings);
///
/// impl Executor for TwoAtATime {
///     fn settings(&self) -> &Settings {
///         &self.0
///     }
///     fn execute(&self, work: &mut Work<'_>) {
///         let (done, finished) = mpsc::channel();
///         std::thread::scope(|scope| {
///             let mut running = 0;
///             loop {
///                 // With nothing running, an operation that sleeps is waited for.
///                 let next = match running {
///                     0 => work.next(),
///                     1 => work.try_next(),
///                     _ => None,
///                 };
///                 if let Some(task) = next {
///                     running += 1;
///                     let done = done.clone();
///                     scope.spawn(move || done.send(task.run()).expect("the loop waits for it"));
///                 } else if running == 0 {
///                     break;
///                 } else {
///                     work.add(finished.recv().expect("`done` is here"));
///                     running -= 1;
///                 }
///             }
///         });
///     }
/// }
///
/// let squares: Vec<_> = (0..10_u64).map(|n| Op::new("square", (), move |()| n * n)).collect();
/// let sum = Op::new("sum", (CollectNode::new(squares),), |(xs,)| xs.iter().sum::<u64>());
/// assert_eq!(TwoAtATime::default().run(sum)?, 285);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
pub trait Executor {
    /// What the executor is told of its runs: retries, time limits and so on, which hold whatever [`dispatch`](Self::dispatch)
    /// and [`execute`](Self::execute) do.
    fn settings(&self) -> &Settings;

    /// Runs one operation, and adds what that makes ready to the work.
    fn dispatch<'r>(&self, task: Task<'r>, work: &mut Work<'r>) {
        work.add(task.run());
    }

    /// Runs a graph: takes tasks from `work` and runs them until there are none. Tasks that are left are not run, and outputs
    /// that need them are errors.
    ///
    /// It is called once more in the same run where some outputs are there and others could still be computed: those that only
    /// waited for what failed, and don't need it.
    fn execute(&self, work: &mut Work<'_>) {
        while let Some(task) = work.next() {
            self.dispatch(task, work);
        }
    }

    /// Runs the operations that `node` depends on, and gives its value.
    ///
    /// # Errors
    /// A [`DependencyError`] if an operation that it depends on failed.
    fn run<T: Send>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        super::only(self.run_all([node]))
    }

    /// Runs the operations that `nodes` depend on, and gives a result for each, in order.
    fn run_all<'g, T: Send>(&self, nodes: impl IntoIterator<Item = Node<'g, T>>) -> Vec<Result<T, DependencyError>> {
        self.run_all_with(nodes, Inputs::new())
    }

    /// As [`run`](Self::run), beginning at `inputs`: what only they need does not run.
    ///
    /// # Errors
    /// As [`run`](Self::run), and one of the kind [`ErrorKind::NoInput`](crate::ErrorKind::NoInput) that names the operation if
    /// one of the inputs isn't in the graph, or can't be an input.
    fn run_with<'g, T: Send>(&self, node: Node<'g, T>, inputs: Inputs<'g>) -> Result<T, DependencyError> {
        super::only(self.run_all_with([node], inputs))
    }

    /// As [`run_all`](Self::run_all), beginning at `inputs`.
    fn run_all_with<'g, T: Send>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
        inputs: Inputs<'g>,
    ) -> Vec<Result<T, DependencyError>> {
        super::drive(nodes, Some(inputs), self.settings(), |run, roots| self.execute(&mut Work::of(run, roots)))
    }

    /// Runs a graph that is [prepared](Node::prepare), once more.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_prepared<T: Send>(&self, graph: &mut Prepared<'_, T>) -> Result<T, DependencyError> {
        self.run_prepared_with(graph, Inputs::new())
    }

    /// As [`run_prepared`](Self::run_prepared), beginning at `inputs`, which hold for this run alone.
    ///
    /// # Errors
    /// As [`run_with`](Self::run_with).
    fn run_prepared_with<'g, T: Send>(
        &self,
        graph: &mut Prepared<'g, T>,
        inputs: Inputs<'g>,
    ) -> Result<T, DependencyError> {
        graph.drive(inputs, self.settings(), |run, roots| self.execute(&mut Work::of(run, roots)))
    }
}

/// The right to run one operation, once. It may be run on any thread.
#[must_use = "a task that isn't run leaves what needs it without a result"]
pub struct Task<'r> {
    run: &'r Run,
    ready: Ready<'r>,
}

impl<'r> Task<'r> {
    /// The operation's label.
    #[must_use]
    pub fn label(&self) -> String {
        graph::label_of_header(self.ready.header())
    }

    /// Where the operation was built, if that is known.
    #[must_use]
    pub fn location(&self) -> Option<Location> {
        graph::location_of(self.ready.header())
    }

    /// How urgent the operation is; see [`Options::priority`](crate::Options::priority).
    #[must_use]
    pub fn priority(&self) -> i32 {
        self.ready.priority()
    }

    /// Runs the operation, and gives what that made ready. A failure is kept by the operation; what needs it never becomes
    /// ready.
    #[must_use = "these are to be run too"]
    pub fn run(self) -> Vec<Task<'r>> {
        let mut made = Made { run: self.run, tasks: Vec::new() };
        self.ready.run(self.run, &mut made);
        made.tasks
    }
}

impl fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.label()).finish()
    }
}

/// What an operation made ready.
struct Made<'r> {
    run: &'r Run,
    tasks: Vec<Task<'r>>,
}

impl<'r> Sink<'r> for Made<'r> {
    fn ready(&mut self, node: Ready<'r>) {
        self.tasks.push(Task { run: self.run, ready: node });
    }
}

/// The operations of a run that are ready.
pub struct Work<'r> {
    run: &'r Run,
    ready: BinaryHeap<Reverse<ByUrgency<'r>>>,
}

impl<'r> Work<'r> {
    fn of(run: &'r Run, roots: Vec<Ready<'r>>) -> Self {
        Self { run, ready: roots.into_iter().map(|root| Reverse(ByUrgency(root))).collect() }
    }

    /// The next task: of those that are ready the most urgent, and of those the first built. Where none is, waits for an
    /// operation that sleeps. None if there is nothing more to run, or the run was stopped.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Task<'r>> {
        self.try_next().or_else(|| {
            let ready = self.run.wait()?;
            Some(Task { run: self.run, ready })
        })
    }

    /// As [`next`](Self::next), without waiting.
    pub fn try_next(&mut self) -> Option<Task<'r>> {
        if self.run.stopped() {
            return None;
        }
        while let Some(woken) = self.run.woken() {
            self.ready.push(Reverse(ByUrgency(woken)));
        }
        let Reverse(ByUrgency(ready)) = self.ready.pop()?;
        Some(Task { run: self.run, ready })
    }

    /// Adds tasks that have become ready.
    pub fn add(&mut self, tasks: impl IntoIterator<Item = Task<'r>>) {
        self.ready.extend(tasks.into_iter().map(|task| Reverse(ByUrgency(task.ready))));
    }

    /// Whether nothing more is to be started.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.run.stopped()
    }

    /// How many tasks are ready.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ready.len()
    }

    /// Whether no task is ready.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// The run, and what is ready.
    pub(super) fn take_parts(&mut self) -> (&'r Run, Vec<Ready<'r>>) {
        // The first built last, as they came.
        let ready = std::mem::take(&mut self.ready).into_sorted_vec();
        (self.run, ready.into_iter().map(|Reverse(ByUrgency(ready))| ready).collect())
    }
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("ready", &self.len()).finish_non_exhaustive()
    }
}

/// Ready operations in the order in which they are to be run: the most urgent first, and of those the first built.
pub(crate) struct ByUrgency<'r>(pub(crate) Ready<'r>);

impl ByUrgency<'_> {
    fn key(&self) -> (Reverse<i32>, u32) {
        (Reverse(self.0.priority()), self.0.seq())
    }
}
impl PartialEq for ByUrgency<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for ByUrgency<'_> {}
impl PartialOrd for ByUrgency<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for ByUrgency<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}
