//! Executors: who runs a graph's operations, on which thread, in which order.
//!
//! An executor is given nodes, claims what they need ([`Run`](crate::raw::Run)), and runs the tokens that come of it until
//! there are none. It decides nothing but who is next.

/// The methods by which executors run graphs. `$how` runs what is ready, on `$self`, alone.
macro_rules! run_methods {
    ($how:ident $(, $bound:ident)?) => {
        /// Runs the operations that `node` depends on, and gives its value.
        ///
        /// # Errors
        /// A [`DependencyError`] if an operation that it depends on failed.
        pub fn run<T $(: $bound)?>(&self, node: Node<'_, T>) -> Result<T, DependencyError> {
            $crate::executor::only(self.run_all([node]))
        }

        /// Runs the operations that `nodes` depend on, and gives a result for each, in order.
        pub fn run_all<'g, T $(: $bound)?>(
            &self,
            nodes: impl IntoIterator<Item = Node<'g, T>>,
        ) -> Vec<Result<T, DependencyError>> {
            $crate::executor::drive(nodes, None, &self.settings, |run, roots| self.$how(run, roots, true))
        }

        /// As [`run`](Self::run), beginning at `inputs`: what only they need does not run.
        ///
        /// # Errors
        /// As [`run`](Self::run), and one of the kind [`ErrorKind::NoInput`](crate::ErrorKind::NoInput) that names the
        /// operation if one of the inputs isn't in the graph, or can't be an input.
        pub fn run_with<'g, T $(: $bound)?>(
            &self,
            node: Node<'g, T>,
            inputs: Inputs<'g>,
        ) -> Result<T, DependencyError> {
            $crate::executor::only(self.run_all_with([node], inputs))
        }

        /// As [`run_all`](Self::run_all), beginning at `inputs`.
        pub fn run_all_with<'g, T $(: $bound)?>(
            &self,
            nodes: impl IntoIterator<Item = Node<'g, T>>,
            inputs: Inputs<'g>,
        ) -> Vec<Result<T, DependencyError>> {
            $crate::executor::drive(nodes, Some(inputs), &self.settings, |run, roots| self.$how(run, roots, true))
        }

        /// Runs a graph that is [prepared](Node::prepare), once more.
        ///
        /// # Errors
        /// As [`run`](Self::run).
        pub fn run_prepared<T $(: $bound)?>(&self, graph: &mut Prepared<'_, T>) -> Result<T, DependencyError> {
            self.run_prepared_with(graph, Inputs::new())
        }

        /// As [`run_prepared`](Self::run_prepared), beginning at `inputs`, which hold for this run alone.
        ///
        /// # Errors
        /// As [`run_with`](Self::run_with).
        pub fn run_prepared_with<'g, T $(: $bound)?>(
            &self,
            graph: &mut Prepared<'g, T>,
            inputs: Inputs<'g>,
        ) -> Result<T, DependencyError> {
            graph.drive(inputs, &self.settings, |run, roots| self.$how(run, roots, true))
        }
    };
}

mod cooperative;
mod custom;
mod inputs;
mod parallel;
mod prepared;
mod serial;
mod stream;

pub use cooperative::AsyncExecutor;
#[cfg(feature = "remote")]
pub(crate) use custom::ByUrgency;
pub use custom::{Executor, Task, Work};
pub use inputs::Inputs;
pub use parallel::ParallelExecutor;
pub use prepared::Prepared;
pub use serial::SerialExecutor;
#[cfg(feature = "remote")]
pub(crate) use stream::SEND;
pub(crate) use stream::sending;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use crate::error::{ChainLink, DependencyError, Failure, Story};
use crate::graph::{self, Numbering};
use crate::log::Log;
use crate::node::Node;
use crate::policy::Settings;
use crate::raw::{self, Busy, Halt, Handle, Ready, Run, Sink, TypedRun};

