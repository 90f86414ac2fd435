//! An exchange in a task of its own: it speaks through its cell.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::task::AbortHandle;

use crate::exchange::Exchange;
use crate::said::Said;
use crate::service::HttpService;
use crate::shared::Cell;
use crate::sync::Arc;

/// Moves an exchange to a task. The guard aborts it when dropped.
pub(crate) fn spawn<S>(exchange: Pin<Box<Exchange<S>>>, cell: Arc<Cell<Said>>) -> TaskGuard
where
    S: HttpService,
{
    let task = tokio::spawn(ExchangeTask { exchange, cell });
    TaskGuard {
        task: Some(task.abort_handle()),
    }
}

/// Aborts a task unless told otherwise.
#[derive(Debug)]
pub(crate) struct TaskGuard {
    task: Option<AbortHandle>,
}

impl TaskGuard {
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

struct ExchangeTask<S: HttpService> {
    exchange: Pin<Box<Exchange<S>>>,
    cell: Arc<Cell<Said>>,
}

impl<S: HttpService> Future for ExchangeTask<S> {
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

impl<S: HttpService> Drop for ExchangeTask<S> {
    fn drop(&mut self) {
        // Before its slot is given up: what the exchange holds, its request's content not least.
        self.exchange.as_mut().clear();
        self.cell.writer_gone();
    }
}
