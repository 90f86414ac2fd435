#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod application;
mod blocks;
mod body;
mod config;
mod connection;
mod cookie;
mod data;
mod end_reason;
mod error;
mod event;
mod familiar;
mod field_names;
mod head;
mod header_block;
mod index;
mod input;
mod last_block;
mod life;
mod limits;
mod linger;
mod malformed;
mod numbers;
mod observer;
mod opening;
mod options;
mod own_settings;
mod parse;
mod peer_settings;
mod preface;
mod priorities;
mod priority_field;
mod protocol;
mod rates;
mod request;
mod resets;
mod rest;
mod resting;
mod section;
mod state;
mod stats;
mod stream;
mod streams;
mod tap;
mod target;
mod timers;
mod tunnel;

pub use application::{Body, SendError};
pub use config::Config;
pub use connection::Connection;
pub use end_reason::EndReason;
pub use error::{ConnectionError, Side, StreamError};
pub use event::Event;
pub use head::Head;
pub use limits::Limits;
pub use observer::Observer;
pub use options::OutOfRange;
pub use preface::FirstOctets;
pub use protocol::Protocol;
pub use resting::Resting;
pub use stats::Stats;

// The few words of the layers below that a user of this one needs.
pub use eyas_frame::{ErrorCode, FrameHeader, StreamId};
pub use eyas_output::{
    OutputBuffer, Priority, SchedulingState, State, StreamKey, Waiting, WriteError,
};
