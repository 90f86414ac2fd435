//! PUSH_PROMISE: the announcement of a pushed response (RFC 9113 section 6.6).

use alloc::vec::Vec;

use super::require_stream;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::padding;
use crate::stream_id::StreamId;
use crate::wire;

/// A PUSH_PROMISE frame (RFC 9113 section 6.6).
///
/// ```
/// use eyas_frame::{PushPromise, StreamId};
///
/// let mut octets = Vec::new();
/// PushPromise {
///     stream_id: StreamId::new(1).expect("1 is a stream"),
///     promised_stream_id: StreamId::new(2).expect("2 is a stream"),
///     fragment: &[0x82],
///     end_headers: true,
///     padding: None,
/// }
/// .encode(&mut octets);
/// assert_eq!(octets, [0, 0, 5, 5, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0x82]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushPromise<'a> {
    /// The stream of the request that the push belongs to, never 0.
    pub stream_id: StreamId,
    /// The stream that is reserved, server-initiated when decoded.
    pub promised_stream_id: StreamId,
    /// The field block of the promised request, or its first part, still compressed.
    pub fragment: &'a [u8],
    /// Whether the field block ends here; if not, CONTINUATION must follow.
    pub end_headers: bool,
    /// Octets of padding behind the fragment; `None` if the frame is not padded.
    pub padding: Option<u8>,
}

impl<'a> PushPromise<'a> {
    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        let flags =
            Flags::END_HEADERS.when(self.end_headers) | Flags::PADDED.when(self.padding.is_some());
        let length =
            padding::padding_len(self.padding) + PROMISED_LEN as usize + self.fragment.len();
        wire::start_frame(out, length, FrameType::PUSH_PROMISE, flags, self.stream_id);
        padding::put_length(out, self.padding);
        wire::put_u32(out, self.promised_stream_id.get());
        out.extend_from_slice(self.fragment);
        padding::put_padding(out, self.padding);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(
            header,
            "PUSH_PROMISE must name a stream",
            "RFC 9113 section 6.6",
        )?;
        padding::check_room(header, PROMISED_LEN)
    }

    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let (unpadded, padding) = padding::strip(header, payload, PROMISED_LEN)?;
        let Some((promised, fragment)) = wire::take_u32(unpadded) else {
            return Err(padding::no_room(header));
        };
        let promised_stream_id = StreamId::from_wire(promised);
        if !promised_stream_id.is_server_initiated() {
            return Err(DecodeError::connection(
                ErrorCode::PROTOCOL_ERROR,
                "PUSH_PROMISE must promise a server-initiated stream",
                "RFC 9113 section 6.6",
            )
            .with_found(promised_stream_id.get()));
        }
        Ok(Self {
            stream_id: header.stream_id,
            promised_stream_id,
            fragment,
            end_headers: header.flags.contains(Flags::END_HEADERS),
            padding,
        })
    }
}

/// Octets of the Promised Stream ID field.
const PROMISED_LEN: u32 = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, OnPayload, check_both_ways, check_refused, id, raw};

    const RULE: &str = "RFC 9113 section 6.6";

    #[test]
    fn promised_stream_fragment_and_padding_are_read_and_written() {
        let promise = PushPromise {
            stream_id: id(1),
            promised_stream_id: id(2),
            fragment: b"abc",
            end_headers: false,
            padding: None,
        };
        check_both_ways(&raw(5, 0, 1, b"\0\0\0\x02abc"), Frame::PushPromise(promise));
        check_both_ways(
            &raw(5, 0xc, 1, b"\x02\0\0\0\x02abc\0\0"),
            Frame::PushPromise(PushPromise {
                end_headers: true,
                padding: Some(2),
                ..promise
            }),
        );
    }

    /// RFC 9113 section 6.6: padding has the rules of DATA.
    #[test]
    fn padding_may_not_reach_into_the_promised_stream() {
        let octets = raw(5, 0x8, 1, b"\x02\0\0\0\x02\0");
        check_refused(&octets, OnPayload, ErrorCode::PROTOCOL_ERROR, RULE);
    }

    #[test]
    fn the_fixed_fields_must_have_room() {
        let size = ErrorCode::FRAME_SIZE_ERROR;
        check_refused(&raw(5, 0, 1, &[0; 3]), OnHeader, size, RULE);
        check_refused(&raw(5, 0x8, 1, &[0; 4]), OnHeader, size, RULE);
    }

    /// RFC 9113 section 6.6: a promise on stream 0, and one of an illegal stream, are connection
    /// errors of type PROTOCOL_ERROR.
    #[test]
    fn impossible_streams_are_refused() {
        let protocol = ErrorCode::PROTOCOL_ERROR;
        check_refused(&raw(5, 4, 0, &[0, 0, 0, 2]), OnHeader, protocol, RULE);
        check_refused(&raw(5, 4, 1, &[0, 0, 0, 0]), OnPayload, protocol, RULE);
        check_refused(&raw(5, 4, 1, &[0, 0, 0, 3]), OnPayload, protocol, RULE);
    }
}
