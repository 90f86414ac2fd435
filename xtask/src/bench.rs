//! `bench`: counts and criterion benches, which are a package of their own, and ours beside its rivals.

mod hpack;
mod report;
mod serve;
mod wake;

use std::time::Duration;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::process;
use crate::workspace::Workspace;

/// Which benches.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// eyas and its rivals, interleaved, each on one core
    Serve(serve::Options),
    /// Makes docs/bench/report.html and its pictures of what `serve` has kept
    Report(report::Options),
    /// Writes for each response on every runtime, and what a second worker is worth
    Wake,
    /// Layer by layer, by the clock, for people
    Micro(MicroOptions),
    /// Instructions, allocations and octets copied, against the saved figures
    Counts(CountOptions),
    /// HPACK against every rival: time, instructions, size; the first run fetches what it compares with
    #[command(disable_help_flag = true)]
    Hpack(hpack::Options),
}

#[derive(Debug, Args)]
struct MicroOptions {
    /// One of them only, such as `hpack`
    name: Option<String>,
    /// Handed over as they are
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Debug, Args)]
struct CountOptions {
    /// Saves the figures instead of comparing them
    #[arg(long)]
    save: bool,
    /// Handed over as they are
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Runs what was asked for.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    match &options.what {
        What::Serve(options) => serve::run(workspace, options),
        What::Report(options) => report::run(workspace, options),
        What::Wake => wake::run(workspace),
        What::Micro(options) => micro(workspace, options),
        What::Counts(options) => {
            let save = options.save.then(|| "--save".to_owned());
            let arguments: Vec<String> = save.into_iter().chain(options.rest.clone()).collect();
            counts(workspace, &arguments)
        }
        What::Hpack(options) => hpack::run(workspace, options),
    }
}

fn micro(workspace: &Workspace, options: &MicroOptions) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["bench", "--quiet", "--package", PACKAGE]);
    match &options.name {
        Some(name) => command.args(["--bench", name]),
        None => command.arg("--benches"),
    };
    command.arg("--").args(&options.rest);
    process::run("bench micro", &mut command, LIMIT)
}

/// Compares the counts with the saved ones.
pub(crate) fn counts(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let has_binary = workspace
        .packages()
        .iter()
        .any(|package| package.name == PACKAGE && package.binaries.iter().any(|b| b == BINARY));
    if !has_binary {
        bail!("the package `{PACKAGE}` has no binary `{BINARY}`: there is nothing to count with");
    }
    let mut command = workspace.cargo();
    command
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            PACKAGE,
            "--bin",
            BINARY,
            "--",
        ])
        .args(arguments);
    process::run("bench counts", &mut command, LIMIT)
}

const PACKAGE: &str = "eyas-benches";
const BINARY: &str = "counts";
const LIMIT: Duration = Duration::from_secs(30 * 60);
