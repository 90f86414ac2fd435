//! What a library has to do here: three traits, and the table of functions that each implementation becomes.

use std::hint::black_box;

use anyhow::Result;

use crate::packed::Packed;
use crate::pollution::Step;
use crate::stories::{FieldList, Story};
use crate::workload::Family;

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

impl Library {
    /// Whether it has a part in that.
    pub(crate) const fn does(&self, family: Family) -> bool {
        match family {
            Family::Decode => self.decoding.is_some(),
            Family::Encode => self.encoding.is_some(),
            Family::Huffman => self.coding.is_some(),
        }
    }

    /// Takes away what it got wrong.
    pub(crate) const fn lose(&mut self, family: Family) {
        match family {
            Family::Decode => self.decoding = None,
            Family::Encode => self.encoding = None,
            Family::Huffman => self.coding = None,
        }
    }
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
    /// From codes to texts.
    pub(crate) decode: Way,
    /// From texts to codes.
    pub(crate) encode: Way,
}

/// One direction of a [`Code`].
#[derive(Clone, Copy)]
pub(crate) struct Way {
    /// Does all strings and looks at what comes out.
    pub(crate) pass: for<'a> fn(&'a Packed) -> Pass<'a>,
    /// The same string by string.
    pub(crate) step: fn() -> Step,
    /// What comes out of one string.
    pub(crate) once: fn(&[u8]) -> Result<Vec<u8>>,
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
            decode: Way::of::<C, Decodes>(),
            encode: Way::of::<C, Encodes>(),
        }
    }
}

impl Way {
    const fn of<C: Code + 'static, T: Turn>() -> Self {
        Self {
            pass: |strings| {
                let mut code = C::new();
                Box::new(move || {
                    let mut tally = Tally::default();
                    strings
                        .iter()
                        .for_each(|string| tally.see(T::verified(&mut code, string)));
                    black_box(tally);
                })
            },
            step: || {
                let mut code = C::new();
                let mut tally = Tally::default();
                Box::new(move |string| {
                    tally.see(T::verified(&mut code, string));
                    black_box(&tally);
                })
            },
            once: |string| T::turn(&mut C::new(), string).map(<[u8]>::to_vec),
        }
    }
}

/// A direction as a type, so that both are measured by the same lines.
trait Turn {
    fn turn<'c, C: Code>(code: &'c mut C, string: &[u8]) -> Result<&'c [u8]>;

    fn verified<'c, C: Code>(code: &'c mut C, string: &[u8]) -> &'c [u8] {
        Self::turn(code, string).expect("every string was tried before it is measured")
    }
}

struct Decodes;
struct Encodes;

impl Turn for Decodes {
    #[inline]
    fn turn<'c, C: Code>(code: &'c mut C, string: &[u8]) -> Result<&'c [u8]> {
        code.decode(string)
    }
}

impl Turn for Encodes {
    #[inline]
    fn turn<'c, C: Code>(code: &'c mut C, string: &[u8]) -> Result<&'c [u8]> {
        Ok(code.encode(string))
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
