//! Runs a load client at a server, and reads off what it cost the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::bench::serve::cores::Cores;
use crate::bench::serve::record::{Metric, Sample};
use crate::bench::serve::servers::{Running, Server};
use crate::bench::serve::workloads::{Client, Load};
use crate::h2load;
use crate::lines::Lines;
use crate::process::{self, Guard};

/// The load clients.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) cores: Cores,
    /// Ours.
    pub(crate) blast: String,
    /// `None` where it is not installed.
    pub(crate) h2load: Option<PathBuf>,
    /// For how long each figure is taken.
    pub(crate) window: Duration,
    /// How many connections are idle at once.
    pub(crate) idle: u32,
}

/// Requests that were answered, and how long that took.
struct Answered {
    requests: f64,
    seconds: f64,
    /// What else the client has measured.
    further: Option<Value>,
}

impl Clients {
    /// Who asks, in the record.
    pub(crate) fn name(&self, load: Load) -> &'static str {
        match self.of(load) {
            Some(_) => "h2load",
            None => "blast",
        }
    }

    /// h2load, if that is who asks.
    fn of(&self, load: Load) -> Option<&PathBuf> {
        match load {
            Load::Steady {
                client: Client::H2load,
                ..
            } => self.h2load.as_ref(),
            _ => None,
        }
    }

    /// Asks once for each path that is measured: status 200, and the right content.
    pub(crate) fn verify(&self, server: Server, running: &Running) -> Result<()> {
        let contents = PATHS.iter().map(|(path, octets)| {
            let expect = format!("--expect={octets}");
            (*path, false, vec![expect])
        });
        let mut asked: Vec<(&str, bool, Vec<String>)> = contents.collect();
        asked.push((
            "/hello",
            false,
            vec!["--expect-text=Hello, World!".to_owned()],
        ));
        if server.has_tls() {
            asked.push((
                "/hello",
                true,
                vec!["--expect-text=Hello, World!".to_owned()],
            ));
        }
        let upload = |octets: u32| {
            let mut arguments = vec![format!("--upload={octets}")];
            if server.debian().is_none() && server.is_real() {
                arguments.push(format!("--expect-text={octets}"));
            }
            ("/upload", false, arguments)
        };
        if server.reads_uploads() {
            asked.extend([upload(1 << 20), upload(10 << 20)]);
        }
        for (path, tls, arguments) in asked {
            let mut command = self.blast("load", server, running, path, tls)?;
            command.args(["--requests=1"]).args(arguments);
            process::capture("blast", &mut command, LIMIT)
                .with_context(|| format!("{} does not answer {path} rightly", server.name()))?;
        }
        Ok(())
    }

    /// One figure of a steady load. `rate` is how many requests a second are likely, and then how many
    /// there were; 0 when nothing is known.
    pub(crate) fn steady(
        &self,
        load: Load,
        server: Server,
        running: &Running,
        rate: &mut f64,
    ) -> Result<Sample> {
        let Load::Steady { path, upload, .. } = load else {
            unreachable!("a steady load is what this is for");
        };
        if *rate == 0.0 {
            // Warms up, and finds the rate; the first guess is only good enough for a second one.
            for seconds in [0.02, 0.15] {
                let answered = self.answered(load, server, running, *rate, seconds)?;
                *rate = answered.requests / answered.seconds;
            }
        }
        let before = running.cpu_ns()?;
        let answered = self.answered(load, server, running, *rate, self.window.as_secs_f64())?;
        // The connections are closed now, and that belongs to them.
        thread::sleep(Duration::from_millis(3));
        let cpu_ns = (running.cpu_ns()? - before) as f64;
        let Answered {
            requests,
            seconds,
            further,
        } = answered;
        *rate = requests / seconds;
        let octets = if upload > 0 { upload } else { octets(path) };
        let gigaoctets = requests * octets as f64 / 1e9;
        let mut sample = Sample::from(
            [
                (Metric::CpuMicros, cpu_ns / 1e3 / requests),
                (Metric::Rate, requests / seconds),
                (Metric::CpuMillisPerGb, cpu_ns / 1e6 / gigaoctets),
                (Metric::GbPerSecond, gigaoctets / seconds),
            ]
            .map(|(metric, value)| (metric.key().to_owned(), value)),
        );
        if let Some(figures) = further {
            latencies(&figures, &mut sample)?;
        }
        Ok(sample)
    }

    /// Latencies beside bulk, and the rate of the bulk.
    pub(crate) fn beside(&self, load: Load, server: Server, running: &Running) -> Result<Sample> {
        let Load::Beside { path, field } = load else {
            unreachable!("requests beside bulk are what this is for");
        };
        let mut command = self.blast("beside", server, running, path, false)?;
        // A request a millisecond: below a second there are too few for a p99.
        let seconds = self.window.as_secs_f64() * 2.0;
        command.args(["--bulk=/100m", &format!("--seconds={seconds}")]);
        if let Some(field) = field {
            command.args(["--own-field", field]);
        }
        let figures = self.run(&mut command)?;
        let mut sample = Sample::new();
        latencies(&figures, &mut sample)?;
        let rate = number(&figures, "octets")? / 1e9 / number(&figures, "seconds")?;
        sample.insert(Metric::GbPerSecond.key().to_owned(), rate);
        Ok(sample)
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

    fn answered(
        &self,
        load: Load,
        server: Server,
        running: &Running,
        rate: f64,
        seconds: f64,
    ) -> Result<Answered> {
        let Load::Steady {
            path,
            connections,
            streams,
            tls,
            fields,
            upload,
            ..
        } = load
        else {
            unreachable!("a steady load is what this is for");
        };
        let (connections, streams) = (connections.to_string(), streams.to_string());
        let shape = ["-c", connections.as_str(), "-m", streams.as_str()];
        if let Some(h2load) = self.of(load) {
            let mut command = self.cores.load(&h2load.to_string_lossy());
            // A number, not a time: what h2load breaks off at the end of a time costs, and is not counted.
            let requests = (rate * seconds).max(MIN_REQUESTS) as u64;
            command.args(shape).args(["-n", &requests.to_string()]);
            if fields {
                add_fields(&mut command);
            }
            let scheme = if tls { "https" } else { "http" };
            command.arg(format!("{scheme}://{}{path}", running.address(path, tls)?));
            let report = h2load::report("h2load", &mut command, LIMIT)?;
            return Ok(Answered {
                requests: report.succeeded as f64,
                seconds: report.took.as_secs_f64(),
                further: None,
            });
        }
        let mut command = self.blast("load", server, running, path, tls)?;
        command.args(shape).arg(format!("--seconds={seconds}"));
        if upload > 0 {
            command.arg(format!("--upload={upload}"));
        } else {
            command.arg(format!("--expect={}", octets(path)));
        }
        if fields {
            add_fields(&mut command);
        }
        let figures = self.run(&mut command)?;
        Ok(Answered {
            requests: number(&figures, "requests")?,
            seconds: number(&figures, "seconds")?,
            further: Some(figures),
        })
    }

    fn blast(
        &self,
        verb: &str,
        server: Server,
        running: &Running,
        path: &str,
        tls: bool,
    ) -> Result<Command> {
        let mut command = self.cores.load(&self.blast);
        let address = running.address(path, tls)?.to_string();
        command.args([verb, "--address", &address, "--path", path]);
        if tls {
            command.arg("--tls");
        }
        // It reads an upload to its end, and then says that files cannot be written: 405.
        if server == Server::H2o && path == "/upload" {
            command.arg("--any-status");
        }
        Ok(command)
    }

    fn run(&self, command: &mut Command) -> Result<Value> {
        let output = process::capture("blast", command, LIMIT)?;
        serde_json::from_slice(&output).context("blast printed no JSON")
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

fn add_fields(command: &mut Command) {
    for line in BROWSER_FIELDS.lines().filter(|line| !line.is_empty()) {
        command.args(["-H", line]);
    }
}

fn latencies(figures: &Value, sample: &mut Sample) -> Result<()> {
    for (metric, name) in [(Metric::P50, "p50_us"), (Metric::P99, "p99_us")] {
        sample.insert(metric.key().to_owned(), number(figures, name)?);
    }
    let over = number(figures, "over_20_ms")? / number(figures, "requests")?.max(1.0);
    sample.insert(Metric::Over20.key().to_owned(), over * 1e6);
    Ok(())
}

fn number(figures: &Value, name: &str) -> Result<f64> {
    let number = figures.get(name).and_then(Value::as_f64);
    number.with_context(|| format!("blast has not said `{name}`: {figures}"))
}

/// Octets of content of an answer.
fn octets(path: &str) -> u64 {
    let known = PATHS.iter().find(|(known, _)| *known == path);
    known.map_or(13, |(_, octets)| *octets)
}

/// Name and value of 17 fields, one pair a line.
const BROWSER_FIELDS: &str = include_str!("../../../../benches/browser-fields.txt");

/// What a browser sends even when it asks for nothing in particular.
const IDLE_FIELDS: [&str; 4] = [
    "accept: */*",
    "accept-encoding: gzip, deflate, br",
    "accept-language: en-US,en;q=0.9",
    "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36",
];

const PATHS: [(&str, u64); 6] = [
    ("/hello", 13),
    ("/1k", 1 << 10),
    ("/16k", 16 << 10),
    ("/64k", 64 << 10),
    ("/1m", 1 << 20),
    ("/100m", 100 << 20),
];

/// Requests of a short run and a long one.
const COUNTED: [u64; 2] = [2_000, 8_000];
const MIN_REQUESTS: f64 = 1_000.0;
const STALLED: u32 = 100;
/// Until a server has given back what it keeps for a moment.
const SETTLE: Duration = Duration::from_millis(1_500);
const LIMIT: Duration = Duration::from_secs(120);
