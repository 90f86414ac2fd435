//! `fuzz`: runs the targets of `fuzz/` with libFuzzer behind them, and says how far each has got.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{process, tools};

/// Which target, and how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A target, or `all` of them, one after another
    #[arg(required_unless_present = "list")]
    target: Option<String>,
    /// Lists the targets
    #[arg(long)]
    list: bool,
    /// How long each target runs; 60 seconds unless `--runs` is given
    #[arg(long)]
    seconds: Option<u64>,
    /// How many inputs each target is given
    #[arg(long)]
    runs: Option<u64>,
    /// Runs nothing but this input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "runs"])]
    input: Option<PathBuf>,
}

impl Options {
    /// Every target, for a quarter of a minute.
    pub(crate) fn smoke() -> Self {
        Self {
            target: Some(ALL.to_owned()),
            list: false,
            seconds: Some(15),
            runs: None,
            input: None,
        }
    }
}

/// Runs the targets that were asked for, up to the first that fails, and shows what each has done.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let targets = targets(workspace)?;
    let Some(wanted) = options.target.as_deref().filter(|_| !options.list) else {
        targets.iter().for_each(|target| println!("{target}"));
        return Ok(());
    };
    let chosen: Vec<&String> = targets
        .iter()
        .filter(|target| wanted == ALL || *target == wanted)
        .collect();
    if chosen.is_empty() {
        bail!(
            "no target `{wanted}`; there are: {ALL}, {}",
            targets.join(", ")
        );
    }
    tools::need("c++", "g++").context("libFuzzer is made of C++")?;
    let fuzzer = Fuzzer {
        workspace,
        program: tools::cargo_fuzz(workspace)?,
        folder: workspace.folder("fuzz")?,
    };
    for target in chosen {
        let figures = fuzzer.run(target, options)?;
        println!("{target}: {figures}");
    }
    Ok(())
}

/// The binaries of `fuzz/`, which is a workspace of its own.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let mut command = workspace.cargo();
    command
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .args(["--manifest-path", "fuzz/Cargo.toml"]);
    let output = process::capture("cargo metadata", &mut command, Duration::from_secs(60))?;
    let metadata: Value =
        serde_json::from_slice(&output).context("cargo metadata did not print JSON")?;
    let fuzz = Workspace::from_metadata(&metadata)?;
    let packages = fuzz.packages().iter();
    Ok(packages
        .flat_map(|package| package.binaries.clone())
        .collect())
}

struct Fuzzer<'w> {
    workspace: &'w Workspace,
    /// cargo-fuzz.
    program: PathBuf,
    /// Where its output goes, and what it has found.
    folder: PathBuf,
}

impl Fuzzer<'_> {
    fn run(&self, target: &str, options: &Options) -> Result<Figures> {
        println!("fuzz: building {target}");
        process::run(
            "cargo fuzz build",
            self.command("build").arg(target),
            BUILD_LIMIT,
        )?;

        let mut command = self.command("run");
        command.arg(target);
        let (found, artifacts) = (
            self.made("corpus", target)?,
            self.made("artifacts", target)?,
        );
        match &options.input {
            Some(input) => drop(command.arg(input)),
            // New inputs go into the first.
            None => drop(command.arg(found).args(self.seeds(target))),
        }
        command.arg("--").args(ARGUMENTS);
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        let seconds = match (options.seconds, options.runs) {
            (None, None) => Some(60),
            (seconds, _) => seconds,
        };
        command.args(seconds.map(|seconds| format!("-max_total_time={seconds}")));
        command.args(options.runs.map(|runs| format!("-runs={runs}")));

        let bar = process::spinner(format!("{target} is running"));
        let finished = process::pipe("cargo fuzz run", &mut command, RUN_LIMIT, Vec::new())?;
        bar.finish_and_clear();
        // It makes this for artifacts, and ours go elsewhere.
        let unused = self.workspace.root().join("fuzz/artifacts");
        drop(fs::remove_dir(unused.join(target)).and_then(|()| fs::remove_dir(unused)));
        if !finished.status.success() {
            eprint!("{}", finished.errors);
            bail!("{target} failed; {}", advice(target, &finished.errors));
        }
        let figures = Figures::read(&finished.errors).context("libFuzzer gave no figures");
        figures.with_context(|| finished.errors.clone())
    }

    /// A command of cargo-fuzz. No crate under test has unsafe code, so that a sanitizer would find
    /// nothing and take most of the time.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(self.workspace.root())
            // cargo-fuzz needs an option of the compiler that is not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .args([
                verb,
                "--fuzz-dir",
                "fuzz",
                "--sanitizer",
                "none",
                "--target-dir",
            ])
            .arg(self.folder.join("build"));
        command
    }

    fn made(&self, kind: &str, target: &str) -> Result<PathBuf> {
        let folder = self.folder.join(kind).join(target);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }

    /// The inputs that stand beside the code.
    fn seeds(&self, target: &str) -> Option<PathBuf> {
        let packages = self.workspace.packages().iter();
        let mut folders =
            packages.map(|package| package.folder.join("tests/fuzz/corpus").join(target));
        folders.find(|folder| folder.is_dir())
    }
}

