//! An exchange in a task of its own: it speaks through its cell.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::AbortHandle;

use crate::exchange::Exchange;
use crate::link::Cell;
use crate::service::{HttpService, LocalHttpService};
use crate::sync::Arc;

/// Moves an exchange to a task.
pub(crate) type Spawn<S> = fn(Pin<Box<Exchange<S>>>, Arc<Cell>) -> TaskGuard;

/// A [`Spawn`] to any thread of the runtime.
pub(crate) fn spawn<S: HttpService>(exchange: Pin<Box<Exchange<S>>>, cell: Arc<Cell>) -> TaskGuard {
    TaskGuard::of(tokio::spawn(ExchangeTask { exchange, cell }).abort_handle())
}

/// A [`Spawn`] to this thread, which must have a `LocalSet`.
pub(crate) fn spawn_local<S: LocalHttpService>(
    exchange: Pin<Box<Exchange<S>>>,
    cell: Arc<Cell>,
) -> TaskGuard {
    TaskGuard::of(tokio::task::spawn_local(ExchangeTask { exchange, cell }).abort_handle())
}

/// Aborts a task when dropped, unless told otherwise.
#[derive(Debug)]
pub(crate) struct TaskGuard {
    task: Option<AbortHandle>,
}

impl TaskGuard {
    const fn of(task: AbortHandle) -> Self {
        Self { task: Some(task) }
    }

    /// Lets the task run to its own end.
    pub(crate) fn detach(mut self) {
        self.task = None;
    }
}

impl Drop for TaskGuard {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

struct ExchangeTask<S: LocalHttpService> {
    exchange: Pin<Box<Exchange<S>>>,
    cell: Arc<Cell>,
}

impl<S: LocalHttpService> Future for ExchangeTask<S> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.cell.poll_room(context));
            let said = ready!(self.exchange.as_mut().poll_said(context));
            let is_last = said.is_last();
            let is_heard = self.cell.say(said);
            if is_last || !is_heard {
                return Poll::Ready(());
            }
        }
    }
}

impl<S: LocalHttpService> Drop for ExchangeTask<S> {
    fn drop(&mut self) {
        // Before its slot is given up: what the exchange holds, its request's content not least.
        self.exchange.as_mut().clear();
        self.cell.writer_gone();
    }
}
