//! [`RemoteExecutor`], and the tasks that it is given.

use std::any::Any;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::describe::{self, Argument, Call, NoCall, Role, Shape, Version};
use super::operation::{self, Operation};
use crate::error::{Cause, DependencyError};
use crate::executor::{ByUrgency, Inputs, drive, only, sending};
use crate::graph;
use crate::node::Node;
use crate::policy::Settings;
use crate::raw::{self, EdgeKind, Forwarded, Ready, Run, Sink};
use crate::site::Location;

/// Who runs a graph's operations in other processes.
///
/// An executor says what it does with a graph's tasks ([`execute`](Self::execute)); the rest is done for it.
///
/// # Examples
/// One that has no other process, and says of each task what one could do with it:
/// ```
/// use std::cell::RefCell;
/// use dispatcher_core::remote::{RemoteExecutor, Role, Work};
/// use dispatcher_core::{DataNode, Op, Settings};
///
/// #[derive(Default)]
/// struct Here(Settings, RefCell<Vec<String>>);
///
/// impl RemoteExecutor for Here {
///     fn settings(&self) -> &Settings {
///         &self.0
///     }
///     fn execute(&self, work: &mut Work<'_>) {
///         while let Some(task) = work.next() {
///             let line = match task.role() {
///                 Role::Call(name) => format!("{name} could be called elsewhere"),
///                 Role::Other => task.no_call().to_string(),
///                 role => format!("{}: {role:?}", task.label()),
///             };
///             self.1.borrow_mut().push(line);
///             work.run(task);
///         }
///     }
/// }
///
/// let executor = Here::default();
/// let double = Op::new("double", (DataNode::new(2),), |(n,)| n * 2);
/// assert_eq!(executor.run(double)?, 4);
/// assert!(executor.1.borrow()[0].starts_with("`double` can't be computed in another process"));
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
pub trait RemoteExecutor {
    /// What the executor is told of its runs.
    fn settings(&self) -> &Settings;

    /// Runs a graph: takes tasks from `work`, runs them or has them run, until there are none. Outputs that need what is left are
    /// errors.
    fn execute(&self, work: &mut Work<'_>);

    /// Runs the operations that `node` depends on, and gives its value.
    ///
    /// # Errors
    /// A [`DependencyError`] if an operation that it depends on failed, or can't be run elsewhere.
    fn run<T: Send>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
        only(self.run_all([node]))
    }

    /// Runs the operations that `nodes` depend on, and gives a result for each, in order.
    fn run_all<'g, T: Send>(&self, nodes: impl IntoIterator<Item = Node<'g, T>>) -> Vec<Result<T, DependencyError>> {
        drive(nodes, None, self.settings(), |run, roots| self.execute(&mut Work::of(run, roots)))
    }

    /// As [`run`](Self::run), beginning at `inputs`: what only they need does not run.
    ///
    /// # Errors
    /// As [`run`](Self::run), and one of the kind [`ErrorKind::NoInput`](crate::ErrorKind::NoInput) that names the operation if
    /// one of the inputs isn't in the graph, or can't be an input.
    fn run_with<'g, T: Send>(&self, node: Node<'g, T>, inputs: Inputs<'g>) -> Result<T, DependencyError> {
        only(self.run_all_with([node], inputs))
    }

    /// As [`run_all`](Self::run_all), beginning at `inputs`.
    fn run_all_with<'g, T: Send>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
        inputs: Inputs<'g>,
    ) -> Vec<Result<T, DependencyError>> {
        drive(nodes, Some(inputs), self.settings(), |run, roots| self.execute(&mut Work::of(run, roots)))
    }

    /// Runs `nodes`, and hands their results over as they are there, each with its place; the channel closes when all are.
    ///
    /// `consume` runs on the calling thread while the operations run. Errors come last.
    fn stream<'g, T: Send + 'g, R>(
        &self,
        nodes: impl IntoIterator<Item = Node<'g, T>>,
        consume: impl FnOnce(Receiver<(usize, Result<T, DependencyError>)>) -> R,
    ) -> R
    where
        Self: Sync,
    {
        let (sending, errors, receiver) = sending(nodes);
        std::thread::scope(|scope| {
            scope.spawn(move || errors.tell(self.run_all(sending)));
            consume(receiver)
        })
    }
}

