//! `ci`: every verb in the order of continuous integration, which has no checks of its own.

use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use crate::table::Table;
use crate::workspace::Workspace;
use crate::{
    bench, browser, check, conformance, descriptors, faults, fuzz, grpc, interop, load, nostd,
    proxy, shutdown, test, tidy,
};

/// Where to begin.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Passes over the steps before this one
    #[arg(long, value_enum, default_value_t = Step::Test)]
    from: Step,
    /// Installs the clients of `interop`, `browser` and `grpc` that are missing
    #[arg(long)]
    install: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Step {
    Test,
    Check,
    Tidy,
    Nostd,
    Fuzz,
    Conformance,
    Interop,
    Faults,
    Browser,
    Grpc,
    Proxy,
    Shutdown,
    Descriptors,
    Load,
    Counts,
}

/// Runs the steps, up to the first that fails, and shows how long each took.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut table = Table::new(&["step", "seconds", "result"]);
    let mut result = Ok(());
    for &step in Step::value_variants() {
        if step < options.from {
            continue;
        }
        let name = step.name();
        println!("== {name}");
        let begin = Instant::now();
        result = step
            .run(workspace, options)
            .with_context(|| format!("the step `{name}` failed"));
        table.row([
            name,
            format!("{:.1}", begin.elapsed().as_secs_f64()),
            if result.is_ok() { "ok" } else { "FAILED" }.to_owned(),
        ]);
        if result.is_err() {
            break;
        }
    }
    print!("== times\n{table}");
    result
}

impl Step {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, workspace: &Workspace, options: &Options) -> Result<()> {
        match self {
            Self::Test => test::run(workspace, &test::Options::default()),
            Self::Check => check::run(workspace),
            Self::Tidy => tidy::run(workspace),
            Self::Nostd => nostd::run(workspace),
            Self::Fuzz => fuzz::run(workspace, &fuzz::Options::smoke()),
            Self::Conformance => [false, true]
                .into_iter()
                .try_for_each(|tls| conformance::run(workspace, &conformance::Options::once(tls))),
            Self::Interop => interop::run(workspace, &interop::Options::new(options.install)),
            Self::Faults => faults::run(workspace),
            Self::Browser => browser::run(workspace, &browser::Options::new(options.install)),
            Self::Grpc => grpc::run(workspace, &grpc::Options::new(options.install)),
            Self::Proxy => proxy::run(workspace),
            Self::Shutdown => shutdown::run(workspace, &shutdown::Options::smoke()),
            Self::Descriptors => descriptors::run(workspace),
            Self::Load => load::run(workspace),
            Self::Counts => bench::counts(workspace, &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_listed_in_the_order_they_run() {
        let steps = Step::value_variants();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(steps.first(), Some(&Step::Test));
        assert_eq!(steps.last(), Some(&Step::Counts));
    }
}
