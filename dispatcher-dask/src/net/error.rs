//! What can go wrong on the way to a peer.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Address;
use crate::wire::WireError;

/// Why a connection can't be made, or didn't hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// An address that can't be read.
    #[error("`{address}` is not an address: {why}")]
    BadAddress {
        /// As it was given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nobody answers there.
    #[error("cannot reach {address}: {error}; is it running there, and is the port open?")]
    Unreachable {
        /// Who was called.
        address: Address,
        /// What the system says.
        error: io::Error,
    },
    /// The port can't be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listening {
        /// Where.
        address: Address,
        /// What the system says.
        error: io::Error,
    },
    /// A `tls://` address, and no certificates.
    #[error("{address} needs certificates: give a `Security` with the CA's file, a certificate and its key")]
    NoCertificates {
        /// Who was called.
        address: Address,
    },
    /// A certificate or key that can't be used.
    #[error("cannot use {path}: {why}", path = path.display())]
    Certificate {
        /// The PEM file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The TLS handshake failed.
    #[error("no TLS connection with {peer}: {error}; both sides need certificates of the same CA")]
    Tls {
        /// The other side.
        peer: Address,
        /// What was wrong.
        error: io::Error,
    },
    /// The other side answers, and doesn't speak dask's protocol.
    #[error("{peer} doesn't answer as dask does: {error}; is a scheduler or worker there, and is it tcp:// or tls://?")]
    NotDask {
        /// The other side.
        peer: Address,
        /// What was wrong with its handshake.
        error: Box<NetError>,
    },
    /// Time ran out.
    #[error("{what} took longer than {after:?}")]
    TimedOut {
        /// What took too long.
        what: String,
        /// How long was waited.
        after: Duration,
    },
    /// The other side closed the connection, as it does when it ends.
    #[error("{peer} closed the connection")]
    Closed {
        /// The other side.
        peer: Address,
    },
    /// The connection broke.
    #[error("the connection with {peer} broke: {error}")]
    Broken {
        /// The other side.
        peer: Address,
        /// What the system says.
        error: io::Error,
    },
    /// A message that can't be read, or be written.
    #[error("a message with {peer}: {error}")]
    Message {
        /// The other side.
        peer: Address,
        /// What is wrong with it.
        error: WireError,
    },
    /// The other side answers a request with an error.
    #[error("{peer} refuses `{op}`: {message}")]
    Refused {
        /// The other side.
        peer: Address,
        /// What was asked.
        op: String,
        /// What it says.
        message: String,
    },
}

impl NetError {
    /// The error of a connection that can't be made.
    pub(super) fn connecting(address: &Address, error: io::Error) -> Self {
        NetError::Unreachable { address: address.clone(), error }
    }
}
