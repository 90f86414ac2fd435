//! From what an exchange says to what the connection is told, and to what the peer then sees.

use eyas_connection::{Body, ErrorCode, Head, SendError, StreamKey};
use http::{HeaderMap, StatusCode};

use crate::date::TurnDate;
use crate::response::{self, Asked};
use crate::said::{Said, panic_message};
use crate::watch::Core;

/// How far one response is.
#[derive(Debug)]
pub(crate) struct Speech {
    asked: Asked,
    with_date: bool,
    pub(crate) has_head: bool,
    /// Nothing more is to be said: what is left of the exchange may be dropped.
    pub(crate) is_over: bool,
    /// The stream was reset: a handler that is kept runs to its answer, and no body is polled for it.
    is_muted: bool,
}

impl Speech {
    pub(crate) const fn new(asked: Asked, with_date: bool) -> Self {
        Self {
            asked,
            with_date,
            has_head: false,
            is_over: false,
            is_muted: false,
        }
    }

    /// The stream was reset: nobody listens any more.
    pub(crate) fn mute(&mut self) {
        self.is_muted = true;
        self.is_over |= self.has_head;
    }

    /// Tells the connection what was said.
    #[inline]
    pub(crate) fn say(&mut self, core: &mut Core, key: StreamKey, said: Said, date: &mut TurnDate) {
        if self.is_over {
            return;
        }
        self.is_over = said.is_last();
        let told = match said {
            Said::Head {
                status,
                headers,
                length,
                content,
                is_end,
            } => {
                self.has_head = true;
                self.is_over |= self.is_muted || response::has_no_content(status, self.asked);
                let mut head = Head::response(status, headers);
                if let Some(length) = length
                    && response::may_tell_length(status, length, self.asked)
                {
                    head = head.content_length(length);
                }
                if self.with_date {
                    head = head.date(date.now());
                }
                match (is_end, content.is_empty()) {
                    (true, true) => core.respond(key, head, Body::Empty),
                    (true, false) => core.respond(key, head, Body::Whole(content)),
                    (false, true) => core.respond(key, head, Body::Streaming),
                    (false, false) => core
                        .respond(key, head, Body::Streaming)
                        .and_then(|()| core.send_data(key, content)),
                }
            }
            Said::Data { octets, is_end } => core
                .send_data(key, octets)
                .and_then(|()| if is_end { core.send_end(key) } else { Ok(()) }),
            Said::Trailers(trailers) => core.send_trailers(key, trailers),
            Said::End => core.send_end(key),
            Said::Failed(error) => {
                tracing::debug!(%error, "a handler or its response body failed");
                self.fail(core, key, date);
                Ok(())
            }
            Said::Panicked(panic) => {
                tracing::error!(panic = panic_message(&*panic), "a handler panicked");
                self.fail(core, key, date);
                Ok(())
            }
        };
        if let Err(error) = told {
            self.is_over = true;
            self.refuse(core, key, error);
        }
    }

    /// 500 while that can still be said, INTERNAL_ERROR behind the head.
    fn fail(&mut self, core: &mut Core, key: StreamKey, date: &mut TurnDate) {
        if self.has_head {
            core.reset(key, ErrorCode::INTERNAL_ERROR);
            return;
        }
        self.has_head = true;
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        let mut head = Head::response(status, HeaderMap::new()).content_length(0);
        if self.with_date {
            head = head.date(date.now());
        }
        if let Err(error) = core.respond(key, head, Body::Empty) {
            self.refuse(core, key, error);
        }
    }

    fn refuse(&self, core: &mut Core, key: StreamKey, error: SendError) {
        tracing::error!(%error, "a response was not well formed");
        core.reset(key, ErrorCode::INTERNAL_ERROR);
    }
}
