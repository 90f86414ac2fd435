//! One drain of the producers: control frames, then a frame a stream, until the batch is full.

use alloc::vec::Vec;

use eyas_flow_control::OutputFlowControl;
use eyas_frame::FrameHeader;

use crate::block::FieldBlock;
use crate::buffer::OutputBuffer;
use crate::lists::Family;
use crate::scheduler::{Notice, Scheduler};
use crate::slab::StreamKey;
use crate::turns::{Charge, QUANTUM, Turn};

/// A batch with less room than this is full: a sliver of a frame is not worth its header.
const ROOM_MIN: usize = 1024;

/// A stream with fewer octets than this left of its turn keeps them for its next one.
const TURN_MIN: u32 = 1024;

/// Heads kept for whoever wants their storage back.
const SPENT_HEADS_MAX: usize = 32;

impl<H: FieldBlock> Scheduler<H> {
    /// Cuts what may be sent now into `out`, up to one batch.
    ///
    /// Nothing is cut while octets that were cut before wait unsent: an urgent response is never
    /// behind more than one batch, and a peer that does not read cannot make the buffer grow. Only
    /// control frames and header blocks, which are not split between batches, may exceed its size.
    pub fn fill(&mut self, out: &mut OutputBuffer) {
        if !out.is_empty() {
            return;
        }
        self.control.drain_into(out.area_mut());
        while out.room() >= ROOM_MIN {
            let Some(turn) = self.next_turn() else {
                break;
            };
            let before = out.len();
            let charge = self.visit(&turn, out);
            self.turns.spent(&turn, charge, out.len() - before);
        }
        // A reset that follows the last frame of its response belongs into the same batch.
        self.control.drain_into(out.area_mut());
    }

    /// Lets one stream say what it may: its heads, then at most one DATA frame, then its end.
    #[inline]
    fn visit(&mut self, turn: &Turn, out: &mut OutputBuffer) -> Charge {
        self.lists.unlink(turn.slot);
        let is_alone = !turn.is_share && self.is_alone(turn);
        let Some((key, producer)) = self.producers.at(turn.slot) else {
            return Charge::Octets;
        };
        let priority = producer.priority;
        // The head of a sequential response may go ahead of those that came before it, its content
        // may not (RFC 9218 section 10).
        let content_may_go = turn.family == Family::Content
            || priority.is_incremental()
            || self.front(Family::Content, priority.class()).is_none();
        let Some(producer) = self.producers.get_mut(key) else {
            return Charge::Octets;
        };
        let stream_id = producer.stream_id();
        producer.observe();

        if let Some(heads) = producer.informational.take() {
            for head in heads {
                self.writer.block(stream_id, &head, false, out);
                keep_spent(&mut self.spent, head);
            }
        }
        let mut ended = false;
        let mut octets = 0;
        if producer.head.is_some() {
            ended = producer.ends_with(0);
            let place = &mut producer.head;
            let spent = self
                .writer
                .head(stream_id, place, ended, out, &mut self.last_head);
            if let Some(spent) = spent {
                keep_spent(&mut self.spent, spent);
            }
        }

        if content_may_go && producer.unconsumed_octets > 0 {
            let turn_max = if is_alone {
                u32::MAX
            } else if priority.is_incremental() {
                producer.turn_left
            } else {
                QUANTUM
            };
            let frame_max = self.writer.frame_size_max().min(turn_max);
            let want = cut_len(producer.unconsumed_octets, frame_max, out.room());
            octets = OutputFlowControl::take(&mut producer.window, &mut self.flow, want);
            if octets > 0 {
                ended = producer.ends_with(octets as usize);
                producer.consume(octets);
                self.writer
                    .data(stream_id, &mut producer.content, octets, ended, out);
            }
        }

        if !ended && producer.unconsumed_octets == 0 && producer.is_ended() {
            ended = true;
            if let Some(trailers) = producer.trailers.take() {
                self.writer.block(stream_id, &trailers, true, out);
                keep_spent(&mut self.spent, trailers);
            } else {
                self.writer
                    .data(stream_id, &mut producer.content, 0, true, out);
            }
        }

        if ended {
            self.complete_response(key);
            return Charge::Octets;
        }
        let joins_content = octets > 0 && turn.family == Family::Free;
        self.ask_for_more(key, out);
        self.re_enlist(key, octets);
        if joins_content {
            Charge::Nothing
        } else {
            Charge::Octets
        }
    }

    /// Tells a producer that paused that it has room again, and raises the mark of one that was
    /// drained although there was room for more.
    #[inline]
    fn ask_for_more(&mut self, key: StreamKey, out: &OutputBuffer) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.unconsumed_octets == 0 {
            let was_filled = core::mem::take(&mut producer.was_filled);
            let more_could_go = out.room() >= ROOM_MIN
                && self.flow.connection_available() > 0
                && self.flow.available(&producer.window) > 0;
            if was_filled && more_could_go {
                producer.mark = self.marks.raised(producer.mark);
            }
        }
        if producer.awaits_room && producer.unconsumed_octets <= producer.mark / 4 * 3 {
            producer.awaits_room = false;
            self.notices.push_back(Notice::Writable(key));
        }
    }

    /// Links a stream again that was visited and sent `octets` octets of content: first in its list
    /// while its turn lasts, which is to its end for a sequential one, then last.
    #[inline]
    fn re_enlist(&mut self, key: StreamKey, octets: u32) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        let mut goes_on = producer.runs_on();
        if producer.unconsumed_octets == 0 || self.flow.available(&producer.window) <= 0 {
            // Who has nothing to send saves nothing up.
            producer.turn_left = QUANTUM;
        } else if producer.priority.is_incremental() {
            if producer.turn_left < TURN_MIN {
                producer.turn_left += QUANTUM;
            } else {
                // The batch or the connection's window cut its turn short.
                goes_on = octets > 0;
            }
        }
        self.enlist_at(key, goes_on);
    }
}

/// How many octets of content the next frame holds.
#[inline]
fn cut_len(unconsumed_octets: usize, frame_max: u32, room: usize) -> u32 {
    let whole = unconsumed_octets.min(frame_max as usize);
    let fits = room.saturating_sub(FrameHeader::LEN);
    if whole > fits && room < ROOM_MIN {
        // Heads have used the room up.
        return 0;
    }
    // `whole` is at most `frame_max`, a u32.
    whole.min(fits) as u32
}

#[inline]
fn keep_spent<H: FieldBlock>(spent: &mut Vec<H>, head: H) {
    if head.has_storage() && spent.len() < SPENT_HEADS_MAX {
        spent.push(head);
    }
}
