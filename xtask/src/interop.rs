//! `interop`: clients that share no code with the server fetch, echo, download and upload, every
//! octet compared, while the server's memory is watched.

mod client;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::h2load;
use crate::interop::client::Client;
use crate::pattern::{self, Checker};
use crate::process::{self, Finished};
use crate::server::{self, Server};
use crate::table::Table;
use crate::tools;
use crate::workspace::Workspace;

/// Which clients.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Installs the clients that are missing (apt-get, pip); then one that is still missing is an error
    #[arg(long)]
    install: bool,
}

impl Options {
    pub(crate) fn new(install: bool) -> Self {
        Self { install }
    }
}

/// Runs every client there is, also after one has failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let clients = client::all(workspace, options.install)?;
    let h2load = tools::find("h2load");
    if h2load.is_none() {
        println!("h2load: skipped, it is not installed (apt-get install nghttp2-client)");
    }
    if clients.is_empty() && h2load.is_none() {
        bail!("interop: no client is installed; try `cargo xtask interop --install`");
    }
    let binary = server::build(workspace)?;
    let files = Files::write(workspace)?;
    let mut table = Table::new(&[
        "client",
        "does",
        "octets",
        "ms",
        "MiB/s",
        "memory KiB",
        "most",
    ]);
    let mut failures = Vec::new();
    for client in &clients {
        if let Err(error) = exercise(client, &binary, &files, &mut table) {
            failures.push(format!("  {}: {error:#}", client.name()));
        }
    }
    if let Some(h2load) = &h2load {
        match many_requests(h2load, &binary) {
            Ok(pace) => println!("h2load: {REQUESTS} of {REQUESTS} requests succeeded in {pace}"),
            Err(error) => failures.push(format!("  h2load: {error:#}")),
        }
    }
    print!("{table}");
    if !failures.is_empty() {
        bail!(
            "interop: {} clients failed\n{}",
            failures.len(),
            failures.join("\n")
        );
    }
    Ok(())
}

/// What is sent to the server; gone when dropped.
struct Files {
    folder: tempfile::TempDir,
    echo: Vec<u8>,
}

impl Files {
    fn write(workspace: &Workspace) -> Result<Self> {
        let folder = tempfile::tempdir_in(workspace.folder("interop")?)
            .context("cannot make a folder in target/interop")?;
        let files = Self {
            folder,
            echo: noise(ECHO_OCTETS),
        };
        fs::write(files.echo_path(), &files.echo).context("cannot write the file to echo")?;
        fs::write(files.upload_path(), pattern::octets(UPLOAD_OCTETS))
            .context("cannot write the file to upload")?;
        Ok(files)
    }

    fn echo_path(&self) -> PathBuf {
        self.folder.path().join("echo")
    }

    fn upload_path(&self) -> PathBuf {
        self.folder.path().join("upload")
    }
}

/// All tasks of one client, on a server of its own.
fn exercise(client: &Client, binary: &Path, files: &Files, table: &mut Table) -> Result<()> {
    let server = Server::start(binary, 2)?;
    client.look(&server.url("/hello"))?;

    let body = fetch(client, &server, "/hello", None, Vec::new(), "hello", table)?;
    if body.is_empty() {
        bail!("the body of /hello is empty");
    }
    let echo = files.echo_path();
    let body = fetch(
        client,
        &server,
        "/echo",
        Some(&echo),
        Vec::new(),
        "echo",
        table,
    )?;
    if let Some(at) = difference(&body, &files.echo) {
        bail!("the echo differs from octet {at} on ({} came)", body.len());
    }
    let path = format!("/bytes/{DOWNLOAD_OCTETS}");
    let checker = fetch(
        client,
        &server,
        &path,
        None,
        Checker::new(),
        "download",
        table,
    )?;
    if checker.seen() != DOWNLOAD_OCTETS {
        bail!("{} octets of {DOWNLOAD_OCTETS} came", checker.seen());
    }
    let upload = files.upload_path();
    let body = fetch(
        client,
        &server,
        "/sink",
        Some(&upload),
        Vec::new(),
        "upload",
        table,
    )?;
    let counted = String::from_utf8_lossy(&body);
    if counted.trim() != UPLOAD_OCTETS.to_string() {
        bail!("/sink counted `{counted}` octets of {UPLOAD_OCTETS}");
    }
    server.stop().map(drop)
}

