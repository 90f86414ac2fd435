//! When something must have happened: silence, age and answers that do not come.

use std::time::Duration;

use eyas_frame::ErrorCode;
use eyas_output::ControlFrame;

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::ConnectionError;
use crate::life::Life;
use crate::observer::Observer;

/// The PING that asks whether the client is there.
const KEEP_ALIVE_PING: [u8; 8] = *b"eyas:hi?";

/// The timers that count in seconds and minutes.
///
/// No request moves them: it leaves behind when it ended, and that is looked at when the next of them
/// might be due. (The first request behind a long rest wakes the [rates](crate::rates).) Until then
/// [`poll_timeout`](Connection::poll_timeout) says the same at every turn.
#[derive(Debug)]
pub(crate) struct Timers {
    /// When the last stream was gone, or the connection was made.
    pub(crate) idle_since: Duration,
    /// From when on our SETTINGS may be acknowledged.
    settings_sent: Duration,
    /// When the last octet came.
    last_received: Duration,
    /// The client was asked whether it is there, and has said nothing since.
    asked: Option<Asked>,
    /// Before this none of them is due.
    next: Duration,
}

/// A PING without an answer so far.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// When it was sent, or the transport took something last.
    at: Duration,
    /// Octets that the transport has taken when the PING is all it took since.
    octets: u64,
}

impl Timers {
    pub(crate) const fn new() -> Self {
        Self {
            idle_since: Duration::ZERO,
            settings_sent: Duration::ZERO,
            last_received: Duration::ZERO,
            asked: None,
            next: Duration::MAX,
        }
    }
}

