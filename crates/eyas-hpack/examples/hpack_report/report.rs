//! The sums of it all, and their tables.

use std::collections::BTreeMap;
use std::fmt;

use eyas_hpack::{Encoder, Field};

use crate::block::{self, Form, Text};
use crate::lists::List;

/// What became of some header lists.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// By list, in the order they were sent.
    pub(crate) lists: Vec<Cost>,
    /// By form, in the order of [`FORMS`].
    pub(crate) forms: [Cost; FORMS.len()],
    /// Octets of table size updates.
    updates: usize,
    huffman: Strings,
    plain: Strings,
    names: BTreeMap<String, Cost>,
    /// What the encoder's table holds in the end: entries, their size, and the most it may be.
    table: (usize, u32, u32),
}

/// Fields and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) fields: usize,
    /// Octets of their names and values.
    pub(crate) raw: usize,
    /// Octets that were sent for them.
    pub(crate) sent: usize,
}

/// String literals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Strings {
    count: usize,
    raw: usize,
    sent: usize,
}

/// The forms of a field, and what they are called.
pub(crate) const FORMS: [(Form, &str); 5] = [
    (Form::IndexedStatic, "indexed, static table"),
    (Form::IndexedDynamic, "indexed, dynamic table"),
    (Form::Incremental, "literal, into the table"),
    (Form::Without, "literal, not indexed"),
    (Form::Never, "literal, never indexed"),
];

impl Report {
    /// Encodes `lists` on one connection whose peer has announced `table_size`.
    pub(crate) fn of(lists: &[List<'_>], table_size: u32) -> Result<Self, String> {
        let mut report = Self::default();
        let mut encoder = Encoder::new(table_size);
        encoder.set_peer_table_size(table_size);
        let mut block = Vec::new();
        for list in lists {
            block.clear();
            encoder.begin(&mut block);
            for (name, value) in list {
                encoder.field(Field::new(name, value), &mut block);
            }
            report.add(list, &block)?;
        }
        let table = encoder.table();
        report.table = (table.len(), table.size(), table.max_size());
        Ok(report)
    }

    fn add(&mut self, list: &List<'_>, block: &[u8]) -> Result<(), String> {
        let representations = block::parse(block).map_err(|error| error.to_string())?;
        let mut cost = Cost::default();
        let mut fields = list.iter();
        for it in representations {
            let Some(at) = FORMS.iter().position(|(form, _)| *form == it.form) else {
                self.updates += it.octets;
                cost.sent += it.octets;
                continue;
            };
            let (name, value) = fields.next().ok_or("the block has a field too many")?;
            let raw = name.len() + value.len();
            let of_name = self.names.entry((*name).to_owned()).or_default();
            for sum in [&mut cost, &mut self.forms[at], of_name] {
                sum.add(raw, it.octets);
            }
            for (text, raw) in [(it.name, name.len()), (it.value, value.len())] {
                if let Some(Text { is_huffman, octets }) = text {
                    let strings = if is_huffman {
                        &mut self.huffman
                    } else {
                        &mut self.plain
                    };
                    strings.count += 1;
                    strings.raw += raw;
                    strings.sent += octets;
                }
            }
        }
        self.lists.push(cost);
        Ok(())
    }

    /// All fields of all lists.
    pub(crate) fn total(&self) -> Cost {
        let sum = |a: Cost, b: &Cost| Cost {
            fields: a.fields + b.fields,
            raw: a.raw + b.raw,
            sent: a.sent + b.sent,
        };
        self.lists.iter().fold(Cost::default(), sum)
    }

    /// The names that most was sent for.
    pub(crate) fn costliest(&self) -> Vec<(&str, Cost)> {
        let names = self.names.iter().map(|(name, cost)| (name.as_str(), *cost));
        let mut names: Vec<_> = names.collect();
        names.sort_by_key(|(_, cost)| std::cmp::Reverse(cost.sent));
        names.truncate(NAMES);
        names
    }
}

impl Cost {
    fn add(&mut self, raw: usize, sent: usize) {
        self.fields += 1;
        self.raw += raw;
        self.sent += sent;
    }

