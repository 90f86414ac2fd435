//! From a body's writer to the body itself: octets on their way, with a bound, and how they end.
//!
//! Its lock is between a handler and its own response; the connection never waits for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;

use crate::said::BoxError;

/// Shared by a writer and its body.
#[derive(Debug)]
pub(crate) struct Pipe {
    inner: Mutex<Inner>,
    /// Octets from which the writer has to wait.
    max: usize,
}

#[derive(Debug, Default)]
struct Inner {
    queue: VecDeque<Bytes>,
    octets: usize,
    end: Option<End>,
    /// The body is gone: nothing is read any more.
    is_closed: bool,
    /// The flush that waits, or the next, does not wait.
    flush_cancelled: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How content ends.
#[derive(Debug)]
pub(crate) enum End {
    Complete,
    Trailers(HeaderMap),
    Aborted(BoxError),
}

/// What the body finds.
#[derive(Debug)]
pub(crate) enum Found {
    Data(Bytes),
    End(End),
}

/// What a wait for room came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Free,
    Cancelled,
    Closed,
}

impl Pipe {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            max,
        })
    }

    // The writer's side.

    /// Whether more may be pushed; the task is woken when it may.
    pub(crate) fn poll_room(&self, context: &Context<'_>) -> Poll<Room> {
        self.lock().poll_room(self.max, context)
    }

    /// As [`poll_room`](Self::poll_room), for a flush: this wait can be cancelled.
    pub(crate) fn poll_flush(&self, context: &Context<'_>) -> Poll<Room> {
        let mut inner = self.lock();
        if !inner.is_closed && std::mem::take(&mut inner.flush_cancelled) {
            return Poll::Ready(Room::Cancelled);
        }
        inner.poll_room(self.max, context)
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// Hands octets over, as many as there are.
    pub(crate) fn push(&self, octets: Bytes) {
        if octets.is_empty() {
            return;
        }
        let reader = {
            let mut inner = self.lock();
            if inner.is_closed || inner.end.is_some() {
                return;
            }
            inner.octets += octets.len();
            inner.queue.push_back(octets);
            inner.reader.take()
        };
        wake(reader);
    }

    /// Nothing follows. What was aborted is not read to its end; the first end counts.
    pub(crate) fn end(&self, end: End) {
        let (reader, dropped) = {
            let mut inner = self.lock();
            if inner.end.is_some() {
                return;
            }
            let mut dropped = VecDeque::new();
            if let End::Aborted(_) = end {
                dropped = std::mem::take(&mut inner.queue);
                inner.octets = 0;
            }
            inner.end = Some(end);
            (inner.reader.take(), dropped)
        };
        drop(dropped);
        wake(reader);
    }

    pub(crate) fn cancel_flush(&self) {
        let writer = {
            let mut inner = self.lock();
            inner.flush_cancelled = true;
            inner.writer.take()
        };
        wake(writer);
    }

    // The body's side.

    pub(crate) fn poll_next(&self, context: &Context<'_>) -> Poll<Option<Found>> {
        let mut inner = self.lock();
        if let Some(octets) = inner.queue.pop_front() {
            inner.octets -= octets.len();
            let writer = if inner.octets < self.max {
                inner.writer.take()
            } else {
                None
            };
            drop(inner);
            wake(writer);
            return Poll::Ready(Some(Found::Data(octets)));
        }
        if inner.end.is_some() {
            // Read once: behind it there is the plain end.
            let end = inner.end.replace(End::Complete);
            return Poll::Ready(match end {
                Some(End::Complete) | None => None,
                Some(end) => Some(Found::End(end)),
            });
        }
        inner.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Whether everything was read and nothing follows.
    pub(crate) fn is_done(&self) -> bool {
        let inner = self.lock();
        inner.queue.is_empty() && matches!(inner.end, Some(End::Complete))
    }

    /// Nobody reads any more: what is queued is dropped, and the writer hears of it.
    pub(crate) fn close(&self) {
        let (writer, queue) = {
            let mut inner = self.lock();
            inner.is_closed = true;
            inner.octets = 0;
            (inner.writer.take(), std::mem::take(&mut inner.queue))
        };
        drop(queue);
        wake(writer);
    }

    /// No code of an application runs under it.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn poll_room(&mut self, max: usize, context: &Context<'_>) -> Poll<Room> {
        if self.is_closed {
            return Poll::Ready(Room::Closed);
        }
        if self.octets < max {
            return Poll::Ready(Room::Free);
        }
        self.writer = Some(context.waker().clone());
        Poll::Pending
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
