//! How a connection goes on and how it ends: notices of the output side, timers, shutdown, GOAWAY.

use std::time::Duration;

use bytes::Bytes;
use eyas_frame::{ErrorCode, StreamId};
use eyas_output::{ControlFrame, Notice, StreamKey};

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Side};
use crate::event::Event;
use crate::observer::Observer;
use crate::state::{Input, Move, StreamState};

/// The PING between the two GOAWAY frames of a shutdown.
const SHUTDOWN_PING: [u8; 8] = *b"eyas:bye";

/// How long that PING may take before the second GOAWAY is sent without its answer.
const SHUTDOWN_PING_TIMEOUT: Duration = Duration::from_secs(1);

/// Maps of spent heads kept for requests to come.
const SPARE_MAPS_MAX: usize = 32;

/// Where the connection is in its life.
#[derive(Debug)]
pub(crate) enum Life {
    Serving,
    /// The first GOAWAY of a shutdown is out: new streams are still welcome until its PING is back.
    Announced {
        until: Duration,
        reason: EndReason,
    },
    /// The second GOAWAY is out: streams up to this one are served to their end.
    Draining {
        last: StreamId,
        reason: EndReason,
    },
    /// It has ended. What is queued is written, nothing more is read.
    Closing {
        reason: EndReason,
        error: Option<ConnectionError>,
    },
}

impl Life {
    #[inline]
    pub(crate) const fn is_closing(&self) -> bool {
        matches!(self, Self::Closing { .. })
    }

    /// Whether a new stream comes too late.
    #[inline]
    pub(crate) fn refuses(&self, stream_id: StreamId) -> bool {
        matches!(self, Self::Draining { last, .. } if stream_id > *last)
    }
}

impl<O: Observer> Connection<O> {
    /// Ends the connection gracefully: GOAWAY naming the highest possible stream, a PING, and when that
    /// is back GOAWAY naming the last stream that was seen (RFC 9113 section 6.8). Streams up to it are
    /// served to their end, then the connection closes. The caller sets the deadline and calls
    /// [`close`](Self::close).
    pub fn shutdown(&mut self) {
        self.shut_down(EndReason::Shutdown);
    }

    pub(crate) fn shut_down(&mut self, reason: EndReason) {
        if !matches!(self.life, Life::Serving) {
            return;
        }
        if !self.settings_seen {
            // Nobody to be graceful to.
            return self.close(reason);
        }
        self.go_away(StreamId::MAX, ErrorCode::NO_ERROR, Bytes::new());
        self.scheduler.control(ControlFrame::Ping {
            ack: false,
            payload: SHUTDOWN_PING,
        });
        self.life = Life::Announced {
            until: self.now + SHUTDOWN_PING_TIMEOUT,
            reason,
        };
    }

    /// Ends the connection at once: GOAWAY, and every stream is reset.
    pub fn close(&mut self, reason: EndReason) {
        if self.life.is_closing() {
            return;
        }
        self.go_away(self.last_stream(), ErrorCode::NO_ERROR, Bytes::new());
        self.end(reason, None);
    }

    /// Ends the connection because of a fault.
    pub(crate) fn fail(&mut self, error: ConnectionError) {
        if self.life.is_closing() {
            return;
        }
        let debug_data = Bytes::from_static(error.reason().as_bytes());
        self.go_away(self.last_stream(), error.code(), debug_data);
        self.end(error.end_reason(), Some(error));
    }

    /// Ends every stream and stops reading. The first reason wins.
    pub(crate) fn end(&mut self, reason: EndReason, error: Option<ConnectionError>) {
        if self.life.is_closing() {
            return;
        }
        let error_code = error
            .as_ref()
            .map_or(ErrorCode::CANCEL, ConnectionError::code);
        let side = match (&error, reason) {
            (Some(_), _) | (_, EndReason::PeerClosed) => Side::Peer,
            _ => Side::Local,
        };
        self.life = Life::Closing { reason, error };
        self.block = None;
        for key in self.streams.keys() {
            self.cut_off(key, error_code, side);
        }
        self.heed_notices();
        self.observer.closed(reason);
    }

    fn cut_off(&mut self, key: StreamKey, error_code: ErrorCode, side: Side) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        if stream.state.is_closed() {
            return;
        }
        stream.state = StreamState::ResetSent;
        let released = stream.released;
        self.scheduler.silence(key);
        self.close_stream(key);
        if !released {
            self.events.push_back(Event::Reset {
                key,
                error_code,
                side,
            });
        }
    }

    fn go_away(&mut self, last_stream_id: StreamId, error_code: ErrorCode, debug_data: Bytes) {
        // Nothing goes before SETTINGS (RFC 9113 section 3.4).
        self.send_first_settings();
        self.scheduler.control(ControlFrame::GoAway {
            last_stream_id,
            error_code,
            debug_data,
        });
    }

    /// The last stream that was or may be processed.
    fn last_stream(&self) -> StreamId {
        match self.life {
            Life::Draining { last, .. } => last,
            _ => self.streams.highest(),
        }
    }

    pub(crate) fn on_ping_ack(&mut self, payload: [u8; 8]) {
        if payload == SHUTDOWN_PING {
            self.begin_drain();
        }
    }

    pub(crate) fn begin_drain(&mut self) {
        let Life::Announced { reason, .. } = self.life else {
            return;
        };
        let last = self.streams.highest();
        self.go_away(last, ErrorCode::NO_ERROR, Bytes::new());
        self.life = Life::Draining { last, reason };
        self.end_if_drained();
    }

    fn end_if_drained(&mut self) {
        if self.streams.tracked() > 0 {
            return;
        }
        self.timers.idle_since = self.now;
        self.await_rest();
        if let Life::Draining { reason, .. } = self.life {
            self.end(reason, None);
        }
    }

    // Notices.

    /// Hears what happened to streams' output, until nothing is left to hear.
    #[inline]
    pub(crate) fn heed_notices(&mut self) {
        while let Some(notice) = self.scheduler.poll_notice() {
            match notice {
                Notice::ResponseComplete(key) => self.on_response_complete(key),
                Notice::Complete(key) => self.forget(key),
                Notice::Writable(key) if self.is_held(key) => {
                    self.events.push_back(Event::Writable { key });
                }
                _ => {}
            }
        }
        while let Some(head) = self.scheduler.take_spent() {
            let mut headers = head.into_headers();
            if headers.capacity() > 0 && self.spare_maps.len() < SPARE_MAPS_MAX {
                headers.clear();
                self.spare_maps.push(headers);
            }
        }
    }

    /// Whether the application still holds the stream.
    fn is_held(&self, key: StreamKey) -> bool {
        self.streams.get(key).is_some_and(|stream| !stream.released)
    }

    fn on_response_complete(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        let Move::To(state) = stream.state.on(Input::SendEnd) else {
            return;
        };
        stream.state = state;
        self.stats.responses += 1;
        self.budget.useful_work();
        if state == StreamState::Ended {
            // A stream that was let go of has completed its request then, or when that ended.
            self.streams.closed();
        } else {
            self.settle(key);
        }
    }

    fn forget(&mut self, key: StreamKey) {
        self.scheduler.remove(key);
        if let Some(stream_id) = self.streams.remove(key) {
            self.observer.stream_closed(stream_id);
        }
        self.end_if_drained();
    }
}
