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
    let (len, behind) = read_integer(rest, 0x7f, field)?;
    // At least one octet was read.
    let huffman = rest[0] & 0x80 != 0;
    match behind.split_at_checked(len) {
        Some((octets, rest)) => Ok((Text { octets, huffman }, rest)),
        None => {
            let before = field.len() - behind.len();
            Err(Halt::NeedMore(before.saturating_add(len)))
        }
    }
}

/// Reads an integer likewise, with a prefix of the bits that are set in `full`. One or
/// two octets are read here: through the errors of [`integer`] a field costs 2 % more.
#[inline(always)]
pub(super) fn read_integer<'b>(
    rest: &'b [u8],
    full: u8,
    field: &'b [u8],
) -> Result<(usize, &'b [u8]), Halt> {
    match *rest {
        [first, ref behind @ ..] if first & full < full => Ok((usize::from(first & full), behind)),
        [_, second, ref behind @ ..] if second < 0x80 => {
            Ok((usize::from(full) + usize::from(second), behind))
        }
        _ => read_long_integer(rest, full, field),
    }
}

/// The same for one of three octets or more, or of too few.
#[cold]
fn read_long_integer<'b>(
    rest: &'b [u8],
    full: u8,
    field: &'b [u8],
) -> Result<(usize, &'b [u8]), Halt> {
    match integer::decode_masked(rest, full) {
        Ok((value, behind)) => Ok((value as usize, behind)),
        Err(DecodeError::Truncated) => Err(Halt::NeedMore(field.len() + 1)),
        Err(error) => Err(Halt::Malformed(error)),
    }
}

impl<'b> Text<'b> {
    /// The decoded string; if it is Huffman-coded and longer than `ceiling()` octets,
    /// perhaps only its length. `scratch` grows to little more than that.
    #[inline(always)]
    pub(super) fn resolve<'x>(
        self,
        kind: Kind,
        scratch: &'x mut Vec<u8>,
        ceiling: impl Fn() -> usize,
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
        let most = 2 * self.octets.len();
        if scratch.len() < most + huffman::SPARE {
            grow(scratch, most.min(ceiling()) + huffman::SPARE);
        }
        let decoded = huffman::decode_into(self.octets, scratch)?;
        Ok(Resolved {
            len: decoded.len(),
            octets: scratch.get(..decoded.len()),
            class: decoded.octets(),
        })
    }
}

/// Makes room, if there is less.
#[cold]
fn grow(scratch: &mut Vec<u8>, room: usize) {
    if scratch.len() < room {
        // Once more than nothing, at once what a common string needs.
        scratch.resize(room.max(SCRATCH_MIN), 0);
    }
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
