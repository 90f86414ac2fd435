//! DATA: the content of a message (RFC 9113 section 6.1).

use alloc::vec::Vec;

use super::require_stream;
use crate::error::DecodeError;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::padding;
use crate::stream_id::StreamId;
use crate::wire;

/// A whole DATA frame (RFC 9113 section 6.1).
///
/// [`Deframer`](crate::Deframer) yields DATA as [`DataChunk`](crate::DataChunk)s instead, before
/// the frame is complete.
///
/// ```
/// use eyas_frame::{Data, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let frame = Data { stream_id, data: b"hi", end_stream: true, padding: Some(3) };
/// assert_eq!(frame.flow_controlled_len(), 6);
///
/// let mut octets = Vec::new();
/// frame.encode(&mut octets);
/// assert_eq!(octets, b"\0\0\x06\x00\x09\0\0\0\x01\x03hi\0\0\0");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    /// The stream, never 0.
    pub stream_id: StreamId,
    /// The content, without padding.
    pub data: &'a [u8],
    /// Whether this is the last frame of the sender on this stream.
    pub end_stream: bool,
    /// Octets of padding behind the content; `None` if the frame is not padded.
    pub padding: Option<u8>,
}

impl<'a> Data<'a> {
    /// What the frame takes from the flow-control windows, in octets: content, padding and the
    /// Pad Length octet (RFC 9113 section 6.9.1).
    #[inline]
    #[must_use]
    pub fn flow_controlled_len(&self) -> usize {
        self.data.len() + padding::padding_len(self.padding)
    }

    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        let flags =
            Flags::END_STREAM.when(self.end_stream) | Flags::PADDED.when(self.padding.is_some());
        wire::start_frame(
            out,
            self.flow_controlled_len(),
            FrameType::DATA,
            flags,
            self.stream_id,
        );
        padding::put_length(out, self.padding);
        out.extend_from_slice(self.data);
        padding::put_padding(out, self.padding);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(header, "DATA must name a stream", "RFC 9113 section 6.1")?;
        padding::check_room(header, 0)
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let (data, padding) = padding::strip(header, payload, 0)?;
        Ok(Self {
            stream_id: header.stream_id,
            data,
            end_stream: header.flags.contains(Flags::END_STREAM),
            padding,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, OnPayload, check_both_ways, check_refused, id, raw};

    const RULE: &str = "RFC 9113 section 6.1";

    fn frame(data: &[u8], end_stream: bool, padding: Option<u8>) -> Frame<'_> {
        Frame::Data(Data {
            stream_id: id(3),
            data,
            end_stream,
            padding,
        })
    }

    #[test]
    fn content_end_and_padding_are_read_and_written() {
        check_both_ways(&raw(0, 0, 3, b"abc"), frame(b"abc", false, None));
        check_both_ways(&raw(0, 1, 3, b"abc"), frame(b"abc", true, None));
        check_both_ways(&raw(0, 8, 3, b"\x02abc\0\0"), frame(b"abc", false, Some(2)));
        check_both_ways(&raw(0, 9, 3, b"\0abc"), frame(b"abc", true, Some(0)));
        check_both_ways(&raw(0, 0, 3, b""), frame(b"", false, None));
        check_both_ways(&raw(0, 8, 3, b"\0"), frame(b"", false, Some(0)));
    }

    /// RFC 9113 section 6.1: "If the length of the padding is the length of the frame payload or
    /// greater", it is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn padding_may_fill_the_payload_but_not_exceed_it() {
        check_both_ways(&raw(0, 8, 3, b"\x03\0\0\0"), frame(b"", false, Some(3)));
        for pad_length in [4, 5, 255] {
            let octets = raw(0, 8, 3, &[pad_length, 0, 0, 0]);
            check_refused(&octets, OnPayload, ErrorCode::PROTOCOL_ERROR, RULE);
        }
    }

    #[test]
    fn a_padded_frame_needs_its_pad_length_octet() {
        check_refused(
            &raw(0, 8, 3, b""),
            OnHeader,
            ErrorCode::FRAME_SIZE_ERROR,
            RULE,
        );
    }

    /// RFC 9113 section 6.1: DATA on stream 0 is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn data_on_the_connection_is_refused() {
        check_refused(
            &raw(0, 0, 0, b"abc"),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
        check_refused(
            &raw(0, 0, 1 << 31, b"abc"),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }

    /// RFC 9113 section 6.9.1: the entire payload, padding included, counts.
    #[test]
    fn padding_counts_for_flow_control() {
        let mut data = Data {
            stream_id: id(1),
            data: b"abc",
            end_stream: false,
            padding: None,
        };
        assert_eq!(data.flow_controlled_len(), 3);
        data.padding = Some(0);
        assert_eq!(data.flow_controlled_len(), 4);
        data.padding = Some(255);
        assert_eq!(data.flow_controlled_len(), 259);
    }
}
