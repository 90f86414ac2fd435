//! Programs of others: found on the search path, or installed below `target/tools`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The program `name` on the search path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The program `name` on the search path; without it nothing can be said.
pub(crate) fn need(name: &str, package: &str) -> Result<PathBuf> {
    find(name)
        .with_context(|| format!("`{name}` is not installed; on Debian: apt-get install {package}"))
}

/// The conformance suite `httpwg`, built at the first call.
pub(crate) fn httpwg(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.folder("tools")?;
    let program = tools.join("bin/httpwg");
    if program.is_file() {
        return Ok(program);
    }
    let build = workspace.folder("tools/build")?;
    let mut command = workspace.cargo();
    // Without --locked its dependencies no longer fit each other.
    command
        .args([
            "install",
            "--locked",
            "--quiet",
            "--version",
            HTTPWG_VERSION,
        ])
        .arg("--root")
        .arg(&tools)
        .arg("httpwg-cli")
        .env("CARGO_TARGET_DIR", &build);
    let bar = process::spinner("installing httpwg-cli, once");
    let installed = process::run("cargo install httpwg-cli", &mut command, INSTALL_LIMIT);
    bar.finish_and_clear();
    // What it was built from is of no more use; if it cannot be removed it only takes room.
    drop(std::fs::remove_dir_all(build));
    installed?;
    Ok(program)
}

/// The Python of the environment with httpx, if it has been installed.
pub(crate) fn python(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let program = workspace.folder("tools")?.join("venv/bin/python");
    Ok((program.is_file() && imports(&program)).then_some(program))
}

/// Installs what `python` looks for.
pub(crate) fn install_python(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(program) = python(workspace)? {
        return Ok(program);
    }
    let venv = workspace.folder("tools")?.join("venv");
    let python = need("python3", "python3-venv")?;
    let bar = process::spinner("installing httpx, once");
    let mut command = Command::new(python);
    command.args(["-m", "venv", "--clear"]).arg(&venv);
    process::capture("python3 -m venv", &mut command, INSTALL_LIMIT)
        .context("on Debian: apt-get install python3-venv")?;
    let program = venv.join("bin/python");
    let mut command = Command::new(&program);
    command
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(HTTPX);
    process::capture("pip install httpx", &mut command, INSTALL_LIMIT)?;
    bar.finish_and_clear();
    if !imports(&program) {
        bail!("httpx was installed and cannot be imported");
    }
    Ok(program)
}

/// Installs Debian packages, when this is a Debian on which that is allowed.
pub(crate) fn apt(packages: &[&str]) -> Result<()> {
    let program = need("apt-get", &packages.join(" "))?;
    let bar = process::spinner(format!("installing {}", packages.join(", ")));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        process::capture("apt-get", &mut command, INSTALL_LIMIT)
    };
    apt(&["update", "-q"])?;
    let mut install = vec!["install", "-q", "-y", "--no-install-recommends"];
    install.extend(packages);
    apt(&install)?;
    bar.finish_and_clear();
    Ok(())
}

fn imports(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import httpx, h2"]);
    process::capture("python", &mut command, Duration::from_secs(60)).is_ok()
}

const HTTPWG_VERSION: &str = "0.2.5";
const HTTPX: [&str; 2] = ["httpx[http2]==0.28.1", "h2==4.4.1"];
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);
