//! What the tests of the frame files share, and the tests that concern every type.

use alloc::vec::Vec;

use super::*;
use crate::deframer::{Deframer, Item};
use crate::error::Reach;
use crate::flags::Flags;

/// A frame on the wire, put together without the encoder under test.
pub(super) fn raw(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    octets.extend_from_slice(&(payload.len() as u32).to_be_bytes()[1..]);
    octets.extend_from_slice(&[kind, flags]);
    octets.extend_from_slice(&stream.to_be_bytes());
    octets.extend_from_slice(payload);
    octets
}

pub(super) fn id(number: u32) -> StreamId {
    StreamId::new(number).expect("test streams have 31 bits")
}

fn decode(octets: &[u8]) -> Result<Frame<'_>, DecodeError> {
    let (header, payload) = octets.split_first_chunk().expect("a whole header");
    Frame::decode(FrameHeader::decode(header), payload)
}

/// The octets are this frame, and this frame is these octets.
#[track_caller]
pub(super) fn check_both_ways(octets: &[u8], frame: Frame<'_>) {
    check_decodes(octets, frame);
    let mut encoded = Vec::new();
    frame.encode(&mut encoded);
    assert_eq!(encoded, octets);
}

/// The octets are this frame, although the encoder would write others.
#[track_caller]
pub(super) fn check_decodes(octets: &[u8], frame: Frame<'_>) {
    assert_eq!(decode(octets), Ok(frame));
    let header_stream = u32::from_be_bytes([octets[5], octets[6], octets[7], octets[8]]);
    assert_eq!(frame.stream_id(), StreamId::from_wire(header_stream));
}

/// When a fault can be seen.
#[derive(Clone, Copy)]
pub(super) enum Seen {
    /// On the nine octets of the header.
    OnHeader,
    /// Only with the payload.
    OnPayload,
}
pub(super) use Seen::{OnHeader, OnPayload};

/// The octets are refused for the connection, by `Frame::decode` and by the deframer.
#[track_caller]
pub(super) fn check_refused(octets: &[u8], seen: Seen, code: ErrorCode, rule: &str) {
    let error = check_error(octets, code, rule);
    assert_eq!(error.reach(), Reach::Connection);
    let mut deframer = Deframer::new(16_384);
    let on_header = deframer
        .next(&octets[..FrameHeader::LEN])
        .map(|step| step.item);
    match (seen, on_header) {
        (OnHeader, on_header) => assert_eq!(on_header, Some(Err(error))),
        // Of DATA there is a first, empty chunk.
        (OnPayload, None | Some(Ok(Item::Data(_)))) => {
            let whole = Deframer::new(16_384)
                .next(octets)
                .expect("all octets are there");
            assert_eq!(whole.item, Err(error));
        }
        (OnPayload, Some(other)) => panic!("too early: {other:?}"),
    }
}

/// The octets are refused for their stream, and the deframer goes on behind them.
#[track_caller]
pub(super) fn check_stream_refused(octets: &[u8], code: ErrorCode, rule: &str) {
    let error = check_error(octets, code, rule);
    let header = FrameHeader::decode(octets.first_chunk().expect("a whole header"));
    assert_eq!(error.reach(), Reach::Stream(header.stream_id));

    let mut deframer = Deframer::new(16_384);
    let mut two = octets.to_vec();
    let ping = Ping {
        ack: false,
        payload: [1; 8],
    };
    ping.encode(&mut two);
    let step = deframer.next(&two).expect("all octets are there");
    assert_eq!(step.item, Err(error));
    assert_eq!(step.consumed, octets.len());
    let behind = deframer.next(&two[step.consumed..]).expect("a PING");
    assert!(matches!(behind.item, Ok(Item::Frame(_, Frame::Ping(found))) if found == ping));
}

#[track_caller]
fn check_error(octets: &[u8], code: ErrorCode, rule: &str) -> DecodeError {
    let error = decode(octets).expect_err("the frame is malformed");
    assert_eq!((error.code(), error.rule()), (code, rule), "{error}");
    let kind = FrameType(octets[3]);
    let name = kind.name().expect("only known types are refused");
    assert!(error.reason().starts_with(name), "{error}");
    error
}

#[test]
fn a_payload_of_another_length_than_the_headers_is_refused() {
    let header = FrameHeader::new(4, FrameType(0xbe), Flags::NONE, StreamId::CONNECTION);
    for payload in [&b"123"[..], b"12345", b""] {
        let error = Frame::decode(header, payload).expect_err("the lengths differ");
        assert_eq!(error.code(), ErrorCode::FRAME_SIZE_ERROR);
    }
    assert!(Frame::decode(header, b"1234").is_ok());
}

/// RFC 9113 sections 6.1 to 6.10, RFC 9218 section 7.1: which types are about a stream, which
/// about the connection, and which (WINDOW_UPDATE, unknown ones) may be either.
#[test]
fn each_type_is_on_a_stream_or_on_the_connection() {
    for kind in 0..=0x11 {
        let length = match kind {
            0x2 => 5,
            0x6 | 0x7 => 8,
            0x4 => 6,
            _ => 4,
        };
        let on = |stream| {
            check_header(FrameHeader::new(
                length,
                FrameType(kind),
                Flags::NONE,
                stream,
            ))
        };
        let (stream_allowed, connection_allowed) = match kind {
            0x0..=0x3 | 0x5 | 0x9 => (true, false),
            0x4 | 0x6 | 0x7 | 0x10 => (false, true),
            _ => (true, true),
        };
        assert_eq!(on(StreamId::MAX).is_ok(), stream_allowed, "type {kind:#x}");
        assert_eq!(
            on(StreamId::CONNECTION).is_ok(),
            connection_allowed,
            "type {kind:#x}"
        );
    }
}

/// RFC 9113 section 4.1: flags that a type does not define "MUST be ignored".
#[test]
fn undefined_flags_are_ignored() {
    check_decodes(
        &raw(0x3, 0xff, 1, &[0, 0, 0, 8]),
        Frame::RstStream(RstStream {
            stream_id: id(1),
            error_code: ErrorCode::CANCEL,
        }),
    );
    check_decodes(
        &raw(0x9, 0xfb, 1, b"x"),
        Frame::Continuation(Continuation {
            stream_id: id(1),
            fragment: b"x",
            end_headers: false,
        }),
    );
    check_decodes(
        &raw(0x6, 0xfe, 0, &[0; 8]),
        Frame::Ping(Ping {
            ack: false,
            payload: [0; 8],
        }),
    );
}

#[test]
#[should_panic(expected = "shorter than 2^24")]
fn a_payload_that_no_frame_can_carry_is_a_bug_of_the_caller() {
    let data = alloc::vec![0; 1 << 24];
    Frame::Data(Data {
        stream_id: id(1),
        data: &data,
        end_stream: false,
        padding: None,
    })
    .encode(&mut Vec::new());
}
