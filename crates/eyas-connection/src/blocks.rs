//! A complete header block becomes a request, a trailer section, or nothing: it is decoded in any case.

use eyas_frame::{Continuation, ErrorCode, Headers, StreamId};
use eyas_hpack::{BlockSummary, DecodedField, Sink};
use eyas_output::StreamKey;
use http::Request;

use crate::connection::Connection;
use crate::data::{ended, malformed};
use crate::end_reason::EndReason;
use crate::error::{ConnectionError, Fault, StreamError};
use crate::header_block::HeaderBlock;
use crate::input::unexpected;
use crate::limits::{Charge, name_of};
use crate::malformed::{INVALID_CONTENT_LENGTH, TRAILERS_IN_TUNNEL, TRAILERS_WITHOUT_END};
use crate::numbers::Slot;
use crate::observer::Observer;
use crate::state::{Input, Move, STREAM_CLOSED, StreamState};
use crate::stream::Tunnel;
use crate::streams::Known;

/// A header block is decoded to its end also when nobody wants its fields, so that the compression
/// context stays in step (RFC 9113 section 4.3).
struct Nobody;

impl Sink<Slot> for Nobody {
    fn field(&mut self, _: DecodedField<'_, Slot>) {}
}

/// What is known of a block besides its octets.
#[derive(Clone, Copy)]
pub(crate) struct BlockHead {
    pub(crate) stream_id: StreamId,
    pub(crate) end_stream: bool,
    depends_on_itself: bool,
}

impl<O: Observer> Connection<O> {
    pub(crate) fn on_headers(&mut self, headers: &Headers<'_>) -> Result<(), Fault> {
        if !headers.stream_id.is_client_initiated() {
            return Err(invalid_id(
                headers.stream_id,
                "a client opened a stream with an even identifier",
            ));
        }
        if !headers.end_headers {
            self.block = Some(HeaderBlock::begin(headers, self.now, &self.limits));
            return Ok(());
        }
        let head = BlockHead {
            stream_id: headers.stream_id,
            end_stream: headers.end_stream,
            depends_on_itself: headers.depends_on_itself(),
        };
        self.on_block(head, headers.fragment)
    }

    pub(crate) fn on_continuation(&mut self, frame: &Continuation<'_>) -> Result<(), Fault> {
        let Some(mut block) = self.block.take() else {
            return Err(unexpected(
                "CONTINUATION came without a header block",
                "RFC 9113 section 6.10",
            ));
        };
        block.push(frame, &self.limits).inspect_err(|error| {
            if error.end_reason() == EndReason::HeaderBlockTooLarge {
                self.observer.limit_hit("max_continuations");
            }
        })?;
        if frame.fragment.is_empty() && !frame.end_headers {
            self.charge(Charge::EmptyFrame)?;
        }
        if !frame.end_headers {
            self.block = Some(block);
            return Ok(());
        }
        let head = BlockHead {
            stream_id: block.stream_id,
            end_stream: block.end_stream,
            depends_on_itself: block.depends_on_itself,
        };
        self.on_block(head, &block.fragments)
    }

    fn on_block(&mut self, head: BlockHead, block: &[u8]) -> Result<(), Fault> {
        match self.streams.find(head.stream_id) {
            Known::Idle => self.on_request(head, block),
            Known::Live(key) => self.on_trailers(key, head, block),
            Known::Skipped => Err(invalid_id(
                head.stream_id,
                "a stream was opened with an identifier lower than a used one",
            )),
            Known::Closed(state) => {
                let input = trailers_input(head);
                match state.on(input) {
                    Move::Ignore | Move::To(_) => {
                        self.discard_block(head.stream_id, block)?;
                        self.charge(Charge::Ignored)
                    }
                    Move::StreamClosed => {
                        self.discard_block(head.stream_id, block)?;
                        Err(closed(head.stream_id))
                    }
                    Move::ConnectionClosed => Err(ended(head.stream_id)),
                }
            }
        }
    }

    #[inline]
    fn on_request(&mut self, head: BlockHead, block: &[u8]) -> Result<(), Fault> {
        let stream_id = head.stream_id;
        self.streams.use_id(stream_id);
        if self.life.refuses(stream_id) {
            // Behind the last stream named in GOAWAY: the client knows that it was not processed.
            self.streams.remember(stream_id, StreamState::ResetSent);
            self.discard_block(stream_id, block)?;
            return self.charge(Charge::Ignored);
        }
        let summary = self.hear_request(block)?;
        self.check_size(stream_id, &summary)?;
        if self.is_crowded() {
            self.stats.streams_refused += 1;
            self.observer.limit_hit("max_concurrent_streams");
            self.send_reset(stream_id, ErrorCode::REFUSED_STREAM);
            return self.charge(Charge::Refused);
        }
        if head.depends_on_itself {
            return Err(StreamError::new(
                stream_id,
                ErrorCode::PROTOCOL_ERROR,
                "a stream depends on itself",
                "RFC 7540 section 5.3.1",
            )
            .into());
        }
        if let Some(limit) = summary.exceeded {
            self.observer.limit_hit(name_of(limit));
            self.answer_too_large(head);
            return Ok(());
        }
        let mut request = Request::new(());
        if let Err(why) = self.collector.finish_request(&mut request) {
            return Err(malformed(stream_id, why));
        }
        let declared = self.collector.declared();
        if head.end_stream && declared.content_length.is_some_and(|length| length > 0) {
            return Err(malformed(stream_id, INVALID_CONTENT_LENGTH));
        }
        if let Some(spare) = self.spare_maps.pop() {
            self.collector.recycle(spare);
        }
        self.open(head, declared, request);
        Ok(())
    }

