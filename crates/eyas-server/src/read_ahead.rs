//! A transport below TLS that is read in large pieces, beginning with octets that were read before.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

use crate::http1::replay;

/// Octets asked for in a read. rustls by itself asks for what is missing of a record, or for 4 KiB.
const READ_MIN: usize = 8 * 1024;
const READ_MAX: usize = 64 * 1024;

pub(crate) struct ReadAhead<I> {
    io: I,
    octets: BytesMut,
    read_size: usize,
}

impl<I> ReadAhead<I> {
    pub(crate) const fn new(io: I, octets: BytesMut) -> Self {
        Self {
            io,
            octets,
            read_size: READ_MIN,
        }
    }

    pub(crate) const fn get_ref(&self) -> &I {
        &self.io
    }

    /// The transport without the octets read ahead.
    pub(crate) fn into_inner(self) -> I {
        self.io
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for ReadAhead<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.octets.is_empty() {
            this.octets.reserve(this.read_size);
            // The future holds nothing between polls: it may be dropped when it is pending.
            let polled = pin!(this.io.read_buf(&mut this.octets)).poll(context);
            let Poll::Ready(Ok(count)) = polled else {
                // A connection that waits holds no buffer.
                this.octets = BytesMut::new();
                return polled.map_ok(|_| ());
            };
            this.read_size = if count >= this.read_size {
                (this.read_size * 2).min(READ_MAX)
            } else {
                (this.read_size / 2).max(READ_MIN).max(count.min(READ_MAX))
            };
        }
        replay(&mut this.octets, buffer);
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for ReadAhead<I> {
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
