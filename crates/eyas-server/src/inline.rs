//! The waker of inline polls: it tells whether an exchange waits for anything but its own request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Context, Poll, Wake, Waker};

/// Polls exchanges on the connection task and finds out what they wait for.
///
/// An exchange that is pending because its request's content has not come does not keep the waker: its
/// [`RecvBody`](crate::RecvBody) knows that it is polled inline. One that keeps a clone, or has used
/// the waker, waits for something foreign: it goes to a task, and the waker is replaced, so that the
/// next exchange is judged by its own deeds.
#[derive(Debug)]
pub(crate) struct InlinePoll {
    flag: Arc<Flag>,
    waker: Waker,
}

#[derive(Debug, Default)]
struct Flag {
    woken: AtomicBool,
}

/// What an inline poll came to.
#[derive(Debug)]
pub(crate) enum Polled<T> {
    Ready(T),
    /// Nothing has kept the waker.
    Pending,
    /// Somebody has, or has used it.
    Foreign,
}

impl InlinePoll {
    pub(crate) fn new() -> Self {
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(flag.clone());
        Self { flag, waker }
    }

    /// What [`Cell::set_inline`](crate::shared::Cell::set_inline) takes during the poll.
    pub(crate) fn identity(&self) -> usize {
        crate::shared::identity(&self.waker)
    }

    #[inline]
    pub(crate) fn poll<T>(&mut self, poll: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Polled<T> {
        if let Poll::Ready(ready) = poll(&mut Context::from_waker(&self.waker)) {
            return Polled::Ready(ready);
        }
        // The flag and the waker hold one count each.
        let is_kept = Arc::strong_count(&self.flag) != 2;
        // A clone that was used and dropped by another thread is not counted any more: what it did
        // before the drop is seen behind this.
        fence(Ordering::Acquire);
        if is_kept || self.flag.woken.load(Ordering::Relaxed) {
            *self = Self::new();
            return Polled::Foreign;
        }
        Polled::Pending
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_keeps_nothing_is_merely_pending() {
        let mut inline = InlinePoll::new();
        let polled = inline.poll(|_| Poll::<()>::Pending);
        assert!(matches!(polled, Polled::Pending));
    }

    #[test]
    fn a_kept_waker_is_foreign_once_and_does_not_taint_the_next_poll() {
        let mut inline = InlinePoll::new();
        let mut kept = None;
        let polled = inline.poll(|context| {
            kept = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(matches!(polled, Polled::Foreign));
        assert!(matches!(
            inline.poll(|_| Poll::<()>::Pending),
            Polled::Pending
        ));
        kept.expect("it was kept").wake();
        assert!(matches!(
            inline.poll(|_| Poll::<()>::Pending),
            Polled::Pending
        ));
    }

    #[test]
    fn a_poll_that_wakes_itself_is_foreign() {
        let mut inline = InlinePoll::new();
        let polled = inline.poll(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert!(matches!(polled, Polled::Foreign));
    }
}
