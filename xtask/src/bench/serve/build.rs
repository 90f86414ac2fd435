//! Builds what is measured: the rivals as they are built to be fast, ours so that it can catch a panic.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::bench::serve::servers::Server;
use crate::process;
use crate::workspace::Workspace;

/// The programs that were built.
#[derive(Debug)]
pub(crate) struct Built {
    /// Of each server that is built here.
    pub(crate) servers: BTreeMap<Server, String>,
    /// The load client.
    pub(crate) blast: String,
}

/// Builds the load client and those of `servers` that are not Debian's.
pub(crate) fn build(workspace: &Workspace, servers: &[Server]) -> Result<Built> {
    let blast = cargo(workspace, RIVAL, "blast", "blast")?;
    let mut programs = BTreeMap::new();
    for server in servers.iter().filter(|server| server.debian().is_none()) {
        let name = server.name();
        let profile = if *server == Server::Eyas { OURS } else { RIVAL };
        let program = cargo(workspace, profile, name, &format!("serve-{name}"))?;
        programs.insert(*server, program);
    }
    Ok(Built {
        servers: programs,
        blast,
    })
}

/// One at a time, each with the feature it needs and no other: so none is built anew when another is
/// left out, or gets what only another has asked for.
fn cargo(workspace: &Workspace, profile: &str, feature: &str, binary: &str) -> Result<String> {
    let target = workspace.folder("rivals")?;
    let mut command = workspace.cargo();
    command
        .args(["build", "--quiet", "--manifest-path"])
        .arg(workspace.root().join(MANIFEST))
        .arg("--target-dir")
        .arg(&target)
        .args(["--profile", profile, "--features", feature, "--bin", binary]);
    let label = format!("building {binary} (the first time takes minutes)");
    let bar = process::spinner(&label);
    let built = process::run(&label, &mut command, LIMIT);
    bar.finish_and_clear();
    built?;
    let path = target.join(profile).join(binary);
    if !path.is_file() {
        bail!("cargo built no {}", path.display());
    }
    Ok(path.to_string_lossy().into_owned())
}

/// The profile of everything but eyas, which is not to abort at a panic.
const RIVAL: &str = "release";
const OURS: &str = "unwinding";

/// A workspace of its own: what the rivals need is nothing that eyas needs.
pub(crate) const MANIFEST: &str = "benches/rivals/Cargo.toml";
const LIMIT: Duration = Duration::from_secs(60 * 60);
