//! How urgent each response is: what the client signals (RFC 9218), and what the application decides.

use eyas_frame::{ErrorCode, PriorityUpdate, StreamId};
use eyas_output::{Priority, StreamKey};

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Fault};
use crate::limits::Charge;
use crate::observer::Observer;
use crate::priority_field::{PriorityField, SIGNALLED_DEFAULT, Signal};
use crate::streams::Known;

/// Priorities kept for streams that are not open yet, whatever number of streams is allowed.
const ANNOUNCED_MAX: usize = 256;

/// What is known of priorities beside those of the streams that are there.
#[derive(Debug, Default)]
pub(crate) struct Priorities {
    /// The client has sent a signal of any kind.
    signalled: bool,
    /// From PRIORITY_UPDATE, for streams that are still idle.
    announced: Vec<(StreamId, Priority)>,
}

impl Priorities {
    pub(crate) fn shrink_to_fit(&mut self) {
        self.announced.shrink_to_fit();
    }
}

/// Who decided on a stream's priority; a later one in this list prevails over an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DecidedBy {
    /// Nobody: it is the default.
    Nobody,
    /// The client, by field or frame.
    Client,
    /// The application (RFC 9218 section 8).
    Application,
}

impl<O: Observer> Connection<O> {
    /// A stream's priority: the client's, unless the application has decided otherwise.
    #[must_use]
    pub fn priority(&self, key: StreamKey) -> Option<Priority> {
        self.scheduler
            .producer(key)
            .map(eyas_output::Producer::priority)
    }

    /// Decides on a stream's priority (RFC 9218 section 8). What the client signals later does not
    /// change it.
    pub fn set_priority(&mut self, key: StreamKey, priority: Priority) {
        self.decide(key, priority, DecidedBy::Application);
    }

    /// The priority a stream starts with.
    #[inline]
    pub(crate) fn first_priority(
        &mut self,
        stream_id: StreamId,
        field: PriorityField,
    ) -> (Priority, DecidedBy) {
        if !self.priorities.signalled && !matches!(field, PriorityField::Said(_)) {
            // Nothing was ever signalled: everybody shares alike.
            return (Priority::UNSIGNALLED, DecidedBy::Nobody);
        }
        self.signalled_priority(stream_id, field)
    }

    /// What PRIORITY_UPDATE said goes before the field (RFC 9218 section 7).
    fn signalled_priority(
        &mut self,
        stream_id: StreamId,
        field: PriorityField,
    ) -> (Priority, DecidedBy) {
        let announced = &mut self.priorities.announced;
        let at = announced.iter().position(|&(id, _)| id == stream_id);
        if let Some(at) = at {
            return (announced.swap_remove(at).1, DecidedBy::Client);
        }
        match field {
            PriorityField::Said(signal) => {
                self.heed_first_signal();
                (signal.priority(), DecidedBy::Client)
            }
            _ => (SIGNALLED_DEFAULT, DecidedBy::Nobody),
        }
    }

    /// PRIORITY_UPDATE (RFC 9218 section 7.1).
    pub(crate) fn on_priority_update(&mut self, update: &PriorityUpdate<'_>) -> Result<(), Fault> {
        self.charge(Charge::Ignored)?;
        let stream_id = update.prioritized_stream_id;
        if !stream_id.is_client_initiated() {
            return Err(invalid(
                stream_id,
                "PRIORITY_UPDATE names a stream that was never pushed",
            ));
        }
        let Some(signal) = Signal::default().and(update.value) else {
            // "MAY be treated as a connection error"; a priority is not worth one.
            return Ok(());
        };
        self.heed_first_signal();
        match self.streams.find(stream_id) {
            Known::Live(key) => self.decide(key, signal.priority(), DecidedBy::Client),
            Known::Idle => self.announce(stream_id, signal.priority())?,
            Known::Skipped | Known::Closed(_) => {}
        }
        Ok(())
    }

    /// Keeps a priority until its stream is opened.
    fn announce(&mut self, stream_id: StreamId, priority: Priority) -> Result<(), Fault> {
        let highest = self.streams.highest();
        let announced = &mut self.priorities.announced;
        announced.retain(|&(id, _)| id > highest);
        if let Some((_, known)) = announced.iter_mut().find(|(id, _)| *id == stream_id) {
            *known = priority;
            return Ok(());
        }
        let (open, kept) = (self.streams.active(), announced.len());
        if open + kept >= self.config.max_concurrent_streams() as usize {
            self.observer.limit_hit("max_concurrent_streams");
            // A client that has not seen our SETTINGS does not know of the limit.
            return if self.settings_unacknowledged > 0 {
                Ok(())
            } else {
                Err(invalid(
                    stream_id,
                    "PRIORITY_UPDATE names one idle stream more than may be open",
                ))
            };
        }
        if kept < ANNOUNCED_MAX && !self.life.refuses(stream_id) {
            announced.push((stream_id, priority));
        }
        Ok(())
    }

    /// A client that signals at all means urgency 3, sequential, where it says nothing (RFC 9218
    /// section 4): from its first signal on that goes for the streams before, too.
    fn heed_first_signal(&mut self) {
        if std::mem::replace(&mut self.priorities.signalled, true) {
            return;
        }
        for key in self.streams.keys() {
            self.decide(key, SIGNALLED_DEFAULT, DecidedBy::Nobody);
        }
    }

    fn decide(&mut self, key: StreamKey, priority: Priority, by: DecidedBy) {
        if let Some(stream) = self.streams.get_mut(key)
            && stream.priority_by <= by
        {
            stream.priority_by = by;
            self.scheduler.reprioritise(key, priority);
        }
    }
}

fn invalid(stream_id: StreamId, reason: &'static str) -> Fault {
    ConnectionError::peer(
        EndReason::UnexpectedFrame,
        ErrorCode::PROTOCOL_ERROR,
        reason,
        "RFC 9218 section 7.1",
    )
    .on(stream_id)
    .into()
}
