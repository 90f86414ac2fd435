//! Behind an early response: what the client still sends is discarded for a bounded while.

use std::time::Duration;

use eyas_frame::ErrorCode;
use eyas_output::StreamKey;

use crate::connection::Connection;
use crate::error::Side;
use crate::observer::Observer;
use crate::state::StreamState;
use crate::stream::Stream;

/// Entries of streams that linger are not looked through below this number.
const LINGERING_MIN: usize = 32;

impl<O: Observer> Connection<O> {
    /// Looks whether a stream that was let go of is done with, or lingers.
    pub(crate) fn settle(&mut self, key: StreamKey) {
        let Some(Stream {
            released: true,
            state,
            ..
        }) = self.streams.get(key)
        else {
            return;
        };
        if !state.may_receive() {
            self.scheduler.complete_request(key);
        } else if *state == StreamState::HalfClosedLocal {
            self.linger(key);
        }
    }

    /// Goes on discarding what the client sends behind a finished response, for a bounded time and
    /// number of octets: a reset that overtakes the response makes clients drop it.
    pub(crate) fn linger(&mut self, key: StreamKey) {
        let (octets, millis) = (self.limits.linger_octets(), self.limits.linger_ms());
        if octets == 0 || millis == 0 {
            return self.stop_lingering(key);
        }
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        if stream.linger_left.is_none() {
            stream.linger_left = Some(octets);
            // Streams that the client resets leave their entries behind: no more than there are streams.
            if self.lingering.len() > 2 * self.streams.tracked() + LINGERING_MIN {
                let streams = &self.streams;
                self.lingering
                    .retain(|&(_, key)| streams.get(key).is_some_and(|s| !s.state.is_closed()));
            }
            let until = self.now + Duration::from_millis(millis.into());
            self.lingering.push_back((until, key));
        }
    }

    /// Ends what has lingered long enough.
    pub(crate) fn run_lingering(&mut self) {
        while let Some(&(until, key)) = self.lingering.front() {
            // Streams that ended meanwhile are passed over.
            let lingers = self.streams.get(key).is_some_and(|s| !s.state.is_closed());
            if lingers && until > self.now {
                break;
            }
            self.lingering.pop_front();
            self.stop_lingering(key);
        }
    }

    /// Asks the client to stop sending.
    pub(crate) fn stop_lingering(&mut self, key: StreamKey) {
        let lingers = self
            .streams
            .get(key)
            .is_some_and(|stream| stream.state == StreamState::HalfClosedLocal);
        if lingers {
            self.reset_for(key, ErrorCode::NO_ERROR, Side::Local);
        }
    }
}
