//! Expected lines against lines that came: whether they match, and a picture of where they do not.

use crate::script::is_ellipsis;
use crate::token::split;

/// One line of the picture: an index on either side or on both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) expected: Option<usize>,
    pub(crate) got: Option<usize>,
    pub(crate) same: bool,
}

/// Aligns expected lines, which may hold `…`, with what came, with as few differences as possible.
pub(crate) fn align(expected: &[&str], got: &[&str]) -> Vec<Row> {
    let expected: Vec<Pattern<'_>> = expected.iter().map(|line| Pattern::new(line)).collect();
    let got: Vec<Vec<&str>> = got.iter().map(|line| split(line)).collect();
    let costs = costs(&expected, &got);
    let (mut rows, mut at, mut to) = (Vec::new(), 0, 0);
    while at < expected.len() || to < got.len() {
        let here = costs[at][to];
        let pattern = expected.get(at);
        let line = got.get(to);
        let matches = pattern
            .zip(line)
            .is_some_and(|(pattern, line)| pattern.matches(line));
        let any = pattern.is_some_and(|pattern| pattern.any_number);
        let row = if matches && any && here == costs[at][to + 1] {
            Row {
                expected: Some(at),
                got: Some(to),
                same: true,
            }
        } else if any && here == costs[at + 1][to] {
            at += 1;
            continue;
        } else if matches && !any && here == costs[at + 1][to + 1] {
            Row {
                expected: Some(at),
                got: Some(to),
                same: true,
            }
        } else if pattern.is_some() && line.is_some() && !any && here == costs[at + 1][to + 1] + 1 {
            Row {
                expected: Some(at),
                got: Some(to),
                same: false,
            }
        } else if pattern.is_some() && !any && here == costs[at + 1][to] + 1 {
            Row {
                expected: Some(at),
                got: None,
                same: false,
            }
        } else {
            Row {
                expected: None,
                got: Some(to),
                same: false,
            }
        };
        at += usize::from(row.expected.is_some() && !(any && row.same));
        to += usize::from(row.got.is_some());
        rows.push(row);
    }
    rows
}

/// Prints rows in two columns, the script's line numbers in front.
pub(crate) fn print(rows: &[Row], expected: &[(usize, &str)], got: &[&str], out: &mut String) {
    let text = |index: Option<usize>| index.map_or("", |index| expected[index].1);
    let width = rows
        .iter()
        .map(|row| text(row.expected).chars().count())
        .max()
        .unwrap_or(0)
        .clamp(8, WIDTH_MAX);
    out.push_str(&format!("       {:width$} | got\n", "expected"));
    for row in rows {
        let number = row
            .expected
            .map_or(String::new(), |index| (expected[index].0 + 1).to_string());
        let left = text(row.expected);
        let right = row.got.map_or("", |index| got[index]);
        let mark = match row {
            Row { same: true, .. } => ' ',
            Row { expected: None, .. } => '>',
            Row { got: None, .. } => '<',
            _ => '!',
        };
        out.push_str(&format!("{number:>5} {mark}{left:width$} | {right}\n"));
    }
}

/// `costs[e][g]` is the least number of differences between `expected[e..]` and `got[g..]`.
fn costs(expected: &[Pattern<'_>], got: &[Vec<&str>]) -> Vec<Vec<usize>> {
    let mut costs = vec![vec![0; got.len() + 1]; expected.len() + 1];
    for at in (0..=expected.len()).rev() {
        for to in (0..=got.len()).rev() {
            let pattern = expected.get(at);
            let any = pattern.is_some_and(|pattern| pattern.any_number);
            let matches = pattern
                .zip(got.get(to))
                .is_some_and(|(pattern, line)| pattern.matches(line));
            let mut best = if at == expected.len() && to == got.len() {
                0
            } else {
                usize::MAX
            };
            if pattern.is_some() {
                best = best.min(costs[at + 1][to] + usize::from(!any));
            }
            if to < got.len() {
                best = best.min(costs[at][to + 1] + usize::from(!(any && matches)));
            }
            if pattern.is_some() && to < got.len() && !any {
                best = best.min(costs[at + 1][to + 1] + usize::from(!matches));
            }
            costs[at][to] = best;
        }
    }
    costs
}

struct Pattern<'a> {
    words: Vec<&'a str>,
    /// Ends with `…`: more words may follow.
    open: bool,
    /// A mark and `…` alone: any number of such lines.
    any_number: bool,
}

impl<'a> Pattern<'a> {
    fn new(line: &'a str) -> Self {
        let mut words = split(line);
        let open = words.last().is_some_and(|word| is_ellipsis(word));
        if open {
            words.pop();
        }
        Self {
            any_number: open && words.len() == 1,
            words,
            open,
        }
    }

    fn matches(&self, line: &[&str]) -> bool {
        if self.open {
            line.starts_with(&self.words)
        } else {
            line == self.words
        }
    }
}

const WIDTH_MAX: usize = 72;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &[&str], got: &[&str], picture: &str) {
        let rows = align(expected, got);
        let numbered: Vec<_> = expected.iter().copied().enumerate().collect();
        let mut out = String::new();
        print(&rows, &numbered, got, &mut out);
        let lines: Vec<_> = out
            .lines()
            .skip(1)
            .map(|line| line.trim_end().to_owned())
            .collect();
        assert_eq!(lines.join("\n"), picture);
        assert_eq!(
            rows.iter().all(|row| row.same),
            !picture.contains(['!', '<', '>']),
            "{picture}"
        );
    }

    #[test]
    fn equal_lines_stand_side_by_side() {
        check(
            &["us PING", "us DATA 1"],
            &["us PING", "us DATA 1"],
            "    1  us PING   | us PING\n    2  us DATA 1 | us DATA 1",
        );
        check(&[], &[], "");
    }

    #[test]
    fn an_ellipsis_matches_the_rest_of_a_line() {
        check(
            &["us SETTINGS …"],
            &["us SETTINGS a=1 b=2"],
            "    1  us SETTINGS … | us SETTINGS a=1 b=2",
        );
        check(
            &["us SETTINGS ..."],
            &["us SETTINGS"],
            "    1  us SETTINGS ... | us SETTINGS",
        );
        check(
            &["us SETTINGS …"],
            &["us SETTING"],
            "    1 !us SETTINGS … | us SETTING",
        );
    }

    #[test]
    fn an_ellipsis_alone_matches_any_number_of_lines_of_its_mark() {
        check(&["us …"], &[], "");
        check(
            &["us …", "us Z"],
            &["us A", "us Z"],
            "    1  us …     | us A\n    2  us Z     | us Z",
        );
        check(
            &["us …"],
            &["us A", "app B"],
            "    1  us …     | us A\n      >         | app B",
        );
    }

    #[test]
    fn differences_are_as_few_as_possible() {
        check(
            &["us A", "us B", "us C"],
            &["us A", "us C"],
            "    1  us A     | us A\n    2 <us B     |\n    3  us C     | us C",
        );
        check(
            &["us A", "us C"],
            &["us A", "us B", "us C"],
            "    1  us A     | us A\n      >         | us B\n    2  us C     | us C",
        );
        check(&["us A"], &["us B"], "    1 !us A     | us B");
    }
}