/// The error of each output that wasn't computed; none for one that only waits for what others were to do first.
#[cold]
fn dependency_errors(run: &Run) -> Vec<Option<DependencyError>> {
    let outputs = run.outputs();
    let stopped = match run.halted() {
        None => false,
        Some(Halt::Late) => run.settings().fail_fast,
        Some(Halt::Failed | Halt::Cancelled | Halt::TimedOut) => true,
    };
    let numbering = Numbering::new(outputs);
    let dependents = Dependents::new(&numbering);
    let of_any = raw::root_cause(outputs);
    let error = |index: usize| {
        let output = &outputs[index];
        match raw::root_cause(std::slice::from_ref(output)) {
            Some(cause) => {
                let way = way(output);
                let story = story(&way, &numbering, &dependents);
                let chain = way.iter().map(|node| link(node, &numbering)).collect();
                Some(DependencyError::new(cause, chain, false).telling(story))
            }
            None if !stopped => None,
            None if let Some(cause) = run.cause() => {
                let failure = Arc::new(Failure::of(output.header(), cause));
                Some(DependencyError::new(failure, vec![link(output, &numbering)], false))
            }
            None => {
                let cause = of_any.clone().unwrap_or_else(|| Arc::new(Failure::stopped(output.header())));
                Some(DependencyError::new(cause, vec![link(output, &numbering)], true))
            }
        }
    };
    (0..outputs.len()).map(|index| if run.is_done(index) { None } else { error(index) }).collect()
}

/// What each node is needed by.
struct Dependents(HashMap<usize, Vec<Handle>>);

impl Dependents {
    fn new(numbering: &Numbering) -> Self {
        let mut all: HashMap<usize, Vec<Handle>> = HashMap::new();
        for node in &numbering.handles {
            for (_, used) in node.inputs() {
                all.entry(used.key()).or_default().push(node.share());
            }
        }
        Self(all)
    }
}

/// What a failed operation was given, and what was left undone because of it; `way` leads from it to an output.
fn story(way: &[Handle], numbering: &Numbering, dependents: &Dependents) -> Story {
    let mut story = Story::default();
    if let Some(failed) = way.first() {
        let given = failed.inputs().take(Story::MOST);
        story.given = given.map(|(kind, used)| (kind, link(&used, numbering))).collect();
    }
    // Of a failure in a subgraph, what is known to the graph is the operation that gave the subgraph.
    let Some(known) = way.iter().find(|node| numbering.id(node).is_some()) else { return story };
    let on_the_way: HashSet<usize> = way.iter().map(Handle::key).collect();
    let mut seen = HashSet::from([known.key()]);
    let mut found = vec![known.share()];
    let mut next = 0;
    while next < found.len() {
        for node in dependents.0.get(&found[next].key()).into_iter().flatten() {
            if node.is_done() || !seen.insert(node.key()) {
                continue;
            }
            if !on_the_way.contains(&node.key()) {
                if story.skipped.len() == Story::MOST {
                    story.more_skipped = true;
                    return story;
                }
                story.skipped.push(link(node, numbering));
            }
            found.push(node.share());
        }
        next += 1;
    }
    story
}

/// The error of a node that has failed by itself, so that nothing lies on the way to it.
#[cold]
fn alone(node: &Handle, failure: Failure) -> DependencyError {
    let numbering = Numbering::new(std::slice::from_ref(node));
    DependencyError::new(Arc::new(failure), vec![link(node, &numbering)], false)
}

fn link(handle: &Handle, numbering: &Numbering) -> ChainLink {
    let header = handle.header();
    ChainLink { id: numbering.id(handle), label: graph::label_of_header(header), location: graph::location_of(header) }
}

