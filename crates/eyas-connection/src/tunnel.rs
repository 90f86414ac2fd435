//! CONNECT answered with 2xx: from then on the stream is a tunnel (RFC 9113 section 8.5).

use bytes::Bytes;
use eyas_output::StreamKey;

use crate::application::{Body, SendError};
use crate::connection::Connection;
use crate::head::Head;
use crate::observer::Observer;
use crate::stream::Tunnel;

impl<O: Observer> Connection<O> {
    /// Answers CONNECT with a status of success: any of 2xx opens the tunnel (RFC 9110 section 9.3.6).
    pub(crate) fn open_tunnel(
        &mut self,
        key: StreamKey,
        mut head: Head,
        body: Body,
    ) -> Result<(), SendError> {
        // "A server MUST NOT send [...] Content-Length [...] in a 2xx response to CONNECT."
        head.declare_no_length();
        match body {
            Body::Empty => self.scheduler.whole(key, head, Bytes::new())?,
            Body::Whole(octets) => self.scheduler.whole(key, head, octets)?,
            Body::Streaming => self.scheduler.head(key, head)?,
        }
        if let Some(stream) = self.streams.get_mut(key) {
            stream.tunnel = Tunnel::Open;
            // What a tunnel carries is not the content of the request.
            stream.recv_left = None;
        }
        Ok(())
    }
}
