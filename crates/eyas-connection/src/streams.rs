//! Every stream there is, how to find it, and what is remembered of the ones that are gone.

use std::collections::VecDeque;

use eyas_frame::StreamId;
use eyas_output::StreamKey;

use crate::index::StreamIndex;
use crate::state::StreamState;
use crate::stream::Stream;

/// Closed streams remembered one by one: enough for the frames that are under way when a burst of
/// streams is reset.
const CLOSED_MAX: usize = 256;

/// Ranges of identifiers remembered as never used.
const GAPS_MAX: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Streams {
    /// By slot of the key.
    slots: Vec<Option<Stream>>,
    index: StreamIndex,
    /// The highest identifier a client has used.
    highest: u32,
    /// Streams that count against SETTINGS_MAX_CONCURRENT_STREAMS: open or half-closed.
    active: usize,
    tracked: usize,
    closed: VecDeque<(u32, StreamState)>,
    /// Ranges that were skipped, ends included.
    gaps: VecDeque<(u32, u32)>,
}

/// What is remembered of streams that are gone.
#[derive(Debug)]
pub(crate) struct Past {
    highest: u32,
    closed: VecDeque<(u32, StreamState)>,
    gaps: VecDeque<(u32, u32)>,
}

/// What an identifier stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// A stream that is there; it may be closed with its application still running.
    Live(StreamKey),
    /// Never used and higher than any used one.
    Idle,
    /// Lower than a used one, and skipped by the client.
    Skipped,
    /// Gone, and this is how; long gone ones count as ended.
    Closed(StreamState),
}

impl Streams {
    #[inline]
    pub(crate) fn get(&self, key: StreamKey) -> Option<&Stream> {
        self.slots
            .get(key.index())?
            .as_ref()
            .filter(|stream| stream.key == key)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, key: StreamKey) -> Option<&mut Stream> {
        self.slots
            .get_mut(key.index())?
            .as_mut()
            .filter(|stream| stream.key == key)
    }

    #[inline]
    pub(crate) fn find(&self, id: StreamId) -> Known {
        let id = id.get();
        // A server that never pushes has no streams of its own: even identifiers stay idle.
        if id > self.highest || id.is_multiple_of(2) {
            return Known::Idle;
        }
        if let Some(key) = self.index.get(id) {
            return Known::Live(key);
        }
        if self.gaps.iter().any(|&(low, high)| low <= id && id <= high) {
            return Known::Skipped;
        }
        Known::Closed(
            self.closed
                .iter()
                .rev()
                .find(|&&(closed, _)| closed == id)
                .map_or(StreamState::Ended, |&(_, how)| how),
        )
    }

    /// Notes that the client has used `id`, higher than any before: what it skipped is closed.
    pub(crate) fn use_id(&mut self, id: StreamId) {
        let id = id.get();
        debug_assert!(id > self.highest && id % 2 == 1);
        let next = if self.highest == 0 {
            1
        } else {
            self.highest + 2
        };
        if id > next {
            if self.gaps.len() == GAPS_MAX {
                self.gaps.pop_front();
            }
            self.gaps.push_back((next, id - 2));
        }
        self.highest = id;
    }

    #[inline]
    pub(crate) fn insert(&mut self, stream: Stream) {
        let at = stream.key.index();
        if self.slots.len() <= at {
            if self.slots.capacity() == 0 {
                // Many connections never have a second one at once.
                self.slots.reserve_exact(at + 1);
            }
            self.slots.resize_with(at + 1, || None);
        }
        self.index.insert(stream.id.get(), stream.key);
        self.active += 1;
        self.tracked += 1;
        self.slots[at] = Some(stream);
    }

    /// A stream went into a closed state: it no longer counts.
    pub(crate) fn closed(&mut self) {
        debug_assert!(self.active > 0);
        self.active = self.active.saturating_sub(1);
    }

    /// Forgets a stream whose both sides are complete, but for how it ended. Its identifier, if it was
    /// there.
    pub(crate) fn remove(&mut self, key: StreamKey) -> Option<StreamId> {
        let &Stream { id, state, .. } = self.get(key)?;
        self.slots[key.index()] = None;
        self.index.remove(id.get());
        self.tracked -= 1;
        self.remember(id, state);
        Some(id)
    }

    /// Remembers how a stream ended that never had a slot, or has none any more.
    pub(crate) fn remember(&mut self, id: StreamId, how: StreamState) {
        // "Ended" is what is assumed of every stream not remembered.
        if how == StreamState::Ended {
            return;
        }
        if self.closed.len() == CLOSED_MAX {
            self.closed.pop_front();
        }
        self.closed.push_back((id.get(), how));
    }

    /// The highest identifier used by the client.
    pub(crate) fn highest(&self) -> StreamId {
        StreamId::from_wire(self.highest)
    }

    /// Streams that are open or half-closed.
    pub(crate) fn active(&self) -> usize {
        self.active
    }

    /// Streams with a slot, those whose application still runs after their end included.
    pub(crate) fn tracked(&self) -> usize {
        self.tracked
    }

    /// What outlives streams: the rest is lost, so there should be none.
    pub(crate) fn into_past(mut self) -> Past {
        self.closed.shrink_to_fit();
        self.gaps.shrink_to_fit();
        Past {
            highest: self.highest,
            closed: self.closed,
            gaps: self.gaps,
        }
    }

    /// No stream, but those that are gone are remembered.
    pub(crate) fn behind(past: Past) -> Self {
        Self {
            highest: past.highest,
            closed: past.closed,
            gaps: past.gaps,
            ..Self::default()
        }
    }

    pub(crate) fn keys(&self) -> Vec<StreamKey> {
        self.slots
            .iter()
            .flatten()
            .map(|stream| stream.key)
            .collect()
    }
}
