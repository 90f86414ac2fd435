//! Where things are: the workspace's root, its packages, and the folders under `target/` that are written.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process;

/// The workspace as `cargo metadata` describes it.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// The folder that holds its manifest.
    pub(crate) folder: PathBuf,
    /// What it is compiled from: the first file of its library, or of each binary.
    pub(crate) entries: Vec<PathBuf>,
    /// Names of the binaries it builds.
    pub(crate) binaries: Vec<String>,
    /// Names of what it needs to be built, optional or not; not what only its tests need.
    pub(crate) dependencies: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace the current folder lies in.
    pub(crate) fn find() -> Result<Self> {
        let mut command = Command::new(cargo());
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let output = process::capture("cargo metadata", &mut command, Duration::from_secs(60))?;
        let metadata: Value =
            serde_json::from_slice(&output).context("cargo metadata did not print JSON")?;
        Self::from_metadata(&metadata)
    }

    pub(crate) fn from_metadata(metadata: &Value) -> Result<Self> {
        Ok(Self {
            root: PathBuf::from(text(metadata, "workspace_root")?),
            target: PathBuf::from(text(metadata, "target_directory")?),
            packages: list(metadata, "packages")?
                .iter()
                .map(package)
                .collect::<Result<_>>()?,
        })
    }

    /// The folder of the root manifest.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Every member.
    pub(crate) fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The folder `target/NAME` of the workspace, made when missing.
    ///
    /// It lies under the root also when cargo's own output goes elsewhere, so that tools are
    /// installed once.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join("target").join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(folder)
    }

    /// The built binary `name` of the release profile.
    pub(crate) fn release_binary(&self, name: &str) -> Result<PathBuf> {
        self.built("release", name)
    }

    /// The built example `name` of the profile for development.
    pub(crate) fn debug_example(&self, name: &str) -> Result<PathBuf> {
        self.built("debug/examples", name)
    }

    fn built(&self, folder: &str, name: &str) -> Result<PathBuf> {
        let name = format!("{name}{}", env::consts::EXE_SUFFIX);
        let path = self.target.join(folder).join(name);
        if !path.is_file() {
            bail!("cargo built no {}", path.display());
        }
        Ok(path)
    }

    /// A `cargo` command that runs in the root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root);
        command
    }
}

/// The cargo that started this program, so that a chosen toolchain stays chosen.
fn cargo() -> PathBuf {
    env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn package(value: &Value) -> Result<Package> {
    let manifest = Path::new(text(value, "manifest_path")?);
    let mut entries = Vec::new();
    let mut binaries = Vec::new();
    for target in list(value, "targets")? {
        let kinds = list(target, "kind")?;
        let is = |kind: &str| kinds.iter().any(|value| value == kind);
        if is("bin") {
            binaries.push(text(target, "name")?.to_owned());
        }
        if is("bin") || is("lib") || is("rlib") || is("proc-macro") {
            entries.push(PathBuf::from(text(target, "src_path")?));
        }
    }
    let mut dependencies = Vec::new();
    for dependency in list(value, "dependencies")? {
        // A normal dependency has no kind; "build" code runs on the builder's machine, and counts.
        if dependency.get("kind").and_then(Value::as_str) != Some("dev") {
            dependencies.push(text(dependency, "name")?.to_owned());
        }
    }
    Ok(Package {
        name: text(value, "name")?.to_owned(),
        folder: manifest
            .parent()
            .context("a manifest lies in a folder")?
            .to_owned(),
        entries,
        binaries,
        dependencies,
    })
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("cargo metadata has no text named `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .with_context(|| format!("cargo metadata has no list named `{key}`"))
}
