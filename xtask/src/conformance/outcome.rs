//! What the suites print, and what it means.

use std::collections::BTreeSet;

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) passed: u32,
    pub(super) total: u32,
    /// The cases that did not pass, as the suite names them.
    pub(super) missed: Vec<String>,
}

/// What httpwg printed.
pub(super) fn parse_httpwg(printed: &str) -> Option<Outcome> {
    let printed = without_colours(printed);
    let names = |mark: &str| -> BTreeSet<String> {
        let name = |line: &str| Some(line.split_once(mark)?.1.trim().to_owned());
        printed.lines().filter_map(name).collect()
    };
    // "Passed 104/107 tests in 0.31 seconds". A case that panics is announced and never judged.
    let (_, counts) = printed.rsplit_once("Passed ")?;
    let (passed, rest) = counts.split_once('/')?;
    let (total, _) = rest.split_once(" tests")?;
    let missed = names("Running test: ")
        .difference(&names("Test passed: "))
        .cloned()
        .collect();
    Some(Outcome {
        passed: passed.parse().ok()?,
        total: total.parse().ok()?,
        missed,
    })
}

/// What h2spec printed.
pub(super) fn parse_h2spec(printed: &str) -> Option<Outcome> {
    let printed = without_colours(printed);
    // "147 tests, 146 passed, 0 skipped, 1 failed"
    let summary = printed.lines().rfind(|line| line.contains(" tests, "))?;
    let count = |name: &str| {
        summary
            .split(", ")
            .find_map(|part| part.trim().strip_suffix(name)?.trim().parse().ok())
    };
    let mut missed: Vec<String> = printed
        .lines()
        .filter_map(|line| Some(line.trim().strip_prefix('×')?.trim().to_owned()))
        .collect();
    missed.sort();
    missed.dedup();
    Some(Outcome {
        passed: count("passed")?,
        total: count("tests")?,
        missed,
    })
}

/// `text` without the sequences that colour a terminal.
pub(super) fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_of_httpwg_that_was_never_judged_is_missed() {
        let printed = "🔷 Running test: RFC 1 :: a\n🔷 Running test: RFC 1 :: b\n\
                       🔷 Running test: RFC 1 :: c\n✅ Test passed: RFC 1 :: b\n\
                       ❌ Test failed: RFC 1 :: c\nTimed out\n\
                       🚄 Passed \u{1b}[1;32m1/3\u{1b}[0m tests in \u{1b}[1;33m0.30\u{1b}[0m seconds";
        let expected = Outcome {
            passed: 1,
            total: 3,
            missed: vec!["RFC 1 :: a".to_owned(), "RFC 1 :: c".to_owned()],
        };
        assert_eq!(parse_httpwg(printed), Some(expected));
        assert_eq!(parse_httpwg("connection refused"), None);
    }

    #[test]
    fn the_summary_of_h2spec_is_read() {
        let printed = "  5.1. Stream States\n    \u{1b}[31m× 8: closed: Sends a DATA frame\u{1b}[0m\n\n\
                       Finished in 2.1 seconds\n147 tests, 146 passed, 0 skipped, 1 failed\n";
        let expected = Outcome {
            passed: 146,
            total: 147,
            missed: vec!["8: closed: Sends a DATA frame".to_owned()],
        };
        assert_eq!(parse_h2spec(printed), Some(expected));
    }
}
