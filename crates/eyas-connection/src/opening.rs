//! A request opens a stream, unless there are too many or it is too large.

use eyas_output::Priority;
use http::{HeaderMap, Method, Request, StatusCode};

use crate::blocks::BlockHead;
use crate::connection::Connection;
use crate::event::Event;
use crate::head::Head;
use crate::observer::Observer;
use crate::request::Declared;
use crate::state::StreamState;
use crate::stream::{Stream, Tunnel};

impl<O: Observer> Connection<O> {
    /// Hands a request to the application.
    #[inline]
    pub(crate) fn open(&mut self, head: BlockHead, declared: Declared, request: Request<()>) {
        let (priority, priority_by) = self.first_priority(head.stream_id, declared.priority);
        let mut stream = self.open_stream(head, priority);
        stream.priority_by = priority_by;
        stream.recv_left = declared.content_length;
        stream.awaits_continue = declared.expects_continue;
        match *request.method() {
            Method::HEAD => stream.bodiless = true,
            Method::CONNECT => stream.tunnel = Tunnel::Asked,
            _ => {}
        }
        let key = stream.key;
        self.streams.insert(stream);
        if !self.rates.response.is_awake {
            self.wake_response_rate();
        }
        if declared.content_length.is_some() && !self.rates.request.is_awake {
            self.wake_request_rate();
        }
        self.is_at_rest = false;
        self.stats.requests += 1;
        if self.events.capacity() == 0 {
            // Events are large, and many connections never have two at once.
            self.events.reserve_exact(1);
        }
        self.events.push_back(Event::Request {
            key,
            stream_id: head.stream_id,
            request,
            end_stream: head.end_stream,
            content_length: declared.content_length,
            expects_continue: declared.expects_continue,
            priority,
        });
    }

    /// Opens the output side of a stream. The caller inserts the other one.
    #[inline]
    fn open_stream(&mut self, head: BlockHead, priority: Priority) -> Stream {
        let key = self.scheduler.open(head.stream_id, priority);
        self.observer.stream_opened(head.stream_id);
        let state = if head.end_stream {
            StreamState::HalfClosedRemote
        } else {
            StreamState::Open
        };
        Stream::new(key, head.stream_id, state, self.stream_input())
    }

    /// 431 (RFC 6585 section 5), answered here: the application never hears of the request.
    pub(crate) fn answer_too_large(&mut self, head: BlockHead) {
        let stream = self.open_stream(head, Priority::UNSIGNALLED);
        let key = stream.key;
        self.streams.insert(stream);
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
