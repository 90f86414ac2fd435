//! The server as a process: started, read, signalled and ended.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running server; it does not outlive the test.
pub(crate) struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

/// What is left of a server.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// The lines that were not read yet.
    pub(crate) lines: Vec<String>,
    pub(crate) stderr: String,
}

impl Process {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(&cache(), arguments)
    }

    /// Starts with `cache` as the user's cache folder.
    pub(crate) fn start_in(cache: &Path, arguments: &[&str]) -> Self {
        Self::start_with(cache, None, arguments)
    }

    /// Starts with the secrets of TLS written to `key_log`.
    pub(crate) fn start_with(cache: &Path, key_log: Option<&Path>, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_eyas"));
        match key_log {
            Some(file) => command.env("SSLKEYLOGFILE", file),
            None => command.env_remove("SSLKEYLOGFILE"),
        };
        let mut child = command
            .args(arguments)
            .env("XDG_CACHE_HOME", cache)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was just built");
        let stdout = child.stdout.take().expect("it is piped");
        Self {
            child,
            stdout: BufReader::new(stdout),
        }
    }

    /// Starts with `--json` on a free port without TLS, and tells the address.
    pub(crate) fn ready(arguments: &[&str]) -> (Self, String) {
        let all = [&["--h2c", "127.0.0.1:0", "--listen", "off"], arguments].concat();
        let (process, ready) = Self::ready_in(&cache(), &all);
        (process, text(&ready, "h2c"))
    }

    /// Starts with `--json` on a free port with TLS, and tells the address and the certificate's file.
    pub(crate) fn secure(cache: &Path, arguments: &[&str]) -> (Self, String, PathBuf) {
        let all = [&["--h2c", "off", "--listen", "127.0.0.1:0"], arguments].concat();
        let (process, ready) = Self::ready_in(cache, &all);
        assert_eq!(ready["h2c"], Value::Null);
        (process, text(&ready, "https"), text(&ready, "cert").into())
    }

    fn ready_in(cache: &Path, arguments: &[&str]) -> (Self, Value) {
        let mut process = Self::start_in(cache, &[arguments, &["--json"]].concat());
        let ready = process.event();
        assert_eq!(ready["event"], "ready", "{ready}");
        (process, ready)
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout
            .read_line(&mut line)
            .expect("the output is text");
        line.trim_end().to_owned()
    }

    /// The next line, as JSON.
    pub(crate) fn event(&mut self) -> Value {
        parse(&self.line())
    }

    /// `INT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "kill -s {name} {id}"
        );
    }

    /// Waits for the end, not for long.
    pub(crate) fn end(mut self) -> Ended {
        let deadline = Instant::now() + Duration::from_secs(20);
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                break status.code();
            }
            assert!(Instant::now() < deadline, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        };
        let mut rest = String::new();
        self.stdout
            .read_to_string(&mut rest)
            .expect("the output is text");
        let mut stderr = String::new();
        let pipe = self.child.stderr.as_mut().expect("it is piped");
        pipe.read_to_string(&mut stderr)
            .expect("the output is text");
        Ended {
            code,
            lines: rest.lines().map(str::to_owned).collect(),
            stderr,
        }
    }
}

impl Ended {
    /// The only line that was left, with the counters.
    pub(crate) fn counters(&self) -> Value {
        assert_eq!(self.stderr, "");
        let [line] = &self.lines[..] else {
            panic!("more or less than one line: {:#?}", self.lines);
        };
        let closed = parse(line);
        assert_eq!(closed["event"], "closed", "{line}");
        closed
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The cache folder of tests that do not look into it.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

pub(crate) fn text(ready: &Value, name: &str) -> String {
    let value = ready[name].as_str();
    let value = value.unwrap_or_else(|| panic!("no `{name}`: {ready}"));
    assert!(!value.ends_with(":0"), "{ready}");
    value.to_owned()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("`{line}`: {error}"))
}
