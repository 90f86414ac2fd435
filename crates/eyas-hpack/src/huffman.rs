//! The static Huffman code for strings (RFC 7541 section 5.2 and appendix B).

mod code;
mod decode;
mod encode;

use alloc::vec::Vec;

use crate::HuffmanError;

pub(crate) use decode::{decode_at, decoded_len, max_decoded_len, room_for};

/// Decodes a whole Huffman-coded string and appends it to `dst`.
///
/// # Errors
///
/// [`HuffmanError`] if the string contains EOS or is not padded with at most
/// seven one bits (RFC 7541 section 5.2); `dst` is then as it was before.
///
/// ```
/// use eyas_hpack::huffman;
///
/// let mut text = Vec::new();
/// huffman::decode(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf], &mut text)?;
/// assert_eq!(text, b"no-cache");
/// # Ok::<(), eyas_hpack::HuffmanError>(())
/// ```
pub fn decode(src: &[u8], dst: &mut Vec<u8>) -> Result<(), HuffmanError> {
    let start = dst.len();
    dst.resize(start + max_decoded_len(src.len()), 0);
    let decoded = decode_at(src, dst, start);
    dst.truncate(*decoded.as_ref().unwrap_or(&start));
    decoded.map(|_| ())
}

/// Appends the Huffman code of `src`, padded to a whole octet, to `dst`.
///
/// ```
/// use eyas_hpack::huffman;
///
/// let mut code = Vec::new();
/// huffman::encode(b"no-cache", &mut code);
/// assert_eq!(code, [0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]);
/// ```
pub fn encode(src: &[u8], dst: &mut Vec<u8>) {
    encode::append(src, encoded_len(src), dst);
}

/// The exact number of octets [`encode`] appends for `src`.
///
/// ```
/// assert_eq!(eyas_hpack::huffman::encoded_len(b"no-cache"), 6);
/// ```
#[must_use]
pub fn encoded_len(src: &[u8]) -> usize {
    encode::len(src)
}

/// [`encode`] for a caller who has asked for the length already.
#[inline]
pub(crate) fn encode_sized(src: &[u8], encoded_len: usize, dst: &mut Vec<u8>) {
    encode::append(src, encoded_len, dst);
}

#[cfg(test)]
mod tests;
