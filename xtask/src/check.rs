//! `check`: formatting, lints and documentation, with every warning an error; and whether crates pack.

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

type Check = (&'static str, Command, &'static str);

fn checks(workspace: &Workspace) -> Vec<Check> {
    let cargo = |arguments: &[&str]| {
        let mut command = workspace.cargo();
        command.args(arguments);
        command
    };
    let lints = |arguments: &[&str]| {
        let mut command = cargo(&["clippy", "--quiet"]);
        command.args(arguments).args(["--", "-D", "warnings"]);
        command
    };
    let without_std = WITHOUT_STD.map(|name| ["-p", name]).concat();
    let bare = [&["--no-default-features"], &without_std[..]].concat();
    let mut documentation = cargo(&[
        "doc",
        "--quiet",
        "--workspace",
        "--all-features",
        "--no-deps",
    ]);
    documentation
        // As on docs.rs, where each item says which feature it needs. That takes an unstable feature of
        // rustdoc; allowed to the whole build, it would have half of it compiled anew.
        .env("RUSTDOC", workspace.root().join("xtask/clients/rustdoc.sh"))
        .env("RUSTDOCFLAGS", "--cfg docsrs -Dwarnings");
    vec![
        (
            "formatting",
            cargo(&["fmt", "--all", "--check"]),
            "mend it with `cargo fmt --all`",
        ),
        (
            "lints",
            lints(&["--workspace", "--all-targets", "--all-features"]),
            "each lint says how to mend it",
        ),
        (
            "lints without default features",
            lints(&bare),
            "something is used only with the `std` feature, or needs it",
        ),
        (
            "lints of the facade without TLS",
            lints(&["-p", "eyas-server", "--no-default-features"]),
            "something is used only with TLS, or needs it",
        ),
        (
            "lints of the facade with ring",
            lints(&[
                "-p",
                "eyas-server",
                "--no-default-features",
                "--features",
                "tls-ring",
            ]),
            "something needs aws-lc-rs, or the feature `self-signed`",
        ),
        (
            "documentation",
            documentation,
            "see it with `cargo doc --workspace --no-deps`",
        ),
        (
            "packages",
            // What is in them is built above; a second build of everything would find what is missing.
            cargo(&[
                "package",
                "--quiet",
                "--workspace",
                "--allow-dirty",
                "--no-verify",
            ]),
            "see more with `cargo package --workspace --allow-dirty`",
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
