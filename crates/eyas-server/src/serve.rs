//! Accepting connections, and ending them together.

use std::future::{Future, IntoFuture, Pending, pending};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::builder::Server;
use crate::listener::{Listener, SocketOptions};
use crate::options::Options;
use crate::pace::Pace;
use crate::served::{Served, Start};
use crate::service::HttpService;
use crate::shutdown::Phase;
use crate::task;
use crate::wire::Wire;

const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long connections may take to say goodbye once they are cut.
const CUT_TIMEOUT: Duration = Duration::from_secs(3);

/// Serves HTTP/2 in clear text, with prior knowledge, on whatever `listener` accepts.
///
/// ```no_run
/// use std::convert::Infallible;
///
/// use eyas_server::{RecvBody, service_fn};
/// use http::{Request, Response};
///
/// # async fn example() -> std::io::Result<()> {
/// async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
///     Ok(Response::new("Hello, World!".to_owned()))
/// }
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// eyas_server::serve(listener, service_fn(hello)).await
/// # }
/// ```
pub fn serve<L, S>(listener: L, service: S) -> Serve<L, S>
where
    L: Listener,
    S: HttpService,
{
    Server::builder().serve(listener, service)
}

/// A server about to serve. Await it.
///
/// Dropping its future drops every connection with it.
#[must_use = "a server serves only while it is awaited"]
pub struct Serve<L, S, F = Pending<()>> {
    listener: L,
    service: S,
    options: Options,
    shutdown: F,
    shutdown_timeout: Duration,
}

impl<L, S> Serve<L, S> {
    pub(crate) fn new(listener: L, service: S, options: Options) -> Self {
        Self {
            listener,
            service,
            options,
            shutdown: pending(),
            shutdown_timeout: SHUTDOWN_TIMEOUT,
        }
    }
}

impl<L: Listener, S, F> Serve<L, S, F> {
    /// Where it listens: the port, for one, that the system chose for port 0.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<L::Addr> {
        self.listener.local_addr()
    }
}

impl<L, S, F> Serve<L, S, F> {
    /// Ends gracefully when `signal` does: the listener is dropped at once, every connection sends
    /// GOAWAY, and what was begun is served to its end, up to the
    /// [shutdown timeout](Self::shutdown_timeout). Connections that have said nothing yet are closed.
    pub fn with_graceful_shutdown<G>(self, signal: G) -> Serve<L, S, G>
    where
        G: Future<Output = ()> + Send + 'static,
    {
        Serve {
            listener: self.listener,
            service: self.service,
            options: self.options,
            shutdown: signal,
            shutdown_timeout: self.shutdown_timeout,
        }
    }

    /// How long a graceful shutdown waits for what was begun (default 30 s). Then it is cut: each connection
    /// says GOAWAY, and has 3 s to get that to its client.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.shutdown_timeout = timeout;
        self
    }
}

impl<L, S, F> Serve<L, S, F>
where
    L: Listener,
    S: HttpService,
    F: Future<Output = ()>,
{
    async fn run(self) -> io::Result<()> {
        let Self {
            mut listener,
            service,
            options,
            shutdown,
            shutdown_timeout,
        } = self;
        let options = Arc::new(options);
        let socket_options = SocketOptions {
            nodelay: options.nodelay,
            notsent_lowat: options.notsent_lowat,
        };
        let most = options
            .max_connections
            .map_or(usize::MAX, |most| most.max(1) as usize);
        let phase = watch::Sender::new(Phase::Serving);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a connection ended by a panic");
                    }
                }
                (io, peer) = listener.accept(), if connections.len() < most => {
                    L::prepare(&io, &socket_options);
                    let clone = AssertUnwindSafe(|| service.clone());
                    let Ok(service) = catch_unwind(clone) else {
                        tracing::error!("the service panicked while it was cloned");
                        continue;
                    };
                    let start = Start {
                        service,
                        spawn: task::spawn,
                        pace: (options.notsent_lowat > 0)
                            .then(|| Pace::new(set_notsent_lowat::<L>, options.notsent_lowat)),
                        endpoints: L::endpoints(&io, &peer),
                        phase: Some(phase.subscribe()),
                    };
                    connections.spawn(Served::new(io, start, options.clone()));
                }
            }
        }
        // At once: a client that connects now must not wait for an answer that never comes.
        drop(listener);
        phase.send_replace(Phase::Draining);
        if !all_ended(&mut connections, shutdown_timeout).await {
            phase.send_replace(Phase::Cutting);
            all_ended(&mut connections, CUT_TIMEOUT).await;
        }
        Ok(())
    }
}

fn set_notsent_lowat<L: Listener>(wire: &Wire<L::Io>, octets: u32) {
    L::set_notsent_lowat(wire.socket(), octets);
}

/// Waits for every connection; `false` when the time was up before.
async fn all_ended<T: 'static>(connections: &mut JoinSet<T>, timeout: Duration) -> bool {
    let all = async { while connections.join_next().await.is_some() {} };
    tokio::time::timeout(timeout, all).await.is_ok()
}

impl<L, S, F> IntoFuture for Serve<L, S, F>
where
    L: Listener,
    S: HttpService,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<L, S, F> std::fmt::Debug for Serve<L, S, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serve")
            .field("options", &self.options)
            .field("shutdown_timeout", &self.shutdown_timeout)
            .finish_non_exhaustive()
    }
}
