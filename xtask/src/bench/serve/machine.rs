//! What a record says about the machine and the programs, so that a figure can be judged later.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::bench::serve::build;
use crate::bench::serve::cores::Cores;
use crate::bench::serve::servers::Server;
use crate::process;
use crate::workspace::Workspace;

/// Pairs of what and how much. What cannot be found is left out.
pub(crate) fn machine(cores: &Cores) -> Vec<(String, String)> {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let value_of = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        let value = line.split_once([':', '='])?.1.trim();
        Some(value.trim_matches('"').to_owned())
    };
    let cpuinfo = file("/proc/cpuinfo");
    let count = cpuinfo
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let memory = value_of(&file("/proc/meminfo"), "MemTotal").and_then(|total| {
        let kib: u64 = total.split_whitespace().next()?.parse().ok()?;
        Some(format!("{} GiB", (kib + (1 << 19)) >> 20))
    });
    let trimmed = |path: &str| Some(file(path).trim().to_owned());
    let pairs = [
        ("processor", value_of(&cpuinfo, "model name")),
        ("cores", Some(count.to_string())),
        ("memory", memory),
        ("system", value_of(&file("/etc/os-release"), "PRETTY_NAME")),
        ("kernel", trimmed("/proc/sys/kernel/osrelease")),
        (
            "congestion control",
            trimmed("/proc/sys/net/ipv4/tcp_congestion_control"),
        ),
        ("pinning", Some(cores.describe())),
    ];
    let known = pairs
        .into_iter()
        .filter_map(|(what, value)| Some((what, value?)));
    known
        .filter(|(_, value)| !value.is_empty())
        .map(|(what, value)| (what.to_owned(), value))
        .collect()
}

/// Pairs of a program and its version.
pub(crate) fn versions(workspace: &Workspace, servers: &[Server]) -> Vec<(String, String)> {
    let lock = workspace
        .root()
        .join(build::MANIFEST)
        .with_file_name("Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let mut versions = Vec::new();
    let mut put = |name: &str, version: Option<String>| {
        versions.extend(version.map(|version| (name.to_owned(), version)));
    };
    for server in servers {
        let version = match server {
            Server::Eyas => locked(&lock, "eyas-server").map(|version| {
                match first_line("git", &["rev-parse", "--short", "HEAD"]) {
                    Some(commit) => format!("{version} ({commit})"),
                    None => version,
                }
            }),
            Server::Nghttpd | Server::H2o => first_line(server.name(), &["--version"]),
            Server::Nginx => first_line("nginx", &["-v"]),
            Server::Floor => None,
            built => locked(&lock, built.name()),
        };
        put(server.name(), version);
    }
    for library in ["tokio", "rustls", "aws-lc-rs"] {
        put(library, locked(&lock, library));
    }
    put("rustc", first_line("rustc", &["--version"]));
    put("h2load", first_line("h2load", &["--version"]));
    versions
}

/// Today, as `2026-11-30`.
pub(crate) fn today() -> String {
    first_line("date", &["+%F"]).unwrap_or_default()
}

/// The version of a package in the text of a `Cargo.lock`.
fn locked(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = ")?;
    Some(version.trim_matches('"').to_owned())
}

/// The first line a program prints, wherever it prints it.
fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    let finished = process::pipe(program, command.args(arguments), LIMIT, Vec::new()).ok()?;
    if !finished.status.success() {
        return None;
    }
    let said = String::from_utf8_lossy(&finished.output).into_owned() + &finished.errors;
    let line = said.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

const LIMIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_a_lock_file() {
        let lock = "[[package]]\nname = \"h2\"\nversion = \"0.4.20\"\n\n[[package]]\nname = \"hyper\"\nversion = \"1.12.0\"\n";
        assert_eq!(locked(lock, "hyper"), Some("1.12.0".to_owned()));
        assert_eq!(locked(lock, "axum"), None);
    }

    #[test]
    fn this_machine_has_a_processor() {
        let cores = Cores::choose();
        let Ok(cores) = cores else { return };
        assert!(machine(&cores).iter().any(|(what, _)| what == "cores"));
    }
}
