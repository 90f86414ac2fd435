//! An end to waiting for a client of HTTP/1.1 that neither reads nor sends.
//!
//! Over HTTP/2 the server itself watches how fast a client is.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Runs while one thing is waited for.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    left: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// What was polled; ready with `None` when it has been pending for 30 s without a break.
    pub(crate) fn poll<T>(
        &mut self,
        polled: Poll<T>,
        context: &mut Context<'_>,
    ) -> Poll<Option<T>> {
        if let Poll::Ready(value) = polled {
            self.left = None;
            return Poll::Ready(Some(value));
        }
        let left = self.left.get_or_insert_with(|| Box::pin(sleep(LONGEST)));
        left.as_mut().poll(context).map(|()| None)
    }
}

/// A transport whose writes fail when the client takes nothing for 30 s. How long it may send nothing
/// depends on what is waited for: that is not known here.
pub(crate) struct Impatient<I> {
    io: I,
    writes: Patience,
}

impl<I> Impatient<I> {
    pub(crate) fn new(io: I) -> Self {
        Self {
            io,
            writes: Patience::default(),
        }
    }

    fn limit<T>(
        &mut self,
        polled: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        let polled = self.writes.poll(polled, context);
        polled.map(|result| result.unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into())))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Impatient<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Impatient<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, octets);
        self.limit(polled, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.limit(polled, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(context);
        self.limit(polled, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_shutdown(context);
        self.limit(polled, context)
    }
}

const LONGEST: Duration = Duration::from_secs(30);
