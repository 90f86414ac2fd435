//! What is known of a producer: what it was told, what the scheduler has seen of that, and what it
//! is waiting for.

use core::ops::{BitOr, BitOrAssign};

use eyas_frame::StreamId;

/// A set of things that happened to a producer.
///
/// A producer holds two of them: what the scheduler has not seen yet (*unobserved*) and what it
/// has (*current*). A visit moves the first into the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State(u8);

impl State {
    /// Nothing happened.
    pub const NONE: Self = Self(0);
    /// A response head (or an informational one) was handed in.
    pub const HEAD: Self = Self(1);
    /// The stream was aborted: nothing more of its response leaves.
    pub const ABORTED: Self = Self(2);
    /// The end of the response is known: what is queued is all there will be.
    pub const COMPLETED: Self = Self(4);

    /// Whether every member of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for State {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for State {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The answer to "why is this stream not sending?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Waiting {
    /// It has something to say and will be served in its turn.
    Turn,
    /// The application has handed in nothing that is still unsent.
    Application,
    /// The stream's flow-control window is closed (RFC 9113 section 5.2).
    StreamWindow,
    /// The connection's flow-control window is closed.
    ConnectionWindow,
    /// The response has left, or was aborted: nothing more will be sent.
    Done,
}

/// A snapshot of one producer, for people who ask why a stream is not sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedulingState {
    /// The stream.
    pub stream_id: StreamId,
    /// Octets of response content handed in and not yet cut into frames.
    pub unconsumed_octets: usize,
    /// What the scheduler has not seen yet.
    pub unobserved: State,
    /// What the scheduler has seen.
    pub current: State,
    /// The stream's window in octets; negative after the peer lowered its initial window
    /// (RFC 9113 section 6.9.2).
    pub window: i64,
    /// What it waits for.
    pub waiting: Waiting,
}
