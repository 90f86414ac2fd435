//! Runs of h2load, and what it says at the end.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process;

/// How many requests a run made, and what came of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// Answered with a status of 2xx or 3xx.
    pub(crate) succeeded: u64,
    /// Failed, timed out or got another status.
    pub(crate) failed: u64,
    /// From the first connection to the last answer.
    pub(crate) took: Duration,
    /// The rate in h2load's own words, such as `10.2ms, 195000.00 req/s, 8.44MB/s`.
    pub(crate) pace: String,
}

/// Runs h2load with `arguments` on `path` of the server, one thread, for `limit` at most. Any request
/// that does not succeed is an error.
pub(crate) fn run(
    program: &Path,
    arguments: &[&str],
    server: SocketAddr,
    path: &str,
    limit: Duration,
) -> Result<Report> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(format!("http://{server}{path}"));
    let label = format!("h2load {} {path}", arguments.join(" "));
    let bar = process::spinner(&label);
    let report = report(&label, &mut command, limit);
    bar.finish_and_clear();
    report
}

/// Runs `command`, an h2load with all its arguments. Any request that does not succeed is an error.
pub(crate) fn report(label: &str, command: &mut Command, limit: Duration) -> Result<Report> {
    let output = process::capture(label, command, limit)?;
    let output = String::from_utf8_lossy(&output).into_owned();
    let report = parse(&output)
        .with_context(|| format!("{label}: its summary could not be read\n{output}"))?;
    if report.failed > 0 || report.succeeded == 0 {
        bail!(
            "{label}: {} requests did not succeed\n{output}",
            report.failed
        );
    }
    Ok(report)
}

fn parse(output: &str) -> Option<Report> {
    let line = |start: &str| output.lines().find_map(|line| line.strip_prefix(start));
    // "2000 total, 2000 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout"
    let requests = line("requests: ")?;
    let count = |name: &str| {
        requests
            .split(", ")
            .find_map(|part| part.strip_suffix(name)?.trim().parse::<u64>().ok())
    };
    // "2xx" counts heads, "done" counts ends: one that began well and broke off is no success.
    let total = count("total")?;
    let succeeded = count("succeeded")?.min(count("done")?);
    let pace = line("finished in ")?.to_owned();
    Some(Report {
        succeeded,
        failed: total.checked_sub(succeeded)?,
        took: duration(pace.split(',').next()?)?,
        pace,
    })
}

/// From text such as `5.12ms`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let seconds = match unit {
        "s" => 1.0,
        "ms" => 1e-3,
        "us" => 1e-6,
        _ => return None,
    };
    let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
    Duration::try_from_secs_f64(number * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(requests: &str) -> String {
        format!(
            "starting benchmark...\nprogress: 100% done\n\nfinished in 5.12ms, 1952.00 req/s, 80KB/s\n\
             requests: {requests}\nstatus codes: 10 2xx, 0 3xx, 0 4xx, 0 5xx\n"
        )
    }

    #[test]
    fn the_summary_is_read() {
        let summary = "10 total, 10 started, 10 done, 10 succeeded, 0 failed, 0 errored, 0 timeout";
        let report = parse(&output(summary)).expect("a summary");
        assert_eq!((report.succeeded, report.failed), (10, 0));
        assert_eq!(report.took, Duration::from_micros(5_120));
        assert_eq!(report.pace, "5.12ms, 1952.00 req/s, 80KB/s");
    }

    #[test]
    fn a_request_that_never_ended_has_failed() {
        let summary = "10 total, 10 started, 7 done, 7 succeeded, 0 failed, 0 errored, 0 timeout";
        assert_eq!(parse(&output(summary)).map(|report| report.failed), Some(3));
        assert_eq!(parse("connect failed\n"), None);
    }
}
