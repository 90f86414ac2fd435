//! Connections that do nothing, or streams that cannot go on, for as long as the program is left alone.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Target;
use crate::client::{Client, MAX_WINDOW};
use crate::wire::Wire;

/// What is held.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    /// What each connection asks for
    #[arg(long)]
    path: String,
    /// Connections; each is idle after one answer
    #[arg(short, default_value_t = 1)]
    connections: u32,
    /// With `-m`: so many requests on each, none of which is read further than its window
    #[arg(short = 'm')]
    stalled: Option<u32>,
    /// The window of a stream that stalls, in octets
    #[arg(long, default_value_t = 65_535)]
    window: u32,
    /// For how long, at most
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
}

/// Opens all of it, prints `ready`, and waits.
pub(crate) fn run(options: &Options) -> Result<()> {
    raise_file_limit(u64::from(options.connections) + 64)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut held = Vec::new();
    for at in 0..options.connections {
        let client = hold(options, &mut buffer);
        held.push(client.with_context(|| format!("connection number {}", at + 1))?);
    }
    println!("ready");
    thread::sleep(Duration::from_secs_f64(options.seconds));
    Ok(())
}

fn hold(options: &Options, buffer: &mut [u8]) -> Result<Client> {
    let request = options.target.request(&options.path, 0, &[])?;
    let wire = Wire::connect(options.target.address, options.target.tls)?;
    let window = if options.stalled.is_some() {
        options.window
    } else {
        MAX_WINDOW
    };
    let mut client = Client::new(wire, options.target.any_status, window, false);
    let now = Instant::now();
    for _ in 0..options.stalled.unwrap_or(1) {
        client.ask(&request, now);
    }
    client.write()?;
    loop {
        let is_held = match options.stalled {
            Some(_) => client.least_received() >= u64::from(options.window),
            None => client.open_streams() == 0,
        };
        if is_held {
            return Ok(client);
        }
        client.read(buffer)?;
        client.write()?;
    }
}

fn raise_file_limit(files: u64) -> Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < files) {
        let raised = Rlimit {
            current: Some(files),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, raised).with_context(|| {
            format!("{files} files cannot be opened here; try `ulimit -n {files}` as root")
        })?;
    }
    Ok(())
}
