//! What a run found: every figure of every round, as it is kept in files, and what is read off them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::bench::serve::servers::Server;
use crate::workspace::Workspace;

/// A run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The command that made it.
    pub(crate) command: String,
    /// The day, as `2026-11-30`.
    pub(crate) date: String,
    /// What it ran on: pairs of what and how much.
    pub(crate) machine: Vec<(String, String)>,
    /// Whose figures these are: pairs of a program and its version.
    pub(crate) versions: Vec<(String, String)>,
    /// Seconds of load for one figure.
    pub(crate) window: f64,
    /// How often each figure was taken.
    pub(crate) rounds: usize,
    /// By name, in no order.
    pub(crate) workloads: BTreeMap<String, Figures>,
}

/// The figures of one workload.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Who asked.
    pub(crate) client: String,
    /// By the server's name, one sample a round.
    pub(crate) servers: BTreeMap<String, Vec<Sample>>,
}

/// What one round of one server came to, by [`Metric::key`].
pub(crate) type Sample = BTreeMap<String, f64>;

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    /// CPU time of the server for a request, in µs.
    CpuMicros,
    /// Requests in a second.
    Rate,
    /// CPU time of the server for 10^9 octets of content, in ms.
    CpuMillisPerGb,
    /// 10^9 octets of content in a second.
    GbPerSecond,
    /// What half of the answers did not take longer than, in µs.
    P50,
    /// What 99 of 100 answers did not take longer than, in µs.
    P99,
    /// How many of a million answers took longer than 20 ms.
    Over20,
    /// Instructions of the server in user space for a request.
    Instructions,
    /// Memory for each of what is held, in KiB.
    KibEach,
}

impl Metric {
    /// Its name in files.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::CpuMicros => "cpu_us",
            Self::Rate => "requests_per_s",
            Self::CpuMillisPerGb => "cpu_ms_per_gb",
            Self::GbPerSecond => "gb_per_s",
            Self::P50 => "p50_us",
            Self::P99 => "p99_us",
            Self::Over20 => "over_20_ms_in_a_million",
            Self::Instructions => "instructions",
            Self::KibEach => "kib",
        }
    }

    /// Its name for people.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::CpuMicros => "CPU µs/request",
            Self::Rate => "requests/s",
            Self::CpuMillisPerGb => "CPU ms/GB",
            Self::GbPerSecond => "GB/s",
            Self::P50 => "p50 µs",
            Self::P99 => "p99 µs",
            Self::Over20 => "> 20 ms, of 10^6",
            Self::Instructions => "instructions",
            Self::KibEach => "KiB each",
        }
    }

    /// `value` with as many digits as mean something.
    pub(crate) fn format(self, value: f64) -> String {
        match self {
            Self::Rate | Self::P99 | Self::Over20 | Self::Instructions => format!("{value:.0}"),
            Self::CpuMillisPerGb | Self::P50 => {
                format!("{value:.*}", usize::from(value < 100.0))
            }
            Self::KibEach => format!("{value:.1}"),
            Self::CpuMicros | Self::GbPerSecond => format!("{value:.2}"),
        }
    }
}

impl Record {
    /// Reads one.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| {
            let path = path.display();
            format!("cannot read {path}; `cargo xtask bench serve --save NAME` makes such a file")
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is no record", path.display()))
    }

    /// Writes it.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self).context("it cannot be JSON")?;
        text.push('\n');
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Where the record `name` is: a file below `target/bench`, or `name` itself if that is a path.
    pub(crate) fn path(workspace: &Workspace, name: &str) -> Result<PathBuf> {
        if name.contains('/') || name.ends_with(".json") {
            return Ok(PathBuf::from(name));
        }
        Ok(workspace.folder("bench")?.join(format!("{name}.json")))
    }
}

impl Figures {
    /// One figure of `server`, round by round.
    pub(crate) fn values(&self, server: Server, metric: Metric) -> Vec<f64> {
        let samples = self.servers.get(server.name()).into_iter().flatten();
        samples
            .filter_map(|sample| sample.get(metric.key()).copied())
            .collect()
    }

    /// Its median.
    pub(crate) fn median(&self, server: Server, metric: Metric) -> Option<f64> {
        median(self.values(server, metric))
    }

    /// What the figure of `server` is to that of `other`: taken round by round, the median of these.
    pub(crate) fn ratio(&self, metric: Metric, server: Server, other: Server) -> Option<f64> {
        let ours = self.values(server, metric);
        let theirs = self.values(other, metric);
        let ratios = ours
            .iter()
            .zip(&theirs)
            .filter(|(_, theirs)| **theirs > 0.0);
        median(ratios.map(|(ours, theirs)| ours / theirs).collect())
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        len if len % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Figures of one metric: pairs of a server and its rounds.
    pub(crate) fn figures(metric: Metric, servers: &[(Server, &[f64])]) -> Figures {
        let sample = |value: &f64| Sample::from([(metric.key().to_owned(), *value)]);
        let servers = servers.iter().map(|(server, values)| {
            (
                server.name().to_owned(),
                values.iter().map(sample).collect(),
            )
        });
        Figures {
            client: "h2load".to_owned(),
            servers: servers.collect(),
        }
    }

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn a_ratio_compares_what_was_measured_in_one_round() {
        // The machine was twice as slow in the second round, and that says nothing.
        let figures = figures(
            Metric::CpuMicros,
            &[
                (Server::Eyas, &[1.0, 2.0, 1.1]),
                (Server::Hyper, &[4.0, 8.0, 4.0]),
            ],
        );
        let ratio = |server, other| figures.ratio(Metric::CpuMicros, server, other);
        assert_eq!(ratio(Server::Eyas, Server::Hyper), Some(0.25));
        assert_eq!(ratio(Server::Eyas, Server::H2o), None);
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let workloads = [("a", figures(Metric::P50, &[(Server::Eyas, &[1.5])]))];
        let record = Record {
            command: "cargo".to_owned(),
            machine: vec![("cores".to_owned(), "2".to_owned())],
            workloads: workloads
                .map(|(name, figures)| (name.to_owned(), figures))
                .into(),
            ..Record::default()
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("record.json");
        record.write(&path).expect("written");
        let again = Record::read(&path).expect("read");
        assert_eq!(
            again.workloads["a"].median(Server::Eyas, Metric::P50),
            Some(1.5)
        );
        assert_eq!(
            (again.command, again.machine),
            (record.command, record.machine)
        );
    }
}
