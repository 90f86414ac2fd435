//! `shutdown`: rounds of a graceful shutdown under load. What the server has accepted is answered,
//! GOAWAY is sent twice, and the end comes before the deadline.

mod watcher;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;

use crate::process;
use crate::server::{self, Launch};
use crate::shutdown::watcher::Watcher;
use crate::workspace::Workspace;

/// How often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many times a server is started, loaded and asked to stop
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rounds: u32,
}

/// What all rounds came to.
#[derive(Debug, Default)]
struct Sum {
    answered: u64,
    refused: u64,
    slowest: Duration,
}

impl Options {
    pub(crate) fn smoke() -> Self {
        Self { rounds: 20 }
    }
}

/// Runs the rounds, up to the first in which something is lost.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let binary = server::build(workspace)?;
    let bar = process::spinner("shutting down");
    let mut sum = Sum::default();
    for number in 1..=options.rounds {
        bar.set_message(format!("round {number} of {}", options.rounds));
        round(&binary, number, &mut sum)
            .with_context(|| format!("shutdown: round {number} of {}", options.rounds))?;
    }
    bar.finish_and_clear();
    println!(
        "shutdown: {} rounds, {} requests accepted and answered, {} refused by GOAWAY, the slowest \
         drain took {} ms",
        options.rounds,
        sum.answered,
        sum.refused,
        sum.slowest.as_millis()
    );
    Ok(())
}

fn round(binary: &Path, number: u32, sum: &mut Sum) -> Result<()> {
    let deadline = DEADLINE.as_secs().to_string();
    let server = Launch::new(binary, 2)
        .with(&["--shutdown-timeout", &deadline])
        .start()?;
    let mut warmth = Vec::new();
    let mut watchers = Vec::new();
    for _ in 0..CONNECTIONS {
        let answered = Arc::new(AtomicU64::new(0));
        let watcher = Watcher::open(server.address(), Arc::clone(&answered))?;
        watchers.push(thread::spawn(move || watcher.watch()));
        warmth.push(answered);
    }
    let begin = Instant::now();
    let is_warm = |answered: &Arc<AtomicU64>| answered.load(Ordering::Relaxed) >= WARM_ANSWERS;
    while !warmth.iter().all(is_warm) {
        if begin.elapsed() > LIMIT {
            bail!(
                "{WARM_ANSWERS} answers each did not come in {} s",
                LIMIT.as_secs()
            );
        }
        thread::sleep(Duration::from_millis(1));
    }
    // Not always at the same moment of the load.
    thread::sleep(Duration::from_micros(u64::from(number) * 1_370 % 10_000));
    let asked = Instant::now();
    server.terminate()?;
    let mut seen = 0;
    for watcher in watchers {
        let story = watcher
            .join()
            .map_err(|_| anyhow!("a client broke off"))??;
        let tally = story.judge()?;
        seen += tally.answered;
        sum.refused += tally.refused;
    }
    let (counters, _) = server.ended(LIMIT)?;
    let took = asked.elapsed();
    if took > DEADLINE {
        bail!("the drain took {} ms, longer than it may", took.as_millis());
    }
    if counters.requests != seen {
        let counted = counters.requests;
        bail!("the server counted {counted} requests, the clients saw {seen} answered");
    }
    sum.answered += seen;
    sum.slowest = sum.slowest.max(took);
    Ok(())
}

const CONNECTIONS: usize = 4;
/// On each of them, so that none is shut down before it has begun.
const WARM_ANSWERS: u64 = 10;
const DEADLINE: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_secs(20);
