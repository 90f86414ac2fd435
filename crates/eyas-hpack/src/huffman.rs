//! The static Huffman code for strings (RFC 7541 section 5.2 and appendix B).

mod bits;
mod code;
mod decode;
mod encode;
mod table;

use alloc::vec::Vec;

use crate::HuffmanError;
use decode::Decoded;

pub(crate) use decode::{SPARE, decode_into};

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
    dst.resize(start + max_decoded_len(src.len()) + SPARE, 0);
    let decoded = decode_into(src, &mut dst[start..]);
    dst.truncate(start + decoded.map_or(0, Decoded::len));
    decoded.map(|_| ())
}

/// Decodes a whole Huffman-coded string to the start of `dst` and returns the
/// length of the text in octets, which is more than `dst` has if it does not fit;
/// the octets that do are then those of its beginning.
///
/// A text has at most 8/5 of the octets of its code. It is decoded fastest where
/// there are 16 octets more than it needs; what is behind it may be overwritten.
///
/// # Errors
///
/// [`HuffmanError`] if the string contains EOS or is not padded with at most
/// seven one bits (RFC 7541 section 5.2).
///
/// ```
/// use eyas_hpack::huffman;
///
/// let mut room = [0; 32];
/// let len = huffman::decode_to_slice(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf], &mut room)?;
/// assert_eq!(&room[..len], b"no-cache");
/// # Ok::<(), eyas_hpack::HuffmanError>(())
/// ```
#[inline]
pub fn decode_to_slice(src: &[u8], dst: &mut [u8]) -> Result<usize, HuffmanError> {
    decode_into(src, dst).map(Decoded::len)
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
    let start = dst.len();
    // Enough, unless the code is longer than `src`.
    let room = grow(dst, src.len());
    let len = encode::encode_into(src, room).unwrap_or_else(|| {
        let len = encoded_len(src);
        dst.resize(start + len, 0);
        let written = encode::encode_into(src, &mut dst[start..]);
        debug_assert_eq!(written, Some(len));
        len
    });
    dst.truncate(start + len);
}

/// Writes the Huffman code of `src`, padded to a whole octet, to the start of `dst`
/// and returns its length in octets; `None` if it does not fit. What is behind it
/// may be overwritten.
///
/// To learn whether the code is shorter than `src`, give it no more room than that.
///
/// ```
/// use eyas_hpack::huffman;
///
/// let mut room = [0; 8];
/// let len = huffman::encode_to_slice(b"no-cache", &mut room);
/// assert_eq!(len, Some(6));
/// assert_eq!(room[..6], [0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]);
/// assert_eq!(huffman::encode_to_slice(b"no-cache", &mut room[..5]), None);
/// ```
#[must_use = "`None` says that nothing of use was written"]
#[inline]
pub fn encode_to_slice(src: &[u8], dst: &mut [u8]) -> Option<usize> {
    encode::encode_into(src, dst)
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

/// The most octets that `src_len` octets of code can stand for.
#[inline]
pub(crate) const fn max_decoded_len(src_len: usize) -> usize {
    src_len.saturating_mul(8) / decode::SHORTEST_BITS
}

/// Appends zeros and returns them: room for a code and what else there is, `len`
/// octets in all, and for the last store.
#[inline(always)]
pub(crate) fn grow(dst: &mut Vec<u8>, len: usize) -> &mut [u8] {
    let start = dst.len();
    let room = len + encode::STORE;
    match room <= SHORT {
        true => dst.extend_from_slice(&[0; SHORT]),
        false => dst.resize(start + room, 0),
    }
    &mut dst[start..]
}

/// What is cleared without a call.
const SHORT: usize = 64;

#[cfg(test)]
mod tests;
