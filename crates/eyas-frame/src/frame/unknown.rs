//! Frames of types that this crate does not know (RFC 9113 section 5.5).

use alloc::vec::Vec;

use crate::header::FrameHeader;
use crate::wire;

/// A frame of an unknown type, kept as it is. A receiver must ignore it, except inside a field
/// block (RFC 9113 section 5.5).
///
/// ```
/// use eyas_frame::{Flags, FrameHeader, FrameType, StreamId, Unknown};
///
/// let header = FrameHeader::new(2, FrameType(0xbe), Flags(0xff), StreamId::MAX);
/// let mut octets = Vec::new();
/// Unknown { header, payload: b"ef" }.encode(&mut octets);
/// assert_eq!(octets, b"\0\0\x02\xbe\xff\x7f\xff\xff\xffef");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown<'a> {
    /// The header; its type is none of the constants of [`FrameType`](crate::FrameType).
    pub header: FrameHeader,
    /// The payload.
    pub payload: &'a [u8],
}

impl Unknown<'_> {
    /// Appends the frame; the length is that of `payload`, whatever `header` says.
    ///
    /// # Panics
    ///
    /// If the payload is longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        let FrameHeader {
            kind,
            flags,
            stream_id,
            ..
        } = self.header;
        wire::start_frame(out, self.payload.len(), kind, flags, stream_id);
        out.extend_from_slice(self.payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Flags;
    use crate::frame::Frame;
    use crate::frame::tests::{check_both_ways, id, raw};
    use crate::frame_type::FrameType;

    /// RFC 9113 section 4.1: frames of unknown types are not an error, on any stream.
    #[test]
    fn any_stream_any_flags_and_any_length_pass() {
        for kind in [0xa, 0xf, 0x11, 0xff] {
            for stream in [0, 1, 2] {
                for payload in [&b""[..], b"\xff\0"] {
                    let length = payload.len() as u32;
                    let header = FrameHeader::new(length, FrameType(kind), Flags(0xff), id(stream));
                    let frame = Unknown { header, payload };
                    check_both_ways(&raw(kind, 0xff, stream, payload), Frame::Unknown(frame));
                }
            }
        }
    }
}
