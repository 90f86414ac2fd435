//! Counters of one connection, for people.

/// What a connection has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests handed to the application.
    pub requests: u64,
    /// Responses that left, END_STREAM included.
    pub responses: u64,
    /// Frames received.
    pub frames_received: u64,
    /// Octets received, the preface included.
    pub octets_received: u64,
    /// Octets handed to the transport.
    pub octets_sent: u64,
    /// Octets of request content received, padding excluded.
    pub content_octets_received: u64,
    /// RST_STREAM frames received for streams that were there.
    pub resets_received: u64,
    /// RST_STREAM frames sent, refusals included.
    pub resets_sent: u64,
    /// Streams refused because there were too many.
    pub streams_refused: u64,
}
