//! PING: eight octets that come back (RFC 9113 section 6.7).

use alloc::vec::Vec;

use super::require_connection;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A PING frame (RFC 9113 section 6.7).
///
/// ```
/// use eyas_frame::Ping;
///
/// let mut octets = Vec::new();
/// Ping { ack: true, payload: [7; 8] }.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 8, 6, 1, 0, 0, 0, 0, 7, 7, 7, 7, 7, 7, 7, 7]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ping {
    /// Whether this answers a PING of the other side.
    pub ack: bool,
    /// Opaque octets; the answer carries those of the question.
    pub payload: [u8; 8],
}

impl Ping {
    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            LEN,
            FrameType::PING,
            Flags::ACK.when(self.ack),
            StreamId::CONNECTION,
        );
        out.extend_from_slice(&self.payload);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_connection(header, "PING must be on stream 0", "RFC 9113 section 6.7")?;
        if header.length as usize == LEN {
            Ok(())
        } else {
            Err(wrong_length(header))
        }
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let Some(payload) = payload.first_chunk() else {
            return Err(wrong_length(header));
        };
        Ok(Self {
            ack: header.flags.contains(Flags::ACK),
            payload: *payload,
        })
    }
}

#[cold]
fn wrong_length(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "PING payload must be 8 octets",
        "RFC 9113 section 6.7",
    )
    .with_found(header.length)
}

const LEN: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, check_both_ways, check_refused, raw};

    const RULE: &str = "RFC 9113 section 6.7";

    #[test]
    fn question_and_answer_are_read_and_written() {
        for (flags, ack) in [(0, false), (1, true)] {
            let ping = Ping {
                ack,
                payload: *b"abcdefgh",
            };
            check_both_ways(&raw(6, flags, 0, b"abcdefgh"), Frame::Ping(ping));
        }
    }

    /// RFC 9113 section 6.7: a length other than 8 is a connection error of type
    /// FRAME_SIZE_ERROR.
    #[test]
    fn a_wrong_length_is_refused() {
        for payload in [&b""[..], b"abcdefg", b"abcdefghi"] {
            check_refused(
                &raw(6, 0, 0, payload),
                OnHeader,
                ErrorCode::FRAME_SIZE_ERROR,
                RULE,
            );
        }
    }

    /// RFC 9113 section 6.7: PING on a stream is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn a_stream_has_no_ping() {
        check_refused(
            &raw(6, 0, 1, &[0; 8]),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }
}
