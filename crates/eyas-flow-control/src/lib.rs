#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod input;
mod output;
mod window;

pub use error::FlowError;
pub use input::InputFlowControl;
pub use output::{InitialWindowChange, OutputFlowControl, OutputWindow};
pub use window::{WINDOW_DEFAULT, WINDOW_MAX, Window};
