//! What the servers are asked, and what is asked of eyas in return.

use anyhow::{Context, Result};

use crate::bench::serve::bounds::{Bound, at_least, at_most, at_most_of_best, no_more_than};
use crate::bench::serve::record::Metric;
use crate::bench::serve::servers::Server;

/// One thing that is measured of every server.
#[derive(Debug)]
pub(crate) struct Workload {
    /// Its name on the command line and in files.
    pub(crate) name: &'static str,
    /// The same for people.
    pub(crate) title: &'static str,
    /// What is done.
    pub(crate) load: Load,
    /// What is read off, the most telling first.
    pub(crate) metrics: &'static [Metric],
    /// When it is done.
    pub(crate) bounds: &'static [Bound],
    /// Whether the quick mode has it.
    pub(crate) is_quick: bool,
}

/// What is done to a server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// `streams` requests for `path` under way on each of `connections`, all the time.
    Steady {
        client: Client,
        path: &'static str,
        connections: u32,
        streams: u32,
        tls: bool,
        /// Whether they have the fields of a browser.
        fields: bool,
        /// Octets of content of each request.
        upload: u64,
    },
    /// One request for `path` after another, on a connection with four downloads of 100 MiB.
    Beside {
        path: &'static str,
        /// A field of these requests.
        field: Option<&'static str>,
    },
    /// Small requests, 100 at once on one connection, to a server under valgrind.
    Counted { fields: bool },
    /// Connections that have been answered once.
    Idle { tls: bool },
    /// A hundred streams of 1 MiB, none of which is read further than 64 KiB.
    Stalled,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// h2load; the load client of our own where it is missing.
    H2load,
    /// The load client of our own, which reads much at a time.
    Blast,
}

impl Workload {
    /// Whether `server` can be measured by it.
    pub(crate) fn fits(&self, server: Server) -> bool {
        match self.load {
            Load::Steady { tls: true, .. } | Load::Idle { tls: true } => server.has_tls(),
            Load::Steady { upload: 1.., .. } => server.reads_uploads(),
            Load::Steady { .. } => true,
            // What nginx does, it does in a process that valgrind does not follow.
            Load::Counted { .. } => server != Server::Nginx,
            // Windows are what these are about, and the floor looks at none.
            Load::Beside { .. } | Load::Stalled | Load::Idle { tls: false } => server.is_real(),
        }
    }

    /// The figure that stands for the workload.
    pub(crate) fn headline(&self) -> Metric {
        self.metrics[0]
    }
}

/// The workload of that name.
pub(crate) fn named(name: &str) -> Result<&'static Workload> {
    let found = ALL.iter().find(|workload| workload.name == name);
    found.with_context(|| format!("no workload is named `{name}`"))
}

/// `name`, with all the rest at what most of them have.
const fn small(
    name: &'static str,
    title: &'static str,
    connections: u32,
    streams: u32,
) -> Workload {
    Workload {
        name,
        title,
        load: Load::Steady {
            client: Client::H2load,
            path: "/hello",
            connections,
            streams,
            tls: false,
            fields: false,
            upload: 0,
        },
        metrics: SMALL,
        bounds: &[],
        is_quick: false,
    }
}

const fn get(path: &'static str, connections: u32, streams: u32) -> Load {
    Load::Steady {
        client: Client::Blast,
        path,
        connections,
        streams,
        tls: false,
        fields: false,
        upload: 0,
    }
}

const fn upload(octets: u64) -> Load {
    Load::Steady {
        client: Client::Blast,
        path: "/upload",
        connections: 4,
        streams: 8,
        tls: false,
        fields: false,
        upload: octets,
    }
}

const SMALL: &[Metric] = &[Metric::CpuMicros, Metric::Rate];
const BULK: &[Metric] = &[Metric::CpuMillisPerGb, Metric::GbPerSecond];

