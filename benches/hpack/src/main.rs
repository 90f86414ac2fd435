//! eyas-hpack and its rivals in one interleaved run.

mod callgrind;
mod clock;
mod corpus;
mod libraries;
mod library;
mod measure;
mod statistics;
mod stories;
mod workload;

use std::env;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

use crate::callgrind::Callgrind;
use crate::corpus::Corpus;
use crate::workload::{Family, Part, Workload};

/// Measures eyas-hpack against its rivals.
#[derive(Debug, Parser)]
struct Options {
    /// Rounds; the median of them counts
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Only one family of workloads
    #[arg(long)]
    only: Option<Family>,
    /// Three rounds, and none for the slow ones
    #[arg(long)]
    quick: bool,
    /// Counts instructions too, with valgrind
    #[arg(long)]
    instructions: bool,
    /// Only does some work, to be counted from outside
    #[arg(long, hide = true, num_args = 4, value_names = ["LIBRARY", "WORKLOAD", "PART", "PASSES"])]
    run: Option<Vec<String>>,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let mut libraries = libraries::all();
    if let Some([name, workload, part, passes]) = options.run.as_deref() {
        let workload = Workload::from_name(workload).context("no such workload")?;
        let library = libraries.iter().find(|library| library.name == name);
        let part = Part::from_str(part, false).ok().context("no such part")?;
        return workload.run(library.context("no such library")?, part, passes.parse()?);
    }
    libraries::missing()
        .iter()
        .for_each(|line| eprintln!("{line}"));
    if options.quick {
        libraries.retain(|library| !library.is_slow);
    }
    let rounds = if options.quick { 3 } else { options.rounds };
    let callgrind = match options.instructions {
        true => Callgrind::find(env::current_exe()?),
        false => None,
    };
    let corpus = Corpus::all()?;
    for workload in Workload::all() {
        if options.only.is_some_and(|only| only != workload.family()) {
            continue;
        }
        let material = workload.material(&corpus);
        println!("\n{}: {}", workload.name(), material.describe());
        let samples = measure::measure(workload, &libraries, &material, rounds);
        let against = |name: &str| samples.iter().find(|samples| samples.library == name);
        let is_huffman = workload.family() == Family::Huffman;
        println!(
            "  {:<12} {:>9} {:>17} {:>8} {:>8} {:>10}",
            "library",
            if is_huffman { "MB/s" } else { "ns/field" },
            "min-max",
            "/ h2",
            "/ ls-hpack",
            "instr"
        );
        for row in &samples {
            let Some(each) = statistics::median(&row.each) else {
                continue;
            };
            let (least, most) = statistics::range(&row.each).unwrap_or_default();
            let ratio = |name| {
                let ratio = against(name).and_then(|to| statistics::ratio(&row.each, &to.each));
                let shown = |ratio: f64| if is_huffman { 1.0 / ratio } else { ratio };
                ratio.map_or("-".to_owned(), |ratio| format!("{:.2}", shown(ratio)))
            };
            let library = libraries.iter().find(|library| library.name == row.library);
            let instructions = match (&callgrind, library) {
                (Some(callgrind), Some(library))
                    if !library.is_slow && workload != Workload::Decode(None) =>
                {
                    let handles = workload == Workload::Encode
                        && library
                            .encoding
                            .is_some_and(|encoding| encoding.handling.is_some());
                    let total = callgrind.instructions(library, workload, handles)?;
                    format!("{:.1}", total / material.units() as f64)
                }
                _ => "-".to_owned(),
            };
            let shown = |each: f64| if is_huffman { 1e3 / each } else { each };
            let (low, high) = (shown(least).min(shown(most)), shown(least).max(shown(most)));
            println!(
                "  {:<12} {:>9.1} {:>17} {:>8} {:>8} {:>10}",
                row.library,
                shown(each),
                format!("{low:.1}-{high:.1}"),
                ratio("h2"),
                ratio("ls-hpack"),
                instructions
            );
        }
    }
    Ok(())
}
