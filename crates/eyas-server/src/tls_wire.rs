//! TLS on a transport: records out in batches, octets in by large reads.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use rustls::{ProtocolVersion, ServerConfig, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::connection_info::TlsInfo;
use crate::read_ahead::ReadAhead;

/// Octets that one write encrypts at first, and at least and most.
const BATCH_START: usize = 64 * 1024;
const BATCH_MIN: usize = 16 * 1024;
const BATCH_MAX: usize = 320 * 1024;

/// TLS on `I`.
pub(crate) struct TlsWire<I> {
    stream: TlsStream<ReadAhead<I>>,
    /// Octets that one write encrypts. What is encrypted is ordered for good, so there is to be no more
    /// of it than the transport takes at once.
    batch: usize,
}

impl<I: AsyncRead + AsyncWrite + Unpin> TlsWire<I> {
    /// Shakes hands. `prefix` was read from `io` before. Gives `io` back with the error, so that it can be
    /// closed in a way that lets the alert arrive.
    pub(crate) async fn accept(
        io: I,
        prefix: BytesMut,
        config: Arc<ServerConfig>,
    ) -> Result<Self, (io::Error, I)> {
        let io = ReadAhead::new(io, prefix);
        let accept = TlsAcceptor::from(config).accept_with(io, |session| {
            session.set_buffer_limit(Some(BATCH_START));
        });
        match accept.into_fallible().await {
            Ok(stream) => Ok(Self {
                stream,
                batch: BATCH_START,
            }),
            Err((error, io)) => Err((error, io.into_inner())),
        }
    }

    /// Reads what there is, as many records as have room.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.stream).poll_read(context, buffer)) {
            // Many clients close without close_notify. Frames say where they end, and so do the messages
            // of HTTP/1 that a client sends: one that is cut short does not look whole.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }

    /// Encrypts one batch, and writes as much of it as the transport takes.
    pub(crate) fn poll_write_vectored(
        &mut self,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        let session = self.stream.get_mut().1;
        let batch = if session.wants_write() {
            (self.batch / 2).max(BATCH_MIN)
        } else if taken >= self.batch {
            (self.batch * 2).min(BATCH_MAX)
        } else {
            self.batch
        };
        if batch != self.batch {
            self.batch = batch;
            session.set_buffer_limit(Some(batch));
        }
        Poll::Ready(Ok(taken))
    }

    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// Says `close_notify` behind everything else, and closes.
    pub(crate) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<I> TlsWire<I> {
    pub(crate) fn socket(&self) -> &I {
        self.stream.get_ref().0.get_ref()
    }

    /// What was agreed on.
    pub(crate) fn info(&self) -> TlsInfo {
        let session = self.session();
        TlsInfo {
            version: match session.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
                Some(ProtocolVersion::TLSv1_3) => "TLSv1.3",
                _ => "unknown",
            },
            cipher_suite: session
                .negotiated_cipher_suite()
                .and_then(|suite| suite.suite().as_str())
                .unwrap_or("unknown"),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            sni: session.server_name().map(str::to_owned),
        }
    }

    fn session(&self) -> &ServerConnection {
        self.stream.get_ref().1
    }
}
