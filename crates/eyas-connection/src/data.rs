//! DATA: charged to the windows at its header, handed on chunk by chunk, ended at its last.

use bytes::Bytes;
use eyas_frame::{DataChunk, ErrorCode, FrameHeader, StreamId};
use eyas_output::{ControlFrame, StreamKey};

use crate::connection::Connection;
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Fault, StreamError, flow_fault};
use crate::event::Event;
use crate::input::on_idle;
use crate::limits::Charge;
use crate::malformed::{CONTENT_LENGTH_DIFFERS, Malformed};
use crate::observer::Observer;
use crate::state::{Input, Move, STREAM_CLOSED, StreamState};
use crate::streams::Known;

/// Where the chunks of the DATA frame under way go.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DataTarget {
    Stream(StreamKey),
    /// Counted, credited and dropped.
    Discard,
}

/// A chunk without its payload, which travels beside it borrowed or owned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk {
    header: FrameHeader,
    padding: u32,
    first: bool,
    last: bool,
    end_stream: bool,
}

impl Chunk {
    pub(crate) fn of(chunk: &DataChunk<'_>) -> Self {
        Self {
            header: chunk.header,
            padding: chunk.padding,
            first: chunk.first,
            last: chunk.last,
            end_stream: chunk.end_stream(),
        }
    }
}

impl<O: Observer> Connection<O> {
    /// A chunk of DATA: `shared` when the payload is large, else `copied`.
    pub(crate) fn on_data(
        &mut self,
        chunk: Chunk,
        copied: &[u8],
        shared: Option<Bytes>,
    ) -> Result<(), Fault> {
        let mut outcome = Ok(());
        if chunk.first {
            self.note_frame(chunk.header)?;
            self.data_target = DataTarget::Discard;
            self.data_left = chunk.header.length;
            self.data_has_content = false;
            // The frame's octets count against the connection whatever becomes of it.
            self.input
                .receive(chunk.header.length)
                .map_err(|error| flow_fault(error, StreamId::CONNECTION))?;
            match self.data_begins(chunk.header) {
                Ok(target) => self.data_target = target,
                Err(fault @ Fault::Connection(_)) => return Err(fault),
                Err(fault) => outcome = Err(fault),
            }
        }
        let len = shared.as_ref().map_or(copied.len(), Bytes::len) as u32;
        self.data_left = self.data_left.saturating_sub(len + chunk.padding);
        self.data_has_content |= len > 0;
        let DataTarget::Stream(key) = self.data_target else {
            self.credit_connection(len + chunk.padding);
            return outcome;
        };
        if self.discards(key, len + chunk.padding) {
            self.credit_connection(len + chunk.padding);
        } else {
            self.take_chunk(key, chunk, len, copied, shared)?;
        }
        if chunk.end_stream {
            self.request_ends(key)?;
        }
        Ok(())
    }

    /// What the header of a DATA frame decides.
    fn data_begins(&mut self, header: FrameHeader) -> Result<DataTarget, Fault> {
        let stream_id = header.stream_id;
        let end_stream = header.flags.contains(eyas_frame::Flags::END_STREAM);
        let (key, state) = match self.streams.find(stream_id) {
            Known::Live(key) => (Some(key), self.streams.get(key).map(|stream| stream.state)),
            Known::Closed(state) => (None, Some(state)),
            Known::Idle => return Err(on_idle(stream_id)),
            Known::Skipped => return Err(ended(stream_id)),
        };
        let input = if end_stream {
            Input::RecvEnd
        } else {
            Input::RecvData
        };
        match state.map(|state| state.on(input)) {
            Some(Move::To(_)) => {}
            Some(Move::StreamClosed) => {
                return Err(StreamError::new(
                    stream_id,
                    STREAM_CLOSED,
                    "DATA came after the end of the request",
                    "RFC 9113 section 5.1",
                )
                .into());
            }
            Some(Move::ConnectionClosed) => return Err(ended(stream_id)),
            Some(Move::Ignore) | None => {
                if header.length == 0 && !end_stream {
                    self.charge(Charge::EmptyFrame)?;
                }
                return Ok(DataTarget::Discard);
            }
        }
        let (Some(key), Some(stream)) = (key, key.and_then(|key| self.streams.get_mut(key))) else {
            return Ok(DataTarget::Discard);
        };
        stream
            .input
            .receive(header.length)
            .map_err(|error| flow_fault(error, stream_id))?;
        if header.length == 0 && !end_stream {
            self.charge(Charge::EmptyFrame)?;
        }
        Ok(DataTarget::Stream(key))
    }