    /// What was sent in hundredths of what there was, if there was anything.
    pub(crate) fn percent(&self) -> f64 {
        100.0 * self.sent as f64 / self.raw.max(1) as f64
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        writeln!(
            f,
            "{} header lists: {} octets of names and values sent as {}, {:.1} %",
            self.lists.len(),
            total.raw,
            total.sent,
            total.percent()
        )?;
        heading(f, "form", ["fields", "raw", "sent", "%"])?;
        for ((_, name), cost) in FORMS.iter().zip(&self.forms) {
            cost_row(f, name, cost)?;
        }
        if self.updates > 0 {
            row(f, "size updates", ["", "", &self.updates.to_string(), ""])?;
        }
        cost_row(f, "all", &total)?;

        heading(f, "strings", ["number", "raw", "sent", "%"])?;
        for (name, strings) in [("Huffman-coded", self.huffman), ("plain", self.plain)] {
            let cost = Cost {
                fields: strings.count,
                raw: strings.raw,
                sent: strings.sent,
            };
            cost_row(f, name, &cost)?;
        }

        heading(f, "costliest names", ["fields", "raw", "sent", "%"])?;
        for (name, cost) in self.costliest() {
            cost_row(f, name, &cost)?;
        }
        let (entries, size, max_size) = self.table;
        writeln!(
            f,
            "\ndynamic table: {entries} entries, {size} of {max_size} octets"
        )
    }
}

fn heading(f: &mut fmt::Formatter<'_>, name: &str, columns: [&str; 4]) -> fmt::Result {
    writeln!(f)?;
    row(f, name, columns)?;
    writeln!(f, "{}", "-".repeat(NAME_WIDTH + 4 * (COLUMN_WIDTH + 1)))
}

fn cost_row(f: &mut fmt::Formatter<'_>, name: &str, cost: &Cost) -> fmt::Result {
    let percent = match cost.raw {
        0 => String::new(),
        _ => format!("{:.1}", cost.percent()),
    };
    let [fields, raw, sent] = [cost.fields, cost.raw, cost.sent].map(|sum| sum.to_string());
    row(f, name, [&fields, &raw, &sent, &percent])
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, columns: [&str; 4]) -> fmt::Result {
    write!(f, "{name:<NAME_WIDTH$}")?;
    for column in columns {
        write!(f, " {column:>COLUMN_WIDTH$}")?;
    }
    writeln!(f)
}

const NAME_WIDTH: usize = 28;
const COLUMN_WIDTH: usize = 8;

/// How many of the costliest names are named.
const NAMES: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lists;

    fn report(text: &str, table_size: u32) -> Report {
        Report::of(&lists::parse(text).unwrap(), table_size).unwrap()
    }

    #[test]
    fn each_field_counts_for_its_form_its_name_and_its_list() {
        let list = ":method: GET\nserver: eyas\nauthorization: Basic eDp5\ndate: now\n";
        let report = report(&format!("{list}\n{list}"), 4096);
        let counts = report.forms.map(|form| form.fields);
        // `date` goes into the table when it comes again.
        assert_eq!(counts, [2, 1, 2, 1, 2]);
        let raw = 7 + 3 + 6 + 4 + 13 + 10 + 4 + 3;
        assert_eq!(
            report.lists.iter().map(|list| list.raw).collect::<Vec<_>>(),
            [raw; 2]
        );
        assert!(report.lists[1].sent < report.lists[0].sent);
        let sent: usize = report.forms.iter().map(|form| form.sent).sum();
        let total = report.total();
        assert_eq!((total.fields, total.raw, total.sent), (8, 2 * raw, sent));
        assert_eq!(report.costliest()[0].0, "authorization");
        assert_eq!(report.table.0, 2);
    }

    #[test]
    fn without_a_table_nothing_is_indexed_in_it_and_that_is_said_once() {
        let report = report("a: b\n\na: b\n\na: b\n", 0);
        assert_eq!((report.updates, report.forms[3].fields), (1, 3));
        assert_eq!(report.total().sent, 1 + 3 * 5);
        assert_eq!((report.huffman.count, report.plain.count), (0, 6));
        assert!(report.to_string().contains("size updates"));
    }
}
