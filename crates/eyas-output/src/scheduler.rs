//! Every producer of a connection, and which line each of them stands in.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use eyas_flow_control::OutputFlowControl;
use eyas_frame::StreamId;

use crate::block::FieldBlock;
use crate::control::{ControlFrame, ControlLane};
use crate::last_head::LastHead;
use crate::lists::{Family, Lists};
use crate::marks::Marks;
use crate::priority::Priority;
use crate::producer::Producer;
use crate::slab::{Slab, StreamKey};
use crate::state::{SchedulingState, Waiting};
use crate::turns::Turns;
use crate::writer::FrameWriter;

/// The output side of one connection: the producers, the control lane, the windows and the writer.
///
/// Streams that have something to say and may say it stand in sixteen classes, eight urgencies by
/// sequential or incremental (RFC 9218); opening, enlisting, choosing, re-prioritising and removing
/// are O(1). [`fill`](Self::fill) drains them into the [`OutputBuffer`](crate::OutputBuffer), one
/// frame a turn: the most urgent first; among equals, incremental streams by turns of 16 KiB,
/// sequential ones each to its end, and both kinds, as well as new short responses and content under
/// way, alternating by octets.
///
/// Verbs on a key whose stream is gone change nothing and succeed: the stream may have been reset
/// by the peer while its handler was speaking.
#[derive(Debug)]
pub struct Scheduler<H> {
    pub(crate) producers: Slab<Producer<H>>,
    pub(crate) lists: Lists,
    pub(crate) flow: OutputFlowControl,
    pub(crate) writer: FrameWriter,
    pub(crate) last_head: LastHead<H>,
    pub(crate) control: ControlLane,
    pub(crate) marks: Marks,
    pub(crate) turns: Turns,
    pub(crate) notices: VecDeque<Notice>,
    pub(crate) spent: Vec<H>,
}

/// What happened to a stream's output while it was drained or told things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The response has left: END_STREAM, or the RST_STREAM that took its place, was cut.
    ResponseComplete(StreamKey),
    /// Response and request are both complete, in whichever order: the stream may be removed.
    Complete(StreamKey),
    /// A producer that was asked to pause has room again.
    Writable(StreamKey),
}

impl<H: FieldBlock> Scheduler<H> {
    /// No streams, windows as RFC 9113 section 6.9.2 starts them, a control lane that calls itself
    /// full from `control_octets_max` octets on.
    #[must_use]
    pub fn new(writer: FrameWriter, marks: Marks, control_octets_max: usize) -> Self {
        Self {
            producers: Slab::new(),
            lists: Lists::new(),
            flow: OutputFlowControl::new(eyas_flow_control::WINDOW_DEFAULT),
            writer,
            last_head: LastHead::new(),
            control: ControlLane::new(control_octets_max),
            marks,
            turns: Turns::new(),
            notices: VecDeque::new(),
            spent: Vec::new(),
        }
    }

    /// Keeps less urgent streams from starving: while they wait, one turn of up to 16 KiB goes to one
    /// of them after `one_in` turns' worth of octets for the most urgent. `None`, as it is at first,
    /// lets the more urgent go first for as long as they have something to send.
    pub fn set_lower_share(&mut self, one_in: Option<NonZeroU32>) {
        self.turns.set_lower_share(one_in);
    }

    /// Opens the output side of a stream.
    pub fn open(&mut self, stream_id: StreamId, priority: Priority) -> StreamKey {
        let key = self
            .producers
            .insert(|| Producer::new(stream_id, priority, self.marks));
        self.lists.add_slot(key.index() as u32);
        key
    }

    /// Forgets a stream. Nothing of it is written any more.
    pub fn remove(&mut self, key: StreamKey) {
        if self.producers.remove(key) {
            self.lists.unlink(key.index() as u32);
        }
    }

    /// A stream's producer, to read.
    #[must_use]
    #[inline]
    pub fn producer(&self, key: StreamKey) -> Option<&Producer<H>> {
        self.producers.get(key)
    }

    /// How many streams there are.
    #[must_use]
    pub fn stream_count(&self) -> usize {
        self.producers.len()
    }

    /// Changes a stream's priority, in O(1). Naming the priority it has does not cost it its place.
    pub fn reprioritise(&mut self, key: StreamKey, priority: Priority) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.priority == priority {
            return;
        }
        producer.priority = priority;
        let slot = key.index() as u32;
        if self.lists.is_linked(slot) {
            self.lists.unlink(slot);
            self.enlist(key);
        }
    }

    /// The connection's and the streams' send windows, to read.
    #[must_use]
    pub const fn flow(&self) -> &OutputFlowControl {
        &self.flow
    }

    /// Queues a control frame, ahead of every response.
    pub fn control(&mut self, frame: ControlFrame) {
        self.control.push(frame);
    }

    /// The control lane, to read.
    #[must_use]
    pub const fn control_lane(&self) -> &ControlLane {
        &self.control
    }

    /// Whether [`fill`](Self::fill) would write anything into an empty buffer.
    pub fn has_output(&mut self) -> bool {
        !self.control.is_empty() || self.may_send()
    }

    /// The next thing that happened to a stream's output, in the order it happened.
    #[inline]
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// A head or trailer section that was written, so that its storage can be used again. The last head
    /// of the kind that [repeats](FieldBlock::REPEATS) is kept until another one is written.
    #[inline]
    pub fn take_spent(&mut self) -> Option<H> {
        self.spent.pop()
    }

    /// Why is this stream not sending?
    #[must_use]
    pub fn scheduling_state(&self, key: StreamKey) -> Option<SchedulingState> {
        let producer = self.producers.get(key)?;
        let window = self.flow.available(&producer.window);
        let waiting = if producer.response_complete {
            Waiting::Done
        } else if producer.has_free_work() {
            Waiting::Turn
        } else if producer.unconsumed_octets == 0 || !producer.head_given {
            Waiting::Application
        } else if window <= 0 {
            Waiting::StreamWindow
        } else if self.flow.connection_available() <= 0 {
            Waiting::ConnectionWindow
        } else {
            Waiting::Turn
        };
        Some(SchedulingState {
            stream_id: producer.stream_id(),
            unconsumed_octets: producer.unconsumed_octets,
            unobserved: producer.unobserved,
            current: producer.current,
            window,
            waiting,
        })
    }

    /// Puts an unlinked stream where its state says it belongs, if anywhere.
    #[inline]
    pub(crate) fn enlist(&mut self, key: StreamKey) {
        let goes_first = self.producers.get(key).is_some_and(Producer::runs_on);
        self.enlist_at(key, goes_first);
    }

    /// As [`enlist`](Self::enlist), as the first or the last of its list.
    #[inline]
    pub(crate) fn enlist_at(&mut self, key: StreamKey, goes_first: bool) {
        let Some(producer) = self.producers.get(key) else {
            return;
        };
        let Some(family) = self.family(producer) else {
            return;
        };
        let class = producer.priority.class();
        let slot = key.index() as u32;
        if goes_first {
            self.lists.push_front(family, class, slot);
        } else {
            self.lists.push_back(family, class, slot);
        }
    }

    #[inline]
    fn family(&self, producer: &Producer<H>) -> Option<Family> {
        if producer.response_complete {
            None
        } else if producer.has_free_work() {
            Some(Family::Free)
        } else if producer.unconsumed_octets == 0 {
            None
        } else if self.flow.available(&producer.window) > 0 {
            Some(Family::Content)
        } else {
            Some(Family::Parked)
        }
    }
}
