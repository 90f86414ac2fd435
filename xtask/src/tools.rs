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
    install(workspace, "httpwg", "httpwg-cli", HTTPWG_VERSION)
}

/// cargo-fuzz, from the search path or built at the first call.
pub(crate) fn cargo_fuzz(workspace: &Workspace) -> Result<PathBuf> {
    match find("cargo-fuzz") {
        Some(program) => Ok(program),
        None => install(workspace, "cargo-fuzz", "cargo-fuzz", CARGO_FUZZ_VERSION),
    }
}

/// The program of a crate, installed below `target/tools` unless it is there.
fn install(workspace: &Workspace, program: &str, name: &str, version: &str) -> Result<PathBuf> {
    let tools = workspace.folder("tools")?;
    let program = tools.join("bin").join(program);
    if program.is_file() {
        return Ok(program);
    }
    let build = workspace.folder("tools/build")?;
    let mut command = workspace.cargo();
    // Without --locked the dependencies of some no longer fit each other.
    command
        .args(["install", "--locked", "--quiet", "--version", version])
        .arg("--root")
        .arg(&tools)
        .arg(name)
        .env("CARGO_TARGET_DIR", &build);
    let bar = process::spinner(format!("installing {name}, once"));
    let installed = process::run(
        &format!("cargo install {name}"),
        &mut command,
        INSTALL_LIMIT,
    );
    bar.finish_and_clear();
    // What it was built from is of no more use; if it cannot be removed it only takes room.
    drop(std::fs::remove_dir_all(build));
    installed?;
    Ok(program)
}

/// The Python of the environment with httpx, if it has been installed.
pub(crate) fn python(workspace: &Workspace) -> Result<Option<PathBuf>> {
    Venv::HTTPX.find(workspace)
}

/// Installs what `python` looks for.
pub(crate) fn install_python(workspace: &Workspace) -> Result<PathBuf> {
    Venv::HTTPX.install(workspace, &HTTPX)
}

/// An environment of Python with packages of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Venv {
    /// Its folder below `target/tools`.
    folder: &'static str,
    /// What can be imported once it is whole.
    imports: &'static str,
}

impl Venv {
    pub(crate) const HTTPX: Self = Self {
        folder: "venv",
        imports: "httpx, h2",
    };
    pub(crate) const GRPC: Self = Self {
        folder: "grpc-python",
        imports: "grpc",
    };

    /// Its Python, if it has been installed.
    pub(crate) fn find(self, workspace: &Workspace) -> Result<Option<PathBuf>> {
        let folder = workspace.folder("tools")?.join(self.folder);
        let program = folder.join("bin/python");
        Ok((program.is_file() && self.is_whole(&program)).then_some(program))
    }

    /// Installs it with `arguments` of pip, unless it is there.
    pub(crate) fn install(self, workspace: &Workspace, arguments: &[&str]) -> Result<PathBuf> {
        if let Some(program) = self.find(workspace)? {
            return Ok(program);
        }
        let venv = workspace.folder("tools")?.join(self.folder);
        let python = need("python3", "python3-venv")?;
        let bar = process::spinner(format!("installing {} for Python, once", self.imports));
        let mut command = Command::new(python);
        command.args(["-m", "venv", "--clear"]).arg(&venv);
        process::capture("python3 -m venv", &mut command, INSTALL_LIMIT)
            .context("on Debian: apt-get install python3-venv")?;
        let program = venv.join("bin/python");
        let mut command = Command::new(&program);
        command
            .args(["-m", "pip", "install", "--quiet"])
            .arg("--disable-pip-version-check")
            .args(arguments);
        process::capture("pip install", &mut command, INSTALL_LIMIT)?;
        bar.finish_and_clear();
        if !self.is_whole(&program) {
            bail!("{} was installed and cannot be imported", self.imports);
        }
        Ok(program)
    }

    fn is_whole(self, python: &Path) -> bool {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {}", self.imports)]);
        process::capture("python", &mut command, Duration::from_secs(60)).is_ok()
    }
}

/// The folder `target/tools/NAME` with the npm package `package` (`name@version`) in its `node_modules`,
/// if it has been installed.
pub(crate) fn node_modules(
    workspace: &Workspace,
    name: &str,
    package: &str,
) -> Result<Option<PathBuf>> {
    let folder = workspace.folder("tools")?.join(name);
    let package = package.rsplit_once('@').map_or(package, |(name, _)| name);
    let manifest = folder
        .join("node_modules")
        .join(package)
        .join("package.json");
    Ok(manifest.is_file().then_some(folder))
}

/// Installs what `node_modules` looks for.
pub(crate) fn install_node_modules(
    workspace: &Workspace,
    name: &str,
    package: &str,
) -> Result<PathBuf> {
    if let Some(folder) = node_modules(workspace, name, package)? {
        return Ok(folder);
    }
    let folder = workspace.folder("tools")?.join(name);
    std::fs::create_dir_all(&folder).context("cannot make a folder in target/tools")?;
    let bar = process::spinner(format!("installing {package}, once"));
    let mut command = Command::new(need("npm", "npm")?);
    command
        .args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"])
        .arg(&folder)
        .arg("--cache")
        .arg(folder.join("cache"))
        .arg(package)
        .current_dir(&folder);
    process::capture("npm install", &mut command, INSTALL_LIMIT)?;
    bar.finish_and_clear();
    node_modules(workspace, name, package)?.with_context(|| format!("npm installed no {package}"))
}

/// Installs the packages of those programs, given as (program, package), that are not on the search path.
pub(crate) fn install_missing(wanted: &[(&str, &str)]) -> Result<()> {
    let missing = wanted.iter().filter(|(program, _)| find(program).is_none());
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    apt(&packages)
}

/// Installs Debian packages, when this is a Debian on which that is allowed.
fn apt(packages: &[&str]) -> Result<()> {
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

const HTTPWG_VERSION: &str = "0.2.5";
const CARGO_FUZZ_VERSION: &str = "0.13.2";
const HTTPX: [&str; 2] = ["httpx[http2]==0.28.1", "h2==4.4.1"];
const INSTALL_LIMIT: Duration = Duration::from_secs(20 * 60);
