//! The one door: `cargo xtask VERB` does everything that is done to the workspace besides compiling it.
//!
//! One file per verb. Everything listens on port 0, every child process is ended by its id when its
//! guard goes, none runs without a bound in time, and nothing outside `target/` is written, but for what
//! `bench counts --save` and `bench report` are there to write.
#![forbid(unsafe_code)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to its user"
)]

mod bench;
mod browser;
mod check;
mod ci;
mod conformance;
mod descriptors;
mod family;
mod faults;
mod fuzz;
mod grpc;
mod h2load;
mod interop;
mod lines;
mod load;
mod memory;
mod nostd;
mod pattern;
mod process;
mod proxy;
mod raw;
mod server;
mod shutdown;
mod table;
mod test;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::workspace::Workspace;

/// Tests, checks and measures the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs every test: unit, integration, documentation examples and the model check
    Test(test::Options),
    /// Formatting, lints and documentation, every warning an error; and whether the crates pack
    Check,
    /// The rules no compiler knows: arrows between crates, words that stay in their layer, file headings
    Tidy,
    /// Proves that the lower crates build without the standard library
    Nostd,
    /// Runs the HTTP/2 conformance suites against the server
    Conformance(conformance::Options),
    /// Fetches, echoes, downloads and uploads with clients that share no code with the server
    Interop(interop::Options),
    /// What goes wrong on purpose, seen by real clients: the early answer, the panic, the reset, HTTP/1.1
    Faults,
    /// Chromium: the page, a WebSocket on its connection; and 100 MB through a tunnel
    Browser(browser::Options),
    /// gRPC clients of Python and Node at the tonic example
    Grpc(grpc::Options),
    /// HAProxy in front of two servers, of which one drains
    Proxy,
    /// Rounds of a graceful shutdown under load, in which nothing may be lost
    Shutdown(shutdown::Options),
    /// Many clients at a server that may open few files
    Descriptors,
    /// Counts reads and writes under load: the figures that do not depend on the machine's mood
    Load,
    /// Arbitrary inputs for the parts that read what a peer sends, by libFuzzer
    Fuzz(fuzz::Options),
    /// Benchmarks and their counts
    Bench(bench::Options),
    /// Everything continuous integration runs, in its order
    Ci(ci::Options),
}

fn main() -> ExitCode {
    let Some(verb) = Arguments::parse().verb else {
        if let Err(error) = Arguments::command().print_help() {
            eprintln!("error: the help could not be printed: {error}");
            return ExitCode::FAILURE;
        }
        return ExitCode::SUCCESS;
    };
    match Workspace::find().and_then(|workspace| run(&workspace, &verb)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(workspace: &Workspace, verb: &Verb) -> anyhow::Result<()> {
    match verb {
        Verb::Test(options) => test::run(workspace, options),
        Verb::Check => check::run(workspace),
        Verb::Tidy => tidy::run(workspace),
        Verb::Nostd => nostd::run(workspace),
        Verb::Conformance(options) => conformance::run(workspace, options),
        Verb::Interop(options) => interop::run(workspace, options),
        Verb::Faults => faults::run(workspace),
        Verb::Browser(options) => browser::run(workspace, options),
        Verb::Grpc(options) => grpc::run(workspace, options),
        Verb::Proxy => proxy::run(workspace),
        Verb::Shutdown(options) => shutdown::run(workspace, options),
        Verb::Descriptors => descriptors::run(workspace),
        Verb::Load => load::run(workspace),
        Verb::Fuzz(options) => fuzz::run(workspace, options),
        Verb::Bench(options) => bench::run(workspace, options),
        Verb::Ci(options) => ci::run(workspace, options),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_verb_is_not_an_error_but_an_unknown_one_is() {
        assert!(Arguments::try_parse_from(["xtask"]).is_ok_and(|parsed| parsed.verb.is_none()));
        assert!(Arguments::try_parse_from(["xtask", "no-such-verb"]).is_err());
    }
}
