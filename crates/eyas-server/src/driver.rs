//! THE loop: read, handle, run handlers, drain, write, wait.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use eyas_connection::{Connection, EndReason};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::connection_info::ConnectionInfo;
use crate::error::{Error, Summary};
use crate::exchanges::Exchanges;
use crate::held::Held;
use crate::options::Options;
use crate::service::LocalHttpService;
use crate::shutdown::{Phase, ShutdownSignal};
use crate::task::Spawn;
use crate::timer::Timer;
use crate::transport::{Read, Transport};

/// Turns of one poll before other tasks get theirs.
const TURNS_MAX: usize = 32;

/// How long a connection that has ended may take to have its last octets read.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// One connection: its transport, its state, its exchanges. The only owner of all three.
pub(crate) struct Driver<I, S: LocalHttpService> {
    transport: Transport<I>,
    core: Held,
    exchanges: Exchanges<S>,
    timer: Timer,
    shutdown: Option<ShutdownSignal>,
    options: Arc<Options>,
    /// A cell has woken the connection and it has let other tasks run first.
    has_yielded: bool,
    stage: Stage,
    transport_failed: bool,
}

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Serving,
    /// The connection has ended; what it had to say is written, until then at most.
    Ending(Duration),
    /// The transport is being closed, until then at most.
    Closing(Duration),
    /// Our side is closed; the peer's last octets are read, so that it hears ours, until then at most.
    HalfClosed(Duration),
}

impl<I, S> Driver<I, S>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: LocalHttpService,
{
    /// `spawn` moves exchanges that wait to tasks.
    pub(crate) fn new(
        transport: Transport<I>,
        service: S,
        spawn: Spawn<S>,
        options: Arc<Options>,
        shutdown: Option<ShutdownSignal>,
        info: ConnectionInfo,
    ) -> Self {
        let watcher = options.observer.as_ref().and_then(|watch| watch(&info));
        let (config, limits) = (options.config.clone(), options.limits_for(&info));
        Self {
            transport,
            core: Held::new(Connection::with_observer(config, limits, watcher)),
            exchanges: Exchanges::new(service, spawn, options.clone(), info),
            timer: Timer::new(),
            shutdown,
            options,
            has_yielded: false,
            stage: Stage::Serving,
            transport_failed: false,
        }
    }

    /// One turn. `true`: it got something done, and there may be more to do.
    fn turn(&mut self, context: &mut Context<'_>, is_first: bool) -> Result<bool, std::io::Error> {
        let mut progress = self.read(context)?;
        if is_first {
            // Behind what has come meanwhile: when this task was not run for long, that is no fault of the
            // client's. And verbs know no time of their own: what they begin is counted from here.
            self.core.awake().handle_timeout(self.timer.now());
            self.heed_shutdown(context);
        }
        progress |= self.exchanges.run(self.core.awake());
        progress |= self.write(context)?;
        Ok(progress)
    }

    /// Reads what is there, once, and has it handled.
    fn read(&mut self, context: &mut Context<'_>) -> Result<bool, std::io::Error> {
        let core = self.core.awake();
        if !core.wants_input() {
            return Ok(false);
        }
        let before = self.transport.input.len();
        match self.transport.poll_read(context)? {
            Poll::Ready(Read::Octets) => {}
            Poll::Ready(Read::Eof) => {
                core.handle_eof(self.timer.now());
                return Ok(true);
            }
            // Frames that were left because answers to them had no room.
            Poll::Pending if before > 0 => {}
            Poll::Pending => return Ok(false),
        }
        let had = self.transport.input.len();
        let input = &mut self.transport.input;
        core.handle_input(self.timer.now(), input);
        Ok(had > before || input.len() < had)
    }

    /// Writes one batch, as far as the transport takes it.
    fn write(&mut self, context: &mut Context<'_>) -> Result<bool, std::io::Error> {
        // A transport that holds octets back has to let them go before more is cut (it is free for
        // those that do not).
        if self.transport.poll_flush(context)?.is_pending() {
            self.transport.is_blocked(self.timer.now());
            return Ok(false);
        }
        let Some(out) = self.core.awake().poll_output() else {
            return Ok(false);
        };
        if self.transport.poll_write(context, out)?.is_pending() {
            self.transport.is_blocked(self.timer.now());
            return Ok(false);
        }
        Ok(true)
    }

    fn heed_shutdown(&mut self, context: &mut Context<'_>) {
        let Some(signal) = &mut self.shutdown else {
            return;
        };
        match signal.poll_phase(context) {
            Some(Phase::Draining) => self.core.awake().shutdown(),
            Some(Phase::Cutting) => self.core.awake().close(EndReason::ShutdownDeadline),
            Some(Phase::Serving) | None => {}
        }
    }

