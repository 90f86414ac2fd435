//! The lines that a child prints while it runs, each awaited for a bounded time.

use std::io::{self, BufRead, BufReader};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::process::Guard;

/// The standard output of a child, line by line.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Receiver<String>,
    /// Events that came while another was awaited.
    passed: Vec<Value>,
}

impl Lines {
    /// Of `child`, whose standard output must be a pipe.
    pub(crate) fn of(label: &str, child: &mut Guard) -> Result<Self> {
        let pipe = child.child().stdout.take();
        let pipe = pipe.with_context(|| format!("{label} has no output"))?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(io::Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self::from(lines))
    }

    fn from(lines: Receiver<String>) -> Self {
        Self {
            lines,
            passed: Vec::new(),
        }
    }

    /// The next line, which `what` names in an error.
    pub(crate) fn next(&self, what: &str, limit: Duration) -> Result<String> {
        self.lines.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => anyhow!("no `{what}` in time"),
            RecvTimeoutError::Disconnected => anyhow!("its output ended without `{what}`"),
        })
    }

    /// Waits for the line of the event `name`. Others are kept.
    pub(crate) fn event(&mut self, name: &str, limit: Duration) -> Result<Value> {
        let deadline = Instant::now() + limit;
        loop {
            let line = self.next(name, deadline.saturating_duration_since(Instant::now()))?;
            let value: Value = serde_json::from_str(&line)
                .with_context(|| format!("a line that is no JSON was printed: {line}"))?;
            if value.get("event").and_then(Value::as_str) == Some(name) {
                return Ok(value);
            }
            self.passed.push(value);
        }
    }

    /// The events that were passed over.
    pub(crate) fn into_events(self) -> Vec<Value> {
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[&str]) -> Lines {
        let (sender, receiver) = mpsc::channel();
        for line in lines {
            sender.send((*line).to_owned()).expect("a receiver exists");
        }
        Lines::from(receiver)
    }

    #[test]
    fn the_awaited_event_is_found_behind_others() {
        let mut lines = lines(&[r#"{"event":"ready"}"#, r#"{"event":"closed","reads":3}"#]);
        let closed = lines.event("closed", Duration::from_secs(1));
        assert_eq!(closed.expect("it is there")["reads"], 3);
        assert_eq!(lines.into_events().len(), 1);
    }

    #[test]
    fn an_end_without_the_event_and_a_line_without_json_are_errors() {
        let ended = lines(&[r#"{"event":"ready"}"#]).event("closed", Duration::from_secs(1));
        assert!(ended.is_err_and(|error| error.to_string().contains("without `closed`")));
        let plain = lines(&["listening"]).event("ready", Duration::from_secs(1));
        assert!(plain.is_err_and(|error| error.to_string().contains("listening")));
    }
}
