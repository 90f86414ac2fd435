//! A transport without a socket: reads come from a scripted client, writes go back to it.

use std::io::{self, IoSlice};
use std::ops::Range;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::client::Client;

/// What went over a [`ScriptedTransport`] in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Responses that came to their end.
    pub responses: u64,
    /// Calls that read something.
    pub reads: u64,
    /// Calls that wrote something.
    pub writes: u64,
    /// Octets written.
    pub octets_out: u64,
    /// Octets written that did not lie in the payload's own memory, frame headers included.
    pub octets_copied: u64,
}

/// The connection to a [`Client`]. Every write is taken whole.
#[derive(Debug)]
pub struct ScriptedTransport {
    client: Client,
    /// Where the responses' content lies in memory.
    payload: Range<usize>,
    totals: Totals,
    result: Arc<Mutex<Totals>>,
    reader: Option<Waker>,
}

impl ScriptedTransport {
    /// A transport to `client`; `payload` is the content of responses. The totals are there when the
    /// transport has been dropped.
    #[must_use]
    pub fn new(client: Client, payload: &[u8]) -> (Self, Arc<Mutex<Totals>>) {
        let begin = payload.as_ptr().addr();
        let result = Arc::new(Mutex::new(Totals::default()));
        let transport = Self {
            client,
            payload: begin..begin + payload.len(),
            totals: Totals::default(),
            result: Arc::clone(&result),
            reader: None,
        };
        (transport, result)
    }

    fn take(&mut self, octets: &[u8]) {
        self.totals.octets_out += octets.len() as u64;
        if !self.payload.contains(&octets.as_ptr().addr()) {
            self.totals.octets_copied += octets.len() as u64;
        }
        self.client.written(octets);
    }

    fn wrote(&mut self, octets: usize) -> Poll<io::Result<usize>> {
        self.totals.writes += 1;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        Poll::Ready(Ok(octets))
    }
}

impl AsyncRead for ScriptedTransport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(octets) = this.client.read(buffer.remaining()) else {
            this.reader = Some(context.waker().clone());
            return Poll::Pending;
        };
        buffer.put_slice(octets);
        this.totals.reads += 1;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ScriptedTransport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.take(octets);
        self.wrote(octets.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        for slice in slices {
            self.take(slice);
        }
        self.wrote(slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Drop for ScriptedTransport {
    fn drop(&mut self) {
        self.totals.responses = self.client.responses();
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = self.totals;
    }
}
