//! What happens on a connection, told to `tracing`.

use std::fmt;

use eyas_connection::{EndReason, ErrorCode, FrameHeader, Observer, Side, StreamError, StreamId};
use tracing::{Level, Span, debug, enabled, trace, warn};

use crate::connection_info::ConnectionInfo;

/// Tells `tracing` what happens on one connection, all of it in a span `connection` of level DEBUG with the
/// fields `id`, `peer`, `tls` and `alpn`. The target is `eyas_server`.
///
/// | level | what |
/// | --- | --- |
/// | WARN | a limit was reached |
/// | DEBUG | the connection's begin and end, streams reset, faults of the client |
/// | TRACE | each frame, both ways |
///
/// There is no span for a request: tower-http's `TraceLayer` makes one. Which levels are enabled is asked
/// once for each connection, when it begins.
///
/// ```
/// use eyas_server::{Server, TracingObserver};
///
/// let server = Server::builder().observer(TracingObserver::new);
/// # let _ = server;
/// ```
pub struct TracingObserver {
    span: Span,
    wants_frames: bool,
}

impl TracingObserver {
    /// An observer of the connection that `info` describes.
    #[must_use]
    pub fn new(info: &ConnectionInfo) -> Self {
        let span = tracing::debug_span!(
            target: "eyas_server",
            // A connection lives longer than whatever accepted it.
            parent: None,
            "connection",
            id = info.id(),
            peer = info.peer_addr().map(tracing::field::display),
            tls = info.tls().map(|tls| tls.version()),
            alpn = info.tls().and_then(|tls| tls.alpn()).map(|name| String::from_utf8_lossy(name).into_owned()),
        );
        debug!(target: "eyas_server", parent: &span, "connected");
        Self {
            span,
            wants_frames: enabled!(target: "eyas_server", Level::TRACE),
        }
    }

    fn frame(&self, dir: &'static str, header: FrameHeader) {
        trace!(
            target: "eyas_server",
            parent: &self.span,
            dir,
            kind = %header.kind,
            stream = %header.stream_id,
            len = header.length,
            flags = %header.flags.display(header.kind),
            "frame"
        );
    }
}

impl Observer for TracingObserver {
    fn wants_frames(&self) -> bool {
        self.wants_frames
    }

    fn frame_received(&mut self, header: FrameHeader) {
        self.frame("recv", header);
    }

    fn frame_sent(&mut self, header: FrameHeader) {
        self.frame("send", header);
    }

    fn stream_error(&mut self, error: &StreamError) {
        debug!(target: "eyas_server", parent: &self.span, %error, "the client broke a rule on a stream");
    }

    fn stream_reset(&mut self, stream_id: StreamId, error_code: ErrorCode, side: Side) {
        let by = match side {
            Side::Peer => "client",
            _ => "server",
        };
        debug!(target: "eyas_server", parent: &self.span, stream = %stream_id, code = %error_code, by, "stream reset");
    }

    fn limit_hit(&mut self, name: &'static str) {
        warn!(target: "eyas_server", parent: &self.span, limit = name, "a limit was reached");
    }

    fn closed(&mut self, reason: EndReason) {
        debug!(target: "eyas_server", parent: &self.span, %reason, "closed");
    }
}

impl fmt::Debug for TracingObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingObserver").finish_non_exhaustive()
    }
}
