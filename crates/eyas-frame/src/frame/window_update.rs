//! WINDOW_UPDATE: more flow-control window (RFC 9113 section 6.9).

use alloc::vec::Vec;

use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A WINDOW_UPDATE frame (RFC 9113 section 6.9).
///
/// ```
/// use eyas_frame::{StreamId, WindowUpdate};
///
/// let mut octets = Vec::new();
/// WindowUpdate { stream_id: StreamId::CONNECTION, increment: 256 }.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WindowUpdate {
    /// The stream whose window grows, or 0 for the window of the connection.
    pub stream_id: StreamId,
    /// Octets added to the window: `1..=2^31 - 1`.
    pub increment: u32,
}

impl WindowUpdate {
    /// Appends the frame; the highest bit of `increment` is reserved and left out.
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            LEN,
            FrameType::WINDOW_UPDATE,
            Flags::NONE,
            self.stream_id,
        );
        wire::put_u32(out, self.increment & MAX_INCREMENT);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        if header.length as usize == LEN {
            Ok(())
        } else {
            Err(wrong_length(header))
        }
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let Some((field, _)) = wire::take_u32(payload) else {
            return Err(wrong_length(header));
        };
        let increment = field & MAX_INCREMENT;
        if increment == 0 {
            return Err(zero_increment(header.stream_id));
        }
        Ok(Self {
            stream_id: header.stream_id,
            increment,
        })
    }
}

#[cold]
fn wrong_length(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "WINDOW_UPDATE payload must be 4 octets",
        "RFC 9113 section 6.9",
    )
    .with_found(header.length)
}

#[cold]
fn zero_increment(stream_id: StreamId) -> DecodeError {
    let code = ErrorCode::PROTOCOL_ERROR;
    let reason = "WINDOW_UPDATE increment must not be 0";
    let rule = "RFC 9113 section 6.9";
    if stream_id.is_connection() {
        DecodeError::connection(code, reason, rule)
    } else {
        DecodeError::stream(stream_id, code, reason, rule)
    }
}

const LEN: usize = 4;
const MAX_INCREMENT: u32 = 0x7fff_ffff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{
        OnHeader, OnPayload, check_both_ways, check_decodes, check_refused, check_stream_refused,
        id, raw,
    };

    const RULE: &str = "RFC 9113 section 6.9";

    #[test]
    fn both_kinds_of_window_are_read_and_written() {
        for stream in [0, 1] {
            let frame = WindowUpdate {
                stream_id: id(stream),
                increment: 0x0102_0304,
            };
            check_both_ways(
                &raw(8, 0, stream, &[1, 2, 3, 4]),
                Frame::WindowUpdate(frame),
            );
        }
    }

    #[test]
    fn the_reserved_bit_is_ignored_in_and_unset_out() {
        let frame = WindowUpdate {
            stream_id: id(1),
            increment: 1,
        };
        check_decodes(&raw(8, 0, 1, &[0x80, 0, 0, 1]), Frame::WindowUpdate(frame));

        let mut octets = Vec::new();
        WindowUpdate {
            increment: (1 << 31) | 1,
            ..frame
        }
        .encode(&mut octets);
        assert_eq!(octets, raw(8, 0, 1, &[0, 0, 0, 1]));
    }

    /// RFC 9113 section 6.9: an increment of 0 is a stream error of type PROTOCOL_ERROR, and a
    /// connection error for the window of the connection.
    #[test]
    fn an_increment_of_0_is_refused_where_it_belongs() {
        for payload in [[0; 4], [0x80, 0, 0, 0]] {
            let protocol = ErrorCode::PROTOCOL_ERROR;
            check_stream_refused(&raw(8, 0, 1, &payload), protocol, RULE);
            check_refused(&raw(8, 0, 0, &payload), OnPayload, protocol, RULE);
        }
    }

    /// RFC 9113 section 6.9: a length other than 4 is a connection error of type
    /// FRAME_SIZE_ERROR, also on a stream.
    #[test]
    fn a_wrong_length_is_refused() {
        for stream in [0, 1] {
            for payload in [&b""[..], b"123", b"12345"] {
                let octets = raw(8, 0, stream, payload);
                check_refused(&octets, OnHeader, ErrorCode::FRAME_SIZE_ERROR, RULE);
            }
        }
    }
}
