//! One stream: its state, what it has received, and what its application has done with it.

use eyas_flow_control::InputFlowControl;
use eyas_frame::StreamId;
use eyas_output::StreamKey;
use http::HeaderMap;

use crate::body::RecvBuffer;
use crate::priorities::DecidedBy;
use crate::state::StreamState;

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) key: StreamKey,
    pub(crate) id: StreamId,
    pub(crate) state: StreamState,

    // From the client.
    pub(crate) input: InputFlowControl,
    pub(crate) body: RecvBuffer,
    /// In a box: few requests have any.
    pub(crate) trailers: Option<Box<HeaderMap>>,
    /// Octets of content the client has declared and not yet sent.
    pub(crate) recv_left: Option<u64>,
    /// The client holds its content back until it is asked for it (RFC 9110 section 10.1.1).
    pub(crate) awaits_continue: bool,
    /// The application was told that there is content, and has not read it all yet.
    pub(crate) told_data: bool,

    // From the application.
    /// Octets of content the application has declared and not yet handed in.
    pub(crate) send_left: Option<u64>,
    /// The response has no content, whatever the application hands in: HEAD, 204, 304.
    pub(crate) bodiless: bool,
    pub(crate) tunnel: Tunnel,
    pub(crate) priority_by: DecidedBy,
    /// The application has let go of the stream: what still arrives is discarded.
    pub(crate) released: bool,
    /// Octets that may still be discarded behind the end of the response.
    pub(crate) linger_left: Option<u32>,

    // When the rates were looked at last.
    /// The client had content to send.
    pub(crate) was_awaited: bool,
    /// The client had content to take.
    pub(crate) was_unsent: bool,
}

// A client may have hundreds of them stalled.
const _: () = assert!(size_of::<Stream>() <= 168);

/// Whether a stream is a tunnel (RFC 9113 section 8.5, RFC 8441 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tunnel {
    /// The request was no CONNECT.
    No,
    /// CONNECT is not answered yet, or was refused.
    Asked,
    /// CONNECT was answered with 2xx: DATA both ways, and nothing else.
    Open,
}

impl Stream {
    /// A stream of which nothing but its HEADERS frame has come.
    #[inline]
    pub(crate) fn new(
        key: StreamKey,
        id: StreamId,
        state: StreamState,
        input: InputFlowControl,
    ) -> Self {
        Self {
            key,
            id,
            state,
            input,
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
        }
    }

    /// Whether received content has no reader any more.
    pub(crate) fn discards(&self) -> bool {
        self.released || self.state.is_closed()
    }
}
