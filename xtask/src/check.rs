//! `check`: formatting, lints and documentation, with every warning an error.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Runs every check, also after one has failed, and names those that did.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut failed = Vec::new();
    for (name, mut command, remedy) in checks(workspace) {
        println!("check: {name}");
        if let Err(error) = process::run(name, &mut command, LIMIT) {
            failed.push(format!("  {error:#}; {remedy}"));
        }
    }
    if !failed.is_empty() {
        bail!("check: {} failed\n{}", failed.len(), failed.join("\n"));
    }
    println!("check: all clean");
    Ok(())
}

fn checks(workspace: &Workspace) -> [(&'static str, Command, &'static str); 4] {
    let mut format = workspace.cargo();
    format.args(["fmt", "--all", "--check"]);

    let mut lints = workspace.cargo();
    lints.args([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--all-features",
    ]);
    lints.args(["--", "-D", "warnings"]);

    let mut bare_lints = workspace.cargo();
    bare_lints.args(["clippy", "--quiet", "--no-default-features"]);
    for name in WITHOUT_STD {
        bare_lints.args(["-p", name]);
    }
    bare_lints.args(["--", "-D", "warnings"]);

    let mut documentation = workspace.cargo();
    documentation
        .args([
            "doc",
            "--quiet",
            "--workspace",
            "--all-features",
            "--no-deps",
        ])
        .env("RUSTDOCFLAGS", "-Dwarnings");

    [
        ("formatting", format, "mend it with `cargo fmt --all`"),
        ("lints", lints, "each lint says how to mend it"),
        (
            "lints without default features",
            bare_lints,
            "something is used only with the `std` feature, or needs it",
        ),
        (
            "documentation",
            documentation,
            "see it with `cargo doc --workspace --no-deps`",
        ),
    ]
}

/// The crates that can do without the standard library.
pub(crate) const WITHOUT_STD: [&str; 4] = [
    "eyas-frame",
    "eyas-hpack",
    "eyas-flow-control",
    "eyas-output",
];

const LIMIT: Duration = Duration::from_secs(20 * 60);
