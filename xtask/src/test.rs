//! `test`: every test there is, by plain `cargo test`.

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::process;
use crate::workspace::Workspace;

/// What to test, and how long.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// More cases for property tests (PROPTEST_CASES) and longer simulations (EYAS_SLOW=1),
    /// optimised so that they end
    #[arg(long)]
    slow: bool,
}

/// Runs unit, integration and documentation tests of all members, the model of the wake rule
/// included.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    if options.slow {
        command.arg("--release");
        command.env("EYAS_SLOW", "1");
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
