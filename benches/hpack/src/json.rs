//! The report for programs.

use serde_json::{Value, json};

use crate::bounds::{Limit, checks};
use crate::report::{Row, Section};

/// All sections.
pub(crate) fn report(sections: &[Section]) -> Value {
    sections.iter().map(section).collect()
}

fn section(section: &Section) -> Value {
    let unit = if section.is_huffman() {
        "octet of text"
    } else {
        "field"
    };
    let rows: Vec<Value> = section
        .rows
        .iter()
        .map(|row| library(section, row))
        .collect();
    let bounds: Vec<Value> = checks(section)
        .iter()
        .map(|check| {
            let (limit, is_most) = match check.limit {
                Limit::AtMost(limit) => (limit, true),
                Limit::AtLeast(limit) => (limit, false),
            };
            let side = if is_most { "at_most" } else { "at_least" };
            json!({"what": check.what, "value": check.value, side: limit, "met": check.is_met()})
        })
        .collect();
    json!({
        "workload": section.workload.name(),
        "unit": unit,
        "units": section.units,
        "libraries": rows,
        "bounds": bounds,
    })
}

fn library(section: &Section, row: &Row) -> Value {
    let against = |name| section.row(name).and_then(|to| row.time_ratio(to));
    json!({
        "library": row.library,
        "nanoseconds": row.nanoseconds(),
        "rounds": row.each,
        "instructions": row.instructions,
        "time_of_h2": against("h2"),
        "time_of_ls_hpack": against("ls-hpack"),
        "octets": row.octets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Workload;

    #[test]
    fn figures_and_bounds_are_in_it() {
        let row = |library, each| Row {
            each: vec![each],
            ..Row::new(library)
        };
        let rows = vec![row("eyas", 50.0), row("h2", 100.0)];
        let workload = Workload::Decode(Some("nghttp2"));
        let section = Section {
            workload,
            size: String::new(),
            units: 7,
            rows,
        };
        let report = report(&[section]);
        assert_eq!(report[0]["workload"], "decode nghttp2");
        assert_eq!(report[0]["libraries"][0]["time_of_h2"], 0.5);
        assert_eq!(report[0]["libraries"][1]["nanoseconds"], 100.0);
        assert!(report[0]["libraries"][1]["octets"].is_null());
        assert_eq!(report[0]["bounds"][0]["at_most"], 0.45);
        assert_eq!(report[0]["bounds"][0]["met"], false);
    }
}
