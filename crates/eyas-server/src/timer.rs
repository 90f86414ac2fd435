//! One timer a connection, armed only while the connection has a deadline.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The connection's clock, and its alarm.
#[derive(Debug)]
pub(crate) struct Timer {
    start: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    armed: Option<Duration>,
}

impl Timer {
    pub(crate) fn new() -> Self {
        Self {
            start: Instant::now(),
            sleep: None,
            armed: None,
        }
    }

    /// Time since the connection began.
    #[inline]
    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Ready when `deadline` has passed; else the task is woken when it does.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        context: &mut Context<'_>,
        deadline: Option<Duration>,
    ) -> Poll<()> {
        let Some(deadline) = deadline else {
            // An alarm that is set for nothing rings at most once.
            return Poll::Pending;
        };
        let at = self.start + deadline;
        let sleep = self.sleep.get_or_insert_with(|| {
            self.armed = Some(deadline);
            Box::pin(sleep_until(at))
        });
        if self.armed != Some(deadline) {
            sleep.as_mut().reset(at);
            self.armed = Some(deadline);
        }
        sleep.as_mut().poll(context)
    }
}
