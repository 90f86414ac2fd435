//! How much may lie unsent in the kernel: about a millisecond of what the client takes.

use std::fmt;
use std::time::Duration;

/// A rate is taken over at least so long.
const WINDOW: Duration = Duration::from_millis(1);

/// Octets unsent in the kernel, at most, however fast the client is.
const UNSENT_MAX: u32 = 1024 * 1024;

/// Sets `TCP_NOTSENT_LOWAT` by the rate at which a connection's octets leave.
///
/// What lies unsent in the kernel is ordered for good, so it should be little: a slow client gets the
/// least. To a fast one the least is an instant, and costs a wake and a write each time it is used up.
pub(crate) struct Pace<I> {
    set: fn(&I, u32),
    /// What the server asks for, and what a slow connection has.
    least: u32,
    current: u32,
    /// When the window began, and how many octets had left by then.
    began: Duration,
    octets_then: u64,
}

impl<I> Pace<I> {
    /// `least` octets were set before, by `set`.
    pub(crate) const fn new(set: fn(&I, u32), least: u32) -> Self {
        Self {
            set,
            least,
            current: least,
            began: Duration::ZERO,
            octets_then: 0,
        }
    }

    /// The transport takes no more at `now`, after `octets` in all.
    pub(crate) fn is_blocked(&mut self, io: &I, now: Duration, octets: u64) {
        let elapsed = now.saturating_sub(self.began);
        if elapsed < WINDOW {
            return;
        }
        let wanted = unsent(octets - self.octets_then, elapsed, self.least);
        // Every change is a system call: small ones are not worth it.
        if wanted >= self.current.saturating_mul(2) || wanted <= self.current / 2 {
            (self.set)(io, wanted);
            self.current = wanted;
        }
        self.began = now;
        self.octets_then = octets;
    }
}

/// A millisecond's worth of `octets` in `elapsed`, within its bounds.
fn unsent(octets: u64, elapsed: Duration, least: u32) -> u32 {
    let micros = u64::try_from(elapsed.as_micros())
        .unwrap_or(u64::MAX)
        .max(1);
    let per_millisecond = octets.saturating_mul(1000) / micros;
    u32::try_from(per_millisecond)
        .unwrap_or(u32::MAX)
        .clamp(least, UNSENT_MAX.max(least))
}

impl<I> fmt::Debug for Pace<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const LEAST: u32 = 32 * 1024;

    type Log = RefCell<Vec<u32>>;

    fn log(io: &Log, octets: u32) {
        io.borrow_mut().push(octets);
    }

    #[test]
    fn a_fast_client_gets_a_millisecond_and_a_slow_one_the_least() {
        let millisecond = Duration::from_millis(1);
        assert_eq!(unsent(100_000, millisecond, LEAST), 100_000);
        assert_eq!(unsent(1_000, millisecond, LEAST), LEAST);
        assert_eq!(unsent(u64::MAX, Duration::ZERO, LEAST), UNSENT_MAX);
    }

    #[test]
    fn the_kernel_is_asked_only_when_the_rate_has_doubled_or_halved() {
        let io = Log::default();
        let mut pace = Pace::new(log, LEAST);
        let mut octets = 0;
        for (millis, per_millisecond) in [(1, 3_000_000), (2, 900_000), (3, 40_000), (4, 30_000)] {
            octets += per_millisecond;
            pace.is_blocked(
                &io,
                Duration::from_micros(millis * 1000 - 500),
                octets - 1000,
            );
            pace.is_blocked(&io, Duration::from_millis(millis), octets);
        }
        assert_eq!(*io.borrow(), [UNSENT_MAX, 40_000]);
    }
}
