//! `interop`: clients that share no code with the server fetch, echo, download and upload, every
//! octet compared, while the server's memory is watched.

mod client;
mod files;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use crate::h2load;
use crate::interop::client::Client;
use crate::interop::files::{Files, UPLOAD_OCTETS};
use crate::pattern::Checker;
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
        "how",
        "does",
        "octets",
        "ms",
        "MiB/s",
        "memory KiB",
        "most",
    ]);
    let mut failures = Vec::new();
    for client in &clients {
        for how in [How::Clear, How::Tls] {
            if how == How::Clear && !client.speaks_clear() {
                continue;
            }
            if let Err(error) = exercise(client, how, &binary, &files, &mut table) {
                failures.push(format!("  {} {}: {error:#}", client.name(), how.name()));
            }
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

/// With TLS or without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Clear,
    Tls,
}

impl How {
    fn name(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Tls => "tls",
        }
    }

    /// Less over TLS: there the clients are slow, and what could be lost is lost early.
    fn download_octets(self) -> u64 {
        match self {
            Self::Clear => 1 << 30,
            Self::Tls => 1 << 27,
        }
    }
}

/// All tasks of one client, on a server of its own.
fn exercise(
    client: &Client,
    how: How,
    binary: &Path,
    files: &Files,
    table: &mut Table,
) -> Result<()> {
    let mut visit = Visit {
        client,
        how,
        server: Server::start(binary, 2)?,
        table,
    };
    client.look(&visit.url("/hello")?)?;

    let body = visit.fetch("/hello", None, Vec::new(), "hello")?;
    if body.is_empty() {
        bail!("the body of /hello is empty");
    }
    let body = visit.fetch("/echo", Some(&files.echo_path()), Vec::new(), "echo")?;
    if let Some(at) = difference(&body, &files.echo) {
        bail!("the echo differs from octet {at} on ({} came)", body.len());
    }
    let octets = how.download_octets();
    let path = format!("/bytes/{octets}");
    let checker = visit.fetch(&path, None, Checker::new(), "download")?;
    if checker.seen() != octets {
        bail!("{} octets of {octets} came", checker.seen());
    }
    let body = visit.fetch("/sink", Some(&files.upload_path()), Vec::new(), "upload")?;
    let counted = String::from_utf8_lossy(&body);
    if counted.trim() != UPLOAD_OCTETS.to_string() {
        bail!("/sink counted `{counted}` octets of {UPLOAD_OCTETS}");
    }
    visit.server.stop().map(drop)
}

/// A client at a server.
struct Visit<'a> {
    client: &'a Client,
    how: How,
    server: Server,
    table: &'a mut Table,
}

impl Visit<'_> {
    fn url(&self, path: &str) -> Result<String> {
        match self.how {
            How::Clear => Ok(self.server.url(path)),
            How::Tls => self.server.secure_url(path),
        }
    }

    /// One request: its body goes into `sink`, its figures into the table.
    fn fetch<W: Sink>(
        &mut self,
        path: &str,
        file: Option<&Path>,
        sink: W,
        task: &str,
    ) -> Result<W> {
        let label = format!("{} {path}", self.client.name());
        let url = self.url(path)?;
        let mut command = self.client.command(&url, self.server.certificate()?, file);
        let watch = self.server.watch()?;
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
        let errors = errors.trim_end();
        if !status.success() {
            bail!("{path}: the client failed ({status})\n{errors}");
        }
        if let Some(protocol) = self.client.protocol()
            && !errors.ends_with(protocol)
        {
            bail!("{path}: the client says `{errors}`, not `{protocol}`");
        }
        let octets = match file {
            Some(file) => fs::metadata(file).map_or(0, |file| file.len()),
            None => output.octets(),
        };
        let rate = octets as f64 / (1 << 20) as f64 / took.as_secs_f64();
        self.table.row([
            self.client.name().to_owned(),
            self.how.name().to_owned(),
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
}