/// The tasks of a run that are ready. It, and they, stay on one thread.
pub struct Work<'r> {
    run: &'r Run,
    ready: BinaryHeap<Reverse<ByUrgency<'r>>>,
    here: PhantomData<*const ()>,
}

impl<'r> Work<'r> {
    fn of(run: &'r Run, roots: Vec<Ready<'r>>) -> Self {
        let ready = roots.into_iter().map(|root| Reverse(ByUrgency(root))).collect();
        Self { run, ready, here: PhantomData }
    }

    /// The next task: of those that are ready the most urgent, and of those the first built. None if none is ready, or the run was
    /// stopped.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Option<Task<'r>> {
        if self.run.stopped() {
            return None;
        }
        while let Some(woken) = self.run.woken() {
            self.ready.push(Reverse(ByUrgency(woken)));
        }
        let Reverse(ByUrgency(ready)) = self.ready.pop()?;
        Some(Task { ready, shape: OnceCell::new(), here: PhantomData })
    }

    /// Whether nothing more is to be started, as an operation failed, or the run was cancelled or has taken too long.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.run.stopped()
    }

    /// Whether operations wait here that will be ready by themselves: futures, and such as are tried again after a while.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.run.is_waiting()
    }

    /// Runs a task here; what that makes ready comes [next](Self::next). One that needs what isn't [here](Task::missing) fails.
    pub fn run(&mut self, task: Task<'r>) {
        if !task.missing().is_empty() {
            return self.fail(task, "a value that it needs is in another process, and wasn't brought here".into());
        }
        let run = self.run;
        task.ready.run(run, self);
    }

    /// Takes a task for run, as one that runs elsewhere: what it makes ready comes [next](Self::next), and whoever uses its value is
    /// told that it is elsewhere.
    ///
    /// A task that [returns](Role::Return) a graph's result may be deferred only once all of the graph has been run. One that can only
    /// be run here, or that passes on what is here, fails.
    pub fn defer(&mut self, task: Task<'r>) -> Deferred<'r> {
        let run = self.run;
        // What comes back is brought here by its type, so it has to be of those that rustc has seen a registered function give.
        let goes = match task.role() {
            Role::Call(_) => true,
            Role::Graph | Role::Own | Role::Other => false,
            _ => task.ready.seen().is_made_elsewhere(),
        };
        let inner = if goes {
            task.ready.defer(run, self)
        } else {
            let refusal = task.no_call();
            task.ready.refuse(run, Cause::Failed(Box::new(refusal)))
        };
        Deferred { run, inner, here: PhantomData }
    }

    /// Ends a task that can't be run, or that failed elsewhere. Where it [catches](Task::catches) failures, the function that it
    /// belongs to is told.
    pub fn fail(&mut self, task: Task<'r>, error: Box<dyn Error + Send + Sync>) {
        let run = self.run;
        let failure = task.ready.failure(Cause::Failed(error));
        let caught = task.catches() && describe::tell(task.ready.seen(), Box::new(Forwarded(Arc::clone(&failure))));
        task.ready.fail_with(run, self, failure, caught);
    }
}

impl<'r> Sink<'r> for Work<'r> {
    fn ready(&mut self, node: Ready<'r>) {
        self.ready.push(Reverse(ByUrgency(node)));
    }
}

impl fmt::Debug for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("ready", &self.ready.len()).finish_non_exhaustive()
    }
}

