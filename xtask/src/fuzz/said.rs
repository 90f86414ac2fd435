//! What libFuzzer says at its end: how far it has got, and what it has found.

use std::path::{Path, PathBuf};

/// Figures of one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) executions: u64,
    pub(super) peak_megabytes: u64,
}

/// An input that the target did not survive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) input: PathBuf,
    /// Whether it was not done in time; else it was wrong.
    pub(super) is_timeout: bool,
}

impl Figures {
    /// From the lines `stat::NAME: NUMBER`.
    pub(super) fn read(said: &str) -> Option<Self> {
        let figure = |name: &str| {
            let mut lines = said.lines();
            let rest = lines.find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name))?;
            rest.trim_start_matches(':').trim().parse().ok()
        };
        Some(Self {
            executions: figure("number_of_executed_units")?,
            peak_megabytes: figure("peak_rss_mb")?,
        })
    }

    /// Those of two runs together.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            executions: self.executions + other.executions,
            peak_megabytes: self.peak_megabytes.max(other.peak_megabytes),
        }
    }
}

impl Finding {
    /// From the line that says where the input was written.
    pub(super) fn read(said: &str) -> Option<Self> {
        let mut lines = said.lines();
        let (_, path) = lines.find_map(|line| line.split_once("Test unit written to "))?;
        Some(Self {
            input: PathBuf::from(path),
            is_timeout: said.contains("ERROR: libFuzzer: timeout"),
        })
    }
}

/// What to do about an input that `target` did not survive.
pub(super) fn advice(target: &str, input: &Path) -> String {
    let input = input.display();
    format!(
        "{target} failed; the input lies in {input}\n\
         to run it alone: cargo xtask fuzz {target} --input {input}\n\
         once it passes it belongs, small and under a name of its own, to the inputs that `cargo test` replays"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_and_added() {
        let said = "INFO: Seed: 7\nDone 300120 runs in 11 second(s)\nstat::number_of_executed_units: 300120\n\
                    stat::average_exec_per_sec:     27283\nstat::new_units_added:          605\n\
                    stat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              28\n";
        let figures = Figures {
            executions: 300_120,
            peak_megabytes: 28,
        };
        assert_eq!(Figures::read(said), Some(figures));
        assert_eq!(Figures::read("INFO: Seed: 7\n"), None);
        let both = figures.and(Figures {
            executions: 80,
            peak_megabytes: 30,
        });
        assert_eq!((both.executions, both.peak_megabytes), (300_200, 30));
    }

    #[test]
    fn what_was_found_is_named() {
        let said = "==7== ERROR: libFuzzer: deadly signal\n\
                    artifact_prefix='/t/'; Test unit written to /t/crash-1\nBase64: AA==\n";
        let found = Finding::read(said).expect("it is there");
        assert_eq!(
            (found.input.as_path(), found.is_timeout),
            (Path::new("/t/crash-1"), false)
        );
        let late = said.replace("deadly signal", "timeout after 2 seconds");
        assert!(Finding::read(&late).is_some_and(|found| found.is_timeout));
        assert_eq!(Finding::read("error: no such file\n"), None);
        assert!(advice("a", &found.input).contains("cargo xtask fuzz a --input /t/crash-1\n"));
    }
}
