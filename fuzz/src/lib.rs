//! The bodies of the fuzz targets. They stand beside the code they try, where `cargo test` replays them.

#[path = "../../crates/eyas-hpack/tests/fuzz/targets.rs"]
mod hpack;

/// The Huffman code, both ways.
pub fn hpack_huffman(data: &[u8]) {
    hpack::HUFFMAN(data);
}

/// Header blocks to fields, whole and in fragments.
pub fn hpack_decoder(data: &[u8]) {
    hpack::DECODER(data);
}

/// Fields to header blocks, for decoders of others.
pub fn hpack_encoder(data: &[u8]) {
    hpack::ENCODER(data);
}

/// Header blocks to fields, under any limits.
pub fn hpack_limits(data: &[u8]) {
    hpack::LIMITS(data);
}
