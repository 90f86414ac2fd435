//! The load clients, how ours is called, and whether a server answers what is asked.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::serve::cores::Cores;
use crate::bench::serve::servers::{Running, Server};
use crate::process;

/// The load clients.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) cores: Cores,
    /// Ours.
    pub(crate) blast: String,
    /// `None` where it is not installed.
    pub(crate) h2load: Option<PathBuf>,
    /// For how long each figure is taken.
    pub(crate) window: Duration,
    /// How many connections are idle at once.
    pub(crate) idle: u32,
}

impl Clients {
    /// Asks once for each path that is measured: status 200, and the right content.
    pub(crate) fn verify(&self, server: Server, running: &Running) -> Result<()> {
        let contents = PATHS.iter().map(|(path, octets)| {
            let expect = format!("--expect={octets}");
            (*path, false, vec![expect])
        });
        let mut asked: Vec<(&str, bool, Vec<String>)> = contents.collect();
        asked.push((
            "/hello",
            false,
            vec!["--expect-text=Hello, World!".to_owned()],
        ));
        if server.has_tls() {
            asked.push((
                "/hello",
                true,
                vec!["--expect-text=Hello, World!".to_owned()],
            ));
        }
        let upload = |octets: u32| {
            let mut arguments = vec![format!("--upload={octets}")];
            if server.debian().is_none() && server.is_real() {
                arguments.push(format!("--expect-text={octets}"));
            }
            ("/upload", false, arguments)
        };
        if server.reads_uploads() {
            asked.extend([upload(1 << 20), upload(10 << 20)]);
        }
        for (path, tls, arguments) in asked {
            let mut command = self.blast("load", server, running, path, tls)?;
            command.args(["--requests=1"]).args(arguments);
            process::capture("blast", &mut command, LIMIT)
                .with_context(|| format!("{} does not answer {path} rightly", server.name()))?;
        }
        Ok(())
    }

    /// A command of our client that asks `server` for `path`.
    pub(crate) fn blast(
        &self,
        verb: &str,
        server: Server,
        running: &Running,
        path: &str,
        tls: bool,
    ) -> Result<Command> {
        let mut command = self.cores.load(&self.blast);
        let address = running.address(path, tls)?.to_string();
        command.args([verb, "--address", &address, "--path", path]);
        if tls {
            command.arg("--tls");
        }
        // It reads an upload to its end, and then says that files cannot be written: 405.
        if server == Server::H2o && path == "/upload" {
            command.arg("--any-status");
        }
        Ok(command)
    }

    /// Runs it, and gives the figures it has printed.
    pub(crate) fn run(&self, command: &mut Command) -> Result<Value> {
        let output = process::capture("blast", command, LIMIT)?;
        serde_json::from_slice(&output).context("blast printed no JSON")
    }
}

/// Gives a client the fields of a browser.
pub(crate) fn add_fields(command: &mut Command) {
    for line in BROWSER_FIELDS.lines().filter(|line| !line.is_empty()) {
        command.args(["-H", line]);
    }
}

/// One of the figures of our client.
pub(crate) fn number(figures: &Value, name: &str) -> Result<f64> {
    let number = figures.get(name).and_then(Value::as_f64);
    number.with_context(|| format!("blast has not said `{name}`: {figures}"))
}

/// Octets of content of an answer.
pub(crate) fn octets(path: &str) -> u64 {
    let known = PATHS.iter().find(|(known, _)| *known == path);
    known.map_or(13, |(_, octets)| *octets)
}

/// Name and value of 17 fields, one pair a line.
const BROWSER_FIELDS: &str = include_str!("../../../../benches/browser-fields.txt");

const PATHS: [(&str, u64); 6] = [
    ("/hello", 13),
    ("/1k", 1 << 10),
    ("/16k", 16 << 10),
    ("/64k", 64 << 10),
    ("/1m", 1 << 20),
    ("/100m", 100 << 20),
];

/// No run of a client takes longer.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);