/// All of them, in the order of the report.
pub(crate) const ALL: &[Workload] = &[
    Workload {
        bounds: &[
            at_most(0.25, Metric::CpuMicros, Server::Hyper),
            at_most(0.65, Metric::CpuMicros, Server::H2o),
        ],
        is_quick: true,
        ..small(
            "small-c8m100",
            "small GET, 8 connections, 100 streams each",
            8,
            100,
        )
    },
    Workload {
        bounds: &[
            at_most(0.5, Metric::CpuMicros, Server::Hyper),
            at_most(0.8, Metric::CpuMicros, Server::H2o),
        ],
        is_quick: true,
        ..small(
            "small-c8m10",
            "small GET, 8 connections, 10 streams each",
            8,
            10,
        )
    },
    small(
        "small-c1m100",
        "small GET, 1 connection, 100 streams",
        1,
        100,
    ),
    small(
        "small-c64m32",
        "small GET, 64 connections, 32 streams each",
        64,
        32,
    ),
    Workload {
        name: "browser-c8m100",
        title: "small GET with 17 fields of a browser, 8 connections, 100 streams each",
        load: Load::Steady {
            client: Client::H2load,
            path: "/hello",
            connections: 8,
            streams: 100,
            tls: false,
            fields: true,
            upload: 0,
        },
        bounds: &[
            at_most(0.3, Metric::CpuMicros, Server::Hyper),
            at_most(0.7, Metric::CpuMicros, Server::H2o),
        ],
        is_quick: true,
        ..small("", "", 0, 0)
    },
    Workload {
        name: "instructions-small",
        title: "instructions for a small GET, 1 connection, 100 streams",
        load: Load::Counted { fields: false },
        metrics: &[Metric::Instructions],
        bounds: &[no_more_than(4_500.0, Metric::Instructions)],
        is_quick: false,
    },
    Workload {
        name: "instructions-browser",
        title: "instructions for a small GET with 17 fields of a browser",
        load: Load::Counted { fields: true },
        metrics: &[Metric::Instructions],
        bounds: &[no_more_than(9_500.0, Metric::Instructions)],
        is_quick: false,
    },
    Workload {
        name: "1k-c8m10",
        title: "1 KiB answers, 8 connections, 10 streams each",
        load: Load::Steady {
            client: Client::H2load,
            path: "/1k",
            connections: 8,
            streams: 10,
            tls: false,
            fields: false,
            upload: 0,
        },
        bounds: &[
            at_most(0.2, Metric::CpuMicros, Server::Hyper),
            at_most(0.8, Metric::CpuMicros, Server::H2o),
        ],
        is_quick: true,
        ..small("", "", 0, 0)
    },
    Workload {
        name: "16k-c8m10",
        title: "16 KiB answers, 8 connections, 10 streams each",
        load: get("/16k", 8, 10),
        metrics: &[Metric::CpuMicros, Metric::GbPerSecond],
        bounds: &[
            at_most(0.4, Metric::CpuMicros, Server::Hyper),
            at_most(0.85, Metric::CpuMicros, Server::H2o),
        ],
        is_quick: true,
    },
    Workload {
        name: "1m-c4m8",
        title: "1 MiB answers, 4 connections, 8 streams each",
        load: get("/1m", 4, 8),
        metrics: BULK,
        bounds: &[
            at_most(0.55, Metric::CpuMillisPerGb, Server::Hyper),
            at_most(1.0, Metric::CpuMillisPerGb, Server::H2o),
            at_least(1.0, Metric::GbPerSecond, None),
        ],
        is_quick: true,
    },
    Workload {
        name: "100m-c1m2",
        title: "100 MiB answers, 1 connection, 2 streams",
        load: get("/100m", 1, 2),
        metrics: BULK,
        bounds: &[],
        is_quick: false,
    },
    Workload {
        name: "upload-1m-c4m8",
        title: "1 MiB uploads, 4 connections, 8 streams each",
        load: upload(1 << 20),
        metrics: BULK,
        bounds: &[at_most(0.85, Metric::CpuMillisPerGb, Server::Hyper)],
        is_quick: true,
    },
    Workload {
        name: "upload-10m-c4m8",
        title: "10 MiB uploads, 4 connections, 8 streams each",
        load: upload(10 << 20),
        metrics: BULK,
        bounds: &[at_most(0.85, Metric::CpuMillisPerGb, Server::Hyper)],
        is_quick: false,
    },
    Workload {
        name: "tls-small-c8m100",
        title: "small GET over TLS, 8 connections, 100 streams each",
        load: Load::Steady {
            client: Client::H2load,
            path: "/hello",
            connections: 8,
            streams: 100,
            tls: true,
            fields: false,
            upload: 0,
        },
        bounds: &[at_most(0.5, Metric::CpuMicros, Server::Hyper)],
        is_quick: true,
        ..small("", "", 0, 0)
    },
    Workload {
        name: "tls-1m-c4m8",
        title: "1 MiB answers over TLS, 4 connections, 8 streams each",
        load: Load::Steady {
            client: Client::Blast,
            path: "/1m",
            connections: 4,
            streams: 8,
            tls: true,
            fields: false,
            upload: 0,
        },
        metrics: BULK,
        bounds: &[at_most(0.95, Metric::CpuMillisPerGb, Server::Hyper)],
        is_quick: false,
    },
    Workload {
        name: "small-c1m1",
        title: "small GET, one at a time",
        load: get("/hello", 1, 1),
        metrics: &[Metric::P50, Metric::P99, Metric::Over20, Metric::CpuMicros],
        bounds: &[
            at_most_of_best(1.05, Metric::P50),
            no_more_than(0.0, Metric::Over20),
        ],
        is_quick: true,
    },
    Workload {
        name: "beside-bulk",
        title: "small GET beside four 100 MiB downloads on its connection",
        load: Load::Beside {
            path: "/hello",
            field: None,
        },
        metrics: &[Metric::P50, Metric::P99, Metric::GbPerSecond],
        bounds: &[
            at_most(0.1, Metric::P50, Server::Hyper),
            at_most(1.0, Metric::P50, Server::H2o),
            at_least(1.0, Metric::GbPerSecond, Some(Server::H2o)),
        ],
        is_quick: true,
    },
    Workload {
        name: "urgent-beside-bulk",
        title: "urgent 64 KiB (priority: u=0) beside four 100 MiB downloads on its connection",
        load: Load::Beside {
            path: "/64k",
            field: Some("priority: u=0"),
        },
        metrics: &[Metric::P50, Metric::P99, Metric::GbPerSecond],
        bounds: &[],
        is_quick: false,
    },
    Workload {
        name: "idle",
        title: "memory of an idle connection",
        load: Load::Idle { tls: false },
        metrics: &[Metric::KibEach],
        bounds: &[no_more_than(3.5, Metric::KibEach)],
        is_quick: true,
    },
    Workload {
        name: "tls-idle",
        title: "memory of an idle connection over TLS",
        load: Load::Idle { tls: true },
        metrics: &[Metric::KibEach],
        bounds: &[],
        is_quick: false,
    },
    Workload {
        name: "stalled",
        title: "memory of a stream whose client does not read on",
        load: Load::Stalled,
        metrics: &[Metric::KibEach],
        bounds: &[no_more_than(2.0, Metric::KibEach)],
        is_quick: true,
    },
];
