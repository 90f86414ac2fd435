//! `test`: every test there is, by plain `cargo test`.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::workspace::Workspace;

/// What to test, and how long.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Many more cases for each property test (10000 unless PROPTEST_CASES says otherwise), optimised
    #[arg(long)]
    slow: bool,
}

/// Runs unit, integration and documentation tests of all members, the model of the wake rule
/// included.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    if options.slow {
        // Optimised, yet with every assertion; apart, so that the everyday build stays as it is.
        command.args(["--config", "profile.dev.opt-level=2", "--target-dir"]);
        command.arg(workspace.folder("slow")?);
        if std::env::var_os("PROPTEST_CASES").is_none() {
            command.env("PROPTEST_CASES", SLOW_CASES);
        }
    }
    let limit = if options.slow { SLOW_LIMIT } else { LIMIT };
    process::run("cargo test", &mut command, limit)
}

const SLOW_CASES: &str = "10000";
const LIMIT: Duration = Duration::from_secs(30 * 60);
const SLOW_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);
