//! A connection, over which whole messages go.

use std::io;

use bytes::{Bytes, BytesMut};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;

use super::tls::Tls;
use super::{Address, NetError};
use crate::wire::{Decoder, Fields, Limits, Message, Outgoing, WireError, protocol};

/// The two directions of a connection, before dask's handshake.
pub(super) struct Stream {
    read: Box<dyn AsyncRead + Send + Unpin>,
    write: Box<dyn AsyncWrite + Send + Unpin>,
}

impl Stream {
    /// A connection that we made, with TLS on top where it is given.
    pub(super) async fn connected(tcp: TcpStream, tls: Option<&Tls>, peer: &Address) -> Result<Self, NetError> {
        let failed = |error| NetError::Tls { peer: peer.clone(), error };
        prepare(&tcp);
        let Some(tls) = tls else { return Ok(Stream::plain(tcp)) };
        // Names aren't checked, so any will do where the host isn't one.
        let name = ServerName::try_from(peer.host().to_owned())
            .or_else(|_| ServerName::try_from("dask"))
            .map_err(|error| failed(io::Error::other(error)))?;
        Ok(Stream::encrypted(tls.connector().connect(name, tcp).await.map_err(failed)?))
    }

    /// A connection that was made to us, with TLS on top where it is given.
    pub(super) async fn accepted(tcp: TcpStream, tls: Option<&Tls>, peer: &Address) -> Result<Self, NetError> {
        prepare(&tcp);
        let Some(tls) = tls else { return Ok(Stream::plain(tcp)) };
        let failed = |error| NetError::Tls { peer: peer.clone(), error };
        Ok(Stream::encrypted(tls.acceptor().accept(tcp).await.map_err(failed)?))
    }

    /// The halves of a TCP connection.
    fn plain(tcp: TcpStream) -> Self {
        let (read, write) = tcp.into_split();
        Stream { read: Box::new(read), write: Box::new(write) }
    }

    /// The halves of an encrypted connection.
    fn encrypted(tls: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (read, write) = tokio::io::split(Box::pin(tls));
        Stream { read: Box::new(read), write: Box::new(write) }
    }
}

/// Sends small messages at once. A socket that refuses this works all the same.
fn prepare(tcp: &TcpStream) {
    if let Err(error) = tcp.set_nodelay(true) {
        tracing::debug!(%error, "the socket keeps its delay");
    }
}

/// A connection after the handshake.
#[derive(Debug)]
pub(crate) struct Comm {
    sender: Sender,
    receiver: Receiver,
}

impl Comm {
    /// Says what dask's peers say first, and reads the same.
    pub(super) async fn shake_hands(stream: Stream, peer: Address, limits: Limits) -> Result<Self, NetError> {
        let sender = Sender { writer: BufWriter::with_capacity(64 * 1024, stream.write), peer: peer.clone() };
        let receiver = Receiver {
            reader: stream.read,
            buffer: BytesMut::new(),
            // Until the other side has shown that it speaks dask's protocol, little is taken from it.
            decoder: Decoder::new(Limits { bytes: 1 << 20, frames: 16 }),
            peer,
        };
        let mut comm = Comm { sender, receiver };
        let peer = comm.peer().clone();
        comm.greet().await.map_err(|error| match error {
            // With TLS 1.3 a client hears only now that its certificate isn't taken.
            NetError::Broken { peer, error } if super::tls::is_of_tls(&error) => NetError::Tls { peer, error },
            error => NetError::NotDask { peer, error: Box::new(error) },
        })?;
        comm.receiver.decoder = Decoder::new(limits);
        Ok(comm)
    }

    /// Sends our handshake and reads the other's.
    async fn greet(&mut self) -> Result<(), NetError> {
        self.send(protocol::handshake()).await?;
        let greeting = self.recv().await?;
        let wrong = |error| self.receiver.wrong(error);
        Fields::of(&greeting.value().map_err(wrong)?, "the handshake")
            .and_then(|fields| fields.int("pickle-protocol"))
            .map_err(wrong)?;
        Ok(())
    }

    /// The other side.
    pub(crate) fn peer(&self) -> &Address {
        &self.receiver.peer
    }

    /// Sends a message.
    pub(crate) async fn send(&mut self, message: Outgoing) -> Result<(), NetError> {
        self.sender.send(message).await
    }

    /// Reads the next message.
    pub(crate) async fn recv(&mut self) -> Result<Message, NetError> {
        self.receiver.recv().await
    }

    /// The two directions, for two tasks.
    pub(crate) fn split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

/// The direction from us to the other side.
pub(crate) struct Sender {
    writer: BufWriter<Box<dyn AsyncWrite + Send + Unpin>>,
    peer: Address,
}

impl Sender {
    /// Sends a message. Large pieces of it go to the socket from where they are.
    pub(crate) async fn send(&mut self, message: Outgoing) -> Result<(), NetError> {
        self.write(message.into_pieces()).await.map_err(|error| broken(&self.peer, error))
    }

    /// Writes the pieces, and all that is held back.
    async fn write(&mut self, pieces: Vec<Bytes>) -> io::Result<()> {
        for piece in pieces {
            self.writer.write_all(&piece).await?;
        }
        self.writer.flush().await
    }

    /// Says that nothing more will come.
    pub(crate) async fn shutdown(&mut self) {
        if let Err(error) = self.writer.shutdown().await {
            tracing::debug!(%error, peer = %self.peer, "the connection was closed already");
        }
    }
}

/// The direction from the other side to us.
pub(crate) struct Receiver {
    reader: Box<dyn AsyncRead + Send + Unpin>,
    buffer: BytesMut,
    decoder: Decoder,
    peer: Address,
}

impl Receiver {
    /// Reads the next message. It may be dropped and called again; nothing is lost.
    pub(crate) async fn recv(&mut self) -> Result<Message, NetError> {
        loop {
            match self.decoder.decode(&mut self.buffer) {
                Ok(Some(frames)) => return Ok(Message::new(frames)),
                Ok(None) => self.buffer.reserve(self.decoder.reserve(&self.buffer)),
                Err(error) => return Err(self.wrong(error)),
            }
            let read = self.reader.read_buf(&mut self.buffer).await.map_err(|error| broken(&self.peer, error))?;
            if read == 0 && self.decoder.is_between_messages(&self.buffer) {
                return Err(NetError::Closed { peer: self.peer.clone() });
            }
            if read == 0 {
                return Err(broken(&self.peer, io::Error::new(io::ErrorKind::UnexpectedEof, "a message is cut off")));
            }
        }
    }

    /// The error for a message that is wrong.
    pub(crate) fn wrong(&self, error: WireError) -> NetError {
        NetError::Message { peer: self.peer.clone(), error }
    }
}

/// The error for a connection that no longer works.
fn broken(peer: &Address, error: io::Error) -> NetError {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    match error.kind() {
        BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected => NetError::Closed { peer: peer.clone() },
        _ => NetError::Broken { peer: peer.clone(), error },
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("peer", &self.peer).finish_non_exhaustive()
    }
}
