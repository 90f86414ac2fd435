//! One turn of the scheduler: control frames, then a frame a stream, until the batch is full.

use eyas_flow_control::OutputFlowControl;

use crate::block::FieldBlock;
use crate::buffer::OutputBuffer;
use crate::lists::Family;
use crate::scheduler::{Notice, Scheduler};
use crate::slab::StreamKey;

/// A batch with less room than this is full: a sliver of a frame is not worth its header.
const ROOM_MIN: usize = 1024;

/// Octets of heads and short responses that may pass before a stream with only content of the same
/// urgency has its turn: one frame of the default size.
const FREE_QUANTUM: usize = 16 * 1024;

impl<H: FieldBlock> Scheduler<H> {
    /// Cuts what may be sent now into `out`, up to one batch.
    ///
    /// Nothing is cut while octets that were cut before wait unsent: an urgent response is never
    /// behind more than one batch, and a peer that does not read cannot make the buffer grow.
    pub fn fill(&mut self, out: &mut OutputBuffer) {
        if !out.is_empty() {
            return;
        }
        self.control.drain_into(out.area_mut());
        while out.room() >= ROOM_MIN {
            let Some(slot) = self.next() else {
                break;
            };
            self.visit(slot, out);
        }
        // A reset that follows the last frame of its response belongs into the same batch.
        self.control.drain_into(out.area_mut());
    }

    /// Whose turn it is: the lowest class with something to send.
    #[inline]
    fn next(&mut self) -> Option<u32> {
        let content_may_go = self.flow.connection_available() > 0;
        loop {
            let free = self.lists.classes(Family::Free);
            let content = if content_may_go {
                self.lists.classes(Family::Content)
            } else {
                0
            };
            let class = (free | content).trailing_zeros() as usize;
            if class >= 16 {
                return None;
            }
            let bit = 1 << class;
            let family = if free & bit == 0 || (content & bit != 0 && self.free_quantum_is_spent())
            {
                self.free_octets = 0;
                Family::Content
            } else {
                Family::Free
            };
            if let Some(slot) = self.lists.first(family, class) {
                return Some(slot);
            }
        }
    }

    fn free_quantum_is_spent(&self) -> bool {
        self.free_octets >= FREE_QUANTUM
    }

    /// Lets one stream say what it may: its heads, then at most one DATA frame, then its end.
    #[inline]
    fn visit(&mut self, slot: u32, out: &mut OutputBuffer) {
        self.lists.unlink(slot);
        let Some((key, producer)) = self.producers.at(slot) else {
            return;
        };
        let before = out.len();
        let was_free = producer.has_free_work();
        let stream_id = producer.stream_id();
        producer.observe();

        while let Some(head) = producer.informational.pop_front() {
            self.writer.block(stream_id, &head, false, out);
        }
        let mut ended = false;
        if let Some(head) = producer.head.take() {
            producer.head_written = true;
            ended = producer.unconsumed_octets == 0
                && producer.is_ended()
                && producer.trailers.is_none();
            self.writer.block(stream_id, &head, ended, out);
            if self.spent.len() < crate::scheduler::SPENT_HEADS_MAX {
                self.spent.push(head);
            }
        }

        let frame_max = (self.writer.frame_size_max() as usize).min(out.room());
        let want = producer.unconsumed_octets.min(frame_max) as u32;
        let octets = OutputFlowControl::take(&mut producer.window, &mut self.flow, want);
        if octets > 0 {
            producer.unconsumed_octets -= octets as usize;
            ended = producer.unconsumed_octets == 0
                && producer.is_ended()
                && producer.trailers.is_none();
            self.writer
                .data(stream_id, &mut producer.content, octets, ended, out);
        }

        if !ended && producer.unconsumed_octets == 0 && producer.is_ended() {
            ended = true;
            if let Some(trailers) = producer.trailers.take() {
                self.writer.block(stream_id, &trailers, true, out);
                if self.spent.len() < crate::scheduler::SPENT_HEADS_MAX {
                    self.spent.push(trailers);
                }
            } else {
                self.writer
                    .data(stream_id, &mut producer.content, 0, true, out);
            }
        }

        if was_free {
            self.free_octets += out.len() - before;
        }
        if ended {
            self.complete_response(key);
        } else {
            self.ask_for_more(key, out);
            self.enlist(key);
        }
    }

    /// Tells a producer that paused that it has room again, and raises the mark of one that was
    /// drained although there was room for more.
    #[inline]
    fn ask_for_more(&mut self, key: StreamKey, out: &OutputBuffer) {
        let marks = self.marks;
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.unconsumed_octets == 0
            && producer.awaits_room
            && out.room() >= ROOM_MIN
            && self.flow.connection_available() > 0
            && self.flow.available(&producer.window) > 0
        {
            producer.mark = marks.raised(producer.mark);
        }
        if producer.awaits_room && producer.unconsumed_octets <= producer.mark / 2 {
            producer.awaits_room = false;
            self.notices.push(Notice::Writable(key));
        }
    }
}
