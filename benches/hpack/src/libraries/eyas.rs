//! Ours.

use std::hint::black_box;

use anyhow::{Result, ensure};
use eyas_hpack::{DecodedField, Decoder, DecoderLimits, Encoder, Field, huffman};

use crate::library::{Code, Coding, Decode, Decoding, Encode, Encoding, Library};
use crate::stories::FieldList;

pub(super) fn library() -> Library {
    Library {
        name: super::OURS,
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: Some(Coding::of::<Strings>()),
    }
}

struct Blocks(Decoder);

impl Decode for Blocks {
    fn new() -> Self {
        Self(Decoder::new(DecoderLimits::default()))
    }

    fn table_size(&mut self, octets: u32) {
        self.0.set_max_table_size(octets);
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        let mut sink = |field: DecodedField<'_>| {
            // Unless somebody looks at the verdict, nobody validates.
            black_box(field.malformed);
            sink(field.name, field.value);
        };
        let summary = self.0.decode(wire, &mut sink)?;
        ensure!(
            summary.exceeded.is_none(),
            "a block is over a limit: {summary:?}"
        );
        Ok(())
    }
}

struct Fields {
    encoder: Encoder,
    block: Vec<u8>,
}

impl Encode for Fields {
    type List<'a> = &'a FieldList;

    fn list(list: &FieldList) -> &FieldList {
        list
    }

    fn new() -> Self {
        Self {
            encoder: Encoder::new(4096),
            block: Vec::new(),
        }
    }

    fn block(&mut self, list: &&FieldList) -> &[u8] {
        self.block.clear();
        self.encoder.begin(&mut self.block);
        for (name, value) in list.iter() {
            self.encoder.field(Field::new(name, value), &mut self.block);
        }
        &self.block
    }
}

/// Into room made once, as ls-hpack is given it.
struct Strings(Vec<u8>);

/// Room for every string of the test set, both ways.
const ROOM: usize = 1 << 16;

impl Code for Strings {
    fn new() -> Self {
        Self(vec![0; ROOM])
    }

    fn decode(&mut self, code: &[u8]) -> Result<&[u8]> {
        let len = huffman::decode_to_slice(code, &mut self.0)?;
        Ok(&self.0[..len])
    }

    fn encode(&mut self, text: &[u8]) -> &[u8] {
        let len = huffman::encode_to_slice(text, &mut self.0).expect("every text has room");
        &self.0[..len]
    }
}
