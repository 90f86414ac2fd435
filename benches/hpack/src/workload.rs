//! The things that are measured, and how a library's part in each becomes work to repeat.

use anyhow::{Result, bail};

use crate::corpus::{Corpus, MAIN_SUITES, Strings};
use crate::libraries::BOUND;
use crate::library::{Library, Pass};
use crate::packed::Packed;
use crate::pollution::Step;
use crate::stories::Story;

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Blocks to fields: a suite, or all.
    Decode(Option<&'static str>),
    /// Fields to blocks.
    Encode,
    /// The Huffman code alone.
    Huffman(Direction, Strings, Cache),
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Codes to texts.
    Decode,
    /// Texts to codes.
    Encode,
}

/// What the caches hold when a string's turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// What the string before it left there.
    Warm,
    /// Other things.
    Polluted,
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

impl Family {
    /// Its name in messages.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Encode => "encode",
            Self::Huffman => "huffman",
        }
    }
}

/// What a workload needs of the corpus, laid out.
pub(crate) enum Material<'a> {
    /// Stories to decode or to encode.
    Stories(Vec<&'a Story>),
    /// Texts, and the codes of them.
    Strings { texts: Packed, codes: Packed },
}

/// A library's part.
pub(crate) enum Work<'a> {
    /// A pass through everything at once, and what is subtracted from it.
    Pass {
        pass: Pass<'a>,
        handling: Option<Pass<'a>>,
    },
    /// String by string, with time between them.
    Steps { step: Step, strings: &'a Packed },
}

impl Workload {
    /// All, in the order of the tables.
    pub(crate) fn all() -> Vec<Self> {
        let decode = MAIN_SUITES
            .into_iter()
            .map(|suite| Self::Decode(Some(suite)));
        let mut all: Vec<Self> = decode.collect();
        all.extend([Self::Decode(None), Self::Encode]);
        for direction in [Direction::Decode, Direction::Encode] {
            for cache in [Cache::Warm, Cache::Polluted] {
                all.extend(Strings::ALL.map(|strings| Self::Huffman(direction, strings, cache)));
            }
        }
        all
    }

    /// Its name in tables and files.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Decode(suite) => format!("decode {}", suite.unwrap_or("all suites")),
            Self::Encode => "encode".to_owned(),
            Self::Huffman(direction, strings, cache) => {
                let direction = match direction {
                    Direction::Decode => "decode",
                    Direction::Encode => "encode",
                };
                let cache = match cache {
                    Cache::Warm => "",
                    Cache::Polluted => ", polluted",
                };
                format!("huffman {direction} {}{cache}", strings.name())
            }
        }
    }

    /// Whether instructions are counted: for each thing once, and not where reading the stories would
    /// take most of the time.
    pub(crate) fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::Decode(None) | Self::Huffman(_, _, Cache::Polluted)
        )
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
            Self::Huffman(..) => Family::Huffman,
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
            Self::Huffman(_, strings, _) => {
                let texts = strings.of(corpus.lists());
                let code = |text: &[u8]| {
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
        match (self, material) {
            (Self::Decode(_), Material::Stories(stories)) => {
                let pass = (library.decoding?.pass)(stories);
                Some(Work::Pass {
                    pass,
                    handling: None,
                })
            }
            (Self::Encode, Material::Stories(stories)) => {
                let encoding = library.encoding?;
                let handling = encoding.handling.map(|handling| handling(stories));
                Some(Work::Pass {
                    pass: (encoding.pass)(stories),
                    handling,
                })
            }
            (Self::Huffman(direction, _, cache), Material::Strings { texts, codes }) => {
                let coding = library.coding?;
                let (input, way) = match direction {
                    // The bound copies what the others have to arrive at.
                    Direction::Decode if library.name == BOUND => (texts, coding.decode),
                    Direction::Decode => (codes, coding.decode),
                    Direction::Encode => (texts, coding.encode),
                };
                Some(match cache {
                    Cache::Warm => Work::Pass {
                        pass: (way.pass)(input),
                        handling: None,
                    },
                    Cache::Polluted => Work::Steps {
                        step: (way.step)(),
                        strings: input,
                    },
                })
            }
            _ => unreachable!("`material` lays out what this workload needs"),
        }
    }

    /// Whether `library` takes part: one that is a hundred times slower has enough of one suite.
    pub(crate) fn is_for(self, library: &Library) -> bool {
        !library.is_slow || self == Self::Encode || self == Self::Decode(Some(MAIN_SUITES[0]))
    }

    /// Runs `passes` passes and nothing else, to be counted from outside.
    pub(crate) fn run(self, library: &Library, part: Part, passes: u32) -> Result<()> {
        let corpus = self.corpus()?;
        let material = self.material(&corpus);
        let mut pass = match (self.work(library, &material), part) {
            (Some(Work::Pass { pass, .. }), Part::Whole) => pass,
            (
                Some(Work::Pass {
                    handling: Some(handling),
                    ..
                }),
                Part::Handling,
            ) => handling,
            _ => bail!("{} has no such part in {}", library.name, self.name()),
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
            Self::Strings { texts, .. } => texts.octets(),
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
            Self::Strings { texts, codes } => format!(
                "{} strings, {} octets as {}",
                texts.len(),
                texts.octets(),
                codes.octets()
            ),
        }
    }
}
