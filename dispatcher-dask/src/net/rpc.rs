//! Requests that have one reply, and connections kept for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Address, Comm, NetError, Network};
use crate::wire::{Fields, Message, Outgoing, read_exception};

/// How many idle connections to one peer are kept.
const IDLE: usize = 4;

/// Sends a request and reads its reply, within the time. Dask's form of an error becomes [`NetError::Refused`].
pub(crate) async fn call(comm: &mut Comm, op: &str, request: Outgoing, within: Duration) -> Result<Message, NetError> {
    let exchange = async {
        comm.send(request).await?;
        comm.recv().await
    };
    let reply = tokio::time::timeout(within, exchange).await;
    let timed_out = |_| NetError::TimedOut { what: format!("`{op}` at {}", comm.peer()), after: within };
    let reply = reply.map_err(timed_out)??;
    match refusal(&reply) {
        Some(message) => Err(NetError::Refused { peer: comm.peer().clone(), op: op.to_owned(), message }),
        None => Ok(reply),
    }
}

/// What a reply says, if it is dask's form of an error.
fn refusal(reply: &Message) -> Option<String> {
    let value = reply.value().ok()?;
    let fields = Fields::of(&value, "the reply").ok()?;
    if !matches!(fields.opt_text("status"), Ok(Some("error" | "uncaught-error"))) {
        return None;
    }
    let text = || Some(fields.opt_text("exception_text").ok()??.to_owned());
    let pickle = || Some(read_exception(&reply.payload(fields.get("exception")?).ok()?).message);
    Some(text().or_else(pickle).unwrap_or_else(|| "it doesn't say why".to_owned()))
}

/// Connections for requests, kept while they work. Several requests to one peer go over several connections.
#[derive(Debug)]
pub(crate) struct Pool {
    network: Network,
    idle: Mutex<HashMap<Address, Vec<Comm>>>,
}

impl Pool {
    /// A pool without connections.
    pub(crate) fn new(network: Network) -> Self {
        Pool { network, idle: Mutex::default() }
    }

    /// A connection that is kept, or a new one. Give it back with [`Pool::put`] when its last reply is read.
    pub(crate) async fn take(&self, address: &Address) -> Result<Comm, NetError> {
        let kept = self.idle().get_mut(address).and_then(Vec::pop);
        match kept {
            Some(comm) => Ok(comm),
            None => self.network.connect(address).await,
        }
    }

    /// Keeps the connection for the next request.
    pub(crate) fn put(&self, comm: Comm) {
        let mut idle = self.idle();
        let kept = idle.entry(comm.peer().clone()).or_default();
        if kept.len() < IDLE {
            kept.push(comm);
        }
    }

    /// Drops what is kept for a peer that is gone.
    pub(crate) fn forget(&self, address: &Address) {
        self.idle().remove(address);
    }

    /// One request and its reply. A kept connection that turns out to be dead is replaced by a new one, once.
    pub(crate) async fn call(
        &self,
        address: &Address,
        op: &str,
        request: Outgoing,
        within: Duration,
    ) -> Result<Message, NetError> {
        let kept = self.idle().get_mut(address).and_then(Vec::pop);
        if let Some(mut comm) = kept {
            match call(&mut comm, op, request.clone(), within).await {
                Err(NetError::Closed { .. } | NetError::Broken { .. }) => self.forget(address),
                done => return self.keep(comm, done),
            }
        }
        let mut comm = self.network.connect(address).await?;
        let done = call(&mut comm, op, request, within).await;
        self.keep(comm, done)
    }

    /// Keeps the connection where the request was answered.
    fn keep(&self, comm: Comm, done: Result<Message, NetError>) -> Result<Message, NetError> {
        if matches!(done, Ok(_) | Err(NetError::Refused { .. })) {
            self.put(comm);
        }
        done
    }

    /// The idle connections. What a panic elsewhere left behind is still a list of connections.
    fn idle(&self) -> std::sync::MutexGuard<'_, HashMap<Address, Vec<Comm>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
