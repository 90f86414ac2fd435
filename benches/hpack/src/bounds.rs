//! What is asked of ours, and whether it is so.

use crate::corpus::Strings;
use crate::report::{Row, Section};
use crate::workload::{Cache, Direction, Workload};

/// One thing that is asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Check {
    /// What is looked at.
    pub(crate) what: String,
    pub(crate) value: f64,
    pub(crate) limit: Limit,
}

/// Which way a limit goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Check {
    pub(crate) fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.value <= limit,
            Limit::AtLeast(limit) => self.value >= limit,
        }
    }

    /// What was asked and what it came to, for people.
    pub(crate) fn describe(&self) -> String {
        let (sign, limit) = match (self.limit, self.is_met()) {
            (Limit::AtMost(limit), true) => ("<=", limit),
            (Limit::AtMost(limit), false) => (">", limit),
            (Limit::AtLeast(limit), true) => (">=", limit),
            (Limit::AtLeast(limit), false) => ("<", limit),
        };
        if limit >= 1000.0 {
            format!("{} {:.0} {sign} {limit:.0}", self.what, self.value)
        } else {
            format!("{} {:.2} {sign} {limit:.2}", self.what, self.value)
        }
    }
}

/// All that is asked of ours in `section` and can be told from what was measured.
pub(crate) fn checks(section: &Section) -> Vec<Check> {
    let Some(ours) = section.ours() else {
        return Vec::new();
    };
    match section.workload {
        Workload::Decode(Some(_)) => costs(section, ours, [("h2", 0.45), ("ls-hpack", 0.70)]),
        Workload::Encode => {
            let mut checks = costs(section, ours, [("h2", 0.50), ("ls-hpack", 0.75)]);
            checks.extend(ours.octets.map(|octets| Check {
                what: "octets".to_owned(),
                value: octets as f64,
                limit: Limit::AtMost(ENCODED_OCTETS),
            }));
            checks
        }
        Workload::Huffman(Direction::Decode, _, Cache::Warm) => {
            let speed = |rival: &&Row| rival.nanoseconds().map_or(0.0, |each| 1.0 / each);
            let best = section
                .rivals()
                .max_by(|a, b| speed(a).total_cmp(&speed(b)));
            best.and_then(|best| speed_check(ours, best, 1.25))
                .into_iter()
                .collect()
        }
        Workload::Huffman(Direction::Encode, strings, Cache::Warm) => {
            let ls_hpack = match strings {
                Strings::All => Some(1.0),
                Strings::Cookies => Some(0.6),
                Strings::Urls => None,
            };
            let asked = [("h2", Some(1.7)), ("ls-hpack", ls_hpack)];
            let check =
                |(name, least): (&str, Option<f64>)| speed_check(ours, section.row(name)?, least?);
            asked.into_iter().filter_map(check).collect()
        }
        Workload::Decode(None) | Workload::Huffman(_, _, Cache::Polluted) => Vec::new(),
    }
}

/// Time and instructions in those of rivals.
fn costs(section: &Section, ours: &Row, asked: [(&str, f64); 2]) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, most) in asked {
        let Some(rival) = section.row(name) else {
            continue;
        };
        let ratios = [
            ("time", ours.time_ratio(rival)),
            ("instructions", ours.instruction_ratio(rival)),
        ];
        for (what, ratio) in ratios {
            checks.extend(ratio.map(|value| Check {
                what: format!("{what}/{name}"),
                value,
                limit: Limit::AtMost(most),
            }));
        }
    }
    checks
}

fn speed_check(ours: &Row, rival: &Row, least: f64) -> Option<Check> {
    Some(Check {
        what: format!("speed/{}", rival.library),
        value: 1.0 / ours.time_ratio(rival)?,
        limit: Limit::AtLeast(least),
    })
}

/// What nghttp2 makes of all lists, the best of the rivals.
const ENCODED_OCTETS: f64 = 358_782.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn row(library: &'static str, each: f64, instructions: f64) -> Row {
        Row {
            each: vec![each],
            instructions: Some(instructions),
            ..Row::new(library)
        }
    }

    fn section(workload: Workload, rows: Vec<Row>) -> Section {
        Section {
            workload,
            size: String::new(),
            units: 1,
            rows,
        }
    }

    #[test]
    fn time_and_instructions_are_held_against_both() {
        let rows = vec![
            row("eyas", 45.0, 71.0),
            row("h2", 100.0, 200.0),
            row("ls-hpack", 60.0, 100.0),
        ];
        let checks = checks(&section(Workload::Decode(Some("go-hpack")), rows));
        let met: Vec<_> = checks
            .iter()
            .map(|check| (check.what.as_str(), check.is_met()))
            .collect();
        assert_eq!(
            met,
            [
                ("time/h2", true),
                ("instructions/h2", true),
                ("time/ls-hpack", false),
                ("instructions/ls-hpack", false),
            ]
        );
        assert_eq!(checks[2].describe(), "time/ls-hpack 0.75 > 0.70");
    }

    #[test]
    fn a_speed_is_held_against_the_fastest_rival_and_never_against_the_bound() {
        let workload = Workload::Huffman(Direction::Decode, Strings::All, Cache::Warm);
        let rows = vec![
            row("eyas", 2.0, 1.0),
            row("h2", 2.6, 1.0),
            row("ls-hpack", 2.4, 1.0),
            row("memcpy", 0.1, 1.0),
        ];
        let checks = checks(&section(workload, rows));
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].describe(), "speed/ls-hpack 1.20 < 1.25");
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let ours = Row {
            octets: Some(358_783),
            ..Row::new("eyas")
        };
        let checks = checks(&section(Workload::Encode, vec![ours, row("h2", 1.0, 1.0)]));
        assert_eq!(checks.len(), 1);
        assert_eq!(checks[0].describe(), "octets 358783 > 358782");
    }
}
