//! The Huffman code against a twin that goes bit by bit.

use alloc::vec;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::code::{CODES, EOS};
use super::{
    SPARE, decode, decode_to_slice, encode, encode_to_slice, encoded_len, max_decoded_len,
};
use crate::HuffmanError;
use crate::octets::Octets;

#[test]
fn the_code_is_complete_and_free_of_prefixes() {
    let mut sum = 0_u64;
    for code in CODES {
        sum += 1 << (32 - code.bits);
    }
    assert_eq!(sum, 1 << 32, "Kraft sum");
    for (i, a) in CODES.iter().enumerate() {
        for b in &CODES[i + 1..] {
            let common = a.bits.min(b.bits);
            assert_ne!(a.code >> (a.bits - common), b.code >> (b.bits - common));
        }
    }
}

#[test]
fn codes_are_those_of_the_rfc() {
    // RFC 7541 appendix B: the first and the last code of nearly every length,
    // and some between.
    for (symbol, code, bits) in [
        (48, 0x0, 5),
        (49, 0x1, 5),
        (50, 0x2, 5),
        (97, 0x3, 5),
        (99, 0x4, 5),
        (101, 0x5, 5),
        (105, 0x6, 5),
        (111, 0x7, 5),
        (115, 0x8, 5),
        (116, 0x9, 5),
        (32, 0x14, 6),
        (117, 0x2d, 6),
        (58, 0x5c, 7),
        (122, 0x7b, 7),
        (38, 0xf8, 8),
        (90, 0xfd, 8),
        (33, 0x3f8, 10),
        (63, 0x3fc, 10),
        (39, 0x7fa, 11),
        (124, 0x7fc, 11),
        (35, 0xffa, 12),
        (62, 0xffb, 12),
        (0, 0x1ff8, 13),
        (36, 0x1ff9, 13),
        (64, 0x1ffa, 13),
        (91, 0x1ffb, 13),
        (93, 0x1ffc, 13),
        (126, 0x1ffd, 13),
        (94, 0x3ffc, 14),
        (125, 0x3ffd, 14),
        (60, 0x7ffc, 15),
        (96, 0x7ffd, 15),
        (123, 0x7ffe, 15),
        (92, 0x7fff0, 19),
        (195, 0x7fff1, 19),
        (208, 0x7fff2, 19),
        (128, 0xfffe6, 20),
        (226, 0xfffed, 20),
        (153, 0x1fffdc, 21),
        (129, 0x3fffd2, 22),
        (1, 0x7fffd8, 23),
        (9, 0xffffea, 24),
        (199, 0x1ffffec, 25),
        (192, 0x3ffffe0, 26),
        (255, 0x3ffffee, 26),
        (203, 0x7ffffde, 27),
        (2, 0xfffffe2, 28),
        (249, 0xffffffe, 28),
        (10, 0x3fff_fffc, 30),
        (13, 0x3fff_fffd, 30),
        (22, 0x3fff_fffe, 30),
        (256, 0x3fff_ffff, 30),
    ] {
        let found = CODES[symbol];
        assert_eq!((found.code, found.bits), (code, bits), "symbol {symbol}");
    }
}

#[test]
fn every_octet_alone_and_every_pair_comes_back() {
    for a in 0..=255 {
        check_text(&[a]);
        for b in 0..=255 {
            check_text(&[a, b]);
        }
    }
}

#[test]
fn every_octet_comes_back_at_every_place_of_a_word() {
    for octet in 0..=255 {
        for before in 0..12 {
            for after in 0..12 {
                let mut text = vec![b'e'; before];
                text.push(octet);
                text.resize(before + 1 + after, b'X');
                check_text(&text);
            }
        }
    }
}

