//! The stories of the public HPACK test set: header blocks as many encoders wrote them, and their fields.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// What one encoder made of all stories.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The encoder, as its folder is named.
    pub(crate) name: String,
    /// The stories, by their number.
    pub(crate) stories: Vec<Story>,
}

/// The header blocks of one direction of one connection.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Story {
    /// All blocks, one behind the other.
    pub(crate) wire: Vec<u8>,
    /// The blocks, in the order they were sent.
    pub(crate) blocks: Vec<Block>,
}

/// One header block.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its length in octets.
    pub(crate) octets: usize,
    /// A `SETTINGS_HEADER_TABLE_SIZE` that the decoder announced before it.
    pub(crate) table_size: Option<u32>,
    /// What it says.
    pub(crate) list: FieldList,
}

/// A list of fields in one piece of memory, each value right behind its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldList {
    octets: Vec<u8>,
    lengths: Vec<(u16, u16)>,
}

impl Suite {
    /// Reads the folder `name` of the test set.
    pub(crate) fn read(name: &str) -> Result<Self> {
        let folder = folder().join(name);
        let mut paths = entries(&folder)?;
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        });
        let stories: Vec<Story> = paths
            .iter()
            .map(|path| Story::read(path))
            .collect::<Result<_>>()?;
        if stories.is_empty() {
            bail!("no story in {}", folder.display());
        }
        Ok(Self {
            name: name.to_owned(),
            stories,
        })
    }

    /// The names of all suites.
    pub(crate) fn names() -> Result<Vec<String>> {
        let folders = entries(folder())?.into_iter().filter(|path| path.is_dir());
        let names = folders.filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
        Ok(names.collect())
    }
}

impl Story {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} is no story", path.display()))
    }

    fn parse(text: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(text)?;
        let mut story = Self::default();
        for case in value["cases"].as_array().context("no list `cases`")? {
            let wire = unhex(case["wire"].as_str().context("a case without `wire`")?)?;
            story.wire.extend_from_slice(&wire);
            let size = &case["header_table_size"];
            let table_size = match size.as_u64() {
                None if size.is_null() => None,
                Some(size) => Some(u32::try_from(size)?),
                None => bail!("`header_table_size` is no number"),
            };
            let mut list = FieldList::default();
            for field in case["headers"]
                .as_array()
                .context("a case without `headers`")?
            {
                for (name, value) in field.as_object().context("a field that is no object")? {
                    list.push(name, value.as_str().context("a value that is no text")?)?;
                }
            }
            story.blocks.push(Block {
                octets: wire.len(),
                table_size,
                list,
            });
        }
        Ok(story)
    }

    /// The same fields, as `blocks` say them.
    pub(crate) fn as_blocks(&self, blocks: &[Vec<u8>]) -> Self {
        let pairs = self.blocks.iter().zip(blocks);
        let block = |(block, wire): (&Block, &Vec<u8>)| Block {
            octets: wire.len(),
            table_size: None,
            list: block.list.clone(),
        };
        Self {
            wire: blocks.concat(),
            blocks: pairs.map(block).collect(),
        }
    }

    /// Every block with its octets.
    pub(crate) fn wires(&self) -> impl Iterator<Item = (&Block, &[u8])> {
        let mut rest = &self.wire[..];
        self.blocks.iter().map(move |block| {
            let (wire, after) = rest.split_at(block.octets);
            rest = after;
            (block, wire)
        })
    }

    /// The fields of all its blocks.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.blocks.iter().flat_map(|block| block.list.iter())
    }
}

impl FieldList {
    fn push(&mut self, name: &str, value: &str) -> Result<()> {
        self.lengths
            .push((u16::try_from(name.len())?, u16::try_from(value.len())?));
        self.octets.extend_from_slice(name.as_bytes());
        self.octets.extend_from_slice(value.as_bytes());
        Ok(())
    }

    /// Names and values.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut rest = &self.octets[..];
        self.lengths.iter().map(move |&(name, value)| {
            let (name, after) = rest.split_at(name.into());
            let (value, after) = after.split_at(value.into());
            rest = after;
            (name, value)
        })
    }

    /// The number of fields.
    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Octets of all names and values.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len()
    }
}

/// Where the stories lie: in the package of httlib-hpack, which cargo has fetched.
fn folder() -> &'static Path {
    Path::new(env!("BENCH_STORIES"))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn unhex(text: &str) -> Result<Vec<u8>> {
    let digit = |digit: u8| -> Result<u8> {
        let value = char::from(digit)
            .to_digit(16)
            .context("`wire` is not hexadecimal")?;
        Ok(value as u8)
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        bail!("`wire` has an odd number of digits");
    }
    pairs
        .iter()
        .map(|&[high, low]| Ok(digit(high)? << 4 | digit(low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_read_block_by_block() {
        let text = br#"{"description": "", "cases": [
            {"seqno": 0, "header_table_size": 1365, "wire": "8286", "headers": [{":method": "GET"}, {":scheme": "http"}]},
            {"seqno": 1, "wire": "be", "headers": [{"a": ""}]}]}"#;
        let story = Story::parse(text).expect("it is one");
        assert_eq!(story.wire, [0x82, 0x86, 0xbe]);
        let wires: Vec<_> = story
            .wires()
            .map(|(block, wire)| (block.table_size, wire))
            .collect();
        assert_eq!(wires, [(Some(1365), &[0x82, 0x86][..]), (None, &[0xbe])]);
        let fields: Vec<_> = story.fields().collect();
        assert_eq!(
            fields,
            [
                (&b":method"[..], &b"GET"[..]),
                (b":scheme", b"http"),
                (b"a", b"")
            ]
        );
        assert_eq!(
            (story.blocks[0].list.len(), story.blocks[0].list.octets()),
            (2, 21)
        );
    }

    #[test]
    fn what_is_no_story_is_an_error_that_says_why() {
        for (text, why) in [
            (r#"{}"#, "no list `cases`"),
            (r#"{"cases": [{"wire": "8", "headers": []}]}"#, "odd number"),
            (
                r#"{"cases": [{"wire": "8g", "headers": []}]}"#,
                "not hexadecimal",
            ),
            (r#"{"cases": [{"wire": "82"}]}"#, "without `headers`"),
            (
                r#"{"cases": [{"wire": "82", "headers": [], "header_table_size": "x"}]}"#,
                "no number",
            ),
            (
                r#"{"cases": [{"wire": "82", "headers": [{"a": 1}]}]}"#,
                "no text",
            ),
        ] {
            let error = Story::parse(text.as_bytes()).expect_err(text);
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
