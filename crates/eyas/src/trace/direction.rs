//! The octets that go one way, cut into frames.

use eyas_frame::{
    DEFAULT_MAX_FRAME_SIZE, Deframer, Flags, Frame, FrameHeader, Item, PREFACE, Reach,
};
use eyas_hpack::{DecodedField, Decoder, DecoderLimits};

use crate::trace::payload::{Field, Line, describe};
use crate::trace::{Stamp, detail};

/// What one side says.
pub(super) struct Direction {
    /// How much of the connection preface (RFC 9113 section 3.4) has passed; `None` behind it.
    preface: Option<usize>,
    /// `None` behind a fault: what comes then means nothing.
    deframer: Option<Deframer>,
    /// The beginning of a frame whose end is not there yet.
    rest: Vec<u8>,
    block: Block,
}

impl Direction {
    /// What the client says, the connection preface first.
    pub(super) fn received() -> Self {
        Self {
            preface: Some(0),
            // A longer frame is refused by the server, too: it has not offered to take any.
            deframer: Some(Deframer::new(DEFAULT_MAX_FRAME_SIZE)),
            rest: Vec::new(),
            block: Block::default(),
        }
    }

    /// What the server says.
    pub(super) fn sent() -> Self {
        Self {
            preface: None,
            deframer: Some(Deframer::new(FrameHeader::MAX_LENGTH)),
            rest: Vec::new(),
            block: Block::default(),
        }
    }

    /// Takes the next octets, and adds the frames that are whole with them to `text`.
    pub(super) fn feed(&mut self, octets: &[u8], stamp: Stamp, text: &mut String) {
        let octets = self.skip_preface(octets, stamp, text);
        if self.rest.is_empty() {
            let consumed = self.read(octets, stamp, text);
            self.rest
                .extend_from_slice(octets.get(consumed..).unwrap_or_default());
            return;
        }
        let mut rest = std::mem::take(&mut self.rest);
        rest.extend_from_slice(octets);
        let consumed = self.read(&rest, stamp, text);
        rest.drain(..consumed);
        rest.shrink_to(REST_KEPT);
        self.rest = rest;
    }

    fn skip_preface<'a>(&mut self, octets: &'a [u8], stamp: Stamp, text: &mut String) -> &'a [u8] {
        let Some(passed) = self.preface else {
            return octets;
        };
        let due = &PREFACE[passed..];
        let (now, octets) = octets.split_at(octets.len().min(due.len()));
        if !due.starts_with(now) {
            stamp.line("no connection preface: not HTTP/2", text);
            self.preface = None;
            self.fail();
            return &[];
        }
        self.preface = (now.len() < due.len()).then_some(passed + now.len());
        if self.preface.is_none() {
            stamp.line("connection preface", text);
        }
        octets
    }

    /// Adds the frames at the front of `octets` to `text`; how many octets they were.
    fn read(&mut self, octets: &[u8], stamp: Stamp, text: &mut String) -> usize {
        let mut consumed = 0;
        loop {
            let Some(deframer) = &mut self.deframer else {
                return octets.len();
            };
            let Some(step) = deframer.next(&octets[consumed..]) else {
                return consumed;
            };
            consumed += step.consumed;
            match step.item {
                Ok(Item::Frame(header, frame)) => {
                    stamp.line(Line(header), text);
                    describe(&frame, text);
                    self.block.add(&frame, header, text);
                }
                Ok(Item::Data(chunk)) if chunk.first => stamp.line(Line(chunk.header), text),
                Ok(Item::Data(_)) => {}
                Err(error) => {
                    stamp.line(error, text);
                    if error.reach() == Reach::Connection {
                        self.fail();
                    }
                }
            }
        }
    }

    /// Octets held back between calls.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.rest.capacity() + self.block.fragments.capacity()
    }

    fn fail(&mut self) {
        self.deframer = None;
        self.block.decoder = None;
    }
}

/// A header block on its way to its END_HEADERS, and the table of the blocks before it.
struct Block {
    fragments: Vec<u8>,
    /// `None` once it is out of step.
    decoder: Option<Decoder>,
}

impl Block {
    fn add(&mut self, frame: &Frame<'_>, header: FrameHeader, text: &mut String) {
        let fragment = match frame {
            Frame::Headers(frame) => frame.fragment,
            Frame::PushPromise(frame) => frame.fragment,
            Frame::Continuation(frame) => frame.fragment,
            _ => return,
        };
        let Some(decoder) = &mut self.decoder else {
            return;
        };
        if self.fragments.len() + fragment.len() > BLOCK_OCTETS_MAX {
            detail(
                "(a header block too long for this trace: no more fields)",
                text,
            );
            *self = Self {
                fragments: Vec::new(),
                decoder: None,
            };
            return;
        }
        self.fragments.extend_from_slice(fragment);
        if !header.flags.contains(Flags::END_HEADERS) {
            return;
        }
        let summary = decoder.decode(&self.fragments, &mut |field: DecodedField<'_>| {
            detail(Field(&field), text);
        });
        self.fragments.clear();
        self.fragments.shrink_to(FRAGMENTS_KEPT);
        match summary {
            Ok(summary) if summary.exceeded.is_some() => detail(
                format_args!("(fields too many or too long; {} in all)", summary.fields),
                text,
            ),
            Ok(_) => {}
            Err(error) => {
                detail(format_args!("({error}: no more fields)"), text);
                self.decoder = None;
            }
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        // Both sides of this server keep to the table size both start with.
        Self {
            fragments: Vec::new(),
            decoder: Some(Decoder::new(DecoderLimits::default())),
        }
    }
}

/// More than the server itself accepts, or sends.
const BLOCK_OCTETS_MAX: usize = 256 * 1024;
/// What is kept between calls, beyond what there is.
const REST_KEPT: usize = 16 * 1024;
const FRAGMENTS_KEPT: usize = 4 * 1024;
