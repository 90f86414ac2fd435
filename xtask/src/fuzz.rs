//! `fuzz`: runs the targets of `fuzz/` with libFuzzer behind them, and says how far each has got.

mod said;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::fuzz::said::{Figures, Finding};
use crate::process::Finished;
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

impl Options {
    /// What tells libFuzzer when to end, in view of what is done; `None` when that is all.
    fn bounds(&self, done: &Done) -> Option<Vec<String>> {
        let seconds = match (self.seconds, self.runs) {
            (None, None) => Some(60),
            (seconds, _) => seconds,
        };
        let left = |all: u64, done: u64| all.checked_sub(done).filter(|left| *left > 0);
        let mut bounds = Vec::new();
        if let Some(seconds) = seconds {
            let left = left(seconds, done.took.as_secs())?;
            bounds.push(format!("-max_total_time={left}"));
        }
        if let Some(runs) = self.runs {
            let left = left(runs, done.figures.executions)?;
            bounds.push(format!("-runs={left}"));
        }
        Some(bounds)
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
        fuzzer.build(target)?;
        match &options.input {
            Some(input) => fuzzer.run_alone(target, input)?,
            None => println!("{target}: {}", fuzzer.run(target, options)?),
        }
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
    fn build(&self, target: &str) -> Result<()> {
        println!("fuzz: building {target}");
        let mut command = self.command("build");
        process::run("cargo fuzz build", command.arg(target), BUILD_LIMIT)
    }

    /// Runs a target until it has had its time, or fails.
    fn run(&self, target: &str, options: &Options) -> Result<Done> {
        let begin = Instant::now();
        let mut done = Done::default();
        while let Some(bounds) = options.bounds(&done) {
            // New inputs go into the first.
            let mut corpus = vec![self.made("corpus", target)?];
            corpus.extend(self.seeds(target));
            let finished = self.fuzz(target, &corpus, &bounds)?;
            let figures = Figures::read(&finished.errors);
            done.figures = done.figures.and(figures.unwrap_or_default());
            done.took = begin.elapsed();
            if finished.status.success() {
                figures.context("libFuzzer gave no figures")?;
                break;
            }
            let Some(finding) = Finding::read(&finished.errors) else {
                eprint!("{}", finished.errors);
                bail!("{target} failed and left no input");
            };
            if !finding.is_timeout {
                eprint!("{}", finished.errors);
                bail!("{}", said::advice(target, &finding.input));
            }
            // The time is that of the clock, and there may be others on the machine.
            self.run_alone(target, &finding.input)?;
            fs::remove_file(&finding.input).context("cannot remove an input that is none")?;
        }
        Ok(done)
    }

    /// Runs a target with one input.
    fn run_alone(&self, target: &str, input: &Path) -> Result<()> {
        let file =
            fs::canonicalize(input).with_context(|| format!("cannot find {}", input.display()))?;
        let finished = self.fuzz(target, &[file], &[])?;
        if !finished.status.success() {
            eprint!("{}", finished.errors);
            bail!("{}", said::advice(target, input));
        }
        println!("{target}: {} passes", input.display());
        Ok(())
    }

    fn fuzz(
        &self,
        target: &str,
        inputs: &[PathBuf],
        bounds: &[String],
    ) -> Result<Finished<Vec<u8>>> {
        let artifacts = self.made("artifacts", target)?;
        let mut command = self.command("run");
        command.arg(target).args(inputs).arg("--");
        command.args(ARGUMENTS).args(bounds);
        command.arg(format!("-artifact_prefix={}/", artifacts.display()));
        let bar = process::spinner(format!("{target} is running"));
        let finished = process::pipe("cargo fuzz run", &mut command, RUN_LIMIT, Vec::new());
        bar.finish_and_clear();
        // It makes this for artifacts, and ours go elsewhere.
        let unused = self.workspace.root().join("fuzz/artifacts");
        drop(fs::remove_dir(unused.join(target)).and_then(|()| fs::remove_dir(unused)));
        finished
    }

    /// A command of cargo-fuzz. No crate under test has unsafe code, so that a sanitizer would find
    /// nothing and take most of the time. So do hooks in comparisons, which help with long magic numbers:
    /// without them more is reached in the same time.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .current_dir(self.workspace.root())
            // cargo-fuzz needs an option of the compiler that is not stable.
            .env("RUSTC_BOOTSTRAP", "1")
            .args([verb, "--fuzz-dir", "fuzz", "--sanitizer", "none"])
            .args(["--no-trace-compares", "--target-dir"])
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

/// What a target has done so far.
#[derive(Debug, Default)]
struct Done {
    figures: Figures,
    took: Duration,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            executions,
            peak_megabytes,
        } = self.figures;
        let rate = executions as f64 / self.took.as_secs_f64().max(1.0);
        write!(
            f,
            "{executions} executions, {rate:.0} a second, {peak_megabytes} MB at most"
        )
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
    fn what_is_left_to_do_bounds_the_next_run() {
        let mut options = Options::smoke();
        let done = |executions, seconds| Done {
            figures: Figures {
                executions,
                peak_megabytes: 0,
            },
            took: Duration::from_secs(seconds),
        };
        let bounds = |options: &Options, done: &Done| options.bounds(done).map(|all| all.join(" "));
        assert_eq!(
            bounds(&options, &done(7, 4)).as_deref(),
            Some("-max_total_time=11")
        );
        assert_eq!(bounds(&options, &done(7, 15)), None);
        (options.seconds, options.runs) = (None, Some(100));
        assert_eq!(bounds(&options, &done(99, 900)).as_deref(), Some("-runs=1"));
        assert_eq!(bounds(&options, &done(100, 0)), None);
        options.runs = None;
        assert_eq!(
            bounds(&options, &done(0, 0)).as_deref(),
            Some("-max_total_time=60")
        );
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
