//! Two joined ends that move octets in awkward pieces.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Joins two ends. Either direction holds at most `capacity` octets, and either end reads and writes as its schedule
/// says.
///
/// ```
/// use std::io::{ErrorKind, Read, Write};
/// use eyas_testkit::{Schedule, pipe};
///
/// let (mut a, mut b) = pipe(1024, Schedule::whole(), Schedule::cycle(&[2, 0]));
/// a.write_all(b"abc")?;
/// let mut buffer = [0; 8];
/// assert_eq!(b.read(&mut buffer)?, 2);
/// assert_eq!(b.read(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
/// assert_eq!(b.read(&mut buffer)?, 1);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If `capacity` is 0: nothing could ever move.
#[must_use]
pub fn pipe(capacity: usize, a: Schedule, b: Schedule) -> (PipeEnd, PipeEnd) {
    assert!(capacity > 0, "a pipe without room moves nothing");
    let ways: [Arc<Mutex<Way>>; 2] = Default::default();
    let [to_b, to_a] = ways;
    let end =
        |incoming: &Arc<Mutex<Way>>, outgoing: &Arc<Mutex<Way>>, schedule: Schedule| PipeEnd {
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            capacity,
            reads: schedule.clone(),
            writes: schedule,
        };
    (end(&to_a, &to_b, a), end(&to_b, &to_a, b))
}

/// One end of a [`pipe`].
///
/// `Read` and `Write` never wait: they fail with `WouldBlock`. The `poll_*` methods wait as futures do, with wakes
/// where they are due, so an adapter to any runtime's traits only has to pass them on. A dropped end is closed in both
/// directions.
#[derive(Debug)]
pub struct PipeEnd {
    incoming: Arc<Mutex<Way>>,
    outgoing: Arc<Mutex<Way>>,
    capacity: usize,
    reads: Schedule,
    writes: Schedule,
}

impl PipeEnd {
    /// Reads into `buffer`; 0 octets say that the other end has closed, or that `buffer` is empty.
    pub fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.try_read(buffer) {
            Outcome::Done(count) => Poll::Ready(Ok(count)),
            Outcome::NotYet => wake_again(context),
            Outcome::Blocked => {
                lock(&self.incoming).reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Writes from `octets` and says how many were taken.
    ///
    /// # Errors
    ///
    /// `BrokenPipe` after this end was shut down or the other end dropped.
    pub fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.try_write(octets)? {
            Outcome::Done(count) => Poll::Ready(Ok(count)),
            Outcome::NotYet => wake_again(context),
            Outcome::Blocked => {
                lock(&self.outgoing).writer = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Closes the direction to the other end, which still reads what is on the way.
    pub fn shutdown(&mut self) {
        let mut way = lock(&self.outgoing);
        way.ended = true;
        wake(&mut way.reader);
    }

    /// How many octets are on the way to this end.
    #[must_use]
    pub fn incoming_octets(&self) -> usize {
        lock(&self.incoming).octets.len()
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> Outcome {
        let mut way = lock(&self.incoming);
        if buffer.is_empty() || way.octets.is_empty() && way.ended {
            return Outcome::Done(0);
        }
        if way.octets.is_empty() {
            return Outcome::Blocked;
        }
        let count = self.reads.next().min(buffer.len()).min(way.octets.len());
        if count == 0 {
            return Outcome::NotYet;
        }
        for (place, octet) in buffer.iter_mut().zip(way.octets.drain(..count)) {
            *place = octet;
        }
        wake(&mut way.writer);
        Outcome::Done(count)
    }

    fn try_write(&mut self, octets: &[u8]) -> io::Result<Outcome> {
        let mut way = lock(&self.outgoing);
        if way.ended || way.unread {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let room = self.capacity - way.octets.len();
        if octets.is_empty() {
            return Ok(Outcome::Done(0));
        }
        if room == 0 {
            return Ok(Outcome::Blocked);
        }
        let count = self.writes.next().min(octets.len()).min(room);
        if count == 0 {
            return Ok(Outcome::NotYet);
        }
        way.octets.extend(&octets[..count]);
        wake(&mut way.reader);
        Ok(Outcome::Done(count))
    }
}

impl Read for PipeEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer).without_waiting()
    }
}

impl Write for PipeEnd {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.try_write(octets)?.without_waiting()
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.shutdown();
        let mut way = lock(&self.incoming);
        way.unread = true;
        wake(&mut way.writer);
    }
}

/// How many octets each call moves at most, over and over; 0 stands for a call that would block for no reason.
///
/// ```
/// use eyas_testkit::Schedule;
///
/// let mut schedule = Schedule::cycle(&[1, 0, 5]);
/// let calls: Vec<usize> = (0..4).map(|_| schedule.next()).collect();
/// assert_eq!(calls, [1, 0, 5, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct Schedule(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Cycle { steps: Vec<usize>, at: usize },
    Seeded { state: u64, max: usize },
}

impl Schedule {
    /// Everything at once.
    #[must_use]
    pub fn whole() -> Self {
        Self::cycle(&[usize::MAX])
    }

    /// One octet a call.
    #[must_use]
    pub fn octet_by_octet() -> Self {
        Self::cycle(&[1])
    }

    /// These numbers of octets, from the beginning again after the last.
    ///
    /// # Panics
    ///
    /// If all steps are 0: nothing would ever move.
    #[must_use]
    pub fn cycle(steps: &[usize]) -> Self {
        assert!(
            steps.iter().any(|&step| step > 0),
            "a schedule of zeros moves nothing"
        );
        Self(Kind::Cycle {
            steps: steps.to_vec(),
            at: 0,
        })
    }

    /// Numbers from 0 to `max`, the same for the same seed.
    ///
    /// # Panics
    ///
    /// If `max` is 0: nothing would ever move.
    #[must_use]
    pub fn seeded(seed: u64, max: usize) -> Self {
        assert!(max > 0, "a schedule of zeros moves nothing");
        Self(Kind::Seeded { state: seed, max })
    }

    /// How many octets the next call moves at most.
    #[allow(
        clippy::should_implement_trait,
        reason = "it never ends, and has no use for adapters"
    )]
    pub fn next(&mut self) -> usize {
        match &mut self.0 {
            Kind::Cycle { steps, at } => {
                let step = steps[*at];
                *at = (*at + 1) % steps.len();
                step
            }
            Kind::Seeded { state, max } => {
                // SplitMix64: any seed will do, zero included.
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                let span = (*max as u64).saturating_add(1);
                ((mixed ^ (mixed >> 31)) % span) as usize
            }
        }
    }
}

/// One direction.
#[derive(Debug, Default)]
struct Way {
    octets: VecDeque<u8>,
    /// Nothing more will be written.
    ended: bool,
    /// Nobody will read any more.
    unread: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

enum Outcome {
    Done(usize),
    /// Blocked by the schedule alone.
    NotYet,
    /// Until the other end moves.
    Blocked,
}

impl Outcome {
    fn without_waiting(self) -> io::Result<usize> {
        match self {
            Self::Done(count) => Ok(count),
            Self::NotYet | Self::Blocked => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn wake_again<T>(context: &Context<'_>) -> Poll<T> {
    context.waker().wake_by_ref();
    Poll::Pending
}

#[cfg(test)]
mod tests;
