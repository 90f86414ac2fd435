//! The application's verbs: answer, send, read, give credit, reset, let go.

use std::fmt;

use bytes::Bytes;
use eyas_frame::ErrorCode;
use eyas_output::{ControlFrame, StreamKey, WriteError};
use http::{HeaderMap, StatusCode};

use crate::connection::Connection;
use crate::error::Side;
use crate::head::Head;
use crate::observer::Observer;
use crate::stream::{Stream, Tunnel};

/// The content of a response, as far as it is known with its head.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Body {
    /// There is none: END_STREAM rides on HEADERS.
    Empty,
    /// All of it: END_STREAM rides on the last DATA frame.
    Whole(Bytes),
    /// It follows by [`send_data`](Connection::send_data), and ends by
    /// [`send_end`](Connection::send_end) or [`send_trailers`](Connection::send_trailers).
    Streaming,
}

/// Why the application may not say this now. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// Out of order: behind the end, before the head, or a second head.
    Order(WriteError),
    /// More content than `content-length` declared.
    TooLong,
    /// The end, with less content than `content-length` declared.
    TooShort,
    /// An informational status where a final one belongs, or the reverse; or 101, which HTTP/2 does not
    /// have (RFC 9113 section 8.6).
    Status,
}

/// Verbs on a key whose stream is gone change nothing and succeed: the peer may have reset it.
impl<O: Observer> Connection<O> {
    /// Answers a request.
    ///
    /// A response to HEAD, and one with status 204 or 304, has no content whatever `body` says
    /// (RFC 9110 section 6.4.1). A response to CONNECT with a status of 2xx opens a tunnel: `body` is
    /// what it carries, and `content-length` is left out (RFC 9110 section 9.3.6).
    ///
    /// # Errors
    ///
    /// [`SendError`]; a second answer is out of order.
    #[inline]
    pub fn respond(&mut self, key: StreamKey, head: Head, body: Body) -> Result<(), SendError> {
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        if head.status().is_none_or(|status| status.is_informational()) {
            return Err(SendError::Status);
        }
        if stream.tunnel == Tunnel::Asked && head.status().is_some_and(|status| status.is_success())
        {
            return self.open_tunnel(key, head, body);
        }
        let has_none = matches!(
            head.status(),
            Some(StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        );
        stream.bodiless |= has_none;
        if stream.bodiless {
            return Ok(self.scheduler.whole(key, head, Bytes::new())?);
        }
        match body {
            Body::Empty | Body::Whole(_) => {
                let content = match body {
                    Body::Whole(content) => content,
                    _ => Bytes::new(),
                };
                if let Some(declared) = head.declared_length() {
                    check_length(declared, content.len() as u64)?;
                }
                Ok(self.scheduler.whole(key, head, content)?)
            }
            Body::Streaming => {
                let declared = head.declared_length();
                self.scheduler.head(key, head)?;
                stream.send_left = declared;
                Ok(())
            }
        }
    }

    /// Sends an informational response (1xx), before the final one.
    ///
    /// # Errors
    ///
    /// [`SendError::Order`] behind the final head, [`SendError::Status`] for any status but 1xx, and
    /// for 101.
    pub fn send_informational(&mut self, key: StreamKey, head: Head) -> Result<(), SendError> {
        let is_informational = head.status().is_some_and(|status| {
            status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
        });
        if !is_informational {
            return Err(SendError::Status);
        }
        let continues = head.status() == Some(StatusCode::CONTINUE);
        self.scheduler.informational(key, head)?;
        if continues && let Some(stream) = self.streams.get_mut(key) {
            stream.awaits_continue = false;
        }
        Ok(())
    }

    /// Sends content behind a [streaming](Body::Streaming) answer. It is kept until the windows allow
    /// it; ask [`send_room`](Self::send_room) how much is wanted.
    ///
    /// # Errors
    ///
    /// [`SendError`].
    #[inline]
    pub fn send_data(&mut self, key: StreamKey, octets: Bytes) -> Result<(), SendError> {
        let Some(stream) = self.streams.get_mut(key) else {
            return Ok(());
        };
        if stream.bodiless {
            return Ok(());
        }
        let len = octets.len() as u64;
        if stream.send_left.is_some_and(|left| len > left) {
            return Err(SendError::TooLong);
        }
        self.scheduler.data(key, octets)?;
        if let Some(left) = &mut stream.send_left {
            *left -= len;
        }
        Ok(())
    }

    /// Ends the response: END_STREAM rides on the last DATA frame when that has not left yet.
    ///
    /// # Errors
    ///
    /// [`SendError`].
    pub fn send_end(&mut self, key: StreamKey) -> Result<(), SendError> {
        if self.may_end(key)? {
            self.scheduler.end(key)?;
        }
        Ok(())
    }

    /// Ends the response with a trailer section. A tunnel just ends: it has none (RFC 9113 section 8.5).
    ///
    /// # Errors
    ///
    /// [`SendError`].
    pub fn send_trailers(&mut self, key: StreamKey, trailers: HeaderMap) -> Result<(), SendError> {
        let is_tunnel = |stream: &Stream| stream.tunnel == Tunnel::Open;
        if self.streams.get(key).is_some_and(is_tunnel) {
            return self.send_end(key);
        }
        if self.may_end(key)? {
            self.scheduler.trailers(key, Head::trailers(trailers))?;
        }
        Ok(())
    }

    /// Octets of content wanted now. Zero asks the application to pause;
    /// [`Event::Writable`](crate::Event::Writable) follows. `usize::MAX` for a stream that is gone.
    #[inline]
    pub fn send_room(&mut self, key: StreamKey) -> usize {
        self.scheduler.room(key)
    }

    /// The next octets of the request's content. Credit for them is given by
    /// [`consumed`](Self::consumed).
    pub fn read(&mut self, key: StreamKey) -> Option<Bytes> {
        let stream = self.streams.get_mut(key)?;
        let chunk = stream.body.pop();
        if stream.body.is_empty() {
            stream.told_data = false;
        }
        chunk
    }

    /// The request's trailer section, once it has ended.
    pub fn take_trailers(&mut self, key: StreamKey) -> Option<HeaderMap> {
        self.streams
            .get_mut(key)?
            .trailers
            .take()
            .map(|trailers| *trailers)
    }

    /// The application is done with `octets` octets that it has read: the client may send as many more
    /// (RFC 9113 section 5.2). WINDOW_UPDATE is sent when half a window has come together.
    pub fn consumed(&mut self, key: StreamKey, octets: u32) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        // What a reset or a release has given back already is not given twice.
        let octets = octets.min(stream.input.unread());
        let increment = stream.input.consume(octets);
        // Nothing more comes on a stream the client has ended.
        if let Some(increment) = increment.filter(|_| stream.state.may_receive()) {
            let stream_id = stream.id;
            self.scheduler.control(ControlFrame::WindowUpdate {
                stream_id,
                increment,
            });
        }
        self.credit_connection(octets);
    }

