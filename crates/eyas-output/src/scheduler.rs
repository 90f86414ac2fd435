//! Every producer of a connection, whose turn it is, and the verbs through which they are told things.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use bytes::Bytes;
use eyas_flow_control::{FlowError, OutputFlowControl};
use eyas_frame::{ErrorCode, StreamId};

use crate::block::FieldBlock;
use crate::control::{ControlFrame, ControlLane};
use crate::last_head::LastHead;
use crate::lists::{Family, Lists};
use crate::marks::Marks;
use crate::priority::Priority;
use crate::producer::{Producer, WriteError};
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

    // Streams.

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

    // What the application says.

    /// Hands in an informational head (1xx).
    ///
    /// # Errors
    ///
    /// As [`Producer::informational`].
    pub fn informational(&mut self, key: StreamKey, head: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.informational(head))
    }

    /// Hands in the response head.
    ///
    /// # Errors
    ///
    /// As [`Producer::head`].
    #[inline]
    pub fn head(&mut self, key: StreamKey, head: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.head(head))
    }

    /// Hands in a whole response: its head, its content, if any, and its end.
    ///
    /// # Errors
    ///
    /// As [`Producer::head`].
    #[inline]
    pub fn whole(&mut self, key: StreamKey, head: H, content: Bytes) -> Result<(), WriteError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        producer.head(head)?;
        producer.data(content)?;
        producer.end()?;
        self.note_told(key);
        Ok(())
    }

    /// Hands in response content.
    ///
    /// # Errors
    ///
    /// As [`Producer::data`].
    #[inline]
    pub fn data(&mut self, key: StreamKey, octets: Bytes) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.data(octets))
    }

    /// Hands in the trailer section and with it the end.
    ///
    /// # Errors
    ///
    /// As [`Producer::trailers`].
    pub fn trailers(&mut self, key: StreamKey, trailers: H) -> Result<(), WriteError> {
        self.tell(key, |producer| producer.trailers(trailers))
    }

    /// Hands in the end of the response.
    ///
    /// # Errors
    ///
    /// As [`Producer::end`].
    #[inline]
    pub fn end(&mut self, key: StreamKey) -> Result<(), WriteError> {
        self.tell(key, Producer::end)
    }

    /// Ends a stream with RST_STREAM at once: queued content is dropped, a closed window does not
    /// hold it back, and it overtakes everything but what is already cut.
    ///
    /// Returns whether RST_STREAM will be sent. It is not when the response was complete or aborted:
    /// see [`reset_after_end`](Self::reset_after_end).
    pub fn reset(&mut self, key: StreamKey, error_code: ErrorCode) -> bool {
        let Some(producer) = self.producers.get_mut(key) else {
            return false;
        };
        let stream_id = producer.stream_id();
        if !self.silence(key) {
            return false;
        }
        self.control.push(ControlFrame::RstStream {
            stream_id,
            error_code,
        });
        true
    }

    /// Sends RST_STREAM behind the last frame of the response: at once when that has left.
    ///
    /// For a response that ends before its request does: RST_STREAM(NO_ERROR) asks the client to
    /// stop sending (RFC 9113 section 8.1). It is sent once, whatever comes after; an abort before
    /// the end takes its place.
    pub fn reset_after_end(&mut self, key: StreamKey, error_code: ErrorCode) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.is_aborted() {
            return;
        }
        producer.reset_after_end = Some(error_code);
        if producer.response_complete {
            self.push_reset_after_end(key);
        }
    }

    /// Ends a stream's output without a word: the peer has reset it.
    ///
    /// Returns whether this changed anything: `false` when the response had left, or was aborted.
    pub fn silence(&mut self, key: StreamKey) -> bool {
        let Some(producer) = self.producers.get_mut(key) else {
            return false;
        };
        if !producer.abort() {
            return false;
        }
        producer.observe();
        self.lists.unlink(key.index() as u32);
        self.complete_response(key);
        true
    }

    /// The request side is done with: the application has let go of the stream, and the peer will
    /// send nothing more that matters. Completion of the response may come before or after.
    pub fn complete_request(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.request_complete {
            return;
        }
        producer.request_complete = true;
        if producer.response_complete {
            self.notices.push_back(Notice::Complete(key));
        }
    }

    /// How many octets of content the stream would take now. Zero asks the caller to pause;
    /// [`Notice::Writable`] follows, once, when half of the mark is free again or nothing is wanted any
    /// more. `usize::MAX` for a stream that is gone or aborted: it swallows whatever comes.
    #[inline]
    pub fn room(&mut self, key: StreamKey) -> usize {
        let Some(producer) = self.producers.get_mut(key) else {
            return usize::MAX;
        };
        if producer.is_aborted() {
            return usize::MAX;
        }
        let room = producer.room();
        producer.awaits_room = room == 0;
        producer.was_filled |= room == 0;
        room
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

    // What the peer allows.

    /// The connection's and the streams' send windows, to read.
    #[must_use]
    pub const fn flow(&self) -> &OutputFlowControl {
        &self.flow
    }

    /// The peer's WINDOW_UPDATE for a stream (RFC 9113 section 6.9).
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`], or [`FlowError::Overflow`] above 2^31-1.
    pub fn grow(&mut self, key: StreamKey, increment: u32) -> Result<(), FlowError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        if self.flow.grow(&mut producer.window, increment)? {
            // It was parked if it was linked at all with nothing but content to say.
            let slot = key.index() as u32;
            if self.lists.is_linked(slot) && !producer.has_free_work() {
                self.lists.unlink(slot);
                self.enlist(key);
            }
        }
        Ok(())
    }

    /// The peer's WINDOW_UPDATE for the connection.
    ///
    /// # Errors
    ///
    /// [`FlowError::ZeroIncrement`], or [`FlowError::Overflow`] above 2^31-1.
    pub fn grow_connection(&mut self, increment: u32) -> Result<(), FlowError> {
        self.flow.grow_connection(increment).map(|_| ())
    }

    /// The peer's SETTINGS_INITIAL_WINDOW_SIZE, which moves every stream's window
    /// (RFC 9113 section 6.9.2). O(1), unless some stream may overflow.
    ///
    /// # Errors
    ///
    /// [`FlowError::Overflow`] when a stream's window would exceed 2^31-1: a connection error.
    pub fn set_initial_window(&mut self, octets: u32) -> Result<(), FlowError> {
        let change = self.flow.set_initial_window(octets)?;
        if change.must_check {
            let windows = self.producers.values().map(|producer| &producer.window);
            self.flow.recheck(windows)?;
        }
        if change.grew {
            self.lists.unpark_all();
        }
        Ok(())
    }

    /// The peer's SETTINGS_MAX_FRAME_SIZE.
    pub fn set_frame_size_max(&mut self, octets: u32) {
        self.writer.set_frame_size_max(octets);
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE.
    pub fn set_peer_table_size(&mut self, octets: u32) {
        self.writer.set_peer_table_size(octets);
    }

    // The control lane.

    /// Queues a control frame, ahead of every response.
    pub fn control(&mut self, frame: ControlFrame) {
        self.control.push(frame);
    }

    /// The control lane, to read.
    #[must_use]
    pub const fn control_lane(&self) -> &ControlLane {
        &self.control
    }

    // What it reports.

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

    // Inside.

    #[inline]
    fn tell(
        &mut self,
        key: StreamKey,
        what: impl FnOnce(&mut Producer<H>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let Some(producer) = self.producers.get_mut(key) else {
            return Ok(());
        };
        what(producer)?;
        self.note_told(key);
        Ok(())
    }

    /// The stream may have something to say now.
    #[inline]
    fn note_told(&mut self, key: StreamKey) {
        if !self.lists.is_linked(key.index() as u32) {
            self.enlist(key);
        }
    }

    /// Puts an unlinked stream where its state says it belongs, if anywhere.
    #[inline]
    fn enlist(&mut self, key: StreamKey) {
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

    /// The last frame of the response was cut, or its abort was.
    pub(crate) fn complete_response(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        producer.response_complete = true;
        let was_awaited = core::mem::take(&mut producer.awaits_room);
        let request_complete = producer.request_complete;
        let is_reset_behind = producer.reset_after_end.is_some();
        if was_awaited {
            self.notices.push_back(Notice::Writable(key));
        }
        self.notices.push_back(Notice::ResponseComplete(key));
        if request_complete {
            self.notices.push_back(Notice::Complete(key));
        }
        if is_reset_behind {
            self.push_reset_after_end(key);
        }
    }

    /// Sends the reset that was to follow the end of a response, if there is one, and only once.
    fn push_reset_after_end(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        let Some(error_code) = producer.reset_after_end.take() else {
            return;
        };
        if producer.is_aborted() || producer.reset_sent {
            return;
        }
        producer.reset_sent = true;
        let stream_id = producer.stream_id();
        self.control.push(ControlFrame::RstStream {
            stream_id,
            error_code,
        });
    }
}
