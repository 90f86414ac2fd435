//! `load`: reads and writes per request and per MiB, counted by the server itself. They depend on how
//! well a turn is used, not on how fast the machine is.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::h2load;
use crate::server::{self, Counters, Server};
use crate::table::Table;
use crate::tools;
use crate::workspace::Workspace;

/// Runs every load with one thread and with two; a figure past its bound is an error.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let h2load = tools::need("h2load", "nghttp2-client")?;
    let binary = server::build(workspace)?;
    let mut table = Table::new(&["threads", "load", "what", "count", "bound", "verdict"]);
    let mut misses = 0;
    for threads in [1, 2] {
        for load in LOADS {
            for figure in best(&h2load, &binary, threads, load)? {
                let is_met = figure.count <= figure.bound;
                misses += usize::from(!is_met);
                table.row([
                    threads.to_string(),
                    load.name.to_owned(),
                    figure.what.to_owned(),
                    format!("{:.4}", figure.count),
                    format!("{:.4}", figure.bound),
                    if is_met { "ok" } else { "MISSED" }.to_owned(),
                ]);
            }
        }
    }
    print!("{table}");
    if misses > 0 {
        bail!("load: {misses} figures are past their bound");
    }
    Ok(())
}

/// The figures of a run that meets its bounds, or of the last one tried.
///
/// How many writes a large body takes depends on the client, too: one that falls behind, because its
/// neighbours have the processor, shortens them. The bound is on a client that keeps up.
fn best(h2load: &Path, binary: &Path, threads: usize, load: Load) -> Result<Vec<Figure>> {
    let tries = match load.ask {
        Ask::WritesPerMebibyte(_) => BULK_TRIES,
        Ask::WritesPerResponse(_) | Ask::OneEach { .. } => 1,
    };
    let mut last = Vec::new();
    for _ in 0..tries {
        last = figures(load, &measure(h2load, binary, threads, load)?);
        if last.iter().all(|figure| figure.count <= figure.bound) {
            break;
        }
    }
    Ok(last)
}

/// A run of h2load and what is asked of the server's counters after it.
#[derive(Clone, Copy, Debug)]
struct Load {
    name: &'static str,
    arguments: &'static [&'static str],
    path: &'static str,
    requests: u64,
    ask: Ask,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    /// So many writes for a response, at most.
    WritesPerResponse(f64),
    /// One read and one write for each request; this many more for the connection itself.
    OneEach { spare: u64 },
    /// So many writes for a MiB of what was written, at most.
    WritesPerMebibyte(f64),
}

/// A figure that must not be greater than its bound.
#[derive(Debug, PartialEq)]
struct Figure {
    what: &'static str,
    count: f64,
    bound: f64,
}

fn measure(h2load: &Path, binary: &Path, threads: usize, load: Load) -> Result<Counters> {
    let server = Server::start(binary, threads)?;
    h2load::run(h2load, load.arguments, server.address(), load.path, LIMIT)?;
    let counters = server.stop()?;
    let expected = (load.requests, 1);
    if (counters.requests, counters.connections) != expected {
        bail!(
            "{}: the server counted {} requests on {} connections, not {} on {}",
            load.name,
            counters.requests,
            counters.connections,
            expected.0,
            expected.1
        );
    }
    Ok(counters)
}

fn figures(load: Load, counters: &Counters) -> Vec<Figure> {
    let requests = load.requests as f64;
    let writes = counters.writes as f64;
    match load.ask {
        Ask::WritesPerResponse(bound) => vec![Figure {
            what: "writes per response",
            count: writes / requests,
            bound,
        }],
        Ask::OneEach { spare } => [("reads", counters.reads), ("writes", counters.writes)]
            .into_iter()
            .map(|(what, count)| Figure {
                what,
                count: count as f64,
                bound: (load.requests + spare) as f64,
            })
            .collect(),
        Ask::WritesPerMebibyte(bound) => vec![Figure {
            what: "writes per MiB",
            count: writes * (1 << 20) as f64 / counters.octets_out.max(1) as f64,
            bound,
        }],
    }
}

const LOADS: [Load; 4] = [
    Load {
        name: "64 at once",
        arguments: &["-n", "20000", "-c", "1", "-m", "64"],
        path: "/hello",
        requests: 20_000,
        ask: Ask::WritesPerResponse(0.05),
    },
    Load {
        name: "one at a time",
        arguments: &["-n", "2000", "-c", "1", "-m", "1"],
        path: "/hello",
        requests: 2_000,
        ask: Ask::OneEach { spare: 8 },
    },
    Load {
        name: "256 MiB, one stream",
        arguments: &["-n", "1", "-c", "1", "-m", "1", "-w", "30", "-W", "30"],
        path: "/bytes/268435456",
        requests: 1,
        ask: Ask::WritesPerMebibyte(4.0),
    },
    Load {
        name: "256 MiB, eight streams",
        arguments: &["-n", "8", "-c", "1", "-m", "8", "-w", "30", "-W", "30"],
        path: "/bytes/33554432",
        requests: 8,
        ask: Ask::WritesPerMebibyte(8.0),
    },
];

const BULK_TRIES: usize = 20;

const LIMIT: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    fn counters(reads: u64, writes: u64, octets_out: u64) -> Counters {
        Counters {
            requests: 0,
            connections: 1,
            reads,
            writes,
            octets_out,
        }
    }

    fn met(load: Load, counters: &Counters) -> Vec<bool> {
        let figures = figures(load, counters);
        let is_met = |figure: &Figure| figure.count <= figure.bound;
        figures.iter().map(is_met).collect()
    }

    #[test]
    fn bounds_are_met_to_the_last_write_and_no_further() {
        assert_eq!(met(LOADS[0], &counters(0, 1000, 0)), [true]);
        assert_eq!(met(LOADS[0], &counters(0, 1001, 0)), [false]);
        assert_eq!(met(LOADS[1], &counters(2008, 2008, 0)), [true, true]);
        assert_eq!(met(LOADS[1], &counters(2009, 2009, 0)), [false, false]);
        assert_eq!(met(LOADS[2], &counters(0, 1024, 256 << 20)), [true]);
        assert_eq!(met(LOADS[2], &counters(0, 1025, 256 << 20)), [false]);
        assert_eq!(met(LOADS[3], &counters(0, 2048, 256 << 20)), [true]);
        assert_eq!(met(LOADS[3], &counters(0, 2049, 256 << 20)), [false]);
    }
}
