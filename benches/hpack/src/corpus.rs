//! What is measured on: suites to decode, lists to encode, strings for the Huffman code.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::packed::Packed;
use crate::stories::{Story, Suite};

/// The suites that are measured one by one.
pub(crate) const MAIN_SUITES: [&str; 3] = ["nghttp2", "go-hpack", "haskell-http2-static-huffman"];

/// Strings of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strings {
    /// Values of `cookie` and `set-cookie`.
    Cookies,
    /// Values of `:path` and `referer`.
    Urls,
    /// Every value.
    All,
}

impl Strings {
    pub(crate) const ALL: [Self; 3] = [Self::Cookies, Self::Urls, Self::All];

    /// Its name in tables and files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cookies => "cookies",
            Self::Urls => "urls",
            Self::All => "all values",
        }
    }

    /// Every distinct string of the kind.
    pub(crate) fn of(self, suite: &Suite) -> Packed {
        let has = |name: &[u8]| match self {
            Self::Cookies => [&b"cookie"[..], b"set-cookie"].contains(&name),
            Self::Urls => [&b":path"[..], b"referer"].contains(&name),
            Self::All => true,
        };
        let fields = suite.stories.iter().flat_map(Story::fields);
        let values = fields.filter(|&(name, value)| has(name) && !value.is_empty());
        let distinct: BTreeSet<&[u8]> = values.map(|(_, value)| value).collect();
        distinct.into_iter().collect()
    }
}

/// The suites that have been read.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// By name; the first is nghttp2's, whose stories are all.
    pub(crate) suites: Vec<Suite>,
}

impl Corpus {
    /// Reads only the suite `name`.
    pub(crate) fn one(name: &str) -> Result<Self> {
        Ok(Self {
            suites: vec![Suite::read(name)?],
        })
    }

    /// Reads every suite.
    pub(crate) fn all() -> Result<Self> {
        let names = Suite::names()?;
        let suites = names
            .iter()
            .map(|name| Suite::read(name))
            .collect::<Result<_>>()?;
        Ok(Self { suites })
    }

    /// The suite `name`, or every story of all suites when there is none.
    pub(crate) fn stories(&self, name: Option<&str>) -> Vec<&Story> {
        let suites = self.suites.iter();
        let chosen = suites.filter(|suite| name.is_none_or(|name| suite.name == name));
        chosen.flat_map(|suite| &suite.stories).collect()
    }

    /// The suite from which lists and strings are taken: each encoder's suite says the same fields.
    pub(crate) fn lists(&self) -> &Suite {
        let suites = self.suites.iter();
        let mut main = suites.filter(|suite| suite.name == MAIN_SUITES[0]);
        main.next().expect("whoever asks for lists has read them")
    }
}
