//! Counts what a request costs, and compares it with the saved figures.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Parser;
use eyas_benches::{
    Baseline, Callgrind, CountingAllocator, Figures, Metric, Verdict, Workload, serve,
};
use serde_json::{Map, Value};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator::new();

/// Counts instructions, heap calls, reads, writes and octets for one request, in process; and the
/// server's instructions over a loopback socket.
#[derive(Debug, Parser)]
struct Args {
    /// Save the figures instead of comparing them
    #[arg(long)]
    save: bool,
    /// Count only workloads with this in their name
    #[arg(long, default_value = "")]
    only: String,
    /// Only run a workload, to be watched from outside; one over a socket is served until standard
    /// input ends, however many requests there are
    #[arg(long, num_args = 2, value_names = ["WORKLOAD", "REQUESTS"], conflicts_with = "save")]
    run: Option<Vec<String>>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if let Some([name, requests]) = args.run.as_deref() {
        let workload =
            Workload::from_name(name).with_context(|| format!("no workload `{name}`"))?;
        if workload.is_over_socket() {
            serve()?;
        } else {
            workload.run(requests.parse().context("REQUESTS is no number")?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let program = env::current_exe().context("cannot find this program")?;
    let callgrind = Callgrind::find(program);
    if callgrind.is_none() {
        eprintln!(
            "valgrind is not installed: instructions are not counted (apt-get install valgrind)"
        );
    }
    let mut counted = Vec::new();
    let all = Workload::ALL.into_iter();
    for workload in all.filter(|workload| workload.name().contains(&args.only)) {
        let mut figures = workload.figures()?;
        figures.instructions = match &callgrind {
            Some(callgrind) => Some(callgrind.instructions(workload)?),
            None => None,
        };
        counted.push((workload, figures));
    }
    if counted.is_empty() {
        bail!("no workload has `{}` in its name", args.only);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.toml");
    let mut baseline = Baseline::read(&path)?;
    let over = print(&counted, &baseline);
    println!("{}", json(&counted));
    if args.save {
        for (workload, figures) in &counted {
            baseline.save(*workload, figures);
        }
        baseline.write(&path)?;
        println!("saved in {}", path.display());
    } else if over > 0 {
        eprintln!(
            "{over} figures are over their bound; `--save` accepts them, with a reason in the commit"
        );
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the table, and says how many figures are over their bound.
fn print(counted: &[(Workload, Figures)], baseline: &Baseline) -> usize {
    let mut over = 0;
    println!(
        "{:<18} {:<14} {:>14} {:>14}  verdict",
        "workload", "each request", "counted", "saved"
    );
    for (workload, figures) in counted {
        for metric in Metric::ALL {
            let Some(value) = metric.of(figures) else {
                continue;
            };
            let (saved, verdict) = match baseline.verdict(*workload, metric, value) {
                Verdict::New => ("-".to_owned(), "new"),
                Verdict::Within { saved } => (format!("{saved:.3}"), "ok"),
                Verdict::Over { saved } => {
                    over += 1;
                    (format!("{saved:.3}"), "OVER")
                }
            };
            let (workload, metric) = (workload.name(), metric.name());
            println!("{workload:<18} {metric:<14} {value:>14.3} {saved:>14}  {verdict}");
        }
    }
    over
}

fn json(counted: &[(Workload, Figures)]) -> Value {
    let object = |figures: &Figures| -> Map<String, Value> {
        let known = Metric::ALL
            .into_iter()
            .filter_map(|metric| Some((metric, metric.of(figures)?)));
        known
            .map(|(metric, value)| (metric.name().to_owned(), value.into()))
            .collect()
    };
    let all: Map<String, Value> = counted
        .iter()
        .map(|(workload, figures)| (workload.name().to_owned(), object(figures).into()))
        .collect();
    all.into()
}
