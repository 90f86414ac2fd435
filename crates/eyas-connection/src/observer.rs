//! What people may watch: a statically dispatched trait, free when nobody does.

use eyas_frame::{FrameHeader, StreamId};

use crate::end_reason::EndReason;
use crate::error::StreamError;

/// Hears what happens on one connection, as it happens.
///
/// Every method has an empty default. `()` hears nothing and costs nothing.
pub trait Observer {
    /// A frame was received. DATA is reported when its header is there.
    fn frame_received(&mut self, header: FrameHeader) {
        let _ = header;
    }

    /// A stream was opened by a request.
    fn stream_opened(&mut self, stream_id: StreamId) {
        let _ = stream_id;
    }

    /// A stream error was found and the stream reset.
    fn stream_error(&mut self, error: &StreamError) {
        let _ = error;
    }

    /// A stream is gone: both its sides, and its application, are done.
    fn stream_closed(&mut self, stream_id: StreamId) {
        let _ = stream_id;
    }

    /// The connection has ended.
    fn closed(&mut self, reason: EndReason) {
        let _ = reason;
    }
}

impl Observer for () {}
