//! The bodies of the fuzz targets, by the names of these.

#[path = "../common/bitwise.rs"]
mod bitwise;
mod decoder;
mod encoder;
#[path = "../common/httlib.rs"]
mod httlib;
mod huffman;
mod input;
mod limits;
#[path = "../common/rules.rs"]
mod rules;
#[path = "../common/twin.rs"]
mod twin;

/// What a target does with an input. It panics if the crate does what it should not.
pub(crate) type Target = fn(&[u8]);

/// Decoding and encoding of the Huffman code.
pub(crate) const HUFFMAN: Target = huffman::run;
/// Decoding of blocks, whole and in fragments.
pub(crate) const DECODER: Target = decoder::run;
/// Encoding, for a decoder of others, the naive one and ours.
pub(crate) const ENCODER: Target = encoder::run;
/// Decoding under limits.
pub(crate) const LIMITS: Target = limits::run;
