//! What ends a stream and what ends a connection: two types, each naming side, code, stream and rule.

use std::fmt;

use eyas_flow_control::FlowError;
use eyas_frame::{DecodeError, ErrorCode, Reach, StreamId};

use crate::end_reason::EndReason;

/// Which side made the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The client.
    Peer,
    /// This server.
    Local,
}

/// A fault that ends one stream with RST_STREAM (RFC 9113 section 5.4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamError {
    stream_id: StreamId,
    code: ErrorCode,
    reason: &'static str,
    rule: &'static str,
}

impl StreamError {
    pub(crate) const fn new(
        stream_id: StreamId,
        code: ErrorCode,
        reason: &'static str,
        rule: &'static str,
    ) -> Self {
        Self {
            stream_id,
            code,
            reason,
            rule,
        }
    }

    /// The stream that ends.
    #[must_use]
    pub const fn stream_id(&self) -> StreamId {
        self.stream_id
    }

    /// The code RST_STREAM carries.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// What was wrong, in words.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The section that was broken, such as `RFC 9113 section 8.1.1`.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stream {}: {} ({}, {})",
            self.stream_id, self.reason, self.code, self.rule
        )
    }
}

impl std::error::Error for StreamError {}

/// A fault that ends the connection with GOAWAY (RFC 9113 section 5.4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionError {
    end_reason: EndReason,
    side: Side,
    code: ErrorCode,
    stream_id: Option<StreamId>,
    reason: &'static str,
    rule: &'static str,
}

impl ConnectionError {
    pub(crate) const fn peer(
        end_reason: EndReason,
        code: ErrorCode,
        reason: &'static str,
        rule: &'static str,
    ) -> Self {
        Self {
            end_reason,
            side: Side::Peer,
            code,
            stream_id: None,
            reason,
            rule,
        }
    }

    pub(crate) fn on(self, stream_id: StreamId) -> Self {
        Self {
            stream_id: Some(stream_id),
            ..self
        }
    }

    /// Why the connection ends, as a closed set for metrics.
    #[must_use]
    pub const fn end_reason(&self) -> EndReason {
        self.end_reason
    }

    /// Who made the fault.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The code GOAWAY carries.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The stream it was noticed on.
    #[must_use]
    pub const fn stream_id(&self) -> Option<StreamId> {
        self.stream_id
    }

    /// What was wrong, in words; also GOAWAY's debug data.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        self.reason
    }

    /// The section that was broken.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.side {
            Side::Peer => "peer: ",
            Side::Local => "server: ",
        })?;
        if let Some(stream_id) = self.stream_id {
            write!(f, "stream {stream_id}: ")?;
        }
        write!(f, "{} ({}, {})", self.reason, self.code, self.rule)
    }
}

impl std::error::Error for ConnectionError {}

/// Either reach: what the rooms of this crate pass upward.
#[derive(Debug)]
pub(crate) enum Fault {
    Stream(StreamError),
    Connection(ConnectionError),
}

impl From<StreamError> for Fault {
    fn from(error: StreamError) -> Self {
        Self::Stream(error)
    }
}

impl From<ConnectionError> for Fault {
    fn from(error: ConnectionError) -> Self {
        Self::Connection(error)
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        match error.reach() {
            Reach::Stream(stream_id) => Self::Stream(StreamError::new(
                stream_id,
                error.code(),
                error.reason(),
                error.rule(),
            )),
            _ => Self::Connection(ConnectionError::peer(
                EndReason::InvalidFrame,
                error.code(),
                error.reason(),
                error.rule(),
            )),
        }
    }
}

impl From<eyas_hpack::DecodeError> for Fault {
    fn from(error: eyas_hpack::DecodeError) -> Self {
        Self::Connection(ConnectionError::peer(
            EndReason::InvalidHeaderBlock,
            ErrorCode::COMPRESSION_ERROR,
            error.reason(),
            error.rule(),
        ))
    }
}

/// A window fault on stream `stream_id`, zero for the connection. The peer sending more than its
/// window allows ends the connection in either case: its count and ours no longer agree.
pub(crate) fn flow_fault(error: FlowError, stream_id: StreamId) -> Fault {
    let (code, reason, rule) = match error {
        FlowError::Overrun => (
            ErrorCode::FLOW_CONTROL_ERROR,
            "DATA exceeds the flow-control window",
            "RFC 9113 section 6.9.1",
        ),
        FlowError::ZeroIncrement => (
            ErrorCode::PROTOCOL_ERROR,
            "WINDOW_UPDATE increment is 0",
            "RFC 9113 section 6.9",
        ),
        _ => (
            ErrorCode::FLOW_CONTROL_ERROR,
            "flow-control window exceeds 2147483647 octets",
            "RFC 9113 section 6.9.1",
        ),
    };
    if stream_id.is_connection() || error == FlowError::Overrun {
        let fault = ConnectionError::peer(EndReason::FlowControl, code, reason, rule);
        Fault::Connection(if stream_id.is_connection() {
            fault
        } else {
            fault.on(stream_id)
        })
    } else {
        Fault::Stream(StreamError::new(stream_id, code, reason, rule))
    }
}
