//! `bench wake`: the wake rule, counted: how often a server writes for each response, whatever its runtime
//! and whether its handlers answer at once or wait; and what a second worker is worth.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::lines::Lines;
use crate::process::{self, Guard};
use crate::table::Table;
use crate::workspace::Workspace;
use crate::{h2load, tools};

/// Runs every runtime with every handler. Too many writes are an error, too little speed is told.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let h2load = tools::need("h2load", "nghttp2-client")?;
    let mut build = workspace.cargo();
    build.args(["build", "--quiet", "--release", "--package", "eyas-benches"]);
    build.args(["--bin", "wake"]);
    process::run("cargo build", &mut build, BUILD_LIMIT)?;
    let binary = workspace.release_binary("wake")?;

    let mut table = Table::new(&[
        "runtime",
        "handler",
        "writes per response",
        "bound",
        "verdict",
    ]);
    let mut misses = 0;
    for runtime in ["current", "multi1", "multi2"] {
        for handler in ["now", "channel"] {
            let run = measure(&h2load, &binary, runtime, handler, "20000")?;
            let writes = run.writes as f64 / run.responses.max(1) as f64;
            let is_met = writes <= WRITES_MAX;
            misses += usize::from(!is_met);
            table.row([
                runtime.to_owned(),
                handler.to_owned(),
                format!("{writes:.4}"),
                format!("{WRITES_MAX:.4}"),
                if is_met { "ok" } else { "MISSED" }.to_owned(),
            ]);
        }
    }
    print!("{table}");
    let rate = |runtime| {
        let run = measure(&h2load, &binary, runtime, "burn", "2000")?;
        Ok::<_, anyhow::Error>(run.responses as f64 / run.took.as_secs_f64())
    };
    let (one, two) = (rate("multi1")?, rate("multi2")?);
    println!(
        "handlers that burn a millisecond, on one connection: {one:.0} a second with one worker, \
         {two:.0} with two: {:.2} times as many",
        two / one
    );
    if misses > 0 {
        bail!("bench wake: {misses} figures are past their bound");
    }
    Ok(())
}

#[derive(Debug)]
struct Run {
    responses: u64,
    writes: u64,
    took: Duration,
}

fn measure(
    h2load: &Path,
    binary: &Path,
    runtime: &str,
    handler: &str,
    requests: &str,
) -> Result<Run> {
    let label = format!("wake {runtime} {handler}");
    let mut command = Command::new(binary);
    command.args([runtime, handler]).stdout(Stdio::piped());
    let mut guard = Guard::spawn(&label, &mut command)?;
    let lines = Lines::of(&label, &mut guard)?;
    let address: SocketAddr = lines.next("its address", LIMIT)?.parse()?;
    let arguments = ["-n", requests, "-c", "1", "-m", "64"];
    let report = h2load::run(h2load, &arguments, address, "/", LIMIT)?;
    guard.interrupt()?;
    let told: Value = serde_json::from_str(&lines.next("its counters", LIMIT)?)?;
    let count = |name: &str| {
        let count = told.get(name).and_then(Value::as_u64);
        count.with_context(|| format!("{label} did not count `{name}`: {told}"))
    };
    Ok(Run {
        responses: count("responses")?,
        writes: count("writes")?,
        took: report.took,
    })
}

/// Writes for a response with 64 streams: a turn that writes once says dozens of them.
const WRITES_MAX: f64 = 0.05;

const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
const LIMIT: Duration = Duration::from_secs(60);
