//! Every bound on what a peer may cost, by name, and the budget that odd behaviour is charged to.

use std::time::Duration;

use eyas_hpack::DecoderLimits;

use crate::options::options;

options! {
    /// What one connection may cost. Users set this one struct; it projects into the limits of the
    /// layers below.
    pub struct Limits {
        /// Octets of a request's decoded field list, counted as RFC 9113 section 6.5.2 does (name, value
        /// and 32 a field). Announced as SETTINGS_MAX_HEADER_LIST_SIZE. A larger list is answered with
        /// 431; four times as much ends the connection.
        max_header_list_octets, set_max_header_list_octets: u32 = 32 * 1024, 1024_u32 => 16 * 1024 * 1024_u32, "memory of one request";
        /// Fields of a request, cookie crumbs counted one by one. More are answered with 431.
        max_header_fields, set_max_header_fields: u32 = 128, 8_u32 => 16_384_u32, "objects of one request";
        /// Octets of one field's name or value. A longer one is answered with 431.
        max_header_field_octets, set_max_header_field_octets: u32 = 16 * 1024, 256_u32 => 16 * 1024 * 1024_u32, "memory of one field";
        /// CONTINUATION frames of one header block. One more ends the connection.
        max_continuations, set_max_continuations: u32 = 8, 1_u32 => 1024_u32, "CVE-2024-27316 and its kin";
        /// Octets of control frames waiting to be written (acknowledgements, resets, credit). Reading
        /// stops from here on until they have left.
        max_control_octets_queued, set_max_control_octets_queued: u32 = 64 * 1024, 1024_u32 => 16 * 1024 * 1024_u32, "CVE-2019-9512, CVE-2019-9515";
        /// Entries of one SETTINGS frame. More end the connection.
        max_settings_entries, set_max_settings_entries: u32 = 32, 8_u32 => 2730_u32, "CVE-2020-11080";
        /// The abuse budget's burst, in units of one reset stream. What a peer may do oddly at once:
        /// reset streams before their answer, make us reset them, send empty frames. When it is used up the
        /// connection ends with ENHANCE_YOUR_CALM.
        abuse_burst, set_abuse_burst: u32 = 200, 10_u32 => 1_000_000_u32, "CVE-2023-44487, CVE-2025-8671";
        /// What the abuse budget gains each second, in the same units.
        abuse_refill_per_second, set_abuse_refill_per_second: u32 = 20, 0_u32 => 1_000_000_u32, "CVE-2023-44487, CVE-2025-8671";
        /// Milliseconds from the start until the preface and the first SETTINGS must be there. Then the
        /// connection ends with SETTINGS_TIMEOUT.
        preface_timeout_ms, set_preface_timeout_ms: u32 = 10_000, 100_u32 => 3_600_000_u32, "connections that say nothing";
        /// Milliseconds from HEADERS without END_HEADERS until the block must be complete. Then the
        /// connection ends with ENHANCE_YOUR_CALM.
        header_block_timeout_ms, set_header_block_timeout_ms: u32 = 10_000, 100_u32 => 3_600_000_u32, "slow header blocks";
        /// Milliseconds an unfinished request is read and discarded behind a finished response, before
        /// RST_STREAM(NO_ERROR) asks the client to stop.
        linger_ms, set_linger_ms: u32 = 1_000, 0_u32 => 60_000_u32, "RFC 9113 section 8.1";
        /// Octets discarded for one stream during that time. One more, and the client is asked to stop.
        linger_octets, set_linger_octets: u32 = 1024 * 1024, 0_u32 => 0x7fff_ffff_u32, "RFC 9113 section 8.1";
        /// Milliseconds a connection may be without any stream before it is ended gracefully: GOAWAY, a
        /// round trip, GOAWAY. A request that arrives meanwhile is served. Zero: never.
        idle_timeout_ms, set_idle_timeout_ms: u32 = 130_000, 0_u32 => 86_400_000_u32, "RFC 9113 section 9.1";
        /// Milliseconds after which a connection is ended gracefully, whatever it does. Zero: never.
        max_connection_age_ms, set_max_connection_age_ms: u32 = 0, 0_u32 => 0xffff_ffff_u32, "load that moves on";
        /// Milliseconds that streams may still take when a connection has reached its age; then it is
        /// closed. Zero: as long as they take.
        max_connection_age_grace_ms, set_max_connection_age_grace_ms: u32 = 30_000, 0_u32 => 86_400_000_u32, "load that moves on";
        /// Milliseconds without an octet of the client before PING asks whether it is there. Zero: never.
        keep_alive_interval_ms, set_keep_alive_interval_ms: u32 = 0, 0_u32 => 86_400_000_u32, "RFC 9113 section 6.7";
        /// Milliseconds behind that PING without an octet of the client, and in which the transport took
        /// none either, before the connection is closed. Zero: never.
        keep_alive_timeout_ms, set_keep_alive_timeout_ms: u32 = 20_000, 0_u32 => 86_400_000_u32, "RFC 9113 section 6.7";
        /// Milliseconds a client may take to acknowledge our SETTINGS. Then the connection ends with
        /// SETTINGS_TIMEOUT. Zero: any time.
        settings_timeout_ms, set_settings_timeout_ms: u32 = 10_000, 0_u32 => 3_600_000_u32, "RFC 9113 section 6.5.3";
        /// Octets of content a second that a client sends at least, all requests together, while a
        /// request waits for content of a declared length, has no content unread and a window that is
        /// open, and the client does not wait for 100 (Continue). Requests that have waited for a whole
        /// [`min_request_rate_grace_ms`](Self::min_request_rate_grace_ms) are reset with
        /// ENHANCE_YOUR_CALM. Content without a declared length may take any time. Zero: no such rate.
        min_request_rate, set_min_request_rate: u32 = 240, 0_u32 => 1024 * 1024_u32, "slow requests";
        /// Milliseconds over which that rate is averaged.
        min_request_rate_grace_ms, set_min_request_rate_grace_ms: u32 = 5_000, 1_000_u32 => 3_600_000_u32, "slow requests";
        /// Octets a second that a client takes at least, all responses together, while content waits to
        /// be sent, for whatever window or for the transport. Streams whose content has waited for a
        /// whole [`min_response_rate_grace_ms`](Self::min_response_rate_grace_ms) are reset with
        /// ENHANCE_YOUR_CALM. Zero: no such rate.
        min_response_rate, set_min_response_rate: u32 = 240, 0_u32 => 1024 * 1024_u32, "CVE-2019-9517";
        /// Milliseconds over which that rate is averaged: long enough for a reader who pauses.
        min_response_rate_grace_ms, set_min_response_rate_grace_ms: u32 = 60_000, 1_000_u32 => 3_600_000_u32, "CVE-2019-9517";
    }
}

