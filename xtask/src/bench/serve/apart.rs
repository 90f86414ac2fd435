//! Figures of servers that are started for them: memory, and instructions.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::serve::clients::{Clients, LIMIT, add_fields};
use crate::bench::serve::record::{Metric, Sample};
use crate::bench::serve::servers::{Running, Server};
use crate::bench::serve::workloads::Load;
use crate::lines::Lines;
use crate::process::Guard;

impl Clients {
    /// What idle connections or stalled streams add to the memory of a server that has just been
    /// started.
    pub(crate) fn memory(&self, load: Load, server: Server, running: &Running) -> Result<Sample> {
        let (tls, path, count, arguments) = match load {
            Load::Idle { tls } => {
                let connections = vec!["-c".to_owned(), self.idle.to_string()];
                (tls, "/hello", self.idle, connections)
            }
            _ => (
                false,
                "/1m",
                STALLED,
                vec!["-m".to_owned(), STALLED.to_string()],
            ),
        };
        // What is made at the first request is not a connection's.
        let mut first = self.blast("load", server, running, path, tls)?;
        self.run(first.arg("--requests=10"))?;
        thread::sleep(SETTLE);
        let before = running.pss_kib()?;
        let mut command = self.blast("hold", server, running, path, tls)?;
        for field in IDLE_FIELDS {
            command.args(["-H", field]);
        }
        command.args(arguments);
        let mut holder = Guard::spawn("blast hold", command.stdout(Stdio::piped()))?;
        Lines::of("blast hold", &mut holder)?.next("ready", LIMIT)?;
        thread::sleep(SETTLE);
        let grown = running.pss_kib()?.saturating_sub(before);
        let each = grown as f64 / f64::from(count);
        Ok(Sample::from([(Metric::KibEach.key().to_owned(), each)]))
    }

    /// Instructions for a request, by the difference of a short run and a long one: what a server does
    /// once is in both. `start` gives a server under valgrind, which leaves its count in `folder`.
    pub(crate) fn instructions(
        &self,
        load: Load,
        server: Server,
        start: impl Fn() -> Result<Running>,
        folder: &Path,
    ) -> Result<Sample> {
        let mut totals = Vec::new();
        for requests in COUNTED {
            let running = start()?;
            let mut command = self.blast("load", server, &running, "/hello", false)?;
            command.args(["-c", "1", "-m", "100", &format!("--requests={requests}")]);
            if matches!(load, Load::Counted { fields: true }) {
                add_fields(&mut command);
            }
            self.run(&mut command)?;
            let log = folder.join(format!("{}.callgrind", running.end()?));
            let said = fs::read_to_string(&log).unwrap_or_default();
            totals.push(
                collected(&said).with_context(|| format!("valgrind counted nothing: {said}"))?,
            );
        }
        let [few, many] = COUNTED;
        let each = (totals[1] - totals[0]) / (many - few) as f64;
        Ok(Sample::from([(
            Metric::Instructions.key().to_owned(),
            each,
        )]))
    }
}

/// From the line `==PID== Collected : NUMBER`.
fn collected(said: &str) -> Option<f64> {
    let counts = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))?
        .1;
    counts.split_whitespace().next()?.parse().ok()
}

/// What a browser sends even when it asks for nothing in particular.
const IDLE_FIELDS: [&str; 4] = [
    "accept: */*",
    "accept-encoding: gzip, deflate, br",
    "accept-language: en-US,en;q=0.9",
    "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
];

/// Requests of a short run and a long one.
const COUNTED: [u64; 2] = [2_000, 8_000];
const STALLED: u32 = 100;
/// Until a server has given back what it keeps for a moment.
const SETTLE: Duration = Duration::from_millis(1_500);
