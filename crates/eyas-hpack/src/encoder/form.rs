//! How a field line is written: its form, its index, its strings (RFC 7541 sections 5.2 and 6).

use alloc::vec::Vec;

use crate::{huffman, integer, static_table};

/// The form of a field that [`Encoder::field_with`](crate::Encoder::field_with) is asked for (RFC 7541
/// section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Indexing {
    /// An index if a table holds the field, else a literal that enters the
    /// dynamic table (sections 6.1 and 6.2.1).
    Incremental,
    /// A literal that leaves the table alone (section 6.2.2).
    Without,
    /// A literal that no table may ever hold, here or at any hop after (section
    /// 6.2.3).
    Never,
}

/// When an [`Encoder`](crate::Encoder) uses the Huffman code for a string (RFC 7541 section
/// 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HuffmanMode {
    /// Not at all.
    Never,
    /// When it is shorter than the string itself.
    #[default]
    Shorter,
    /// Always, also when it is longer.
    Always,
}

/// An indexed field (RFC 7541 section 6.1).
#[inline]
pub(super) fn indexed(index: u32, out: &mut Vec<u8>) {
    integer::encode::<7>(u64::from(index), INDEXED, out);
}

/// A string literal (RFC 7541 section 5.2).
pub(super) fn string(octets: &[u8], mode: HuffmanMode, out: &mut Vec<u8>) {
    match mode {
        HuffmanMode::Shorter => {
            let start = out.len();
            let room = huffman::grow(out, 1 + octets.len());
            let len = room.split_first_mut().and_then(|(first, room)| {
                let len = huffman::encode_to_slice(octets, room)?;
                // The length takes one octet nearly always.
                *first = HUFFMAN | len as u8;
                Some(len)
            });
            match len.filter(|&len| len < octets.len()) {
                Some(len @ 0..0x7f) => out.truncate(start + 1 + len),
                Some(len) => {
                    out.truncate(start);
                    coded(octets, len, out);
                }
                None => {
                    out.truncate(start);
                    raw(octets, out);
                }
            }
        }
        HuffmanMode::Never => raw(octets, out),
        HuffmanMode::Always => coded(octets, huffman::encoded_len(octets), out),
    }
}

/// A string as it is.
fn raw(octets: &[u8], out: &mut Vec<u8>) {
    integer::encode::<7>(octets.len() as u64, 0, out);
    out.extend_from_slice(octets);
}

/// A string whose Huffman code takes `len` octets.
fn coded(octets: &[u8], len: usize, out: &mut Vec<u8>) {
    integer::encode::<7>(len as u64, HUFFMAN, out);
    huffman::encode(octets, out);
}

#[inline]
pub(super) const fn dynamic_index(position: usize) -> u32 {
    (static_table::LEN + 1 + position) as u32
}

/// The decimal digits of `number`, at the end of `digits`.
pub(super) fn decimal(mut number: u16, digits: &mut [u8; 5]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}

// The first octets of the representations (RFC 7541 section 6), and the mark of
// a Huffman-coded string (section 5.2).
const INDEXED: u8 = 0x80;
pub(super) const INCREMENTAL: u8 = 0x40;
pub(super) const SIZE_UPDATE: u8 = 0x20;
pub(super) const NEVER: u8 = 0x10;
pub(super) const WITHOUT: u8 = 0x00;
const HUFFMAN: u8 = 0x80;