/// An operation that is ready: all that it needs has been computed, here or elsewhere, or will be elsewhere.
#[must_use = "a task that isn't run leaves what needs it without a result"]
pub struct Task<'r> {
    ready: Ready<'r>,
    shape: OnceCell<Shape>,
    here: PhantomData<*const ()>,
}

/// A value that was brought here, or why it wasn't.
pub type Supplied = Result<(), Box<dyn Error + Send + Sync>>;

impl Task<'_> {
    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| Shape::of(self.ready.seen()))
    }

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

    /// How often the operation may be tried again, if it says so itself.
    ///
    /// # Errors
    /// It is tried again only where its own predicate says so, which no other process knows.
    pub fn retries(&self) -> Result<Option<u32>, NoCall> {
        match self.ready.retries() {
            Some((_, true)) => Err(NoCall::Retry { name: self.label() }),
            Some((retries, false)) => Ok(Some(retries)),
            None => Ok(None),
        }
    }

    /// What the task is for.
    #[must_use]
    pub fn role(&self) -> Role {
        describe::role(self.ready.seen(), self.shape())
    }

    /// The call that the task makes. `elsewhere` says which versions of values there are elsewhere; the bytes of others are in the
    /// call.
    ///
    /// # Errors
    /// A sentence, if it makes no call that another process could make.
    pub fn call(&self, elsewhere: &dyn Fn(Version) -> bool) -> Result<Call, NoCall> {
        describe::call(&self.ready, self.shape(), elsewhere)
    }

    /// Why the task can't be run elsewhere, where it makes no call of an operation.
    #[must_use]
    pub fn no_call(&self) -> NoCall {
        describe::no_call(self.ready.seen(), self.shape())
    }

    /// The pieces of the collection that the task puts together, if all of it is elsewhere.
    #[must_use]
    pub fn collected(&self, elsewhere: &dyn Fn(Version) -> bool) -> Option<Argument> {
        describe::collected(self.ready.seen(), self.shape(), elsewhere)
    }

    /// What the task uses, and how, in the order of its inputs.
    #[must_use]
    pub fn uses(&self) -> Vec<(EdgeKind, Version)> {
        self.ready.seen().uses().into_iter().map(|used| (used.kind, Version(used.version))).collect()
    }

    /// Which of the values that the task uses aren't here, each once, by their places among its [uses](Self::uses). None are needed by
    /// a task that won't be called, as something that it needs was not computed.
    #[must_use]
    pub fn missing(&self) -> Vec<(usize, Version)> {
        if self.ready.is_skipped() || self.ready.was_tried() {
            return Vec::new();
        }
        let uses = self.ready.seen().uses().into_iter().enumerate();
        let mut found = HashSet::new();
        let is_missing = |used: &raw::Use| used.kind != EdgeKind::Order && !used.is_here && !used.is_absent;
        let missing = uses.filter(|(_, used)| is_missing(used) && found.insert(used.version));
        missing.map(|(index, used)| (index, Version(used.version))).collect()
    }

    /// Brings a [missing](Self::missing) value here, of its bytes.
    ///
    /// # Errors
    /// The bytes are no such value, or it isn't known how to make one of them.
    pub fn supply(&self, index: usize, bytes: &[u8]) -> Supplied {
        let used = self.ready.seen().used(index).ok_or("there is no such value")?;
        let value = decoded(used.of, used.name, bytes)?;
        self.ready.supply(index, value).map_err(|_| "the value is here".into())
    }

    /// Brings a [missing](Self::missing) value here: the refusal that `operation` gave.
    ///
    /// # Errors
    /// The error was sent as text alone, or its bytes are no such error.
    pub fn supply_refusal(&self, index: usize, operation: &Operation, data: &[u8]) -> Supplied {
        let value = operation.refusal(data).ok_or("the error was sent as text alone")??;
        self.ready.supply(index, value).map_err(|_| "the operation gives another type".into())
    }

    /// The versions that the task gives, each with how many operations of the run use it: its result's, and one of each value that it
    /// updates, in order.
    #[must_use]
    pub fn gives(&self) -> Vec<(Version, usize)> {
        self.ready.gives().into_iter().map(|(version, users)| (Version(version), users)).collect()
    }

    /// Of a task that [returns](Role::Return) a graph's result: the version that the operation gives which gave the graph, how many
    /// operations use that, and whether the run's caller may.
    #[must_use]
    pub fn returns_to(&self, work: &Work<'_>) -> Option<(Version, usize, bool)> {
        self.ready.destination(work.run).map(|(version, users, kept)| (Version(version), users, kept))
    }

    /// Whether all that is made of what the task gives goes to other processes.
    #[must_use]
    pub fn is_used_elsewhere(&self, work: &Work<'_>) -> bool {
        describe::is_used_elsewhere(self.ready.seen(), work.run)
    }

    /// Whether all that use what the task gives ask (`?`) for it.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        describe::is_asked(self.ready.seen())
    }

    /// Whether the run's caller wants the value, or may: it stays here when the run is over.
    pub fn is_kept(&self, work: &Work<'_>) -> bool {
        self.ready.seen().is_kept(work.run)
    }

    /// Whether the task won't be called, as something that it needs was not computed. It is to be run here, which does nothing.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        self.ready.is_skipped()
    }

    /// Whether a failure of the task is told to the function that it belongs to, which may have failed before; so it is to be
    /// deferred only once it is known not to fail.
    #[must_use]
    pub fn catches(&self) -> bool {
        self.shape().catches
    }
}

