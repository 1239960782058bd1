//! A run whose outputs are of one type: how its results come out, typed.

use std::marker::PhantomData;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::observe::Observer;
use super::prepared::Plan;
use super::run::Run;
use crate::node::Node;
use crate::policy::Settings;

/// A run whose outputs are of one type.
pub(crate) struct TypedRun<'g, T> {
    run: Run,
    of: PhantomData<Node<'g, T>>,
}

impl<'g, T> TypedRun<'g, T> {
    /// A run for these outputs.
    pub(crate) fn new(
        outputs: impl IntoIterator<Item = Node<'g, T>>,
        settings: &Settings,
        deadline: Option<Instant>,
        observer: Option<Arc<dyn Observer>>,
    ) -> Self {
        let outputs = outputs.into_iter().map(Node::into_handle).collect();
        Self { run: Run::new(outputs, settings, deadline, observer), of: PhantomData }
    }

    /// The run, to be driven by an executor.
    pub(crate) fn run(&self) -> &Run {
        &self.run
    }

    /// Makes this a run of a graph that is prepared.
    pub(crate) fn belong_to(&mut self, plan: &Plan) {
        let (home, linked) = plan.claimed_by();
        self.run.belong_to(home, linked);
    }

    /// The outputs again, with the results of the run: a value, or the node where there is none.
    pub(crate) fn into_nodes(mut self) -> Vec<Result<T, Node<'g, T>>> {
        let results: Vec<Option<T>> = self.results().collect();
        let outcomes = results.into_iter().zip(&self.run.outputs);
        let outcomes =
            outcomes.map(|(result, output)| result.ok_or_else(|| Node::from_handle(output.share()))).collect();
        let outcomes: Vec<Result<T, Node<'g, T>>> = outcomes;
        if outcomes.iter().any(Result::is_err) {
            // Somebody refers to the nodes still.
            *self.run.graves.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        }
        outcomes
    }

    /// The results, in order; nothing where one wasn't computed. Exclusive access means that no token is left.
    pub(crate) fn results(&mut self) -> impl Iterator<Item = Option<T>> + '_ {
        if !(0..self.run.outputs.len()).all(|index| self.run.is_done(index)) {
            // Something failed, or the executor has left something.
            *self.run.unclean.get_mut() = true;
        }
        self.run.settle();
        // SAFETY: the outputs were `Node<T>`s.
        (0..self.run.outputs.len()).map(|index| unsafe { self.run.take(index) })
    }
}
