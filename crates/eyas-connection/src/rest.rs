//! When a connection is to be put to rest: most wait most of the time.

use std::time::Duration;

use crate::connection::Connection;
use crate::observer::Observer;

/// After so long without a stream. Clients that ask now and then keep what they use all the time.
const REST_AFTER: Duration = Duration::from_secs(1);

/// Requests of a busy connection: so many in a row, and it keeps its storage from one to the next. Many
/// connections never have as many.
pub(crate) const REQUESTS_AT_FIRST: u64 = 8;

impl<O: Observer> Connection<O> {
    /// Whether it should be [put to rest](Self::rest) when there is nothing to do: it is not busy, and
    /// would not soon need again what it gives up.
    #[must_use]
    #[inline]
    pub const fn wants_rest(&self) -> bool {
        self.is_at_rest || self.stats.requests < self.rests_until
    }

    /// Whether it has had no stream for a second. A request ends that.
    #[must_use]
    #[inline]
    pub const fn is_at_rest(&self) -> bool {
        self.is_at_rest
    }

    /// The last stream is gone. This moves the next deadline once in a while, not with every request.
    #[inline]
    pub(crate) fn await_rest(&mut self) {
        if !self.is_at_rest {
            self.look_again_at(self.now + REST_AFTER);
        }
    }

    /// One of the slow timers: does what is due, and says when to look again.
    pub(crate) fn heed_rest(&mut self) -> Option<Duration> {
        if self.is_at_rest {
            return None;
        }
        if self.streams.tracked() > 0 {
            // The last of them will ask again.
            return None;
        }
        let due = self.timers.idle_since + REST_AFTER;
        if self.now < due {
            return Some(due);
        }
        self.is_at_rest = true;
        self.rests_until = self.stats.requests + REQUESTS_AT_FIRST;
        None
    }
}