/// What libFuzzer says at its end.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    executions: u64,
    per_second: u64,
    peak_megabytes: u64,
}

impl Figures {
    /// From the lines `stat::NAME: NUMBER`.
    fn read(said: &str) -> Option<Self> {
        let figure = |name: &str| {
            let mut lines = said.lines();
            let rest = lines.find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name))?;
            rest.trim_start_matches(':').trim().parse().ok()
        };
        Some(Self {
            executions: figure("number_of_executed_units")?,
            per_second: figure("average_exec_per_sec")?,
            peak_megabytes: figure("peak_rss_mb")?,
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            executions,
            per_second,
            peak_megabytes,
        } = self;
        write!(
            f,
            "{executions} executions, {per_second} a second, {peak_megabytes} MB at most"
        )
    }
}

/// What to do about a run that has found something.
fn advice(target: &str, said: &str) -> String {
    let written = said
        .lines()
        .find_map(|line| line.split_once("Test unit written to "));
    match written {
        Some((_, path)) => format!(
            "the input lies in {path}\n\
             to run it alone: cargo xtask fuzz {target} --input {path}\n\
             once it passes it belongs, small and under a name of its own, to the inputs that `cargo test` replays"
        ),
        None => "what it said is above".to_owned(),
    }
}

const ALL: &str = "all";
const ARGUMENTS: [&str; 5] = [
    "-max_len=1024",
    "-timeout=1",
    "-rss_limit_mb=256",
    "-print_final_stats=1",
    "-verbosity=0",
];
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
const RUN_LIMIT: Duration = Duration::from_secs(12 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_among_what_libfuzzer_says() {
        let said = "INFO: Seed: 7\nDone 300120 runs in 11 second(s)\nstat::number_of_executed_units: 300120\n\
                    stat::average_exec_per_sec:     27283\nstat::new_units_added:          605\n\
                    stat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              28\n";
        let figures = Figures {
            executions: 300_120,
            per_second: 27_283,
            peak_megabytes: 28,
        };
        assert_eq!(Figures::read(said), Some(figures));
        assert_eq!(Figures::read("INFO: Seed: 7\n"), None);
    }

    #[test]
    fn what_was_found_is_named() {
        let said = "==7== ERROR: libFuzzer: deadly signal\n\
                    artifact_prefix='/t/'; Test unit written to /t/crash-1\nBase64: AA==\n";
        let told = advice("hpack_decoder", said);
        assert!(
            told.contains("in /t/crash-1\n") && told.contains("hpack_decoder --input /t/crash-1\n")
        );
        assert!(!advice("hpack_decoder", "error: no such file\n").contains("--input"));
    }

    #[test]
    fn something_has_to_be_asked_for() {
        #[derive(Debug, clap::Parser)]
        struct Line {
            #[command(flatten)]
            _options: Options,
        }
        let parses = |line: &str| <Line as clap::Parser>::try_parse_from(line.split(' ')).is_ok();
        assert!(
            parses("fuzz --list") && parses("fuzz all --seconds 15") && parses("fuzz a --runs 9")
        );
        assert!(!parses("fuzz") && !parses("fuzz a --input f --runs 9"));
    }
}
