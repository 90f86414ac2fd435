//! The octets' way in and out: one reused buffer to read into, one vectored write a batch.
//!
//! A connection that sleeps holds no buffer, unless a part of a frame is in it. It goes to the next
//! connection that this thread wakes: only one of them reads at a time.

use std::cell::Cell;
use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use eyas_connection::OutputBuffer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};

use crate::counters::Transfers;
use crate::pace::Pace;

/// Octets asked for in a read: little at first, much while much comes.
const READ_MIN: usize = 8 * 1024;
const READ_MAX: usize = 64 * 1024;

/// Reads of one poll whose octets are dropped, before other tasks get their turn.
const DRAIN_READS_MAX: usize = 32;

thread_local! {
    /// The buffer that the last connection to sleep has read into.
    static SPARE: Cell<BytesMut> = Cell::new(BytesMut::new());
}

/// Slices of one write. A batch of 512 KiB in frames of 16 KiB needs 65.
const SLICES_MAX: usize = 72;

#[derive(Debug)]
pub(crate) struct Transport<I> {
    io: I,
    pace: Option<Pace<I>>,
    pub(crate) input: BytesMut,
    /// The buffer was given away.
    is_asleep: bool,
    /// Octets read before there was a transport: what the first read finds.
    prefix: BytesMut,
    read_size: usize,
    is_flushed: bool,
    pub(crate) transfers: Transfers,
}

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Octets,
    Eof,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Transport<I> {
    /// `prefix` was read from `io` before.
    pub(crate) fn new(io: I, pace: Option<Pace<I>>, prefix: BytesMut) -> Self {
        Self {
            io,
            pace,
            input: BytesMut::new(),
            is_asleep: true,
            prefix,
            read_size: READ_MIN,
            is_flushed: true,
            transfers: Transfers::default(),
        }
    }

    /// Reads once, behind what is in `input`.
    #[inline]
    pub(crate) fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Read>> {
        if !self.prefix.is_empty() {
            return Poll::Ready(Ok(self.read_prefix()));
        }
        if self.input.capacity() - self.input.len() < self.read_size / 2 {
            self.make_room();
        }
        let room = self.input.capacity() - self.input.len();
        // The future holds nothing between polls: it may be dropped when it is pending.
        let octets = ready!(pin!(self.io.read_buf(&mut self.input)).poll(context))?;
        if octets == 0 {
            return Poll::Ready(Ok(Read::Eof));
        }
        self.read_size = if octets == room {
            (self.read_size * 2).min(READ_MAX)
        } else {
            (self.read_size / 2).max(READ_MIN).max(octets.min(READ_MAX))
        };
        self.transfers.reads += 1;
        self.transfers.octets_in += octets as u64;
        Poll::Ready(Ok(Read::Octets))
    }

    fn make_room(&mut self) {
        // Its capacity does not tell: what was split off may have come back to it.
        if std::mem::take(&mut self.is_asleep) {
            self.input = SPARE.take();
        }
        if self.input.capacity() - self.input.len() < self.read_size / 2 {
            self.input.reserve(self.read_size);
        }
    }

    /// Nothing is read until the task is woken.
    #[inline]
    pub(crate) fn sleep(&mut self) {
        if self.input.is_empty() && !self.is_asleep {
            SPARE.set(std::mem::take(&mut self.input));
            self.is_asleep = true;
        }
    }

    #[cold]
    fn read_prefix(&mut self) -> Read {
        self.transfers.octets_in += self.prefix.len() as u64;
        self.input = std::mem::take(&mut self.prefix);
        self.is_asleep = false;
        Read::Octets
    }

    /// Writes once from `out`, and tells it how much was taken.
    #[inline]
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        out: &mut OutputBuffer,
    ) -> Poll<io::Result<()>> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let used = out.io_slices(&mut slices);
        let io = Pin::new(&mut self.io);
        let octets = ready!(io.poll_write_vectored(context, &slices[..used]))?;
        if octets == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.is_flushed = false;
        self.transfers.writes += 1;
        self.transfers.octets_out += octets as u64;
        out.written(octets);
        Poll::Ready(Ok(()))
    }

    /// The transport takes no more: how much it took since the last time says how fast it is.
    pub(crate) fn is_blocked(&mut self, now: Duration) {
        if let Some(pace) = &mut self.pace {
            pace.is_blocked(&self.io, now, self.transfers.octets_out);
        }
    }

    /// Sees to it that what was written is under way, for transports that hold octets back.
    pub(crate) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_flushed {
            ready!(Pin::new(&mut self.io).poll_flush(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more will be written.
    pub(crate) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    /// Reads and drops octets until the peer has closed, too.
    pub(crate) fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        for _ in 0..DRAIN_READS_MAX {
            self.input.clear();
            if ready!(self.poll_read(context))? == Read::Eof {
                return Poll::Ready(Ok(()));
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
