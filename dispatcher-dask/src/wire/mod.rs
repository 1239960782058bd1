//! What goes over the wire: frames, msgpack, and the messages of the scheduler's protocol.
//!
//! ```text
//! bytes ⇄ frames (frames.rs) ⇄ message (received.rs reads, outgoing.rs writes) ⇄ templates (protocol.rs)
//!                                   └ msgpack (fields.rs reads a map)   └ pickles (pickle.rs, pickle_scan.rs)
//! ```
//!
//! Everything here is pure: bytes in, bytes out. Sockets are `net`'s. What is received is never trusted: no claim of a
//! length is believed before its bytes have come, depth is limited, and a pickle is never executed.

mod error;
mod fields;
mod frames;
mod outgoing;
mod pickle;
mod pickle_scan;
pub(crate) mod protocol;
mod received;

pub use error::WireError;
pub(crate) use fields::{Fields, list, texts};
pub(crate) use frames::{Decoder, Limits, encode};
pub(crate) use outgoing::{MAX_VALUE, Outgoing, map};
pub(crate) use pickle::{GraphTask, exception, graph};
pub(crate) use pickle_scan::{RemoteError, read_exception};
pub(crate) use received::Message;
