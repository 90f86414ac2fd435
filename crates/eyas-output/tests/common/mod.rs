//! A scheduler under test, and its output as the peer sees it: whole frames, and a line of them.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use bytes::Bytes;
use eyas_frame::{Deframer, ErrorCode, Flags, Frame, FrameType, Item, StreamId};
use eyas_output::{
    BlockWriter, FieldBlock, FrameWriter, Marks, Notice, OutputBuffer, Priority, Scheduler,
    StreamKey,
};

/// One frame of the default size.
pub(crate) const FRAME: usize = 16_384;

/// Bulk content.
pub(crate) const MIB: usize = 1024 * 1024;

/// A header block of exactly these octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block(pub(crate) Vec<u8>);

impl FieldBlock for Block {
    fn write_fields(&self, block: &mut BlockWriter<'_>) {
        block.octets(&self.0);
    }
}

/// A head of one octet, `:status 200`.
pub(crate) fn ok() -> Block {
    Block(vec![0x88])
}

/// A header block of `len` octets.
pub(crate) fn block(len: usize) -> Block {
    Block(vec![0x88; len])
}

/// `len` octets of content, which tell their place.
pub(crate) fn content(len: usize) -> Bytes {
    (0..len).map(|at| (at % 251) as u8).collect()
}

pub(crate) fn id(number: u32) -> StreamId {
    StreamId::new(number).expect("tests use numbers of 31 bits")
}

pub(crate) fn sequential(urgency: u8) -> Priority {
    Priority::new(urgency).expect("tests use urgencies up to 7")
}

pub(crate) fn incremental(urgency: u8) -> Priority {
    sequential(urgency).incremental(true)
}

/// A scheduler whose windows are wide open.
pub(crate) fn wide_open() -> Scheduler<Block> {
    let mut scheduler = with_windows();
    scheduler.set_initial_window(0x7fff_ffff).unwrap();
    scheduler.grow_connection(0x7fff_ffff - 65_535).unwrap();
    scheduler
}

/// A scheduler with the windows of RFC 9113 section 6.9.2: 65,535 octets each.
pub(crate) fn with_windows() -> Scheduler<Block> {
    Scheduler::new(FrameWriter::new(4096), Marks::default(), 64 * 1024)
}

/// A buffer whose batches hold `octets` octets, `16384..=65536`.
pub(crate) fn batches_of(octets: usize) -> OutputBuffer {
    let mut out = OutputBuffer::new();
    out.area_mut().resize(octets + 2, 0);
    if octets < 32 * 1024 {
        // A short write brings it down to half at most.
        out.written(1);
    }
    out.written(octets);
    out.written(out.len());
    assert_eq!(out.batch_octets_max(), octets);
    out
}

/// A frame as the peer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: FrameType,
    pub(crate) stream: u32,
    pub(crate) flags: Flags,
    pub(crate) payload: Vec<u8>,
    pub(crate) reset: Option<ErrorCode>,
}

impl Seen {
    pub(crate) fn len(&self) -> usize {
        self.payload.len()
    }

    pub(crate) fn ends_stream(&self) -> bool {
        let may_end = self.kind == FrameType::DATA || self.kind == FrameType::HEADERS;
        may_end && self.flags.contains(Flags::END_STREAM)
    }

    /// `1:H` is a head on stream 1, `1:C5` a CONTINUATION of five octets, `1:D5` five octets of content,
    /// `1:R8` a reset with code 8; `$` is END_STREAM, `+` the lack of END_HEADERS.
    fn word(&self) -> String {
        let stream = self.stream;
        let end = if self.ends_stream() { "$" } else { "" };
        let open = if self.flags.contains(Flags::END_HEADERS) {
            ""
        } else {
            "+"
        };
        match self.kind {
            FrameType::DATA => format!("{stream}:D{}{end}", self.len()),
            FrameType::HEADERS => format!("{stream}:H{open}{end}"),
            FrameType::CONTINUATION => format!("{stream}:C{}{open}", self.len()),
            FrameType::RST_STREAM => {
                let code = self.reset.expect("a reset has a code").0;
                format!("{stream}:R{code}")
            }
            FrameType::PING => "ping".into(),
            FrameType::SETTINGS => "settings".into(),
            kind => format!("{stream}:{kind:?}"),
        }
    }
}

