//! The things that are measured, and how a library's part in each becomes work to repeat.

use anyhow::{Context, Result};

use crate::corpus::{Corpus, MAIN_SUITES, Strings};
use crate::library::{Library, Pass};
use crate::stories::Story;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Blocks to fields: a suite, or all.
    Decode(Option<&'static str>),
    /// Fields to blocks.
    Encode,
    /// Codes to texts.
    HuffmanDecode(Strings),
    /// Texts to codes.
    HuffmanEncode(Strings),
}

/// The three families of workloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Family {
    /// Header blocks to fields
    Decode,
    /// Fields to header blocks
    Encode,
    /// The Huffman code alone
    Huffman,
}

/// What a workload needs of the corpus, laid out.
pub(crate) enum Material<'a> {
    /// Stories to decode or to encode.
    Stories(Vec<&'a Story>),
    /// Texts, and the codes of them.
    Strings {
        texts: Vec<Vec<u8>>,
        codes: Vec<Vec<u8>>,
    },
}

/// A library's part: what is timed, and what is subtracted from it.
pub(crate) struct Work<'a> {
    pub(crate) pass: Pass<'a>,
    pub(crate) handling: Option<Pass<'a>>,
}

impl Workload {
    /// All, in the order of the tables.
    pub(crate) fn all() -> Vec<Self> {
        let decode = MAIN_SUITES
            .into_iter()
            .map(|suite| Self::Decode(Some(suite)));
        let mut all: Vec<Self> = decode.collect();
        all.extend([Self::Decode(None), Self::Encode]);
        all.extend(Strings::ALL.map(Self::HuffmanDecode));
        all.extend(Strings::ALL.map(Self::HuffmanEncode));
        all
    }

    /// Its name in tables and files.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Decode(suite) => format!("decode {}", suite.unwrap_or("all suites")),
            Self::Encode => "encode".to_owned(),
            Self::HuffmanDecode(strings) => format!("huffman decode {}", strings.name()),
            Self::HuffmanEncode(strings) => format!("huffman encode {}", strings.name()),
        }
    }

    /// The workload of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::all()
            .into_iter()
            .find(|workload| workload.name() == name)
    }

    pub(crate) const fn family(self) -> Family {
        match self {
            Self::Decode(_) => Family::Decode,
            Self::Encode => Family::Encode,
            Self::HuffmanDecode(_) | Self::HuffmanEncode(_) => Family::Huffman,
        }
    }

    /// The part of the corpus that it needs, read from its files.
    pub(crate) fn corpus(self) -> Result<Corpus> {
        match self {
            Self::Decode(None) => Corpus::all(),
            Self::Decode(Some(suite)) => Corpus::one(suite),
            _ => Corpus::one(MAIN_SUITES[0]),
        }
    }

    /// The material it works on.
    pub(crate) fn material(self, corpus: &Corpus) -> Material<'_> {
        match self {
            Self::Decode(suite) => Material::Stories(corpus.stories(suite)),
            Self::Encode => Material::Stories(corpus.lists().stories.iter().collect()),
            Self::HuffmanDecode(strings) | Self::HuffmanEncode(strings) => {
                let texts = strings.of(corpus.lists());
                let code = |text: &Vec<u8>| {
                    let mut code = Vec::new();
                    eyas_hpack::huffman::encode(text, &mut code);
                    code
                };
                let codes = texts.iter().map(code).collect();
                Material::Strings { texts, codes }
            }
        }
    }

    /// What `library` does in it, if it can.
    pub(crate) fn work<'a>(
        self,
        library: &Library,
        material: &'a Material<'_>,
    ) -> Option<Work<'a>> {
        let pass = match (self, material) {
            (Self::Decode(_), Material::Stories(stories)) => (library.decoding?.pass)(stories),
            (Self::Encode, Material::Stories(stories)) => {
                let encoding = library.encoding?;
                let handling = encoding.handling.map(|handling| handling(stories));
                return Some(Work {
                    pass: (encoding.pass)(stories),
                    handling,
                });
            }
            (Self::HuffmanDecode(_), Material::Strings { texts, codes }) => {
                // The bound copies what the others have to arrive at.
                let input = if library.name == crate::libraries::BOUND {
                    texts
                } else {
                    codes
                };
                (library.coding?.decode_pass)(input)
            }
            (Self::HuffmanEncode(_), Material::Strings { texts, .. }) => {
                (library.coding?.encode_pass)(texts)
            }
            _ => unreachable!("`material` lays out what this workload needs"),
        };
        Some(Work {
            pass,
            handling: None,
        })
    }

    /// Whether a library that is a hundred times slower takes part: one suite is enough for that.
    pub(crate) fn is_for_slow(self) -> bool {
        matches!(self, Self::Encode) || self == Self::Decode(Some(MAIN_SUITES[0]))
    }

    /// Runs `passes` passes and nothing else, to be counted from outside.
    pub(crate) fn run(self, library: &Library, kind: Part, passes: u32) -> Result<()> {
        let corpus = self.corpus()?;
        let material = self.material(&corpus);
        let work = self.work(library, &material);
        let work =
            work.with_context(|| format!("{} has no part in {}", library.name, self.name()))?;
        let mut pass = match kind {
            Part::Whole => work.pass,
            Part::Handling => work.handling.context("there is no handling in it")?,
        };
        (0..passes).for_each(|_| pass());
        Ok(())
    }
}

/// Which part of [`Work`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// What is measured
    Whole,
    /// What is subtracted
    Handling,
}

impl Material<'_> {
    /// What figures are divided by: fields, or octets of text.
    pub(crate) fn units(&self) -> usize {
        match self {
            Self::Stories(stories) => {
                let blocks = stories.iter().flat_map(|story| &story.blocks);
                blocks.map(|block| block.list.len()).sum()
            }
            Self::Strings { texts, .. } => texts.iter().map(Vec::len).sum(),
        }
    }

    /// Its size in words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Stories(stories) => {
                let blocks = || stories.iter().flat_map(|story| &story.blocks);
                let octets: usize = blocks().map(|block| block.list.octets()).sum();
                let wire: usize = stories.iter().map(|story| story.wire.len()).sum();
                format!(
                    "{} stories, {} blocks, {} fields, {octets} octets as {wire}",
                    stories.len(),
                    blocks().count(),
                    self.units()
                )
            }
            Self::Strings { texts, codes } => {
                let coded: usize = codes.iter().map(Vec::len).sum();
                format!(
                    "{} strings, {} octets as {coded}",
                    texts.len(),
                    self.units()
                )
            }
        }
    }
}
