//! Figures of servers that are up all the time: a steady load, and requests beside bulk.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use crate::bench::serve::clients::{Clients, LIMIT, add_fields, number, octets};
use crate::bench::serve::record::{Metric, Sample};
use crate::bench::serve::servers::{Running, Server};
use crate::bench::serve::workloads::{Client, Load};
use crate::h2load;

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
        let Load::Beside {
            path,
            field,
            window,
        } = load
        else {
            unreachable!("requests beside bulk are what this is for");
        };
        let mut command = self.blast("beside", server, running, path, false)?;
        // A request a millisecond: below a second there are too few for a p99.
        let seconds = self.window.as_secs_f64() * 2.0;
        command.args(["--bulk=/100m", &format!("--seconds={seconds}")]);
        command.arg(format!("--window={window}"));
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
}

fn latencies(figures: &Value, sample: &mut Sample) -> Result<()> {
    for (metric, name) in [(Metric::P50, "p50_us"), (Metric::P99, "p99_us")] {
        sample.insert(metric.key().to_owned(), number(figures, name)?);
    }
    let over = number(figures, "over_20_ms")? / number(figures, "requests")?.max(1.0);
    sample.insert(Metric::Over20.key().to_owned(), over * 1e6);
    Ok(())
}

const MIN_REQUESTS: f64 = 1_000.0;
