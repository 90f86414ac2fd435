//! From octets to frames, and from each frame to the method that knows what it means.

use bytes::{Buf, BytesMut};
use eyas_frame::{
    ErrorCode, Frame, FrameHeader, FrameType, GoAway, Item, Ping, RstStream, StreamId, WindowUpdate,
};
use eyas_output::ControlFrame;

use crate::body::SPLIT_FROM;
use crate::connection::Connection;
use crate::data::Chunk;
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Fault, Side, StreamError, flow_fault};
use crate::event::Event;
use crate::header_block::interrupted;
use crate::limits::Charge;
use crate::observer::Observer;
use crate::state::{Input, Move};
use crate::streams::Known;

/// A WINDOW_UPDATE below this is charged: a sixteenth of the smallest frame size.
const USEFUL_INCREMENT: u32 = 1024;

impl<O: Observer> Connection<O> {
    /// Reads every frame that is there, as long as there is room for the answers.
    pub(crate) fn read_frames(&mut self, input: &mut BytesMut) -> Result<(), ConnectionError> {
        if !self.preface_seen && !self.read_preface(input)? {
            return Ok(());
        }
        // Octets before `at` are done with. They are dropped once at the end, not frame by frame.
        let mut at = 0;
        let mut result = Ok(());
        while self.wants_input() {
            let Some(step) = self.deframer.next(&input[at..]) else {
                break;
            };
            let consumed = step.consumed;
            let outcome = match step.item {
                Ok(Item::Frame(header, frame)) => {
                    let outcome = self.on_frame(header, frame);
                    at += consumed;
                    outcome
                }
                Ok(Item::Data(chunk)) => {
                    let (payload_at, len) = (at + chunk.payload_offset, chunk.payload.len());
                    let chunk = Chunk::of(&chunk);
                    if len >= SPLIT_FROM {
                        let behind = at + consumed - payload_at - len;
                        input.advance(payload_at);
                        let payload = input.split_to(len).freeze();
                        at = behind;
                        self.on_data(chunk, &[], Some(payload))
                    } else {
                        let payload = &input[payload_at..payload_at + len];
                        let outcome = self.on_data(chunk, payload, None);
                        at += consumed;
                        outcome
                    }
                }
                Err(error) => {
                    at += consumed;
                    self.on_malformed_frame(error.into())
                }
            };
            result = match outcome {
                Ok(()) => continue,
                Err(Fault::Stream(error)) => self.stream_error(error),
                Err(Fault::Connection(error)) => Err(error),
            };
            if result.is_err() {
                break;
            }
        }
        input.advance(at);
        result
    }

    /// A frame that could not be decoded.
    fn on_malformed_frame(&self, fault: Fault) -> Result<(), Fault> {
        if let Fault::Stream(error) = &fault {
            // A stream error does not excuse the interruption of a header block.
            if self.block.is_some() {
                return Err(interrupted().into());
            }
            // RST_STREAM may not be sent for a stream that was never used (RFC 9113 section 6.4).
            if self.streams.find(error.stream_id()) == Known::Idle {
                return Err(ConnectionError::peer(
                    EndReason::InvalidFrame,
                    error.code(),
                    error.reason(),
                    error.rule(),
                )
                .on(error.stream_id())
                .into());
            }
        }
        Err(fault)
    }

    #[inline]
    fn on_frame(&mut self, header: FrameHeader, frame: Frame<'_>) -> Result<(), Fault> {
        self.note_frame(header)?;
        match frame {
            Frame::Headers(headers) => self.on_headers(&headers),
            Frame::Continuation(continuation) => self.on_continuation(&continuation),
            Frame::Priority(_) | Frame::Unknown(_) => self.charge(Charge::Ignored),
            Frame::PriorityUpdate(update) => self.on_priority_update(&update),
            Frame::RstStream(reset) => self.on_rst_stream(reset),
            Frame::Settings(settings) => self.on_settings(&settings),
            Frame::Ping(ping) => self.on_ping(ping),
            Frame::GoAway(go_away) => self.on_go_away(&go_away),
            Frame::WindowUpdate(update) => self.on_window_update(update),
            // DATA comes in chunks, and a client may not push (RFC 9113 section 8.4).
            _ => Err(unexpected(
                "a client sent PUSH_PROMISE",
                "RFC 9113 section 8.4",
            )),
        }
    }

    /// What is true of every frame: the first is SETTINGS, and a header block is not interrupted.
    #[inline]
    pub(crate) fn note_frame(&mut self, header: FrameHeader) -> Result<(), Fault> {
        self.stats.frames_received += 1;
        self.show_frame_received(header);
        if self.block.is_some() && header.kind != FrameType::CONTINUATION {
            return Err(interrupted().into());
        }
        if !self.settings_seen {
            if header.kind != FrameType::SETTINGS || header.flags.contains(eyas_frame::Flags::ACK) {
                return Err(unexpected(
                    "the first frame is not SETTINGS",
                    "RFC 9113 section 3.4",
                ));
            }
            self.settings_seen = true;
            self.start_timers();
        }
        Ok(())
    }

