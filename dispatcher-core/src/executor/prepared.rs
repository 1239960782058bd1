//! [`Prepared`]: a graph that is run more than once.

use std::fmt;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::inputs::Give;
use super::{Inputs, Session, alone, only};
use crate::error::{Cause, DependencyError, Failure};
use crate::graph;
use crate::node::Node;
use crate::policy::Settings;
use crate::raw::{Plan, Ready, Run, Unprepared};

/// A graph that can be run as often as one likes; each run computes all of it anew.
///
/// What a graph that is prepared holds, it holds alone: as long as it is, another run that needs one of its operations is
/// an error of the kind [`ErrorKind::Busy`](crate::ErrorKind::Busy). Between runs it holds no results. What a run has linked and
/// counted stays, so running it again costs a fraction of building it once more.
///
/// Carries over Dispatcher.jl's `prepare!`, by which a second `run!` computes again.
///
/// # Examples
/// ```
/// use dispatcher_core::{Inputs, Node, Op, SerialExecutor};
///
/// let page = Op::repeatable("fetch", (), |()| String::from("a b"));
/// let words = Op::repeatable("count", (&page,), |(page,)| page.split(' ').count());
/// let mut count = Node::prepare(words)?;
///
/// let executor = SerialExecutor::new();
/// assert_eq!(executor.run_prepared(&mut count)?, 2);
/// assert_eq!(executor.run_prepared(&mut count)?, 2);
///
/// let other = Inputs::new().value(&page, String::from("a b c"));
/// assert_eq!(executor.run_prepared_with(&mut count, other)?, 3);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
pub struct Prepared<'g, T> {
    plan: Plan,
    /// The values that the run under way was given.
    given: Vec<Box<dyn Give + Send + 'g>>,
    of: PhantomData<Node<'g, T>>,
}

impl<T> fmt::Debug for Prepared<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = graph::label_of_header(self.plan.output().header());
        f.debug_struct("Prepared").field("output", &output).finish_non_exhaustive()
    }
}

impl<'g, T> Node<'g, T> {
    /// Prepares the graph of `node`, so that it can be run more than once.
    ///
    /// Each run calls every operation anew. What a function was given by value comes from its producer anew, or is cloned where it
    /// was there from the start.
    ///
    /// An associated function, so that it hides no method of the value's in a `#[dispatch]` function.
    ///
    /// # Errors
    /// One of the kind [`ErrorKind::RunsOnce`](crate::ErrorKind::RunsOnce) that names an operation and says why it can run only
    /// once: it takes, or updates, a value that was there from the start and isn't known to be `Clone`; or it was made by
    /// [`Op::new`](crate::Op::new) or the like, which call their closure once; or it has run before.
    /// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked) if the `Clone` of such a value panics.
    /// [`ErrorKind::Busy`](crate::ErrorKind::Busy) if it belongs to a run that is under way, or to another graph that is prepared.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Node, Op};
    ///
    /// let once = Op::new("count", (), |()| 3);
    /// let error = Node::prepare(once).unwrap_err();
    /// assert!(error.to_string().contains("`count`"));
    /// assert!(error.to_string().contains("Op::repeatable"));
    /// ```
    pub fn prepare(node: Self) -> Result<Prepared<'g, T>, DependencyError> {
        match Plan::new(node.into_handle()) {
            Ok(plan) => Ok(Prepared { plan, given: Vec::new(), of: PhantomData }),
            Err(why) => Err(refused(why)),
        }
    }
}

#[cold]
fn refused(why: Unprepared) -> DependencyError {
    let (handle, cause) = match why {
        Unprepared::Busy(handle) => (handle, Cause::Busy),
        Unprepared::Panicked(handle, panic) => (handle, Cause::panicked(panic)),
        Unprepared::HasRun(handle) => (handle, Cause::RunsOnce(String::from("it has run before, or failed"))),
        Unprepared::Once(handle) => {
            let why = "its closure is called once; build it with `Op::repeatable`, `op!` or `#[dispatch]`";
            (handle, Cause::RunsOnce(String::from(why)))
        }
        Unprepared::Takes(handle, of) => {
            let of = without_paths(of);
            let why =
                format!("it takes a plain value, a `{of}`, that isn't known to be `Clone`; lend it, or derive `Clone`");
            (handle, Cause::RunsOnce(why))
        }
        Unprepared::Uses(handle, used, of) => {
            let (used, of) = (graph::label_of_header(used.header()), without_paths(of));
            let how = if used == "data" { String::new() } else { format!(" of `{used}`") };
            let why = format!(
                "it uses up a value{how} that was there from the start, a `{of}`, that isn't known to be `Clone`; lend it, let an \
                 operation make it, or derive `Clone`"
            );
            (handle, Cause::RunsOnce(why))
        }
    };
    alone(&handle, Failure::of(handle.header(), cause))
}

