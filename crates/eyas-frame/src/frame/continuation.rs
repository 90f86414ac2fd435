//! CONTINUATION: the rest of a field section (RFC 9113 section 6.10).

use alloc::vec::Vec;

use super::require_stream;
use crate::error::DecodeError;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A CONTINUATION frame (RFC 9113 section 6.10).
///
/// ```
/// use eyas_frame::{Continuation, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let mut octets = Vec::new();
/// Continuation { stream_id, fragment: &[0x84], end_headers: true }.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 1, 9, 4, 0, 0, 0, 1, 0x84]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Continuation<'a> {
    /// The stream of the HEADERS or PUSH_PROMISE it continues, never 0.
    pub stream_id: StreamId,
    /// The next part of the field block, still compressed.
    pub fragment: &'a [u8],
    /// Whether the field block ends here.
    pub end_headers: bool,
}

impl<'a> Continuation<'a> {
    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            self.fragment.len(),
            FrameType::CONTINUATION,
            Flags::END_HEADERS.when(self.end_headers),
            self.stream_id,
        );
        out.extend_from_slice(self.fragment);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(
            header,
            "CONTINUATION must name a stream",
            "RFC 9113 section 6.10",
        )
    }

    pub(crate) const fn decode(header: FrameHeader, payload: &'a [u8]) -> Self {
        Self {
            stream_id: header.stream_id,
            fragment: payload,
            end_headers: header.flags.contains(Flags::END_HEADERS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, check_both_ways, check_refused, id, raw};

    #[test]
    fn the_whole_payload_is_the_fragment() {
        for (flags, end_headers) in [(0, false), (4, true)] {
            for fragment in [&b""[..], b"abc"] {
                let frame = Continuation {
                    stream_id: id(1),
                    fragment,
                    end_headers,
                };
                check_both_ways(&raw(9, flags, 1, fragment), Frame::Continuation(frame));
            }
        }
    }

    /// RFC 9113 section 6.10: CONTINUATION on stream 0 is a connection error of type
    /// PROTOCOL_ERROR.
    #[test]
    fn continuation_on_the_connection_is_refused() {
        let octets = raw(9, 4, 0, b"abc");
        check_refused(
            &octets,
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            "RFC 9113 section 6.10",
        );
    }
}
