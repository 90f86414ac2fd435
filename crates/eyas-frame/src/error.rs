//! What is wrong with a frame, how far it reaches, and which rule says so.

use core::fmt;

use crate::error_code::ErrorCode;
use crate::stream_id::StreamId;

/// A frame that breaks a rule of the framing layer.
///
/// It is always the peer's fault. `Display` is one line with the reason, the code and the rule.
///
/// ```
/// use eyas_frame::{ErrorCode, Flags, Frame, FrameHeader, FrameType, Reach, StreamId};
///
/// let header = FrameHeader::new(7, FrameType::PING, Flags::NONE, StreamId::CONNECTION);
/// let error = Frame::decode(header, b"1234567").expect_err("a PING has eight octets");
/// assert_eq!(error.code(), ErrorCode::FRAME_SIZE_ERROR);
/// assert_eq!(error.reach(), Reach::Connection);
/// assert_eq!(
///     error.to_string(),
///     "PING payload must be 8 octets, found 7 (FRAME_SIZE_ERROR, RFC 9113 section 6.7)",
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    code: ErrorCode,
    reach: Reach,
    reason: &'static str,
    rule: &'static str,
    found: Option<u32>,
}

impl DecodeError {
    /// The code to send in GOAWAY or RST_STREAM.
    #[inline]
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// Whether the connection or only one stream is lost.
    #[inline]
    #[must_use]
    pub const fn reach(&self) -> Reach {
        self.reach
    }

    /// What is wrong, in words, beginning with the name of the frame or setting.
    #[inline]
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The place of the broken rule, such as `RFC 9113 section 6.7`.
    #[inline]
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }

    /// The offending number, where there is one: a length in octets, a stream, a value.
    #[inline]
    #[must_use]
    pub const fn found(&self) -> Option<u32> {
        self.found
    }

    #[cold]
    pub(crate) const fn connection(
        code: ErrorCode,
        reason: &'static str,
        rule: &'static str,
    ) -> Self {
        Self {
            code,
            reach: Reach::Connection,
            reason,
            rule,
            found: None,
        }
    }

    #[cold]
    pub(crate) const fn stream(
        stream_id: StreamId,
        code: ErrorCode,
        reason: &'static str,
        rule: &'static str,
    ) -> Self {
        Self {
            code,
            reach: Reach::Stream(stream_id),
            reason,
            rule,
            found: None,
        }
    }

    pub(crate) const fn with_found(self, found: u32) -> Self {
        Self {
            found: Some(found),
            ..self
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Reach::Stream(stream_id) = self.reach {
            write!(f, "stream {stream_id}: ")?;
        }
        f.write_str(self.reason)?;
        if let Some(found) = self.found {
            write!(f, ", found {found}")?;
        }
        write!(f, " ({}, {})", self.code, self.rule)
    }
}

impl core::error::Error for DecodeError {}

/// How far an error reaches (RFC 9113 section 5.4).
#[allow(
    clippy::exhaustive_enums,
    reason = "RFC 9113 section 5.4 knows these two and no third"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The connection must be ended with GOAWAY (RFC 9113 section 5.4.1).
    Connection,
    /// The stream must be ended with RST_STREAM, the others go on (RFC 9113 section 5.4.2).
    Stream(StreamId),
}

const _: () = assert!(size_of::<DecodeError>() <= 56);

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_line_names_the_stream_the_value_the_code_and_the_rule() {
        let stream_id = StreamId::from_wire(3);
        let error = DecodeError::stream(stream_id, ErrorCode(0x99), "X is odd", "RFC 1 section 2");
        assert_eq!(
            error.to_string(),
            "stream 3: X is odd (0x99, RFC 1 section 2)"
        );
        assert_eq!(
            error.with_found(7).to_string(),
            "stream 3: X is odd, found 7 (0x99, RFC 1 section 2)"
        );
        assert_eq!(error.reach(), Reach::Stream(stream_id));
    }
}
