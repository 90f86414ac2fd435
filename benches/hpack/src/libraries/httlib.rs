//! httlib-hpack and httlib-huffman.

use anyhow::{Result, anyhow};
use httlib_hpack::{Decoder, Encoder};
use httlib_huffman::DecoderSpeed;

use crate::library::{Code, Coding, Decode, Decoding, Encode, Encoding, Library};
use crate::stories::FieldList;

pub(super) fn library() -> Library {
    Library {
        name: "httlib",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: Some(Coding::of::<Strings>()),
    }
}

struct Blocks {
    decoder: Decoder<'static>,
    wire: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>, u8)>,
}

impl Decode for Blocks {
    fn new() -> Self {
        Self {
            decoder: Decoder::default(),
            wire: Vec::new(),
            fields: Vec::new(),
        }
    }

    fn table_size(&mut self, octets: u32) {
        self.decoder.set_max_dynamic_size(octets);
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        // It takes its input from a vector, and empties it.
        self.wire.extend_from_slice(wire);
        let decoded = self.decoder.decode(&mut self.wire, &mut self.fields);
        decoded.map_err(|error| anyhow!("httlib refuses it: {error:?}"))?;
        self.fields
            .drain(..)
            .for_each(|(name, value, _)| sink(&name, &value));
        Ok(())
    }
}

struct Fields {
    encoder: Encoder<'static>,
    block: Vec<u8>,
}

/// Huffman for name and value, with indexing, in the best form.
const FLAGS: u8 = 0x1 | 0x2 | 0x4 | 0x10;

impl Encode for Fields {
    type List<'a> = Vec<(Vec<u8>, Vec<u8>, u8)>;
    const HANDLES: bool = true;

    fn list(list: &FieldList) -> Self::List<'_> {
        list.iter()
            .map(|(name, value)| (name.to_vec(), value.to_vec(), FLAGS))
            .collect()
    }

    fn new() -> Self {
        Self {
            encoder: Encoder::default(),
            block: Vec::new(),
        }
    }

    fn block(&mut self, list: &Self::List<'_>) -> &[u8] {
        self.block.clear();
        for field in list {
            let encoded = self.encoder.encode(field.clone(), &mut self.block);
            encoded.expect("a literal can always be encoded");
        }
        &self.block
    }

    fn handling(list: &Self::List<'_>) {
        list.iter()
            .cloned()
            .for_each(|field| drop(std::hint::black_box(field)));
    }
}

struct Strings(Vec<u8>);

impl Code for Strings {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn decode(&mut self, code: &[u8]) -> Result<&[u8]> {
        self.0.clear();
        httlib_huffman::decode(code, &mut self.0, DecoderSpeed::FiveBits)
            .map_err(|error| anyhow!("httlib refuses it: {error:?}"))?;
        Ok(&self.0)
    }

    fn encode(&mut self, text: &[u8]) -> &[u8] {
        self.0.clear();
        httlib_huffman::encode(text, &mut self.0).expect("every octet has a code");
        &self.0
    }
}
