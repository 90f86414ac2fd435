//! Every knob of a server, checked when it is set.

use std::future::Future;
use std::sync::Arc;

use eyas_connection::{Config, Limits, OutOfRange};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection_info::Endpoints;
use crate::counters::Counters;
use crate::error::{Error, Summary};
use crate::listener::Listener;
use crate::options::{Dispatch, Options};
use crate::serve::Serve;
use crate::served::{Served, Start};
use crate::service::{HttpService, LocalHttpService};
use crate::task::{self, Spawn};

/// A server that is described, but does not serve yet.
///
/// ```
/// use eyas_server::Server;
///
/// let server = Server::builder().max_concurrent_streams(100).initial_stream_window(1 << 20);
/// # let _ = server;
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder serves nothing before `serve` or `serve_connection`"]
pub struct Builder {
    pub(crate) options: Options,
}

/// Where a server begins: [`Server::builder`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Server;

impl Server {
    /// A server with every default.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Streams a client may have open at once (default 250). One more is refused with
    /// RST_STREAM(REFUSED_STREAM), which the client may try again, and charged to the abuse budget.
    ///
    /// # Panics
    ///
    /// When `streams` is 0 or above 2147483647 (RFC 9113 section 6.5.2).
    #[track_caller]
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        checked(
            self.options
                .config_mut()
                .set_max_concurrent_streams(streams),
        );
        self
    }

    /// Octets a client may send on one stream before its handler reads them (default 768 KiB). When they
    /// are used up the client waits; one that sends more ends its connection with FLOW_CONTROL_ERROR.
    ///
    /// # Panics
    ///
    /// When `octets` is above 2147483647 (RFC 9113 section 6.9.2).
    #[track_caller]
    pub fn initial_stream_window(mut self, octets: u32) -> Self {
        checked(self.options.config_mut().set_initial_stream_window(octets));
        self
    }

    /// Octets a client may send on all streams together before handlers read them (default 1 MiB). When
    /// they are used up the client waits on every stream; one that sends more ends its connection with
    /// FLOW_CONTROL_ERROR.
    ///
    /// # Panics
    ///
    /// When `octets` is not in `65535..=2147483647` (RFC 9113 section 6.9.2).
    #[track_caller]
    pub fn initial_connection_window(mut self, octets: u32) -> Self {
        checked(
            self.options
                .config_mut()
                .set_initial_connection_window(octets),
        );
        self
    }

    /// The largest frame payload accepted, in octets (default 16,384). A larger frame is a
    /// FRAME_SIZE_ERROR.
    ///
    /// # Panics
    ///
    /// When `octets` is not in `16384..=16777215` (RFC 9113 section 6.5.2).
    #[track_caller]
    pub fn max_frame_size(mut self, octets: u32) -> Self {
        checked(self.options.config_mut().set_max_frame_size(octets));
        self
    }

    /// Octets of a response that may wait unsent before its body is left unpolled, until some of them have
    /// left (default 64 KiB; doubles up to eight times as much for a client that reads faster).
    ///
    /// # Panics
    ///
    /// When `octets` is not in `1024..=67108864`.
    #[track_caller]
    pub fn send_buffer_octets(mut self, octets: u32) -> Self {
        checked(self.options.config_mut().set_send_buffer_octets(octets));
        self
    }

    /// All protocol options at once.
    pub fn config(mut self, config: Config) -> Self {
        self.options.config = config.into();
        self
    }

    /// All bounds on what a peer may cost.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.options.limits = limits.into();
        self
    }

    /// Where handlers run (default [`Dispatch::Adaptive`]).
    pub const fn dispatch(mut self, dispatch: Dispatch) -> Self {
        self.options.dispatch = dispatch;
        self
    }

    /// Whether handlers run to their end although their client has reset the stream or is gone
    /// (default no: they are dropped). When the whole connection is gone, those with a task of their own
    /// run to their answer; [`Dispatch::Inline`] gives them none.
    pub const fn keep_handlers(mut self, keep: bool) -> Self {
        self.options.keep_handlers = keep;
        self
    }

    /// Whether responses without a `date` are given one (default yes, RFC 9110 section 6.6.1).
    pub const fn date_header(mut self, add: bool) -> Self {
        self.options.with_date = add;
        self
    }

    /// Whether `TCP_NODELAY` is set on accepted sockets (default yes).
    pub const fn tcp_nodelay(mut self, set: bool) -> Self {
        self.options.nodelay = set;
        self
    }

    /// `TCP_NOTSENT_LOWAT` of accepted sockets in octets (default 32 KiB), zero to leave it alone. The
    /// kernel then holds little that is already ordered, so that urgent responses overtake. A connection
    /// that is fast gets more, up to a millisecond of its rate or 1 MiB.
    pub const fn tcp_notsent_lowat(mut self, octets: u32) -> Self {
        self.options.notsent_lowat = octets;
        self
    }

    /// Counters that every connection adds to when it ends.
    pub fn counters(mut self, counters: Arc<Counters>) -> Self {
        self.options.counters = counters;
        self
    }

    /// Serves whatever `listener` accepts.
    pub fn serve<L, S>(self, listener: L, service: S) -> Serve<L, S>
    where
        L: Listener,
        S: HttpService,
    {
        Serve::new(listener, service, self.options)
    }

    /// Serves one connection, over any transport, to its end: with PROXY header, TLS handshake and HTTP/1
    /// fallback, if they are set. What concerns sockets and servers is without effect, and so is
    /// [`max_connections`](Self::max_connections).
    ///
    /// Needs a tokio runtime: exchanges that wait are moved to tasks, deadlines are tokio's.
    ///
    /// # Errors
    ///
    /// [`Error`], when the peer broke the protocol, the transport failed, or what comes before HTTP did
    /// not come to a good end. A peer that just goes away is no error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection: the transport is closed, handlers are dropped.
    pub fn serve_connection<I, S>(
        self,
        io: I,
        service: S,
    ) -> impl Future<Output = Result<Summary, Error>> + Send
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: HttpService,
    {
        self.served(io, service, task::spawn)
    }

    /// Serves one connection with a service that need not be `Send`, on this thread.
    ///
    /// Needs a tokio runtime and, unless [`dispatch`](Self::dispatch) is [`Dispatch::Inline`], a
    /// `tokio::task::LocalSet` around it: exchanges that wait are moved to local tasks.
    ///
    /// # Errors
    ///
    /// As [`serve_connection`](Self::serve_connection).
    ///
    /// # Panics
    ///
    /// When a handler has to wait and there is no `LocalSet`.
    ///
    /// # Cancel safety
    ///
    /// As [`serve_connection`](Self::serve_connection).
    pub fn serve_connection_local<I, S>(
        self,
        io: I,
        service: S,
    ) -> impl Future<Output = Result<Summary, Error>>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: LocalHttpService,
    {
        self.served(io, service, task::spawn_local)
    }

    fn served<I, S>(self, io: I, service: S, spawn: Spawn<S>) -> Served<I, S>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: LocalHttpService,
    {
        let start = Start {
            service,
            spawn,
            pace: None,
            endpoints: Endpoints::default(),
            phase: None,
        };
        Served::new(io, start, Arc::new(self.options))
    }
}

/// Serves one connection with every default. See [`Builder::serve_connection`].
///
/// # Errors
///
/// As [`Builder::serve_connection`].
pub fn serve_connection<I, S>(
    io: I,
    service: S,
) -> impl Future<Output = Result<Summary, Error>> + Send
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService,
{
    Server::builder().serve_connection(io, service)
}

#[track_caller]
pub(crate) fn checked<T>(result: Result<T, OutOfRange>) {
    if let Err(error) = result {
        panic!("{error}");
    }
}
