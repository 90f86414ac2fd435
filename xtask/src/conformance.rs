//! `conformance`: the HTTP/2 suites httpwg and h2spec against the server, in the clear or over TLS.

mod bridge;
mod outcome;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};

use crate::conformance::bridge::Bridge;
use crate::conformance::outcome::{Outcome, parse_h2spec, parse_httpwg, without_colours};
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
    /// Over TLS
    #[arg(long)]
    tls: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Tool {
    Httpwg,
    H2spec,
}

impl Options {
    pub(crate) fn once(tls: bool) -> Self {
        Self {
            runs: 1,
            tool: None,
            tls,
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
    let how = if options.tls {
        "over TLS"
    } else {
        "in the clear"
    };
    let log = |suite: &str, run: u32| {
        let tls = if options.tls { "-tls" } else { "" };
        logs.join(format!("{suite}{tls}-{run}.txt"))
    };
    let mut bad_runs = 0;
    for run in 1..=options.runs {
        let mut judge = |suite: &str, cases: u32, outcome: &Outcome| {
            let which = format!("{how}, run {run} of {}", options.runs);
            bad_runs += report(suite, cases, &which, outcome);
        };
        if let Some(httpwg) = &httpwg {
            let server = Server::start(&binary, 1)?;
            let bridge = options.tls.then(|| Bridge::start(workspace, &server));
            let bridge = bridge.transpose()?;
            let address = bridge
                .as_ref()
                .map_or_else(|| server.address(), Bridge::address);
            let outcome = run_httpwg(httpwg, address, &log("httpwg", run))?;
            server.stop()?;
            judge("httpwg", HTTPWG_CASES, &outcome);
        }
        if let Some(h2spec) = &h2spec {
            let server = Server::start(&binary, 1)?;
            // It knows TLS, but is not told whom to trust.
            let (address, tls): (_, &[&str]) = if options.tls {
                (server.secure_address()?, &["-t", "-k"])
            } else {
                (server.address(), &[])
            };
            let outcome = run_h2spec(h2spec, address, tls, &log("h2spec", run))?;
            server.stop()?;
            judge("h2spec", H2SPEC_CASES, &outcome);
        }
    }
    if bad_runs > 0 {
        let logs = logs.display();
        bail!("conformance: {bad_runs} runs missed cases; what each run printed is in {logs}");
    }
    Ok(())
}

/// Prints the outcome; 1 when it is not what it must be.
fn report(suite: &str, cases: u32, which: &str, outcome: &Outcome) -> u32 {
    let Outcome { passed, total, .. } = outcome;
    println!("{suite}: {passed}/{total} passed, {which}");
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

fn run_h2spec(program: &Path, server: SocketAddr, tls: &[&str], log: &Path) -> Result<Outcome> {
    let mut command = Command::new(program);
    command
        .arg("--strict")
        .args(tls)
        .arg("-h")
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
    fn a_suite_that_lost_cases_does_not_pass() {
        let all = |passed, total| Outcome {
            passed,
            total,
            missed: Vec::new(),
        };
        assert_eq!(report("httpwg", 107, "once", &all(107, 107)), 0);
        assert_eq!(report("httpwg", 107, "once", &all(106, 106)), 1);
        assert_eq!(report("httpwg", 107, "once", &all(106, 107)), 1);
    }
}
