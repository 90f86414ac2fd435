//! How much memory a process holds, watched while something happens to it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

/// Samples of a process's resident memory, taken until it is finished.
#[derive(Debug)]
pub(crate) struct MemoryWatch {
    first: u64,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl MemoryWatch {
    /// Begins to watch the process `id`.
    pub(crate) fn start(id: u32) -> Result<Self> {
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

const SAMPLE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_of_this_process_is_above_nothing() {
        assert!(resident_kib(std::process::id()).is_ok_and(|kib| kib > 100));
    }
}
