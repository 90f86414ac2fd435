//! The parameters inside SETTINGS, and the range of each.

use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::named::named_values;

/// The largest frame payload a peer accepts before it says otherwise, in octets; also the
/// smallest value of SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 6.5.2).
pub const DEFAULT_MAX_FRAME_SIZE: u32 = 16_384;

/// The identifier of a setting (RFC 9113 section 6.5.2).
///
/// Every 16-bit value is representable: unknown settings must be ignored, not refused. The names
/// are those of the RFC without the prefix `SETTINGS_`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SettingId(pub u16);

named_values!(SettingId {
    /// Upper bound of the dynamic table of the peer's field encoder, in octets.
    HEADER_TABLE_SIZE = 0x1,
    /// Whether PUSH_PROMISE may be sent: 0 or 1.
    ENABLE_PUSH = 0x2,
    /// How many streams the peer may have open at a time.
    MAX_CONCURRENT_STREAMS = 0x3,
    /// The flow-control window of a new stream, in octets: `0..=2^31 - 1`.
    INITIAL_WINDOW_SIZE = 0x4,
    /// The largest frame payload accepted, in octets: `16_384..=16_777_215`.
    MAX_FRAME_SIZE = 0x5,
    /// Advice on the largest field section accepted, in octets uncompressed plus 32 per field.
    MAX_HEADER_LIST_SIZE = 0x6,
    /// Whether extended CONNECT is understood: 0 or 1 (RFC 8441 section 3).
    ENABLE_CONNECT_PROTOCOL = 0x8,
    /// Whether the priority signals of RFC 7540 are unused: 0 or 1 (RFC 9218 section 2.1).
    NO_RFC7540_PRIORITIES = 0x9,
});

/// One parameter of a SETTINGS frame.
///
/// ```
/// use eyas_frame::{ErrorCode, Setting, SettingId};
///
/// let setting = Setting { id: SettingId::MAX_FRAME_SIZE, value: 65_536 };
/// assert!(setting.check().is_ok());
///
/// let broken = Setting { id: SettingId::INITIAL_WINDOW_SIZE, value: 1 << 31 };
/// assert_eq!(broken.check().unwrap_err().code(), ErrorCode::FLOW_CONTROL_ERROR);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setting {
    /// Which setting.
    pub id: SettingId,
    /// Its value; what it counts depends on `id`.
    pub value: u32,
}

impl Setting {
    /// Octets of one setting on the wire.
    pub const LEN: usize = 6;

    /// Checks the value against the range of its setting. Settings without a range, and unknown
    /// ones, always pass.
    ///
    /// # Errors
    ///
    /// A connection error: FLOW_CONTROL_ERROR for INITIAL_WINDOW_SIZE above 2^31 - 1,
    /// PROTOCOL_ERROR for ENABLE_PUSH, MAX_FRAME_SIZE (both RFC 9113 section 6.5.2),
    /// ENABLE_CONNECT_PROTOCOL (RFC 8441 section 3) and NO_RFC7540_PRIORITIES
    /// (RFC 9218 section 2.1) out of range.
    pub const fn check(self) -> Result<(), DecodeError> {
        let (allowed, code, reason, rule) = match self.id {
            SettingId::ENABLE_PUSH => (
                self.value <= 1,
                ErrorCode::PROTOCOL_ERROR,
                "SETTINGS_ENABLE_PUSH must be 0 or 1",
                "RFC 9113 section 6.5.2",
            ),
            SettingId::INITIAL_WINDOW_SIZE => (
                self.value <= MAX_WINDOW_SIZE,
                ErrorCode::FLOW_CONTROL_ERROR,
                "SETTINGS_INITIAL_WINDOW_SIZE must be below 2^31",
                "RFC 9113 section 6.5.2",
            ),
            SettingId::MAX_FRAME_SIZE => (
                self.value >= DEFAULT_MAX_FRAME_SIZE && self.value <= MAX_MAX_FRAME_SIZE,
                ErrorCode::PROTOCOL_ERROR,
                "SETTINGS_MAX_FRAME_SIZE must be in 16384..=16777215",
                "RFC 9113 section 6.5.2",
            ),
            SettingId::ENABLE_CONNECT_PROTOCOL => (
                self.value <= 1,
                ErrorCode::PROTOCOL_ERROR,
                "SETTINGS_ENABLE_CONNECT_PROTOCOL must be 0 or 1",
                "RFC 8441 section 3",
            ),
            SettingId::NO_RFC7540_PRIORITIES => (
                self.value <= 1,
                ErrorCode::PROTOCOL_ERROR,
                "SETTINGS_NO_RFC7540_PRIORITIES must be 0 or 1",
                "RFC 9218 section 2.1",
            ),
            _ => return Ok(()),
        };
        if allowed {
            Ok(())
        } else {
            Err(DecodeError::connection(code, reason, rule).with_found(self.value))
        }
    }