    /// Keeps a chunk for its reader.
    fn take_chunk(
        &mut self,
        key: StreamKey,
        chunk: Chunk,
        len: u32,
        copied: &[u8],
        shared: Option<Bytes>,
    ) -> Result<(), Fault> {
        if chunk.padding > 0 {
            self.consumed(key, chunk.padding);
        }
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        if let Some(left) = &mut stream.recv_left {
            match left.checked_sub(len.into()) {
                Some(less) => *left = less,
                None => {
                    let error = malformed(stream.id, CONTENT_LENGTH_DIFFERS);
                    // It is in nobody's buffer: the reset below will not find it there.
                    self.consumed(key, len);
                    return Err(error);
                }
            }
        }
        self.stats.content_octets_received += u64::from(len);
        if chunk.last && !self.data_has_content && chunk.header.length > 0 && !chunk.end_stream {
            self.charge(Charge::EmptyFrame)?;
        }
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        stream.awaits_continue &= len == 0;
        match shared {
            Some(payload) => stream.body.push_shared(payload),
            None if !copied.is_empty() => stream.body.push_copy(copied),
            None => return Ok(()),
        }
        if !stream.told_data {
            stream.told_data = true;
            self.events.push_back(Event::Data { key });
        }
        Ok(())
    }

    /// Whether `len` more octets for this stream have no reader; if so they are counted here.
    fn discards(&mut self, key: StreamKey, len: u32) -> bool {
        let Some(stream) = self.streams.get_mut(key) else {
            return true;
        };
        if !stream.discards() {
            return false;
        }
        if let Some(left) = &mut stream.linger_left {
            match left.checked_sub(len) {
                Some(less) => *left = less,
                None => self.stop_lingering(key),
            }
        }
        true
    }

    /// The request has ended: END_STREAM came on DATA or on a trailer section.
    pub(crate) fn request_ends(&mut self, key: StreamKey) -> Result<(), Fault> {
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        let Move::To(state) = stream.state.on(Input::RecvEnd) else {
            return Ok(());
        };
        if stream.recv_left.is_some_and(|left| left > 0) && !stream.released {
            return Err(malformed(stream.id, CONTENT_LENGTH_DIFFERS));
        }
        stream.state = state;
        let released = stream.released;
        if state == StreamState::Ended {
            self.streams.closed();
        }
        if released {
            self.scheduler.complete_request(key);
            self.heed_notices();
        } else {
            self.events.push_back(Event::End { key });
        }
        Ok(())
    }

    /// Gives the connection window back what nobody will read.
    pub(crate) fn credit_connection(&mut self, octets: u32) {
        // Behind a GOAWAY that ends the connection there is nothing to give credit for.
        if octets == 0 || self.life.is_closing() {
            return;
        }
        if let Some(increment) = self.input.consume(octets) {
            self.scheduler.control(ControlFrame::WindowUpdate {
                stream_id: StreamId::CONNECTION,
                increment,
            });
        }
    }
}

pub(crate) fn malformed(stream_id: StreamId, malformed: Malformed) -> Fault {
    StreamError::new(
        stream_id,
        ErrorCode::PROTOCOL_ERROR,
        malformed.reason,
        malformed.rule,
    )
    .into()
}

/// A frame for a stream that ended both ways, or was skipped and so is closed.
pub(crate) fn ended(stream_id: StreamId) -> Fault {
    ConnectionError::peer(
        EndReason::StreamClosed,
        STREAM_CLOSED,
        "a frame came for a stream that had ended",
        "RFC 9113 section 5.1",
    )
    .on(stream_id)
    .into()
}
