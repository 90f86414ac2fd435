//! What a library has to do here: three traits, and the table of functions that each implementation becomes.

use std::hint::black_box;

use anyhow::Result;

use crate::stories::{FieldList, Story};

/// A library with all it can do.
pub(crate) struct Library {
    /// Its name in tables and files.
    pub(crate) name: &'static str,
    /// A hundred times slower than the rest: it gets fewer rounds.
    pub(crate) is_slow: bool,
    /// Header blocks to fields.
    pub(crate) decoding: Option<Decoding>,
    /// Fields to header blocks.
    pub(crate) encoding: Option<Encoding>,
    /// The Huffman code alone.
    pub(crate) coding: Option<Coding>,
}

/// Work that can be done again and again.
pub(crate) type Pass<'a> = Box<dyn FnMut() + 'a>;

/// A name and a value.
pub(crate) type Line = (Vec<u8>, Vec<u8>);

/// A decoder of header blocks, for one story.
pub(crate) trait Decode: Sized {
    /// One that has seen nothing yet.
    fn new() -> Self;
    /// Takes note of the `SETTINGS_HEADER_TABLE_SIZE` that its side has announced.
    fn table_size(&mut self, octets: u32);
    /// Decodes one block.
    fn block<S: FnMut(&[u8], &[u8])>(&mut self, wire: &[u8], sink: &mut S) -> Result<()>;

    /// Decodes a whole story.
    fn story<S: FnMut(&[u8], &[u8])>(story: &Story, sink: &mut S) -> Result<()> {
        let mut decoder = Self::new();
        for (block, wire) in story.wires() {
            if let Some(size) = block.table_size {
                decoder.table_size(size);
            }
            decoder.block(wire, sink)?;
        }
        Ok(())
    }
}

/// An encoder of header blocks, for one story.
pub(crate) trait Encode: Sized {
    /// A field list in the form the library wants, which is made beforehand.
    type List<'a>;
    /// Whether [`handling`](Self::handling) does something.
    const HANDLES: bool = false;

