//! Addresses as dask writes them: `tcp://host:port`, `tls://host:port`.

use std::fmt;
use std::str::FromStr;

use super::NetError;

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// In the clear.
    Tcp,
    /// Encrypted, with certificates on both sides.
    Tls,
}

/// Where a scheduler, a worker or a client listens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    scheme: Scheme,
    /// A name or an IP address, without brackets.
    host: String,
    port: u16,
}

impl Address {
    /// An address of its parts.
    pub(crate) fn new(scheme: Scheme, host: impl Into<String>, port: u16) -> Self {
        Address { scheme, host: host.into(), port }
    }

    /// How bytes travel.
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The name or IP address, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The same host with another port.
    pub(crate) fn with_port(&self, port: u16) -> Self {
        Address { port, ..self.clone() }
    }
}

impl FromStr for Address {
    type Err = NetError;

    /// Reads `tcp://host:port`, `tls://host:port`, with IPv6 in brackets; without a scheme it is `tcp`, as in dask.
    fn from_str(text: &str) -> Result<Self, NetError> {
        let bad = |why| NetError::BadAddress { address: text.to_owned(), why };
        let (scheme, place) = match text.split_once("://") {
            None => (Scheme::Tcp, text),
            Some(("tcp", place)) => (Scheme::Tcp, place),
            Some(("tls", place)) => (Scheme::Tls, place),
            Some(_) => return Err(bad("only tcp:// and tls:// are spoken")),
        };
        let place = place.trim_end_matches('/');
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => rest.split_once("]:").ok_or_else(|| bad("an IPv6 host is written [host]:port"))?,
            None => place.rsplit_once(':').ok_or_else(|| bad("the port is missing"))?,
        };
        if host.is_empty() || (host.contains(':') && !place.starts_with('[')) {
            return Err(bad("it is written tcp://host:port, and an IPv6 host in brackets"));
        }
        let port = port.parse().map_err(|_| bad("the port is not a number up to 65535"))?;
        Ok(Address::new(scheme, host, port))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Tcp => "tcp",
            Scheme::Tls => "tls",
        };
        let Address { host, port, .. } = self;
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}
