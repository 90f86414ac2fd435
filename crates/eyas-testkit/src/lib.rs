#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod diff;
mod encode;
mod hpack;
mod huffman;
mod pipe;
mod print;
mod run;
mod script;
mod subject;
mod token;
mod wire;

pub use clock::Clock;
pub use encode::encode_frame;
pub use hpack::{HpackDecoder, HpackField, HpackItem};
pub use pipe::{PipeEnd, Schedule, pipe};
pub use print::FramePrinter;
pub use run::{check_dir, check_file, check_text, update_text};
pub use subject::{Mode, Pace, Setup, Subject, Turn};
pub use token::{Token, tokenize};
pub use wire::{PREFACE, RawFrame};
