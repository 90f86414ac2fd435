//! The server under test: built, started on a port of its own, watched, and stopped with its counters read.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{fs, io};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::process::{self, Guard};
use crate::workspace::Workspace;

/// A running server, ended when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    guard: Guard,
    address: SocketAddr,
    lines: Receiver<String>,
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

impl Server {
    /// Starts `binary` with `threads` threads on a free port and waits until it is ready.
    pub(crate) fn start(binary: &Path, threads: usize) -> Result<Self> {
        let mut command = Command::new(binary);
        command
            .args(["--h2c", "127.0.0.1:0", "--json", "--threads"])
            .arg(threads.to_string())
            .stdout(Stdio::piped());
        let mut guard = Guard::spawn("eyas", &mut command)?;
        let pipe = guard.child().stdout.take().context("eyas has no output")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(io::Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let ready = event(&lines, "ready", READY_LIMIT)
            .context("eyas did not say that it is ready; try `cargo run --release -- --json`")?;
        let address = ready
            .get("h2c")
            .and_then(Value::as_str)
            .and_then(|address| address.parse().ok())
            .with_context(|| format!("eyas named no address: {ready}"))?;
        Ok(Self {
            guard,
            address,
            lines,
        })
    }

    /// Where it listens for HTTP/2 without TLS.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS` followed by `path`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Begins to watch how much memory it holds.
    pub(crate) fn watch(&self) -> Result<MemoryWatch> {
        MemoryWatch::start(self.guard.id())
    }

    /// Stops it as Ctrl-C does, waits until it has drained, and reads its counters.
    pub(crate) fn stop(mut self) -> Result<Counters> {
        if let Some(status) = self.guard.ended()? {
            bail!("eyas ended by itself ({status}) while it was in use");
        }
        self.guard.interrupt()?;
        let closed = event(&self.lines, "closed", STOP_LIMIT)
            .context("eyas was interrupted and did not report its counters")?;
        let status = self.guard.wait(STOP_LIMIT)?;
        if !status.success() {
            bail!("eyas was interrupted and ended with {status}, not with success");
        }
        Counters::read(&closed)
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

/// Waits for the line of the event `name`, passing over others.
fn event(lines: &Receiver<String>, name: &str, limit: Duration) -> Result<Value> {
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left).map_err(|error| match error {
            RecvTimeoutError::Timeout => anyhow!("no `{name}` in {} s", limit.as_secs()),
            RecvTimeoutError::Disconnected => anyhow!("its output ended without `{name}`"),
        })?;
        let value: Value = serde_json::from_str(&line)
            .with_context(|| format!("eyas printed a line that is no JSON: {line}"))?;
        if value.get("event").and_then(Value::as_str) == Some(name) {
            return Ok(value);
        }
    }
}

/// Samples of a process's resident memory, taken until it is finished.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    first: u64,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl MemoryWatch {
    fn start(id: u32) -> Result<Self> {
        let first = resident_kib(id)?;
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut most = first;
            while !is_stopped.load(Ordering::Relaxed) {
                // A process that has gone holds nothing; that it went is noticed elsewhere.
                most = most.max(resident_kib(id).unwrap_or(0));
                thread::sleep(SAMPLE);
            }
            most.max(resident_kib(id).unwrap_or(0))
        });
        Ok(Self {
            first,
            stop,
            thread,
        })
    }

    /// Ends the watch: resident memory in KiB when it began, and the most that was seen.
    pub(crate) fn finish(self) -> Result<(u64, u64)> {
        self.stop.store(true, Ordering::Relaxed);
        let most = self
            .thread
            .join()
            .map_err(|_| anyhow!("the watch on the server's memory broke off"))?;
        Ok((self.first, most))
    }
}

fn resident_kib(id: u32) -> Result<u64> {
    let path = format!("/proc/{id}/status");
    let status = fs::read_to_string(&path)
        .with_context(|| format!("cannot read {path}: memory is watched on Linux only"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
        .and_then(|count| count.trim().parse().ok())
        .with_context(|| format!("{path} has no VmRSS"))
}

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
const READY_LIMIT: Duration = Duration::from_secs(10);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const SAMPLE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Receiver<String> {
        let (sender, receiver) = mpsc::channel();
        for line in lines {
            sender.send((*line).to_owned()).expect("a receiver exists");
        }
        receiver
    }

    #[test]
    fn the_awaited_event_is_found_behind_others() {
        let lines = lines(&[r#"{"event":"ready"}"#, r#"{"event":"closed","reads":3}"#]);
        let closed = event(&lines, "closed", Duration::from_secs(1)).expect("it is there");
        assert_eq!(closed["reads"], 3);
    }

    #[test]
    fn an_end_without_the_event_and_a_line_without_json_are_errors() {
        let ended = event(
            &lines(&[r#"{"event":"ready"}"#]),
            "closed",
            Duration::from_secs(1),
        );
        assert!(ended.is_err_and(|error| error.to_string().contains("without `closed`")));
        let plain = event(&lines(&["listening"]), "ready", Duration::from_secs(1));
        assert!(plain.is_err_and(|error| error.to_string().contains("listening")));
    }

    #[test]
    fn a_missing_counter_is_named() {
        let closed = serde_json::json!({ "requests": 1, "connections": 1, "reads": 1 });
        let error = Counters::read(&closed).expect_err("writes are missing");
        assert!(error.to_string().contains("`writes`"));
    }

    #[test]
    fn resident_memory_of_this_process_is_above_nothing() {
        assert!(resident_kib(std::process::id()).is_ok_and(|kib| kib > 100));
    }
}
