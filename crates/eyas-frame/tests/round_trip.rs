//! What is decoded and encoded again is the same, octets and frames alike.

mod common;

use eyas_frame::{DecodeError, Frame, FrameHeader};
use proptest::prelude::*;

fn decode(octets: &[u8]) -> Result<Frame<'_>, DecodeError> {
    let (header, payload) = octets.split_first_chunk().expect("a whole header");
    Frame::decode(FrameHeader::decode(header), payload)
}

fn encode(frame: &Frame<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    frame.encode(&mut octets);
    octets
}

proptest! {
    #[test]
    fn a_frame_survives_encoding_and_its_octets_survive_decoding(octets in common::wire_frame()) {
        let frame = decode(&octets).expect("the frame is well-formed");
        let encoded = encode(&frame);
        prop_assert_eq!(&encoded, &octets);
        prop_assert_eq!(decode(&encoded), Ok(frame));
    }

    /// Undefined flags, reserved bits and the padding's octets may get lost, nothing else.
    #[test]
    fn whatever_decodes_means_the_same_after_encoding(
        kind in 0_u8..0x12,
        flags: u8,
        stream in prop_oneof![Just(0_u32), any::<u32>()],
        payload in proptest::collection::vec(any::<u8>(), 0..20),
    ) {
        let octets = common::octets(kind, flags, stream, &payload);
        if let Ok(frame) = decode(&octets) {
            let encoded = encode(&frame);
            prop_assert_eq!(encoded.len(), octets.len());
            prop_assert_eq!(decode(&encoded), Ok(frame));
        }
    }

    #[test]
    fn a_header_survives_encoding(octets: [u8; 9]) {
        let header = FrameHeader::decode(&octets);
        prop_assert_eq!(FrameHeader::decode(&header.encode()), header);
    }
}
