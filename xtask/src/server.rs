//! The server under test: built, started on a port of its own, watched, and stopped with its counters read.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::lines::Lines;
use crate::memory::MemoryWatch;
use crate::process::{self, Guard};
use crate::workspace::Workspace;

/// A server that is about to be started.
#[derive(Debug)]
pub(crate) struct Launch {
    command: Command,
}

/// A running server, ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    guard: Guard,
    address: SocketAddr,
    /// `None` when it does not listen for HTTPS.
    secure: Option<Secure>,
    lines: Lines,
}

#[derive(Debug)]
struct Secure {
    address: SocketAddr,
    certificate: PathBuf,
}

/// What the server counted in its life, as its last line says.
#[derive(Debug)]
pub(crate) struct Counters {
    /// Requests answered.
    pub(crate) requests: u64,
    /// Connections accepted.
    pub(crate) connections: u64,
    /// Calls that read from a socket.
    pub(crate) reads: u64,
    /// Calls that wrote to a socket.
    pub(crate) writes: u64,
    /// Octets written.
    pub(crate) octets_out: u64,
}

/// Builds the server's release binary.
pub(crate) fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args(["build", "--quiet", "--release", "--package", "eyas"]);
    let bar = process::spinner("building the server");
    let built = process::run("cargo build --release -p eyas", &mut command, BUILD_LIMIT);
    bar.finish_and_clear();
    built?;
    workspace.release_binary("eyas")
}

impl Launch {
    /// Of `binary` with `threads` threads, on free ports.
    pub(crate) fn new(binary: &Path, threads: usize) -> Self {
        let mut command = Command::new(binary);
        command
            .args(["--h2c", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--json"])
            .args(["--threads", &threads.to_string()])
            // Where it keeps its certificate: beside itself, not in the user's folder.
            .env("XDG_CACHE_HOME", binary.with_file_name("eyas-cache"));
        Self { command }
    }

    /// With further arguments.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.command.args(arguments);
        self
    }

    /// With `files` file descriptors at most, as `ulimit -n` counts them.
    pub(crate) fn with_files(self, files: u32) -> Self {
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\"")])
            .arg(self.command.get_program())
            .args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Self { command }
    }

    /// Without what it writes to standard error, where that is what is asked for.
    pub(crate) fn quietly(mut self) -> Self {
        self.command.stderr(Stdio::null());
        self
    }

    /// Starts it and waits until it is ready.
    pub(crate) fn start(mut self) -> Result<Server> {
        let mut guard = Guard::spawn("eyas", self.command.stdout(Stdio::piped()))?;
        let mut lines = Lines::of("eyas", &mut guard)?;
        let ready = lines
            .event("ready", READY_LIMIT)
            .context("eyas did not say that it is ready; try `cargo run --release -- --json`")?;
        let text = |name: &str| ready.get(name).and_then(Value::as_str);
        // With or without what makes it a URL.
        let address = |name: &str| {
            let address = text(name)?.trim_start_matches("https://");
            address.trim_end_matches('/').parse().ok()
        };
        let secure = address("https").zip(text("cert"));
        Ok(Server {
            address: address("h2c").with_context(|| format!("eyas named no address: {ready}"))?,
            secure: secure.map(|(address, path)| Secure {
                address,
                certificate: path.into(),
            }),
            guard,
            lines,
        })
    }
}

impl Server {
    /// Starts `binary` with `threads` threads on free ports and waits until it is ready.
    pub(crate) fn start(binary: &Path, threads: usize) -> Result<Self> {
        Launch::new(binary, threads).start()
    }

    /// Where it listens for HTTP/2 without TLS.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for HTTPS.
    pub(crate) fn secure_address(&self) -> Result<SocketAddr> {
        self.secure().map(|secure| secure.address)
    }

    /// The certificate to trust, as PEM.
    pub(crate) fn certificate(&self) -> Result<&Path> {
        self.secure().map(|secure| secure.certificate.as_path())
    }

    fn secure(&self) -> Result<&Secure> {
        let secure = self.secure.as_ref();
        secure.context("eyas named no `https` and `cert` in its first line")
    }

    /// `http://ADDRESS` followed by `path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `https://ADDRESS` followed by `path`.
    pub(crate) fn secure_url(&self, path: &str) -> Result<String> {
        Ok(format!("https://{}{path}", self.secure_address()?))
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.guard.id()
    }

    /// Begins to watch how much memory it holds.
    pub(crate) fn watch(&self) -> Result<MemoryWatch> {
        MemoryWatch::start(self.guard.id())
    }

    /// Asks it to drain as a service manager does.
    pub(crate) fn terminate(&self) -> Result<()> {
        self.guard.terminate()
    }

    /// Stops it as Ctrl-C does, waits until it has drained, and reads its counters.
    pub(crate) fn stop(self) -> Result<Counters> {
        self.stop_and_tell().map(|(counters, _)| counters)
    }

    /// Stops it and also gives the lines it has printed, but for the first and the last.
    pub(crate) fn stop_and_tell(mut self) -> Result<(Counters, Vec<Value>)> {
        if let Some(status) = self.guard.ended()? {
            bail!("eyas ended by itself ({status}) while it was in use");
        }
        self.guard.interrupt()?;
        self.ended(STOP_LIMIT)
    }

    /// Waits until it has ended after it was asked to, and reads what it said.
    pub(crate) fn ended(mut self, limit: Duration) -> Result<(Counters, Vec<Value>)> {
        let closed = self
            .lines
            .event("closed", limit)
            .context("eyas was asked to stop and did not report its counters")?;
        let status: ExitStatus = self.guard.wait(limit)?;
        if !status.success() {
            bail!("eyas was asked to stop and ended with {status}, not with success");
        }
        Ok((Counters::read(&closed)?, self.lines.into_events()))
    }
}

impl Counters {
    fn read(closed: &Value) -> Result<Self> {
        let count = |name: &str| {
            closed
                .get(name)
                .and_then(Value::as_u64)
                .with_context(|| format!("eyas did not count `{name}`: {closed}"))
        };
        Ok(Self {
            requests: count("requests")?,
            connections: count("connections")?,
            reads: count("reads")?,
            writes: count("writes")?,
            octets_out: count("octets_out")?,
        })
    }
}

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
const READY_LIMIT: Duration = Duration::from_secs(10);
const STOP_LIMIT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_counter_is_named() {
        let closed = serde_json::json!({ "requests": 1, "connections": 1, "reads": 1 });
        let error = Counters::read(&closed).expect_err("writes are missing");
        assert!(error.to_string().contains("`writes`"));
    }
}
