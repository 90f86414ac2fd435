//! A response's content in push style: the handler writes, the connection reads from the paired body.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame};
use tokio::io::AsyncWrite;

use crate::pipe::{End, Found, Pipe, Room};
use crate::said::BoxError;

/// Writes the content of a response from wherever the handler likes.
///
/// ```
/// use eyas_server::{BodyWriter, RecvBody, WriterBody};
/// use http::{Request, Response};
///
/// async fn count(_: Request<RecvBody>) -> Result<Response<WriterBody>, std::convert::Infallible> {
///     let (mut writer, body) = BodyWriter::new();
///     tokio::spawn(async move {
///         for number in 0..1000 {
///             writer.put(format!("{number}\n").as_bytes());
///             // Waits while the client does not read; fails when it is gone.
///             if writer.flush().await.is_err() {
///                 return;
///             }
///         }
///         writer.finish();
///     });
///     Ok(Response::new(body))
/// }
/// ```
///
/// What is written collects in a buffer until [`flush`](Self::flush), or until 16 KiB have come together.
/// A writer that is dropped without [`finish`](Self::finish) or [`trailers`](Self::trailers) aborts the
/// response: the client sees RST_STREAM(INTERNAL_ERROR), not an end that was none.
///
/// It is also an [`AsyncWrite`], whose `shutdown` is [`finish`](Self::finish).
pub struct BodyWriter {
    pipe: Arc<Pipe>,
    buffer: BytesMut,
    /// Octets of `buffer` that were written; what lies behind them was lent by `reserve`.
    written: usize,
    is_ended: bool,
}

/// What a [`BodyWriter`] writes, as the response's body.
///
/// Dropping it, as the server does when the client resets the stream, makes the writer's next flush fail.
pub struct WriterBody {
    pipe: Arc<Pipe>,
}

/// Cancels a [`BodyWriter::flush`] from elsewhere.
#[derive(Clone, Debug)]
pub struct FlushCanceller {
    pipe: Arc<Pipe>,
}

/// How a flush went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flushed {
    /// Everything was handed over, and there is room for more.
    Ready,
    /// Everything was handed over; the wait for room was cancelled.
    Cancelled,
}

/// Nobody reads what is written: the client has reset the stream or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterClosed;

/// Octets handed over and not yet taken, from which a flush waits.
const CAPACITY: usize = 64 * 1024;

/// Octets that are handed over without a flush.
const CHUNK: usize = 16 * 1024;

