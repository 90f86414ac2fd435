//! `nostd`: the proof that the lower crates build without the standard library, and the proof that
//! the proof would notice.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::check::WITHOUT_STD;
use crate::process::{self, Finished};
use crate::workspace::Workspace;

/// Builds `nostd-check` as it is, which must succeed, and with their `std` features, which must
/// fail with E0152.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let folder = copy(workspace)?;
    let proof = build(workspace, &folder, &[])?;
    if !proof.status.success() {
        bail!(
            "nostd: the lower crates do not build without the standard library \
             (an E0152 means that one of them, or a dependency, brings it along)\n{}",
            proof.errors.trim_end()
        );
    }
    println!("nostd: {} build without it", WITHOUT_STD.join(", "));

    let counter = build(workspace, &folder, &["--features", "with_std"])?;
    if counter.status.success() || !counter.errors.contains("E0152") {
        bail!(
            "nostd: the check does not bite: with the standard library the build should have \
             failed with E0152, but it ended with {}\n{}",
            counter.status,
            counter.errors.trim_end()
        );
    }
    println!("nostd: with their `std` features the same build fails with E0152, as it must");
    Ok(())
}

/// A copy of the crate, with the workspace's lock file, where cargo may write.
///
/// `target/nostd` lies as deep as `xtask/nostd-check`, so the relative paths stay true.
fn copy(workspace: &Workspace) -> Result<std::path::PathBuf> {
    let from = workspace.root().join("xtask/nostd-check");
    let to = workspace.folder("nostd")?;
    fs::create_dir_all(to.join("src")).context("cannot make target/nostd/src")?;
    for file in ["Cargo.toml", "src/lib.rs"] {
        copy_file(&from.join(file), &to.join(file))?;
    }
    copy_file(&workspace.root().join("Cargo.lock"), &to.join("Cargo.lock"))?;
    Ok(to)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(drop)
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

fn build(workspace: &Workspace, folder: &Path, extra: &[&str]) -> Result<Finished<Vec<u8>>> {
    let mut command = workspace.cargo();
    command
        .current_dir(folder)
        .args(["build", "--quiet", "--target-dir", "build"])
        .args(extra)
        .env_remove("CARGO_TARGET_DIR");
    let bar = process::spinner("building without the standard library");
    let finished = process::pipe("cargo build", &mut command, LIMIT, Vec::new());
    bar.finish_and_clear();
    finished
}

const LIMIT: Duration = Duration::from_secs(10 * 60);
