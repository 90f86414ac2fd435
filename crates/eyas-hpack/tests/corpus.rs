//! The public HPACK test set: what many encoders wrote is decoded, however it is cut, and its fields encoded anew
//! are read by the decoders of others.

use std::iter;
use std::sync::LazyLock;

use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field};

use httlib::Httlib;
use loona::Loona;
use stories::{Block, Line, Story};

#[path = "common/httlib.rs"]
mod httlib;
#[path = "common/loona.rs"]
mod loona;
#[path = "common/rules.rs"]
mod rules;
#[path = "common/stories.rs"]
mod stories;

static STORIES: LazyLock<Vec<Story>> = LazyLock::new(stories::all);

#[test]
fn the_test_set_is_whole() {
    let blocks: usize = STORIES.iter().map(|story| story.blocks.len()).sum();
    assert_eq!((STORIES.len(), blocks), (446, 47_142));
}

#[test]
fn every_block_decodes_to_its_fields() {
    for story in &*STORIES {
        check(story, |wire| vec![wire]);
    }
}

#[test]
fn every_block_decodes_in_fragments_of_any_length() {
    for octets in [1, 2, 3, 5, 8, 21, 64, 250] {
        for story in &*STORIES {
            check(story, |wire| wire.chunks(octets).collect());
        }
    }
}

#[test]
fn every_block_decodes_cut_at_every_octet() {
    let mut cuts = 0;
    // Far enough from each other that most fields are cut in two and no more.
    let apart = 32;
    for first in 1..=apart {
        for story in &*STORIES {
            check(story, |wire| {
                let (head, tail) = wire.split_at(first.min(wire.len()));
                let fragments = iter::once(head).chain(tail.chunks(apart));
                fragments.inspect(|_| cuts += 1).collect()
            });
            cuts -= story.blocks.len();
        }
    }
    let blocks = STORIES.iter().flat_map(|story| &story.blocks);
    let places: usize = blocks.map(|block| block.wire.len() - 1).sum();
    assert_eq!(cuts, places);
}

#[test]
fn what_is_encoded_anew_is_read_by_the_decoders_of_others() {
    let total = encode_all(4096);
    assert!(
        total <= MOST_OCTETS,
        "all field lists take {total} octets, more than {MOST_OCTETS}"
    );
}

#[test]
fn what_is_encoded_with_a_small_table_is_read_by_the_decoders_of_others() {
    let total = encode_all(256);
    assert!(total > MOST_OCTETS, "the table was larger than was said");
}

/// Encodes all field lists with a table of `table_size` octets and has each block decoded by ourselves and by
/// others; returns the octets of all blocks.
fn encode_all(table_size: u32) -> usize {
    let mut total = 0;
    for story in lists() {
        let mut encoder = Encoder::new(4096);
        let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
        let (mut httlib, mut loona) = (Httlib::new(), Loona::new());
        encoder.set_peer_table_size(table_size);
        decoder.set_max_table_size(table_size);
        httlib.table_size(table_size);
        loona.table_size(table_size);
        for Block { fields, .. } in &story.blocks {
            let mut wire = Vec::new();
            encoder.begin(&mut wire);
            for (name, value) in fields {
                encoder.field(Field::new(name, value), &mut wire);
            }
            total += wire.len();

            let mut ours: Vec<Line> = Vec::new();
            let mut sink = |field: DecodedField<'_>| {
                ours.push((field.name.to_vec(), field.value.to_vec()));
            };
            let summary = decoder.decode(&wire, &mut sink).expect("it is ours");
            assert_eq!(summary.exceeded, None);
            assert_eq!(&ours, fields, "{story}, by ourselves");
            assert_eq!(
                httlib.decode(&wire).as_ref(),
                Ok(fields),
                "{story}, by httlib"
            );
            assert_eq!(
                loona.decode(&wire).as_ref(),
                Ok(fields),
                "{story}, by loona"
            );
        }
    }
    total
}

/// What all field lists take at most when they are encoded: a figure that may fall and never rise.
const MOST_OCTETS: usize = 356_232;

/// The stories of one suite, whose field lists are those of all others, as is looked at here.
fn lists() -> Vec<&'static Story> {
    let is_chosen = |story: &&Story| story.suite == "nghttp2";
    let (chosen, others): (Vec<_>, Vec<_>) = STORIES.iter().partition(is_chosen);
    assert_eq!(chosen.len(), 32);
    for other in others {
        let same = chosen.iter().find(|story| story.name == other.name);
        let fields = |story: &'static Story| story.blocks.iter().map(|block| &block.fields);
        assert!(
            same.is_some_and(|same| fields(same).eq(fields(other))),
            "{other}"
        );
    }
    chosen
}

/// Decodes a story, each block in the fragments that `cut` makes of it.
fn check<'s>(story: &'s Story, mut cut: impl FnMut(&'s [u8]) -> Vec<&'s [u8]>) {
    let mut decoder: Decoder = Decoder::new(DecoderLimits::default());
    for (number, block) in story.blocks.iter().enumerate() {
        block
            .table_size
            .inspect(|&size| decoder.set_max_table_size(size));
        let mut expected = block.fields.iter();
        let mut sink = |field: DecodedField<'_>| {
            let line = expected.next().map(|(name, value)| (&name[..], &value[..]));
            assert_eq!(
                Some((field.name, field.value)),
                line,
                "{story}, block {number}"
            );
            let malformed = rules::malformed(field.name, field.value);
            assert_eq!(field.malformed, malformed, "{field:?}");
        };
        for fragment in cut(&block.wire) {
            let decoded = decoder.decode_fragment(fragment, &mut sink);
            assert_eq!(decoded, Ok(()), "{story}, block {number}");
        }
        let summary = decoder.finish().expect("all fragments were decoded");
        assert_eq!(summary.exceeded, None);
        assert_eq!(
            summary.fields as usize,
            block.fields.len(),
            "{story}, block {number}"
        );
    }
}
