//! The bound: copying what others have decoded, a name and a value at a time.

use anyhow::Result;

use crate::library::{Code, Coding, Decode, Decoding, Library};
use crate::stories::Story;

pub(super) fn library() -> Library {
    Library {
        name: super::BOUND,
        is_slow: false,
        decoding: Some(Decoding::of::<Copies>()),
        encoding: None,
        coding: Some(Coding::of::<Copies>()),
    }
}

struct Copies(Vec<u8>);

impl Copies {
    fn copy(&mut self, octets: &[u8]) -> &[u8] {
        self.0.clear();
        self.0.extend_from_slice(octets);
        &self.0
    }
}

impl Decode for Copies {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn table_size(&mut self, _: u32) {}

    fn block<S: FnMut(&[u8], &[u8])>(&mut self, _: &[u8], _: &mut S) -> Result<()> {
        Ok(())
    }

    fn story<S: FnMut(&[u8], &[u8])>(story: &Story, sink: &mut S) -> Result<()> {
        let (mut names, mut values) = (Self(Vec::new()), Self(Vec::new()));
        for (name, value) in story.fields() {
            sink(names.copy(name), values.copy(value));
        }
        Ok(())
    }
}

impl Code for Copies {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn decode(&mut self, code: &[u8]) -> Result<&[u8]> {
        Ok(self.copy(code))
    }

    fn encode(&mut self, text: &[u8]) -> &[u8] {
        self.copy(text)
    }
}
