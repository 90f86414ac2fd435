//! How files begin: a sentence that says what lives there, and no unsafe code in any crate.

use crate::tidy::{Offence, Source};

/// What the beginning of `source` lacks.
pub(super) fn check(source: &Source) -> Vec<Offence> {
    let mut found = Vec::new();
    let mut offend = |line: usize, what: &str| {
        found.push(Offence {
            file: source.path.clone(),
            line,
            what: what.to_owned(),
        });
    };
    let begins_with_readme = source.is_entry && source.text.starts_with(README);
    if (source.in_src || source.package == "eyas-benches")
        && !begins_with_readme
        && !begins_with_sentence(&source.text)
    {
        offend(1, "begins with no `//!` sentence that says what lives here");
    }
    if source.is_entry && source.path.starts_with("crates") && !forbids_unsafe(source) {
        offend(1, "a crate's first file has `#![forbid(unsafe_code)]`");
    }
    found
}

/// Whether the first paragraph of the module's documentation is one, and ends like a sentence.
fn begins_with_sentence(text: &str) -> bool {
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    paragraph
        .last()
        .is_some_and(|line| line.ends_with(['.', ':', '?', '!']))
}

fn forbids_unsafe(source: &Source) -> bool {
    let texts: Vec<&str> = source.tokens.iter().map(|token| &*token.text).collect();
    texts
        .windows(5)
        .enumerate()
        .filter(|(_, window)| *window == ["#", "!", "[", "forbid", "("])
        .any(|(at, _)| {
            let lints = texts[at + 5..].iter().take_while(|text| **text != ")");
            lints.into_iter().any(|lint| *lint == "unsafe_code")
        })
}

const README: &str = "#![doc = include_str!(\"../README.md\")]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::planted;

    fn count(path: &str, text: &str) -> usize {
        check(&planted("eyas-frame", path, text)).len()
    }

    #[test]
    fn a_file_begins_with_a_sentence() {
        assert_eq!(
            count("crates/eyas-frame/src/a.rs", "//! What lives here.\n"),
            0
        );
        assert_eq!(
            count(
                "crates/eyas-frame/src/a.rs",
                "//! What lives\n//! here.\n//!\n"
            ),
            0
        );
        for text in [
            "",
            "use x;\n//! Late.",
            "//! No end",
            "//!\n//! Late.",
            "// Lives here.",
        ] {
            assert_eq!(count("crates/eyas-frame/src/a.rs", text), 1, "{text:?}");
        }
        assert_eq!(count("crates/eyas-frame/tests/a.rs", ""), 0);
    }

    #[test]
    fn a_crate_begins_with_its_readme_and_forbids_unsafe_code() {
        let forbid = "#![forbid(missing_docs, unsafe_code)]";
        let whole = format!("{README}\n{forbid}\n");
        assert_eq!(count("crates/eyas-frame/src/lib.rs", &whole), 0);
        assert_eq!(count("crates/eyas-frame/src/lib.rs", README), 1);
        assert_eq!(count("crates/eyas-frame/src/lib.rs", forbid), 1);
        let mentioned = format!("{README}\n// {forbid}\n#![forbid(missing_docs)] // (unsafe_code)");
        assert_eq!(count("crates/eyas-frame/src/lib.rs", &mentioned), 1);
        assert_eq!(count("crates/eyas-frame/src/a.rs", README), 1);
    }
}
