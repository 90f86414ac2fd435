//! What one stream still has to say: head, content, trailers, end, or its abort.

use alloc::collections::VecDeque;
use core::fmt;

use bytes::Bytes;
use eyas_flow_control::OutputWindow;
use eyas_frame::{ErrorCode, StreamId};

use crate::chunks::Chunks;
use crate::marks::Marks;
use crate::priority::Priority;
use crate::state::State;
use crate::turns::QUANTUM;

/// The output side of one stream.
///
/// The application speaks (`head`, `data`, `trailers`, `end`, `abort`); the scheduler listens when
/// it is the stream's turn. What was said and not yet heard is the *unobserved* state; the
/// [`Scheduler`](crate::Scheduler) hands out shared references only, so a producer inside one is
/// changed through the scheduler's verbs, which keep its lists true.
///
/// ```
/// use eyas_frame::StreamId;
/// use eyas_output::{Marks, Priority, Producer, WriteError};
///
/// let id = StreamId::new(1).expect("1 fits 31 bits");
/// let mut producer: Producer<()> = Producer::new(id, Priority::default(), Marks::default());
/// producer.head(())?;
/// producer.data("hello".into())?;
/// assert_eq!(producer.unconsumed_octets(), 5);
/// producer.end()?;
/// assert_eq!(producer.data("more".into()), Err(WriteError::AfterEnd));
/// # Ok::<(), WriteError>(())
/// ```
#[derive(Debug)]
pub struct Producer<H> {
    stream_id: StreamId,
    pub(crate) priority: Priority,

    // What it still has to say, in this order.
    /// `None` for nearly all streams.
    pub(crate) informational: Option<VecDeque<H>>,
    pub(crate) head: Option<H>,
    pub(crate) content: Chunks,
    pub(crate) trailers: Option<H>,
    pub(crate) reset_after_end: Option<ErrorCode>,

    // What it was told.
    pub(crate) unobserved: State,
    pub(crate) current: State,
    /// Octets in `content`: up when handed in, down when cut into a frame.
    pub(crate) unconsumed_octets: usize,
    pub(crate) head_given: bool,

    // How far it is.
    /// Some content was cut.
    pub(crate) content_begun: bool,
    pub(crate) response_complete: bool,
    pub(crate) request_complete: bool,
    /// The reset that follows the end was sent.
    pub(crate) reset_sent: bool,
    /// Octets it may still send before the other incremental streams of its class have their turn.
    pub(crate) turn_left: u32,

    pub(crate) window: OutputWindow,
    /// Octets it may hold before it is asked to pause.
    pub(crate) mark: usize,
    /// Somebody was told to pause and waits to hear that there is room again.
    pub(crate) awaits_room: bool,
    /// Somebody was told to pause since it was last drained.
    pub(crate) was_filled: bool,
}

/// Why something could not be handed to a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WriteError {
    /// The response was ended before: nothing may follow its end.
    AfterEnd,
    /// A second head, or an informational one behind the final head.
    AfterHead,
    /// Content or trailers before the head.
    BeforeHead,
}

impl<H> Producer<H> {
    /// A producer that was told nothing yet.
    #[must_use]
    pub fn new(stream_id: StreamId, priority: Priority, marks: Marks) -> Self {
        Self {
            stream_id,
            priority,
            informational: None,
            head: None,
            content: Chunks::default(),
            trailers: None,
            reset_after_end: None,
            unobserved: State::NONE,
            current: State::NONE,
            unconsumed_octets: 0,
            head_given: false,
            content_begun: false,
            response_complete: false,
            request_complete: false,
            reset_sent: false,
            turn_left: QUANTUM,
            window: OutputWindow::default(),
            mark: marks.initial(),
            awaits_room: false,
            was_filled: false,
        }
    }

    /// The stream.
    #[must_use]
    pub const fn stream_id(&self) -> StreamId {
        self.stream_id
    }

    /// Its priority.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// Octets of content handed in and not yet cut into frames.
    #[must_use]
    pub const fn unconsumed_octets(&self) -> usize {
        self.unconsumed_octets
    }

