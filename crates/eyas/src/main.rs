#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod app;
mod args;
mod bytes_body;
mod calendar;
mod certificate;
mod content;
mod escape;
mod http1;
mod incoming;
mod index;
mod observed;
mod pages;
mod patience;
mod report;
mod routes;
mod serve;
mod shutdown;
mod start;
mod steps;
mod trace;
mod websocket;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use eyas_server::Counters;
use tokio::runtime::{Builder, Runtime};

use crate::args::Args;
use crate::serve::End;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(End::Drained) => ExitCode::SUCCESS,
        Ok(End::Cut) => ExitCode::from(CUT),
        Err(error) => {
            let _ = writeln!(io::stderr(), "eyas: {error:#}.");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<End> {
    let runtime = runtime(args.threads()).context("cannot start the threads")?;
    let counters = Arc::new(Counters::default());
    let end = runtime.block_on(serve::serve(args, Arc::clone(&counters)))?;
    // Connections that were cut are gone after this; a file that is being read is not waited for.
    runtime.shutdown_timeout(CUT_TIMEOUT);
    args.report().closed(&counters.snapshot());
    Ok(end)
}

fn runtime(threads: usize) -> io::Result<Runtime> {
    let mut builder = match threads {
        1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    if threads > 1 {
        builder.worker_threads(threads);
    }
    builder.enable_all().build()
}

/// What shells say of a program that Ctrl-C ended.
const CUT: u8 = 130;

const CUT_TIMEOUT: Duration = Duration::from_millis(500);
