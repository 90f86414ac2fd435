//! A certificate, clients that trust it, and a transport that counts.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use eyas_server::TlsConfig;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A certificate for `localhost`, signed by itself.
pub(crate) struct Identity {
    pub(crate) cert_pem: String,
    pub(crate) key_pem: String,
    roots: RootCertStore,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])
            .expect("a certificate can be made");
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).expect("a certificate");
        Self {
            cert_pem: made.cert.pem(),
            key_pem: made.signing_key.serialize_pem(),
            roots,
        }
    }

    pub(crate) fn server(&self) -> TlsConfig {
        TlsConfig::from_pem(self.cert_pem.as_bytes(), self.key_pem.as_bytes())
            .expect("certificate and key belong together")
    }

    /// A client that offers `alpn`.
    pub(crate) fn client(&self, alpn: &[&str]) -> ClientConfig {
        self.client_of(alpn, rustls::ALL_VERSIONS)
    }

    pub(crate) fn client_of(
        &self,
        alpn: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> ClientConfig {
        #[cfg(feature = "tls")]
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        #[cfg(not(feature = "tls"))]
        let provider = rustls::crypto::ring::default_provider();
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .expect("versions of TLS")
            .with_root_certificates(self.roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        config
    }
}

/// Shakes hands as a client.
pub(crate) async fn connect<I: AsyncRead + AsyncWrite + Unpin>(
    config: impl Into<Arc<ClientConfig>>,
    io: I,
) -> io::Result<TlsStream<I>> {
    let name = ServerName::try_from("localhost").expect("a name");
    TlsConnector::from(config.into()).connect(name, io).await
}

/// Calls of a transport, as a socket would have them.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) reads: AtomicUsize,
    pub(crate) writes: AtomicUsize,
}

/// A transport whose every call is counted.
#[derive(Debug)]
pub(crate) struct Counted<I> {
    pub(crate) io: I,
    pub(crate) calls: Arc<Calls>,
}

impl<I: AsyncRead + Unpin> AsyncRead for Counted<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.calls.reads.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Counted<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.calls.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.io).poll_write(context, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.calls.writes.fetch_add(1, Ordering::Relaxed);
        let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        Pin::new(&mut self.io).poll_write(context, &whole)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
