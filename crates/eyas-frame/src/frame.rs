//! One frame of any type, and the way from a header and a payload to it and back.

mod continuation;
mod data;
mod go_away;
mod headers;
mod ping;
mod priority;
mod priority_update;
mod push_promise;
mod rst_stream;
mod settings;
mod unknown;
mod window_update;

use alloc::vec::Vec;

pub use self::continuation::Continuation;
pub use self::data::Data;
pub use self::go_away::GoAway;
pub use self::headers::Headers;
pub use self::ping::Ping;
pub use self::priority::{Priority, StreamDependency};
pub use self::priority_update::PriorityUpdate;
pub use self::push_promise::PushPromise;
pub use self::rst_stream::RstStream;
pub use self::settings::{Settings, SettingsIter};
pub use self::unknown::Unknown;
pub use self::window_update::WindowUpdate;

use crate::error::DecodeError;
use crate::error_code::ErrorCode;
use crate::frame_type::FrameType;
use crate::header::FrameHeader;
use crate::stream_id::StreamId;

/// A whole frame; variable-length parts are borrowed from the payload.
///
/// ```
/// use eyas_frame::{ErrorCode, Frame, FrameHeader, RstStream, StreamId};
///
/// let stream_id = StreamId::new(1).expect("1 is a stream");
/// let frame = Frame::RstStream(RstStream { stream_id, error_code: ErrorCode::CANCEL });
/// let mut octets = Vec::new();
/// frame.encode(&mut octets);
///
/// let (header, payload) = octets.split_first_chunk().expect("a header has nine octets");
/// assert_eq!(Frame::decode(FrameHeader::decode(header), payload)?, frame);
/// # Ok::<(), eyas_frame::DecodeError>(())
/// ```
#[allow(
    clippy::exhaustive_enums,
    reason = "a type that gets a variant used to arrive as `Unknown`: every match must decide anew"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Content of a message (RFC 9113 section 6.1).
    Data(Data<'a>),
    /// The start of a field section (RFC 9113 section 6.2).
    Headers(Headers<'a>),
    /// The deprecated priority signal (RFC 9113 section 6.3).
    Priority(Priority),
    /// The immediate end of a stream (RFC 9113 section 6.4).
    RstStream(RstStream),
    /// Configuration of the sender, or its acknowledgement (RFC 9113 section 6.5).
    Settings(Settings<'a>),
    /// The announcement of a pushed response (RFC 9113 section 6.6).
    PushPromise(PushPromise<'a>),
    /// A round trip measured, or a sign of life (RFC 9113 section 6.7).
    Ping(Ping),
    /// The beginning of the end of a connection (RFC 9113 section 6.8).
    GoAway(GoAway<'a>),
    /// More flow-control window (RFC 9113 section 6.9).
    WindowUpdate(WindowUpdate),
    /// The rest of a field section (RFC 9113 section 6.10).
    Continuation(Continuation<'a>),
    /// A priority signal for one request (RFC 9218 section 7.1).
    PriorityUpdate(PriorityUpdate<'a>),
    /// A type this crate does not know; to be ignored (RFC 9113 section 5.5).
    Unknown(Unknown<'a>),
}

impl<'a> Frame<'a> {
    /// Reads the frame with this header and this payload.
    ///
    /// # Errors
    ///
    /// Whatever RFC 9113 section 6 forbids in this type of frame, and FRAME_SIZE_ERROR if
    /// `payload` has not the length that `header` says. The limit SETTINGS_MAX_FRAME_SIZE is not
    /// known here; [`Deframer`](crate::Deframer) enforces it.
    pub fn decode(header: FrameHeader, payload: &'a [u8]) -> Result<Self, DecodeError> {
        if payload.len() != header.length as usize {
            return Err(DecodeError::connection(
                ErrorCode::FRAME_SIZE_ERROR,
                "payload has not the length in the frame header",
                "RFC 9113 section 4.1",
            )
            .with_found(header.length));
        }
        check_header(header)?;
        Self::decode_checked(header, payload)
    }

    /// Appends the frame, header and payload.
    ///
    /// # Panics
    ///
    /// If the payload would be longer than [`FrameHeader::MAX_LENGTH`].
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Data(frame) => frame.encode(out),
            Self::Headers(frame) => frame.encode(out),
            Self::Priority(frame) => frame.encode(out),
            Self::RstStream(frame) => frame.encode(out),
            Self::Settings(frame) => frame.encode(out),
            Self::PushPromise(frame) => frame.encode(out),
            Self::Ping(frame) => frame.encode(out),
            Self::GoAway(frame) => frame.encode(out),
            Self::WindowUpdate(frame) => frame.encode(out),
            Self::Continuation(frame) => frame.encode(out),
            Self::PriorityUpdate(frame) => frame.encode(out),
            Self::Unknown(frame) => frame.encode(out),
        }
    }

    /// The stream in the frame's header; [`StreamId::CONNECTION`] for SETTINGS, PING, GOAWAY and
    /// PRIORITY_UPDATE.
    #[must_use]
    pub const fn stream_id(&self) -> StreamId {
        match self {
            Self::Data(frame) => frame.stream_id,
            Self::Headers(frame) => frame.stream_id,
            Self::Priority(frame) => frame.stream_id,
            Self::RstStream(frame) => frame.stream_id,
            Self::PushPromise(frame) => frame.stream_id,
            Self::WindowUpdate(frame) => frame.stream_id,
            Self::Continuation(frame) => frame.stream_id,
            Self::Unknown(frame) => frame.header.stream_id,
            Self::Settings(_) | Self::Ping(_) | Self::GoAway(_) | Self::PriorityUpdate(_) => {
                StreamId::CONNECTION
            }
        }
    }

    /// Reads the payload of a header that [`check_header`] has passed. A payload of another
    /// length than the header's gives an error or a wrong frame, never a panic.
    #[inline]
    pub(crate) fn decode_checked(
        header: FrameHeader,
        payload: &'a [u8],
    ) -> Result<Self, DecodeError> {
        Ok(match header.kind {
            FrameType::DATA => Self::Data(Data::decode(header, payload)?),
            FrameType::HEADERS => Self::Headers(Headers::decode(header, payload)?),
            FrameType::PRIORITY => Self::Priority(Priority::decode(header, payload)?),
            FrameType::RST_STREAM => Self::RstStream(RstStream::decode(header, payload)?),
            FrameType::SETTINGS => Self::Settings(Settings::decode(header, payload)?),
            FrameType::PUSH_PROMISE => Self::PushPromise(PushPromise::decode(header, payload)?),
            FrameType::PING => Self::Ping(Ping::decode(header, payload)?),
            FrameType::GOAWAY => Self::GoAway(GoAway::decode(header, payload)?),
            FrameType::WINDOW_UPDATE => Self::WindowUpdate(WindowUpdate::decode(header, payload)?),
            FrameType::CONTINUATION => Self::Continuation(Continuation::decode(header, payload)),
            FrameType::PRIORITY_UPDATE => {
                Self::PriorityUpdate(PriorityUpdate::decode(header, payload)?)
            }
            _ => Self::Unknown(Unknown { header, payload }),
        })
    }
}

/// Refuses what can be refused on the nine octets alone: a wrong stream, an impossible length.
#[inline]
pub(crate) fn check_header(header: FrameHeader) -> Result<(), DecodeError> {
    match header.kind {
        FrameType::DATA => Data::check_header(header),
        FrameType::HEADERS => Headers::check_header(header),
        FrameType::PRIORITY => Priority::check_header(header),
        FrameType::RST_STREAM => RstStream::check_header(header),
        FrameType::SETTINGS => Settings::check_header(header),
        FrameType::PUSH_PROMISE => PushPromise::check_header(header),
        FrameType::PING => Ping::check_header(header),
        FrameType::GOAWAY => GoAway::check_header(header),
        FrameType::WINDOW_UPDATE => WindowUpdate::check_header(header),
        FrameType::CONTINUATION => Continuation::check_header(header),
        FrameType::PRIORITY_UPDATE => PriorityUpdate::check_header(header),
        _ => Ok(()),
    }
}

/// For the types that must name a stream.
#[inline]
fn require_stream(
    header: FrameHeader,
    reason: &'static str,
    rule: &'static str,
) -> Result<(), DecodeError> {
    if header.stream_id.is_connection() {
        Err(DecodeError::connection(
            ErrorCode::PROTOCOL_ERROR,
            reason,
            rule,
        ))
    } else {
        Ok(())
    }
}

/// For the types that speak about the connection as a whole.
#[inline]
fn require_connection(
    header: FrameHeader,
    reason: &'static str,
    rule: &'static str,
) -> Result<(), DecodeError> {
    if header.stream_id.is_connection() {
        Ok(())
    } else {
        let stream_id = header.stream_id.get();
        Err(DecodeError::connection(ErrorCode::PROTOCOL_ERROR, reason, rule).with_found(stream_id))
    }
}

const _: () = assert!(size_of::<Frame<'_>>() <= 48);

#[cfg(test)]
mod tests;
