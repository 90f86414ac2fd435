//! Peers that are far too slow: requests that do not come, responses that are not taken.

use std::time::Duration;

use eyas_frame::ErrorCode;
use eyas_output::StreamKey;

use crate::connection::Connection;
use crate::error::StreamError;
use crate::observer::Observer;
use crate::stream::Stream;
use crate::timers::millis;

/// Octets of all streams together, looked at once in a grace period.
///
/// Streams of a slow client wait for each other, in an order that is its own or its priorities': only all
/// of them together tell how slow it is. What is too slow has been so for a whole period, at whose
/// beginning and end it was looked at; nothing is noted between.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    /// Sleeps while no request has content of a declared length to come.
    pub(crate) request: Sample,
    /// Sleeps while there is no stream.
    pub(crate) response: Sample,
}

/// How many octets there were at a time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Somebody has to look.
    pub(crate) is_awake: bool,
    at: Duration,
    octets: u64,
}

impl Sample {
    const fn begin(now: Duration, octets: u64) -> Self {
        Self {
            is_awake: true,
            at: now,
            octets,
        }
    }

    /// Whether there were fewer than `rate` octets a second since the last time, and a new beginning.
    /// `None` when that is not `grace` ago.
    fn judge(&mut self, now: Duration, grace: Duration, rate: u32, octets: u64) -> Option<bool> {
        let elapsed = now.saturating_sub(self.at);
        if elapsed < grace {
            return None;
        }
        let wanted = u128::from(rate) * elapsed.as_millis() / 1000;
        let too_slow = u128::from(octets.saturating_sub(self.octets)) < wanted;
        *self = Self::begin(now, octets);
        Some(too_slow)
    }
}

impl<O: Observer> Connection<O> {
    /// A request with content to come was opened behind a time without any.
    #[cold]
    pub(crate) fn wake_request_rate(&mut self) {
        self.rates.request = Sample::begin(self.now, self.stats.content_octets_received);
        if let Some((_, grace)) = self.request_rate() {
            self.look_again_at(self.now + grace);
        }
    }

    /// A stream was opened behind a time without any.
    #[cold]
    pub(crate) fn wake_response_rate(&mut self) {
        self.rates.response = Sample::begin(self.now, self.octets_written());
        if let Some((_, grace)) = self.response_rate() {
            self.look_again_at(self.now + grace);
        }
    }

    // Two of the slow timers: each does what is due, and says when to look again.

    pub(crate) fn heed_request_rate(&mut self) -> Option<Duration> {
        let (rate, grace) = self
            .request_rate()
            .filter(|_| self.rates.request.is_awake)?;
        let octets = self.stats.content_octets_received;
        if let Some(too_slow) = self.rates.request.judge(self.now, grace, rate, octets) {
            self.rates.request.is_awake = false;
            // A window larger than what would have been enough has not been closed meanwhile.
            let enough = i64::from(rate) * grace.as_millis() as i64 / 1000;
            let is_open = self.input.available() >= enough;
            for key in self.streams.keys() {
                let Some(stream) = self.streams.get_mut(key) else {
                    continue;
                };
                self.rates.request.is_awake |= has_promised_content(stream);
                let awaits = is_open && awaits_content(stream, enough);
                let did_await = std::mem::replace(&mut stream.was_awaited, awaits);
                if too_slow && did_await && awaits {
                    self.observer.limit_hit("min_request_rate");
                    self.give_up(key, "the content of a request comes too slowly");
                }
            }
        }
        let sample = self.rates.request;
        sample.is_awake.then(|| sample.at + grace)
    }

    pub(crate) fn heed_response_rate(&mut self) -> Option<Duration> {
        let (rate, grace) = self
            .response_rate()
            .filter(|_| self.rates.response.is_awake)?;
        let octets = self.octets_written();
        if let Some(too_slow) = self.rates.response.judge(self.now, grace, rate, octets) {
            self.rates.response.is_awake = self.streams.tracked() > 0;
            for key in self.streams.keys() {
                let producer = self.scheduler.producer(key);
                let is_unsent = producer.is_some_and(|producer| producer.unconsumed_octets() > 0);
                let Some(stream) = self.streams.get_mut(key) else {
                    continue;
                };
                let was_unsent = std::mem::replace(&mut stream.was_unsent, is_unsent);
                if too_slow && was_unsent && is_unsent {
                    self.observer.limit_hit("min_response_rate");
                    self.give_up(key, "a response is taken too slowly");
                }
            }
        }
        let sample = self.rates.response;
        sample.is_awake.then(|| sample.at + grace)
    }

    fn request_rate(&self) -> Option<(u32, Duration)> {
        let grace = millis(self.limits.min_request_rate_grace_ms())?;
        Some((self.limits.min_request_rate(), grace)).filter(|&(rate, _)| rate > 0)
    }

    fn response_rate(&self) -> Option<(u32, Duration)> {
        let grace = millis(self.limits.min_response_rate_grace_ms())?;
        Some((self.limits.min_response_rate(), grace)).filter(|&(rate, _)| rate > 0)
    }

    fn give_up(&mut self, key: StreamKey, reason: &'static str) {
        let Some(stream) = self.streams.get(key) else {
            return;
        };
        let code = ErrorCode::ENHANCE_YOUR_CALM;
        let error = StreamError::new(stream.id, code, reason, "RFC 9113 section 10.5");
        if let Err(error) = self.stream_error(error) {
            self.fail(error);
        }
    }

    /// Octets the transport has taken.
    pub(crate) fn octets_written(&self) -> u64 {
        self.stats.octets_sent.saturating_sub(self.out.len() as u64)
    }
}

/// Whether there is content to come of which the client has declared the length.
///
/// Content of no declared length is promised for no time: that is how long-lived calls look.
fn has_promised_content(stream: &Stream) -> bool {
    !stream.discards()
        && stream.state.may_receive()
        && stream.recv_left.is_some_and(|left| left > 0)
}

/// Whether the client could send such content, and all that came is used.
fn awaits_content(stream: &Stream, enough: i64) -> bool {
    has_promised_content(stream)
        && !stream.awaits_continue
        && stream.input.unread() == 0
        && stream.input.available() >= enough
}
