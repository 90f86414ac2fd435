//! A request opens a stream, unless there are too many or it is too large.

use eyas_output::{Priority, StreamKey};
use http::{HeaderMap, Method, StatusCode};

use crate::blocks::BlockHead;
use crate::body::RecvBuffer;
use crate::connection::Connection;
use crate::event::Event;
use crate::head::Head;
use crate::observer::Observer;
use crate::priorities::DecidedBy;
use crate::request::RequestHead;
use crate::state::StreamState;
use crate::stream::{Stream, Tunnel};

impl<O: Observer> Connection<O> {
    /// Hands a request to the application.
    #[inline]
    pub(crate) fn open(&mut self, head: BlockHead, request: RequestHead) {
        let RequestHead {
            request,
            content_length,
            expects_continue,
            priority,
        } = request;
        let (priority, decided_by) = self.first_priority(head.stream_id, priority);
        let key = self.open_stream(head, priority);
        if let Some(stream) = self.streams.get_mut(key) {
            stream.priority_by = decided_by;
            stream.recv_left = content_length;
            stream.awaits_continue = expects_continue;
            stream.bodiless = request.method() == Method::HEAD;
            if request.method() == Method::CONNECT {
                stream.tunnel = Tunnel::Asked;
            }
        }
        if !self.rates.response.is_awake {
            self.wake_response_rate();
        }
        if content_length.is_some() && !self.rates.request.is_awake {
            self.wake_request_rate();
        }
        self.stats.requests += 1;
        self.events.push_back(Event::Request {
            key,
            stream_id: head.stream_id,
            request,
            end_stream: head.end_stream,
            content_length,
            expects_continue,
            priority,
        });
    }

    fn open_stream(&mut self, head: BlockHead, priority: Priority) -> StreamKey {
        let key = self.scheduler.open(head.stream_id, priority);
        self.streams.insert(Stream {
            key,
            id: head.stream_id,
            state: if head.end_stream {
                StreamState::HalfClosedRemote
            } else {
                StreamState::Open
            },
            input: self.stream_input(),
            body: RecvBuffer::default(),
            trailers: None,
            recv_left: None,
            awaits_continue: false,
            told_data: false,
            send_left: None,
            bodiless: false,
            tunnel: Tunnel::No,
            priority_by: DecidedBy::Nobody,
            released: false,
            linger_left: None,
            was_awaited: false,
            was_unsent: false,
        });
        self.observer.stream_opened(head.stream_id);
        key
    }

    /// 431 (RFC 6585 section 5), answered here: the application never hears of the request.
    pub(crate) fn answer_too_large(&mut self, head: BlockHead) {
        let key = self.open_stream(head, Priority::UNSIGNALLED);
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        let answer = Head::response(status, HeaderMap::new()).content_length(0);
        // A stream that was just opened accepts a head and its end.
        let _ = self.scheduler.whole(key, answer, bytes::Bytes::new());
        self.release(key);
    }

    /// Whether one more stream is one too many, those whose handler outlives them counted once more.
    pub(crate) fn is_crowded(&self) -> bool {
        let max = self.config.max_concurrent_streams() as usize;
        self.streams.active() >= max || self.streams.tracked() >= max.saturating_mul(2)
    }
}
