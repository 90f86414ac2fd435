//! loona-hpack, the youngest of the forks of the crate `hpack`: it never codes what it encodes, and makes a
//! hash map for each string that it decodes.

use anyhow::{Result, anyhow};
use loona_hpack::{Decoder, Encoder};

use crate::library::{Decode, Decoding, Encode, Encoding, Library};
use crate::stories::FieldList;

pub(super) fn library() -> Library {
    Library {
        name: "loona-hpack",
        is_slow: true,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: None,
    }
}

struct Blocks(Decoder<'static>);

impl Decode for Blocks {
    fn new() -> Self {
        Self(Decoder::new())
    }

    fn table_size(&mut self, octets: u32) {
        self.0.set_max_allowed_table_size(octets as usize);
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        let decoded = self
            .0
            .decode_with_cb(wire, |name, value| sink(&name, &value));
        decoded.map_err(|error| anyhow!("loona-hpack refuses it: {error:?}"))
    }
}

struct Fields {
    encoder: Encoder<'static>,
    block: Vec<u8>,
}

impl Encode for Fields {
    type List<'a> = &'a FieldList;

    fn list(list: &FieldList) -> &FieldList {
        list
    }

    fn new() -> Self {
        Self {
            encoder: Encoder::new(),
            block: Vec::new(),
        }
    }

    fn block(&mut self, list: &&FieldList) -> &[u8] {
        self.block.clear();
        let encoded = self.encoder.encode_into(list.iter(), &mut self.block);
        encoded.expect("a vector takes everything");
        &self.block
    }
}
