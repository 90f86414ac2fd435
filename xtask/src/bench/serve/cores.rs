//! Which core does what, and what a process cost: its time on a core, its share of memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::family::descendants;
use crate::tools;

/// The core of the server, and the core of the load.
#[derive(Clone, Debug)]
pub(crate) struct Cores {
    server: usize,
    load: usize,
    /// Whether there is a program that pins.
    can_pin: bool,
    /// Where valgrind is to say what servers did, if it is to count their instructions.
    counted: Option<PathBuf>,
}

impl Cores {
    /// Core 0, and the next one that shares no pipeline with it.
    pub(crate) fn choose() -> Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        if count < 2 {
            bail!("server and load need a core each, and this machine has one");
        }
        let siblings = fs::read_to_string(SIBLINGS).unwrap_or_default();
        let load = (1..count).find(|core| !is_in(*core, &siblings));
        Ok(Self {
            server: 0,
            load: load.unwrap_or(1),
            can_pin: tools::find(PIN).is_some(),
            counted: None,
        })
    }

    /// The same, but that instructions of servers are counted; when one ends, there is a file
    /// `PID.callgrind` in `folder`.
    pub(crate) fn counted(&self, folder: &Path) -> Self {
        Self {
            counted: Some(folder.to_owned()),
            ..self.clone()
        }
    }

    /// Whether instructions of servers are counted, which makes them many times slower.
    pub(crate) fn is_counted(&self) -> bool {
        self.counted.is_some()
    }

    /// One line that says what is where.
    pub(crate) fn describe(&self) -> String {
        if self.can_pin {
            format!(
                "servers on core {}, load on core {}",
                self.server, self.load
            )
        } else {
            format!("nothing is pinned to a core, for `{PIN}` is not installed")
        }
    }

    /// A command for `program` on the server's core, with room for many connections.
    pub(crate) fn server(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", WITH_FILES]);
        self.pin(&mut command, self.server);
        if let Some(folder) = &self.counted {
            let log = folder.join("%p.callgrind");
            command
                .args([
                    VALGRIND,
                    "--tool=callgrind",
                    "--callgrind-out-file=/dev/null",
                ])
                .arg(format!("--log-file={}", log.display()))
                .env("GLIBC_TUNABLES", WITHOUT_REP);
        }
        command.arg(program);
        command
    }

    /// A command for `program` on the load's core.
    pub(crate) fn load(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$0\" \"$@\""]);
        self.pin(&mut command, self.load);
        command.arg(program);
        command
    }

    fn pin(&self, command: &mut Command, core: usize) {
        if self.can_pin {
            command.args([PIN, "-c", &core.to_string()]);
        }
    }
}

/// Time on a core of the process `id` and of all it has started, in ns.
pub(crate) fn cpu_ns(id: u32) -> Result<u64> {
    let mut total = 0;
    for id in family(id) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{id}/task")) else {
            continue;
        };
        for task in tasks.filter_map(Result::ok) {
            // A thread may have gone meanwhile; servers keep theirs.
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            total += first_number(&text).unwrap_or(0);
        }
    }
    if total == 0 {
        bail!("the process {id} is gone, or this is no Linux with /proc/PID/schedstat");
    }
    Ok(total)
}

/// The memory of the process `id` and of all it has started, shared pages divided by who shares them,
/// in KiB.
pub(crate) fn pss_kib(id: u32) -> Result<u64> {
    let mut total = 0;
    for id in family(id) {
        let path = format!("/proc/{id}/smaps_rollup");
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        total += line
            .and_then(first_number)
            .with_context(|| format!("{path} has no Pss"))?;
    }
    Ok(total)
}

fn family(id: u32) -> Vec<u32> {
    let mut family = vec![id];
    family.extend(descendants(id));
    family
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Whether a list such as `0,4` or `0-1` names the core.
fn is_in(core: usize, list: &str) -> bool {
    list.trim().split(',').any(|part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        match (from.parse::<usize>(), to.parse::<usize>()) {
            (Ok(from), Ok(to)) => (from..=to).contains(&core),
            _ => false,
        }
    })
}

/// What counts instructions.
pub(crate) const VALGRIND: &str = "valgrind";

/// Large copies with `rep movsb` count as an instruction for each octet, and only processors that are
/// good at it use it: without it a copied octet has the same small price everywhere.
const WITHOUT_REP: &str =
    "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000";

const PIN: &str = "taskset";
const SIBLINGS: &str = "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list";

/// Where the limit cannot be raised, the measurement that needs it says so.
const WITH_FILES: &str = "ulimit -n 8192 2>/dev/null; exec \"$0\" \"$@\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_are_read_from_lists_and_ranges() {
        assert!(is_in(4, "0,4\n") && is_in(1, "0-1\n") && is_in(0, "0\n"));
        assert!(!is_in(1, "0,4\n") && !is_in(2, "0-1") && !is_in(0, ""));
    }

    #[test]
    fn this_process_has_cost_something() {
        let id = std::process::id();
        assert!(cpu_ns(id).is_ok_and(|ns| ns > 10_000));
        assert!(pss_kib(id).is_ok_and(|kib| kib > 100));
    }
}
