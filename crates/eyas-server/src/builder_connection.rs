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

/// How connections end by themselves. Times are kept in whole milliseconds; shorter ones count as one.
impl Builder {
    /// How long a connection may be without a stream before it is closed with GOAWAY (default 130 s);
    /// `None` for any time.
    ///
    /// # Panics
    ///
    /// When `timeout` is longer than a day.
    #[track_caller]
    pub fn idle_timeout(mut self, timeout: Option<Duration>) -> Self {
        let millis = timeout.map_or(0, millis);
        checked(self.options.limits_mut().set_idle_timeout_ms(millis));
        self
    }

    /// How old a connection may become (default: any age, `None`): from then on it takes no new requests,
    /// serves what was begun, and is closed, so that clients spread anew over servers. Each connection is
    /// given up to a tenth less, so that those that began together do not end together. From 1 ms to 49
    /// days.
    ///
    /// # Panics
    ///
    /// When `age` is longer.
    #[track_caller]
    pub fn max_connection_age(mut self, age: Option<Duration>) -> Self {
        let millis = age.map_or(0, millis);
        checked(self.options.limits_mut().set_max_connection_age_ms(millis));
        self
    }

    /// How long a connection that is [too old](Self::max_connection_age) may take to serve what was begun
    /// before it is cut (default 30 s).
    ///
    /// # Panics
    ///
    /// When `grace` is longer than a day.
    #[track_caller]
    pub fn max_connection_age_grace(mut self, grace: Duration) -> Self {
        let millis = millis(grace);
        checked(
            self.options
                .limits_mut()
                .set_max_connection_age_grace_ms(millis),
        );
        self
    }

    /// How long a client may say nothing before it is asked by PING whether it is alive (default: for
    /// ever, `None`).
    ///
    /// # Panics
    ///
    /// When `interval` is longer than a day.
    #[track_caller]
    pub fn keep_alive_interval(mut self, interval: Option<Duration>) -> Self {
        let millis = interval.map_or(0, millis);
        checked(self.options.limits_mut().set_keep_alive_interval_ms(millis));
        self
    }

    /// How long a client may take to answer that PING before its connection is closed (default 20 s).
    ///
    /// # Panics
    ///
    /// When `timeout` is longer than a day.
    #[track_caller]
    pub fn keep_alive_timeout(mut self, timeout: Duration) -> Self {
        let millis = millis(timeout);
        checked(self.options.limits_mut().set_keep_alive_timeout_ms(millis));
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
        checked(
            self.options
                .config_mut()
                .set_enable_connect_protocol(enable),
        );
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

/// Zero means never to the limits: what is less than a millisecond is one.
fn millis(duration: Duration) -> u32 {
    let millis = duration.as_nanos().div_ceil(1_000_000).max(1);
    u32::try_from(millis).unwrap_or(u32::MAX)
}
