//! Who is at the other end of a connection, and how it came about.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known about one connection before its first request. Cheap to clone.
///
/// Handlers reach it through [`RecvBody`](crate::RecvBody), or through the request's extensions if
/// [`Builder::request_extensions`](crate::Builder::request_extensions) is on.
///
/// ```
/// use eyas_server::{ConnectionInfo, Server};
///
/// let server = Server::builder().extend_request(|connection: &ConnectionInfo, extensions| {
///     extensions.insert(connection.peer_addr());
/// });
/// # let _ = server;
/// ```
#[derive(Clone)]
pub struct ConnectionInfo {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: u64,
    endpoints: Endpoints,
    /// In a box, so that connections in clear text are no larger for it.
    tls: Option<Box<TlsInfo>>,
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoints {
    /// The client's address.
    pub peer: Option<SocketAddr>,
    /// The server's address.
    pub local: Option<SocketAddr>,
}

/// What a TLS handshake came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsInfo {
    pub(crate) version: &'static str,
    pub(crate) cipher_suite: &'static str,
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) sni: Option<String>,
}

impl ConnectionInfo {
    /// A new connection, with the next number.
    pub(crate) fn new(endpoints: Endpoints, tls: Option<TlsInfo>) -> Self {
        Self {
            inner: Arc::new(Inner {
                id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
                endpoints,
                tls: tls.map(Box::new),
            }),
        }
    }

    /// The connection's number in this process, counted from 1.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.inner.id
    }

    /// The client's address: the one that a proxy told, if
    /// [`Builder::proxy_protocol`](crate::Builder::proxy_protocol) is on and it told one. `None` for Unix
    /// sockets, and for transports given to
    /// [`Builder::serve_connection`](crate::Builder::serve_connection).
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.inner.endpoints.peer
    }

    /// The address that the client connected to, told by a proxy or by the socket as
    /// [`peer_addr`](Self::peer_addr) is.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.inner.endpoints.local
    }

    /// What the TLS handshake came to; `None` in clear text.
    #[must_use]
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.inner.tls.as_deref()
    }
}

impl fmt::Debug for ConnectionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInfo")
            .field("id", &self.id())
            .field("peer_addr", &self.peer_addr())
            .field("local_addr", &self.local_addr())
            .field("tls", &self.tls())
            .finish()
    }
}

impl Endpoints {
    /// Both ends, as far as they are known.
    #[must_use]
    pub const fn new(peer: Option<SocketAddr>, local: Option<SocketAddr>) -> Self {
        Self { peer, local }
    }
}

impl TlsInfo {
    /// The version agreed on: `"TLSv1.3"` or `"TLSv1.2"`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.version
    }

    /// The application protocol agreed on (RFC 7301), `h2` for one; `None` if the client offered none.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// The server's name that the client asked for (RFC 6066 section 3).
    #[must_use]
    pub fn sni(&self) -> Option<&str> {
        self.sni.as_deref()
    }

    /// The cipher suite agreed on, by its IANA name, `"TLS13_AES_128_GCM_SHA256"` for one.
    #[must_use]
    pub fn cipher_suite(&self) -> &str {
        self.cipher_suite
    }
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