    /// Brings a list into that form.
    fn list(list: &FieldList) -> Self::List<'_>;
    /// One that has seen nothing yet.
    fn new() -> Self;
    /// Encodes one block.
    fn block(&mut self, list: &Self::List<'_>) -> &[u8];
    /// What [`block`](Self::block) has to do beside encoding, since the library takes its fields for good.
    fn handling(_list: &Self::List<'_>) {}
}

/// The Huffman code of RFC 7541 section 5.2.
pub(crate) trait Code: Sized {
    /// With all the room it will need.
    fn new() -> Self;
    /// The text of a code.
    fn decode(&mut self, code: &[u8]) -> Result<&[u8]>;
    /// The code of a text.
    fn encode(&mut self, text: &[u8]) -> &[u8];
}

/// A [`Decode`] as functions.
#[derive(Clone, Copy)]
pub(crate) struct Decoding {
    /// Decodes stories and looks at every field.
    pub(crate) pass: for<'a> fn(&'a [&'a Story]) -> Pass<'a>,
    /// The fields of one story.
    pub(crate) lines: fn(&Story) -> Result<Vec<Line>>,
}

/// An [`Encode`] as functions.
#[derive(Clone, Copy)]
pub(crate) struct Encoding {
    /// Encodes all blocks of stories.
    pub(crate) pass: for<'a> fn(&'a [&'a Story]) -> Pass<'a>,
    /// What is to be subtracted.
    pub(crate) handling: Option<for<'a> fn(&'a [&'a Story]) -> Pass<'a>>,
    /// The blocks of one story.
    pub(crate) blocks: fn(&Story) -> Vec<Vec<u8>>,
}

/// A [`Code`] as functions.
#[derive(Clone, Copy)]
pub(crate) struct Coding {
    /// Handles one string after another; what it is given back, it has looked at.
    pub(crate) decoder: fn() -> Box<dyn FnMut(&[u8]) -> Result<usize>>,
    /// The same with texts.
    pub(crate) encoder: fn() -> Box<dyn FnMut(&[u8]) -> usize>,
    /// Decodes codes and looks at every text.
    pub(crate) decode_pass: for<'a> fn(&'a [Vec<u8>]) -> Pass<'a>,
    /// Encodes texts and looks at every code.
    pub(crate) encode_pass: for<'a> fn(&'a [Vec<u8>]) -> Pass<'a>,
    /// The text of one code.
    pub(crate) text: fn(&[u8]) -> Result<Vec<u8>>,
    /// The code of one text.
    pub(crate) code: fn(&[u8]) -> Vec<u8>,
}

impl Decoding {
    pub(crate) const fn of<D: Decode>() -> Self {
        Self {
            pass: |stories| {
                Box::new(move || {
                    let mut tally = Tally::default();
                    for story in stories {
                        let decoded = D::story(story, &mut |name, value| {
                            tally.see(name);
                            tally.see(value);
                        });
                        decoded.expect("every story was decoded before it is measured");
                    }
                    black_box(tally);
                })
            },
            lines: |story| {
                let mut lines = Vec::new();
                D::story(story, &mut |name: &[u8], value: &[u8]| {
                    lines.push((name.to_vec(), value.to_vec()));
                })?;
                Ok(lines)
            },
        }
    }
}

impl Encoding {
    pub(crate) const fn of<E: Encode + 'static>() -> Self {
        Self {
            pass: |stories| {
                let stories = prepared::<E>(stories);
                Box::new(move || {
                    let mut tally = Tally::default();
                    for story in &stories {
                        let mut encoder = E::new();
                        for list in story {
                            tally.see(encoder.block(list));
                        }
                    }
                    black_box(tally);
                })
            },
            handling: if E::HANDLES {
                Some(|stories| {
                    let stories = prepared::<E>(stories);
                    Box::new(move || stories.iter().flatten().for_each(E::handling))
                })
            } else {
                None
            },
            blocks: |story| {
                let mut encoder = E::new();
                let lists = story.blocks.iter().map(|block| E::list(&block.list));
                lists.map(|list| encoder.block(&list).to_vec()).collect()
            },
        }
    }
}

fn prepared<'a, E: Encode>(stories: &[&'a Story]) -> Vec<Vec<E::List<'a>>> {
    let lists = |story: &&'a Story| -> Vec<_> {
        let blocks = story.blocks.iter();
        blocks.map(|block| E::list(&block.list)).collect()
    };
    stories.iter().map(lists).collect()
}

impl Coding {
    pub(crate) const fn of<C: Code + 'static>() -> Self {
        Self {
            decoder: || {
                let mut code = C::new();
                Box::new(move |octets| {
                    let text = code.decode(octets)?;
                    Ok(black_box(text).len())
                })
            },
            encoder: || {
                let mut code = C::new();
                Box::new(move |text| black_box(code.encode(text)).len())
            },
            decode_pass: |codes| {
                let mut code = C::new();
                Box::new(move || {
                    let mut tally = Tally::default();
                    for octets in codes {
                        let text = code.decode(octets);
                        tally.see(text.expect("every code was decoded before it is measured"));
                    }
                    black_box(tally);
                })
            },
            encode_pass: |texts| {
                let mut code = C::new();
                Box::new(move || {
                    let mut tally = Tally::default();
                    texts.iter().for_each(|text| tally.see(code.encode(text)));
                    black_box(tally);
                })
            },
            text: |octets| C::new().decode(octets).map(<[u8]>::to_vec),
            code: |text| C::new().encode(text).to_vec(),
        }
    }
}

/// What a consumer makes of strings that it is handed: so that nobody can save itself the work.
#[derive(Default)]
struct Tally {
    octets: u64,
    firsts: u64,
}

impl Tally {
    #[inline]
    fn see(&mut self, string: &[u8]) {
        self.octets += string.len() as u64;
        self.firsts += u64::from(black_box(string).first().copied().unwrap_or(0));
    }
}
