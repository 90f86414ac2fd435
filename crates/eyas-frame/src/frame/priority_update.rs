//! PRIORITY_UPDATE: a priority signal for one request (RFC 9218 section 7.1).

use alloc::vec::Vec;

use super::require_connection;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A PRIORITY_UPDATE frame (RFC 9218 section 7.1).
///
/// ```
/// use eyas_frame::{PriorityUpdate, StreamId};
///
/// let prioritized_stream_id = StreamId::new(5).expect("5 is a stream");
/// let mut octets = Vec::new();
/// PriorityUpdate { prioritized_stream_id, value: b"u=1, i" }.encode(&mut octets);
/// assert_eq!(octets, b"\0\0\x0a\x10\0\0\0\0\0\0\0\0\x05u=1, i");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriorityUpdate<'a> {
    /// The stream it speaks about, never 0 when decoded; it may not be open yet.
    pub prioritized_stream_id: StreamId,
    /// The Priority Field Value, a structured-field dictionary in ASCII; not judged here.
    pub value: &'a [u8],
}

impl<'a> PriorityUpdate<'a> {
    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            FIXED_LEN + self.value.len(),
            FrameType::PRIORITY_UPDATE,
            Flags::NONE,
            StreamId::CONNECTION,
        );
        wire::put_u32(out, self.prioritized_stream_id.get());
        out.extend_from_slice(self.value);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_connection(header, "PRIORITY_UPDATE must be on stream 0", RULE)?;
        if header.length as usize >= FIXED_LEN {
            Ok(())
        } else {
            Err(too_short(header))
        }
    }

    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let Some((prioritized, value)) = wire::take_u32(payload) else {
            return Err(too_short(header));
        };
        let prioritized_stream_id = StreamId::from_wire(prioritized);
        if prioritized_stream_id.is_connection() {
            return Err(DecodeError::connection(
                ErrorCode::PROTOCOL_ERROR,
                "PRIORITY_UPDATE must prioritize a stream",
                RULE,
            ));
        }
        Ok(Self {
            prioritized_stream_id,
            value,
        })
    }
}

#[cold]
fn too_short(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "PRIORITY_UPDATE payload must be at least 4 octets",
        RULE,
    )
    .with_found(header.length)
}

/// Octets in front of the value.
const FIXED_LEN: usize = 4;
const RULE: &str = "RFC 9218 section 7.1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{
        OnHeader, OnPayload, check_both_ways, check_decodes, check_refused, id, raw,
    };

    #[test]
    fn stream_and_value_are_read_and_written() {
        for value in [&b""[..], b"u=0"] {
            let frame = PriorityUpdate {
                prioritized_stream_id: id(7),
                value,
            };
            let payload = [&[0, 0, 0, 7], value].concat();
            check_both_ways(&raw(16, 0, 0, &payload), Frame::PriorityUpdate(frame));
        }
    }

    #[test]
    fn the_reserved_bit_of_the_prioritized_stream_is_ignored() {
        let frame = PriorityUpdate {
            prioritized_stream_id: id(7),
            value: b"",
        };
        check_decodes(
            &raw(16, 0, 0, &[0x80, 0, 0, 7]),
            Frame::PriorityUpdate(frame),
        );
    }

    /// RFC 9218 section 7.1: a frame on a stream, and one for stream 0, are connection errors of
    /// type PROTOCOL_ERROR; a frame too short is one of type FRAME_SIZE_ERROR.
    #[test]
    fn malformed_frames_are_refused() {
        let protocol = ErrorCode::PROTOCOL_ERROR;
        check_refused(&raw(16, 0, 1, &[0, 0, 0, 7]), OnHeader, protocol, RULE);
        check_refused(&raw(16, 0, 0, &[0; 4]), OnPayload, protocol, RULE);
        check_refused(&raw(16, 0, 0, &[0x80, 0, 0, 0]), OnPayload, protocol, RULE);
        check_refused(
            &raw(16, 0, 0, &[0; 3]),
            OnHeader,
            ErrorCode::FRAME_SIZE_ERROR,
            RULE,
        );
    }
}
