//! A stream as a tunnel: what CONNECT and extended CONNECT are for.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::Body;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::body_writer::{BodyWriter, WriterBody};
use crate::pipe::End;
use crate::recv_body::RecvBody;

/// Both ways of a stream as one [`AsyncRead`] and [`AsyncWrite`]: the content of a request to read, that of
/// its response to write.
///
/// For CONNECT (RFC 9113 section 8.5) and extended CONNECT (RFC 8441), which carries WebSocket: answer 2xx
/// with the [`WriterBody`], and pump octets through the tunnel in a task of its own. A request of extended
/// CONNECT has a [`Protocol`](crate::Protocol) among its extensions, and comes only where
/// [`enable_connect_protocol`](crate::Builder::enable_connect_protocol) is on.
///
/// ```
/// use eyas_server::{RecvBody, TunnelStream, WriterBody};
/// use http::{Request, Response};
///
/// async fn echo(request: Request<RecvBody>) -> Result<Response<WriterBody>, std::convert::Infallible> {
///     let (tunnel, body) = TunnelStream::new(request.into_body());
///     tokio::spawn(async move {
///         let (mut read, mut write) = tokio::io::split(tunnel);
///         tokio::io::copy(&mut read, &mut write).await
///     });
///     Ok(Response::new(body))
/// }
/// ```
///
/// Back-pressure is that of any stream: a client that does not read lets writes wait, a tunnel that is not
/// read stops the client. Octets written are sent at the next flush, or when 16 KiB have come together.
/// Shutting down, and dropping, ends the response with END_STREAM. Reading ends where the client ended; a
/// stream it has reset is [`ConnectionReset`](io::ErrorKind::ConnectionReset).
pub struct TunnelStream<B = RecvBody> {
    body: B,
    /// What was received and not yet read.
    chunk: Bytes,
    is_at_end: bool,
    writer: BodyWriter,
}

impl<B> TunnelStream<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// The tunnel of a request with this body, and the body of the response that opens it.
    #[must_use]
    pub fn new(body: B) -> (Self, WriterBody) {
        let (writer, response_body) = BodyWriter::new();
        let tunnel = Self {
            body,
            chunk: Bytes::new(),
            is_at_end: false,
            writer,
        };
        (tunnel, response_body)
    }
}

impl<B> AsyncRead for TunnelStream<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.chunk.is_empty() && !this.is_at_end {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                // A trailer section says nothing in a tunnel.
                Some(Ok(frame)) => this.chunk = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    this.is_at_end = true;
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionReset, error)));
                }
                None => this.is_at_end = true,
            }
        }
        let taken = this.chunk.len().min(out.remaining());
        out.put_slice(&this.chunk[..taken]);
        this.chunk.advance(taken);
        Poll::Ready(Ok(()))
    }
}

impl<B: Unpin> AsyncWrite for TunnelStream<B> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(context, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(context)
    }
}

impl<B> Drop for TunnelStream<B> {
    fn drop(&mut self) {
        self.writer.end(End::Complete);
    }
}

impl<B> fmt::Debug for TunnelStream<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TunnelStream")
            .field("unread_octets", &self.chunk.len())
            .field("is_at_end", &self.is_at_end)
            .finish_non_exhaustive()
    }
}
