//! Results that are handed over a channel as they come.

use crossbeam_channel::{Receiver, Sender};

use crate::error::DependencyError;
use crate::node::Node;
use crate::raw::{self, Given, Kind, Outcome};
use crate::site::Site;

/// A result, with its place among the nodes.
type Placed<T> = (usize, Result<T, DependencyError>);

/// Operations that send the nodes' values; what sends the errors, when these have been run; and where to hear of both.
pub(crate) fn sending<'g, T: Send + 'g>(
    nodes: impl IntoIterator<Item = Node<'g, T>>,
) -> (Vec<Node<'g, ()>>, Errors<T>, Receiver<Placed<T>>) {
    let (sender, receiver) = crossbeam_channel::unbounded();
    let nodes = nodes.into_iter().enumerate();
    let sending = nodes.map(|(place, node)| send_to(sender.clone(), place, node)).collect();
    (sending, Errors(sender), receiver)
}

/// Sends errors.
pub(crate) struct Errors<T>(Sender<Placed<T>>);

impl<T> Errors<T> {
    /// Sends those of the operations that weren't run.
    pub(crate) fn tell(self, sent: Vec<Result<(), DependencyError>>) {
        for (place, sent) in sent.into_iter().enumerate() {
            if let Err(error) = sent {
                // A consumer that is gone wants no more results.
                let _ = self.0.send((place, Err(error.without_last())));
            }
        }
    }
}

/// The site of operations that send values.
pub(crate) static SEND: Site = Site { label: "send", form: "send(\u{1}_\u{2})", file: "", line: 0, column: 0 };

/// The operation that sends a node's value.
fn send_to<'g, T: Send + 'g>(sender: Sender<Placed<T>>, place: usize, node: Node<'g, T>) -> Node<'g, ()> {
    raw::op_node(Kind::Call, &SEND, (node,), move |(value,), _| {
        // A consumer that is gone wants no more results.
        let _ = sender.send((place, Ok(value)));
        Outcome(Given::Value(()))
    })
}
