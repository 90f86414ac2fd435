//! `bench serve`: eyas and its rivals, all up at once, asked the same in turn.
//!
//! One thread a server, all on one core; the load is on another. Every workload goes round by round, and
//! each round through all servers, so that whatever the machine does meanwhile is done to all of them.

mod apart;
mod bounds;
mod build;
pub(crate) mod catalogue;
mod chosen;
mod clients;
mod cores;
mod debian;
mod load;
mod machine;
pub(crate) mod record;
pub(crate) mod servers;
mod show;
pub(crate) mod workloads;

use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::serve::build::Built;
use crate::bench::serve::clients::Clients;
use crate::bench::serve::cores::Cores;
use crate::bench::serve::debian::Site;
use crate::bench::serve::record::{Figures, Record};
use crate::bench::serve::servers::{Running, Server};
use crate::bench::serve::workloads::{Load, Workload};
use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// What to measure, and how long.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Only workloads of these names, or with one of these in their name, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "PATTERN")]
    only: Vec<String>,
    /// Only these servers, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    servers: Vec<String>,
    /// How often each figure is taken; the median counts [default: 5; with --quick 3]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=99))]
    rounds: Option<u16>,
    /// For how long each figure is taken [default: 0.8; with --quick 0.3]
    #[arg(long, value_name = "SECONDS")]
    window: Option<f64>,
    /// The main workloads and the Rust rivals only, in less than two minutes after the build
    #[arg(long)]
    quick: bool,
    /// Keeps the figures as target/bench/NAME.json; a NAME with a slash is a path
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
    /// Shows the ratios to figures that were kept
    #[arg(long, value_name = "NAME")]
    compare: Option<String>,
}

/// Measures, prints the tables, and keeps the figures.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let window = options
        .window
        .unwrap_or(if options.quick { 0.3 } else { 0.8 });
    if !(0.05..=60.0).contains(&window) {
        bail!("--window takes 0.05 to 60 seconds");
    }
    let rounds = usize::from(options.rounds.unwrap_or(if options.quick { 3 } else { 5 }));
    let before = match &options.compare {
        Some(name) => Some(Record::read(&Record::path(workspace, name)?)?),
        None => None,
    };
    let workloads = chosen::workloads(options)?;
    let servers = chosen::servers(options)?;
    let built = build::build(workspace, &servers)?;
    let cores = Cores::choose()?;
    let h2load = tools::find("h2load");
    if h2load.is_none() {
        println!(
            "h2load is not installed: our own client asks everything (apt-get install nghttp2-client)"
        );
    }
    println!("{}; {rounds} rounds of {window} s", cores.describe());
    let clients = Clients {
        cores,
        blast: built.blast.clone(),
        h2load,
        window: Duration::from_secs_f64(window),
        idle: if options.quick { 400 } else { 2_000 },
    };
    let bench = Bench {
        site: site(&built)?,
        built,
        clients,
        rounds,
    };
    let mut record = Record {
        command: command_line(),
        date: machine::today(),
        machine: machine::machine(&bench.clients.cores),
        versions: machine::versions(workspace, &servers),
        window,
        rounds,
        workloads: BTreeMap::new(),
    };
    let path = Record::path(workspace, options.save.as_deref().unwrap_or(LAST))?;
    bench.measure(&workloads, &servers, |workload, figures| {
        println!("{}", show::workload(workload, &figures));
        record.workloads.insert(workload.name.to_owned(), figures);
        // Now already: a long run may be broken off.
        record.write(&path)
    })?;
    print!("{}", show::verdicts(&record));
    if let Some(before) = before {
        print!("{}", show::comparison(&record, &before));
    }
    println!("kept in {}", path.display());
    Ok(())
}

/// All that a measurement needs.
struct Bench {
    site: Site,
    built: Built,
    clients: Clients,
    rounds: usize,
}

