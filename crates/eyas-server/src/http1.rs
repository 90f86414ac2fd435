//! A connection of HTTP/1, on its way to whoever speaks that.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

use crate::connection_info::ConnectionInfo;
use crate::shutdown::Phase;

/// A connection whose client speaks HTTP/1, given to the hook of
/// [`Builder::fallback_http1`](crate::Builder::fallback_http1). TLS is done with, and octets that were read
/// to find out are read again.
///
/// Shut it down behind the last write: under TLS, what was written may still lie in memory, and the client
/// is to hear that this was the end.
///
/// ```
/// use eyas_server::{Http1Stream, Server};
/// use tokio::io::AsyncWriteExt as _;
///
/// let server = Server::builder().fallback_http1(|mut stream: Http1Stream| async move {
///     let _ = stream.write_all(b"HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n").await;
///     let _ = stream.shutdown().await;
/// });
/// # let _ = server;
/// ```
pub struct Http1Stream {
    io: Box<dyn Io>,
    /// Octets that were read and are to be read again.
    prefix: BytesMut,
    info: ConnectionInfo,
    phase: Option<watch::Receiver<Phase>>,
}

/// A transport of any type.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<I: AsyncRead + AsyncWrite + Send + Unpin> Io for I {}

impl Http1Stream {
    pub(crate) fn new<I>(
        io: I,
        prefix: BytesMut,
        info: ConnectionInfo,
        phase: Option<watch::Receiver<Phase>>,
    ) -> Self
    where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self {
            io: Box::new(io),
            prefix,
            info,
            phase,
        }
    }

    /// Who is at the other end.
    #[must_use]
    pub const fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    /// Resolves when the server begins its graceful shutdown: what was begun should come to its end. The
    /// connection is cut when the shutdown's deadline passes.
    ///
    /// Never resolves on a connection of
    /// [`Builder::serve_connection`](crate::Builder::serve_connection), which knows of no server.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let phase = self.phase.clone();
        async move {
            if let Some(mut phase) = phase
                && phase
                    .wait_for(|phase| *phase >= Phase::Draining)
                    .await
                    .is_ok()
            {
                return;
            }
            std::future::pending().await
        }
    }
}

impl AsyncRead for Http1Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.prefix.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, buffer);
        }
        replay(&mut self.prefix, buffer);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Http1Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl fmt::Debug for Http1Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Stream")
            .field("info", &self.info)
            .field("prefix", &self.prefix.len())
            .finish_non_exhaustive()
    }
}

/// Moves octets that were read before into `buffer`, and lets go of their storage behind the last.
pub(crate) fn replay(prefix: &mut BytesMut, buffer: &mut ReadBuf<'_>) {
    let count = prefix.len().min(buffer.remaining());
    buffer.put_slice(&prefix[..count]);
    prefix.advance(count);
    if prefix.is_empty() {
        *prefix = BytesMut::new();
    }
}
