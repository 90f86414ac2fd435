//! The nine octets in front of every frame.

use crate::flags::Flags;
use crate::frame_type::FrameType;
use crate::stream_id::StreamId;

/// The header of a frame: length, type, flags and stream (RFC 9113 section 4.1).
///
/// ```text
///  0                 3      4      5                      9
/// +-----------------+------+------+-+--------------------+
/// |   Length (24)   | Type | Flags|R|   Stream (31)      |
/// +-----------------+------+------+-+--------------------+
/// ```
///
/// ```
/// use eyas_frame::{Flags, FrameHeader, FrameType, StreamId};
///
/// let header = FrameHeader::new(8, FrameType::PING, Flags::ACK, StreamId::CONNECTION);
/// let octets = header.encode();
/// assert_eq!(octets, [0, 0, 8, 6, 1, 0, 0, 0, 0]);
/// assert_eq!(FrameHeader::decode(&octets), header);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FrameHeader {
    /// Octets of payload behind the header: `0..=0xff_ffff`.
    pub length: u32,
    /// What the payload is.
    pub kind: FrameType,
    /// Flags, whose meaning depends on `kind`.
    pub flags: Flags,
    /// The stream the frame belongs to.
    pub stream_id: StreamId,
}

impl FrameHeader {
    /// Octets of a header on the wire.
    pub const LEN: usize = 9;
    /// The longest payload a frame can have, in octets: 2^24 - 1.
    pub const MAX_LENGTH: u32 = 0xff_ffff;

    /// A header for a payload of `length` octets.
    ///
    /// # Panics
    ///
    /// If `length` is more than [`MAX_LENGTH`](Self::MAX_LENGTH).
    #[inline]
    #[must_use]
    pub const fn new(length: u32, kind: FrameType, flags: Flags, stream_id: StreamId) -> Self {
        assert!(
            length <= Self::MAX_LENGTH,
            "a frame payload is shorter than 2^24 octets"
        );
        Self {
            length,
            kind,
            flags,
            stream_id,
        }
    }

    /// Reads a header. Every nine octets are one; the reserved bit is ignored.
    #[inline]
    #[must_use]
    pub const fn decode(octets: &[u8; Self::LEN]) -> Self {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *octets;
        Self {
            length: u32::from_be_bytes([0, l0, l1, l2]),
            kind: FrameType(kind),
            flags: Flags(flags),
            stream_id: StreamId::from_wire(u32::from_be_bytes([s0, s1, s2, s3])),
        }
    }

    /// The header as octets, the reserved bit unset.
    ///
    /// Of a `length` set by hand above [`MAX_LENGTH`](Self::MAX_LENGTH) only the low 24 bits are
    /// written.
    #[inline]
    #[must_use]
    pub const fn encode(self) -> [u8; Self::LEN] {
        let [_, l0, l1, l2] = self.length.to_be_bytes();
        let [s0, s1, s2, s3] = self.stream_id.get().to_be_bytes();
        [l0, l1, l2, self.kind.0, self.flags.0, s0, s1, s2, s3]
    }
}

const _: () = assert!(size_of::<FrameHeader>() == 12);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_its_place() {
        let octets = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09];
        let header = FrameHeader::decode(&octets);
        assert_eq!(header.length, 0x01_02_03);
        assert_eq!(header.kind, FrameType(0x04));
        assert_eq!(header.flags, Flags(0x05));
        assert_eq!(header.stream_id.get(), 0x0607_0809);
        assert_eq!(header.encode(), octets);
    }

    /// RFC 9113 section 4.1: the reserved bit "MUST remain unset when sending and MUST be
    /// ignored when receiving".
    #[test]
    fn the_reserved_bit_is_ignored_in_and_unset_out() {
        let header = FrameHeader::decode(&[0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(header.stream_id, StreamId::MAX);
        assert_eq!(header.encode()[5], 0x7f);
    }

    #[test]
    #[should_panic(expected = "shorter than 2^24")]
    fn a_length_of_25_bits_is_a_bug_of_the_caller() {
        let _ = FrameHeader::new(1 << 24, FrameType::DATA, Flags::NONE, StreamId::MAX);
    }
}
