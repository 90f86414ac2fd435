//! What a handler may ask of its own stream, from wherever it runs.

use std::fmt;
use std::future::Future;

use eyas_connection::{ErrorCode, Priority, StreamId, StreamKey};
use http::response::Parts;
use http::{Response, StatusCode};
use tokio::sync::oneshot;

use crate::cancel::OnCancel;
use crate::connection_info::ConnectionInfo;
use crate::link::{Letter, Link, Wish};
use crate::sync::Arc;

/// The stream a request came on. From [`RecvBody::stream_handle`](crate::RecvBody::stream_handle), or
/// from the request's extensions where
/// [`request_extensions`](crate::Builder::request_extensions) is on.
///
/// A handle outlives its stream: what it asks for then is not done, and is no error.
#[derive(Clone)]
pub struct StreamHandle {
    link: Arc<Link>,
    key: StreamKey,
    id: StreamId,
    priority: Priority,
}

/// [`send_informational`](StreamHandle::send_informational) was given a status that is none of 100 to 199,
/// or 101, which HTTP/2 does not have (RFC 9113 section 8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInformational {
    status: StatusCode,
}

impl StreamHandle {
    pub(crate) const fn new(
        link: Arc<Link>,
        key: StreamKey,
        id: StreamId,
        priority: Priority,
    ) -> Self {
        Self {
            link,
            key,
            id,
            priority,
        }
    }

    /// The stream's identifier on the wire (RFC 9113 section 5.1.1).
    #[must_use]
    pub const fn id(&self) -> StreamId {
        self.id
    }

    /// How urgent the client said the response is when it sent the request (RFC 9218 section 4).
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// The connection the stream belongs to.
    #[must_use]
    pub fn connection_info(&self) -> &ConnectionInfo {
        &self.link.info
    }

    /// Overrides the client's priority for the rest of the response (RFC 9218 section 8).
    pub fn set_priority(&self, priority: Priority) {
        self.post(Wish::Prioritise(priority));
    }

    /// Sends an interim response ahead of the final one, such as 103 (Early Hints, RFC 8297).
    ///
    /// Once the handler has given its response, interim ones come too late and are dropped.
    ///
    /// # Errors
    ///
    /// [`NotInformational`] when the status is not 1xx, or is 101.
    pub fn send_informational(&self, response: Response<()>) -> Result<(), NotInformational> {
        // What else there is of it, such as extensions, is dropped here and not on the connection's task.
        let (
            Parts {
                status, headers, ..
            },
            (),
        ) = response.into_parts();
        if !status.is_informational() || status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(NotInformational { status });
        }
        self.post(Wish::Informational(status, Box::new(headers)));
        Ok(())
    }

    /// Waits for the end of the stream: the code when it is reset or its connection is lost, `None` when
    /// the response was complete before that, or the stream or its connection is long gone.
    ///
    /// Handlers are dropped when their stream is reset, unless they are
    /// [kept](crate::Builder::keep_handlers): this is for those that are, and for tasks beside them.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing. Each call registers anew until the stream ends: in a loop, make
    /// one future and poll that.
    pub fn reset(&self) -> impl Future<Output = Option<ErrorCode>> + Send + 'static {
        let (sender, receiver) = oneshot::channel();
        self.on_cancel(move |code| {
            // Nobody waits any more: nobody minds.
            let _ = sender.send(code);
        });
        async move { receiver.await.ok() }
    }

    /// Calls `call` when the stream is reset or its connection is lost, with the code, before its handler
    /// is dropped. If the response is complete before that, or the connection was gone already, `call` is
    /// dropped.
    ///
    /// It is called on the connection's task and must be quick; a panic in it is contained.
    pub fn on_cancel(&self, call: impl FnOnce(ErrorCode) + Send + 'static) {
        self.post(Wish::OnCancel(OnCancel::new(call)));
    }

    /// The handler waits for content that the client holds back.
    pub(crate) fn ask_to_continue(&self) {
        self.post(Wish::Continue);
    }

    fn post(&self, wish: Wish) {
        let key = self.key;
        self.link.ready.post(Letter { key, wish });
    }
}

impl fmt::Debug for StreamHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamHandle")
            .field("id", &self.id)
            .field("priority", &self.priority)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for NotInformational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is no interim status: it must be 100 to 199, and not 101 (RFC 9113 section 8.6)",
            self.status.as_u16()
        )
    }
}

impl std::error::Error for NotInformational {}
