//! Frames of responses: header blocks encoded at the moment of writing, DATA cut to size.

use alloc::vec::Vec;

use eyas_frame::{Flags, FrameHeader, FrameType, StreamId};
use eyas_hpack::Encoder;

use crate::block::{BlockWriter, FieldBlock};
use crate::buffer::OutputBuffer;
use crate::chunks::Chunks;
use crate::last_head::LastHead;

/// The smallest and initial SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 6.5.2).
const FRAME_SIZE_INITIAL: u32 = 16_384;

/// Writes the frames of responses. It owns the connection's compression context for responses, and
/// so is the one place where fields are encoded: in wire order.
#[derive(Debug)]
pub struct FrameWriter {
    encoder: Encoder,
    frame_size_max: u32,
    /// Counts the changes of the compression context: what was written under the same number may be
    /// written again.
    context: u64,
}

impl FrameWriter {
    /// A writer whose compression table holds at most `table_size_max` octets, whatever the peer
    /// allows, and whose frames hold 16,384 octets until the peer allows more.
    #[must_use]
    pub fn new(table_size_max: u32) -> Self {
        Self {
            encoder: Encoder::new(table_size_max),
            frame_size_max: FRAME_SIZE_INITIAL,
            context: 0,
        }
    }

    /// Gives storage back that nothing needs while there is no stream.
    pub(crate) fn release_storage(&mut self) {
        self.encoder.release_storage();
    }

    /// The largest payload of a frame, in octets.
    #[must_use]
    pub const fn frame_size_max(&self) -> u32 {
        self.frame_size_max
    }

    /// The peer's SETTINGS_MAX_FRAME_SIZE; values outside `16384..=16777215` are brought into it.
    pub fn set_frame_size_max(&mut self, octets: u32) {
        self.frame_size_max = octets.clamp(FRAME_SIZE_INITIAL, 0xff_ffff);
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE: the next block announces the change (RFC 7541
    /// section 4.2).
    pub fn set_peer_table_size(&mut self, octets: u32) {
        self.encoder.set_peer_table_size(octets);
        self.context += 1;
    }

    /// Writes `fields` as HEADERS, followed by as many CONTINUATION frames as the peer's frame size
    /// asks for (RFC 9113 section 4.3).
    pub fn block<H: FieldBlock>(
        &mut self,
        stream_id: StreamId,
        fields: &H,
        end_stream: bool,
        out: &mut OutputBuffer,
    ) {
        let area = out.area_mut();
        let start = begin_frame(area);
        self.encoder.begin(area);
        self.fields(fields, area);
        self.last_fields(fields, area);
        self.end_frame(stream_id, start, end_stream, area);
    }

    /// As [`block`](Self::block), for the head in `place`: one that says what the `last` one said is
    /// written as that was. Gives back a head whose storage is worth having.
    #[inline]
    pub(crate) fn head<H: FieldBlock>(
        &mut self,
        stream_id: StreamId,
        place: &mut Option<H>,
        end_stream: bool,
        out: &mut OutputBuffer,
        last: &mut LastHead<H>,
    ) -> Option<H> {
        let head = place.as_ref()?;
        let area = out.area_mut();
        let start = begin_frame(area);
        if let Some(octets) = last.octets_for(head, self.context) {
            area.extend_from_slice(octets);
            self.last_fields(head, area);
        } else {
            self.encoder.begin(area);
            let (context, fields_start) = (self.context, area.len());
            self.fields(head, area);
            let fields_end = area.len();
            self.last_fields(head, area);
            // Under the number from before: a field that went into the table is an index next time.
            last.replace(place, context, &area[fields_start..fields_end]);
        }
        self.end_frame(stream_id, start, end_stream, area);
        // Dropped where it lies: one is large, and moved as seldom as can be.
        if place.as_ref().is_some_and(FieldBlock::has_storage) {
            return place.take();
        }
        *place = None;
        None
    }

    fn fields<H: FieldBlock>(&mut self, fields: &H, area: &mut Vec<u8>) {
        let mut block = BlockWriter::new(&mut self.encoder, area);
        fields.write_fields(&mut block);
        self.context += u64::from(block.has_inserted);
    }

    #[inline]
    fn last_fields<H: FieldBlock>(&mut self, fields: &H, area: &mut Vec<u8>) {
        let mut block = BlockWriter::new(&mut self.encoder, area);
        fields.write_last_fields(&mut block);
        debug_assert!(!block.has_inserted, "last fields leave the table alone");
    }

    /// Writes the header of the frame whose payload is `area[start + 9..]`, and cuts that when it is too
    /// long for one frame.
    #[inline]
    fn end_frame(&self, stream_id: StreamId, start: usize, end_stream: bool, area: &mut Vec<u8>) {
        let block_start = start + FrameHeader::LEN;
        let block_len = area.len() - block_start;
        let first_len = block_len.min(self.frame_size_max as usize);
        let mut flags = Flags::END_STREAM.when(end_stream);
        if first_len == block_len {
            flags |= Flags::END_HEADERS;
        }
        let header = FrameHeader::new(first_len as u32, FrameType::HEADERS, flags, stream_id);
        area[start..block_start].copy_from_slice(&header.encode());
        if first_len < block_len {
            self.continuations(stream_id, block_start + first_len, area);
        }
    }

    /// Cuts `area[from..]` into CONTINUATION frames, in place.
    fn continuations(&self, stream_id: StreamId, from: usize, area: &mut Vec<u8>) {
        let rest = area.split_off(from);
        let mut pieces = rest.chunks(self.frame_size_max as usize).peekable();
        while let Some(piece) = pieces.next() {
            let flags = match pieces.peek() {
                Some(_) => Flags::NONE,
                None => Flags::END_HEADERS,
            };
            let length = piece.len() as u32;
            let header = FrameHeader::new(length, FrameType::CONTINUATION, flags, stream_id);
            area.extend_from_slice(&header.encode());
            area.extend_from_slice(piece);
        }
    }

    /// Writes one DATA frame with the first `octets` octets of `chunks`.
    #[inline]
    pub(crate) fn data(
        &self,
        stream_id: StreamId,
        chunks: &mut Chunks,
        octets: u32,
        end_stream: bool,
        out: &mut OutputBuffer,
    ) {
        let flags = if end_stream {
            Flags::END_STREAM
        } else {
            Flags::NONE
        };
        let header = FrameHeader::new(octets, FrameType::DATA, flags, stream_id);
        out.area_mut().extend_from_slice(&header.encode());
        let mut left = octets as usize;
        while left > 0 {
            let piece = chunks.take(left);
            debug_assert!(!piece.is_empty(), "the producer counts what it queued");
            left -= piece.len();
            out.push_payload(piece);
        }
    }
}

/// Makes room for a frame header.
#[inline]
fn begin_frame(area: &mut Vec<u8>) -> usize {
    let start = area.len();
    area.extend_from_slice(&[0; FrameHeader::LEN]);
    start
}
