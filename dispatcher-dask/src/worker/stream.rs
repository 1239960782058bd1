//! The stream between the scheduler and this worker: batches of ops, both ways.

use std::sync::Arc;
use std::time::Duration;

use rmpv::Value;
use tokio::sync::{mpsc, oneshot};

use super::event::Event;
use super::messages::{self, Order};
use super::node::{Ending, Node, Post};
use crate::net::{NetError, Receiver, Sender};
use crate::wire::{self, Outgoing, WireError, list};

/// How long messages are collected after a batch is sent. The first message after a pause goes at once.
const BATCH: Duration = Duration::from_millis(1);

/// Obeys the scheduler until the stream ends.
pub(crate) async fn receive(node: Arc<Node>, mut receiver: Receiver) {
    let ending = loop {
        let message = match receiver.recv().await {
            Ok(message) => message,
            Err(error) => break Ending::StreamEnded(error),
        };
        match obey(&node, &message) {
            Ok(None) => {}
            Ok(Some(reason)) => break Ending::Retired(reason),
            Err(error) => break Ending::StreamEnded(receiver.wrong(error)),
        }
    };
    node.end(ending);
}

/// Obeys one batch. Says why to leave, if it is time to.
fn obey(node: &Arc<Node>, message: &wire::Message) -> Result<Option<String>, WireError> {
    let value = message.value()?;
    for op in list(&value).ok_or(WireError::Shape("a list of ops"))? {
        match messages::read(op, message) {
            Ok(Order::Event(event)) => {
                if let Event::PeerLeft(peer) = &event {
                    tracing::info!(%peer, "peer left");
                    let _ = peer.parse().map(|address| node.pool.forget(&address));
                }
                node.handle(event);
            }
            Ok(Order::Refuse(message)) => node.tell(message),
            Ok(Order::Close(reason)) => return Ok(Some(format!("the scheduler closed it: {reason}"))),
            Ok(Order::Ignore(what)) => tracing::debug!(what, "ignored"),
            Err(error) => tracing::warn!(%error, "the scheduler said something that can't be read"),
        }
    }
    Ok(None)
}

/// Sends what is posted, in batches, until nobody can post any more or the stream ends.
pub(crate) async fn send(mut posted: mpsc::UnboundedReceiver<Post>, mut sender: Sender) -> Result<(), NetError> {
    let mut stimulus = 0_u64;
    let mut flushed: Vec<oneshot::Sender<()>> = Vec::new();
    let mut batch = Vec::new();
    while posted.recv_many(&mut batch, usize::MAX).await > 0 {
        stimulus += 1;
        let stimulus_id = format!("rust-worker-{stimulus}");
        let mut ops: Vec<Value> = Vec::with_capacity(batch.len());
        for post in batch.drain(..) {
            match post {
                Post::Message(message) => ops.push(messages::write(message, &stimulus_id)),
                Post::Flush(done) => flushed.push(done),
            }
        }
        if !ops.is_empty() {
            sender.send(Outgoing::batch(ops)).await?;
        }
        for done in flushed.drain(..) {
            // Perhaps nobody waits any more.
            let _ = done.send(());
        }
        tokio::time::sleep(BATCH).await;
    }
    sender.shutdown().await;
    Ok(())
}
