//! String literals (RFC 7541 section 5.2), borrowed from the block where they
//! are plain and built in scratch space where they are Huffman-coded.

use alloc::vec::Vec;

use super::Halt;
use crate::octets::Octets;
use crate::{DecodeError, HuffmanError, huffman, integer};

/// A string literal as it stands in the block.
#[derive(Clone, Copy)]
pub(super) struct Text<'b> {
    octets: &'b [u8],
    huffman: bool,
}

/// Reads a string literal from the start of `rest`, the end of `field`; returns it
/// and what is behind it.
///
/// The announced length is compared with what is there before anything else
/// happens, so it cannot make anybody allocate.
#[inline(always)]
pub(super) fn read_string<'b>(
    rest: &'b [u8],
    field: &'b [u8],
) -> Result<(Text<'b>, &'b [u8]), Halt> {
    let (len, behind) = read_integer::<7>(rest, field)?;
    // At least one octet was read.
    let huffman = rest[0] & 0x80 != 0;
    match behind.split_at_checked(len as usize) {
        Some((octets, rest)) => Ok((Text { octets, huffman }, rest)),
        None => {
            let before = field.len() - behind.len();
            Err(Halt::NeedMore(before.saturating_add(len as usize)))
        }
    }
}

/// Reads an integer likewise.
#[inline(always)]
pub(super) fn read_integer<'b, const PREFIX: u32>(
    rest: &'b [u8],
    field: &'b [u8],
) -> Result<(u32, &'b [u8]), Halt> {
    integer::decode::<PREFIX>(rest).map_err(|error| match error {
        DecodeError::Truncated => Halt::NeedMore(field.len() + 1),
        error => Halt::Malformed(error),
    })
}

impl<'b> Text<'b> {
    /// The decoded string, or only its length if it is Huffman-coded and longer
    /// than `ceiling` octets. `scratch` grows to little more than `ceiling`.
    #[inline(always)]
    pub(super) fn resolve<'x>(
        self,
        kind: Kind,
        scratch: &'x mut Vec<u8>,
        ceiling: usize,
    ) -> Result<Resolved<'x>, HuffmanError>
    where
        'b: 'x,
    {
        if !self.huffman {
            return Ok(Resolved {
                len: self.octets.len(),
                octets: Some(self.octets),
                class: match kind {
                    Kind::Name => Octets::of(self.octets),
                    Kind::Value => Octets::of_value(self.octets),
                },
            });
        }
        // No code stands for twice its length.
        let room = (2 * self.octets.len()).min(ceiling) + huffman::SPARE;
        if scratch.len() < room {
            grow(scratch, room);
        }
        let decoded = huffman::decode_into(self.octets, scratch)?;
        Ok(Resolved {
            len: decoded.len(),
            octets: match decoded.len() <= ceiling {
                true => scratch.get(..decoded.len()),
                false => None,
            },
            class: decoded.octets(),
        })
    }
}

#[cold]
fn grow(scratch: &mut Vec<u8>, room: usize) {
    // Once more than nothing, at once what a common string needs.
    scratch.resize(room.max(SCRATCH_MIN), 0);
}

/// What a string is asked for.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Name,
    Value,
}

/// A decoded string.
#[derive(Clone, Copy)]
pub(super) struct Resolved<'x> {
    pub(super) len: usize,
    /// `None` if the string is too long for anybody to want it.
    pub(super) octets: Option<&'x [u8]>,
    pub(super) class: Octets,
}

impl<'x> Resolved<'x> {
    /// A name out of a table, of which all is known.
    #[inline]
    pub(super) const fn known(name: &'x [u8]) -> Self {
        Self {
            len: name.len(),
            octets: Some(name),
            class: Octets::FREE,
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
pub(super) const KEPT_OCTETS: usize = 4096;

const SCRATCH_MIN: usize = 64;
