//! Encoder and decoder against each other, and the decoder against a naive twin.

use eyas_hpack::{
    DecodeError, DecodedField, Decoder, DecoderLimits, Encoder, Field, HuffmanMode, Indexing,
    static_table,
};
use proptest::collection::vec;
use proptest::prelude::*;

use twin::{Heard, Twin};

#[path = "common/bitwise.rs"]
mod bitwise;
#[path = "common/rules.rs"]
mod rules;
#[path = "common/twin.rs"]
mod twin;

type Line = (Vec<u8>, Vec<u8>);

#[derive(Clone, Debug)]
enum Step {
    Block(Vec<(Line, Form)>),
    /// The peer's `SETTINGS_HEADER_TABLE_SIZE`.
    TableSize(u32),
    Huffman(HuffmanMode),
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Free,
    Sensitive,
    Forced(Indexing),
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_and_the_tables_stay_in_step(
        cap in prop_oneof![Just(0), Just(4096), 0..700_u32, Just(65_536)],
        steps in vec(step(), 0..40),
    ) {
        let mut encoder = Encoder::new(cap);
        let mut decoder = Decoder::<Option<Line>>::new(generous());
        let mut twin = Twin::new();
        for step in steps {
            match step {
                Step::TableSize(octets) => {
                    encoder.set_peer_table_size(octets);
                    decoder.set_max_table_size(octets);
                    twin.set_limit(octets);
                }
                Step::Huffman(mode) => encoder.huffman(mode),
                Step::Block(fields) => {
                    let mut block = Vec::new();
                    encoder.begin(&mut block);
                    for ((name, value), form) in &fields {
                        let field = Field::new(name, value);
                        match form {
                            Form::Free => encoder.field(field, &mut block),
                            Form::Sensitive => encoder.field(field.sensitive(), &mut block),
                            Form::Forced(form) => encoder.field_with(field, *form, &mut block),
                        }
                    }
                    let (decoded, summary) = decode(&mut decoder, &block).unwrap();
                    let plain: Vec<Line> = fields.iter().map(|field| field.0.clone()).collect();
                    prop_assert_eq!(&lines(&decoded), &plain);
                    let octets: usize = plain.iter().map(|line| line.0.len() + line.1.len() + 32).sum();
                    prop_assert_eq!(summary, octets as u64);
                    let (heard, accepted) = twin.decode(&block);
                    prop_assert_eq!(accepted, Ok(()));
                    prop_assert_eq!(heard, decoded);
                    let ours: Vec<_> = encoder.table().iter().collect();
                    let theirs: Vec<_> = decoder.table().iter().collect();
                    prop_assert_eq!(ours, theirs);
                    prop_assert_eq!(encoder.table().max_size(), decoder.table().max_size());
                }
            }
        }
    }

    #[test]
    fn arbitrary_octets_are_judged_as_the_twin_judges_them(blocks in vec(octets(), 1..8)) {
        check_blocks(&blocks)?;
    }

    #[test]
    fn near_misses_are_judged_as_the_twin_judges_them(
        blocks in vec(vec(piece(), 0..12), 1..8),
    ) {
        let blocks: Vec<_> = blocks.into_iter().map(|pieces| pieces.concat()).collect();
        check_blocks(&blocks)?;
    }

    #[test]
    fn limits_withhold_the_tail_of_a_block_and_nothing_else(
        blocks in vec(vec(piece(), 0..20), 1..8),
        max_list_octets in 0..600_u32,
        max_fields in 0..12_u32,
        max_field_octets in 0..60_u32,
    ) {
        let mut free = Decoder::<Option<Line>>::new(generous());
        let mut bound = Decoder::<Option<Line>>::new(DecoderLimits {
            max_list_octets,
            max_fields,
            max_field_octets,
            ..generous()
        });
        for pieces in blocks {
            let block = pieces.concat();
            let all = decode(&mut free, &block);
            let mut heard: Vec<Line> = Vec::new();
            let summary = bound.decode(&block, &mut |field: DecodedField<'_, Option<Line>>| {
                heard.push((field.name.to_vec(), field.value.to_vec()));
            });
            let (Ok((all, octets)), Ok(summary)) = (&all, &summary) else {
                prop_assert_eq!(all.map(|_| ()), summary.map(|_| ()));
                break;
            };
            prop_assert_eq!(summary.octets, *octets);
            prop_assert_eq!(summary.fields as usize, all.len());
            let all = lines(all);
            // The longest beginning that keeps to all limits.
            let mut list = 0;
            let kept = all.iter().enumerate().take_while(|(at, (name, value))| {
                list += name.len() + value.len() + 32;
                list <= max_list_octets as usize
                    && *at < max_fields as usize
                    && name.len().max(value.len()) <= max_field_octets as usize
            });
            prop_assert_eq!(heard.len(), kept.count());
            prop_assert_eq!(&heard[..], &all[..heard.len()]);
            prop_assert_eq!(summary.exceeded.is_some(), heard.len() < all.len());
            let tables = [free.table(), bound.table()].map(|table| table.iter().collect::<Vec<_>>());
            prop_assert_eq!(&tables[0], &tables[1]);
        }
    }
}

