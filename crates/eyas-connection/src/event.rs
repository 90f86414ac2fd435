//! What the application hears.

use eyas_frame::{ErrorCode, StreamId};
use eyas_output::{Priority, StreamKey};

use crate::error::Side;

/// Something the application should know. From [`Connection::poll_event`](crate::Connection::poll_event).
#[derive(Debug)]
#[non_exhaustive]
#[allow(
    clippy::large_enum_variant,
    reason = "requests are the common event: boxing them would cost an allocation each"
)]
pub enum Event {
    /// A request has begun.
    Request {
        /// Names the stream in every verb.
        key: StreamKey,
        /// The stream's identifier on the wire.
        stream_id: StreamId,
        /// Its head, checked against RFC 9113 section 8.
        request: http::Request<()>,
        /// Whether it has neither content nor trailers.
        end_stream: bool,
        /// Octets of content, when declared.
        content_length: Option<u64>,
        /// Whether the client may hold its content back until it is sent 100 (RFC 9110 section 10.1.1).
        expects_continue: bool,
        /// How urgent its response is, as far as the client has said (RFC 9218 section 4).
        priority: Priority,
    },
    /// Content has arrived: [`read`](crate::Connection::read) it until nothing comes.
    Data {
        /// The stream.
        key: StreamKey,
    },
    /// The request is complete: behind the content still to be read there may be
    /// [trailers](crate::Connection::take_trailers), and then nothing.
    End {
        /// The stream.
        key: StreamKey,
    },
    /// The stream was reset: nothing more will arrive, and what is sent is swallowed.
    Reset {
        /// The stream.
        key: StreamKey,
        /// The code of RST_STREAM, or of what ended the connection.
        error_code: ErrorCode,
        /// Whose reset it was.
        side: Side,
    },
    /// There is room for more content again, after [`send_room`](crate::Connection::send_room)
    /// was zero.
    Writable {
        /// The stream.
        key: StreamKey,
    },
}
