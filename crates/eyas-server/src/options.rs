//! Everything a server may choose, as one value shared by its connections.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use eyas_connection::{Config, Limits, Observer};
use http::Extensions;

use crate::connection_info::ConnectionInfo;
use crate::counters::Counters;
use crate::http1::Http1Stream;
use crate::proxy_protocol::ProxyProtocol;
#[cfg(feature = "_tls")]
use crate::tls::TlsConfig;

/// Where handlers run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dispatch {
    /// On the connection's task as long as they answer at once; a handler that waits for something
    /// else than its own request moves to a task, and so does everything once a turn has taken 200
    /// microseconds.
    #[default]
    Adaptive,
    /// On the connection's task, always. For handlers that never compute for long.
    Inline,
    /// In a task of their own, always. For handlers that always compute for long.
    Spawn,
}

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) config: Arc<Config>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) dispatch: Dispatch,
    /// Handlers go on when their client has reset the stream or gone away.
    pub(crate) keep_handlers: bool,
    pub(crate) with_date: bool,
    pub(crate) nodelay: bool,
    /// `TCP_NOTSENT_LOWAT` in octets, zero to leave it alone.
    pub(crate) notsent_lowat: u32,
    pub(crate) counters: Arc<Counters>,
    pub(crate) max_connections: Option<u32>,
    #[cfg(feature = "_tls")]
    pub(crate) tls: Option<TlsConfig>,
    pub(crate) proxy_protocol: ProxyProtocol,
    /// For all that comes before HTTP together.
    pub(crate) handshake_timeout: Duration,
    pub(crate) fallback_http1: Option<Arc<Fallback>>,
    pub(crate) extend_request: Option<Arc<ExtendRequest>>,
    pub(crate) observer: Option<Arc<Observe>>,
    /// Requests carry their `ConnectionInfo` and `StreamHandle`.
    pub(crate) with_extensions: bool,
}

/// Serves a connection of HTTP/1.
pub(crate) type Fallback =
    dyn Fn(Http1Stream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// Adds to a request what its handler looks for.
pub(crate) type ExtendRequest = dyn Fn(&ConnectionInfo, &mut Extensions) + Send + Sync;

/// Makes the observer of a connection.
pub(crate) type Observe = dyn Fn(&ConnectionInfo) -> Option<Box<dyn Observer + Send>> + Send + Sync;

impl Options {
    pub(crate) fn config_mut(&mut self) -> &mut Config {
        Arc::make_mut(&mut self.config)
    }

    pub(crate) fn limits_mut(&mut self) -> &mut Limits {
        Arc::make_mut(&mut self.limits)
    }

    /// The limits of one connection: those of all, unless it has an age of its own.
    pub(crate) fn limits_for(&self, info: &ConnectionInfo) -> Arc<Limits> {
        let mut limits = self.limits.clone();
        let age = limits.max_connection_age_ms();
        if age > 0 {
            // Connections that began together are not to end together.
            let shorter = spread(info.id(), age / 10);
            // A shorter age than one that was in range is, unless it had no room to be.
            let own = Arc::make_mut(&mut limits);
            let _ = own.set_max_connection_age_ms((age - shorter).max(1));
        }
        limits
    }
}

/// A number up to `most` that looks random, one for each `id` (the finaliser of SplitMix64).
fn spread(id: u64, most: u32) -> u32 {
    let mut mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // The high half times the range, without its low half: at most `most`.
    (((mixed >> 32) * (u64::from(most) + 1)) >> 32) as u32
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Arc::default(),
            limits: Arc::default(),
            dispatch: Dispatch::default(),
            keep_handlers: false,
            with_date: true,
            nodelay: true,
            notsent_lowat: 32 * 1024,
            counters: Arc::default(),
            max_connections: None,
            #[cfg(feature = "_tls")]
            tls: None,
            proxy_protocol: ProxyProtocol::default(),
            handshake_timeout: Duration::from_secs(10),
            fallback_http1: None,
            extend_request: None,
            observer: None,
            with_extensions: false,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = f.debug_struct("Options");
        options
            .field("config", &self.config)
            .field("limits", &self.limits)
            .field("dispatch", &self.dispatch)
            .field("keep_handlers", &self.keep_handlers)
            .field("with_date", &self.with_date)
            .field("nodelay", &self.nodelay)
            .field("notsent_lowat", &self.notsent_lowat)
            .field("max_connections", &self.max_connections)
            .field("proxy_protocol", &self.proxy_protocol)
            .field("handshake_timeout", &self.handshake_timeout)
            .field("fallback_http1", &self.fallback_http1.is_some())
            .field("extend_request", &self.extend_request.is_some())
            .field("observer", &self.observer.is_some())
            .field("with_extensions", &self.with_extensions);
        #[cfg(feature = "_tls")]
        options.field("tls", &self.tls);
        options.finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_spread_over_a_tenth_and_never_longer() {
        let shorter: Vec<u32> = (1..=1000).map(|id| spread(id, 100)).collect();
        assert!(shorter.iter().all(|&shorter| shorter <= 100));
        let below = shorter.iter().filter(|&&shorter| shorter < 50).count();
        assert!((400..600).contains(&below), "{below} of 1000");
        assert_eq!(spread(1, 0), 0);
        assert!(spread(u64::MAX, u32::MAX) > 0);
    }
}
