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
#[derive(Debug)]
pub(crate) struct Rates {
    /// There was no stream when it was looked at last. The next stream wakes it.
    pub(crate) are_asleep: bool,
    request: Sample,
    response: Sample,
}

impl Rates {
    pub(crate) const fn new() -> Self {
        let sample = Sample {
            at: Duration::ZERO,
            octets: 0,
        };
        Self {
            are_asleep: true,
            request: sample,
            response: sample,
        }
    }
}

/// How many octets there were at a time.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Duration,
    octets: u64,
}

impl Sample {
    /// Whether there were fewer than `rate` octets a second since the last time, and a new beginning.
    /// `None` when that is not `grace` ago.
    fn judge(&mut self, now: Duration, grace: Duration, rate: u32, octets: u64) -> Option<bool> {
        let elapsed = now.saturating_sub(self.at);
        if elapsed < grace {
            return None;
        }
        let wanted = u128::from(rate) * elapsed.as_millis() / 1000;
        let too_slow = u128::from(octets.saturating_sub(self.octets)) < wanted;
        *self = Self { at: now, octets };
        Some(too_slow)
    }
}

impl<O: Observer> Connection<O> {
    /// A stream was opened behind a time without any.
    #[cold]
    pub(crate) fn wake_rates(&mut self) {
        self.rates = Rates {
            are_asleep: false,
            request: Sample {
                at: self.now,
                octets: self.stats.content_octets_received,
            },
            response: Sample {
                at: self.now,
                octets: self.octets_written(),
            },
        };
        for key in self.streams.keys() {
            if let Some(stream) = self.streams.get_mut(key) {
                (stream.was_awaited, stream.was_unsent) = (false, false);
            }
        }
        self.run_slow_timers();
    }

    /// One of the slow timers: does what is due, and says when to look again.
    pub(crate) fn heed_rates(&mut self) -> Option<Duration> {
        if self.rates.are_asleep {
            return None;
        }
        if self.streams.tracked() == 0 {
            self.rates.are_asleep = true;
            return None;
        }
        let (request, response) = (self.heed_request_rate(), self.heed_response_rate());
        [request, response].into_iter().flatten().min()
    }

    fn heed_request_rate(&mut self) -> Option<Duration> {
        let rate = self.limits.min_request_rate();
        let grace = millis(self.limits.min_request_rate_grace_ms()).filter(|_| rate > 0)?;
        let octets = self.stats.content_octets_received;
        if let Some(too_slow) = self.rates.request.judge(self.now, grace, rate, octets) {
            // A window larger than what would have been enough has not been closed meanwhile.
            let enough = i64::from(rate) * grace.as_millis() as i64 / 1000;
            let is_open = self.input.available() >= enough;
            for key in self.streams.keys() {
                let Some(stream) = self.streams.get_mut(key) else {
                    continue;
                };
                let awaits = is_open && awaits_content(stream, enough);
                let did_await = std::mem::replace(&mut stream.was_awaited, awaits);
                if too_slow && did_await && awaits {
                    self.observer.limit_hit("min_request_rate");
                    self.give_up(key, "the content of a request comes too slowly");
                }
            }
        }
        Some(self.rates.request.at + grace)
    }

    fn heed_response_rate(&mut self) -> Option<Duration> {
        let rate = self.limits.min_response_rate();
        let grace = millis(self.limits.min_response_rate_grace_ms()).filter(|_| rate > 0)?;
        let octets = self.octets_written();
        if let Some(too_slow) = self.rates.response.judge(self.now, grace, rate, octets) {
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
        Some(self.rates.response.at + grace)
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
    fn octets_written(&self) -> u64 {
        self.stats.octets_sent.saturating_sub(self.out.len() as u64)
    }
}

/// Whether the client has promised content that it could send, and all that came is used.
///
/// Content without a declared length is promised for no time: that is how long-lived calls look.
fn awaits_content(stream: &Stream, enough: i64) -> bool {
    !stream.discards()
        && stream.state.may_receive()
        && stream.recv_left.is_some_and(|left| left > 0)
        && stream.input.unread() == 0
        && stream.input.available() >= enough
}
