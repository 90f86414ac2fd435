//! Simulated time.

use std::time::Duration;

/// Time since a beginning, which passes when told to.
///
/// ```
/// use std::time::Duration;
/// use eyas_testkit::Clock;
///
/// let mut clock = Clock::new();
/// clock.advance(Duration::from_millis(3));
/// clock.advance_to(Duration::from_millis(2));
/// assert_eq!(clock.now(), Duration::from_millis(3));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    now: Duration,
}

impl Clock {
    /// A clock at the beginning.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            now: Duration::ZERO,
        }
    }

    /// How much time has passed.
    #[must_use]
    pub const fn now(&self) -> Duration {
        self.now
    }

    /// Lets time pass; it stops at the largest duration.
    pub const fn advance(&mut self, by: Duration) {
        self.now = self.now.saturating_add(by);
    }

    /// Lets time pass up to a point, if it is not past it: time never goes back.
    pub fn advance_to(&mut self, time: Duration) {
        self.now = self.now.max(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_only_and_stops_at_the_end() {
        let mut clock = Clock::new();
        clock.advance_to(Duration::from_secs(2));
        clock.advance_to(Duration::from_secs(1));
        assert_eq!(clock.now(), Duration::from_secs(2));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Duration::MAX);
    }
}
