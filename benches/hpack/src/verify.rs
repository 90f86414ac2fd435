//! Before anything is measured: does everybody agree with the test set, and with each other?

use anyhow::{Context, Result, ensure};

use crate::corpus::{Corpus, Strings};
use crate::libraries::BOUND;
use crate::library::{Coding, Decoding, Encoding, Library};
use crate::stories::Story;
use crate::workload::Family;

/// A library that got something wrong, and what.
#[derive(Debug)]
pub(crate) struct Disagreement {
    pub(crate) library: &'static str,
    pub(crate) what: String,
}

/// Has every library do all of `family` once, and looks at what comes out.
pub(crate) fn verify(family: Family, corpus: &Corpus, libraries: &[Library]) -> Vec<Disagreement> {
    let mut disagreements = Vec::new();
    for library in libraries.iter().filter(|library| library.name != BOUND) {
        let result = match family {
            Family::Decode => library.decoding.map(|decoding| decodes(decoding, corpus)),
            Family::Encode => library
                .encoding
                .map(|encoding| encodes(encoding, corpus, &foreign(library, libraries))),
            Family::Huffman => library.coding.map(|coding| codes(coding, corpus)),
        };
        if let Some(Err(error)) = result {
            let what = format!("{error:#}");
            disagreements.push(Disagreement {
                library: library.name,
                what,
            });
        }
    }
    disagreements
}

/// Octets of all blocks that `encoding` makes of the lists.
pub(crate) fn encoded_octets(encoding: Encoding, stories: &[&Story]) -> u64 {
    let blocks = stories.iter().flat_map(|story| (encoding.blocks)(story));
    blocks.map(|block| block.len() as u64).sum()
}

fn decodes(decoding: Decoding, corpus: &Corpus) -> Result<()> {
    for suite in &corpus.suites {
        for (number, story) in suite.stories.iter().enumerate() {
            decodes_story(decoding, story)
                .with_context(|| format!("story {number} of {}", suite.name))?;
        }
    }
    Ok(())
}

fn decodes_story(decoding: Decoding, story: &Story) -> Result<()> {
    let lines = (decoding.lines)(story)?;
    let mut lines = lines.iter();
    for (number, block) in story.blocks.iter().enumerate() {
        for (name, value) in block.list.iter() {
            let line = lines.next();
            let line = line.with_context(|| format!("block {number} comes out too short"))?;
            ensure!(
                line.0 == name && line.1 == value,
                "block {number}: `{}: {}` instead of `{}: {}`",
                line.0.escape_ascii(),
                line.1.escape_ascii(),
                name.escape_ascii(),
                value.escape_ascii()
            );
        }
    }
    ensure!(lines.next().is_none(), "more comes out than was put in");
    Ok(())
}

/// What others think of the blocks that a library makes.
fn encodes(encoding: Encoding, corpus: &Corpus, judges: &[&Library]) -> Result<()> {
    for (number, story) in corpus.lists().stories.iter().enumerate() {
        let encoded = story.as_blocks(&(encoding.blocks)(story));
        for judge in judges {
            let decoding = judge.decoding.context("a judge that cannot decode")?;
            decodes_story(decoding, &encoded)
                .with_context(|| format!("story {number}, as {} reads it", judge.name))?;
        }
    }
    Ok(())
}

/// Two decoders that were not written together with the encoder of `library`.
fn foreign<'a>(library: &Library, libraries: &'a [Library]) -> Vec<&'a Library> {
    let known = ["h2", "nghttp2", "ls-hpack", "httlib"].into_iter();
    let others = known.filter(|&name| name != library.name);
    let found = |name| libraries.iter().find(|library| library.name == name);
    let judges = others.filter_map(found);
    judges
        .filter(|judge| judge.decoding.is_some())
        .take(2)
        .collect()
}

fn codes(coding: Coding, corpus: &Corpus) -> Result<()> {
    for text in Strings::All.of(corpus.lists()).iter() {
        let mut code = Vec::new();
        eyas_hpack::huffman::encode(text, &mut code);
        ensure!(
            (coding.encode.once)(text)? == code,
            "another code of `{}`",
            text.escape_ascii()
        );
        ensure!(
            (coding.decode.once)(&code)? == text,
            "another text than `{}`",
            text.escape_ascii()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries;
    use crate::library::{Decode, Encode};
    use crate::stories::FieldList;

    fn corpus() -> Corpus {
        Corpus::one("nghttp2").expect("it is in the package")
    }

    #[test]
    fn everybody_agrees_on_the_main_suite() {
        let mut libraries = libraries::all();
        libraries.retain(|library| !library.is_slow);
        for family in [Family::Decode, Family::Encode, Family::Huffman] {
            let disagreements = verify(family, &corpus(), &libraries);
            assert!(disagreements.is_empty(), "{disagreements:?}");
        }
    }

    /// Has lost its dynamic table, and everything else.
    struct Forgetful;

    impl Decode for Forgetful {
        fn new() -> Self {
            Self
        }

        fn table_size(&mut self, _: u32) {}

        fn block<S: FnMut(&[u8], &[u8])>(&mut self, _: &[u8], sink: &mut S) -> Result<()> {
            sink(b":method", b"GET");
            Ok(())
        }
    }

    impl Encode for Forgetful {
        type List<'a> = ();

        fn list(_: &FieldList) {}

        fn new() -> Self {
            Self
        }

        fn block(&mut self, (): &()) -> &[u8] {
            &[0x82]
        }
    }

    #[test]
    fn who_disagrees_is_named_with_the_place() {
        let mut libraries = libraries::all();
        libraries.retain(|library| !library.is_slow);
        libraries[0] = Library {
            name: "forgetful",
            is_slow: false,
            decoding: Some(Decoding::of::<Forgetful>()),
            encoding: Some(Encoding::of::<Forgetful>()),
            coding: None,
        };
        for (family, place) in [
            (Family::Decode, "story 0 of nghttp2"),
            (Family::Encode, "story 0, as h2 reads it"),
        ] {
            let disagreements = verify(family, &corpus(), &libraries);
            let [one] = &disagreements[..] else {
                panic!("{disagreements:?}");
            };
            assert_eq!(one.library, "forgetful");
            assert!(one.what.contains(place), "{}", one.what);
        }
    }
}
