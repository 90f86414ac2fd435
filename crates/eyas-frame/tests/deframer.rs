//! The deframer: the same frames from any split of the input, DATA as it comes, and no harm from
//! any octets.

mod common;

use eyas_frame::{
    DataChunk, Deframer, ErrorCode, FrameHeader, FrameType, Item, Reach, Setting, SettingId,
    Settings,
};
use proptest::collection::vec;
use proptest::prelude::*;

const MAX_FRAME_SIZE: u32 = 16_384;

/// What came out, in a form that does not depend on where the input was split.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Seen {
    Frame {
        header: FrameHeader,
        encoded: Vec<u8>,
    },
    Data {
        header: FrameHeader,
        payload: Vec<u8>,
        padding: u32,
        end_stream: bool,
        whole: bool,
    },
    Error {
        code: ErrorCode,
        reach: Reach,
        reason: &'static str,
    },
}

/// A caller: keeps what is not consumed and shows it again when more has come.
struct Reader {
    deframer: Deframer,
    buffer: Vec<u8>,
    seen: Vec<Seen>,
}

impl Reader {
    fn new() -> Self {
        Self {
            deframer: Deframer::new(MAX_FRAME_SIZE),
            buffer: Vec::new(),
            seen: Vec::new(),
        }
    }

    fn read(&mut self, octets: &[u8]) {
        self.buffer.extend_from_slice(octets);
        loop {
            let needed = self.deframer.needed(&self.buffer);
            let Some(step) = self.deframer.next(&self.buffer) else {
                let failed = needed == 0;
                assert!(
                    failed || needed > self.buffer.len(),
                    "needed {needed} octets"
                );
                break;
            };
            assert!(
                (1..=self.buffer.len()).contains(&needed),
                "needed {needed} octets"
            );
            assert!((1..=self.buffer.len()).contains(&step.consumed), "{step:?}");
            match step.item {
                Ok(Item::Frame(header, frame)) => {
                    assert_eq!(step.consumed, FrameHeader::LEN + header.length as usize);
                    let mut encoded = Vec::new();
                    frame.encode(&mut encoded);
                    self.seen.push(Seen::Frame { header, encoded });
                }
                Ok(Item::Data(chunk)) => {
                    let end = chunk.payload_offset + chunk.payload.len();
                    assert_eq!(&self.buffer[chunk.payload_offset..end], chunk.payload);
                    let header_len = if chunk.first { FrameHeader::LEN } else { 0 };
                    let body_len = chunk.payload.len() + chunk.padding as usize;
                    assert_eq!(step.consumed, header_len + body_len);
                    assert!(chunk.first || body_len > 0, "a chunk without progress");
                    note_chunk(&mut self.seen, chunk);
                }
                Err(error) => self.seen.push(Seen::Error {
                    code: error.code(),
                    reach: error.reach(),
                    reason: error.reason(),
                }),
            }
            self.buffer.drain(..step.consumed);
        }
        assert!(self.buffer.len() < FrameHeader::LEN + MAX_FRAME_SIZE as usize || self.is_failed());
    }

    fn is_failed(&self) -> bool {
        matches!(
            self.seen.last(),
            Some(Seen::Error {
                reach: Reach::Connection,
                ..
            })
        )
    }
}

/// Joins the chunks of a frame.
fn note_chunk(seen: &mut Vec<Seen>, chunk: DataChunk<'_>) {
    if chunk.first {
        seen.push(Seen::Data {
            header: chunk.header,
            payload: Vec::new(),
            padding: 0,
            end_stream: false,
            whole: false,
        });
    }
    let Some(Seen::Data {
        header,
        payload,
        padding,
        end_stream,
        whole,
    }) = seen.last_mut()
    else {
        panic!("a chunk without a first one: {chunk:?}");
    };
    assert!(!*whole, "a chunk behind the last one: {chunk:?}");
    assert_eq!(*header, chunk.header);
    assert_eq!(chunk.stream_id(), header.stream_id);
    assert_eq!(chunk.flow_controlled_len(), header.length);
    payload.extend_from_slice(chunk.payload);
    *padding += chunk.padding;
    *end_stream |= chunk.end_stream();
    *whole = chunk.last;
    let consumed = payload.len() as u32 + *padding;
    assert!(consumed <= header.length);
    assert_eq!(chunk.last, consumed == header.length);
}

fn read_whole(octets: &[u8]) -> Vec<Seen> {
    let mut reader = Reader::new();
    reader.read(octets);
    reader.seen
}

fn read_in_pieces(mut octets: &[u8], pieces: &[usize]) -> Vec<Seen> {
    let mut reader = Reader::new();
    let mut sizes = pieces.iter().cycle();
    while !octets.is_empty() {
        let size = sizes.next().copied().unwrap_or(1).clamp(1, octets.len());
        let (piece, rest) = octets.split_at(size);
        reader.read(piece);
        octets = rest;
    }
    reader.seen
}