impl fmt::Debug for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.label()).finish()
    }
}

/// An operation that runs elsewhere. As long as it isn't said how that turned out, its value is not there.
pub struct Deferred<'r> {
    run: &'r Run,
    inner: raw::Deferred,
    here: PhantomData<*const ()>,
}

impl Deferred<'_> {
    /// The operation's label.
    #[must_use]
    pub fn label(&self) -> String {
        graph::label_of_header(self.inner.header())
    }

    /// Notes that the operation has been run, and with it all that it needs.
    pub fn confirm(&self) {
        self.inner.confirm(self.run);
    }

    /// Whether it is known how the operation turned out.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.inner.is_over()
    }

    /// Notes that the operation has failed.
    pub fn fail(&self, error: Box<dyn Error + Send + Sync>) {
        if !self.inner.is_over() {
            self.inner.fail(self.run, Cause::Failed(error));
        }
    }

    /// Brings one of the values that the operation [gives](Task::gives) here, of its bytes, unless it is here, or a later operation
    /// has taken or updated it.
    ///
    /// # Errors
    /// The bytes are no such value, or it isn't known how to make one of them.
    pub fn supply(&self, index: usize, bytes: &[u8]) -> Supplied {
        let (of, name) = self.inner.gives(index).ok_or("there is no such value")?;
        let value = decoded(of, name, bytes)?;
        self.inner.supply(index, value).map_err(|_| "the operation gives another type".into())
    }

    /// As [`supply`](Self::supply), of a result that is a refusal.
    ///
    /// # Errors
    /// The error was sent as text alone, or its bytes are no such error.
    pub fn supply_refusal(&self, operation: &Operation, data: &[u8]) -> Supplied {
        let value = operation.refusal(data).ok_or("the error was sent as text alone")??;
        self.inner.supply(0, value).map_err(|_| "the operation gives another type".into())
    }
}

impl fmt::Debug for Deferred<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Deferred").field(&self.label()).finish()
    }
}

fn decoded(
    of: std::any::TypeId,
    name: &str,
    bytes: &[u8],
) -> Result<Box<dyn Any + Send>, Box<dyn Error + Send + Sync>> {
    match operation::decode(of, bytes) {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => Err(format!("these bytes are no `{name}`: {error}").into()),
        None => Err(format!("no operation takes or gives a `{name}`, so it can't be brought here").into()),
    }
}
