//! How a stream's output ends: complete, by RST_STREAM, or without a word; and who is told.

use eyas_frame::ErrorCode;

use crate::block::FieldBlock;
use crate::control::ControlFrame;
use crate::scheduler::{Notice, Scheduler};
use crate::slab::StreamKey;

impl<H: FieldBlock> Scheduler<H> {
    /// Ends a stream with RST_STREAM at once: queued content is dropped, a closed window does not
    /// hold it back, and it overtakes everything but what is already cut.
    ///
    /// Returns whether RST_STREAM will be sent. It is not when the response was complete or aborted:
    /// see [`reset_after_end`](Self::reset_after_end).
    pub fn reset(&mut self, key: StreamKey, error_code: ErrorCode) -> bool {
        let Some(producer) = self.producers.get_mut(key) else {
            return false;
        };
        let stream_id = producer.stream_id();
        if !self.silence(key) {
            return false;
        }
        self.control.push(ControlFrame::RstStream {
            stream_id,
            error_code,
        });
        true
    }

    /// Sends RST_STREAM behind the last frame of the response: at once when that has left.
    ///
    /// For a response that ends before its request does: RST_STREAM(NO_ERROR) asks the client to
    /// stop sending (RFC 9113 section 8.1). It is sent once, whatever comes after; an abort before
    /// the end takes its place.
    pub fn reset_after_end(&mut self, key: StreamKey, error_code: ErrorCode) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.is_aborted() {
            return;
        }
        producer.reset_after_end = Some(error_code);
        if producer.response_complete {
            self.push_reset_after_end(key);
        }
    }

    /// Ends a stream's output without a word: the peer has reset it.
    ///
    /// Returns whether this changed anything: `false` when the response had left, or was aborted.
    pub fn silence(&mut self, key: StreamKey) -> bool {
        let Some(producer) = self.producers.get_mut(key) else {
            return false;
        };
        if !producer.abort() {
            return false;
        }
        producer.observe();
        self.lists.unlink(key.index() as u32);
        self.complete_response(key);
        true
    }

    /// The request side is done with: the application has let go of the stream, and the peer will
    /// send nothing more that matters. Completion of the response may come before or after.
    pub fn complete_request(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        if producer.request_complete {
            return;
        }
        producer.request_complete = true;
        if producer.response_complete {
            self.notices.push_back(Notice::Complete(key));
        }
    }

    /// The last frame of the response was cut, or its abort was.
    pub(crate) fn complete_response(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        producer.response_complete = true;
        let was_awaited = core::mem::take(&mut producer.awaits_room);
        let request_complete = producer.request_complete;
        let is_reset_behind = producer.reset_after_end.is_some();
        if was_awaited {
            self.notices.push_back(Notice::Writable(key));
        }
        self.notices.push_back(Notice::ResponseComplete(key));
        if request_complete {
            self.notices.push_back(Notice::Complete(key));
        }
        if is_reset_behind {
            self.push_reset_after_end(key);
        }
    }

    /// Sends the reset that was to follow the end of a response, if there is one, and only once.
    fn push_reset_after_end(&mut self, key: StreamKey) {
        let Some(producer) = self.producers.get_mut(key) else {
            return;
        };
        let Some(error_code) = producer.reset_after_end.take() else {
            return;
        };
        if producer.is_aborted() || producer.reset_sent {
            return;
        }
        producer.reset_sent = true;
        let stream_id = producer.stream_id();
        self.control.push(ControlFrame::RstStream {
            stream_id,
            error_code,
        });
    }
}
