#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod allowance;
mod block;
mod buffer;
mod chunks;
mod control;
mod drain;
mod endings;
mod last_head;
mod lists;
mod marks;
mod priority;
mod producer;
mod rest;
mod scheduler;
mod slab;
mod state;
mod turns;
mod verbs;
mod writer;

pub use block::{BlockWriter, FieldBlock};
pub use buffer::OutputBuffer;
pub use control::{ControlFrame, ControlLane};
pub use marks::Marks;
pub use priority::Priority;
pub use producer::{Producer, WriteError};
pub use rest::RestingScheduler;
pub use scheduler::{Notice, Scheduler};
pub use slab::StreamKey;
pub use state::{SchedulingState, State, Waiting};
pub use writer::FrameWriter;
