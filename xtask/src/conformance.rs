//! `conformance`: the HTTP/2 suites httpwg and h2spec against the server.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::process::{self, Finished};
use crate::server::{self, Server};
use crate::tools;
use crate::workspace::Workspace;

/// Which suite, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many times each suite runs; a race shows in many
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    runs: u32,
    /// Only this suite; both without it, h2spec when it is installed
    #[arg(long)]
    tool: Option<Tool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tool {
    Httpwg,
    H2spec,
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    passed: u32,
    total: u32,
    /// The cases that did not pass, as the suite names them.
    missed: Vec<String>,
}

impl Options {
    pub(crate) fn once() -> Self {
        Self {
            runs: 1,
            tool: None,
        }
    }
}

/// Runs the suites; every case of every run must pass.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let httpwg = match options.tool {
        Some(Tool::H2spec) => None,
        _ => Some(tools::httpwg(workspace)?),
    };
    let h2spec = match options.tool {
        Some(Tool::Httpwg) => None,
        // No registry offers it, so it cannot be installed from here.
        Some(Tool::H2spec) => {
            Some(tools::find("h2spec").context("`h2spec` is not on the search path")?)
        }
        None => tools::find("h2spec"),
    };
    if options.tool.is_none() && h2spec.is_none() {
        println!("h2spec: skipped, it is not on the search path");
    }
    let binary = server::build(workspace)?;
    let logs = workspace.folder("conformance")?;
    let log = |suite: &str, run: u32| logs.join(format!("{suite}-{run}.txt"));
    let mut bad_runs = 0;
    for run in 1..=options.runs {
        if let Some(httpwg) = &httpwg {
            let outcome = on_server(&binary, |address| {
                run_httpwg(httpwg, address, &log("httpwg", run))
            })?;
            bad_runs += report("httpwg", HTTPWG_CASES, run, options.runs, &outcome);
        }
        if let Some(h2spec) = &h2spec {
            let outcome = on_server(&binary, |address| {
                run_h2spec(h2spec, address, &log("h2spec", run))
            })?;
            bad_runs += report("h2spec", H2SPEC_CASES, run, options.runs, &outcome);
        }
    }
    if bad_runs > 0 {
        let logs = logs.display();
        bail!("conformance: {bad_runs} runs missed cases; what each run printed is in {logs}");
    }
    Ok(())
}

fn on_server(binary: &Path, suite: impl FnOnce(SocketAddr) -> Result<Outcome>) -> Result<Outcome> {
    let server = Server::start(binary, 1)?;
    let outcome = suite(server.address())?;
    server.stop()?;
    Ok(outcome)
}

/// Prints the outcome; 1 when it is not what it must be.
fn report(suite: &str, cases: u32, run: u32, runs: u32, outcome: &Outcome) -> u32 {
    let Outcome { passed, total, .. } = outcome;
    println!("{suite}: {passed}/{total} passed, run {run} of {runs}");
    for case in &outcome.missed {
        println!("  missed: {case}");
    }
    if *total != cases {
        println!("  the suite should have {cases} cases");
    }
    u32::from(*passed != cases || *total != cases)
}

fn run_httpwg(program: &Path, server: SocketAddr, log: &Path) -> Result<Outcome> {
    let mut command = Command::new(program);
    command
        .args(["--verbose", "--address"])
        .arg(server.to_string())
        .env("RUST_LOG", "off")
        // All cases share one thread: while a backtrace of one is put together, others time out.
        .env("RUST_BACKTRACE", "0")
        .env("RUST_LIB_BACKTRACE", "0");
    let finished = run_suite("httpwg", &mut command)?;
    keep(log, &finished.errors)?;
    match parse_httpwg(&finished.errors) {
        Some(outcome) => Ok(outcome),
        None => bail!("httpwg printed no summary\n{}", tail(&finished.errors)),
    }
}

fn run_h2spec(program: &Path, server: SocketAddr, log: &Path) -> Result<Outcome> {
    let mut command = Command::new(program);
    command
        .args(["--strict", "-h"])
        .arg(server.ip().to_string())
        .arg("-p")
        .arg(server.port().to_string());
    let finished = run_suite("h2spec", &mut command)?;
    let output = String::from_utf8_lossy(&finished.output);
    keep(log, &output)?;
    match parse_h2spec(&output) {
        Some(outcome) => Ok(outcome),
        None => bail!("h2spec printed no summary\n{}", tail(&output)),
    }
}

/// A suite exits with 1 when a case was missed: what it printed is what counts.
fn run_suite(name: &str, command: &mut Command) -> Result<Finished<Vec<u8>>> {
    let bar = process::spinner(format!("running {name}"));
    let finished = process::pipe(name, command, SUITE_LIMIT, Vec::new());
    bar.finish_and_clear();
    finished
}

/// Keeps what a suite printed, for it also says why a case was missed.
fn keep(path: &Path, printed: &str) -> Result<()> {
    fs::write(path, without_colours(printed))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn parse_httpwg(printed: &str) -> Option<Outcome> {
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

fn parse_h2spec(printed: &str) -> Option<Outcome> {
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
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once('m').map_or(part, |(_, rest)| rest);
    }
    plain
}

fn tail(text: &str) -> &str {
    let begin = text.char_indices().rev().nth(4000).map_or(0, |(at, _)| at);
    &text[begin..]
}

const HTTPWG_CASES: u32 = 107;
const H2SPEC_CASES: u32 = 147;
const SUITE_LIMIT: Duration = Duration::from_secs(120);

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

    #[test]
    fn a_suite_that_lost_cases_does_not_pass() {
        let all = |passed, total| Outcome {
            passed,
            total,
            missed: Vec::new(),
        };
        assert_eq!(report("httpwg", 107, 1, 1, &all(107, 107)), 0);
        assert_eq!(report("httpwg", 107, 1, 1, &all(106, 106)), 1);
        assert_eq!(report("httpwg", 107, 1, 1, &all(106, 107)), 1);
    }
}
