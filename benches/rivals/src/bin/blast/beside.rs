//! One request after another on a connection that is busy with large downloads: how long each takes.

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use serde_json::json;

use crate::Target;
use crate::client::Client;
use crate::latencies::Latencies;
use crate::wire::Wire;

/// What to ask for, beside what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    /// What is timed
    #[arg(long)]
    path: String,
    /// A field of the requests that are timed only
    #[arg(long = "own-field", value_name = "FIELD")]
    own_fields: Vec<String>,
    /// What is downloaded meanwhile
    #[arg(long)]
    bulk: String,
    /// How many downloads at once; each is followed by another
    #[arg(long, default_value_t = 4)]
    downloads: u32,
    /// The window of each stream, in octets
    #[arg(long, default_value_t = 1 << 20)]
    window: u32,
    /// The pause between an answer and the next request, in µs
    #[arg(long, default_value_t = 1_000)]
    pause: u64,
    /// For how long
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
}

/// Runs it, and prints the figures.
pub(crate) fn run(options: &Options) -> Result<()> {
    let bulk = options.target.request(&options.bulk, 0, &[])?;
    let timed = options
        .target
        .request(&options.path, 0, &options.own_fields)?;
    let wire = Wire::connect(options.target.address, options.target.tls)?;
    wire.unblock()?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
    epoll::add(&epoll, wire.socket(), EventData::new_u64(0), flags)?;
    let mut client = Client::new(wire, options.target.any_status, options.window, true);

    let begin = Instant::now();
    for _ in 0..options.downloads {
        client.ask_any(&bulk, BULK, begin);
    }
    let end = begin + Duration::from_secs_f64(options.seconds);
    let pause = Duration::from_micros(options.pause);
    // The downloads get under way first.
    let mut due = Some(begin + SETTLE);
    let mut latencies = Latencies::new();
    let mut ended = Vec::new();
    let mut events = [MaybeUninit::<Event>::uninit(); 1];
    let mut buffer = vec![0; READ_OCTETS];
    let mut last_read = begin;
    loop {
        let now = Instant::now();
        if now > end {
            break;
        }
        if due.is_some_and(|due| now >= due) {
            client.ask_any(&timed, TIMED, now);
            due = None;
        }
        client.write()?;
        let has_read = client.read(&mut buffer)?;
        client.take_ended(&mut ended);
        for ended in &ended {
            if ended.tag == BULK {
                client.ask_any(&bulk, BULK, now);
            } else {
                latencies.record(ended.took);
                due = Some(Instant::now() + pause);
            }
        }
        if !has_read {
            // Waits to the next ms at most: requests are due that often.
            let (ready, _) = epoll::wait(&epoll, &mut events, Some(&WAIT))?;
            let is_idle = ready.is_empty();
            if is_idle && last_read.elapsed() > PATIENCE {
                bail!("nothing came for {PATIENCE:?}");
            }
        } else {
            last_read = now;
        }
    }
    let took = begin.elapsed();
    if latencies.count() == 0 {
        bail!("not one of the timed requests was answered");
    }
    let figures = json!({
        "requests": latencies.count(),
        "seconds": took.as_secs_f64(),
        "octets": client.content_octets(),
        "p50_us": latencies.quantile_us(0.5),
        "p99_us": latencies.quantile_us(0.99),
        "max_us": latencies.longest_us(),
        "over_20_ms": latencies.over_20_ms(),
    });
    println!("{figures}");
    Ok(())
}

const BULK: u8 = 0;
const TIMED: u8 = 1;

const READ_OCTETS: usize = 256 * 1024;
const SETTLE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(10);
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};
