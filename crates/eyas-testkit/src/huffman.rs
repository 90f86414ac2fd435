//! The Huffman code of RFC 7541, bit by bit.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Encodes `text`, with ones behind it up to a whole octet.
pub(crate) fn encode(text: &[u8]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    for &octet in text {
        let (code, length) = CODES[usize::from(octet)];
        bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    }
    bits.resize(bits.len().next_multiple_of(8), true);
    bits.chunks(8)
        .map(|octet| {
            octet
                .iter()
                .fold(0, |value, &bit| value << 1 | u8::from(bit))
        })
        .collect()
}

/// Decodes `octets`; refuses EOS, padding of eight bits or more, and padding that is not ones (RFC 7541 section 5.2).
pub(crate) fn decode(octets: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let (mut value, mut length) = (0_u32, 0_u8);
    for bit in octets
        .iter()
        .flat_map(|octet| (0..8).rev().map(move |bit| octet >> bit & 1))
    {
        value = value << 1 | u32::from(bit);
        length += 1;
        match SYMBOLS.get(&(value, length)) {
            Some(&EOS) => return Err("EOS in a Huffman string".into()),
            Some(&symbol) => {
                text.push(symbol as u8);
                (value, length) = (0, 0);
            }
            None => {}
        }
    }
    if length > 7 {
        return Err("Huffman padding of more than 7 bits".into());
    }
    if value != (1 << length) - 1 {
        return Err("Huffman padding that is not ones".into());
    }
    Ok(text)
}

/// The code of `symbol` (256 is EOS) and its length in bits.
///
/// The code is canonical (RFC 7541 appendix B): the lengths alone define it. Shorter codes come first, equally long
/// ones in the order of their symbols.
fn code(symbol: usize) -> (u32, u8) {
    let length = LENGTHS[symbol];
    let mut code = 0;
    for bits in 1..=length {
        code <<= 1;
        if bits < length {
            code += LENGTHS.iter().filter(|&&other| other == bits).count() as u32;
        }
    }
    code += LENGTHS[..symbol]
        .iter()
        .filter(|&&other| other == length)
        .count() as u32;
    (code, length)
}

/// Value and length of each symbol's code.
static CODES: LazyLock<Vec<(u32, u8)>> = LazyLock::new(|| (0..LENGTHS.len()).map(code).collect());

static SYMBOLS: LazyLock<HashMap<(u32, u8), usize>> = LazyLock::new(|| {
    CODES
        .iter()
        .enumerate()
        .map(|(symbol, &code)| (code, symbol))
        .collect()
});

const EOS: usize = 256;

/// The length of each symbol's code in bits (RFC 7541 appendix B).
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
     6, 10, 10, 12, 13,  6,  8, 11, 10, 10,  8, 11,  8,  6,  6,  6,
     5,  5,  5,  6,  6,  6,  6,  6,  6,  6,  7,  8, 15,  6, 12, 10,
    13,  6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
     7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8, 13, 19, 13, 14,  6,
    15,  5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,
     6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_complete_and_its_corners_are_those_of_appendix_b() {
        let sum: u64 = LENGTHS.iter().map(|&length| 1_u64 << (30 - length)).sum();
        assert_eq!(sum, 1 << 30);
        assert_eq!(code(b'0'.into()), (0x0, 5));
        assert_eq!(code(b' '.into()), (0x14, 6));
        assert_eq!(code(b'~'.into()), (0x1ffd, 13));
        assert_eq!(code(0), (0x1ff8, 13));
        assert_eq!(code(b'\\'.into()), (0x7fff0, 19));
        assert_eq!(code(161), (0x1fffdd, 21));
        assert_eq!(code(249), (0xffffffe, 28));
        assert_eq!(code(10), (0x3ffffffc, 30));
        assert_eq!(code(EOS), (0x3fffffff, 30));
    }

    #[test]
    fn every_octet_survives_a_round_trip() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&encode(&all)).unwrap(), all);
    }

    // RFC 7541 section 5.2: padding longer than 7 bits, padding that is not the most significant bits of EOS, and EOS
    // itself MUST be treated as decoding errors.
    #[test]
    fn wrong_endings_are_refused() {
        assert_eq!(decode(&[0x07]).unwrap(), b"0");
        assert!(decode(&[0x06]).is_err());
        assert!(decode(&[0x07, 0xff]).is_err());
        assert!(decode(&[0xff; 4]).is_err());
    }
}
