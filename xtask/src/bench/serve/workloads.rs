//! What a workload is: what a server is asked, and what is asked of eyas in return.

use crate::bench::serve::bounds::Bound;
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
        /// Octets of each stream that the client lets lie unread.
        window: u32,
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
