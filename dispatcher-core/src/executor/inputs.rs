//! [`Inputs`]: where a run begins.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::link;
use crate::error::{Cause, DependencyError, Failure};
use crate::graph::Numbering;
use crate::node::Node;
use crate::raw::{self, Handle, NotGiven};

/// Where a run begins: operations that were computed before, and operations that are given a value in place of being run. What
/// only they need doesn't run.
///
/// An operation whose value is kept, because somebody has its node, isn't computed again by a later run anyway; saying so here
/// makes it an error if it wasn't computed.
///
/// Carries over the inputs and the input map of Dispatcher.jl's `run!`.
///
/// # Examples
/// ```
/// use dispatcher_core::{Inputs, Op, SerialExecutor};
///
/// let page = Op::new("fetch", (), |()| -> String { unreachable!("it is given") });
/// let words = Op::new("count", (&page,), |(page,)| page.split(' ').count());
/// let inputs = Inputs::new().value(&page, String::from("a b c"));
/// assert_eq!(SerialExecutor::new().run_with(words, inputs)?, 3);
/// # Ok::<(), dispatcher_core::DependencyError>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct Inputs<'g> {
    inputs: Vec<Entry<'g>>,
}

struct Entry<'g> {
    handle: Handle,
    /// Gives the operation its value; none where it has it already.
    give: Option<Box<dyn Give + Send + 'g>>,
}

/// Gives an operation a value, in a graph that the number says who has claimed.
pub(super) trait Give {
    /// Gives it.
    fn give(&mut self, claimed_by: u32) -> Result<(), NotGiven>;
    /// Gives it the value again that was there from the start, if there was one.
    fn put_back(&mut self, claimed_by: u32);
}

/// A node, and its value; once that is given, the one that was there from the start.
struct Value<'g, T>(Node<'g, T>, Option<T>);

impl<T: Send> Give for Value<'_, T> {
    fn give(&mut self, claimed_by: u32) -> Result<(), NotGiven> {
        if let Some(value) = self.1.take() {
            self.1 = raw::give(&self.0, value, claimed_by)?;
        }
        Ok(())
    }
    fn put_back(&mut self, claimed_by: u32) {
        // Where it can't be, the graph has no such value any more, and says so when it is run.
        let _ = self.give(claimed_by);
    }
}

impl<'g> Inputs<'g> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives `node` this value: the operation doesn't run. A value that it has from an earlier run is replaced.
    ///
    /// An operation that updates values in place can't be given one, since they would stay as they were; nor can one whose value
    /// has been updated: then the run gives an error that says so.
    pub fn value<T: Send + 'g>(mut self, node: &Node<'g, T>, value: T) -> Self {
        let shared = Node::from_handle(node.handle().share());
        let give = Box::new(Value(shared, Some(value)));
        self.inputs.push(Entry { handle: node.handle().share(), give: Some(give) });
        self
    }

    /// Takes the value of `node` as an earlier run has computed it; if none has, the run gives an error that says so.
    pub fn computed<T>(mut self, node: &Node<'g, T>) -> Self {
        self.inputs.push(Entry { handle: node.handle().share(), give: None });
        self
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// Puts the values where they are to be found, in a graph that is claimed by `claimed_by`.
    pub(super) fn apply(
        self,
        outputs: &[&Handle],
        claimed_by: u32,
        given: &mut Vec<Box<dyn Give + Send + 'g>>,
    ) -> Result<(), DependencyError> {
        if self.is_empty() {
            return Ok(());
        }
        let needed = needed_by(outputs);
        // What can be seen is seen before anything is changed.
        for Entry { handle, give } in &self.inputs {
            if !needed.contains(&handle.key()) {
                return Err(refused(handle, Cause::NoInput("no output depends on it")));
            }
            if give.is_some() && handle.is_updating() {
                return Err(refused(handle, Cause::NoInput("it updates a value in place")));
            }
            if give.is_none() && !handle.is_there(claimed_by) {
                return Err(refused(handle, Cause::NoInput("it was not computed before, or its value is gone")));
            }
        }
        for Entry { handle, give } in self.inputs {
            let Some(mut give) = give else { continue };
            give.give(claimed_by).map_err(|why| match why {
                NotGiven::Updates => refused(&handle, Cause::NoInput("it updates a value in place")),
                NotGiven::Gone => {
                    refused(&handle, Cause::NoInput("an operation has updated its value, or failed with it"))
                }
                NotGiven::Busy => refused(&handle, Cause::Busy),
            })?;
            given.push(give);
        }
        Ok(())
    }
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.inputs.iter().map(|input| crate::graph::label_of_header(input.handle.header()));
        f.debug_tuple("Inputs").field(&labels.collect::<Vec<_>>()).finish()
    }
}

/// The operations that `outputs` are, or depend on.
fn needed_by(outputs: &[&Handle]) -> HashSet<usize> {
    let mut needed: HashSet<usize> = outputs.iter().map(|output| output.key()).collect();
    let mut stack: Vec<Handle> = outputs.iter().map(|output| output.share()).collect();
    while let Some(node) = stack.pop() {
        stack.extend(node.inputs().map(|(_, used)| used).filter(|used| needed.insert(used.key())));
    }
    needed
}

#[cold]
fn refused(handle: &Handle, cause: Cause) -> DependencyError {
    let numbering = Numbering::new(std::slice::from_ref(handle));
    let mut link = link(handle, &numbering);
    // It may be in no graph of this run.
    link.id = None;
    DependencyError::new(Arc::new(Failure::of(handle.header(), cause)), vec![link], false)
}