    fn on_trailers(&mut self, key: StreamKey, head: BlockHead, block: &[u8]) -> Result<(), Fault> {
        let Some(stream) = self.streams.get(key) else {
            return self.discard_block(head.stream_id, block);
        };
        match stream.state.on(trailers_input(head)) {
            Move::To(_) if !stream.discards() => {}
            Move::To(_) => {
                self.discard_block(head.stream_id, block)?;
                return if head.end_stream {
                    self.request_ends(key)
                } else {
                    Err(malformed(head.stream_id, TRAILERS_WITHOUT_END))
                };
            }
            Move::Ignore => {
                self.discard_block(head.stream_id, block)?;
                return self.charge(Charge::Ignored);
            }
            Move::StreamClosed => {
                self.discard_block(head.stream_id, block)?;
                return Err(closed(head.stream_id));
            }
            Move::ConnectionClosed => return Err(ended(head.stream_id)),
        }
        if stream.tunnel == Tunnel::Open {
            self.discard_block(head.stream_id, block)?;
            return Err(malformed(head.stream_id, TRAILERS_IN_TUNNEL));
        }
        self.last_block.forget();
        self.collector.begin_trailers();
        let summary = self.decoder.decode(block, &mut self.collector)?;
        self.check_size(head.stream_id, &summary)?;
        if !head.end_stream {
            return Err(malformed(head.stream_id, TRAILERS_WITHOUT_END));
        }
        if let Some(limit) = summary.exceeded {
            self.observer.limit_hit(name_of(limit));
            return Err(StreamError::new(
                head.stream_id,
                ErrorCode::PROTOCOL_ERROR,
                "a trailer section is too large",
                "RFC 9113 section 10.5.1",
            )
            .into());
        }
        let trailers = self
            .collector
            .finish_trailers()
            .map_err(|why| malformed(head.stream_id, why))?;
        if let Some(stream) = self.streams.get_mut(key) {
            stream.trailers = Some(Box::new(trailers));
        }
        self.request_ends(key)
    }

    /// Has the collector hear the fields of a request; it may have heard them just now.
    #[inline]
    fn hear_request(&mut self, block: &[u8]) -> Result<BlockSummary, Fault> {
        if let Some(summary) = self.last_block.summary_of(block)
            && self.collector.is_familiar()
        {
            return Ok(summary);
        }
        self.last_block.forget();
        self.collector.begin_request();
        let summary = self.decoder.decode(block, &mut self.collector)?;
        self.last_block.keep(block, summary);
        Ok(summary)
    }

    fn discard_block(&mut self, stream_id: StreamId, block: &[u8]) -> Result<(), Fault> {
        self.last_block.forget();
        let summary = self.decoder.decode(block, &mut Nobody)?;
        self.check_size(stream_id, &summary)
    }

    /// A list four times over its limit is not a mistake any more.
    fn check_size(&mut self, stream_id: StreamId, summary: &BlockSummary) -> Result<(), Fault> {
        let far_too_many = u64::from(self.limits.max_header_list_octets()) * 4;
        if summary.octets <= far_too_many {
            return Ok(());
        }
        self.observer.limit_hit("max_header_list_octets");
        Err(ConnectionError::peer(
            EndReason::HeaderBlockTooLarge,
            ErrorCode::ENHANCE_YOUR_CALM,
            "field list is far larger than SETTINGS_MAX_HEADER_LIST_SIZE",
            "RFC 9113 section 10.5.1",
        )
        .on(stream_id)
        .into())
    }
}

fn trailers_input(head: BlockHead) -> Input {
    if head.end_stream {
        Input::RecvEnd
    } else {
        Input::RecvTrailers
    }
}

fn closed(stream_id: StreamId) -> Fault {
    StreamError::new(
        stream_id,
        STREAM_CLOSED,
        "HEADERS came after the end of the request",
        "RFC 9113 section 5.1",
    )
    .into()
}

fn invalid_id(stream_id: StreamId, reason: &'static str) -> Fault {
    ConnectionError::peer(
        EndReason::InvalidStreamId,
        ErrorCode::PROTOCOL_ERROR,
        reason,
        "RFC 9113 section 5.1.1",
    )
    .on(stream_id)
    .into()
}