/// The nodes from the first built that failed to the output.
fn way(output: &Handle) -> Vec<Handle> {
    let mut needed_by: HashMap<usize, Handle> = HashMap::new();
    let mut seen: HashSet<usize> = HashSet::from([output.key()]);
    let mut stack = vec![output.share()];
    let mut first: Option<Handle> = None;
    while let Some(node) = stack.pop() {
        if node.has_failed() {
            if first.as_ref().is_none_or(|first| node.header().seq < first.header().seq) {
                first = Some(node);
            }
            continue;
        }
        for used in node.unfinished_inputs() {
            if seen.insert(used.key()) {
                needed_by.insert(used.key(), node.share());
                stack.push(used);
            }
        }
    }
    let mut way = Vec::new();
    let mut next = first;
    while let Some(node) = next {
        next = needed_by.get(&node.key()).map(Handle::share);
        way.push(node);
    }
    way
}

/// Outputs on their way to results. As a rule one round computes them all; where something failed that an output needn't wait
/// for, another goes on with that.
struct Session<'g, 's, T> {
    settings: &'s Settings,
    deadline: Option<Instant>,
    /// Where somebody listens.
    log: Option<Arc<Log>>,
    results: Vec<Option<Result<T, DependencyError>>>,
    waiting: Vec<(usize, Node<'g, T>)>,
}

/// Some outputs being computed, and their places among the results.
struct Round<'g, T> {
    typed: TypedRun<'g, T>,
    places: Vec<usize>,
}

impl<'g, 's, T> Session<'g, 's, T> {
    fn new(nodes: impl IntoIterator<Item = Node<'g, T>>, settings: &'s Settings) -> Self {
        let waiting: Vec<_> = nodes.into_iter().enumerate().collect();
        let mut results = Vec::new();
        results.resize_with(waiting.len(), || None);
        let deadline = settings.timeout.and_then(|limit| Instant::now().checked_add(limit));
        Self { settings, deadline, log: Log::open(), results, waiting }
    }

    /// Begins the run at `inputs`. Where they can't be, each result is the error.
    fn begin_at(&mut self, inputs: Inputs<'g>) {
        let outputs: Vec<&Handle> = self.waiting.iter().map(|(_, node)| node.handle()).collect();
        if let Err(error) = inputs.apply(&outputs, raw::FREE, &mut Vec::new()) {
            for (place, _) in self.waiting.drain(..) {
                self.results[place] = Some(Err(error.clone()));
            }
        }
    }

    /// What is to be run next; nothing if all results are there.
    fn next(&mut self) -> Option<Round<'g, T>> {
        if self.waiting.is_empty() {
            return None;
        }
        let (places, nodes): (Vec<usize>, Vec<_>) = self.waiting.drain(..).unzip();
        let log = self.log.clone().map(|log| -> Arc<dyn raw::Observer> { log });
        Some(Round { typed: TypedRun::new(nodes, self.settings, self.deadline, log), places })
    }

    /// Notes that a round couldn't begin.
    #[cold]
    fn busy(&mut self, round: &Round<'g, T>, _: &Busy) {
        for (&place, output) in round.places.iter().zip(round.typed.run().outputs()) {
            self.results[place] = Some(Err(alone(output, Failure::busy(output.header()))));
        }
    }

    /// Takes in what came of a round, all of whose operations have been run that will be.
    fn take_in(&mut self, round: Round<'g, T>) {
        let Round { typed, places } = round;
        let done: Vec<bool> = (0..places.len()).map(|index| typed.run().is_done(index)).collect();
        // Told while the failures are still where they happened.
        let errors = if !done.contains(&false) { Vec::new() } else { dependency_errors(typed.run()) };
        let outcomes = typed.into_nodes();
        let mut errors = errors.into_iter();
        let count = places.len();
        for (place, (outcome, done)) in places.into_iter().zip(outcomes.into_iter().zip(done)) {
            self.results[place] = match (outcome, errors.next().flatten()) {
                (Ok(value), _) => Some(Ok(value)),
                (Err(_), Some(error)) => Some(Err(error)),
                (Err(node), None) if done => {
                    Some(Err(alone(node.handle(), Failure::gone(node.handle().header(), node.handle().header()))))
                }
                // It waited for a reader, or the like, that failed and that it doesn't need: now it needn't wait.
                (Err(node), None) => {
                    self.waiting.push((place, node));
                    None
                }
            };
        }
        if self.waiting.len() == count {
            // Nothing has been gained: the executor has left what was ready.
            for (place, node) in self.waiting.drain(..) {
                self.results[place] = Some(Err(alone(node.handle(), Failure::stopped(node.handle().header()))));
            }
        }
    }

    fn results(self) -> Vec<Result<T, DependencyError>> {
        let results = self.results.into_iter().map(|result| result.expect("each output has a result or an error"));
        let results: Vec<Result<T, DependencyError>> = results.collect();
        if let Some(log) = self.log {
            log.end(results.iter().map(|result| result.as_ref().err()));
        }
        results
    }
}