    #[inline]
    pub(crate) const fn decode(octets: &[u8; Self::LEN]) -> Self {
        let [i0, i1, v0, v1, v2, v3] = *octets;
        Self {
            id: SettingId(u16::from_be_bytes([i0, i1])),
            value: u32::from_be_bytes([v0, v1, v2, v3]),
        }
    }

    #[inline]
    pub(crate) const fn encode(self) -> [u8; Self::LEN] {
        let [i0, i1] = self.id.0.to_be_bytes();
        let [v0, v1, v2, v3] = self.value.to_be_bytes();
        [i0, i1, v0, v1, v2, v3]
    }
}

const MAX_WINDOW_SIZE: u32 = 0x7fff_ffff;
const MAX_MAX_FRAME_SIZE: u32 = crate::header::FrameHeader::MAX_LENGTH;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::error::Reach;

    #[track_caller]
    fn check_range(id: SettingId, allowed: &[u32], refused: &[u32], code: ErrorCode) {
        for &value in allowed {
            assert_eq!(Setting { id, value }.check(), Ok(()), "{id} = {value}");
        }
        for &value in refused {
            let error = Setting { id, value }.check().unwrap_err();
            assert_eq!(error.code(), code, "{id} = {value}");
            assert_eq!(error.reach(), Reach::Connection);
            assert_eq!(error.found(), Some(value));
        }
    }

    /// RFC 9113 section 6.5.2, RFC 8441 section 3, RFC 9218 section 2.1.
    #[test]
    fn each_setting_has_its_range_and_its_code() {
        let protocol = ErrorCode::PROTOCOL_ERROR;
        check_range(SettingId::ENABLE_PUSH, &[0, 1], &[2, u32::MAX], protocol);
        check_range(SettingId::ENABLE_CONNECT_PROTOCOL, &[0, 1], &[2], protocol);
        check_range(SettingId::NO_RFC7540_PRIORITIES, &[0, 1], &[2], protocol);
        check_range(
            SettingId::MAX_FRAME_SIZE,
            &[16_384, 16_777_215],
            &[0, 16_383, 16_777_216],
            protocol,
        );
        check_range(
            SettingId::INITIAL_WINDOW_SIZE,
            &[0, 0x7fff_ffff],
            &[0x8000_0000, u32::MAX],
            ErrorCode::FLOW_CONTROL_ERROR,
        );
    }

    #[test]
    fn a_setting_without_a_range_takes_every_value() {
        for id in [1, 3, 6, 7, 0x10, 0xffff].map(SettingId) {
            assert_eq!(
                Setting {
                    id,
                    value: u32::MAX
                }
                .check(),
                Ok(())
            );
        }
    }

    #[test]
    fn the_error_says_what_is_wrong_in_one_line() {
        let setting = Setting {
            id: SettingId::ENABLE_PUSH,
            value: 2,
        };
        assert_eq!(
            setting.check().unwrap_err().to_string(),
            "SETTINGS_ENABLE_PUSH must be 0 or 1, found 2 (PROTOCOL_ERROR, RFC 9113 section 6.5.2)"
        );
    }
}
