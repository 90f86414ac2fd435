//! GOAWAY: the beginning of the end of a connection (RFC 9113 section 6.8).

use alloc::vec::Vec;

use super::require_connection;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A GOAWAY frame (RFC 9113 section 6.8).
///
/// ```
/// use eyas_frame::{ErrorCode, GoAway, StreamId};
///
/// let mut octets = Vec::new();
/// GoAway {
///     last_stream_id: StreamId::MAX,
///     error_code: ErrorCode::NO_ERROR,
///     debug_data: b"bye",
/// }
/// .encode(&mut octets);
/// assert_eq!(octets, b"\0\0\x0b\x07\0\0\0\0\0\x7f\xff\xff\xff\0\0\0\0bye");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoAway<'a> {
    /// The highest stream the sender has acted on or may still act on.
    pub last_stream_id: StreamId,
    /// Why the connection ends.
    pub error_code: ErrorCode,
    /// Octets for a human to read; not necessarily UTF-8.
    pub debug_data: &'a [u8],
}

impl<'a> GoAway<'a> {
    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            FIXED_LEN + self.debug_data.len(),
            FrameType::GOAWAY,
            Flags::NONE,
            StreamId::CONNECTION,
        );
        wire::put_u32(out, self.last_stream_id.get());
        wire::put_u32(out, self.error_code.0);
        out.extend_from_slice(self.debug_data);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_connection(header, "GOAWAY must be on stream 0", "RFC 9113 section 6.8")?;
        if header.length as usize >= FIXED_LEN {
            Ok(())
        } else {
            Err(too_short(header))
        }
    }

    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let Some((last_stream_id, rest)) = wire::take_u32(payload) else {
            return Err(too_short(header));
        };
        let Some((error_code, debug_data)) = wire::take_u32(rest) else {
            return Err(too_short(header));
        };
        Ok(Self {
            last_stream_id: StreamId::from_wire(last_stream_id),
            error_code: ErrorCode(error_code),
            debug_data,
        })
    }
}

#[cold]
fn too_short(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "GOAWAY payload must be at least 8 octets",
        "RFC 9113 section 6.8",
    )
    .with_found(header.length)
}

/// Octets in front of the debug data.
const FIXED_LEN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, check_both_ways, check_decodes, check_refused, id, raw};

    const RULE: &str = "RFC 9113 section 6.8";

    #[test]
    fn last_stream_code_and_debug_data_are_read_and_written() {
        for debug_data in [&b""[..], b"why\xff"] {
            let mut payload = Vec::from(*b"\0\0\x01\x03\0\0\0\x0b");
            payload.extend_from_slice(debug_data);
            check_both_ways(
                &raw(7, 0, 0, &payload),
                Frame::GoAway(GoAway {
                    last_stream_id: id(259),
                    error_code: ErrorCode::ENHANCE_YOUR_CALM,
                    debug_data,
                }),
            );
        }
    }

    #[test]
    fn the_reserved_bit_of_the_last_stream_is_ignored() {
        check_decodes(
            &raw(7, 0, 0, b"\xff\xff\xff\xff\0\0\0\0"),
            Frame::GoAway(GoAway {
                last_stream_id: StreamId::MAX,
                error_code: ErrorCode::NO_ERROR,
                debug_data: b"",
            }),
        );
    }

    #[test]
    fn the_fixed_fields_must_have_room() {
        for length in [0, 4, 7] {
            let octets = raw(7, 0, 0, &[0; 8][..length]);
            check_refused(&octets, OnHeader, ErrorCode::FRAME_SIZE_ERROR, RULE);
        }
    }

    /// RFC 9113 section 6.8: GOAWAY on a stream is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn a_stream_cannot_go_away() {
        check_refused(
            &raw(7, 0, 1, &[0; 8]),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }
}
