//! Executors: who runs a graph's operations, on which thread, in which order.
//!
//! An executor is given nodes, claims what they need ([`Run`](crate::raw::Run)), and runs the tokens that come of it until
//! there are none. It decides nothing but who is next.

mod parallel;
mod serial;

pub use parallel::ParallelExecutor;
pub use serial::SerialExecutor;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::error::{ChainLink, DependencyError, Failure};
use crate::graph::{self, Numbering};
use crate::node::Node;
use crate::raw::{self, Busy, Handle, Ready, Run, TypedRun};

/// The error of the output at `index`, which wasn't computed.
#[cold]
fn dependency_error(run: &Run, index: usize) -> DependencyError {
    let outputs = run.outputs();
    let output = &outputs[index];
    let (cause, stopped) = match raw::root_cause(std::slice::from_ref(output)) {
        Some(cause) => (cause, false),
        None => match raw::root_cause(outputs) {
            Some(cause) => (cause, true),
            None => (Arc::new(Failure::stopped(output.header())), false),
        },
    };
    let numbering = Numbering::new(outputs);
    let chain = if stopped { vec![link(output, &numbering)] } else { chain(output, &numbering) };
    DependencyError::new(cause, chain, stopped)
}

/// The error of an output of a run that couldn't begin.
#[cold]
fn busy_error(_: &Busy, output: &Handle) -> DependencyError {
    let numbering = Numbering::new(std::slice::from_ref(output));
    DependencyError::new(Arc::new(Failure::busy(output.header())), vec![link(output, &numbering)], false)
}

fn link(handle: &Handle, numbering: &Numbering) -> ChainLink {
    let header = handle.header();
    ChainLink { id: numbering.id(handle), label: graph::label_of_header(header), location: graph::location_of(header) }
}

/// The nodes from the first built that failed to the output.
fn chain(output: &Handle, numbering: &Numbering) -> Vec<ChainLink> {
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
    let mut chain = Vec::new();
    let mut next = first;
    while let Some(node) = next {
        next = needed_by.get(&node.key()).map(Handle::share);
        // The node that brings a subgraph's result home is no operation of the user's.
        if !node.is_homeward() {
            chain.push(link(&node, numbering));
        }
    }
    chain
}

/// Claims what `nodes` need, lets `execute` run it, and gives the results.
fn drive<'g, T>(
    nodes: impl IntoIterator<Item = Node<'g, T>>,
    fail_fast: bool,
    execute: impl for<'r> FnOnce(&'r Run, Vec<Ready<'r>>),
) -> Vec<Result<T, DependencyError>> {
    let mut typed = TypedRun::new(nodes, fail_fast);
    match typed.run().claim() {
        Ok(roots) => execute(typed.run(), roots),
        Err(busy) => {
            return typed.run().outputs().iter().map(|output| Err(busy_error(&busy, output))).collect();
        }
    }
    // Told while the failures are still where they happened.
    let errors: Vec<Option<DependencyError>> = (0..typed.run().outputs().len())
        .map(|index| (!typed.run().is_done(index)).then(|| dependency_error(typed.run(), index)))
        .collect();
    let gone = |index, typed: &TypedRun<'g, T>| dependency_error(typed.run(), index);
    let results: Vec<Option<T>> = typed.results().collect();
    results
        .into_iter()
        .zip(errors)
        .enumerate()
        .map(|(index, (result, error))| match (result, error) {
            (Some(value), _) => Ok(value),
            (None, Some(error)) => Err(error),
            (None, None) => Err(gone(index, &typed)),
        })
        .collect()
}

/// The one result of a run for one output.
fn only<T>(results: Vec<Result<T, DependencyError>>) -> Result<T, DependencyError> {
    results.into_iter().next().expect("one output gives one result")
}
