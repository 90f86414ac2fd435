//! String literals (RFC 7541 section 5.2), borrowed from the block where they
//! are plain and built in scratch space where they are Huffman-coded.

use alloc::vec::Vec;

use crate::{DecodeError, HuffmanError, huffman, integer};

/// A string literal as it stands in the block.
#[derive(Clone, Copy)]
pub(super) struct Text<'b> {
    octets: &'b [u8],
    huffman: bool,
}

/// Reads a string literal from the start of `input`; returns it and the rest.
///
/// The announced length is compared with what is there before anything else
/// happens, so it cannot make anybody allocate.
#[inline]
pub(super) fn read_string(input: &[u8]) -> Result<(Text<'_>, &[u8]), DecodeError> {
    let (len, rest) = integer::decode::<7>(input)?;
    // `integer::decode` has read at least one octet.
    let huffman = input[0] & 0x80 != 0;
    match rest.split_at_checked(len as usize) {
        Some((octets, rest)) => Ok((Text { octets, huffman }, rest)),
        None => Err(DecodeError::Truncated),
    }
}

impl<'b> Text<'b> {
    /// The decoded string, or only its length if it is Huffman-coded and longer
    /// than `ceiling` octets. `scratch` grows to little more than `ceiling`.
    #[inline]
    pub(super) fn resolve<'x>(
        self,
        scratch: &'x mut Vec<u8>,
        ceiling: usize,
    ) -> Result<Resolved<'x>, HuffmanError>
    where
        'b: 'x,
    {
        if !self.huffman {
            return Ok(Resolved::known(self.octets));
        }
        let mut room = huffman::max_decoded_len(self.octets.len());
        if room > ceiling {
            let len = huffman::decoded_len(self.octets)?;
            if len > ceiling {
                return Ok(Resolved { len, octets: None });
            }
            room = room.min(huffman::room_for(len));
        }
        if scratch.len() < room {
            scratch.resize(room, 0);
        }
        let len = huffman::decode_at(self.octets, scratch, 0)?;
        Ok(Resolved::known(&scratch[..len]))
    }
}

/// A decoded string.
#[derive(Clone, Copy)]
pub(super) struct Resolved<'x> {
    pub(super) len: usize,
    /// `None` if the string is too long for anybody to want it.
    pub(super) octets: Option<&'x [u8]>,
}

impl<'x> Resolved<'x> {
    #[inline]
    pub(super) const fn known(octets: &'x [u8]) -> Self {
        Self {
            len: octets.len(),
            octets: Some(octets),
        }
    }
}

/// Where Huffman-coded strings are built, reused from field to field.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) name: Vec<u8>,
    pub(super) value: Vec<u8>,
}

impl Scratch {
    /// Gives back what an unusually long string has claimed.
    #[inline]
    pub(super) fn trim(&mut self) {
        for buffer in [&mut self.name, &mut self.value] {
            if buffer.capacity() > KEPT_OCTETS {
                *buffer = Vec::new();
            }
        }
    }
}

/// Most that a scratch buffer keeps between blocks: room for all but the largest
/// cookies, and little for a connection that idles.
const KEPT_OCTETS: usize = 4096;
