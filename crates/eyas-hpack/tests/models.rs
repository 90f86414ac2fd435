//! Integers and the encoder's index against naive twins. (Huffman code, table and decoder have theirs beside the code
//! and in `fuzz`.)

use std::collections::VecDeque;

use eyas_hpack::{DecodeError, Encoder, Field, HuffmanMode, Indexing, integer, static_table};
use proptest::collection::vec;
use proptest::prelude::*;

type Decoded<'i> = Result<(u32, &'i [u8]), DecodeError>;

/// The prefix of a codec in bits, and the codec.
type Codec = (u32, fn(u64, u8, &mut Vec<u8>), fn(&[u8]) -> Decoded<'_>);

const CODECS: [Codec; 8] = [
    (1, integer::encode::<1>, integer::decode::<1>),
    (2, integer::encode::<2>, integer::decode::<2>),
    (3, integer::encode::<3>, integer::decode::<3>),
    (4, integer::encode::<4>, integer::decode::<4>),
    (5, integer::encode::<5>, integer::decode::<5>),
    (6, integer::encode::<6>, integer::decode::<6>),
    (7, integer::encode::<7>, integer::decode::<7>),
    (8, integer::encode::<8>, integer::decode::<8>),
];

#[test]
fn integers_at_every_edge_are_written_as_the_twin_writes_them() {
    let powers = (0..u64::BITS).flat_map(|bit| {
        let power = 1_u64 << bit;
        (0..300).flat_map(move |off| [power.wrapping_sub(off), power.wrapping_add(off)])
    });
    for value in powers.chain([u64::MAX]) {
        check_value(value);
    }
}

#[test]
fn short_integers_of_any_octets_are_read_as_the_twin_reads_them() {
    for first in [0x00, 0x01, 0x0f, 0x1f, 0x55, 0x7f, 0xfe, 0xff] {
        check_octets(&[first]);
        for second in 0..=0xff {
            check_octets(&[first, second]);
            for third in 0..=0xff {
                check_octets(&[first, second, third]);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_integer_is_written_as_the_twin_writes_it(value: u64, bits in 0..64_u32) {
        check_value(value >> bits);
    }

    #[test]
    fn any_octets_are_read_as_the_twin_reads_them(
        first: u8,
        rest in vec(prop_oneof![3 => 0x80..=0xff_u8, 1 => any::<u8>()], 0..8),
    ) {
        check_octets(&[&[first], &rest[..]].concat());
        check_octets(&[&[0xff], &rest[..]].concat());
    }
}

fn check_value(value: u64) {
    for (prefix, encode, decode) in CODECS {
        for above in [0x00, 0xff, 0xa5] {
            let mut octets = vec![7];
            encode(value, above, &mut octets);
            assert_eq!(
                octets[1..],
                write(value, prefix, above),
                "{value} in {prefix} bits"
            );
            if let Ok(value) = u32::try_from(value) {
                octets.push(9);
                assert_eq!(decode(&octets[1..]), Ok((value, &[9][..])));
            }
        }
    }
}

fn check_octets(octets: &[u8]) {
    for (prefix, _, decode) in CODECS {
        assert_eq!(
            decode(octets),
            read(octets, prefix),
            "{octets:02x?} in {prefix} bits"
        );
    }
}

/// RFC 7541 section 5.1, in its own words.
fn write(mut value: u64, prefix: u32, above: u8) -> Vec<u8> {
    let full = 2_u64.pow(prefix) - 1;
    let above = u64::from(above) / 2_u64.pow(prefix) * 2_u64.pow(prefix);
    if value < full {
        return vec![(above + value) as u8];
    }
    let mut octets = vec![(above + full) as u8];
    value -= full;
    while value >= 128 {
        octets.push((value % 128 + 128) as u8);
        value /= 128;
    }
    octets.push(value as u8);
    octets
}

/// The same backwards, with what this crate refuses.
fn read(octets: &[u8], prefix: u32) -> Decoded<'_> {
    let full = 2_u64.pow(prefix) - 1;
    let first = octets.first().ok_or(DecodeError::Truncated)?;
    let mut value = u64::from(*first) % 2_u64.pow(prefix);
    if value < full {
        return Ok((value as u32, &octets[1..]));
    }
    for at in 1..=5 {
        let octet = u64::from(*octets.get(at).ok_or(DecodeError::Truncated)?);
        value += octet % 128 * 128_u64.pow(at as u32 - 1);
        if octet < 128 {
            if octet == 0 && at > 1 {
                return Err(DecodeError::IntegerOverlong);
            }
            let value = u32::try_from(value).map_err(|_| DecodeError::IntegerOverflow)?;
            return Ok((value, &octets[at + 1..]));
        }
    }
    Err(DecodeError::IntegerOverflow)
}

#[test]
fn the_index_finds_what_a_search_through_the_table_finds() {
    for (table_size, names, values) in [
        (300, 6, 3),
        (4096, 60, 4),
        (4096, 200, 200),
        (65_536, 300, 40),
    ] {
        let mut encoder = Encoder::new(table_size);
        encoder.set_peer_table_size(table_size);
        encoder.huffman(HuffmanMode::Never);
        let mut twin = Twin::new(table_size);
        let mut random = Random(u64::from(table_size));
        for round in 0..30_000_u32 {
            if round % 5000 == 4999 {
                // Half the entries go, and then there is room for as many again.
                for octets in [twin.size() / 2, table_size] {
                    encoder.set_peer_table_size(octets);
                    twin.set_max_size(octets);
                }
            }
            encoder.begin(&mut Vec::new());
            let name = format!("name-{}", random.low(names));
            let value = format!("{}", random.low(values));
            let mut block = Vec::new();
            let field = Field::new(&name, &value);
            encoder.field_with(field, Indexing::Incremental, &mut block);
            twin.check(&block, &name, &value);
            assert!(encoder.table().iter().eq(twin.entries()));
        }
        // A crowded bucket of the index forgets.
        let Twin { found, missed, .. } = twin;
        assert!(
            found > 5000 && missed * 50 < found,
            "{table_size}: {missed} of {found} out of sight"
        );
    }
}

/// The table as a list, which is searched from the newest entry to the oldest.
struct Twin {
    entries: VecDeque<(String, String)>,
    max_size: u32,
    found: u32,
    /// What the list has and the encoder did not refer to.
    missed: u32,
}

impl Twin {
    fn new(max_size: u32) -> Self {
        Self {
            entries: VecDeque::new(),
            max_size,
            found: 0,
            missed: 0,
        }
    }

    fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    }

    fn size(&self) -> u32 {
        let octets = |(name, value): &(String, String)| (name.len() + value.len() + 32) as u32;
        self.entries.iter().map(octets).sum()
    }

    fn set_max_size(&mut self, octets: u32) {
        self.max_size = octets;
        while self.size() > self.max_size {
            self.entries.pop_back();
        }
    }

    /// Compares what was written for a field with what the list has for it.
    fn check(&mut self, block: &[u8], name: &str, value: &str) {
        let has = |whole: bool| {
            self.entries
                .iter()
                .any(|entry| entry.0 == name && (!whole || entry.1 == value))
        };
        let (index, whole) = match block[0] {
            0x80.. => (integer::decode::<7>(block), true),
            _ => (integer::decode::<6>(block), false),
        };
        let index = index.expect("the block is ours").0 as usize;
        match index.checked_sub(static_table::LEN + 1) {
            Some(position) => {
                let entry = &self.entries[position];
                assert!(
                    entry.0 == name && (!whole || entry.1 == value),
                    "{entry:?} for {name}: {value}"
                );
                self.found += 1;
                self.missed += u32::from(!whole && has(true));
            }
            None => self.missed += u32::from(has(false)),
        }
        if !whole {
            self.entries.push_front((name.to_owned(), value.to_owned()));
            self.set_max_size(self.max_size);
        }
    }
}

/// Random numbers that are the same on every run.
struct Random(u64);

impl Random {
    /// A number below `bound`, a low one rather than a high one.
    fn low(&mut self, bound: u32) -> u32 {
        let mut below = |bound: u32| {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as u32 % bound
        };
        let most = below(bound) + 1;
        below(most)
    }
}
