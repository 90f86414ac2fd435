//! `bench hpack`: builds and runs `benches/hpack`, for which it first gets the source of ls-hpack.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// What the bench is told.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Handed over as they are; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

/// Builds the bench below `target/bench` and runs it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut command = workspace.cargo();
    command
        .args(["run", "--quiet", "--release", "--locked"])
        .args(["--manifest-path", "benches/hpack/Cargo.toml"])
        .arg("--target-dir")
        .arg(workspace.folder("bench/hpack")?)
        .arg("--")
        .args(&options.rest)
        .env(RUSTFLAGS, rustflags(env::var(RUSTFLAGS).ok()));
    if env::var_os(SOURCE).is_none() {
        // The gate counts ours alone.
        let may_fetch = !options.rest.iter().any(|argument| argument == "--gate");
        match ls_hpack(workspace, may_fetch) {
            Ok(Some(folder)) => drop(command.env(SOURCE, folder)),
            Ok(None) => {}
            Err(error) => eprintln!("the source of ls-hpack could not be had: {error:#}"),
        }
    }
    process::run("bench hpack", &mut command, LIMIT)
}

/// Those of the user, and functions and loops at the begin of a line of the cache: where a linker puts
/// them is luck, and makes the same loop of a library a quarter faster or slower.
fn rustflags(users: Option<String>) -> String {
    let aligned = "-Cllvm-args=-align-all-functions=6 -Cllvm-args=-align-loops=64";
    users.map_or_else(|| aligned.to_owned(), |users| format!("{users} {aligned}"))
}

/// The folder with the source of ls-hpack. No registry of packages for Rust has it; Debian has, within the
/// source of lighttpd.
fn ls_hpack(workspace: &Workspace, may_fetch: bool) -> Result<Option<PathBuf>> {
    let folder = workspace.folder("bench/lighttpd")?;
    let source = folder.join("ls-hpack");
    if source.join("lshpack.c").is_file() {
        return Ok(Some(source));
    }
    if !may_fetch {
        return Ok(None);
    }
    tools::need("apt-get", "apt")?;
    let bar = process::spinner("fetching ls-hpack, in the source of Debian's lighttpd, once");
    let fetched = fetch(&folder);
    bar.finish_and_clear();
    fetched?;
    Ok(Some(source))
}

/// Fetches with lists of its own, so that the system's stay as they are.
fn fetch(folder: &Path) -> Result<()> {
    let parts = folder.join("apt/parts");
    for path in [
        &parts,
        &folder.join("apt/state/lists/partial"),
        &folder.join("apt/cache/archives/partial"),
    ] {
        fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    }
    write_source_lists(&parts)?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        let set = |name: &str, path: &str| format!("-o{name}={}", folder.join(path).display());
        command
            .current_dir(folder)
            .args([
                "-qq",
                "-oAPT::Sandbox::User=",
                "-oDir::Etc::SourceList=/dev/null",
            ])
            .args(["-oDir::State::status=/var/lib/dpkg/status"])
            .arg(set("Dir::Etc::SourceParts", "apt/parts"))
            .arg(set("Dir::State", "apt/state"))
            .arg(set("Dir::Cache", "apt/cache"))
            .args(arguments);
        command
    };
    process::capture("apt-get update", &mut apt(&["update"]), FETCH_LIMIT)?;
    let mut source = apt(&[
        "source",
        "--download-only",
        "--tar-only",
        "--only-source",
        "lighttpd",
    ]);
    process::capture("apt-get source lighttpd", &mut source, FETCH_LIMIT)?;
    // The archive's name has the version, and its end the compression, which tar sees by itself.
    let mut unpack = Command::new("sh");
    unpack.current_dir(folder).args(["-c", UNPACK]);
    process::capture("unpacking lighttpd", &mut unpack, FETCH_LIMIT)?;
    Ok(())
}

/// The system's lists of binary packages, turned into lists of sources.
fn write_source_lists(parts: &Path) -> Result<()> {
    let mut lists = 0;
    let entries = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.push(PathBuf::from("/etc/apt/sources.list"));
    for path in paths {
        let (Ok(text), Some(name)) = (fs::read_to_string(&path), path.file_name()) else {
            continue;
        };
        let Some(text) = sources_of(&text) else {
            continue;
        };
        let to = parts
            .join(name)
            .with_extension(path.extension().unwrap_or_default());
        fs::write(&to, text).with_context(|| format!("cannot write {}", to.display()))?;
        lists += 1;
    }
    if lists == 0 {
        bail!("apt knows of no archive of Debian's");
    }
    Ok(())
}

/// A list of binary packages as a list of sources, in either of apt's two formats; `None` if it is of no
/// distribution's own archive.
fn sources_of(list: &str) -> Option<String> {
    let of_distribution = |line: &str| line.split_whitespace().any(|word| word == "main");
    let lines: Vec<String> = list
        .lines()
        .map(|line| match line.strip_prefix("deb ") {
            Some(rest) if of_distribution(rest) => format!("deb-src {rest}"),
            Some(_) => String::new(),
            None => line
                .replace("Types: deb", "Types: deb-src")
                .replace("deb-src-src", "deb-src"),
        })
        .collect();
    lines
        .iter()
        .any(|line| of_distribution(line))
        .then(|| lines.join("\n") + "\n")
}

const RUSTFLAGS: &str = "RUSTFLAGS";
/// What `benches/hpack/build.rs` reads.
const SOURCE: &str = "BENCH_LS_HPACK";
const UNPACK: &str =
    "tar -xf lighttpd_*.orig.tar.?z --strip-components=2 --wildcards '*/src/ls-hpack/*'";
const LIMIT: Duration = Duration::from_secs(60 * 60);
const FETCH_LIMIT: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_of_the_user_stay() {
        let ours = rustflags(None);
        assert!(ours.starts_with("-C"));
        let both = rustflags(Some("-Ctarget-cpu=native".to_owned()));
        assert_eq!(both, format!("-Ctarget-cpu=native {ours}"));
    }

    #[test]
    fn lists_of_binaries_become_lists_of_sources() {
        for (binaries, sources) in [
            (
                "Types: deb\nURIs: http://a/\nComponents: main\n",
                Some("Types: deb-src\nURIs: http://a/\nComponents: main\n"),
            ),
            (
                "Types: deb deb-src\nComponents: main\n",
                Some("Types: deb-src deb-src\nComponents: main\n"),
            ),
            (
                "deb http://a/ stable main\n",
                Some("deb-src http://a/ stable main\n"),
            ),
            ("Types: deb\nComponents: other\n", None),
            ("deb https://a/ other\n", None),
        ] {
            assert_eq!(sources_of(binaries).as_deref(), sources, "{binaries}");
        }
    }
}
