//! Instructions, counted by valgrind around this very program.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::library::Library;
use crate::report::Section;
use crate::workload::Workload;

/// A valgrind that works.
#[derive(Debug)]
pub(crate) struct Callgrind {
    program: PathBuf,
}

impl Callgrind {
    /// `None` when there is no valgrind. `program` is started as
    /// `program --run LIBRARY WORKLOAD PART PASSES`, or as `program --run-linear CUT PASSES`.
    pub(crate) fn find(program: PathBuf) -> Option<Self> {
        let mut version = Command::new("valgrind");
        let status = version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.ok()?.success().then_some(Self { program })
    }

    /// Fills in the instructions of every row, as many at a time as there are processors.
    pub(crate) fn count(&self, sections: &mut [Section], libraries: &[Library]) -> Result<()> {
        let jobs: Vec<(usize, usize)> = (0..sections.len())
            .filter(|&at| sections[at].workload.is_counted())
            .flat_map(|at| (0..sections[at].rows.len()).map(move |row| (at, row)))
            .collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let worker = || {
            while let Some(&(at, row)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let section = &sections[at];
                let name = section.rows[row].library;
                let library = libraries.iter().find(|library| library.name == name);
                // A slow one would take minutes, to no end.
                let Some(library) = library.filter(|library| !library.is_slow) else {
                    continue;
                };
                let count = self.instructions(library, section.workload);
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((at, row, count));
            }
        };
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(worker))));
        for (at, row, count) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let section = &mut sections[at];
            section.rows[row].instructions = Some(count? / section.units as f64);
        }
        Ok(())
    }

    /// Instructions in user space for one pass of `library` through `workload`.
    fn instructions(&self, library: &Library, workload: Workload) -> Result<f64> {
        let each = |part| -> Result<f64> {
            // Reading the stories and the first pass are in both, and cancel out.
            let (few, many) = (1, 3);
            let total = |passes: u32| {
                let (name, passes) = (workload.name(), passes.to_string());
                self.total(&["--run", library.name, &name, part, &passes])
            };
            let (few_cost, many_cost) = (total(few)?, total(many)?);
            Ok((many_cost as f64 - few_cost as f64) / f64::from(many - few))
        };
        let handles = workload == Workload::Encode
            && library
                .encoding
                .is_some_and(|encoding| encoding.handling.is_some());
        Ok(each("whole")? - if handles { each("handling")? } else { 0.0 })
    }

    /// Instructions in user space of this program with these arguments, from start to end.
    pub(crate) fn total(&self, arguments: &[&str]) -> Result<u64> {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .env("GLIBC_TUNABLES", WITHOUT_REP)
            .arg(&self.program)
            .args(arguments)
            .output()
            .context("cannot start valgrind")?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!(
                "{arguments:?} under valgrind ended with {}:\n{said}",
                output.status
            );
        }
        collected(&said).with_context(|| format!("valgrind did not say what it counted:\n{said}"))
    }
}

/// From the line `==PID== Collected : NUMBER`.
fn collected(said: &str) -> Option<u64> {
    let counts = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))?
        .1;
    counts.split_whitespace().next()?.parse().ok()
}

/// Large copies with `rep movsb` count as an instruction for each octet, and only processors that are
/// good at it use it: without it a copied octet has the same small price everywhere.
const WITHOUT_REP: &str =
    "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let said = "==7== Callgrind, a call-graph profiler\n==7== Events    : Ir\n==7== Collected : 123456\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== Collected : \n"), None);
        assert_eq!(collected("==7== Events : Ir\n"), None);
    }
}