/// What the frames say to a reader that is given each one whole, without the deframer.
fn expected(frame: &[u8]) -> Seen {
    let (header, payload) = frame.split_first_chunk().expect("a whole header");
    let header = FrameHeader::decode(header);
    if header.kind != FrameType::DATA {
        return Seen::Frame {
            header,
            encoded: frame.to_vec(),
        };
    }
    let (content, padding) = if header.flags.0 & 0x8 == 0 {
        (payload, 0)
    } else {
        let pad_length = usize::from(payload[0]);
        (
            &payload[1..payload.len() - pad_length],
            pad_length as u32 + 1,
        )
    };
    let end_stream = header.flags.0 & 0x1 != 0;
    Seen::Data {
        header,
        payload: content.to_vec(),
        padding,
        end_stream,
        whole: true,
    }
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames_and_the_same_data(
        frames in vec(common::wire_frame(), 1..8),
        pieces in vec(prop_oneof![1_usize..4, 1_usize..40, 1_usize..900], 1..12),
    ) {
        let octets = frames.concat();
        let all: Vec<Seen> = frames.iter().map(|frame| expected(frame)).collect();
        prop_assert_eq!(&read_whole(&octets), &all);
        prop_assert_eq!(&read_in_pieces(&octets, &pieces), &all);
        prop_assert_eq!(&read_in_pieces(&octets, &[1]), &all);
    }

    #[test]
    fn damaged_frames_are_judged_the_same_however_they_are_split(
        frames in vec(common::wire_frame(), 1..5),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        pieces in vec(1_usize..40, 1..12),
    ) {
        let mut octets = frames.concat();
        for (place, octet) in damage {
            let place = place.index(octets.len());
            octets[place] = octet;
        }
        let whole = read_whole(&octets);
        let in_pieces = read_in_pieces(&octets, &pieces);
        // A bad Pad Length octet is seen before or after a first, empty chunk.
        prop_assert_eq!(without_cut_data(in_pieces), without_cut_data(whole));
    }

    #[test]
    fn arbitrary_octets_do_no_harm(
        octets in vec(any::<u8>(), 0..400),
        pieces in vec(1_usize..40, 1..12),
    ) {
        read_whole(&octets);
        read_in_pieces(&octets, &pieces);
    }

    /// Random octets rarely make a header that passes; these often do.
    #[test]
    fn arbitrary_small_frames_do_no_harm(
        frames in vec((0_u8..0x12, any::<u8>(), 0_u32..4, vec(any::<u8>(), 0..12)), 1..20),
        pieces in vec(1_usize..40, 1..12),
    ) {
        let octets: Vec<u8> = frames
            .iter()
            .flat_map(|(kind, flags, stream, payload)| {
                common::octets(*kind, *flags, *stream, payload)
            })
            .collect();
        let whole = read_whole(&octets);
        let in_pieces = read_in_pieces(&octets, &pieces);
        prop_assert_eq!(without_cut_data(in_pieces), without_cut_data(whole));
    }
}

/// Drops the DATA frame that an error cut short.
fn without_cut_data(mut seen: Vec<Seen>) -> Vec<Seen> {
    if let [.., Seen::Data { whole: false, .. }, Seen::Error { .. }] = seen[..] {
        seen.remove(seen.len() - 2);
    }
    seen
}

#[test]
fn every_cut_in_two_gives_the_same() {
    let mut octets = Vec::new();
    let list = [Setting {
        id: SettingId::MAX_FRAME_SIZE,
        value: 16_384,
    }];
    Settings::new(&list).encode(&mut octets);
    octets.extend(common::octets(0x0, 0x9, 1, b"\x02abc\0\0"));
    octets.extend(common::octets(0x0, 0x0, 1, b""));
    octets.extend(common::octets(0x2, 0x0, 3, b"too long"));
    octets.extend(common::octets(0x0, 0x8, 5, b"\0"));
    octets.extend(common::octets(0x6, 0x0, 0, b"12345678"));
    let whole = read_whole(&octets);
    assert_eq!(whole.len(), 6);
    for cut in 1..octets.len() {
        assert_eq!(
            read_in_pieces(&octets, &[cut, octets.len()]),
            whole,
            "cut at {cut}"
        );
    }
}

/// One chunk, in short: payload, padding, first, last.
#[track_caller]
fn check_chunk(deframer: &mut Deframer, input: &[u8], expected: Option<(&[u8], u32, bool, bool)>) {
    let chunk = deframer.next(input).map(|step| match step.item {
        Ok(Item::Data(chunk)) => (chunk.payload, chunk.padding, chunk.first, chunk.last),
        other => panic!("no chunk: {other:?}"),
    });
    assert_eq!(chunk, expected);
}

