//! The saved figures, in a file of lines `workload.metric = value`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::figures::{Figures, Metric};
use crate::workload::Workload;

/// Figures to compare with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    values: BTreeMap<String, f64>,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "there is no fourth outcome")]
pub enum Verdict {
    /// Nothing was saved.
    New,
    /// At most the bound.
    Within {
        /// The saved value.
        saved: f64,
    },
    /// More than the bound.
    Over {
        /// The saved value.
        saved: f64,
    },
}

impl Baseline {
    /// Reads the file; one that is not there is empty.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or a line is none of ours.
    pub fn read(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("in {}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.text()).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Takes over what was counted; what was not keeps its saved value.
    pub fn save(&mut self, workload: Workload, figures: &Figures) {
        for metric in Metric::ALL {
            if let Some(value) = metric.of(figures) {
                self.values.insert(key(workload, metric), value);
            }
        }
    }

    /// Compares one value with the saved one.
    #[must_use]
    pub fn verdict(&self, workload: Workload, metric: Metric, value: f64) -> Verdict {
        match self.values.get(&key(workload, metric)) {
            None => Verdict::New,
            Some(&saved) if value <= metric.bound(workload, saved) => Verdict::Within { saved },
            Some(&saved) => Verdict::Over { saved },
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let mut values = BTreeMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                bail!("`{line}` is not `workload.metric = value`");
            };
            let value = value
                .trim()
                .parse()
                .with_context(|| format!("`{line}` has no number"))?;
            values.insert(key.trim().to_owned(), value);
        }
        Ok(Self { values })
    }

    fn text(&self) -> String {
        let mut text = HEADING.to_owned();
        for workload in Workload::ALL {
            text.push('\n');
            for metric in Metric::ALL {
                let key = key(workload, metric);
                if let Some(value) = self.values.get(&key) {
                    let _ = writeln!(text, "{key} = {value:.3}");
                }
            }
        }
        text
    }
}

fn key(workload: Workload, metric: Metric) -> String {
    format!("{}.{}", workload.name(), metric.name())
}

const HEADING: &str = "# What one request costs, counted in process over scripted reads and writes;\n\
                       # `socket_`: by the server alone, over a loopback socket.\n\
                       # Written by `cargo xtask bench counts --save`; say in the commit why a figure rose.\n";

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: Figures = Figures {
        instructions: Some(1000.0),
        heap_calls: Some(2.0),
        reads: Some(0.01),
        writes: Some(0.01),
        octets_out: Some(50.0),
        octets_copied: Some(50.0),
    };

    #[test]
    fn what_is_saved_is_read_again() {
        let mut baseline = Baseline::default();
        baseline.save(Workload::SmallGet, &FIGURES);
        let again = Baseline::parse(&baseline.text()).unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(again, baseline);
    }

    #[test]
    fn what_could_not_be_counted_keeps_its_saved_value() {
        let mut baseline = Baseline::default();
        baseline.save(Workload::SmallGet, &FIGURES);
        let without = Figures {
            instructions: None,
            heap_calls: Some(3.0),
            ..FIGURES
        };
        baseline.save(Workload::SmallGet, &without);
        let verdict = |metric, value| baseline.verdict(Workload::SmallGet, metric, value);
        assert_eq!(
            verdict(Metric::Instructions, 1000.0),
            Verdict::Within { saved: 1000.0 }
        );
        assert_eq!(
            verdict(Metric::HeapCalls, 3.0),
            Verdict::Within { saved: 3.0 }
        );
    }

    #[test]
    fn a_figure_passes_up_to_its_bound_and_no_further() {
        let mut baseline = Baseline::default();
        baseline.save(Workload::SmallGet, &FIGURES);
        for (metric, passes, fails) in [
            (Metric::Instructions, 1019.9, 1020.1),
            (Metric::HeapCalls, 2.04, 2.06),
            (Metric::Writes, 0.05, 0.07),
            (Metric::OctetsCopied, 50.9, 51.1),
        ] {
            let is_over = |value| {
                matches!(
                    baseline.verdict(Workload::SmallGet, metric, value),
                    Verdict::Over { .. }
                )
            };
            assert!(!is_over(passes) && is_over(fails), "{metric:?}");
        }
        assert_eq!(
            baseline.verdict(Workload::BrowserGet, Metric::Reads, 1.0),
            Verdict::New
        );
    }

    #[test]
    fn a_line_that_is_none_is_an_error_that_shows_it() {
        for line in ["small_get.reads", "small_get.reads = many"] {
            let said = Baseline::parse(line).map_err(|error| error.to_string());
            assert!(said.is_err_and(|said| said.contains(line)));
        }
        assert!(Baseline::parse("# a comment\n\n a.b = 1.5 \n").is_ok());
    }
}
