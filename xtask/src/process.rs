//! Child processes: none outlives its guard, and none runs without a bound in time.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::family::descendants;

/// A running child. Dropping it kills the child and all that the child has started.
#[derive(Debug)]
pub(crate) struct Guard {
    child: Child,
    label: String,
}

/// What a child with a piped output left behind.
#[derive(Debug)]
pub(crate) struct Finished<W> {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What its standard output was written into.
    pub(crate) output: W,
    /// What it wrote to standard error.
    pub(crate) errors: String,
    /// Why `output` took no more, if it did not take everything.
    pub(crate) refused: Option<io::Error>,
    /// From start to end.
    pub(crate) took: Duration,
}

impl Guard {
    /// Starts `command`, without standard input; `label` names it in errors.
    pub(crate) fn spawn(label: &str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| {
            let program = command.get_program().display();
            format!("{label}: cannot start `{program}`; is it installed?")
        })?;
        Ok(Self {
            child,
            label: label.to_owned(),
        })
    }

    /// The process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, to take its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .with_context(|| format!("{}: cannot ask for its state", self.label))
    }

    /// Waits for the end, for `limit` at most; past it the child is killed and that is an error.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if begin.elapsed() > limit {
                self.kill();
                bail!(
                    "{}: not finished after {} s, ended",
                    self.label,
                    limit.as_secs()
                );
            }
            thread::sleep(POLL);
        }
    }

    /// Asks the child to stop as Ctrl-C does.
    pub(crate) fn interrupt(&self) -> Result<()> {
        self.signal("INT")
    }

    /// Asks the child to stop as a service manager does.
    pub(crate) fn terminate(&self) -> Result<()> {
        self.signal("TERM")
    }

    fn signal(&self, name: &str) -> Result<()> {
        // The standard library sends no signal but KILL; the shell's own `kill` is everywhere.
        let status = Command::new("sh")
            .args(["-c", &format!("kill -{name} {}", self.id())])
            .stdin(Stdio::null())
            .status()
            .with_context(|| format!("cannot start `sh` to send SIG{name}"))?;
        if !status.success() {
            bail!("{}: SIG{name} could not be sent", self.label);
        }
        Ok(())
    }

    fn kill(&mut self) {
        // Listed while their parents are alive, for nothing else tells whose children they are;
        // ended from the top down, so that none is started meanwhile.
        let below = descendants(self.id());
        drop(self.child.kill());
        for id in below {
            drop(
                Command::new("sh")
                    .args(["-c", &format!("kill -KILL {id}")])
                    .stdin(Stdio::null())
                    .stderr(Stdio::null())
                    .status(),
            );
        }
        drop(self.child.wait());
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.kill();
        }
    }
}

/// Runs `command` with its output on the terminal. An exit code other than 0 is an error.
pub(crate) fn run(label: &str, command: &mut Command, limit: Duration) -> Result<()> {
    let status = Guard::spawn(label, command)?.wait(limit)?;
    if !status.success() {
        bail!("{label}: failed ({status})");
    }
    Ok(())
}

/// Runs `command` and gives its standard output. An exit code other than 0 is an error that shows
/// what was written to standard error.
pub(crate) fn capture(label: &str, command: &mut Command, limit: Duration) -> Result<Vec<u8>> {
    let finished = pipe(label, command, limit, Vec::new())?;
    if !finished.status.success() {
        bail!(
            "{label}: failed ({})\n{}",
            finished.status,
            finished.errors.trim_end()
        );
    }
    Ok(finished.output)
}

/// Runs `command`, its standard output going into `sink` as it comes. How the command ended is for
/// the caller to judge.
///
/// A sink that refuses octets closes the pipe.
pub(crate) fn pipe<W: Write + Send + 'static>(
    label: &str,
    command: &mut Command,
    limit: Duration,
    sink: W,
) -> Result<Finished<W>> {
    let begin = Instant::now();
    let mut guard = Guard::spawn(label, command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let output = guard.child().stdout.take().map(|pipe| drain(pipe, sink));
    let errors = guard
        .child()
        .stderr
        .take()
        .map(|pipe| drain(pipe, Vec::new()));
    let status = guard.wait(limit)?;
    let took = begin.elapsed();
    let (output, refused) = joined(label, output)?;
    let (errors, _) = joined(label, errors)?;
    Ok(Finished {
        status,
        output,
        errors: String::from_utf8_lossy(&errors).into_owned(),
        refused,
        took,
    })
}

/// A spinner for a step that takes long; invisible when standard error is no terminal.
pub(crate) fn spinner(message: impl Into<String>) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(message.into());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

type Drained<W> = JoinHandle<(W, Option<io::Error>)>;

fn drain<W: Write + Send + 'static>(
    mut pipe: impl Read + Send + 'static,
    mut sink: W,
) -> Drained<W> {
    thread::spawn(move || {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return (sink, None),
                Ok(count) => {
                    if let Err(error) = sink.write_all(&buffer[..count]) {
                        return (sink, Some(error));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (sink, Some(error)),
            }
        }
    })
}

fn joined<W>(label: &str, thread: Option<Drained<W>>) -> Result<(W, Option<io::Error>)> {
    thread
        .and_then(|thread| thread.join().ok())
        .with_context(|| format!("{label}: its output was lost"))
}

const POLL: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Neither gone nor dead and waiting for whoever reaps orphans.
    fn is_alive(id: u32) -> bool {
        fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
    }

    #[test]
    fn a_child_past_its_limit_is_ended_with_all_it_started() {
        let begin = Instant::now();
        let mut guard =
            Guard::spawn("sleeper", &mut shell("sleep 60 & sleep 60; true")).expect("sh exists");
        let mut below = Vec::new();
        while below.len() < 2 && begin.elapsed() < Duration::from_secs(10) {
            below = descendants(guard.id());
        }
        assert_eq!(below.len(), 2);
        let error = guard.wait(Duration::from_millis(20)).expect_err("too long");
        assert!(error.to_string().contains("sleeper: not finished"));
        assert!(begin.elapsed() < Duration::from_secs(30));
        for id in below {
            while is_alive(id) {
                assert!(begin.elapsed() < Duration::from_secs(30), "{id} lives on");
                thread::sleep(POLL);
            }
        }
    }

    #[test]
    fn a_failing_child_is_an_error_that_shows_what_it_said() {
        let error = capture(
            "sayer",
            &mut shell("echo why >&2; exit 3"),
            Duration::from_secs(10),
        )
        .expect_err("exit code 3");
        assert!(error.to_string().contains("why"), "{error}");
    }

    #[test]
    fn output_larger_than_a_pipe_arrives_whole() {
        let command = &mut shell("head -c 1000000 /dev/zero");
        let output = capture("zeros", command, Duration::from_secs(10)).expect("head exists");
        assert_eq!(output.len(), 1_000_000);
    }
}
