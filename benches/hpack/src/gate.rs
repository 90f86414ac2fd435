//! The gate: instructions of ours against the saved ones, which do not depend on the machine's mood.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Instructions for a unit of each workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Counts(pub(crate) BTreeMap<String, f64>);

impl Counts {
    /// Reads the file; one that is not there is empty.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("in {}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes the file. What was not counted this time keeps its saved value.
    pub(crate) fn save(&self, path: &Path) -> Result<()> {
        let mut saved = Self::read(path)?;
        saved.0.extend(self.0.clone());
        fs::write(path, saved.text()).with_context(|| format!("cannot write {}", path.display()))
    }

    /// A table of the counts with the saved ones, and how many are over it.
    pub(crate) fn compare(&self, saved: &Self) -> (String, usize) {
        let mut text = format!("{:<36} {:>9} {:>9}\n", "instructions", "counted", "saved");
        let mut over = 0;
        for (name, count) in &self.0 {
            let verdict = match saved.0.get(name) {
                None => "        -  new".to_owned(),
                Some(saved) if *count <= saved * TOLERANCE => format!("{saved:>9.1}  ok"),
                Some(saved) => {
                    over += 1;
                    format!("{saved:>9.1}  OVER")
                }
            };
            let _ = writeln!(text, "{name:<36} {count:>9.1} {verdict}");
        }
        (text, over)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut counts = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parts = line.split_once('=');
            let name = parts.and_then(|(name, _)| name.trim().strip_prefix('"')?.strip_suffix('"'));
            let (Some(name), Some((_, count))) = (name, parts) else {
                bail!("`{line}` is not `\"workload\" = instructions`");
            };
            let count = count
                .trim()
                .parse()
                .with_context(|| format!("`{line}` has no number"))?;
            counts.insert(name.to_owned(), count);
        }
        Ok(Self(counts))
    }

    fn text(&self) -> String {
        let mut text = HEADING.to_owned();
        for (name, count) in &self.0 {
            let _ = writeln!(text, "\"{name}\" = {count:.2}");
        }
        text
    }
}

/// Another compiler, or another order of functions, moves a count by less.
const TOLERANCE: f64 = 1.02;

const HEADING: &str = "\
# Instructions of eyas-hpack: for a field where it decodes or encodes, for an octet of text in the
# Huffman code. Written by `cargo xtask bench hpack --save`; say in the commit why a figure rose.

";

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: f64) -> Counts {
        Counts(BTreeMap::from([("decode nghttp2".to_owned(), count)]))
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let again = Counts::parse(&counts(416.25).text()).expect("our own text");
        assert_eq!(again, counts(416.25));
    }

    #[test]
    fn two_percent_pass_and_more_does_not() {
        assert_eq!(counts(101.9).compare(&counts(100.0)).1, 0);
        assert_eq!(counts(102.1).compare(&counts(100.0)).1, 1);
        assert_eq!(counts(50.0).compare(&counts(100.0)).1, 0);
        let (text, over) = counts(1.0).compare(&Counts::default());
        assert!(text.contains("new") && over == 0);
    }

    #[test]
    fn a_line_that_is_none_is_an_error_that_shows_it() {
        for line in ["decode = 1", "\"decode\"", "\"decode\" = many"] {
            let error = Counts::parse(line).expect_err(line);
            assert!(error.to_string().contains(line));
        }
    }
}
