//! Ending a stream with RST_STREAM, and what that gives back.

use eyas_frame::{ErrorCode, StreamId};
use eyas_output::{ControlFrame, StreamKey};

use crate::connection::Connection;
use crate::data::DataTarget;
use crate::error::Side;
use crate::event::Event;
use crate::observer::Observer;
use crate::state::{Input, Move, StreamState};

impl<O: Observer> Connection<O> {
    /// Sends RST_STREAM for a live stream and closes it.
    pub(crate) fn reset_for(&mut self, key: StreamKey, error_code: ErrorCode, blame: Side) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        let stream_id = stream.id;
        let Move::To(state) = stream.state.on(Input::SendReset) else {
            // Closed before, by the client's reset: it hears that its frame was not welcome.
            self.push_reset(stream_id, error_code);
            return;
        };
        stream.state = state;
        let released = stream.released;
        if self.scheduler.reset(key, error_code) {
            self.note_reset(stream_id, error_code);
        } else {
            self.push_reset(stream_id, error_code);
        }
        self.close_stream(key);
        if !released {
            self.events.push_back(Event::Reset {
                key,
                error_code,
                side: blame,
            });
        }
        self.heed_notices();
    }

    /// Sends RST_STREAM for a stream that has no slot, and remembers that it did.
    pub(crate) fn send_reset(&mut self, stream_id: StreamId, error_code: ErrorCode) {
        self.push_reset(stream_id, error_code);
        self.streams.remember(stream_id, StreamState::ResetSent);
    }

    pub(crate) fn push_reset(&mut self, stream_id: StreamId, error_code: ErrorCode) {
        self.note_reset(stream_id, error_code);
        self.scheduler.control(ControlFrame::RstStream {
            stream_id,
            error_code,
        });
    }

    fn note_reset(&mut self, stream_id: StreamId, error_code: ErrorCode) {
        self.stats.resets_sent += 1;
        self.observer
            .stream_reset(stream_id, error_code, Side::Local);
    }

    /// A stream was reset, by either side: what nobody will read goes back to the connection window.
    pub(crate) fn close_stream(&mut self, key: StreamKey) {
        self.streams.closed();
        self.discard_unread(key);
        if self.streams.get(key).is_some_and(|stream| stream.released) {
            self.scheduler.complete_request(key);
        }
    }

    /// Gives the connection back what was received and not read. The rest of a DATA frame under way is
    /// counted already but has not come: each of its chunks will be credited by itself.
    pub(crate) fn discard_unread(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        stream.body.clear();
        let mut unread = stream.input.abort();
        if matches!(self.data_target, DataTarget::Stream(target) if target == key) {
            unread = unread.saturating_sub(self.data_left);
        }
        self.credit_connection(unread);
    }
}
