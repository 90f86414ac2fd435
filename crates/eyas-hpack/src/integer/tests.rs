//! Integers: the RFC's examples, the edges, and a round trip.

use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::{decode, encode};
use crate::DecodeError;

#[test]
fn the_examples_of_the_rfc_encode_and_decode() {
    // RFC 7541 sections C.1.1 to C.1.3
    check::<5>(10, &[0x0a]);
    check::<5>(1337, &[0x1f, 0x9a, 0x0a]);
    check::<8>(42, &[0x2a]);
}

#[test]
fn the_edges_of_a_prefix_and_of_32_bits_encode_and_decode() {
    check::<1>(0, &[0x00]);
    check::<1>(1, &[0x01, 0x00]);
    check::<7>(126, &[0x7e]);
    check::<7>(127, &[0x7f, 0x00]);
    check::<7>(128, &[0x7f, 0x01]);
    check::<7>(254, &[0x7f, 0x7f]);
    check::<7>(255, &[0x7f, 0x80, 0x01]);
    check::<8>(255, &[0xff, 0x00]);
    check::<5>(u32::MAX, &[0x1f, 0xe0, 0xff, 0xff, 0xff, 0x0f]);
}

#[test]
fn bits_above_the_prefix_are_kept_by_encode_and_ignored_by_decode() {
    let mut out = Vec::new();
    encode::<5>(1337, 0xe0, &mut out);
    assert_eq!(out, [0xff, 0x9a, 0x0a]);
    assert_eq!(decode::<5>(&out), Ok((1337, &[][..])));
}

#[test]
fn an_integer_that_is_cut_short_is_truncated() {
    for input in [
        &[][..],
        &[0x1f],
        &[0x1f, 0x80],
        &[0x1f, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(decode::<5>(input), Err(DecodeError::Truncated), "{input:?}");
    }
}

#[test]
fn an_integer_beyond_32_bits_is_refused() {
    for input in [
        // 2^32
        &[0x1f, 0xe1, 0xff, 0xff, 0xff, 0x0f][..],
        &[0x1f, 0xff, 0xff, 0xff, 0xff, 0x7f],
        // a sixth octet, whatever it says
        &[0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
        &[0x1f, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert_eq!(
            decode::<5>(input),
            Err(DecodeError::IntegerOverflow),
            "{input:?}"
        );
    }
}

#[test]
fn an_integer_longer_than_its_shortest_form_is_refused() {
    for input in [
        &[0x1f, 0x80, 0x00][..],
        &[0x1f, 0x9a, 0x8a, 0x00],
        &[0x1f, 0x80, 0x80, 0x80, 0x80, 0x00],
    ] {
        assert_eq!(
            decode::<5>(input),
            Err(DecodeError::IntegerOverlong),
            "{input:?}"
        );
    }
}

proptest! {
    #[test]
    fn every_integer_comes_back(value: u32, tail: Vec<u8>) {
        round_trip::<1>(value, &tail);
        round_trip::<4>(value, &tail);
        round_trip::<5>(value, &tail);
        round_trip::<6>(value, &tail);
        round_trip::<7>(value, &tail);
        round_trip::<8>(value, &tail);
    }

    #[test]
    fn what_decodes_is_what_would_have_been_encoded(input: Vec<u8>) {
        if let Ok((value, rest)) = decode::<5>(&input) {
            let mut out = vec![];
            encode::<5>(u64::from(value), input[0] & 0xe0, &mut out);
            out.extend_from_slice(rest);
            prop_assert_eq!(out, input);
        }
    }
}

fn check<const PREFIX: u32>(value: u32, octets: &[u8]) {
    let mut out = Vec::new();
    encode::<PREFIX>(u64::from(value), 0, &mut out);
    assert_eq!(out, octets);
    assert_eq!(decode::<PREFIX>(octets), Ok((value, &[][..])));
}

fn round_trip<const PREFIX: u32>(value: u32, tail: &[u8]) {
    let mut out = Vec::new();
    encode::<PREFIX>(u64::from(value), 0, &mut out);
    out.extend_from_slice(tail);
    assert_eq!(decode::<PREFIX>(&out), Ok((value, tail)));
}
