//! The content of a request, as its handler reads it.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use eyas_connection::{ErrorCode, Priority, StreamId, StreamKey};
use http_body::{Body, Frame, SizeHint};

use crate::connection_info::ConnectionInfo;
use crate::link::{Cell, Link};
use crate::shared::{End, Incoming};
use crate::stream_handle::StreamHandle;
use crate::sync::Arc;

/// The content of a request, and its trailer section.
///
/// Credit is given to the client as chunks are taken, so a handler that reads slowly slows the client
/// down, and one that does not read holds at most one window in memory. Dropping it early is fine: what
/// still arrives is discarded.
///
/// A client that holds its content back until it is asked for (`expect: 100-continue`, RFC 9110 section
/// 10.1.1) is sent 100 when the content is first waited for.
///
/// It also leads to the [stream](Self::stream_handle) and the [connection](Self::connection_info) that the
/// request came on, at no cost for those who do not ask.
///
/// Reading is cancel safe: a chunk is either returned or still there.
pub struct RecvBody {
    // Moved with its request several times, which 32 octets of it are cheap for. What a handle is made of:
    link: Arc<Link>,
    key: StreamKey,
    id: StreamId,
    priority: Priority,
    /// `None` for a request without content.
    cell: Option<Arc<Cell>>,
    /// The client waits for 100 (Continue).
    expects_continue: bool,
    is_done: bool,
}

/// The content of a request will never be complete: its stream was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyError {
    code: ErrorCode,
}

impl RecvBody {
    /// Without content.
    #[inline]
    pub(crate) const fn new(
        link: Arc<Link>,
        key: StreamKey,
        id: StreamId,
        priority: Priority,
    ) -> Self {
        Self {
            link,
            key,
            id,
            priority,
            cell: None,
            expects_continue: false,
            is_done: true,
        }
    }

    /// With the content that comes through `cell`.
    pub(crate) fn with_content(mut self, cell: Arc<Cell>, expects_continue: bool) -> Self {
        self.cell = Some(cell);
        self.expects_continue = expects_continue;
        self.is_done = false;
        self
    }

    pub(crate) const fn cell(&self) -> Option<&Arc<Cell>> {
        self.cell.as_ref()
    }

    /// The stream the request came on.
    #[must_use]
    pub fn stream_handle(&self) -> StreamHandle {
        StreamHandle::new(self.link.clone(), self.key, self.id, self.priority)
    }

    /// The connection the request came on.
    #[must_use]
    pub fn connection_info(&self) -> &ConnectionInfo {
        &self.link.info
    }
}

impl Body for RecvBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.is_done {
            return Poll::Ready(None);
        }
        let Some(cell) = &self.cell else {
            return Poll::Ready(None);
        };
        let Poll::Ready(incoming) = cell.read(context) else {
            if std::mem::take(&mut self.expects_continue) {
                self.stream_handle().ask_to_continue();
            }
            return Poll::Pending;
        };
        let frame = match incoming {
            Incoming::Chunk(chunk) => {
                // It did not wait: RFC 9110 section 10.1.1.
                self.expects_continue = false;
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            Incoming::End(End::Complete(trailers)) => trailers.map(|map| Ok(Frame::trailers(map))),
            Incoming::End(End::Reset(code)) => Some(Err(BodyError {
                code: ErrorCode(code),
            })),
        };
        self.is_done = true;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_done || self.cell.as_ref().is_none_or(|cell| cell.is_end())
    }

    fn size_hint(&self) -> SizeHint {
        let Some(cell) = &self.cell else {
            return SizeHint::with_exact(0);
        };
        cell.octets_left()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for RecvBody {
    fn drop(&mut self) {
        if let Some(cell) = &self.cell {
            cell.reader_gone();
        }
    }
}

impl fmt::Debug for RecvBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvBody")
            .field("is_end_stream", &self.is_end_stream())
            .field("octets_left", &self.size_hint().exact())
            .finish()
    }
}

impl BodyError {
    /// The code of RST_STREAM, or of what ended the connection.
    #[must_use]
    pub const fn code(self) -> ErrorCode {
        self.code
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the request was reset before it was complete ({})",
            self.code
        )
    }
}

impl std::error::Error for BodyError {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Up to 256 octets a move costs the same few instructions; beyond them every move of a request costs
    /// half as much again, and there are six of them.
    #[test]
    fn a_request_is_small_enough_to_be_moved_about() {
        assert!(size_of::<http::Request<RecvBody>>() <= 256);
    }
}
