//! Integers with a prefix of one to eight bits (RFC 7541 section 5.1).

use alloc::vec::Vec;

use crate::DecodeError;

/// Appends `value` with a prefix of `PREFIX` bits; the bits of the first octet
/// above the prefix are taken from `first`.
///
/// A `PREFIX` outside `1..=8` does not compile.
///
/// ```
/// let mut out = Vec::new();
/// eyas_hpack::integer::encode::<5>(1337, 0, &mut out);
/// assert_eq!(out, [0x1f, 0x9a, 0x0a]);
/// ```
#[inline]
pub fn encode<const PREFIX: u32>(value: u64, first: u8, out: &mut Vec<u8>) {
    let full = prefix_mask::<PREFIX>();
    if value < u64::from(full) {
        out.push((first & !full) | value as u8);
    } else {
        out.push(first | full);
        encode_rest(value - u64::from(full), out);
    }
}

/// Reads an integer with a prefix of `PREFIX` bits from the start of `input` and
/// returns it with the input behind it. Bits above the prefix are ignored.
///
/// The integer must be in its shortest form and fit 32 bits.
///
/// # Errors
///
/// [`DecodeError::Truncated`], [`DecodeError::IntegerOverflow`] and
/// [`DecodeError::IntegerOverlong`].
///
/// ```
/// let (value, rest) = eyas_hpack::integer::decode::<5>(&[0x1f, 0x9a, 0x0a, 0x82])?;
/// assert_eq!((value, rest), (1337, &[0x82][..]));
/// # Ok::<(), eyas_hpack::DecodeError>(())
/// ```
#[inline]
pub fn decode<const PREFIX: u32>(input: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    decode_masked(input, prefix_mask::<PREFIX>())
}

/// The same with a prefix of the bits that are set in `full`.
#[inline(always)]
pub(crate) fn decode_masked(input: &[u8], full: u8) -> Result<(u32, &[u8]), DecodeError> {
    let Some((&first, rest)) = input.split_first() else {
        return Err(DecodeError::Truncated);
    };
    let prefix = first & full;
    if prefix < full {
        return Ok((u32::from(prefix), rest));
    }
    match rest.split_first() {
        Some((&second, rest)) if second < 0x80 => Ok((u32::from(full) + u32::from(second), rest)),
        _ => decode_rest(u64::from(full), rest),
    }
}

const fn prefix_mask<const PREFIX: u32>() -> u8 {
    const {
        assert!(PREFIX >= 1 && PREFIX <= 8);
        0xff >> (8 - PREFIX)
    }
}

fn encode_rest(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(0x80 | value as u8);
        value >>= 7;
    }
    out.push(value as u8);
}

#[inline(never)]
fn decode_rest(base: u64, input: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    let mut value = base;
    for (position, &octet) in input.iter().take(MAX_CONTINUATION).enumerate() {
        value += u64::from(octet & 0x7f) << (7 * position);
        if octet & 0x80 != 0 {
            continue;
        }
        if octet == 0 && position > 0 {
            return Err(DecodeError::IntegerOverlong);
        }
        return match u32::try_from(value) {
            Ok(value) => Ok((value, &input[position + 1..])),
            Err(_) => Err(DecodeError::IntegerOverflow),
        };
    }
    if input.len() < MAX_CONTINUATION {
        Err(DecodeError::Truncated)
    } else {
        Err(DecodeError::IntegerOverflow)
    }
}

/// Five groups of seven bits hold every 32-bit value.
const MAX_CONTINUATION: usize = 5;

#[cfg(test)]
mod tests;