impl Bench {
    /// Measures every workload of every server; `each` gets one at a time.
    fn measure(
        &self,
        workloads: &[&Workload],
        servers: &[Server],
        mut each: impl FnMut(&Workload, Figures) -> Result<()>,
    ) -> Result<()> {
        let mut running = BTreeMap::new();
        for &server in servers {
            let one = server.start(&self.clients.cores, &self.built.servers, &self.site)?;
            self.clients.verify(server, &one)?;
            running.insert(server, one);
        }
        let steps: usize = workloads
            .iter()
            .map(|workload| self.rounds(workload) * fitting(workload, servers).count())
            .sum();
        let bar = progress(steps as u64)?;
        for workload in workloads {
            let mut figures = Figures {
                client: self.clients.name(workload.load).to_owned(),
                servers: BTreeMap::new(),
            };
            let mut rates: BTreeMap<Server, f64> = BTreeMap::new();
            let mut failed = Vec::new();
            for round in 1..=self.rounds(workload) {
                for server in fitting(workload, servers) {
                    bar.inc(1);
                    let (name, who) = (workload.name, server.name());
                    if failed.contains(&server) {
                        continue;
                    }
                    bar.set_message(format!("{name}: {who}, round {round}"));
                    let rate = rates.entry(server).or_default();
                    match self.sample(workload, server, &running[&server], rate) {
                        Ok(sample) => {
                            let samples = figures.servers.entry(who.to_owned()).or_default();
                            samples.push(sample);
                        }
                        Err(error) if server == Server::Eyas => {
                            return Err(error.context(format!("{name} of {who}")));
                        }
                        // A rival that fails is left out, for rounds are compared one by one.
                        Err(error) => {
                            bar.suspend(|| println!("{name}: {who} is left out: {error:#}"));
                            figures.servers.remove(who);
                            failed.push(server);
                        }
                    }
                }
            }
            bar.suspend(|| each(workload, figures))?;
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn sample(
        &self,
        workload: &Workload,
        server: Server,
        running: &Running,
        rate: &mut f64,
    ) -> Result<record::Sample> {
        match workload.load {
            Load::Steady { .. } => self.clients.steady(workload.load, server, running, rate),
            Load::Beside { .. } => self.clients.beside(workload.load, server, running),
            Load::Counted { .. } => {
                let folder = self.site.folder();
                let cores = self.clients.cores.counted(folder);
                let start = || server.start(&cores, &self.built.servers, &self.site);
                self.clients
                    .instructions(workload.load, server, start, folder)
            }
            Load::Idle { .. } | Load::Stalled => {
                // A server that has worked keeps memory that new connections would find.
                let fresh = server.start(&self.clients.cores, &self.built.servers, &self.site)?;
                self.clients.memory(workload.load, server, &fresh)
            }
        }
    }

    /// Instructions and memory differ little from round to round, and take long.
    fn rounds(&self, workload: &Workload) -> usize {
        match workload.load {
            Load::Counted { .. } => 1,
            Load::Idle { .. } | Load::Stalled => self.rounds.div_ceil(3),
            Load::Steady { .. } | Load::Beside { .. } => self.rounds,
        }
    }
}

fn fitting(workload: &Workload, servers: &[Server]) -> impl Iterator<Item = Server> {
    servers
        .iter()
        .copied()
        .filter(|server| workload.fits(*server))
}

/// The folder of the run, with a certificate in it.
fn site(built: &Built) -> Result<Site> {
    let site = Site::new()?;
    let mut command = Command::new(&built.blast);
    command.arg("certificate").args([site.cert(), site.key()]);
    process::capture("blast certificate", &mut command, Duration::from_secs(20))?;
    Ok(site)
}

fn progress(steps: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(steps);
    let style = "{bar:30} {pos}/{len}  {msg}  ({elapsed}, {eta} to go)";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(250));
    Ok(bar)
}

fn command_line() -> String {
    let arguments = env::args().skip(1);
    let words = ["cargo".to_owned(), "xtask".to_owned()]
        .into_iter()
        .chain(arguments);
    words.collect::<Vec<_>>().join(" ")
}

/// The record of the last run that was not to be kept under a name of its own.
const LAST: &str = "last";
