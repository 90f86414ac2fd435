//! One accepted connection from its first octet to its end, whatever it turns out to speak.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use eyas_connection::{EndReason, Stats};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::coop::{Unconstrained, unconstrained};

use crate::accept::{self, Established};
use crate::connection_info::{ConnectionInfo, Endpoints};
use crate::counters::Transfers;
use crate::driver::Driver;
use crate::error::{Error, Summary};
use crate::options::Options;
use crate::pace::Pace;
use crate::service::LocalHttpService;
use crate::shutdown::{Phase, ShutdownSignal};
use crate::task::Spawn;
use crate::transport::Transport;
use crate::wire::Wire;

/// Serves one connection.
pub(crate) struct Served<I, S: LocalHttpService> {
    stage: Stage<I, S>,
    options: Arc<Options>,
}

/// What a connection needs beside its transport.
pub(crate) struct Start<I, S: LocalHttpService> {
    pub(crate) service: S,
    pub(crate) spawn: Spawn<S>,
    pub(crate) pace: Option<Pace<Wire<I>>>,
    pub(crate) endpoints: Endpoints,
    pub(crate) phase: Option<watch::Receiver<Phase>>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly every connection comes to its largest variant, and stays there"
)]
enum Stage<I, S: LocalHttpService> {
    /// Nothing comes before HTTP/2, and it has not been polled yet: what the application makes for a
    /// connection is made on the connection's own task, so that a panic there is nobody else's.
    New(Option<(I, Start<I, S>)>),
    /// Boxed, so that connections that need none of it are no larger for it.
    Establishing(Box<Establishing<I, S>>),
    /// Handlers are polled on this task: tokio's cooperation budget would make them look as if they
    /// waited. The driver counts its own turns.
    Http2(Unconstrained<Driver<Wire<I>, S>>),
    Http1 {
        hook: Pin<Box<dyn Future<Output = ()> + Send>>,
        shutdown: Option<ShutdownSignal>,
    },
    Over,
}

struct Establishing<I, S: LocalHttpService> {
    future: Pin<Box<dyn Future<Output = Result<Established<I>, Error>> + Send>>,
    shutdown: Option<ShutdownSignal>,
    start: Option<Start<I, S>>,
}

impl<I, S> Served<I, S>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: LocalHttpService,
{
    pub(crate) fn new(io: I, start: Start<I, S>, options: Arc<Options>) -> Self {
        let stage = if accept::is_needed(&options) {
            let (options, phase) = (options.clone(), start.phase.clone());
            let (endpoints, shutdown) = (start.endpoints, phase.clone().map(ShutdownSignal::new));
            let future =
                Box::pin(async move { accept::establish(io, endpoints, &options, phase).await });
            Stage::Establishing(Box::new(Establishing {
                future,
                shutdown,
                start: Some(start),
            }))
        } else {
            Stage::New(Some((io, start)))
        };
        Self { stage, options }
    }

    /// What the connection has turned out to be; `Err` when it is over already.
    fn next_stage(
        &mut self,
        established: Result<Established<I>, Error>,
        start: Start<I, S>,
    ) -> Result<Stage<I, S>, Result<Summary, Error>> {
        match established {
            Ok(Established::Http2 { wire, input, info }) => {
                Ok(drive(wire, input, info, start, self.options.clone()))
            }
            Ok(Established::Http1(stream)) => {
                let Some(fallback) = &self.options.fallback_http1 else {
                    return Err(Ok(self.end(EndReason::Http1Request)));
                };
                let hook = fallback(stream);
                let shutdown = start.phase.map(ShutdownSignal::new);
                Ok(Stage::Http1 { hook, shutdown })
            }
            Ok(Established::Gone) => {
                tracing::trace!("a connection ended before it began");
                Err(Ok(self.end(EndReason::PeerClosed)))
            }
            Err(error) => {
                tracing::debug!(%error, peer = ?start.endpoints.peer, "connection failed");
                self.end(error.end_reason());
                Err(Err(error))
            }
        }
    }

    /// Ends and counts a connection that was none of HTTP/2.
    fn end(&mut self, reason: EndReason) -> Summary {
        self.count(reason);
        self.stage = Stage::Over;
        Summary::without_http2(reason)
    }
}

impl<I, S: LocalHttpService> Served<I, S> {
    fn count(&self, reason: EndReason) {
        let counters = &self.options.counters;
        counters.add(Transfers::default(), &Stats::default(), reason);
    }
}

/// A connection that is dropped before its end is counted all the same: its owner has dropped it, or a hook
/// of the application has panicked.
impl<I, S: LocalHttpService> Drop for Served<I, S> {
    fn drop(&mut self) {
        match self.stage {
            // The driver counts itself.
            Stage::Http2(_) | Stage::Over => {}
            Stage::New(_) | Stage::Establishing(_) | Stage::Http1 { .. } => {
                self.count(EndReason::ClosedByApplication);
            }
        }
    }
}

fn drive<I, S>(
    wire: Wire<I>,
    input: BytesMut,
    info: ConnectionInfo,
    start: Start<I, S>,
    options: Arc<Options>,
) -> Stage<I, S>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: LocalHttpService,
{
    let transport = Transport::new(wire, start.pace, input);
    let shutdown = start.phase.map(ShutdownSignal::new);
    let driver = Driver::new(
        transport,
        start.service,
        start.spawn,
        options,
        shutdown,
        info,
    );
    Stage::Http2(unconstrained(driver))
}

/// Whether the server's deadline has passed.
fn is_cut(shutdown: &mut Option<ShutdownSignal>, context: &mut Context<'_>) -> bool {
    shutdown
        .as_mut()
        .and_then(|signal| signal.poll_phase(context))
        == Some(Phase::Cutting)
}

impl<I, S> Future for Served<I, S>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: LocalHttpService,
{
    type Output = Result<Summary, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.stage {
                Stage::Http2(driver) => return Pin::new(driver).poll(context),
                Stage::New(new) => {
                    let Some((io, start)) = new.take() else {
                        return Poll::Pending;
                    };
                    let (wire, input) = (Wire::Clear(io), BytesMut::new());
                    let info = ConnectionInfo::new(start.endpoints, None);
                    this.stage = drive(wire, input, info, start, this.options.clone());
                }
                Stage::Establishing(establishing) => {
                    if is_cut(&mut establishing.shutdown, context) {
                        return Poll::Ready(Ok(this.end(EndReason::ShutdownDeadline)));
                    }
                    let established = ready!(establishing.future.as_mut().poll(context));
                    let Some(start) = establishing.start.take() else {
                        return Poll::Pending;
                    };
                    match this.next_stage(established, start) {
                        Ok(stage) => this.stage = stage,
                        Err(result) => return Poll::Ready(result),
                    }
                }
                Stage::Http1 { hook, shutdown } => {
                    let reason = if is_cut(shutdown, context) {
                        EndReason::ShutdownDeadline
                    } else {
                        ready!(hook.as_mut().poll(context));
                        EndReason::Http1Request
                    };
                    return Poll::Ready(Ok(this.end(reason)));
                }
                Stage::Over => return Poll::Pending,
            }
        }
    }
}

// Nothing in it is pinned but what has a box of its own.
impl<I, S: LocalHttpService> Unpin for Served<I, S> {}

impl<I, S: LocalHttpService> std::fmt::Debug for Served<I, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Served")
    }
}
