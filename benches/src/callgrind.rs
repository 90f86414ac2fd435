//! Instructions of a workload, counted by valgrind around this very program.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::client::Plan;
use crate::socket;
use crate::workload::Workload;

/// A valgrind that works.
#[derive(Clone, Debug)]
pub struct Callgrind {
    program: PathBuf,
}

impl Callgrind {
    /// `None` when there is no valgrind. `program` is started as `program --run WORKLOAD REQUESTS`, and
    /// is to [`serve`](socket::serve) then when the workload goes over a socket.
    #[must_use]
    pub fn find(program: PathBuf) -> Option<Self> {
        let mut version = Command::new(VALGRIND);
        version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = version.status().ok()?;
        status.success().then_some(Self { program })
    }

    /// Instructions in user space for one request of `workload`.
    ///
    /// # Errors
    ///
    /// When the workload fails, or valgrind does.
    pub fn instructions(&self, workload: Workload) -> Result<f64> {
        let (few, many) = workload.spans();
        let (few_cost, many_cost) = (self.total(workload, few)?, self.total(workload, many)?);
        Ok((many_cost as f64 - few_cost as f64) / (many - few) as f64)
    }

    fn total(&self, workload: Workload, requests: u64) -> Result<u64> {
        let mut command = Command::new(VALGRIND);
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .env("GLIBC_TUNABLES", WITHOUT_REP)
            .arg(&self.program)
            .args(["--run", workload.name(), &requests.to_string()]);
        let output = if workload.is_over_socket() {
            served(&mut command, workload.plan(requests))
        } else {
            command.output().context("cannot start valgrind")
        };
        let output = output.with_context(|| format!("{} under valgrind", workload.name()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!(
                "{} under valgrind ended with {}:\n{said}",
                workload.name(),
                output.status
            );
        }
        collected(&said).with_context(|| format!("valgrind did not say what it counted:\n{said}"))
    }
}

/// What `server` leaves behind when it has answered all of `plan`.
fn served(server: &mut Command, plan: Plan) -> Result<Output> {
    let pipes = server
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut server = pipes.spawn().context("cannot start valgrind")?;
    let asked = ask_child(&mut server, plan);
    if asked.is_err() {
        // It may not see the end of its input any more; what it said is still worth reading.
        let _ended = server.kill();
    }
    // Waiting closes its input, which it takes for the word to stop.
    let output = server.wait_with_output().context("cannot wait for it")?;
    asked.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(output)
}

fn ask_child(server: &mut Child, plan: Plan) -> Result<()> {
    let mut line = String::new();
    let output = server.stdout.as_mut().context("its output is piped")?;
    BufReader::new(output).read_line(&mut line)?;
    let address = line.trim().parse().context("it named no address")?;
    socket::ask(address, plan)
}

/// From the line `==PID== Collected : NUMBER`.
fn collected(said: &str) -> Option<u64> {
    let counts = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))?
        .1;
    counts.split_whitespace().next()?.parse().ok()
}

const VALGRIND: &str = "valgrind";

/// Large copies with `rep movsb` count as an instruction for each octet, and only processors that are
/// good at it use it: without it a copied octet has the same small price everywhere.
const WITHOUT_REP: &str =
    "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let said = "==7== Callgrind, a call-graph profiler\n==7== \n==7== Events    : Ir\n==7== Collected : 123456\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== Collected : \n"), None);
        assert_eq!(collected("==7== Events : Ir\n"), None);
    }
}