impl Limits {
    pub(crate) fn decoder(&self, table_size_max: u32) -> DecoderLimits {
        DecoderLimits {
            max_table_size: table_size_max,
            max_list_octets: self.max_header_list_octets(),
            max_fields: self.max_header_fields(),
            max_field_octets: self.max_header_field_octets(),
            ..DecoderLimits::default()
        }
    }

    /// Octets of an encoded header block that are still collected. A block that large decodes to more
    /// than four times the list limit or is nothing but padding of itself.
    pub(crate) fn header_block_octets(&self) -> usize {
        self.max_header_list_octets() as usize * 4
    }
}

/// What users call a limit of the decoder.
pub(crate) const fn name_of(limit: eyas_hpack::Limit) -> &'static str {
    match limit {
        eyas_hpack::Limit::Fields => "max_header_fields",
        eyas_hpack::Limit::FieldOctets => "max_header_field_octets",
        _ => "max_header_list_octets",
    }
}

/// Odd things a peer may do, each charged by its cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Charge {
    /// The peer reset a stream whose response had not begun.
    ResetBeforeResponse,
    /// The peer made us reset a stream.
    ResetCaused,
    /// A stream was refused.
    Refused,
    /// A frame that carries nothing: empty DATA, CONTINUATION or padding only.
    EmptyFrame,
    /// SETTINGS with that many entries.
    Settings(u32),
    /// PING.
    Ping,
    /// A WINDOW_UPDATE too small to be of use.
    SmallWindowUpdate,
    /// PRIORITY, PRIORITY_UPDATE or a frame of unknown type.
    Ignored,
}

/// Octets of content for which one small WINDOW_UPDATE is free: a gRPC message has five at least, and is
/// answered by two.
const OCTETS_PER_UPDATE: u32 = 2;