    /// Ends the stream with RST_STREAM. Queued content is dropped.
    pub fn reset(&mut self, key: StreamKey, error_code: ErrorCode) {
        if self
            .streams
            .get(key)
            .is_some_and(|stream| !stream.state.is_closed())
        {
            self.reset_for(key, error_code, Side::Local);
        }
    }

    /// The application lets go of the stream: it will neither read nor send any more.
    ///
    /// An answer that was begun and not ended, or never begun, is reset with INTERNAL_ERROR. One that
    /// was ended is sent to its end; if the client is still sending, that is discarded for a bounded
    /// time, then asked to stop with RST_STREAM(NO_ERROR) (RFC 9113 section 8.1).
    pub fn release(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get_mut(key) else {
            return;
        };
        if stream.released {
            return;
        }
        stream.released = true;
        let closed = stream.state.is_closed();
        if stream.state.may_receive() || stream.input.unread() > 0 {
            self.discard_unread(key);
        }
        let ended = self
            .scheduler
            .producer(key)
            .is_none_or(|producer| producer.is_ended() || producer.is_aborted());
        if !closed && !ended {
            self.reset_for(key, ErrorCode::INTERNAL_ERROR, Side::Local);
        }
        self.settle(key);
        self.heed_notices();
    }

    fn may_end(&self, key: StreamKey) -> Result<bool, SendError> {
        let Some(stream) = self.streams.get(key) else {
            return Ok(false);
        };
        if stream.bodiless {
            return Ok(false);
        }
        match stream.send_left {
            Some(left) if left > 0 => Err(SendError::TooShort),
            _ => Ok(true),
        }
    }
}

fn check_length(declared: u64, given: u64) -> Result<(), SendError> {
    match given.cmp(&declared) {
        std::cmp::Ordering::Less => Err(SendError::TooShort),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(SendError::TooLong),
    }
}

impl From<WriteError> for SendError {
    fn from(error: WriteError) -> Self {
        Self::Order(error)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(error) => error.fmt(f),
            Self::TooLong => f.write_str("more content than content-length declares"),
            Self::TooShort => f.write_str("less content than content-length declares"),
            Self::Status => f.write_str("the status does not belong here (RFC 9113 section 8.6)"),
        }
    }
}

impl std::error::Error for SendError {}
