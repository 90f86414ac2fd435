//! What an encoder and a decoder ask of the heap: nothing once they have warmed up, and not much before.

use std::iter::Sum;

use allocation_counter::measure;
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field};

use stories::Story;

#[path = "../examples/hpack_report/lists.rs"]
mod lists;
#[path = "common/stories.rs"]
mod stories;

#[test]
fn a_block_in_steady_state_costs_no_heap_call() {
    let (mut most_encoder, mut most_decoder) = (0, 0);
    let stories = stories::all();
    let lists = stories.iter().filter(|story| story.suite == "nghttp2");
    assert_eq!(lists.clone().count(), 32);
    for story in lists {
        let mut pair = Pair::new();
        // Until its rings have as many octets and entries as the story needs at most.
        let warm: Calls = (0..10).map(|_| pair.tell(story)).sum();
        assert!((1..=20).contains(&warm.encoder), "{story}: {warm:?}");
        assert!((1..=50).contains(&warm.decoders), "{story}: {warm:?}");
        for _ in 0..5 {
            assert_eq!(pair.tell(story), Calls::default(), "{story}");
        }
        most_encoder = most_encoder.max(pair.encoder_holds);
        most_decoder = most_decoder.max(pair.decoder_holds);
    }
    // Tables of 4096 octets, full.
    assert!(
        most_encoder <= 10_752,
        "an encoder holds {most_encoder} octets"
    );
    assert!(
        most_decoder <= 8312,
        "a decoder holds {most_decoder} octets"
    );
}

#[test]
fn a_new_pair_holds_nothing_on_the_heap_and_little_beside_it() {
    let info = measure(|| drop(Pair::new()));
    assert_eq!(info.count_total, 0);
    let octets = size_of::<Encoder>() + size_of::<Decoder>();
    assert!(octets <= 336, "a pair is {octets} octets");
}

#[test]
fn a_pair_that_idles_after_three_requests_of_a_browser_holds_what_its_tables_need() {
    let text = include_str!("../examples/hpack_report/browser.txt");
    let lists = lists::parse(text).expect("they are lists");
    let mut pair = Pair::new();
    for list in &lists[..3] {
        let fields = list.iter().map(|(name, value)| Field::new(*name, *value));
        pair.send(fields);
    }
    // Each of them remembers the same entries.
    let table = pair.decoder.table();
    assert!(table.size() > 1000 && pair.encoder.table().iter().eq(table.iter()));
    let held = pair.encoder_holds + pair.decoder_holds;
    assert!(held <= 4928, "a pair holds {held} octets");
}

#[test]
fn a_pair_that_is_told_to_keep_nothing_keeps_its_tables() {
    let text = include_str!("../examples/hpack_report/browser.txt");
    let lists = lists::parse(text).expect("they are lists");
    let mut pair = Pair::new();
    let list = |at: usize| {
        let fields = lists[at].iter();
        fields.map(|(name, value)| Field::new(*name, *value))
    };
    pair.send(list(0));
    pair.send(list(1));
    let before = pair.holds();
    pair.encoder_holds += measure(|| pair.encoder.release_storage()).bytes_current;
    pair.decoder_holds += measure(|| pair.decoder.release_storage()).bytes_current;
    pair.in_fragments_holds += measure(|| pair.in_fragments.release_storage()).bytes_current;
    let after = pair.holds();
    for (after, before) in after.iter().zip(before) {
        assert!(*after < before, "{after} and {before} octets");
    }
    // Two decoders that have nothing but the same table.
    assert_eq!(after[1], after[2]);
    assert!(pair.decoder.table().iter().eq(pair.encoder.table().iter()));
    assert!(pair.send(list(2)).decoders > 0);
}

/// Two ends of a connection, and what they hold.
struct Pair {
    encoder: Encoder,
    decoder: Decoder,
    /// Is given the same blocks in pieces.
    in_fragments: Decoder,
    block: Vec<u8>,

    /// Octets of heap.
    encoder_holds: i64,
    decoder_holds: i64,
    in_fragments_holds: i64,
}

/// Calls that obtain memory.
#[derive(Debug, Default, PartialEq, Eq)]
struct Calls {
    encoder: u64,
    decoders: u64,
}

impl Pair {
    fn new() -> Self {
        Self {
            encoder: Encoder::new(4096),
            decoder: Decoder::new(DecoderLimits::default()),
            in_fragments: Decoder::new(DecoderLimits::default()),
            block: Vec::new(),
            encoder_holds: 0,
            decoder_holds: 0,
            in_fragments_holds: 0,
        }
    }

    /// Octets of heap that each of the three holds.
    fn holds(&self) -> [i64; 3] {
        [
            self.encoder_holds,
            self.decoder_holds,
            self.in_fragments_holds,
        ]
    }

    /// Sends all field lists of a story.
    fn tell(&mut self, story: &Story) -> Calls {
        let lists = story.blocks.iter().map(|block| block.fields.iter());
        lists
            .map(|lines| self.send(lines.map(|(name, value)| Field::new(name, value))))
            .sum()
    }

    /// Sends one block from one end to the other.
    fn send<'f>(&mut self, fields: impl Iterator<Item = Field<'f>>) -> Calls {
        // The block itself is the caller's.
        self.block.clear();
        self.block.reserve(64 * 1024);
        let encoding = measure(|| {
            self.encoder.begin(&mut self.block);
            fields.for_each(|field| self.encoder.field(field, &mut self.block));
        });
        let sink = &mut |_: DecodedField<'_>| {};
        let decoding = measure(|| {
            let decoded = self.decoder.decode(&self.block, sink);
            assert!(decoded.is_ok_and(|summary| summary.exceeded.is_none()));
        });
        let in_fragments = measure(|| {
            for fragment in self.block.chunks(7) {
                assert_eq!(self.in_fragments.decode_fragment(fragment, sink), Ok(()));
            }
            assert!(self.in_fragments.finish().is_ok());
        });
        self.encoder_holds += encoding.bytes_current;
        self.decoder_holds += decoding.bytes_current;
        self.in_fragments_holds += in_fragments.bytes_current;
        Calls {
            encoder: encoding.count_total,
            decoders: decoding.count_total + in_fragments.count_total,
        }
    }
}

impl Sum for Calls {
    fn sum<I: Iterator<Item = Self>>(calls: I) -> Self {
        calls.fold(Self::default(), |sum, calls| Self {
            encoder: sum.encoder + calls.encoder,
            decoders: sum.decoders + calls.decoders,
        })
    }
}
