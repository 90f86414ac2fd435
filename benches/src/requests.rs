//! The octets of requests as clients send them.

use eyas_frame::{Flags, FrameHeader, FrameType, StreamId};
use eyas_hpack::{Encoder, Field};

/// The connection preface and the client's SETTINGS, with windows as wide as they go
/// (RFC 9113 sections 3.4 and 6.9.2): no response waits for credit.
pub const PREAMBLE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
    \x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x7f\xff\xff\xff\
    \x00\x00\x04\x08\x00\x00\x00\x00\x00\x7f\xff\x00\x00";

/// The header blocks of one request, sent again and again on one connection.
#[derive(Clone, Debug)]
pub struct RequestBlocks {
    /// Until nothing is new to the table any more; the last one is for ever.
    blocks: Vec<Vec<u8>>,
}

impl RequestBlocks {
    /// Encodes `fields` until a block is the same as the one before.
    ///
    /// # Panics
    ///
    /// When that never happens: then no block could be sent for ever.
    #[must_use]
    pub fn new(fields: &[(&str, &str)]) -> Self {
        let mut encoder = Encoder::new(4096);
        let mut blocks: Vec<Vec<u8>> = Vec::new();
        loop {
            let mut block = Vec::new();
            encoder.begin(&mut block);
            for (name, value) in fields {
                encoder.field(Field::new(*name, *value), &mut block);
            }
            if blocks.last() == Some(&block) {
                return Self { blocks };
            }
            blocks.push(block);
            assert!(blocks.len() < 16, "the encoder does not settle");
        }
    }

    /// Appends HEADERS that open the stream `id` with the connection's request number `number`,
    /// counted from 0.
    ///
    /// # Panics
    ///
    /// When `id` has more than 31 bits.
    pub fn open(&self, id: u32, number: u64, end_stream: bool, out: &mut Vec<u8>) {
        let last = self.blocks.len() - 1;
        let block = &self.blocks[usize::try_from(number).map_or(last, |number| number.min(last))];
        let flags = Flags::END_HEADERS.union(Flags::END_STREAM.when(end_stream));
        frame(FrameType::HEADERS, flags, id, block.len(), out);
        out.extend_from_slice(block);
    }
}

/// A GET as `curl` and `h2load` send it, or with the 17 fields a browser sends.
#[must_use]
pub fn get_fields(like_a_browser: bool) -> Vec<(&'static str, &'static str)> {
    let mut fields = vec![
        (":method", "GET"),
        (":scheme", "http"),
        (":authority", "127.0.0.1:8080"),
        (":path", "/hello"),
    ];
    if like_a_browser {
        fields.extend(browser_fields().take(FIRST_VISIT));
    } else {
        fields.push(("user-agent", "h2load nghttp2/1.52.0"));
    }
    fields
}

/// A GET of a browser that has been here before: 17 fields beside the four pseudo-fields.
#[must_use]
pub fn returning_fields() -> Vec<(&'static str, &'static str)> {
    let mut fields = get_fields(true);
    fields.extend(browser_fields().skip(FIRST_VISIT));
    fields
}

/// An upload of `content_length` octets, as text.
#[must_use]
pub fn post_fields(content_length: &str) -> Vec<(&'static str, &str)> {
    vec![
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "127.0.0.1:8080"),
        (":path", "/sink"),
        ("content-type", "application/octet-stream"),
        ("content-length", content_length),
    ]
}

/// Appends the header of a frame with `length` octets of payload.
pub(crate) fn frame(kind: FrameType, flags: Flags, id: u32, length: usize, out: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("no frame here is that long");
    let id = StreamId::new(id).expect("identifiers here have 31 bits");
    let header = FrameHeader::new(length, kind, flags, id);
    out.extend_from_slice(&header.encode());
}

/// What Chromium adds to the four pseudo-fields; the last few only when it comes from another page of a
/// site that knows it.
fn browser_fields() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("../browser-fields.txt").lines();
    lines.filter_map(|line| line.split_once(": "))
}

/// How many of them are always there.
const FIRST_VISIT: usize = 13;