/// Free ones that may be outstanding: those for a batch.
const FREE_UPDATES_MAX: u32 = 160 * 1024;

/// Parts of one unit, so that cheap things can be charged in whole numbers.
const UNIT: u64 = 80;

impl Charge {
    const fn cost(self) -> u64 {
        match self {
            Self::ResetBeforeResponse | Self::Refused | Self::EmptyFrame => UNIT,
            Self::ResetCaused => 2 * UNIT,
            Self::Settings(entries) => UNIT + entries as u64 * UNIT / 8,
            Self::Ping => UNIT / 10,
            Self::SmallWindowUpdate | Self::Ignored => UNIT / 20,
        }
    }

    /// What is said in GOAWAY when this charge was the last straw.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::ResetBeforeResponse => "too many streams reset before their response",
            Self::ResetCaused => "too many streams had to be reset",
            Self::Refused => "too many streams beyond SETTINGS_MAX_CONCURRENT_STREAMS",
            Self::EmptyFrame => "too many frames that carry nothing",
            Self::Settings(_) => "too many SETTINGS",
            Self::Ping => "too many PING frames",
            Self::SmallWindowUpdate => "too many tiny WINDOW_UPDATE frames",
            Self::Ignored => "too many frames without effect",
        }
    }
}

/// A token bucket: odd work is charged, time and useful work refill it.
#[derive(Debug)]
pub(crate) struct AbuseBudget {
    left: u64,
    burst: u64,
    /// Parts of a unit gained each second.
    refill_per_second: u64,
    refilled_at: Duration,
    /// Small WINDOW_UPDATE frames that answer content, and are free.
    free_updates: u32,
}

impl AbuseBudget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let burst = u64::from(limits.abuse_burst()) * UNIT;
        Self {
            left: burst,
            burst,
            refill_per_second: u64::from(limits.abuse_refill_per_second()) * UNIT,
            refilled_at: Duration::ZERO,
            free_updates: 0,
        }
    }

    /// Takes the cost of `charge`; `false` when the budget is used up.
    #[must_use]
    pub(crate) fn charge(&mut self, now: Duration, charge: Charge) -> bool {
        if charge == Charge::SmallWindowUpdate && self.free_updates > 0 {
            self.free_updates -= 1;
            return true;
        }
        let elapsed = now.saturating_sub(self.refilled_at).as_millis();
        let gained = u64::try_from(elapsed)
            .unwrap_or(u64::MAX)
            .saturating_mul(self.refill_per_second)
            / 1000;
        if gained > 0 {
            self.refilled_at = now;
            self.left = self.left.saturating_add(gained).min(self.burst);
        }
        match self.left.checked_sub(charge.cost()) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }

    /// Content was sent, so many octets. Clients of gRPC give credit back for each message they read, be
    /// it of a few octets, on the stream and on the connection.
    #[inline]
    pub(crate) fn content_sent(&mut self, octets: u32) {
        self.free_updates = (self.free_updates + octets / OCTETS_PER_UPDATE).min(FREE_UPDATES_MAX);
    }

    /// A request was answered: an honest peer earns back a unit.
    #[inline]
    pub(crate) fn useful_work(&mut self) {
        self.left = (self.left + UNIT).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_resets_is_allowed_and_one_more_is_not() {
        let mut budget = AbuseBudget::new(&Limits::default());
        for _ in 0..200 {
            assert!(budget.charge(Duration::ZERO, Charge::ResetBeforeResponse));
        }
        assert!(!budget.charge(Duration::ZERO, Charge::ResetBeforeResponse));
        assert!(budget.charge(Duration::from_millis(50), Charge::ResetBeforeResponse));
        assert!(!budget.charge(Duration::from_millis(50), Charge::ResetBeforeResponse));
    }

    #[test]
    fn a_reset_for_each_answer_is_never_too_much() {
        let mut budget = AbuseBudget::new(&Limits::default());
        for _ in 0..10_000 {
            budget.useful_work();
            assert!(budget.charge(Duration::ZERO, Charge::ResetBeforeResponse));
        }
    }

    #[test]
    fn a_wrong_limit_is_refused_with_its_range() {
        let error = Limits::default().set_max_continuations(0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "max_continuations is 0, must be 1 to 1024 (CVE-2024-27316 and its kin)"
        );
    }
}