#[test]
fn padding_of_zero_to_seven_ones_is_the_only_padding() {
    // RFC 7541 section 5.2: a padding longer than 7 bits MUST be treated as an
    // error, and so MUST one that is not a prefix of EOS.
    for text in [
        &b""[..],
        b"a",
        b"no-cache",
        b"\x00\n\xff",
        b"wwwwwwwwwwwwwwwwww",
    ] {
        for ones in 0..=46 {
            let mut bits = bits_of(text);
            bits.resize(bits.len() + ones, true);
            if !bits.len().is_multiple_of(8) {
                continue;
            }
            let expected = match ones {
                0..=7 => Ok(text.to_vec()),
                8..=29 => Err(HuffmanError::PaddingTooLong),
                _ => Err(HuffmanError::EndOfString),
            };
            assert_eq!(decoded(&pack(&bits)), expected, "{text:?} + {ones} ones");

            for zero in 0..ones.min(8) {
                let mut bits = bits.clone();
                let at = bits.len() - 1 - zero;
                bits[at] = false;
                check_code(&pack(&bits));
            }
        }
    }
}

#[test]
fn a_string_with_eos_in_it_is_refused() {
    // RFC 7541 section 5.2: MUST be treated as a decoding error.
    for before in 0..16 {
        for after in 0..16 {
            let mut bits = bits_of(&vec![b'o'; before]);
            bits.resize(bits.len() + 30, true);
            bits.extend(bits_of(&vec![b'o'; after]));
            bits.resize(bits.len().next_multiple_of(8), true);
            assert_eq!(decoded(&pack(&bits)), Err(HuffmanError::EndOfString));
        }
    }
}

#[test]
fn every_truncation_is_judged_as_the_twin_judges_it() {
    let text: Vec<u8> = (0..=255)
        .chain(b"Mon, 21 Oct 2013 20:13:21 GMT".iter().copied())
        .collect();
    let mut code = Vec::new();
    encode(&text, &mut code);
    for len in 0..=code.len() {
        check_code(&code[..len]);
    }
}

#[test]
fn every_code_of_two_octets_is_judged_as_the_twin_judges_it() {
    for first in 0..=255_u8 {
        for second in 0..=255_u8 {
            check_code(&[first, second]);
            check_code(&[first, second, 0xff]);
            check_code(&[0xff, first, second]);
        }
    }
}

#[test]
fn a_failed_decode_leaves_the_output_as_it_was() {
    let mut out = b"before".to_vec();
    assert!(decode(&[0xff, 0xff], &mut out).is_err());
    assert_eq!(out, b"before");
    decode(&[0x1f], &mut out).unwrap();
    assert_eq!(out, b"beforea");
}

#[test]
fn a_text_goes_into_as_much_room_as_there_is_and_is_measured_whole() {
    let text = b"the quick brown fox jumps over the lazy dog\x00\xff".repeat(9);
    let mut code = Vec::new();
    encode(&text, &mut code);
    for room in 0..text.len() + 2 * SPARE {
        let mut out = vec![0xee; room];
        assert_eq!(decode_to_slice(&code, &mut out), Ok(text.len()));
        let common = room.min(text.len());
        assert_eq!(out[..common], text[..common], "in {room} octets");
    }
}

#[test]
fn a_code_needs_no_more_room_than_its_length() {
    for text in [
        &b""[..],
        b"a",
        b"no-cache",
        b"www.example.com/index.html?x=1",
        b"\x00\x01\x02\xff<<<<<{{{{{{",
    ] {
        let mut code = Vec::new();
        encode(text, &mut code);
        for room in 0..code.len() + 20 {
            let mut out = vec![0xee; room];
            let written = encode_to_slice(text, &mut out);
            if room < code.len() {
                assert_eq!(written, None);
            } else {
                assert_eq!(written, Some(code.len()));
                assert_eq!(out[..code.len()], code);
            }
        }
    }
}

#[test]
fn room_for_the_longest_text_is_enough() {
    let text = vec![b'0'; 1000];
    let mut code = Vec::new();
    encode(&text, &mut code);
    assert!((1000..1004).contains(&max_decoded_len(code.len())));
}

#[test]
fn octets_are_classed_while_they_are_decoded() {
    for octet in 0..=255 {
        for before in 0..24 {
            let mut text = vec![b'e'; before];
            text.push(octet);
            text.extend(b"--");
            let mut code = Vec::new();
            encode(&text, &mut code);
            let mut out = [0; 64];
            let decoded = super::decode_into(&code, &mut out).unwrap();
            let (found, due) = (fits(decoded.octets()), fits(Octets::of(&text)));
            assert_eq!(found, due, "{octet:#x} at {before}");
        }
    }
    // One of each kind in one look-up, and as many of a kind as one window holds.
    for text in [
        &b"AB"[..],
        b"a:b:c:d:",
        b"\0\0\0\0\0\0",
        b"\0a\0b\0cA",
        b"AAAAAAAA",
        b"        ",
        b" A A A A A A A A ",
    ] {
        let mut code = Vec::new();
        encode(text, &mut code);
        let decoded = super::decode_into(&code, &mut []).unwrap();
        let (found, due) = (fits(decoded.octets()), fits(Octets::of(text)));
        assert_eq!(found, due, "{text:?}");
    }
}

