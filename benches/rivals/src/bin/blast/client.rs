//! The client's side of one HTTP/2 connection: just enough to ask, to count, and to keep windows open.

use std::time::Instant;

use anyhow::{Result, bail};
use eyas_frame::{Flags, FrameHeader, FrameType, PREFACE, StreamId};

use crate::request::{Blocks, Request};
use crate::streams::{Ended, Stream, Streams};
use crate::wire::Wire;

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    wire: Wire,
    any_status: bool,
    blocks: Blocks,

    // Out.
    out: Vec<u8>,
    send_window: i64,
    peer_initial_window: i64,
    peer_max_streams: u32,

    streams: Streams,

    // In.
    stream_window: u32,
    credit_streams: bool,
    uncredited: u32,
    header: [u8; FrameHeader::LEN],
    header_octets: usize,
    payload_left: usize,
    /// Of the frame that is being read, unless it is large DATA.
    payload: Vec<u8>,
    /// Of the last DATA that was neither empty nor large.
    tiny: Vec<u8>,
    content_octets: u64,
    ended: Vec<Ended>,
}

impl Client {
    /// A client that gives each stream a window of `stream_window` octets, and the connection a very
    /// wide one. Without `credit_streams` a stream's window is never opened again.
    pub(crate) fn new(
        wire: Wire,
        any_status: bool,
        stream_window: u32,
        credit_streams: bool,
    ) -> Self {
        let mut client = Self {
            wire,
            any_status,
            blocks: Blocks::new(),
            out: PREFACE.to_vec(),
            send_window: DEFAULT_WINDOW,
            peer_initial_window: DEFAULT_WINDOW,
            peer_max_streams: u32::MAX,
            streams: Streams::new(),
            stream_window,
            credit_streams,
            uncredited: 0,
            header: [0; FrameHeader::LEN],
            header_octets: 0,
            payload_left: 0,
            payload: Vec::new(),
            tiny: Vec::new(),
            content_octets: 0,
            ended: Vec::new(),
        };
        // No push, the window, and priorities of RFC 9218 only (its section 2.1).
        client.frame(FrameType::SETTINGS, Flags::NONE, 0, 18);
        for (id, value) in [(2, 0), (4, stream_window), (9, 1)] {
            client.out.extend(u16::to_be_bytes(id));
            client.out.extend(u32::to_be_bytes(value));
        }
        client.window_update(0, CONNECTION_WINDOW);
        client
    }

    /// How many requests are under way.
    pub(crate) fn open_streams(&self) -> u32 {
        self.streams.open()
    }

    /// Whether the server would take one more.
    pub(crate) fn has_room(&self) -> bool {
        self.streams.open() < self.peer_max_streams
    }

    /// Octets of content that came, on all streams.
    pub(crate) fn content_octets(&self) -> u64 {
        self.content_octets
    }

    /// The content of the answer that ended last, when it came in one frame of at most 32 octets.
    pub(crate) fn tiny_content(&self) -> &[u8] {
        &self.tiny
    }

    /// The least any open stream has received; 0 when there is none.
    pub(crate) fn least_received(&self) -> u64 {
        let received = self.streams.iter().map(|stream| stream.received);
        received.min().unwrap_or(0)
    }

    /// Asks for `request`, the only one there ever is on this connection.
    pub(crate) fn ask(&mut self, request: &Request, now: Instant) {
        let octets = self.blocks.same(request).len();
        self.open(request, octets, 0, now);
    }

    /// Asks for `request`, one of several; `tag` says which when it has ended.
    pub(crate) fn ask_any(&mut self, request: &Request, tag: u8, now: Instant) {
        let octets = self.blocks.any(request).len();
        self.open(request, octets, tag, now);
    }

    /// Opens a stream with the block that was encoded last.
    fn open(&mut self, request: &Request, octets: usize, tag: u8, began: Instant) {
        let id = self.streams.next_id();
        let end = Flags::END_STREAM.when(request.upload == 0);
        self.frame(
            FrameType::HEADERS,
            Flags::END_HEADERS.union(end),
            id,
            octets,
        );
        self.out.extend_from_slice(self.blocks.last());
        self.streams.push(Stream {
            tag,
            began,
            received: 0,
            uncredited: 0,
            send_window: self.peer_initial_window,
            upload_left: request.upload,
        });
    }

