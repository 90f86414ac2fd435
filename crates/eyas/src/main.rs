#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod app;
mod args;
mod bytes_body;
mod content;
mod index;
mod observed;
mod report;
mod shutdown;
mod start;
mod steps;

use std::convert::Infallible;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use eyas_server::{Counters, Server, service_fn};
use tokio::runtime::{Builder, Runtime};

use crate::app::App;
use crate::args::Args;
use crate::shutdown::Signals;

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

/// How the server came to its end.
enum End {
    Drained,
    Cut,
}

fn run(args: &Args) -> Result<End> {
    let runtime = runtime(args.threads()).context("cannot start the threads")?;
    let counters = Arc::new(Counters::default());
    let end = runtime.block_on(serve(args, Arc::clone(&counters)))?;
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

async fn serve(args: &Args, counters: Arc<Counters>) -> Result<End> {
    let report = args.report();
    let folder = args.folder.as_deref();
    folder.map_or(Ok(()), start::check_folder)?;
    let (listener, address) = start::bind(&args.h2c).await?;
    let hearing = "cannot listen for signals";
    let mut first = Signals::listen().context(hearing)?;
    let mut second = Signals::listen().context(hearing)?;

    let app = App::new(report::reachable(address), folder);
    let service = service_fn(move |request| async move {
        Ok::<_, Infallible>(observed::answer(app, report, request).await)
    });
    let timeout = args.shutdown_timeout();
    let serving = Server::builder()
        .counters(counters)
        .serve(listener, service)
        .with_graceful_shutdown(async move {
            first.next().await;
            report.draining(timeout);
        })
        .shutdown_timeout(timeout);
    let cut = async {
        second.next().await;
        second.next().await;
    };

    report.ready(address, folder);
    tokio::select! {
        served = serving.into_future() => {
            served.context("cannot accept connections any more")?;
            Ok(End::Drained)
        }
        () = cut => Ok(End::Cut),
    }
}

/// What shells say of a program that Ctrl-C ended.
const CUT: u8 = 130;

const CUT_TIMEOUT: Duration = Duration::from_millis(500);