impl<O: Observer> Connection<O> {
    /// When the first of all deadlines is, or may be.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        if self.life.is_closing() {
            return None;
        }
        let mut next = self.timers.next;
        if !self.settings_seen {
            next = next.min(self.preface_deadline());
        }
        if let Some(block) = &self.block {
            next = next.min(block.deadline);
        }
        if let Some(&(until, _)) = self.lingering.front() {
            next = next.min(until);
        }
        if let Life::Announced { until, .. } = self.life {
            next = next.min(until);
        }
        (next != Duration::MAX).then_some(next)
    }

    pub(crate) fn run_timers(&mut self) {
        if self.life.is_closing() {
            return;
        }
        if !self.settings_seen && self.now >= self.preface_deadline() {
            self.observer.limit_hit("preface_timeout_ms");
            return self.fail(ConnectionError::peer(
                EndReason::PrefaceTimeout,
                ErrorCode::SETTINGS_TIMEOUT,
                "the preface and SETTINGS did not arrive in time",
                "RFC 9113 section 3.4",
            ));
        }
        if self
            .block
            .as_ref()
            .is_some_and(|block| self.now >= block.deadline)
        {
            self.observer.limit_hit("header_block_timeout_ms");
            return self.fail(ConnectionError::peer(
                EndReason::HeaderBlockTimeout,
                ErrorCode::ENHANCE_YOUR_CALM,
                "a header block was not completed in time",
                "RFC 9113 section 10.5",
            ));
        }
        self.run_lingering();
        if matches!(self.life, Life::Announced { until, .. } if self.now >= until) {
            self.begin_drain();
        }
        if self.now >= self.timers.next {
            self.run_slow_timers();
        }
    }

    /// New octets of the client are there.
    #[inline]
    pub(crate) fn heard(&mut self) {
        self.timers.last_received = self.now;
        if self.timers.asked.take().is_some() {
            // The next PING may be due before its time to answer would have been over.
            self.run_slow_timers();
        }
    }

    /// The first SETTINGS of the client are there: it speaks HTTP/2, and its time begins to count.
    pub(crate) fn start_timers(&mut self) {
        self.timers.idle_since = self.now;
        // It cannot have acknowledged ours before it sent its own.
        self.timers.settings_sent = self.now;
        self.run_slow_timers();
    }

    /// Something will be due then.
    pub(crate) fn look_again_at(&mut self, due: Duration) {
        self.timers.next = self.timers.next.min(due);
    }

    /// Does what is due, and notes when to look again.
    #[cold]
    fn run_slow_timers(&mut self) {
        if self.life.is_closing() {
            return;
        }
        let mut next = Duration::MAX;
        for timer in [
            Self::await_acknowledgement,
            Self::keep_alive,
            Self::heed_age,
            Self::heed_idleness,
            Self::heed_request_rate,
            Self::heed_response_rate,
            Self::heed_rest,
        ] {
            let due = timer(self);
            if self.life.is_closing() {
                return;
            }
            next = next.min(due.unwrap_or(Duration::MAX));
        }
        self.timers.next = next;
    }

    // Each of these does what is due, and says when to look again.

    /// RFC 9113 section 6.5.3: a peer that does not acknowledge SETTINGS may be let go.
    fn await_acknowledgement(&mut self) -> Option<Duration> {
        if self.settings_unacknowledged == 0 {
            return None;
        }
        let due = self.timers.settings_sent + millis(self.limits.settings_timeout_ms())?;
        if self.now >= due {
            self.observer.limit_hit("settings_timeout_ms");
            self.fail(ConnectionError::peer(
                EndReason::SettingsTimeout,
                ErrorCode::SETTINGS_TIMEOUT,
                "SETTINGS were not acknowledged in time",
                "RFC 9113 section 6.5.3",
            ));
        }
        Some(due)
    }

    /// Asks a client that says nothing whether it is there, and leaves it when it is not.
    fn keep_alive(&mut self) -> Option<Duration> {
        let interval = millis(self.limits.keep_alive_interval_ms())?;
        let timeout = millis(self.limits.keep_alive_timeout_ms());
        if let Some(asked) = self.timers.asked {
            let timeout = timeout?;
            let due = asked.at + timeout;
            if self.now < due {
                return Some(due);
            }
            let octets = self.octets_written();
            if octets <= asked.octets {
                self.observer.limit_hit("keep_alive_timeout_ms");
                self.close(EndReason::KeepAliveTimeout);
                return None;
            }
            // A slow reader has not come to the PING yet: who takes octets is there.
            let at = self.now;
            self.timers.asked = Some(Asked { at, octets });
            return Some(at + timeout);
        }
        let due = self.timers.last_received + interval;
        if self.now < due {
            return Some(due);
        }
        let ping = ControlFrame::Ping {
            ack: false,
            payload: KEEP_ALIVE_PING,
        };
        self.timers.asked = Some(Asked {
            at: self.now,
            octets: self.octets_written() + ping.encoded_len() as u64,
        });
        self.scheduler.control(ping);
        timeout.map(|timeout| self.now + timeout)
    }

    fn heed_age(&mut self) -> Option<Duration> {
        let age = millis(self.limits.max_connection_age_ms())?;
        if self.now < age {
            return Some(age);
        }
        if matches!(self.life, Life::Serving) {
            self.observer.limit_hit("max_connection_age_ms");
            self.shut_down(EndReason::MaxConnectionAge);
        }
        let end = age + millis(self.limits.max_connection_age_grace_ms())?;
        if self.now >= end {
            self.observer.limit_hit("max_connection_age_grace_ms");
            self.close(EndReason::MaxConnectionAge);
        }
        Some(end)
    }

    fn heed_idleness(&mut self) -> Option<Duration> {
        let patience = millis(self.limits.idle_timeout_ms())?;
        if !matches!(self.life, Life::Serving) {
            return None;
        }
        if self.streams.tracked() > 0 || self.block.is_some() {
            return Some(self.now + patience);
        }
        let due = self.timers.idle_since + patience;
        if self.now >= due {
            self.observer.limit_hit("idle_timeout_ms");
            self.shut_down(EndReason::IdleTimeout);
            return None;
        }
        Some(due)
    }

    fn preface_deadline(&self) -> Duration {
        Duration::from_millis(self.limits.preface_timeout_ms().into())
    }
}

/// `None` for zero, which switches a timer off.
pub(crate) fn millis(limit: u32) -> Option<Duration> {
    (limit > 0).then(|| Duration::from_millis(limit.into()))
}
