//! PRIORITY and the five priority octets of HEADERS, both deprecated (RFC 9113 section 5.3.2).

use alloc::vec::Vec;

use super::require_stream;
use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;
use crate::wire;

/// A PRIORITY frame (RFC 9113 section 6.3).
///
/// ```
/// use eyas_frame::{Priority, StreamDependency, StreamId};
///
/// let stream_id = StreamId::new(3).expect("3 is a stream");
/// let dependency =
///     StreamDependency { stream_id: StreamId::CONNECTION, exclusive: true, weight: 15 };
/// let mut octets = Vec::new();
/// Priority { stream_id, dependency }.encode(&mut octets);
/// assert_eq!(octets, [0, 0, 5, 2, 0, 0, 0, 0, 3, 0x80, 0, 0, 0, 15]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Priority {
    /// The stream it speaks about, never 0.
    pub stream_id: StreamId,
    /// Where the stream is put in the tree; never below itself when decoded.
    pub dependency: StreamDependency,
}

/// A place in the priority tree of RFC 7540 section 5.3, which RFC 9113 deprecates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamDependency {
    /// The parent; 0 is the root.
    pub stream_id: StreamId,
    /// Whether the parent's other children move below this stream.
    pub exclusive: bool,
    /// The weight as on the wire: `0..=255` stand for the weights 1 to 256.
    pub weight: u8,
}

impl Priority {
    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        wire::start_frame(
            out,
            StreamDependency::LEN,
            FrameType::PRIORITY,
            Flags::NONE,
            self.stream_id,
        );
        out.extend_from_slice(&self.dependency.encode());
    }

    #[inline]
    pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
        require_stream(
            header,
            "PRIORITY must name a stream",
            "RFC 9113 section 6.3",
        )?;
        if header.length as usize == StreamDependency::LEN {
            Ok(())
        } else {
            Err(wrong_length(header))
        }
    }

    pub(crate) fn decode(header: FrameHeader, payload: &[u8]) -> Result<Self, DecodeError> {
        let Some(fields) = payload.first_chunk() else {
            return Err(wrong_length(header));
        };
        let stream_id = header.stream_id;
        let dependency = StreamDependency::decode(fields);
        if dependency.stream_id == stream_id {
            return Err(DecodeError::stream(
                stream_id,
                ErrorCode::PROTOCOL_ERROR,
                "PRIORITY makes the stream depend on itself",
                "RFC 7540 section 5.3.1",
            ));
        }
        Ok(Self {
            stream_id,
            dependency,
        })
    }
}

impl StreamDependency {
    pub(crate) const LEN: usize = 5;

    #[inline]
    pub(crate) const fn decode(octets: &[u8; Self::LEN]) -> Self {
        let [s0, s1, s2, s3, weight] = *octets;
        let field = u32::from_be_bytes([s0, s1, s2, s3]);
        Self {
            stream_id: StreamId::from_wire(field),
            exclusive: field & EXCLUSIVE_BIT != 0,
            weight,
        }
    }

    #[inline]
    pub(crate) const fn encode(self) -> [u8; Self::LEN] {
        let exclusive = if self.exclusive { EXCLUSIVE_BIT } else { 0 };
        let [s0, s1, s2, s3] = (self.stream_id.get() | exclusive).to_be_bytes();
        [s0, s1, s2, s3, self.weight]
    }
}

/// RFC 9113 section 6.3 makes this, unlike every other wrong length, an error of the stream.
#[cold]
fn wrong_length(header: FrameHeader) -> DecodeError {
    DecodeError::stream(
        header.stream_id,
        ErrorCode::FRAME_SIZE_ERROR,
        "PRIORITY payload must be 5 octets",
        "RFC 9113 section 6.3",
    )
    .with_found(header.length)
}

const EXCLUSIVE_BIT: u32 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::frame::tests::{
        OnHeader, check_both_ways, check_refused, check_stream_refused, id, raw,
    };

    const RULE: &str = "RFC 9113 section 6.3";

    #[test]
    fn the_exclusive_bit_is_not_part_of_the_parent() {
        let dependency = StreamDependency {
            stream_id: StreamId::MAX,
            exclusive: true,
            weight: 255,
        };
        let priority = Priority {
            stream_id: id(1),
            dependency,
        };
        check_both_ways(&raw(2, 0, 1, &[255; 5]), Frame::Priority(priority));

        let dependency = StreamDependency {
            exclusive: false,
            ..dependency
        };
        let priority = Priority {
            dependency,
            ..priority
        };
        check_both_ways(
            &raw(2, 0, 1, &[0x7f, 255, 255, 255, 255]),
            Frame::Priority(priority),
        );
    }

    /// RFC 9113 section 6.3: "A PRIORITY frame with a length other than 5 octets MUST be treated
    /// as a stream error of type FRAME_SIZE_ERROR."
    #[test]
    fn a_wrong_length_costs_only_the_stream() {
        for payload in [&b""[..], b"1234", b"123456"] {
            check_stream_refused(&raw(2, 0, 7, payload), ErrorCode::FRAME_SIZE_ERROR, RULE);
        }
    }

    /// RFC 7540 section 5.3.1: a stream that depends on itself is a stream error.
    #[test]
    fn a_stream_that_depends_on_itself_is_refused() {
        let octets = raw(2, 0, 7, &[0x80, 0, 0, 7, 0]);
        check_stream_refused(&octets, ErrorCode::PROTOCOL_ERROR, "RFC 7540 section 5.3.1");
    }

    /// RFC 9113 section 6.3: PRIORITY on stream 0 is a connection error of type PROTOCOL_ERROR.
    #[test]
    fn priority_on_the_connection_is_refused() {
        for payload in [&[0, 0, 0, 1, 0][..], &[]] {
            let octets = raw(2, 0, 0, payload);
            check_refused(&octets, OnHeader, ErrorCode::PROTOCOL_ERROR, RULE);
        }
    }
}
