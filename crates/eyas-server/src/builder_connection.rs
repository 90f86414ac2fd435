//! The knobs that concern a connection before, around and after its requests.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use eyas_connection::Observer;
use http::Extensions;

use crate::builder::{Builder, checked};
use crate::connection_info::ConnectionInfo;
use crate::http1::Http1Stream;
use crate::proxy_protocol::ProxyProtocol;

/// How connections begin.
impl Builder {
    /// Encrypts connections (default: clear text). A client whose handshake fails is told why by an
    /// alert, and counted as [`EndReason::TlsHandshakeFailed`](crate::EndReason::TlsHandshakeFailed).
    #[cfg(feature = "_tls")]
    #[cfg_attr(docsrs, doc(cfg(any(feature = "tls", feature = "tls-ring"))))]
    pub fn tls(mut self, config: crate::TlsConfig) -> Self {
        self.options.tls = Some(config);
        self
    }

    /// How long all that comes before HTTP may take: the PROXY header, the TLS handshake and, if
    /// [`fallback_http1`](Self::fallback_http1) is set, the octets that tell HTTP/1 from HTTP/2 (default
    /// 10 s). Then the connection is closed. Other connections do not wait for it.
    ///
    /// # Panics
    ///
    /// When `timeout` is not in 1 ms to 1 h.
    #[track_caller]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        let range = Duration::from_millis(1)..=Duration::from_secs(3600);
        assert!(
            range.contains(&timeout),
            "handshake_timeout is {timeout:?}, must be 1ms to 1h"
        );
        self.options.handshake_timeout = timeout;
        self
    }

    /// Expects a header of the PROXY protocol, version 1 or 2, in front of everything else (default
    /// [`ProxyProtocol::Off`]). A connection whose header is malformed, longer than 4 KiB or missing
    /// though required is closed, and counted as
    /// [`EndReason::ProxyHeaderInvalid`](crate::EndReason::ProxyHeaderInvalid).
    pub const fn proxy_protocol(mut self, mode: ProxyProtocol) -> Self {
        self.options.proxy_protocol = mode;
        self
    }

    /// Gives connections of HTTP/1 to `hook` (default: they get one readable 400). Under TLS, ALPN tells
    /// them, and `http/1.1` is offered behind `h2`; in clear text, and to clients without ALPN, their
    /// first octets do. The connection is alive until the hook's future ends.
    pub fn fallback_http1<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn(Http1Stream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.options.fallback_http1 = Some(Arc::new(move |stream| Box::pin(hook(stream))));
        self
    }

    /// Connections that are alive at once, at most (default: any number). While there are so many,
    /// nothing is accepted: the system's backlog holds who comes next. Zero counts as one.
    pub const fn max_connections(mut self, connections: u32) -> Self {
        self.options.max_connections = Some(connections);
        self
    }
}

/// What is done with a connection's requests.
impl Builder {
    /// Adds to the extensions of each request what its handler looks for: axum's `ConnectInfo`, for one
    /// (default: nothing). Called before the service.
    pub fn extend_request<F>(mut self, extend: F) -> Self
    where
        F: Fn(&ConnectionInfo, &mut Extensions) + Send + Sync + 'static,
    {
        self.options.extend_request = Some(Arc::new(extend));
        self
    }

    /// Whether clients may open tunnels for other protocols, such as WebSocket, by extended CONNECT
    /// (RFC 8441; default no). If not, a request that tries is malformed.
    pub fn enable_connect_protocol(mut self, enable: bool) -> Self {
        checked(self.options.config.set_enable_connect_protocol(enable));
        self
    }

    /// Whether the extensions of each request hold its [`ConnectionInfo`] and `StreamHandle` (default no:
    /// it costs allocations, and both can be had from [`RecvBody`](crate::RecvBody) for nothing).
    pub const fn request_extensions(mut self, insert: bool) -> Self {
        self.options.with_extensions = insert;
        self
    }

    /// Makes an observer for each connection (default: none, which is free).
    pub fn observer<F, O>(mut self, observer: F) -> Self
    where
        F: Fn(&ConnectionInfo) -> O + Send + Sync + 'static,
        O: Observer + Send + 'static,
    {
        self.options.observer = Some(Arc::new(move |info| Some(Box::new(observer(info)))));
        self
    }
}
