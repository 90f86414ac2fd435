#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod deframer;
mod error;
mod error_code;
mod flags;
mod frame;
mod frame_type;
mod header;
mod named;
mod padding;
mod setting;
mod stream_id;
mod wire;

pub use crate::deframer::{DataChunk, Deframer, Item, Step};
pub use crate::error::{DecodeError, Reach};
pub use crate::error_code::ErrorCode;
pub use crate::flags::Flags;
pub use crate::frame::{
    Continuation, Data, Frame, GoAway, Headers, Ping, Priority, PriorityUpdate, PushPromise,
    RstStream, Settings, SettingsIter, StreamDependency, Unknown, WindowUpdate,
};
pub use crate::frame_type::FrameType;
pub use crate::header::FrameHeader;
pub use crate::setting::{DEFAULT_MAX_FRAME_SIZE, Setting, SettingId};
pub use crate::stream_id::StreamId;

/// The 24 octets with which a client begins every connection, before its first SETTINGS frame
/// (RFC 9113 section 3.4).
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
