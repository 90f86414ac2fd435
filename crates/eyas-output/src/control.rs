//! The control lane: frames that go ahead of every response, and how many octets of them wait.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;

use bytes::Bytes;
use eyas_frame::{
    ErrorCode, FrameHeader, GoAway, Ping, RstStream, Setting, Settings, StreamId, WindowUpdate,
};

/// A frame of the control lane.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlFrame {
    /// SETTINGS with these entries (RFC 9113 section 6.5).
    Settings(Box<[Setting]>),
    /// The acknowledgement of the peer's SETTINGS.
    SettingsAck,
    /// PING, or its acknowledgement (RFC 9113 section 6.7).
    Ping {
        /// Whether it answers the peer's PING.
        ack: bool,
        /// The eight opaque octets.
        payload: [u8; 8],
    },
    /// GOAWAY (RFC 9113 section 6.8).
    GoAway {
        /// The last stream that was or might be processed.
        last_stream_id: StreamId,
        /// Why.
        error_code: ErrorCode,
        /// Words for the people at the other end.
        debug_data: Bytes,
    },
    /// WINDOW_UPDATE for a stream or the connection (RFC 9113 section 6.9).
    WindowUpdate {
        /// The stream, or zero for the connection.
        stream_id: StreamId,
        /// Octets of new credit, `1..=2^31-1`.
        increment: u32,
    },
    /// RST_STREAM (RFC 9113 section 6.4).
    RstStream {
        /// The stream that ends.
        stream_id: StreamId,
        /// Why.
        error_code: ErrorCode,
    },
}

impl ControlFrame {
    /// Octets on the wire, the frame header included.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        FrameHeader::LEN
            + match self {
                Self::Settings(settings) => settings.len() * 6,
                Self::SettingsAck => 0,
                Self::Ping { .. } => 8,
                Self::GoAway { debug_data, .. } => 8 + debug_data.len(),
                Self::WindowUpdate { .. } | Self::RstStream { .. } => 4,
            }
    }

    /// Appends the frame's octets to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Settings(settings) => Settings::encode_list(settings, out),
            Self::SettingsAck => Settings::ack().encode(out),
            Self::Ping { ack, payload } => Ping {
                ack: *ack,
                payload: *payload,
            }
            .encode(out),
            Self::GoAway {
                last_stream_id,
                error_code,
                debug_data,
            } => GoAway {
                last_stream_id: *last_stream_id,
                error_code: *error_code,
                debug_data,
            }
            .encode(out),
            Self::WindowUpdate {
                stream_id,
                increment,
            } => WindowUpdate {
                stream_id: *stream_id,
                increment: *increment,
            }
            .encode(out),
            Self::RstStream {
                stream_id,
                error_code,
            } => RstStream {
                stream_id: *stream_id,
                error_code: *error_code,
            }
            .encode(out),
        }
    }
}

/// Control frames waiting to be written, in order, counted in octets.
///
/// The lane accepts whatever it is given: dropping an acknowledgement would break the protocol.
/// Its bound works the other way round: whoever feeds it asks [`is_full`](Self::is_full) and stops
/// reading the peer's frames meanwhile, since nearly every entry answers one of them.
#[derive(Debug)]
pub struct ControlLane {
    frames: VecDeque<ControlFrame>,
    octets: usize,
    octets_max: usize,
}

impl ControlLane {
    /// An empty lane that calls itself full from `octets_max` octets on.
    #[must_use]
    pub const fn new(octets_max: usize) -> Self {
        Self {
            frames: VecDeque::new(),
            octets: 0,
            octets_max,
        }
    }

    /// Queues one frame.
    pub fn push(&mut self, frame: ControlFrame) {
        self.octets += frame.encoded_len();
        self.frames.push_back(frame);
    }

    /// Octets waiting.
    #[must_use]
    pub const fn octets(&self) -> usize {
        self.octets
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Whether so much waits that the peer's frames should be left unread until it has left.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.octets >= self.octets_max
    }

    pub(crate) fn drain_into(&mut self, out: &mut Vec<u8>) {
        if self.frames.is_empty() {
            return;
        }
        out.reserve(self.octets);
        for frame in self.frames.drain(..) {
            frame.encode(out);
        }
        self.octets = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lane_counts_exactly_the_octets_it_will_write() {
        let mut lane = ControlLane::new(60);
        let frames = [
            ControlFrame::SettingsAck,
            ControlFrame::Ping {
                ack: true,
                payload: *b"12345678",
            },
            ControlFrame::GoAway {
                last_stream_id: StreamId::CONNECTION,
                error_code: ErrorCode::NO_ERROR,
                debug_data: Bytes::from_static(b"bye"),
            },
            ControlFrame::WindowUpdate {
                stream_id: StreamId::CONNECTION,
                increment: 1,
            },
        ];
        for frame in frames {
            assert!(!lane.is_full());
            lane.push(frame);
        }
        assert_eq!(lane.octets(), 9 + 17 + 20 + 13);
        lane.push(ControlFrame::SettingsAck);
        assert!(lane.is_full());
        let mut out = Vec::new();
        lane.drain_into(&mut out);
        assert_eq!(out.len(), 9 + 17 + 20 + 13 + 9);
        assert!(lane.is_empty() && !lane.is_full());
    }
}