    fn on_rst_stream(&mut self, reset: RstStream) -> Result<(), Fault> {
        let key = match self.streams.find(reset.stream_id) {
            Known::Live(key) => key,
            Known::Idle => return Err(on_idle(reset.stream_id)),
            Known::Skipped | Known::Closed(_) => return self.charge(Charge::Ignored),
        };
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        let Move::To(state) = stream.state.on(Input::RecvReset) else {
            return self.charge(Charge::Ignored);
        };
        stream.state = state;
        let released = stream.released;
        self.stats.resets_received += 1;
        self.observer
            .stream_reset(reset.stream_id, reset.error_code, Side::Peer);
        let had_begun = self
            .scheduler
            .producer(key)
            .is_some_and(|producer| producer.has_head());
        self.scheduler.silence(key);
        self.close_stream(key);
        if !released {
            self.events.push_back(Event::Reset {
                key,
                error_code: reset.error_code,
                side: Side::Peer,
            });
        }
        self.heed_notices();
        if had_begun {
            Ok(())
        } else {
            self.charge(Charge::ResetBeforeResponse)
        }
    }

    fn on_ping(&mut self, ping: Ping) -> Result<(), Fault> {
        if ping.ack {
            self.on_ping_ack(ping.payload);
            return Ok(());
        }
        self.charge(Charge::Ping)?;
        self.scheduler.control(ControlFrame::Ping {
            ack: true,
            payload: ping.payload,
        });
        Ok(())
    }

    /// The client will open no more streams of its own accord; what it has opened is answered.
    fn on_go_away(&mut self, _: &GoAway<'_>) -> Result<(), Fault> {
        self.charge(Charge::Ignored)
    }

    fn on_window_update(&mut self, update: WindowUpdate) -> Result<(), Fault> {
        if update.increment < USEFUL_INCREMENT {
            self.charge(Charge::SmallWindowUpdate)?;
        }
        if update.stream_id.is_connection() {
            return self
                .scheduler
                .grow_connection(update.increment)
                .map_err(|error| flow_fault(error, update.stream_id));
        }
        let key = match self.streams.find(update.stream_id) {
            Known::Live(key) => key,
            Known::Idle => return Err(on_idle(update.stream_id)),
            Known::Skipped | Known::Closed(_) => return Ok(()),
        };
        let state = self.streams.get(key).map(|stream| stream.state);
        match state.map(|state| state.on(Input::RecvWindowUpdate)) {
            Some(Move::To(_)) => self
                .scheduler
                .grow(key, update.increment)
                .map_err(|error| flow_fault(error, update.stream_id)),
            _ => Ok(()),
        }
    }

    /// Charges the abuse budget; an empty one ends the connection.
    pub(crate) fn charge(&mut self, charge: Charge) -> Result<(), Fault> {
        if self.budget.charge(self.now, charge) {
            return Ok(());
        }
        self.observer.limit_hit("abuse_burst");
        Err(ConnectionError::peer(
            EndReason::AbuseBudget,
            ErrorCode::ENHANCE_YOUR_CALM,
            charge.reason(),
            "RFC 9113 section 10.5",
        )
        .into())
    }

    /// Resets the stream a fault belongs to, and charges the peer for it.
    pub(crate) fn stream_error(&mut self, error: StreamError) -> Result<(), ConnectionError> {
        self.observer.stream_error(&error);
        match self.streams.find(error.stream_id()) {
            Known::Live(key) => self.reset_for(key, error.code(), Side::Peer),
            _ => self.send_reset(error.stream_id(), error.code()),
        }
        match self.charge(Charge::ResetCaused) {
            Err(Fault::Connection(error)) => Err(error),
            _ => Ok(()),
        }
    }
}

/// A frame that only makes sense for a stream that was used (RFC 9113 section 5.1).
pub(crate) fn on_idle(stream_id: StreamId) -> Fault {
    ConnectionError::peer(
        EndReason::UnexpectedFrame,
        ErrorCode::PROTOCOL_ERROR,
        "a frame came for a stream that was never opened",
        "RFC 9113 section 5.1",
    )
    .on(stream_id)
    .into()
}

pub(crate) fn unexpected(reason: &'static str, rule: &'static str) -> Fault {
    ConnectionError::peer(
        EndReason::UnexpectedFrame,
        ErrorCode::PROTOCOL_ERROR,
        reason,
        rule,
    )
    .into()
}