/// A type's name without the paths of the modules in it.
fn without_paths(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    for part in name.split_inclusive(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

impl<T> Drop for Prepared<'_, T> {
    fn drop(&mut self) {
        if self.plan.is_running() {
            // A run was left, and forgotten: what it was given must not stay for others who use the nodes.
            self.end(None);
        }
    }
}

impl<'g, T> Prepared<'g, T> {
    /// Ends a run, and puts the values back that were there before it.
    fn end(&mut self, linked_by: Option<(u32, bool)>) {
        self.plan.end(linked_by);
        let (claimed_by, _) = self.plan.claimed_by();
        // The last that was given is the first to be put back, as one may have been given twice.
        while let Some(mut given) = self.given.pop() {
            given.put_back(claimed_by);
            // It is the user's, and may panic when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(given)));
        }
    }

    /// Lets `execute` run the graph, beginning at `inputs`, and gives the result.
    pub(super) fn drive(
        &mut self,
        inputs: Inputs<'g>,
        settings: &Settings,
        mut execute: impl for<'r> FnMut(&'r Run, Vec<Ready<'r>>),
    ) -> Result<T, DependencyError> {
        let mut running = Running::begin(self, inputs, settings)?;
        while let Some((round, roots)) = running.next() {
            execute(round, roots);
            running.take_in();
        }
        running.result()
    }
}

/// A run of a graph that is prepared.
pub(super) struct Running<'p, 'g, 's, T> {
    graph: &'p mut Prepared<'g, T>,
    session: Option<Session<'g, 's, T>>,
    round: Option<super::Round<'g, T>>,
    /// Whether it is of the whole graph.
    whole: bool,
    rounds: u32,
    /// The run that has linked the graph, if all went well, and whether it cared how operations are run.
    linked_by: Option<(u32, bool)>,
}

impl<'p, 'g, 's, T> Running<'p, 'g, 's, T> {
    pub(super) fn begin(
        graph: &'p mut Prepared<'g, T>,
        inputs: Inputs<'g>,
        settings: &'s Settings,
    ) -> Result<Self, DependencyError> {
        if graph.plan.is_running() {
            // A run was left, and forgotten.
            graph.end(None);
        }
        graph
            .plan
            .refill()
            .map_err(|(value, panic)| alone(&value, Failure::of(value.header(), Cause::panicked(panic))))?;
        let whole = inputs.is_empty();
        if !whole {
            graph.plan.unlink();
            let (claimed_by, _) = graph.plan.claimed_by();
            if let Err(error) = inputs.apply(&[graph.plan.output()], claimed_by, &mut graph.given) {
                graph.end(None);
                return Err(error);
            }
        }
        let node = Node::from_handle(graph.plan.output().share());
        let session = Session::new([node], settings);
        Ok(Self { graph, session: Some(session), round: None, whole, rounds: 0, linked_by: None })
    }

    /// What is to be run next; nothing if the result is there.
    pub(super) fn next(&mut self) -> Option<(&Run, Vec<Ready<'_>>)> {
        let mut round = self.session.as_mut()?.next()?;
        round.typed.belong_to(&self.graph.plan);
        self.rounds += 1;
        let round = self.round.insert(round);
        match self.graph.plan.begin(round.typed.run(), self.whole && self.rounds == 1) {
            Ok(roots) => Some((round.typed.run(), roots)),
            // All that it needs is the plan's.
            Err(busy) => unreachable!("a graph that is prepared is nobody else's: {busy:?}"),
        }
    }

    /// Takes in what came of the round, all of whose operations have been run that will be.
    pub(super) fn take_in(&mut self) {
        if let Some(round) = self.round.take() {
            let run = round.typed.run();
            let clean = self.whole && self.rounds == 1 && run.is_clean();
            self.linked_by = clean.then(|| (run.id(), run.cares()));
            if !clean {
                self.graph.plan.note_done();
            }
            if let Some(session) = &mut self.session {
                session.take_in(round);
            }
        }
    }

    pub(super) fn result(mut self) -> Result<T, DependencyError> {
        only(self.session.take().map(Session::results).unwrap_or_default())
    }
}

impl<T> Drop for Running<'_, '_, '_, T> {
    fn drop(&mut self) {
        // Where the run was left: what is under way goes before what it may borrow.
        drop(self.round.take());
        self.graph.end(self.linked_by);
    }
}