/// Lets `execute` run what `nodes` need, beginning at `inputs`, and gives the results.
pub(crate) fn drive<'g, T>(
    nodes: impl IntoIterator<Item = Node<'g, T>>,
    inputs: Option<Inputs<'g>>,
    settings: &Settings,
    mut execute: impl for<'r> FnMut(&'r Run, Vec<Ready<'r>>),
) -> Vec<Result<T, DependencyError>> {
    let mut session = Session::new(nodes, settings);
    if let Some(inputs) = inputs {
        session.begin_at(inputs);
    }
    while let Some(round) = session.next() {
        match round.typed.run().claim() {
            Ok(roots) => execute(round.typed.run(), roots),
            Err(busy) => {
                session.busy(&round, &busy);
                continue;
            }
        }
        session.take_in(round);
    }
    session.results()
}

impl<T> Node<'_, T> {
    /// Whether the value has been computed, and is there: by an earlier run that computed it for another node that needs it.
    ///
    /// An associated function, so that it hides no method of the value's in a `#[dispatch]` function.
    #[must_use]
    pub fn is_ready(node: &Self) -> bool {
        node.handle().is_there(raw::FREE)
    }

    /// The value, if an earlier run has computed it; nothing is run.
    ///
    /// A run keeps the values of operations whose nodes somebody has, so what several runs need is computed once.
    ///
    /// # Errors
    /// The failure of the operation, or of one that it depends on, if that run failed there; an error of the kind
    /// [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if it was not computed.
    ///
    /// # Examples
    /// ```
    /// use dispatcher_core::{Node, Op, SerialExecutor};
    ///
    /// let data = Op::new("load", (), |()| vec![1, 2, 3]);
    /// let sum = Op::new("sum", (&data,), |(data,)| data.iter().sum::<i32>());
    /// assert!(!Node::is_ready(&data));
    /// assert_eq!(SerialExecutor::new().run(sum)?, 6);
    /// assert!(Node::is_ready(&data));
    /// assert_eq!(Node::fetch(data)?, [1, 2, 3]);
    /// # Ok::<(), dispatcher_core::DependencyError>(())
    /// ```
    pub fn fetch(node: Self) -> Result<T, DependencyError> {
        let settings = Settings::new();
        only(drive([node], None, &settings, |_, _| {}))
    }
}

/// A sink of a thread that isn't alone: tasks of the run may be under way elsewhere.
struct Together<S>(S);

impl<'r, S: Sink<'r>> Sink<'r> for Together<S> {
    fn ready(&mut self, node: Ready<'r>) {
        self.0.ready(node);
    }
    fn expect(&mut self, count: usize) {
        self.0.expect(count);
    }
    fn enter(&mut self) {
        self.0.enter();
    }
    fn leave(&mut self) {
        self.0.leave();
    }
}

/// The one result of a run for one output.
pub(crate) fn only<T>(results: Vec<Result<T, DependencyError>>) -> Result<T, DependencyError> {
    results.into_iter().next().expect("one output gives one result")
}
