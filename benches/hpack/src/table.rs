//! The report for a terminal.

use std::fmt::Write as _;

use crate::bounds::checks;
use crate::libraries::{BOUND, OURS};
use crate::report::{Row, Section};
use crate::workload::Workload;

/// One section as a table.
pub(crate) fn section(section: &Section) -> String {
    let mut text = format!("\n{}: {}\n", section.workload.name(), section.size);
    let (unit, ratio) = if section.is_huffman() {
        ("MB/s", "speed")
    } else {
        ("ns/field", "time")
    };
    let mut heads = vec!["library".to_owned(), unit.to_owned(), "min-max".to_owned()];
    heads.extend(AGAINST.map(|name| format!("{ratio}/{name}")));
    if is_counted(section) {
        heads.push("instr".to_owned());
        heads.extend(AGAINST.map(|name| format!("instr/{name}")));
    }
    if section.workload == Workload::Encode {
        heads.push("octets".to_owned());
    }
    line(&mut text, &heads, "bound");
    for row in &section.rows {
        line(&mut text, &cells(section, row), &bound(section, row));
    }
    text
}

/// Whom everybody is compared with.
const AGAINST: [&str; 2] = ["h2", "ls-hpack"];

fn cells(section: &Section, row: &Row) -> Vec<String> {
    let shown = |each: f64| {
        if section.is_huffman() {
            1e3 / each
        } else {
            each
        }
    };
    let range = row.range().map(|(fast, slow)| {
        let (a, b) = (shown(fast), shown(slow));
        format!("{:.1}-{:.1}", a.min(b), a.max(b))
    });
    let against = |ratio: fn(&Row, &Row) -> Option<f64>| {
        AGAINST.map(|name| section.row(name).and_then(|to| ratio(row, to)))
    };
    let times = against(Row::time_ratio);
    let times = times.map(|ratio| {
        ratio.map(|ratio| {
            if section.is_huffman() {
                1.0 / ratio
            } else {
                ratio
            }
        })
    });
    let mut cells = vec![
        row.library.to_owned(),
        number(row.nanoseconds().map(shown), 1),
        range.unwrap_or_else(|| "-".to_owned()),
    ];
    cells.extend(times.map(|ratio| number(ratio, 2)));
    if is_counted(section) {
        cells.push(number(row.instructions, 1));
        cells.extend(against(Row::instruction_ratio).map(|ratio| number(ratio, 2)));
    }
    if section.workload == Workload::Encode {
        cells.push(number(row.octets.map(|octets| octets as f64), 0));
    }
    cells
}

fn is_counted(section: &Section) -> bool {
    section.rows.iter().any(|row| row.instructions.is_some())
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// Ours has bounds, and what is missed is spelled out.
fn bound(section: &Section, row: &Row) -> String {
    let checks = checks(section);
    if row.library != OURS || checks.is_empty() {
        return String::new();
    }
    let missed: Vec<String> = checks
        .iter()
        .filter(|check| !check.is_met())
        .map(|check| check.describe())
        .collect();
    if missed.is_empty() {
        return format!("met ({} of {})", checks.len(), checks.len());
    }
    format!(
        "missed ({} of {}): {}",
        missed.len(),
        checks.len(),
        missed.join(", ")
    )
}

fn line(text: &mut String, cells: &[String], bound: &str) {
    let mut line = String::new();
    for (at, cell) in cells.iter().enumerate() {
        let _ = match at {
            0 => write!(line, "  {cell:<13}"),
            1 => write!(line, " {cell:>9}"),
            2 => write!(line, " {cell:>17}"),
            _ => write!(line, " {cell:>14}"),
        };
    }
    let _ = writeln!(text, "{}", format!("{line}  {bound}").trim_end());
}

/// What has to be known to read the tables.
pub(crate) fn notes() -> String {
    format!(
        "\nh2 and `{OURS} + http` check names and values and make types of the crate `http` as they \
         decode; the others hand over octets.\nh2 and httlib take what they encode for good: what the \
         clones cost is measured beside it and subtracted.\n{BOUND} copies the decoded octets: the \
         bound. Ratios are medians over the rounds; speeds are of text.\n"
    )
}