/// One request: its body goes into `sink`, its figures into `table`.
fn fetch<W: Sink>(
    client: &Client,
    server: &Server,
    path: &str,
    file: Option<&Path>,
    sink: W,
    task: &str,
    table: &mut Table,
) -> Result<W> {
    let label = format!("{} {path}", client.name());
    let mut command = client.command(&server.url(path), file);
    let watch = server.watch()?;
    let bar = process::spinner(&label);
    let finished = process::pipe(&label, &mut command, TASK_LIMIT, sink);
    bar.finish_and_clear();
    let (first, most) = watch.finish()?;
    let Finished {
        status,
        output,
        errors,
        refused,
        took,
    } = finished?;
    if let Some(error) = refused {
        bail!("{path}: {error}");
    }
    if !status.success() {
        bail!(
            "{path}: the client failed ({status})\n{}",
            errors.trim_end()
        );
    }
    let octets = match file {
        Some(file) => fs::metadata(file).map_or(0, |file| file.len()),
        None => output.octets(),
    };
    let rate = octets as f64 / (1 << 20) as f64 / took.as_secs_f64();
    table.row([
        client.name().to_owned(),
        task.to_owned(),
        octets.to_string(),
        took.as_millis().to_string(),
        format!("{rate:.1}"),
        first.to_string(),
        most.to_string(),
    ]);
    if most > first + GROWTH_KIB_MAX {
        bail!(
            "{path}: the server grew from {first} to {most} KiB, by more than {GROWTH_KIB_MAX}: \
             it holds what it should pass on"
        );
    }
    Ok(output)
}

/// Where a body goes.
trait Sink: std::io::Write + Send + 'static {
    fn octets(&self) -> u64;
}

impl Sink for Vec<u8> {
    fn octets(&self) -> u64 {
        self.len() as u64
    }
}

impl Sink for Checker {
    fn octets(&self) -> u64 {
        self.seen()
    }
}

fn many_requests(h2load: &Path, binary: &Path) -> Result<String> {
    let server = Server::start(binary, 2)?;
    let requests = REQUESTS.to_string();
    let arguments = ["-n", &requests, "-c", "10", "-m", "100"];
    let report = h2load::run(h2load, &arguments, server.address(), "/hello", TASK_LIMIT)?;
    let counters = server.stop()?;
    if (report.succeeded, counters.requests) != (REQUESTS, REQUESTS) {
        let (h2load, eyas) = (report.succeeded, counters.requests);
        bail!("of {REQUESTS} requests h2load saw {h2load} answered and the server {eyas}");
    }
    Ok(report.pace)
}

/// Where two bodies begin to differ.
fn difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    Some(a.iter().zip(b).take_while(|(a, b)| a == b).count())
}

/// Octets without a pattern, the same at every call (a xorshift generator).
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..count).map(next).collect()
}

const ECHO_OCTETS: usize = 3_000_000;
const DOWNLOAD_OCTETS: u64 = 1 << 30;
const UPLOAD_OCTETS: usize = 100_000_000;
const REQUESTS: u64 = 100_000;
const GROWTH_KIB_MAX: u64 = 32 * 1024;
const TASK_LIMIT: Duration = Duration::from_secs(180);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_cut_short_differs_where_it_ends() {
        assert_eq!(difference(b"abc", b"abc"), None);
        assert_eq!(difference(b"ab", b"abc"), Some(2));
        assert_eq!(difference(b"abcd", b"abc"), Some(3));
        assert_eq!(difference(b"axc", b"abc"), Some(1));
    }

    #[test]
    fn noise_does_not_repeat_early() {
        let octets = noise(100_000);
        assert_ne!(octets[..50_000], octets[50_000..]);
        assert_eq!(octets, noise(100_000));
    }
}
