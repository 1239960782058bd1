//! TLS as dask uses it: certificates on both sides, signed by one CA, and host names not checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::NetError;

/// The certificates for `tls://` addresses, as PEM files: what dask's own `Security` takes.
///
/// They are X.509 of version 3. Host names aren't checked, as in dask: whoever has a certificate of the CA is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Security {
    /// The CA that has signed everybody's certificates (dask's `tls_ca_file`).
    pub ca_file: PathBuf,
    /// Our certificate, with the chain behind it (`tls_client_cert`, `tls_worker_cert`).
    pub cert: PathBuf,
    /// Its private key (`tls_client_key`, `tls_worker_key`).
    pub key: PathBuf,
}

/// Certificates that were read, ready for use.
pub(super) struct Tls {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads the PEM files.
    pub(super) fn load(security: &Security) -> Result<Self, NetError> {
        let Security { ca_file, cert, key } = security;
        let provider = Arc::new(ring::default_provider());
        let signed = Arc::new(Signed::by(ca_file, &provider)?);
        let chain = certificates(cert)?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, error))?;

        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(cert, error))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&signed) as Arc<dyn ServerCertVerifier>)
            .with_client_auth_cert(chain.clone(), private.clone_key())
            .map_err(|error| unusable(key, error))?;
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(cert, error))?
            .with_client_cert_verifier(signed)
            .with_single_cert(chain, private)
            .map_err(|error| unusable(key, error))?;

        Ok(Tls { connector: Arc::new(client).into(), acceptor: Arc::new(server).into() })
    }

    /// For connections that we make.
    pub(super) fn connector(&self) -> &TlsConnector {
        &self.connector
    }

    /// For connections that are made to us.
    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Whether a connection broke by what TLS says, and not by the network.
pub(super) fn is_of_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|error| error.is::<Error>())
}

/// All certificates of a PEM file, of which there is at least one.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(path, error))?;
    if certificates.is_empty() { Err(unusable(path, "it holds no certificate")) } else { Ok(certificates) }
}

/// The error for a PEM file that can't be used.
fn unusable(path: &Path, why: impl std::fmt::Display) -> NetError {
    NetError::Certificate { path: path.to_owned(), why: why.to_string() }
}

/// Accepts whoever has a certificate that the CA has signed, whatever its name: dask's certificates name no hosts.
///
/// As in OpenSSL, and so in Python, the CA's own certificate is one of them: a cluster may share a single self-signed
/// certificate.
#[derive(Debug)]
struct Signed {
    roots: Arc<RootCertStore>,
    /// The CA's certificates as they are.
    own: Vec<CertificateDer<'static>>,
    /// What checks clients.
    clients: Arc<dyn ClientCertVerifier>,
    provider: Arc<CryptoProvider>,
}

impl Signed {
    /// Trusts the CA of this file.
    fn by(ca_file: &Path, provider: &Arc<CryptoProvider>) -> Result<Self, NetError> {
        let own = certificates(ca_file)?;
        let mut roots = RootCertStore::empty();
        for certificate in &own {
            roots.add(certificate.clone()).map_err(|error| unusable(ca_file, error))?;
        }
        let roots = Arc::new(roots);
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::clone(&roots), Arc::clone(provider))
            .build()
            .map_err(|error| unusable(ca_file, error))?;
        Ok(Signed { roots, own, clients, provider: Arc::clone(provider) })
    }

    /// Lets the CA's own certificate pass where all that is wrong with it is that it is a CA's.
    ///
    /// webpki has no kind of its own for that error, but finds it after it has checked the dates.
    fn or_own<T>(&self, checked: Result<T, Error>, certificate: &CertificateDer<'_>, pass: T) -> Result<T, Error> {
        match checked {
            Err(Error::InvalidCertificate(CertificateError::Other(_))) if self.own.contains(certificate) => Ok(pass),
            checked => checked,
        }
    }

    /// Checks a server's certificate.
    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let certificate = ParsedCertificate::try_from(end_entity)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, chain, now, algorithms)?;
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Signed {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.or_own(self.check(end_entity, intermediates, now), end_entity, ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Signed {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.clients.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let checked = self.clients.verify_client_cert(end_entity, intermediates, now);
        self.or_own(checked, end_entity, ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.clients.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.clients.supported_verify_schemes()
    }
}
