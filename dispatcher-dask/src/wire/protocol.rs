//! The messages of the scheduler's protocol, one template each, and the versions that they hold for.
//!
//! The protocol is private to dask and promises nothing; all that is believed of it stands here. Measured on
//! distributed 2025.4.0, 2025.5.1, 2025.9.1, 2025.12.0, 2026.1.2, 2026.3.0, 2026.7.1 and 2026.8.0.

use bytes::Bytes;
use rmpv::{Value, ValueRef};

use super::{Fields, Outgoing, map};

/// The oldest distributed that these messages hold for: year, month, patch.
pub(crate) const OLDEST: [u32; 3] = [2025, 4, 0];

/// The pin: our workers register `{"rs": 1}` of this resource, and our tasks ask for `{"rs": 0}`. So only our workers
/// take them, and the scheduler hands them out at once instead of queueing them.
pub(crate) const RESOURCE: &str = "rs";

/// The field of a worker's `extra`, and so of its identity, that says what our workers say of themselves.
pub(crate) const EXTRA: &str = "dispatcher";

/// The annotation that carries a task's payload to the worker.
pub(crate) const PAYLOAD: &str = "rs";

/// Says why a scheduler of this version can't be spoken to, if it can't. A version that can't be read is let pass.
pub(crate) fn refusal(distributed: &str) -> Option<String> {
    let mut numbers = distributed.split(['.', '+', '-']).map(|part| part.parse::<u32>().ok());
    let mut number = || numbers.next().flatten();
    let version = [number()?, number()?, number().unwrap_or(0)];
    let [year, month, patch] = OLDEST;
    (version < OLDEST).then(|| {
        format!("the scheduler runs distributed {distributed}; dispatcher speaks to {year}.{month}.{patch} and later")
    })
}

/// The version of distributed, from the reply to [`versions`].
pub(crate) fn distributed_version<'m>(reply: &Fields<'m>) -> Option<&'m str> {
    reply.opt_map("packages").ok()??.opt_text("distributed").ok()?
}

/// What both sides say first on every connection. With compression nil nothing comes compressed.
pub(crate) fn handshake() -> Outgoing {
    Outgoing::new(&map! { "compression" => Value::Nil, "pickle-protocol" => 5 })
}

/// An RPC without arguments: `versions`, `identity`, `ping`.
pub(crate) fn request(op: &str) -> Outgoing {
    Outgoing::new(&map! { "op" => op, "reply" => true })
}

/// Asks for the versions of the scheduler's packages.
pub(crate) fn versions() -> Outgoing {
    request("versions")
}

/// Asks who the scheduler is, and who its workers are.
pub(crate) fn identity() -> Outgoing {
    request("identity")
}

/// The versions to register with: the scheduler's own, so that it sees no mismatch.
pub(crate) fn echoed_versions(reply: &Fields<'_>) -> Value {
    let packages = reply.get("packages").map_or_else(|| Value::Map(Vec::new()), ValueRef::to_owned);
    map! { "packages" => packages }
}

/// Registers a client; the connection becomes its stream.
pub(crate) fn register_client(client: &str, versions: Value) -> Outgoing {
    Outgoing::new(&map! { "op" => "register-client", "client" => client, "reply" => false, "versions" => versions })
}

/// A graph: `wanted` keys are kept for the client until it releases them; `order` says what to run first.
pub(crate) fn update_graph<'k>(
    pickle: Bytes,
    wanted: impl Iterator<Item = &'k str>,
    order: impl Iterator<Item = (&'k str, u64)>,
) -> Outgoing {
    let order = order.map(|(key, rank)| (Value::from(key), Value::from(rank))).collect();
    let message = map! {
        "op" => "update-graph",
        "expr_ser" => Outgoing::pickle_placeholder(),
        "keys" => keys(wanted),
        "span_metadata" => Value::Nil,
        "internal_priority" => Value::Map(order),
        "submitting_task" => Value::Nil,
        "annotations" => map! { "resources" => map! { RESOURCE => 0 } },
    };
    Outgoing::with_pickle(&Value::Array(vec![message]), pickle)
}

/// The client no longer wants these keys; what nobody wants is freed.
pub(crate) fn client_releases_keys<'k>(client: &str, released: impl Iterator<Item = &'k str>) -> Value {
    map! { "op" => "client-releases-keys", "client" => client, "keys" => keys(released) }
}

/// The client is alive; the answer is `adjust-heartbeat-interval`.
pub(crate) fn heartbeat_client() -> Value {
    map! { "op" => "heartbeat-client" }
}

/// The client leaves, and its keys are freed.
pub(crate) fn close_client() -> Value {
    map! { "op" => "close-client" }
}

/// Ends the stream.
pub(crate) fn close_stream() -> Value {
    map! { "op" => "close-stream" }
}

/// Asks a scheduler which workers hold the keys.
pub(crate) fn who_has<'k>(asked: impl Iterator<Item = &'k str>) -> Outgoing {
    Outgoing::new(&map! { "op" => "who_has", "keys" => keys(asked), "reply" => true })
}

/// Asks a worker for values. Its reply is to be answered with [`acknowledgement`].
pub(crate) fn get_data<'k>(wanted: impl Iterator<Item = &'k str>, who: &str) -> Outgoing {
    Outgoing::new(&map! { "op" => "get_data", "keys" => keys(wanted), "who" => who, "reply" => true })
}

/// Says that the values of [`get_data`] have come.
pub(crate) fn acknowledgement() -> Outgoing {
    Outgoing::new(&Value::from("OK"))
}

/// Keys as a list.
fn keys<'k>(keys: impl Iterator<Item = &'k str>) -> Value {
    Value::Array(keys.map(Value::from).collect())
}
