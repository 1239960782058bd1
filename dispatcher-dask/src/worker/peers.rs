//! Gets results from other workers.

use std::collections::HashMap;

use bytes::Bytes;

use super::event::{Address, FetchResult, Key};
use super::messages::read_values;
use crate::net::{self, Comm, NetError, Pool};
use crate::wire::{Fields, WireError, protocol};

/// Asks a peer for keys, in one request. A connection that was kept too long is replaced by a new one.
pub(crate) async fn fetch(pool: &Pool, peer: &Address, keys: &[Key], who: &str) -> FetchResult {
    let address: net::Address = match peer.parse() {
        Ok(address) => address,
        Err(error) => {
            tracing::warn!(%error, "a peer can't be asked");
            return FetchResult::Lost;
        }
    };
    let result = match ask(pool, &address, keys, who).await {
        Err(NetError::Closed { .. } | NetError::Broken { .. }) => {
            pool.forget(&address);
            ask(pool, &address, keys, who).await
        }
        done => done,
    };
    result.unwrap_or_else(|error| {
        tracing::warn!(%peer, %error, keys = keys.len(), "peer lost: its results are sought elsewhere");
        pool.forget(&address);
        FetchResult::Lost
    })
}

/// One request, its reply and the acknowledgement.
async fn ask(pool: &Pool, address: &net::Address, keys: &[Key], who: &str) -> Result<FetchResult, NetError> {
    let mut comm = pool.take(address).await?;
    let result = exchange(&mut comm, keys, who).await?;
    pool.put(comm);
    Ok(result)
}

/// The same, on one connection.
async fn exchange(comm: &mut Comm, keys: &[Key], who: &str) -> Result<FetchResult, NetError> {
    comm.send(protocol::get_data(keys.iter().map(|key| &**key), who)).await?;
    let reply = comm.recv().await?;
    let read = || -> Result<Option<HashMap<Key, Bytes>>, WireError> {
        let value = reply.value()?;
        let fields = Fields::of(&value, "the reply to `get_data`")?;
        match fields.text("status")? {
            "OK" => {}
            "busy" => return Ok(None),
            _ => return Ok(Some(HashMap::new())),
        }
        read_values(&fields.map("data")?, &reply).map(Some)
    };
    let values = read().map_err(|error| NetError::Message { peer: comm.peer().clone(), error })?;
    match values {
        None => Ok(FetchResult::Busy),
        Some(values) => {
            comm.send(protocol::acknowledgement()).await?;
            Ok(FetchResult::Got(values))
        }
    }
}