#[test]
fn data_is_yielded_as_it_comes() {
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    let octets = common::octets(0x0, 0x9, 1, b"\x02abc\0\0");
    check_chunk(&mut deframer, &octets[..8], None);
    check_chunk(&mut deframer, &octets[..9], Some((b"", 0, true, false)));
    check_chunk(&mut deframer, b"", None);
    check_chunk(&mut deframer, &octets[9..10], Some((b"", 1, false, false)));
    check_chunk(
        &mut deframer,
        &octets[10..12],
        Some((b"ab", 0, false, false)),
    );
    check_chunk(
        &mut deframer,
        &octets[12..14],
        Some((b"c", 1, false, false)),
    );
    check_chunk(&mut deframer, &octets[14..], Some((b"", 1, false, true)));
}

#[test]
fn a_frame_that_is_there_is_one_chunk() {
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    let octets = common::octets(0x0, 0x8, 1, b"\x02abc\0\0");
    check_chunk(&mut deframer, &octets, Some((b"abc", 3, true, true)));
}

/// RFC 9113 section 8.1: END_STREAM may come on an empty DATA frame.
#[test]
fn an_empty_frame_is_one_chunk_that_can_end_the_stream() {
    let octets = common::octets(0x0, 0x1, 1, b"");
    let step = Deframer::new(MAX_FRAME_SIZE)
        .next(&octets)
        .expect("a whole frame");
    let Ok(Item::Data(chunk)) = step.item else {
        panic!("no chunk: {step:?}")
    };
    assert!(chunk.first && chunk.last && chunk.end_stream());
    assert_eq!((chunk.payload_offset, step.consumed), (9, 9));
}

#[test]
fn the_stream_ends_with_the_padding_not_before() {
    let octets = common::octets(0x0, 0x9, 1, b"\x02abc\0\0");
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    for (input, end) in [(&octets[..14], false), (&octets[14..], true)] {
        let step = deframer.next(input).expect("progress");
        let Ok(Item::Data(chunk)) = step.item else {
            panic!("no chunk: {step:?}")
        };
        assert_eq!(chunk.end_stream(), end);
    }
}

/// RFC 9113 section 6.1: the padding is judged when its length is there, not when the frame is.
#[test]
fn too_much_padding_is_refused_at_the_pad_length_octet() {
    let octets = common::octets(0x0, 0x8, 1, &[4, 0, 0, 0]);
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    check_chunk(&mut deframer, &octets[..9], Some((b"", 0, true, false)));
    let step = deframer.next(&octets[9..10]).expect("the octet is there");
    assert_eq!(step.consumed, 1);
    assert_eq!(step.item.unwrap_err().code(), ErrorCode::PROTOCOL_ERROR);
    assert_eq!(deframer.next(&octets[10..]), None);
}

/// RFC 9113 section 4.2: a frame longer than announced is an error of type FRAME_SIZE_ERROR.
#[test]
fn a_frame_of_any_type_that_is_too_long_is_refused_on_its_header() {
    for kind in 0..=0x11 {
        for stream in [0, 1] {
            let mut octets = common::octets(kind, 0, stream, &[]);
            octets[..3].copy_from_slice(&[0, 0x40, 0x01]);
            let mut deframer = Deframer::new(MAX_FRAME_SIZE);
            assert_eq!(deframer.needed(&octets), 9);
            let error = deframer
                .next(&octets)
                .expect("the header is there")
                .item
                .unwrap_err();
            assert_eq!(error.code(), ErrorCode::FRAME_SIZE_ERROR, "type {kind:#x}");
            assert_eq!(error.reach(), Reach::Connection);
            assert_eq!(error.found(), Some(16_385));
        }
    }
}

/// RFC 9113 section 4.2: "All implementations MUST be capable of receiving and minimally
/// processing frames up to 2^14 octets in length".
#[test]
fn a_frame_of_exactly_the_largest_size_passes() {
    let octets = common::octets(0xbe, 0, 0, &vec![7; 16_384]);
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    assert_eq!(deframer.next(&octets[..octets.len() - 1]), None);
    assert!(matches!(
        deframer.next(&octets).map(|step| step.item),
        Some(Ok(Item::Frame(..)))
    ));
}

#[test]
fn a_new_largest_size_counts_from_the_next_header_on() {
    let octets = common::octets(0x0, 0, 1, &[7; 100]);
    let mut deframer = Deframer::new(100);
    check_chunk(&mut deframer, &octets[..10], Some((&[7], 0, true, false)));
    deframer.set_max_frame_size(99);
    check_chunk(
        &mut deframer,
        &octets[10..],
        Some((&[7; 99], 0, false, true)),
    );
    assert!(deframer.next(&octets).expect("a header").item.is_err());
}

#[test]
fn nothing_comes_out_behind_an_error_of_the_connection() {
    let mut octets = common::octets(0x6, 0, 1, b"12345678");
    octets.extend(common::octets(0x6, 0, 0, b"12345678"));
    let mut deframer = Deframer::new(MAX_FRAME_SIZE);
    let step = deframer.next(&octets).expect("the header is there");
    assert!(step.item.is_err());
    assert_eq!(deframer.next(&octets[17..]), None);
    assert_eq!(deframer.next(&octets), None);
    assert_eq!(deframer.needed(&octets), 0);
}