    /// Writes once what there is to say, content included; whether there is more, and room for it.
    pub(crate) fn write(&mut self) -> Result<bool> {
        if self.streams.are_uploading() {
            self.upload();
        }
        let has_content = self.out.len() >= WRITE_OCTETS;
        self.wire.write(&mut self.out)?;
        Ok(has_content && self.out.is_empty())
    }

    /// Reads once and takes what came; `false` when nothing is there.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<bool> {
        match self.wire.read(buffer)? {
            None => Ok(false),
            Some(0) => {
                let open = self.streams.open();
                bail!("the server closed the connection with {open} requests open")
            }
            Some(octets) => {
                self.take(&buffer[..octets], Instant::now())?;
                Ok(true)
            }
        }
    }

    /// The requests that have ended since this was last asked.
    pub(crate) fn take_ended(&mut self, into: &mut Vec<Ended>) {
        into.clear();
        std::mem::swap(&mut self.ended, into);
    }

    fn take(&mut self, mut octets: &[u8], now: Instant) -> Result<()> {
        while !octets.is_empty() {
            if self.header_octets < FrameHeader::LEN {
                let begin = octets.len().min(FrameHeader::LEN - self.header_octets);
                self.header[self.header_octets..][..begin].copy_from_slice(&octets[..begin]);
                self.header_octets += begin;
                octets = &octets[begin..];
                if self.header_octets < FrameHeader::LEN {
                    return Ok(());
                }
                self.payload_left = FrameHeader::decode(&self.header).length as usize;
                self.payload.clear();
            }
            let header = FrameHeader::decode(&self.header);
            let (part, rest) = octets.split_at(octets.len().min(self.payload_left));
            octets = rest;
            self.payload_left -= part.len();
            if header.kind != FrameType::DATA || header.length <= TINY {
                self.payload.extend_from_slice(part);
            }
            if header.kind == FrameType::DATA {
                self.content(header.stream_id.get(), part.len())?;
            }
            if self.payload_left == 0 {
                self.header_octets = 0;
                self.on_frame(header, now)?;
            }
        }
        Ok(())
    }

    fn content(&mut self, id: u32, octets: usize) -> Result<()> {
        self.content_octets += octets as u64;
        self.uncredited += octets as u32;
        if self.uncredited > CREDIT_FROM {
            let octets = std::mem::take(&mut self.uncredited);
            self.window_update(0, octets);
        }
        let (credit, window) = (self.credit_streams, self.stream_window);
        let Some(stream) = self.streams.get_mut(id) else {
            bail!("content for the stream {id}, which is not open");
        };
        stream.received += octets as u64;
        stream.uncredited += octets as u32;
        if credit && stream.uncredited > window / 2 {
            let octets = std::mem::take(&mut stream.uncredited);
            self.window_update(id, octets);
        }
        Ok(())
    }

    fn on_frame(&mut self, header: FrameHeader, now: Instant) -> Result<()> {
        let id = header.stream_id.get();
        let is_ack = header.flags.contains(Flags::ACK);
        match header.kind {
            FrameType::DATA | FrameType::HEADERS => {
                if header.kind == FrameType::HEADERS && !self.any_status && !is_ok(&self.payload) {
                    bail!("the answer on the stream {id} does not begin with status 200");
                }
                if header.kind == FrameType::DATA && !self.payload.is_empty() {
                    std::mem::swap(&mut self.tiny, &mut self.payload);
                }
                if header.flags.contains(Flags::END_STREAM) {
                    let Some(ended) = self.streams.end(id, now) else {
                        bail!("the stream {id} ended and was not open");
                    };
                    self.ended.push(ended);
                }
            }
            FrameType::SETTINGS if !is_ack => {
                self.settings();
                self.frame(FrameType::SETTINGS, Flags::ACK, 0, 0);
            }
            FrameType::PING if !is_ack => {
                self.frame(FrameType::PING, Flags::ACK, 0, self.payload.len());
                self.out.extend_from_slice(&self.payload);
            }
            FrameType::WINDOW_UPDATE => {
                let octets = i64::from(number(&self.payload));
                if id == 0 {
                    self.send_window += octets;
                } else if let Some(stream) = self.streams.get_mut(id) {
                    stream.send_window += octets;
                }
            }
            // A request whose answer came first is not wanted to its end (RFC 9113 section 8.1).
            FrameType::RST_STREAM if self.streams.get_mut(id).is_some() => {
                bail!(
                    "the stream {id} was reset with code {}",
                    number(&self.payload)
                );
            }
            FrameType::GOAWAY => {
                let debug = String::from_utf8_lossy(self.payload.get(8..).unwrap_or(&[]));
                bail!(
                    "GOAWAY with code {} {debug}",
                    number(self.payload.get(4..8).unwrap_or(&[]))
                );
            }
            _ => {}
        }
        Ok(())
    }

    fn settings(&mut self) {
        let payload = std::mem::take(&mut self.payload);
        for setting in payload.chunks_exact(6) {
            let value = number(&setting[2..]);
            match number(&setting[..2]) {
                1 => self.blocks.table_size(value),
                3 => self.peer_max_streams = value,
                4 => {
                    let change = i64::from(value) - self.peer_initial_window;
                    self.peer_initial_window += change;
                    for stream in self.streams.iter_mut() {
                        stream.send_window += change;
                    }
                }
                _ => {}
            }
        }
    }

    /// One frame of each upload in turn, as windows allow, up to what one write takes.
    fn upload(&mut self) {
        let mut place = 0;
        let mut has_written = false;
        while self.out.len() < WRITE_OCTETS {
            if place == self.streams.places() {
                if !has_written {
                    return;
                }
                (place, has_written) = (0, false);
            }
            let most = self.send_window.min(FRAME_OCTETS as i64);
            if let Some(piece) = self.streams.piece(place, most) {
                self.send_window -= piece.octets as i64;
                let flags = Flags::END_STREAM.when(piece.is_last);
                self.frame(FrameType::DATA, flags, piece.id, piece.octets);
                self.out.extend_from_slice(&CONTENT[..piece.octets]);
                has_written = true;
            }
            place += 1;
        }
    }

    fn window_update(&mut self, id: u32, octets: u32) {
        self.frame(FrameType::WINDOW_UPDATE, Flags::NONE, id, 4);
        self.out.extend(octets.to_be_bytes());
    }

    fn frame(&mut self, kind: FrameType, flags: Flags, id: u32, length: usize) {
        let id = StreamId::new(id).expect("a run ends long before the ids do");
        let header = FrameHeader::new(length as u32, kind, flags, id);
        self.out.extend(header.encode());
    }
}

/// `:status: 200` is number 8 of the static table; changes of the table's size may be before it
/// (RFC 7541 sections 4.2 and appendix A).
fn is_ok(block: &[u8]) -> bool {
    block.iter().find(|octet| **octet & 0xe0 != 0x20) == Some(&0x88)
}

fn number(octets: &[u8]) -> u32 {
    octets
        .iter()
        .fold(0, |number, octet| number << 8 | u32::from(*octet))
}

/// As wide as a window goes (RFC 9113 section 6.9.1).
pub(crate) const MAX_WINDOW: u32 = 0x7fff_ffff;

/// Half of what is allowed: nginx counts a little less than it sends, and hangs up when credit for all
/// of it would exceed the limit.
const CONNECTION_WINDOW: u32 = 1 << 30;
const DEFAULT_WINDOW: i64 = 65_535;
const CREDIT_FROM: u32 = 1 << 20;
const TINY: u32 = 32;
const WRITE_OCTETS: usize = 256 * 1024;
const FRAME_OCTETS: usize = 16_384;
static CONTENT: [u8; FRAME_OCTETS] = [b'x'; FRAME_OCTETS];
