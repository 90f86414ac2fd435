//! HEADERS and its CONTINUATION frames become one complete header block (RFC 9113 section 4.3).

use std::time::Duration;

use eyas_frame::{Continuation, ErrorCode, Headers, StreamId};

use crate::end_reason::EndReason;
use crate::error::ConnectionError;
use crate::limits::Limits;

/// A header block under way. Nothing but its CONTINUATION frames may come meanwhile.
#[derive(Debug)]
pub(crate) struct HeaderBlock {
    pub(crate) stream_id: StreamId,
    pub(crate) end_stream: bool,
    pub(crate) depends_on_itself: bool,
    pub(crate) fragments: Vec<u8>,
    continuations: u32,
    /// When it must be complete. Progress does not move it.
    pub(crate) deadline: Duration,
}

impl HeaderBlock {
    /// The block that `headers`, which lacks END_HEADERS, begins.
    pub(crate) fn begin(headers: &Headers<'_>, now: Duration, limits: &Limits) -> Self {
        Self {
            stream_id: headers.stream_id,
            end_stream: headers.end_stream,
            depends_on_itself: headers.depends_on_itself(),
            fragments: headers.fragment.to_vec(),
            continuations: 0,
            deadline: now + Duration::from_millis(limits.header_block_timeout_ms().into()),
        }
    }

    /// Adds a fragment. The block is complete when the frame has END_HEADERS.
    pub(crate) fn push(
        &mut self,
        continuation: &Continuation<'_>,
        limits: &Limits,
    ) -> Result<(), ConnectionError> {
        if continuation.stream_id != self.stream_id {
            return Err(interrupted());
        }
        self.continuations += 1;
        let octets = self.fragments.len() + continuation.fragment.len();
        if self.continuations > limits.max_continuations() || octets > limits.header_block_octets()
        {
            return Err(ConnectionError::peer(
                EndReason::HeaderBlockTooLarge,
                ErrorCode::ENHANCE_YOUR_CALM,
                "header block has too many CONTINUATION frames or octets",
                "RFC 9113 section 10.5.1",
            )
            .on(self.stream_id));
        }
        self.fragments.extend_from_slice(continuation.fragment);
        Ok(())
    }
}

/// Another frame came while a header block was under way.
pub(crate) const fn interrupted() -> ConnectionError {
    ConnectionError::peer(
        EndReason::UnexpectedFrame,
        ErrorCode::PROTOCOL_ERROR,
        "a header block is interrupted by another frame",
        "RFC 9113 section 6.10",
    )
}