    /// Octets it would take before it asks to pause; zero from its mark on. Advice, not a wall: what
    /// is handed in beyond it is kept.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.mark.saturating_sub(self.unconsumed_octets)
    }

    /// What the scheduler has not seen yet.
    #[must_use]
    pub const fn unobserved_state(&self) -> State {
        self.unobserved
    }

    /// What the scheduler has seen.
    #[must_use]
    pub const fn current_state(&self) -> State {
        self.current
    }

    /// Whether a final response head was handed in.
    #[must_use]
    pub const fn has_head(&self) -> bool {
        self.head_given
    }

    /// Whether END_STREAM or the reset was cut.
    #[must_use]
    pub const fn is_response_complete(&self) -> bool {
        self.response_complete
    }

    /// Whether the stream was aborted: everything handed in from now on is swallowed.
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.told(State::ABORTED)
    }

    /// Whether the end of the response was handed in.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.told(State::COMPLETED)
    }

    /// An informational head (1xx), sent before the final one (RFC 9113 section 8.1).
    ///
    /// # Errors
    ///
    /// [`WriteError::AfterHead`] behind the final head.
    pub fn informational(&mut self, head: H) -> Result<(), WriteError> {
        if self.is_aborted() {
            return Ok(());
        }
        if self.head_given {
            return Err(WriteError::AfterHead);
        }
        self.informational.get_or_insert_default().push_back(head);
        self.unobserved |= State::HEAD;
        Ok(())
    }

    /// The final response head.
    ///
    /// # Errors
    ///
    /// [`WriteError::AfterHead`] when there was one before.
    pub fn head(&mut self, head: H) -> Result<(), WriteError> {
        if self.is_aborted() {
            return Ok(());
        }
        if self.head_given {
            return Err(WriteError::AfterHead);
        }
        self.head_given = true;
        self.head = Some(head);
        self.unobserved |= State::HEAD;
        Ok(())
    }

    /// Content of the response. Empty content changes nothing.
    ///
    /// # Errors
    ///
    /// [`WriteError::BeforeHead`], or [`WriteError::AfterEnd`].
    #[inline]
    pub fn data(&mut self, octets: Bytes) -> Result<(), WriteError> {
        if self.is_aborted() {
            return Ok(());
        }
        self.may_go_on()?;
        self.unconsumed_octets += octets.len();
        self.content.push(octets);
        Ok(())
    }

    /// The trailer section, which ends the response (RFC 9113 section 8.1).
    ///
    /// # Errors
    ///
    /// [`WriteError::BeforeHead`], or [`WriteError::AfterEnd`].
    pub fn trailers(&mut self, trailers: H) -> Result<(), WriteError> {
        if self.is_aborted() {
            return Ok(());
        }
        self.may_go_on()?;
        self.trailers = Some(trailers);
        self.unobserved |= State::COMPLETED;
        Ok(())
    }

    /// The end of the response: END_STREAM rides on the last frame there is to write.
    ///
    /// # Errors
    ///
    /// [`WriteError::BeforeHead`], or [`WriteError::AfterEnd`].
    #[inline]
    pub fn end(&mut self) -> Result<(), WriteError> {
        if self.is_aborted() {
            return Ok(());
        }
        self.may_go_on()?;
        self.unobserved |= State::COMPLETED;
        Ok(())
    }

    /// Ends the output at once: whatever is queued is dropped, whatever comes later is swallowed.
    ///
    /// Returns whether this changed anything: `false` when the response had left, or was aborted.
    pub fn abort(&mut self) -> bool {
        if self.response_complete || self.is_aborted() {
            return false;
        }
        self.informational = None;
        self.head = None;
        self.trailers = None;
        self.content.clear();
        self.unconsumed_octets = 0;
        self.unobserved |= State::ABORTED;
        true
    }

    #[inline]
    fn may_go_on(&self) -> Result<(), WriteError> {
        if self.is_ended() {
            return Err(WriteError::AfterEnd);
        }
        if !self.head_given {
            return Err(WriteError::BeforeHead);
        }
        Ok(())
    }

    #[inline]
    fn told(&self, state: State) -> bool {
        (self.unobserved | self.current).contains(state)
    }

    /// The scheduler has seen everything it was told so far.
    #[inline]
    pub(crate) fn observe(&mut self) {
        self.current |= self.unobserved;
        self.unobserved = State::NONE;
    }

    /// Whether `octets` octets of content more are all that is left to send.
    #[inline]
    pub(crate) fn ends_with(&self, octets: usize) -> bool {
        self.unconsumed_octets == octets && self.is_ended() && self.trailers.is_none()
    }

    /// `octets` octets of content, at most the unconsumed ones, go into a frame.
    #[inline]
    pub(crate) fn consume(&mut self, octets: u32) {
        self.unconsumed_octets -= octets as usize;
        self.turn_left = self.turn_left.saturating_sub(octets);
        self.content_begun = true;
    }

    /// A sequential response that had begun runs on to its end before its successors begin.
    #[inline]
    pub(crate) fn runs_on(&self) -> bool {
        self.content_begun && !self.priority.is_incremental()
    }

    /// Something waits that no window holds back.
    #[inline]
    pub(crate) fn has_free_work(&self) -> bool {
        self.head.is_some()
            || self.informational.is_some()
            || (self.unconsumed_octets == 0 && self.is_ended())
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AfterEnd => "the response has ended: nothing may be written behind its end",
            Self::AfterHead => "the final response head was given before",
            Self::BeforeHead => "content or trailers were given before the response head",
        })
    }
}

impl core::error::Error for WriteError {}
