//! What a connection speaks over: the accepted transport, or TLS on it.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::connection_info::TlsInfo;
#[cfg(feature = "_tls")]
use crate::tls_wire::TlsWire;

/// One type for connections in clear text and under TLS, so that the driver is compiled once.
pub(crate) enum Wire<I> {
    Clear(I),
    #[cfg(feature = "_tls")]
    Tls(Box<TlsWire<I>>),
}

impl<I> Wire<I> {
    /// The transport at the bottom.
    pub(crate) fn socket(&self) -> &I {
        match self {
            Self::Clear(io) => io,
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.socket(),
        }
    }

    /// What the handshake came to, if there was one.
    pub(crate) fn tls_info(&self) -> Option<TlsInfo> {
        match self {
            Self::Clear(_) => None,
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => Some(tls.info()),
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<I> {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_read(context, buffer),
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.poll_read(context, buffer),
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<I> {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_write(context, octets),
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.poll_write_vectored(context, &[IoSlice::new(octets)]),
        }
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_write_vectored(context, slices),
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Clear(io) => io.is_write_vectored(),
            #[cfg(feature = "_tls")]
            Self::Tls(_) => true,
        }
    }

    #[inline]
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_flush(context),
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(io) => Pin::new(io).poll_shutdown(context),
            #[cfg(feature = "_tls")]
            Self::Tls(tls) => tls.poll_shutdown(context),
        }
    }
}

impl<I> fmt::Debug for Wire<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "Wire::Clear",
            #[cfg(feature = "_tls")]
            Self::Tls(_) => "Wire::Tls",
        })
    }
}
