//! Arbitrary octets, read as whatever a target wants to be told.

use std::borrow::Cow;

use eyas_hpack::integer;

use super::bitwise;

/// What is left of an input. Behind its end there are zeros.
pub(crate) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn octet(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// So many octets, or all that are left.
    pub(crate) fn octets(&mut self, len: usize) -> &'a [u8] {
        let (octets, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        octets
    }

    /// Octets with their length before them; 255 stands for all that are left.
    pub(crate) fn string(&mut self) -> &'a [u8] {
        match self.octet() {
            0xff => std::mem::take(&mut self.0),
            len => self.octets(len.into()),
        }
    }

    /// A header block: a string, or in place of the length 254 a literal with a value that is longer than
    /// inputs get, up to `longest` octets.
    pub(crate) fn block(&mut self, longest: usize) -> Cow<'a, [u8]> {
        if self.0.first() != Some(&0xfe) {
            return Cow::Borrowed(self.string());
        }
        let [_, form, octet, len] = [(); 4].map(|()| self.octet());
        // The code of eight octets that are the same ends where an octet ends.
        let (mark, eight) = match form & 1 {
            0 => (0, vec![octet; 8]),
            _ => (0x80, bitwise::encode(&[octet; 8])),
        };
        let value = eight.repeat(longest / 8 * usize::from(len) / 0xff);
        let mut block = vec![form & 0x70, 1, b'n'];
        integer::encode::<7>(value.len() as u64, mark, &mut block);
        block.extend(value);
        Cow::Owned(block)
    }

    /// A number of octets, of any magnitude: small ones are exact.
    pub(crate) fn size(&mut self) -> u32 {
        let octet = u32::from(self.octet());
        match octet {
            0..0x80 => octet,
            0x80..0xf0 => (octet - 0x7f) * 64,
            _ => u32::MAX >> (0xff - octet),
        }
    }
}
