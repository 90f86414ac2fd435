#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod decoder;
mod dynamic_table;
mod encoder;
mod equal;
mod error;
mod field;
pub mod huffman;
pub mod integer;
mod limits;
mod octets;
mod sink;
pub mod static_table;

pub use decoder::Decoder;
pub use dynamic_table::DynamicTableView;
pub use encoder::{DefaultPolicy, Encoder, HuffmanMode, Indexing, IndexingPolicy, Plan, Prepared};
pub use error::{DecodeError, HuffmanError};
pub use field::Field;
pub use limits::{BlockSummary, DecoderLimits, Limit};
pub use sink::{DecodedField, Malformed, Sink, UnknownField};

/// What every entry of a dynamic table, and every field of a header list, is
/// charged beyond its name and value, in octets (RFC 7541 section 4.1,
/// RFC 9113 section 6.5.2).
pub const FIELD_OVERHEAD: u32 = 32;

/// The size of a dynamic table before anybody has said otherwise, in octets:
/// the initial value of `SETTINGS_HEADER_TABLE_SIZE` (RFC 9113 section 6.5.2).
pub const DEFAULT_TABLE_SIZE: u32 = 4096;