impl BodyWriter {
    /// A writer that may be 64 KiB ahead of the connection, and its body.
    #[allow(
        clippy::new_ret_no_self,
        reason = "a pair is what there is to make, as with channels"
    )]
    #[must_use]
    pub fn new() -> (Self, WriterBody) {
        Self::with_capacity(CAPACITY)
    }

    /// A writer that may be `octets` octets ahead of the connection (at least 1), and its body.
    #[must_use]
    pub fn with_capacity(octets: usize) -> (Self, WriterBody) {
        let pipe = Pipe::new(octets.max(1));
        let writer = Self {
            pipe: pipe.clone(),
            buffer: BytesMut::new(),
            written: 0,
            is_ended: false,
        };
        (writer, WriterBody { pipe })
    }

    /// Room for at least `octets` octets, to be written in place. Say how many they were with
    /// [`advance`](Self::advance).
    pub fn reserve(&mut self, octets: usize) -> &mut [u8] {
        self.buffer.resize(self.written + octets, 0);
        &mut self.buffer[self.written..]
    }

    /// `octets` octets were written to what [`reserve`](Self::reserve) lent.
    ///
    /// # Panics
    ///
    /// When `octets` is more than was reserved.
    #[track_caller]
    pub fn advance(&mut self, octets: usize) {
        let reserved = self.buffer.len() - self.written;
        assert!(
            octets <= reserved,
            "advanced by {octets} octets, but only {reserved} were reserved"
        );
        self.written += octets;
        self.hand_over_chunks();
    }

    /// Writes a copy of `octets`.
    pub fn put(&mut self, octets: &[u8]) {
        self.buffer.truncate(self.written);
        self.buffer.extend_from_slice(octets);
        self.written = self.buffer.len();
        self.hand_over_chunks();
    }

    /// Writes `octets` without copying them.
    pub fn put_bytes(&mut self, octets: Bytes) {
        self.hand_over();
        self.pipe.push(octets);
    }

    /// Octets written that the connection cannot see before a [`flush`](Self::flush).
    #[must_use]
    pub const fn unflushed_octets(&self) -> usize {
        self.written
    }

    /// Hands over what was written, and waits while the connection is too far behind.
    ///
    /// # Errors
    ///
    /// [`WriterClosed`] when nobody reads any more.
    ///
    /// # Cancel safety
    ///
    /// What was written is handed over at the first poll; only the wait is cancelled.
    pub async fn flush(&mut self) -> Result<Flushed, WriterClosed> {
        self.hand_over();
        match poll_fn(|context| self.pipe.poll_flush(context)).await {
            Room::Free => Ok(Flushed::Ready),
            Room::Cancelled => Ok(Flushed::Cancelled),
            Room::Closed => Err(WriterClosed),
        }
    }

    /// What cancels a flush: the one that waits, or else the next.
    #[must_use]
    pub fn flush_canceller(&self) -> FlushCanceller {
        FlushCanceller {
            pipe: self.pipe.clone(),
        }
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.pipe.is_closed()
    }

    /// Ends the content. END_STREAM rides on its last DATA frame where that has not left yet.
    pub fn finish(mut self) {
        self.end(End::Complete);
    }

    /// Ends the content with a trailer section (RFC 9110 section 6.5).
    pub fn trailers(mut self, trailers: HeaderMap) {
        self.end(End::Trailers(trailers));
    }

    /// Ends the response with RST_STREAM(INTERNAL_ERROR); what has not left yet is dropped. `error` is
    /// logged.
    pub fn abort(mut self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) {
        self.end(End::Aborted(error.into()));
    }

    pub(crate) fn end(&mut self, end: End) {
        if self.is_ended {
            return;
        }
        self.hand_over();
        self.is_ended = true;
        self.pipe.end(end);
    }

    fn hand_over_chunks(&mut self) {
        if self.written >= CHUNK {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        if self.written > 0 {
            let octets = self.buffer.split_to(self.written).freeze();
            self.written = 0;
            self.pipe.push(octets);
        }
    }
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.end(End::Aborted(UNFINISHED.into()));
    }
}

const UNFINISHED: &str = "a BodyWriter was dropped before its content was finished";

impl AsyncWrite for BodyWriter {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_ended {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if let Room::Closed = ready!(this.pipe.poll_room(context)) {
            return Poll::Ready(Err(WriterClosed.into()));
        }
        // No more than makes one chunk: a large write is not to run far ahead of a slow client.
        let taken = octets.len().min(CHUNK);
        this.put(&octets[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Behind the end nobody needs to read any more.
        if this.is_ended {
            return Poll::Ready(Ok(()));
        }
        this.hand_over();
        if this.is_closed() {
            return Poll::Ready(Err(WriterClosed.into()));
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().end(End::Complete);
        Poll::Ready(Ok(()))
    }
}

impl Body for WriterBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Poll::Ready(match ready!(self.pipe.poll_next(context)) {
            None | Some(Found::End(End::Complete)) => None,
            Some(Found::Data(octets)) => Some(Ok(Frame::data(octets))),
            Some(Found::End(End::Trailers(trailers))) => Some(Ok(Frame::trailers(trailers))),
            Some(Found::End(End::Aborted(error))) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.pipe.is_done()
    }
}

impl Drop for WriterBody {
    fn drop(&mut self) {
        self.pipe.close();
    }
}

impl FlushCanceller {
    /// The flush that waits ends at once with [`Flushed::Cancelled`]; if none does, the next one.
    pub fn cancel_pending_flush(&self) {
        self.pipe.cancel_flush();
    }
}

impl fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWriter")
            .field("unflushed_octets", &self.written)
            .field("is_ended", &self.is_ended)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WriterBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterBody")
            .field("is_end_stream", &self.is_end_stream())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for WriterClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody reads the response any more")
    }
}

impl std::error::Error for WriterClosed {}

impl From<WriterClosed> for io::Error {
    fn from(error: WriterClosed) -> Self {
        Self::new(io::ErrorKind::BrokenPipe, error)
    }
}
