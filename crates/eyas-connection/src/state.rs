//! The states of a stream and every legal move between them (RFC 9113 section 5.1).
//!
//! ```text
//!                     +--------+
//!                     |  idle  |
//!                     +--------+
//!                         | recv HEADERS
//!                         v
//!                     +--------+
//!       recv END      |  open  |      send END
//!       +-------------|        |-------------+
//!       v             +--------+             v
//! +-------------+         |           +------------+
//! | half-closed |         | RST       | half-closed|
//! |  (remote)   |         | either    |  (local)   |
//! +-------------+         | way       +------------+
//!       | send END        v                  | recv END
//!       | or RST      +--------+             | or RST
//!       +------------>| closed |<------------+
//!                     +--------+
//! ```
//!
//! A server that never pushes knows no reserved state. *Closed* remembers how it came about, since
//! that decides what a late frame means.

use eyas_frame::ErrorCode;

/// Where a stream is, seen from the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StreamState {
    /// Both sides may send.
    Open,
    /// The client has ended its side.
    HalfClosedRemote,
    /// The server has ended its side.
    HalfClosedLocal,
    /// Both sides have ended.
    Ended,
    /// The server sent RST_STREAM: frames of the client may still be under way.
    ResetSent,
    /// The client sent RST_STREAM.
    ResetReceived,
}

/// What can happen to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// HEADERS behind the request's first: a trailer section.
    RecvTrailers,
    /// DATA without END_STREAM.
    RecvData,
    /// DATA or trailers with END_STREAM.
    RecvEnd,
    /// RST_STREAM from the client.
    RecvReset,
    /// WINDOW_UPDATE from the client.
    RecvWindowUpdate,
    /// END_STREAM cut by the server.
    SendEnd,
    /// RST_STREAM cut by the server.
    SendReset,
}

/// What it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Move {
    /// The stream is in that state now.
    To(StreamState),
    /// The frame has no effect.
    Ignore,
    /// A stream error STREAM_CLOSED.
    StreamClosed,
    /// A connection error STREAM_CLOSED.
    ConnectionClosed,
}

impl StreamState {
    #[cfg(test)]
    const ALL: [Self; 6] = [
        Self::Open,
        Self::HalfClosedRemote,
        Self::HalfClosedLocal,
        Self::Ended,
        Self::ResetSent,
        Self::ResetReceived,
    ];

    /// The table of moves.
    #[inline]
    pub(crate) const fn on(self, input: Input) -> Move {
        use Input as I;
        use Move as M;
        match (self, input) {
            (Self::Open, I::RecvTrailers | I::RecvData | I::RecvWindowUpdate) => M::To(Self::Open),
            (Self::Open, I::RecvEnd) => M::To(Self::HalfClosedRemote),
            (Self::Open, I::SendEnd) => M::To(Self::HalfClosedLocal),

            (Self::HalfClosedLocal, I::RecvTrailers | I::RecvData | I::RecvWindowUpdate) => {
                M::To(Self::HalfClosedLocal)
            }
            (Self::HalfClosedLocal, I::RecvEnd) => M::To(Self::Ended),
            (Self::HalfClosedLocal, I::SendEnd) => M::Ignore,

            // "MUST respond with a stream error of type STREAM_CLOSED".
            (Self::HalfClosedRemote, I::RecvTrailers | I::RecvData | I::RecvEnd) => M::StreamClosed,
            (Self::HalfClosedRemote, I::RecvWindowUpdate) => M::To(Self::HalfClosedRemote),
            (Self::HalfClosedRemote, I::SendEnd) => M::To(Self::Ended),

            (Self::Open | Self::HalfClosedRemote | Self::HalfClosedLocal, I::RecvReset) => {
                M::To(Self::ResetReceived)
            }
            (Self::Open | Self::HalfClosedRemote | Self::HalfClosedLocal, I::SendReset) => {
                M::To(Self::ResetSent)
            }

            // After END_STREAM both ways, frames other than these two are a connection error.
            (Self::Ended, I::RecvWindowUpdate | I::RecvReset) => M::Ignore,
            (Self::Ended, I::RecvTrailers | I::RecvData | I::RecvEnd) => M::ConnectionClosed,

            // The client cannot know yet that its frames are not wanted.
            (
                Self::ResetSent,
                I::RecvTrailers | I::RecvData | I::RecvEnd | I::RecvReset | I::RecvWindowUpdate,
            ) => M::Ignore,

            // It does know here: it reset the stream itself.
            (Self::ResetReceived, I::RecvTrailers | I::RecvData | I::RecvEnd) => M::StreamClosed,
            (Self::ResetReceived, I::RecvReset | I::RecvWindowUpdate) => M::Ignore,

            (Self::Ended | Self::ResetSent | Self::ResetReceived, I::SendEnd | I::SendReset) => {
                M::Ignore
            }
        }
    }

    /// Whether nothing more is sent or expected either way.
    pub(crate) const fn is_closed(self) -> bool {
        matches!(self, Self::Ended | Self::ResetSent | Self::ResetReceived)
    }

    /// Whether the client may still send content or trailers.
    pub(crate) const fn may_receive(self) -> bool {
        matches!(self, Self::Open | Self::HalfClosedLocal)
    }
}

/// The code of both STREAM_CLOSED moves.
pub(crate) const STREAM_CLOSED: ErrorCode = ErrorCode::STREAM_CLOSED;

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const INPUTS: [Input; 7] = [
        Input::RecvTrailers,
        Input::RecvData,
        Input::RecvEnd,
        Input::RecvReset,
        Input::RecvWindowUpdate,
        Input::SendEnd,
        Input::SendReset,
    ];

    /// RFC 9113 section 5.1, as one page: read the difference when it changes.
    #[test]
    fn the_whole_matrix_is_as_committed() {
        let mut matrix = String::new();
        for state in StreamState::ALL {
            for input in INPUTS {
                let result = match state.on(input) {
                    Move::To(next) => format!("{next:?}"),
                    other => format!("({other:?})"),
                };
                let (state, input) = (format!("{state:?}"), format!("{input:?}"));
                writeln!(matrix, "{state:<17}{input:<17}{result}").expect("a string takes all");
            }
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stream_states.txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &matrix).expect("the snapshot can be written");
        }
        let committed = std::fs::read_to_string(path).expect("the snapshot is committed");
        assert_eq!(matrix, committed, "UPDATE=1 rewrites {path}");
    }

    #[test]
    fn a_closed_stream_stays_closed() {
        for state in StreamState::ALL.into_iter().filter(|s| s.is_closed()) {
            for input in INPUTS {
                assert!(
                    !matches!(state.on(input), Move::To(_)),
                    "{state:?} {input:?}"
                );
            }
        }
    }
}