/// What a string of these octets can be.
fn fits(octets: Octets) -> (bool, bool) {
    (octets.fit_a_name(), octets.fit_a_value())
}

proptest! {
    #[test]
    fn every_text_comes_back(text: Vec<u8>) {
        check_text(&text);
    }

    #[test]
    fn every_common_text_comes_back(text in "[ -~]{0,80}") {
        check_text(text.as_bytes());
    }

    #[test]
    fn arbitrary_octets_are_judged_as_the_twin_judges_them(code: Vec<u8>) {
        check_code(&code);
    }

    #[test]
    fn codes_with_one_bit_flipped_are_judged_as_the_twin_judges_them(
        text in "[ -~\n]{1,40}", at: prop::sample::Index,
    ) {
        let mut code = Vec::new();
        encode(text.as_bytes(), &mut code);
        let bit = at.index(8 * code.len());
        code[bit / 8] ^= 0x80 >> (bit % 8);
        check_code(&code);
    }
}

/// Encodes as the twin does, and comes back.
fn check_text(text: &[u8]) {
    let mut bits = bits_of(text);
    bits.resize(bits.len().next_multiple_of(8), true);
    let mut code = vec![0xee];
    encode(text, &mut code);
    assert_eq!(code.remove(0), 0xee);
    assert_eq!(code, pack(&bits));
    assert_eq!(encoded_len(text), code.len());
    assert_eq!(decoded(&code).as_deref(), Ok(text));
    assert_eq!(decode_to_slice(&code, &mut []), Ok(text.len()));
}

/// Decodes, or refuses, as the twin does.
fn check_code(code: &[u8]) {
    let expected = bitwise(code);
    assert_eq!(decoded(code), expected, "{code:02x?}");
    assert_eq!(
        decode_to_slice(code, &mut []),
        expected.map(|text| text.len()),
        "{code:02x?}"
    );
}

fn decoded(code: &[u8]) -> Result<Vec<u8>, HuffmanError> {
    let mut out = Vec::new();
    decode(code, &mut out).map(|()| out)
}

/// The twin: asks after every bit whether the bits so far are a code.
fn bitwise(octets: &[u8]) -> Result<Vec<u8>, HuffmanError> {
    let mut text = Vec::new();
    let (mut code, mut bits) = (0_u32, 0_u8);
    for i in 0..8 * octets.len() {
        code = code << 1 | u32::from(octets[i / 8] >> (7 - i % 8) & 1);
        bits += 1;
        match SYMBOLS.get(&(code, bits)).copied() {
            Some(EOS) => return Err(HuffmanError::EndOfString),
            Some(symbol) => {
                text.push(symbol as u8);
                (code, bits) = (0, 0);
            }
            None => {}
        }
    }
    if code != (1 << bits) - 1 {
        Err(HuffmanError::PaddingNotOnes)
    } else if bits > 7 {
        Err(HuffmanError::PaddingTooLong)
    } else {
        Ok(text)
    }
}

static SYMBOLS: LazyLock<HashMap<(u32, u8), usize>> = LazyLock::new(|| {
    let symbols = CODES.iter().enumerate();
    symbols
        .map(|(symbol, c)| ((c.code, c.bits), symbol))
        .collect()
});

fn bits_of(text: &[u8]) -> Vec<bool> {
    text.iter()
        .map(|&octet| CODES[usize::from(octet)])
        .flat_map(|c| (0..c.bits).rev().map(move |bit| c.code >> bit & 1 == 1))
        .collect()
}

fn pack(bits: &[bool]) -> Vec<u8> {
    bits.chunks(8)
        .map(|octet| octet.iter().fold(0, |all, &bit| all << 1 | u8::from(bit)))
        .collect()
}
