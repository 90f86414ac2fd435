//! From the server to its connections: when to begin to end, and when to end at once.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::Context;

use tokio::sync::watch;

/// How far the end of the server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Serving,
    /// Serve what was begun.
    Draining,
    /// The deadline has passed.
    Cutting,
}

/// One connection's ear.
pub(crate) struct ShutdownSignal {
    phase: watch::Receiver<Phase>,
    seen: Phase,
    /// Keeps the task registered. Asking it costs a lock shared by all connections, so it is asked once
    /// a phase; the flag beside it costs a load.
    changed: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl ShutdownSignal {
    pub(crate) fn new(phase: watch::Receiver<Phase>) -> Self {
        Self {
            phase,
            seen: Phase::Serving,
            changed: None,
        }
    }

    /// A new phase, once.
    #[inline]
    pub(crate) fn poll_phase(&mut self, context: &mut Context<'_>) -> Option<Phase> {
        if self.changed.is_some() && !self.phase.has_changed().unwrap_or(false) {
            return None;
        }
        self.look(context)
    }

    fn look(&mut self, context: &mut Context<'_>) -> Option<Phase> {
        loop {
            let phase = *self.phase.borrow_and_update();
            let mut watched = self.phase.clone();
            let mut changed: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
                // The server outlives its connections, or has nothing more to say to them.
                if watched.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            });
            // Registers the task, unless the phase has changed since it was read: one that is ready
            // would never wake anybody again.
            if changed.as_mut().poll(context).is_pending() {
                self.changed = Some(changed);
                return (std::mem::replace(&mut self.seen, phase) != phase).then_some(phase);
            }
        }
    }
}

impl fmt::Debug for ShutdownSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShutdownSignal")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