fn check_blocks(blocks: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let mut decoder = Decoder::<Option<Line>>::new(generous());
    let mut twin = Twin::new();
    for block in blocks {
        let decoded = decode(&mut decoder, block).map(|decoded| decoded.0);
        let (heard, accepted) = twin.decode(block);
        prop_assert_eq!(decoded.as_ref().ok(), accepted.is_ok().then_some(&heard));
        if decoded.is_err() {
            // No longer in step, but still unharmed.
            let _ = decode(&mut decoder, block);
            break;
        }
        let table: Vec<Line> = decoder
            .table()
            .iter()
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect();
        let entries = twin
            .entries
            .iter()
            .map(|entry| (entry.name.clone(), entry.value.clone()));
        prop_assert_eq!(table, Vec::from_iter(entries));
    }
    Ok(())
}

/// Decodes a block; checks on the way that a slot belongs to its entry.
fn decode(
    decoder: &mut Decoder<Option<Line>>,
    block: &[u8],
) -> Result<(Vec<Heard>, u64), DecodeError> {
    let mut all = Vec::new();
    let summary = decoder.decode(block, &mut |field: DecodedField<'_, Option<Line>>| {
        let heard = Heard::of(&field);
        if let Some(index) = field.static_index {
            let entry = static_table::get(usize::from(index)).expect("1..=61");
            assert_eq!(entry.0, field.name);
            assert!(!field.static_value || entry.1 == field.value);
        }
        if let Some(slot) = field.slot {
            let line = (field.name.to_vec(), field.value.to_vec());
            assert_eq!(slot.get_or_insert_with(|| line.clone()), &line);
        }
        all.push(heard);
    })?;
    Ok((all, summary.octets))
}

fn lines(heard: &[Heard]) -> Vec<Line> {
    let heard = heard.iter();
    heard
        .map(|heard| (heard.name.clone(), heard.value.clone()))
        .collect()
}

fn generous() -> DecoderLimits {
    DecoderLimits {
        max_list_octets: u32::MAX,
        max_fields: u32::MAX,
        ..DecoderLimits::default()
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => vec((line(), form()), 0..12).prop_map(Step::Block),
        1 => prop_oneof![Just(0), 0..300_u32, Just(4096), Just(65_536)].prop_map(Step::TableSize),
        1 => prop_oneof![
            Just(HuffmanMode::Never),
            Just(HuffmanMode::Shorter),
            Just(HuffmanMode::Always),
        ].prop_map(Step::Huffman),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![
        8 => Just(Form::Free),
        1 => Just(Form::Sensitive),
        3 => Just(Form::Forced(Indexing::Incremental)),
        1 => Just(Form::Forced(Indexing::Without)),
        1 => Just(Form::Forced(Indexing::Never)),
    ]
}

/// Few names and few values, so that the tables are hit.
fn line() -> impl Strategy<Value = Line> {
    let name = prop_oneof![
        4 => prop::sample::select(
            &[":status", ":method", "date", "etag", "server", "set-cookie", "cookie", "x-a", "x-b"][..]
        ).prop_map(|name| name.as_bytes().to_vec()),
        2 => "x-[a-c]{1,2}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..20),
    ];
    let value = prop_oneof![
        4 => prop::sample::select(&["", "GET", "200", "302", "eyas", "no-cache"][..])
            .prop_map(|value| value.as_bytes().to_vec()),
        2 => "[a-c]{0,2}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..200),
    ];
    (name, value)
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..60)
}

/// Mostly a well-formed representation.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let string = (vec(any::<u8>(), 0..50), any::<bool>()).prop_map(|(text, coded)| {
        let mut out = Vec::new();
        if coded {
            let code = bitwise::encode(&text);
            eyas_hpack::integer::encode::<7>(code.len() as u64, 0x80, &mut out);
            out.extend(code);
        } else {
            eyas_hpack::integer::encode::<7>(text.len() as u64, 0, &mut out);
            out.extend(text);
        }
        out
    });
    let form = prop::sample::select(&[0x00_u8, 0x10, 0x40][..]);
    prop_oneof![
        40 => (0x81..0xc4_u8).prop_map(|octet| vec![octet]),
        40 => (form.clone(), string.clone(), string.clone())
            .prop_map(|(form, name, value)| [vec![form], name, value].concat()),
        40 => (form, 1..66_u64, string).prop_map(|(form, index, value)| {
            let mut out = Vec::new();
            match form {
                0x40 => eyas_hpack::integer::encode::<6>(index, form, &mut out),
                _ => eyas_hpack::integer::encode::<4>(index, form, &mut out),
            }
            out.extend(value);
            out
        }),
        2 => (0..300_u64).prop_map(|size| {
            let mut out = Vec::new();
            eyas_hpack::integer::encode::<5>(size, 0x20, &mut out);
            out
        }),
        1 => vec(any::<u8>(), 0..4),
    ]
}
