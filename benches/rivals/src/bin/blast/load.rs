//! So many requests under way at all times: how many are answered in a while, and how long each takes.

use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use serde_json::json;

use crate::Target;
use crate::client::{Client, MAX_WINDOW};
use crate::latencies::Latencies;
use crate::request::Request;
use crate::streams::Ended;
use crate::wire::Wire;

/// How much load.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    /// What to ask for
    #[arg(long)]
    path: String,
    /// Connections
    #[arg(short, default_value_t = 1)]
    connections: u32,
    /// Requests under way on each
    #[arg(short = 'm', default_value_t = 1)]
    streams: u32,
    /// Until when new requests are made; those under way then are waited for
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// So many requests on each connection instead, however long that takes
    #[arg(long)]
    requests: Option<u64>,
    /// Octets of content of each request
    #[arg(long, default_value_t = 0)]
    upload: u64,
    /// How many octets of content an answer must have
    #[arg(long)]
    expect: Option<u64>,
    /// What the content of an answer must be, at most 32 octets
    #[arg(long)]
    expect_text: Option<String>,
}

/// Runs it, and prints the figures.
pub(crate) fn run(options: &Options) -> Result<()> {
    let request = options.target.request(&options.path, options.upload, &[])?;
    let mut load = Load {
        request,
        streams: options.streams,
        left_of_each: vec![options.requests.unwrap_or(u64::MAX); options.connections as usize],
        expect: options.expect,
        expect_text: options.expect_text.as_deref(),
        latencies: Latencies::new(),
        ended: Vec::new(),
    };
    let mut clients = Vec::new();
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    for at in 0..options.connections {
        let wire = Wire::connect(options.target.address, options.target.tls)?;
        wire.unblock()?;
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
        epoll::add(
            &epoll,
            wire.socket(),
            EventData::new_u64(u64::from(at)),
            flags,
        )?;
        clients.push(Client::new(
            wire,
            options.target.any_status,
            MAX_WINDOW,
            true,
        ));
    }

    let begin = Instant::now();
    let end = match options.requests {
        Some(_) => begin + PATIENCE,
        None => begin + Duration::from_secs_f64(options.seconds),
    };
    let mut events = [MaybeUninit::<Event>::uninit(); 64];
    let mut buffer = vec![0; READ_OCTETS];
    let mut unfinished: Vec<usize> = Vec::new();
    loop {
        let wait = if unfinished.is_empty() { WAIT } else { NO_WAIT };
        let (ready, _) = epoll::wait(&epoll, &mut events, Some(&wait))?;
        let ready = ready.iter().map(|event| event.data.u64() as usize);
        let mut turns = std::mem::take(&mut unfinished);
        for at in ready {
            if !turns.contains(&at) {
                turns.push(at);
            }
        }
        for at in turns {
            if load.turn(at, &mut clients[at], &mut buffer, end)? {
                unfinished.push(at);
            }
        }
        let now = Instant::now();
        if now > end || load.left_of_each.iter().all(|left| *left == 0) {
            let busy = clients.iter().filter(|client| client.open_streams() > 0);
            let busy = busy.count();
            if busy == 0 {
                break;
            }
            if now > end + PATIENCE {
                bail!("{busy} connections still wait for answers after {PATIENCE:?}");
            }
        }
    }
    let took = begin.elapsed();
    let latencies = &load.latencies;
    let octets: u64 = clients.iter().map(Client::content_octets).sum();
    let figures = json!({
        "requests": latencies.count(),
        "seconds": took.as_secs_f64(),
        "octets": octets,
        "octets_sent": latencies.count() * options.upload,
        "p50_us": latencies.quantile_us(0.5),
        "p99_us": latencies.quantile_us(0.99),
        "max_us": latencies.longest_us(),
        "over_20_ms": latencies.over_20_ms(),
    });
    println!("{figures}");
    Ok(())
}

struct Load<'a> {
    request: Request,
    streams: u32,
    left_of_each: Vec<u64>,
    expect: Option<u64>,
    expect_text: Option<&'a str>,
    latencies: Latencies,
    ended: Vec<Ended>,
}

impl Load<'_> {
    /// Reads what is there, asks anew for what was answered, and writes; whether it is to go on.
    ///
    /// Only so much of it, for a server that is fast would never let the next connection have a turn.
    fn turn(
        &mut self,
        at: usize,
        client: &mut Client,
        buffer: &mut [u8],
        end: Instant,
    ) -> Result<bool> {
        self.ask(at, client, end);
        let mut has_more = client.write()?;
        for _ in 0..READS_A_TURN {
            if !client.read(buffer)? {
                return Ok(has_more);
            }
            let mut ended = std::mem::take(&mut self.ended);
            client.take_ended(&mut ended);
            for ended in &ended {
                self.check(ended, client)?;
                self.latencies.record(ended.took);
            }
            self.ended = ended;
            self.ask(at, client, end);
            has_more = client.write()?;
        }
        Ok(true)
    }

    fn ask(&mut self, at: usize, client: &mut Client, end: Instant) {
        let now = Instant::now();
        let left = &mut self.left_of_each[at];
        while client.open_streams() < self.streams && client.has_room() && *left > 0 && now < end {
            client.ask(&self.request, now);
            *left -= 1;
        }
    }

    fn check(&self, ended: &Ended, client: &Client) -> Result<()> {
        if let Some(octets) = self.expect
            && octets != ended.octets
        {
            bail!(
                "an answer has {} octets of content, not {octets}",
                ended.octets
            );
        }
        if let Some(text) = self.expect_text
            && text.as_bytes() != client.tiny_content()
        {
            let found = String::from_utf8_lossy(client.tiny_content());
            bail!("an answer is `{found}`, not `{text}`");
        }
        Ok(())
    }
}

const READ_OCTETS: usize = 256 * 1024;
const READS_A_TURN: usize = 2;
const PATIENCE: Duration = Duration::from_secs(20);
const NO_WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 0,
};
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
