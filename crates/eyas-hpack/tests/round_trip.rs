//! Encoder and decoder against each other, and the decoder against a naive twin.

use eyas_hpack::{
    DecodeError, DecodedField, Decoder, DecoderLimits, Encoder, Field, HuffmanMode, Indexing,
    huffman, static_table,
};
use proptest::collection::vec;
use proptest::prelude::*;

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
        let mut twin = Twin::default();
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
                    prop_assert_eq!(&decoded, &plain);
                    let octets: usize = plain.iter().map(|line| line.0.len() + line.1.len() + 32).sum();
                    prop_assert_eq!(summary, octets as u64);
                    prop_assert_eq!(twin.decode(&block), Ok(plain));
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
    let mut twin = Twin::default();
    for block in blocks {
        let decoded = decode(&mut decoder, block).map(|decoded| decoded.0);
        let expected = twin.decode(block);
        prop_assert_eq!(decoded.as_ref().ok(), expected.as_ref().ok());
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
        prop_assert_eq!(&table, &twin.entries);
    }
    Ok(())
}

/// Decodes a block; checks on the way that a slot belongs to its entry.
fn decode(
    decoder: &mut Decoder<Option<Line>>,
    block: &[u8],
) -> Result<(Vec<Line>, u64), DecodeError> {
    let mut lines = Vec::new();
    let summary = decoder.decode(block, &mut |field: DecodedField<'_, Option<Line>>| {
        let line = (field.name.to_vec(), field.value.to_vec());
        if let Some(index) = field.static_index {
            let entry = static_table::get(usize::from(index)).expect("1..=61");
            assert_eq!(entry.0, field.name);
            assert!(!field.static_value || entry.1 == field.value);
        }
        if let Some(slot) = field.slot {
            assert_eq!(slot.get_or_insert_with(|| line.clone()), &line);
        }
        lines.push(line);
    })?;
    Ok((lines, summary.octets))
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
            let len = huffman::encoded_len(&text);
            eyas_hpack::integer::encode::<7>(len as u64, 0x80, &mut out);
            huffman::encode(&text, &mut out);
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

/// A decoder without limits, care for speed or slots; the Huffman code is the
/// only thing it borrows.
struct Twin {
    entries: Vec<Line>,
    max_size: usize,
    limit: usize,
    due: Option<usize>,
}

impl Default for Twin {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            max_size: 4096,
            limit: 4096,
            due: None,
        }
    }
}

impl Twin {
    fn set_limit(&mut self, octets: u32) {
        self.limit = octets as usize;
        if self.limit < self.max_size {
            self.due = Some(self.due.unwrap_or(usize::MAX).min(self.limit));
        }
    }

    fn decode(&mut self, block: &[u8]) -> Result<Vec<Line>, ()> {
        let mut lines: Vec<Line> = Vec::new();
        let mut input = block;
        let mut updates = 0;
        while let Some(first) = input.first() {
            if first >> 5 == 1 {
                let size = integer(&mut input, 5)?;
                updates += 1;
                if size > self.due.unwrap_or(self.limit) || updates > 2 || !lines.is_empty() {
                    return Err(());
                }
                self.due = None;
                self.max_size = size;
                self.evict();
                continue;
            }
            if self.due.is_some() {
                return Err(());
            }
            if first >> 7 == 1 {
                let index = integer(&mut input, 7)?;
                lines.push(self.entry(index)?);
                continue;
            }
            let insert = first >> 6 == 1;
            let index = integer(&mut input, if insert { 6 } else { 4 })?;
            let name = match index {
                0 => string(&mut input)?,
                _ => self.entry(index)?.0,
            };
            let line = (name, string(&mut input)?);
            if insert {
                self.entries.insert(0, line.clone());
                self.evict();
            }
            lines.push(line);
        }
        Ok(lines)
    }

    fn entry(&self, index: usize) -> Result<Line, ()> {
        if let Some((name, value)) = static_table::get(index) {
            return Ok((name.to_vec(), value.to_vec()));
        }
        let position = index.checked_sub(62).ok_or(())?;
        self.entries.get(position).cloned().ok_or(())
    }

    fn evict(&mut self) {
        let size = |line: &Line| line.0.len() + line.1.len() + 32;
        while self.entries.iter().map(size).sum::<usize>() > self.max_size {
            self.entries.pop();
        }
    }
}

fn integer(input: &mut &[u8], prefix: u32) -> Result<usize, ()> {
    let full = (1_u128 << prefix) - 1;
    let mut value = u128::from(take(input)?) & full;
    if value == full {
        for position in 0.. {
            let octet = take(input)?;
            if position == 5 || (octet == 0 && position > 0) {
                return Err(());
            }
            value += u128::from(octet & 0x7f) << (7 * position);
            if octet < 0x80 {
                break;
            }
        }
    }
    u32::try_from(value)
        .map(|value| value as usize)
        .map_err(drop)
}

fn string(input: &mut &[u8]) -> Result<Vec<u8>, ()> {
    let coded = input.first().ok_or(())? & 0x80 != 0;
    let len = integer(input, 7)?;
    if len > input.len() {
        return Err(());
    }
    let (octets, rest) = input.split_at(len);
    *input = rest;
    if !coded {
        return Ok(octets.to_vec());
    }
    let mut text = Vec::new();
    huffman::decode(octets, &mut text).map_err(drop)?;
    Ok(text)
}

fn take(input: &mut &[u8]) -> Result<u8, ()> {
    let (first, rest) = input.split_first().ok_or(())?;
    *input = rest;
    Ok(*first)
}
