//! HEADERS: the start of a field section (RFC 9113 section 6.2).

use alloc::vec::Vec;

use super::{StreamDependency, require_stream};
use crate::error::DecodeError;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::padding;
use crate::stream_id::StreamId;
use crate::wire;

/// A HEADERS frame (RFC 9113 section 6.2).
///
/// ```
/// use eyas_frame::{Headers, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let frame = Headers {
///     stream_id,
///     fragment: &[0x82],
///     end_stream: true,
///     end_headers: true,
///     priority: None,
///     padding: None,
/// };
/// let mut octets = Vec::new();
/// frame.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x82]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    /// The stream, never 0.
    pub stream_id: StreamId,
    /// The field block, or its first part, still compressed.
    pub fragment: &'a [u8],
    /// Whether the sender has nothing for this stream after the field section.
    pub end_stream: bool,
    /// Whether the field block ends here; if not, CONTINUATION must follow.
    pub end_headers: bool,
    /// The deprecated priority fields, if they are there.
    pub priority: Option<StreamDependency>,
    /// Octets of padding behind the fragment; `None` if the frame is not padded.
    pub padding: Option<u8>,
}

impl<'a> Headers<'a> {
    /// Whether the priority fields make the stream depend on itself: a stream error of type
    /// PROTOCOL_ERROR (RFC 7540 section 5.3.1).
    ///
    /// Decoding lets it pass, because the field block has to be decompressed all the same.
    #[inline]
    #[must_use]
    pub fn depends_on_itself(&self) -> bool {
        self.priority
            .is_some_and(|priority| priority.stream_id == self.stream_id)
    }

    /// Appends the frame.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        let flags = Flags::END_STREAM.when(self.end_stream)
            | Flags::END_HEADERS.when(self.end_headers)
            | Flags::PADDED.when(self.padding.is_some())
            | Flags::PRIORITY.when(self.priority.is_some());
        let length =
            padding::padding_len(self.padding) + priority_len(flags) as usize + self.fragment.len();
        wire::start_frame(out, length, FrameType::HEADERS, flags, self.stream_id);
        padding::put_length(out, self.padding);
        if let Some(priority) = self.priority {
            out.extend_from_slice(&priority.encode());
        }
        out.extend_from_slice(self.fragment);
        padding::put_padding(out, self.padding);
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(header, "HEADERS must name a stream", "RFC 9113 section 6.2")?;
        padding::check_room(header, priority_len(header.flags))
    }

    #[inline]
    pub(crate) fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        let (unpadded, padding) = padding::strip(header, payload, priority_len(header.flags))?;
        let (priority, fragment) = if header.flags.contains(Flags::PRIORITY) {
            let Some((fields, fragment)) = unpadded.split_first_chunk() else {
                return Err(padding::no_room(header));
            };
            (Some(StreamDependency::decode(fields)), fragment)
        } else {
            (None, unpadded)
        };
        Ok(Self {
            stream_id: header.stream_id,
            fragment,
            end_stream: header.flags.contains(Flags::END_STREAM),
            end_headers: header.flags.contains(Flags::END_HEADERS),
            priority,
            padding,
        })
    }
}

#[inline]
const fn priority_len(flags: Flags) -> u32 {
    if flags.contains(Flags::PRIORITY) {
        StreamDependency::LEN as u32
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;
    use crate::frame::Frame;
    use crate::frame::tests::{OnHeader, OnPayload, check_both_ways, check_refused, id, raw};

    const RULE: &str = "RFC 9113 section 6.2";

    fn plain(fragment: &[u8]) -> Headers<'_> {
        Headers {
            stream_id: id(5),
            fragment,
            end_stream: false,
            end_headers: false,
            priority: None,
            padding: None,
        }
    }

    #[test]
    fn each_flag_is_read_and_written() {
        let headers = plain(b"abc");
        check_both_ways(&raw(1, 0, 5, b"abc"), Frame::Headers(headers));
        check_both_ways(
            &raw(1, 0x1, 5, b"abc"),
            Frame::Headers(Headers {
                end_stream: true,
                ..headers
            }),
        );
        check_both_ways(
            &raw(1, 0x4, 5, b"abc"),
            Frame::Headers(Headers {
                end_headers: true,
                ..headers
            }),
        );
        check_both_ways(
            &raw(1, 0x8, 5, b"\x01abc\0"),
            Frame::Headers(Headers {
                padding: Some(1),
                ..headers
            }),
        );
    }

    #[test]
    fn the_priority_fields_are_between_pad_length_and_fragment() {
        let priority = StreamDependency {
            stream_id: id(3),
            exclusive: true,
            weight: 9,
        };
        check_both_ways(
            &raw(1, 0x2d, 5, b"\x02\x80\0\0\x03\x09abc\0\0"),
            Frame::Headers(Headers {
                end_stream: true,
                end_headers: true,
                priority: Some(priority),
                padding: Some(2),
                ..plain(b"abc")
            }),
        );
    }

    /// RFC 9113 section 6.2: "Padding that exceeds the size remaining for the field block
    /// fragment MUST be treated as a connection error of type PROTOCOL_ERROR."
    #[test]
    fn padding_may_not_reach_into_the_priority_fields() {
        let filled = plain(b"");
        check_both_ways(
            &raw(1, 0x8, 5, b"\x02\0\0"),
            Frame::Headers(Headers {
                padding: Some(2),
                ..filled
            }),
        );
        let too_much = raw(1, 0x8, 5, b"\x03\0\0");
        check_refused(&too_much, OnPayload, ErrorCode::PROTOCOL_ERROR, RULE);
        let into_priority = raw(1, 0x28, 5, b"\x02\0\0\0\x03\x09\0");
        check_refused(&into_priority, OnPayload, ErrorCode::PROTOCOL_ERROR, RULE);
    }

    #[test]
    fn the_announced_fields_must_have_room() {
        let size = ErrorCode::FRAME_SIZE_ERROR;
        check_refused(&raw(1, 0x8, 5, b""), OnHeader, size, RULE);
        check_refused(&raw(1, 0x20, 5, b"1234"), OnHeader, size, RULE);
        check_refused(&raw(1, 0x28, 5, b"\0\0\0\0\x01"), OnHeader, size, RULE);
    }

    /// RFC 9113 section 6.2: HEADERS on stream 0 is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn headers_on_the_connection_are_refused() {
        check_refused(
            &raw(1, 4, 0, b"abc"),
            OnHeader,
            ErrorCode::PROTOCOL_ERROR,
            RULE,
        );
    }

    #[test]
    fn a_stream_that_depends_on_itself_is_noted_not_refused() {
        let on_itself = StreamDependency {
            stream_id: id(5),
            exclusive: false,
            weight: 0,
        };
        let headers = Headers {
            priority: Some(on_itself),
            ..plain(b"abc")
        };
        check_both_ways(
            &raw(1, 0x20, 5, b"\0\0\0\x05\0abc"),
            Frame::Headers(headers),
        );
        assert!(headers.depends_on_itself());
        assert!(!plain(b"").depends_on_itself());
        let on_other = StreamDependency {
            stream_id: id(3),
            ..on_itself
        };
        assert!(
            !Headers {
                priority: Some(on_other),
                ..headers
            }
            .depends_on_itself()
        );
    }
}
