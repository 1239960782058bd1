//! Connections: addresses, TCP and TLS, the handshake, and messages over them.
//!
//! [`Network`] connects and listens; what it gives is a [`Comm`], over which whole messages go; [`Pool`] keeps
//! connections for requests that have one reply. Nothing here knows what the messages mean, beyond the handshake and
//! dask's form of an error.

mod address;
mod comm;
mod error;
mod rpc;
mod tls;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};

pub use address::Address;
pub(crate) use address::Scheme;
pub(crate) use comm::{Comm, Receiver, Sender};
pub use error::NetError;
pub(crate) use rpc::{Pool, call};
pub use tls::Security;
use tls::Tls;

use crate::wire::Limits;

/// How to connect and to listen: with TLS or without, and within what limits.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    tls: Option<Arc<Tls>>,
    limits: Limits,
    /// How long one attempt to connect, with its handshakes, may take.
    patience: Duration,
}

impl Network {
    /// A network whose `tls://` addresses use the certificates of `security`.
    pub(crate) fn new(security: Option<&Security>, patience: Duration) -> Result<Self, NetError> {
        let tls = security.map(Tls::load).transpose()?.map(Arc::new);
        Ok(Network { tls, limits: Limits::default(), patience })
    }

    /// Connects, in one attempt, and shakes hands.
    pub(crate) async fn connect(&self, address: &Address) -> Result<Comm, NetError> {
        let attempt = async {
            let tls = self.tls_for(address)?;
            let tcp = TcpStream::connect((address.host(), address.port()))
                .await
                .map_err(|error| NetError::connecting(address, error))?;
            let stream = comm::Stream::connected(tcp, tls, address).await?;
            Comm::shake_hands(stream, address.clone(), self.limits).await
        };
        let timed_out = |_| NetError::TimedOut { what: format!("connecting to {address}"), after: self.patience };
        tokio::time::timeout(self.patience, attempt).await.map_err(timed_out)?
    }

    /// Connects, trying again while nobody listens, until `within` is over.
    pub(crate) async fn connect_within(&self, address: &Address, within: Duration) -> Result<Comm, NetError> {
        let deadline = Instant::now() + within;
        let mut pause = Duration::from_millis(20);
        loop {
            match self.connect(address).await {
                Err(NetError::Unreachable { .. }) if Instant::now() + pause < deadline => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
                done => return done,
            }
        }
    }

    /// Listens on the address; port 0 is any that is free.
    pub(crate) async fn listen(&self, address: &Address) -> Result<Listener, NetError> {
        self.tls_for(address)?;
        let failed = |error| NetError::Listening { address: address.clone(), error };
        let tcp = TcpListener::bind((address.host(), address.port())).await.map_err(failed)?;
        let port = tcp.local_addr().map_err(failed)?.port();
        Ok(Listener { tcp, address: address.with_port(port), network: self.clone() })
    }

    /// The certificates, where the address needs them.
    fn tls_for(&self, address: &Address) -> Result<Option<&Tls>, NetError> {
        match (address.scheme(), &self.tls) {
            (Scheme::Tcp, _) => Ok(None),
            (Scheme::Tls, Some(tls)) => Ok(Some(tls)),
            (Scheme::Tls, None) => Err(NetError::NoCertificates { address: address.clone() }),
        }
    }
}

/// A listening socket.
#[derive(Debug)]
pub(crate) struct Listener {
    tcp: TcpListener,
    address: Address,
    network: Network,
}

impl Listener {
    /// Where it listens, with the port that it was given.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The next connection. Its handshake is not done yet, so that a slow peer holds up nobody else.
    pub(crate) async fn accept(&self) -> io::Result<Incoming> {
        let (tcp, peer) = self.tcp.accept().await?;
        let peer = Address::new(self.address.scheme(), peer.ip().to_string(), peer.port());
        Ok(Incoming { tcp, peer, network: self.network.clone() })
    }
}

/// A connection that was accepted, before its handshake.
#[derive(Debug)]
pub(crate) struct Incoming {
    tcp: TcpStream,
    peer: Address,
    network: Network,
}

impl Incoming {
    /// Shakes hands, within the network's time limit.
    pub(crate) async fn shake_hands(self) -> Result<Comm, NetError> {
        let Incoming { tcp, peer, network } = self;
        let handshake = async {
            let stream = comm::Stream::accepted(tcp, network.tls_for(&peer)?, &peer).await?;
            Comm::shake_hands(stream, peer.clone(), network.limits).await
        };
        let timed_out = |_| NetError::TimedOut { what: format!("the handshake with {peer}"), after: network.patience };
        tokio::time::timeout(network.patience, handshake).await.map_err(timed_out)?
    }
}
