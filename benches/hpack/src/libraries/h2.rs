//! h2's private HPACK, which checks names and values and makes types of the crate `http` as it decodes.

use std::io::Cursor;
use std::ops::ControlFlow;

use anyhow::{Result, anyhow};
use bytes::{Bytes, BytesMut};
use http::HeaderName;

use crate::library::{Code, Coding, Decode, Decoding, Encode, Encoding, Library};
use crate::stories::{FieldList, Story};
use source::hpack::{Decoder, DecoderError, Encoder, Header};
use source::huffman;

#[allow(
    warnings,
    clippy::all,
    reason = "copied from h2 at build time, and none of ours"
)]
pub(crate) mod source {
    include!(concat!(env!("OUT_DIR"), "/h2/source.rs"));
}

pub(super) fn library() -> Library {
    Library {
        name: "h2",
        is_slow: false,
        decoding: Some(Decoding::of::<Blocks>()),
        encoding: Some(Encoding::of::<Fields>()),
        coding: Some(Coding::of::<Strings>()),
    }
}

struct Blocks(Decoder);

impl Blocks {
    fn decode<S: FnMut(&[u8], &[u8])>(&mut self, mut block: BytesMut, sink: &mut S) -> Result<()> {
        let mut sink = |header: Header| {
            sink(header.name().as_slice(), header.value_slice());
            ControlFlow::Continue(())
        };
        self.0
            .decode(&mut Cursor::new(&mut block), &mut sink)
            .map_err(refused)
    }
}

impl Decode for Blocks {
    fn new() -> Self {
        Self(Decoder::new(4096))
    }

    fn table_size(&mut self, octets: u32) {
        self.0.queue_size_update(octets as usize);
    }

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()> {
        self.decode(BytesMut::from(wire), sink)
    }

    /// Blocks are cut from one buffer, as h2 cuts frames from what it has read.
    fn story<S: FnMut(&[u8], &[u8])>(story: &Story, sink: &mut S) -> Result<()> {
        let mut decoder = Self::new();
        let mut read = BytesMut::from(&story.wire[..]);
        for block in &story.blocks {
            if let Some(size) = block.table_size {
                decoder.table_size(size);
            }
            decoder.decode(read.split_to(block.octets), sink)?;
        }
        Ok(())
    }
}

struct Fields {
    encoder: Encoder,
    block: BytesMut,
}

impl Encode for Fields {
    type List<'a> = Vec<Header<Option<HeaderName>>>;
    const HANDLES: bool = true;

    fn list(list: &FieldList) -> Self::List<'_> {
        let header = |(name, value)| {
            let (name, value) = (Bytes::copy_from_slice(name), Bytes::copy_from_slice(value));
            Header::new(name, value)
                .expect("the test set holds only valid fields")
                .into()
        };
        list.iter().map(header).collect()
    }

    fn new() -> Self {
        Self {
            encoder: Encoder::new(4096, 0),
            block: BytesMut::new(),
        }
    }

    fn block(&mut self, list: &Self::List<'_>) -> &[u8] {
        self.block.clear();
        self.encoder.encode(list.iter().cloned(), &mut self.block);
        &self.block
    }

    fn handling(list: &Self::List<'_>) {
        list.iter()
            .cloned()
            .for_each(|header| drop(std::hint::black_box(header)));
    }
}

struct Strings {
    room: BytesMut,
    text: BytesMut,
}

impl Code for Strings {
    fn new() -> Self {
        Self {
            room: BytesMut::new(),
            text: BytesMut::new(),
        }
    }

    fn decode(&mut self, code: &[u8]) -> Result<&[u8]> {
        self.text = huffman::decode(code, &mut self.room).map_err(refused)?;
        Ok(&self.text)
    }

    fn encode(&mut self, text: &[u8]) -> &[u8] {
        self.text.clear();
        huffman::encode(text, &mut self.text);
        &self.text
    }
}

fn refused(error: DecoderError) -> anyhow::Error {
    anyhow!("h2 refuses it: {error:?}")
}