/// One batch, whole, as the peer sees it; `out` is empty behind it.
pub(crate) fn batch(scheduler: &mut Scheduler<Block>, out: &mut OutputBuffer) -> Vec<Seen> {
    scheduler.fill(out);
    frames(&take(out))
}

/// One batch of up to 64 KiB, as a line.
pub(crate) fn line(scheduler: &mut Scheduler<Block>) -> String {
    words(&batch(scheduler, &mut OutputBuffer::new()))
}

/// Batches of up to 64 KiB until there is nothing more to send, as a line.
pub(crate) fn all_lines(scheduler: &mut Scheduler<Block>) -> String {
    let mut seen = Vec::new();
    while scheduler.has_output() {
        let batch = batch(scheduler, &mut OutputBuffer::new());
        assert!(!batch.is_empty(), "output was announced and did not come");
        seen.extend(batch);
    }
    words(&seen)
}

pub(crate) fn words(frames: &[Seen]) -> String {
    frames.iter().map(Seen::word).collect::<Vec<_>>().join(" ")
}

/// Octets of content in `frames` for a stream.
pub(crate) fn octets_of(frames: &[Seen], stream: u32) -> usize {
    frames
        .iter()
        .filter(|frame| frame.kind == FrameType::DATA && frame.stream == stream)
        .map(Seen::len)
        .sum()
}

/// Takes what waits in `out` in one write.
pub(crate) fn take(out: &mut OutputBuffer) -> Vec<u8> {
    let mut slices = vec![std::io::IoSlice::new(&[]); 4096];
    let used = out.io_slices(&mut slices);
    let octets = slices[..used]
        .iter()
        .fold(Vec::new(), |all, slice| [&all[..], slice].concat());
    assert_eq!(octets.len(), out.len());
    out.written(octets.len());
    octets
}

/// The frames in `octets`, which hold nothing else.
pub(crate) fn frames(mut octets: &[u8]) -> Vec<Seen> {
    let mut deframer = Deframer::new(0xff_ffff);
    let mut seen: Vec<Seen> = Vec::new();
    while !octets.is_empty() {
        let step = deframer.next(octets).expect("frames are whole");
        match step.item.expect("frames are well-formed") {
            Item::Data(chunk) => {
                assert!(chunk.first && chunk.last && chunk.padding == 0);
                seen.push(Seen {
                    kind: FrameType::DATA,
                    stream: chunk.stream_id().get(),
                    flags: chunk.header.flags,
                    payload: chunk.payload.to_vec(),
                    reset: None,
                });
            }
            Item::Frame(header, frame) => {
                let (payload, reset) = match frame {
                    Frame::Headers(headers) => (headers.fragment.to_vec(), None),
                    Frame::Continuation(continuation) => (continuation.fragment.to_vec(), None),
                    Frame::RstStream(reset) => (Vec::new(), Some(reset.error_code)),
                    _ => (Vec::new(), None),
                };
                seen.push(Seen {
                    kind: header.kind,
                    stream: header.stream_id.get(),
                    flags: header.flags,
                    payload,
                    reset,
                });
            }
        }
        octets = &octets[step.consumed..];
    }
    seen
}

pub(crate) fn notices(scheduler: &mut Scheduler<Block>) -> Vec<Notice> {
    std::iter::from_fn(|| scheduler.poll_notice()).collect()
}

/// Opens a stream with a head and `octets` octets of content, and leaves it open.
pub(crate) fn bulk(
    scheduler: &mut Scheduler<Block>,
    stream: u32,
    priority: Priority,
    octets: usize,
) -> StreamKey {
    let key = scheduler.open(id(stream), priority);
    scheduler.head(key, ok()).unwrap();
    scheduler.data(key, content(octets)).unwrap();
    key
}

/// Opens a stream with a whole response of `octets` octets of content.
pub(crate) fn whole(
    scheduler: &mut Scheduler<Block>,
    stream: u32,
    priority: Priority,
    octets: usize,
) -> StreamKey {
    let key = scheduler.open(id(stream), priority);
    scheduler.whole(key, ok(), content(octets)).unwrap();
    key
}
