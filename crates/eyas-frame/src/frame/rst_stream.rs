//! RST_STREAM: the immediate end of a stream (RFC 9113 section 6.4).

use alloc::vec::Vec;

use super::require_stream;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A RST_STREAM frame (RFC 9113 section 6.4).
///
/// ```
/// use eyas_frame::{ErrorCode, RstStream, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let mut octets = Vec::new();
/// RstStream { stream_id, error_code: ErrorCode::CANCEL }.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RstStream {
    /// The stream that ends, never 0.
    pub stream_id: StreamId,
    /// Why it ends.
    pub error_code: ErrorCode,
}

impl RstStream {
    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(out, LEN, FrameType::RST_STREAM, Flags::NONE, self.stream_id);
        wire::put_u32(out, self.error_code.0);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(
            header,
            "RST_STREAM must name a stream",
            "RFC 9113 section 6.4",
        )?;
        if header.length as usize == LEN {
            Ok(())
        } else {
            Err(wrong_length(header))
        }
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let Some((error_code, _)) = wire::take_u32(payload) else {
            return Err(wrong_length(header));
        };
        Ok(Self {
            stream_id: header.stream_id,
            error_code: ErrorCode(error_code),
        })
    }
}

#[cold]
fn wrong_length(header: FrameHeader) -> DecodeError {
    DecodeError::connection(
        ErrorCode::FRAME_SIZE_ERROR,
        "RST_STREAM payload must be 4 octets",
        "RFC 9113 section 6.4",
    )
    .with_found(header.length)
}

const LEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, check_both_ways, check_refused, id, raw};

    const RULE: &str = "RFC 9113 section 6.4";

    /// RFC 9113 section 7: unknown codes are kept.
    #[test]
    fn any_code_is_read_and_written() {
        for (payload, code) in [([0, 0, 0, 8], 8), ([0xde, 0xad, 0xbe, 0xef], 0xdead_beef)] {
            let frame = RstStream {
                stream_id: id(9),
                error_code: ErrorCode(code),
            };
            check_both_ways(&raw(3, 0, 9, &payload), Frame::RstStream(frame));
        }
    }

    /// RFC 9113 section 6.4: a length other than 4 is a connection error of type
    /// FRAME_SIZE_ERROR.
    #[test]
    fn a_wrong_length_is_refused() {
        for payload in [&b""[..], b"123", b"12345"] {
            check_refused(
                &raw(3, 0, 9, payload),
                OnHeader,
                ErrorCode::FRAME_SIZE_ERROR,
                RULE,
            );
        }
    }

    /// RFC 9113 section 6.4: RST_STREAM on stream 0 is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn the_connection_cannot_be_reset() {
        check_refused(
            &raw(3, 0, 0, &[0; 4]),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }
}
