//! Every workload, in the order of the report.

use anyhow::{Context, Result};

use crate::bench::serve::bounds::{at_least, at_most, at_most_of_best, no_more_than};
use crate::bench::serve::record::Metric;
use crate::bench::serve::servers::Server;
use crate::bench::serve::workloads::{Client, Load, Workload};

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

/// All of them.
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
            window: 1 << 20,
        },
        metrics: &[Metric::P50, Metric::P99, Metric::GbPerSecond],
        bounds: &[
            at_most(0.1, Metric::P50, Server::Hyper),
            at_most(1.0, Metric::P50, Server::H2o),
            at_least(1.0, Metric::GbPerSecond, Some(Server::H2o)),
        ],
        is_quick: true,
    },
    // With more, who waits waits for what lies unread at the client, the longer the faster the server is.
    Workload {
        name: "beside-bulk-128k",
        title: "the same with windows of 128 KiB",
        load: Load::Beside {
            path: "/hello",
            field: None,
            window: 128 * 1024,
        },
        metrics: &[Metric::P50, Metric::P99, Metric::GbPerSecond],
        bounds: &[],
        is_quick: false,
    },
    Workload {
        name: "urgent-beside-bulk",
        title: "urgent 64 KiB (priority: u=0) beside four 100 MiB downloads on its connection",
        load: Load::Beside {
            path: "/64k",
            field: Some("priority: u=0"),
            window: 1 << 20,
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
