//! eyas-hpack and its rivals in one interleaved run.

mod bounds;
mod callgrind;
mod clock;
mod corpus;
mod gate;
mod json;
mod libraries;
mod library;
mod linear;
mod measure;
mod packed;
mod pollution;
mod report;
mod rounds;
mod statistics;
mod stories;
mod svg;
mod table;
mod verify;
mod workload;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};

use crate::callgrind::Callgrind;
use crate::corpus::Corpus;
use crate::gate::Counts;
use crate::libraries::OURS;
use crate::library::Library;
use crate::linear::Linear;
use crate::report::{Row, Section};
use crate::workload::{Family, Part, Workload};

/// Measures eyas-hpack against its rivals: everybody in turn, the median of the rounds.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench hpack", bin_name = "cargo xtask bench hpack")]
struct Options {
    /// Rounds
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only one family of workloads
    #[arg(long)]
    only: Option<Family>,
    /// Three rounds, and without the slow ones
    #[arg(long)]
    quick: bool,
    /// Counts instructions too, with valgrind
    #[arg(long)]
    instructions: bool,
    /// Where to draw the bars [default: target/bench/hpack.svg]
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Counts instructions, and saves ours and the drawing to be committed
    #[arg(long)]
    save: bool,
    /// Only counts instructions of ours, and fails if they are over the saved ones
    #[arg(long, conflicts_with_all = ["save", "svg", "quick", "instructions"])]
    gate: bool,
    /// Only counts what a long string costs in fragments of an octet, and fails above three times as much
    /// as in one piece
    #[arg(long, conflicts_with_all = ["gate", "save", "svg", "quick", "instructions"])]
    linear: bool,
    /// Only does some work, to be counted from outside
    #[arg(long, hide = true, num_args = 4, value_names = ["LIBRARY", "WORKLOAD", "PART", "PASSES"])]
    run: Option<Vec<String>>,
    /// Only does these tasks once, and prints what each takes
    #[arg(long, hide = true, num_args = 1.., value_name = "TASK")]
    round: Option<Vec<String>>,
    /// Only decodes the long string, to be counted from outside
    #[arg(long, hide = true, num_args = 2, value_names = ["CUT", "PASSES"])]
    run_linear: Option<Vec<String>>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let libraries = libraries::all();
    if let Some([library, workload, part, passes]) = options.run.as_deref() {
        let workload = Workload::from_name(workload).context("no such workload")?;
        let library = libraries.iter().find(|known| known.name == library);
        let part = Part::from_str(part, false).ok().context("no such part")?;
        workload.run(library.context("no such library")?, part, passes.parse()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some([cut, passes]) = options.run_linear.as_deref() {
        linear::run(cut, passes)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(tasks) = options.round.as_deref() {
        rounds::run(tasks, &libraries)?;
        return Ok(ExitCode::SUCCESS);
    }
    if options.gate {
        return gate(&options, &libraries);
    }
    if options.linear {
        let (line, is_met) = Linear::count(&callgrind()?)?.verdict();
        print!("{line}");
        return Ok(if is_met {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    bench(&options, libraries)?;
    Ok(ExitCode::SUCCESS)
}

fn bench(options: &Options, mut libraries: Vec<Library>) -> Result<()> {
    libraries::missing()
        .iter()
        .for_each(|line| eprintln!("{line}"));
    if options.quick {
        libraries.retain(|library| !library.is_slow);
    }
    let callgrind = match options.instructions || options.save {
        true => Some(callgrind()?),
        false => None,
    };
    let corpus = Corpus::all()?;
    verify(options, &corpus, &mut libraries)?;
    let rounds = if options.quick {
        options.rounds.min(QUICK_ROUNDS)
    } else {
        options.rounds
    };

    let section = |workload: Workload| {
        let material = workload.material(&corpus);
        Section {
            workload,
            size: material.describe(),
            units: material.units(),
            rows: Vec::new(),
        }
    };
    let mut sections: Vec<Section> = workloads(options).into_iter().map(section).collect();
    let program = env::current_exe()?;
    for round in 0..rounds {
        eprintln!("measuring: round {} of {rounds}", round + 1);
        rounds::add(&program, &mut sections, &libraries, round < SLOW_ROUNDS)?;
    }
    octets(&mut sections, &corpus, &libraries);
    if let Some(callgrind) = callgrind {
        eprintln!("counting instructions");
        callgrind.count(&mut sections, &libraries)?;
    }
    sections
        .iter()
        .for_each(|section| print!("{}", table::section(section)));
    print!("{}", table::notes());
    write(options, &sections, rounds)
}

/// Fills in what everybody encoded everything to.
fn octets(sections: &mut [Section], corpus: &Corpus, libraries: &[Library]) {
    let stories = corpus.stories(Some(&corpus.lists().name));
    for section in sections
        .iter_mut()
        .filter(|section| section.workload == Workload::Encode)
    {
        for row in &mut section.rows {
            let library = libraries.iter().find(|library| library.name == row.library);
            let encoding = library.and_then(|library| library.encoding);
            row.octets = encoding.map(|encoding| verify::encoded_octets(encoding, &stories));
        }
    }
}

/// Everybody has to be right before it may be fast. Who is not is named and left out; if it is ours,
/// that is all.
fn verify(options: &Options, corpus: &Corpus, libraries: &mut [Library]) -> Result<()> {
    for family in [Family::Decode, Family::Encode, Family::Huffman] {
        if options.only.is_some_and(|only| only != family) {
            continue;
        }
        eprintln!("checking everybody's results: {}", family.name());
        for wrong in verify::verify(family, corpus, libraries) {
            if wrong.library.starts_with(OURS) {
                bail!("{} is wrong: {}", wrong.library, wrong.what);
            }
            println!(
                "{} is left out of {}: {}",
                wrong.library,
                family.name(),
                wrong.what
            );
            for library in libraries
                .iter_mut()
                .filter(|known| known.name == wrong.library)
            {
                library.lose(family);
            }
        }
    }
    Ok(())
}

fn write(options: &Options, sections: &[Section], rounds: u32) -> Result<()> {
    let target = root().join("target/bench");
    let about = format!(
        "Median of {rounds} rounds, each in its own process. ×: times as long as {OURS}. \
         h2 and {OURS} + http make http types."
    );
    let drawing = svg::draw(sections, &about);
    let json = format!("{:#}\n", json::report(sections));
    write_file(&target.join("hpack.json"), &json)?;
    let default = target.join("hpack.svg");
    write_file(options.svg.as_deref().unwrap_or(&default), &drawing)?;
    if options.save {
        if options.only.is_none() {
            write_file(&root().join("docs/bench/hpack.svg"), &drawing)?;
        }
        ours(sections).save(&counts_file())?;
    }
    Ok(())
}

fn gate(options: &Options, libraries: &[Library]) -> Result<ExitCode> {
    let callgrind = callgrind()?;
    let mut sections = Vec::new();
    for workload in workloads(options)
        .into_iter()
        .filter(|workload| workload.is_counted())
    {
        let corpus = workload.corpus()?;
        let units = workload.material(&corpus).units();
        let rows = vec![Row::new(OURS)];
        sections.push(Section {
            workload,
            size: String::new(),
            units,
            rows,
        });
    }
    callgrind.count(&mut sections, libraries)?;
    let (text, over) = ours(&sections).compare(&Counts::read(&counts_file())?);
    print!("{text}");
    let (line, is_linear) = Linear::count(&callgrind)?.verdict();
    print!("{line}");
    if over > 0 {
        eprintln!(
            "{over} counts rose by more than 2 %; `--save` accepts them, with a reason in the commit"
        );
    }
    let is_well = over == 0 && is_linear;
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn workloads(options: &Options) -> Vec<Workload> {
    let mut all = Workload::all();
    all.retain(|workload| options.only.is_none_or(|only| only == workload.family()));
    all
}

fn callgrind() -> Result<Callgrind> {
    Callgrind::find(env::current_exe()?)
        .context("valgrind is not installed, and nothing else counts instructions (apt-get install valgrind)")
}

/// The counts of ours that were taken.
fn ours(sections: &[Section]) -> Counts {
    let count = |section: &Section| Some((section.workload.name(), section.ours()?.instructions?));
    Counts(
        sections
            .iter()
            .filter_map(count)
            .collect::<BTreeMap<_, _>>(),
    )
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("written: {}", path.display());
    Ok(())
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}

fn counts_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.toml")
}

const QUICK_ROUNDS: u32 = 3;

/// Enough to say how slow the slow ones are.
const SLOW_ROUNDS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn every_workload_is_found_by_its_name() {
        for workload in Workload::all() {
            assert_eq!(Workload::from_name(&workload.name()), Some(workload));
        }
        assert_eq!(Workload::from_name("decode nothing"), None);
    }
}