    /// Works until nothing is left to do, or the connection is to be closed.
    fn poll_serve(&mut self, context: &mut Context<'_>) -> Poll<Result<(), std::io::Error>> {
        for turn in 0..TURNS_MAX {
            let mut progress = self.turn(context, turn == 0)?;
            if self.core.end_reason().is_some() {
                let core = self.core.awake();
                self.exchanges.run(core);
                if core.is_closed() {
                    return Poll::Ready(Ok(()));
                }
                if self.stage == Stage::Serving {
                    self.stage = Stage::Ending(self.timer.now() + CLOSE_TIMEOUT);
                }
            }
            if !progress {
                let deadline = match self.stage {
                    Stage::Serving => self.core.awake().poll_timeout(),
                    Stage::Ending(at) | Stage::Closing(at) | Stage::HalfClosed(at) => Some(at),
                };
                if self.timer.poll(context, deadline).is_ready() {
                    if self.stage != Stage::Serving {
                        // The peer does not even read why.
                        return Poll::Ready(Ok(()));
                    }
                    self.core.awake().handle_timeout(self.timer.now());
                    progress = true;
                }
            }
            if !progress && self.exchanges.may_sleep(context.waker()) {
                self.transport.sleep();
                if self.core.rest() {
                    self.exchanges.release_storage();
                }
                return Poll::Pending;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Closes the transport so that the peer gets what was written: a close with octets unread would
    /// make the kernel tell it to drop them.
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let deadline = match self.stage {
            Stage::Closing(at) | Stage::HalfClosed(at) => at,
            // A client that has not read what there was to say is not given the same time once more.
            Stage::Ending(at) if at <= self.timer.now() => {
                self.stage = Stage::Closing(at);
                at
            }
            Stage::Serving | Stage::Ending(_) => {
                let at = self.timer.now() + CLOSE_TIMEOUT;
                self.stage = Stage::Closing(at);
                at
            }
        };
        if let Stage::Closing(_) = self.stage
            && self.transport.poll_shutdown(context).is_ready()
        {
            if self.core.end_reason() == Some(EndReason::PeerClosed) {
                // Nobody is there to hear it.
                return Poll::Ready(());
            }
            self.stage = Stage::HalfClosed(deadline);
        }
        if matches!(self.stage, Stage::HalfClosed(_))
            && self.transport.poll_drain(context).is_ready()
        {
            return Poll::Ready(());
        }
        self.timer.poll(context, Some(deadline))
    }

    fn result(&self) -> Result<Summary, Error> {
        match self.core.error() {
            Some(error) => Err(Error::protocol(error.clone())),
            None => Ok(Summary {
                reason: self.end_reason(),
                stats: self.core.stats(),
            }),
        }
    }
}

impl<I, S: LocalHttpService> Driver<I, S> {
    fn end_reason(&self) -> EndReason {
        if self.transport_failed {
            return EndReason::TransportError;
        }
        // A connection that is dropped in the middle was dropped by its owner.
        self.core
            .end_reason()
            .unwrap_or(EndReason::ClosedByApplication)
    }
}

/// However a connection ends, what it did is counted.
impl<I, S: LocalHttpService> Drop for Driver<I, S> {
    fn drop(&mut self) {
        let (reason, stats) = (self.end_reason(), self.core.stats());
        self.options
            .counters
            .add(self.transport.transfers, &stats, reason);
        tracing::debug!(%reason, requests = stats.requests, "connection ended");
    }
}

impl<I, S> Future for Driver<I, S>
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: LocalHttpService,
{
    type Output = Result<Summary, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // Woken by an exchange in a task while others may be about to speak: they first, so that their
        // words leave in one write. With one such exchange there is nobody to wait for.
        let woken_by_cell = this.exchanges.awake();
        if woken_by_cell && this.exchanges.task_count() > 1 && !this.has_yielded {
            this.has_yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.has_yielded = false;
        let is_closing = matches!(this.stage, Stage::Closing(_) | Stage::HalfClosed(_));
        if !is_closing && let Err(error) = ready!(this.poll_serve(context)) {
            this.transport_failed = true;
            let core = this.core.awake();
            core.handle_eof(this.timer.now());
            this.exchanges.run(core);
            return Poll::Ready(Err(Error::transport(error)));
        }
        ready!(this.poll_close(context));
        Poll::Ready(this.result())
    }
}

// Nothing in it is pinned: exchanges are pinned in their boxes.
impl<I, S: LocalHttpService> Unpin for Driver<I, S> {}

impl<I, S: LocalHttpService> std::fmt::Debug for Driver<I, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}
