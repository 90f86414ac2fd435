//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;

use crate::report::{Report, Style};

/// An HTTP/2 server with demo routes and, if you name a folder, its files.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Args {
    /// A folder whose files are served beside the demo routes
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,

    /// Where to listen for HTTPS: a host and a port, of which 0 takes any free one, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
    pub(crate) listen: Address,

    /// Where to listen for HTTP/2 without TLS: a host and a port, or `off`
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) h2c: Address,

    /// The certificate chain to serve, as PEM; without it one is made and kept
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) cert: Option<PathBuf>,

    /// The key of the certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(crate) key: Option<PathBuf>,

    /// Write the secrets of TLS to the file that $SSLKEYLOGFILE names, for Wireshark
    #[arg(long)]
    pub(crate) keylog: bool,

    /// Turn clients away that speak HTTP/1.1
    #[arg(long)]
    pub(crate) http2_only: bool,

    /// Take the client's address from the PROXY protocol that a balancer in front speaks; refuse who does not
    #[arg(long)]
    pub(crate) proxy_protocol: bool,

    /// Print every frame to standard error, both ways
    #[arg(long)]
    pub(crate) trace: bool,

    /// Threads that serve; 0 takes one for each core
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,

    /// How long requests in progress may take after Ctrl-C, before they are cut
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(..=SHUTDOWN_SECONDS_MAX))]
    shutdown_timeout: u64,

    /// Print nothing but errors
    #[arg(long, conflicts_with = "json")]
    quiet: bool,

    /// Print one JSON object a line: `ready` first, `closed` with the counters last
    #[arg(long)]
    json: bool,

    /// With --json: a line for each request, too
    #[arg(long, requires = "json")]
    requests: bool,
}

/// A host and a port to listen at, if at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Off,
    At(String),
}

impl From<&str> for Address {
    fn from(text: &str) -> Self {
        match text {
            "off" => Self::Off,
            text => Self::At(text.to_owned()),
        }
    }
}

impl Args {
    /// How many threads to serve with, at least one.
    pub(crate) fn threads(&self) -> usize {
        match self.threads {
            0 => thread::available_parallelism().map_or(1, NonZeroUsize::get),
            threads => threads,
        }
    }

    /// How long the drain may take.
    pub(crate) fn shutdown_timeout(&self) -> Duration {
        Duration::from_secs(self.shutdown_timeout)
    }

    /// What is printed.
    pub(crate) fn report(&self) -> Report {
        Report::new(match (self.quiet, self.json) {
            (true, _) => Style::Quiet,
            (_, true) if self.requests => Style::JsonWithRequests,
            (_, true) => Style::Json,
            _ => Style::Text,
        })
    }
}

/// A day: more is surely a slip of the finger.
const SHUTDOWN_SECONDS_MAX: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn nothing_given_means_both_ports_all_cores_and_text() {
        let args = Args::parse_from(["eyas"]);
        assert_eq!(args.listen, Address::At("127.0.0.1:8443".to_owned()));
        assert_eq!(args.h2c, Address::At("127.0.0.1:8080".to_owned()));
        assert_eq!(args.folder, None);
        assert!(args.threads() >= 1);
        assert_eq!(args.shutdown_timeout(), Duration::from_secs(30));
        assert_eq!(args.report(), Report::new(Style::Text));
        assert!(!args.trace && !args.http2_only && !args.keylog);
    }

    #[test]
    fn a_listener_can_be_off() {
        let args = Args::parse_from(["eyas", "--h2c", "off"]);
        assert_eq!(args.h2c, Address::Off);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for wrong in [
            &["--quiet", "--json"][..],
            &["--requests"],
            &["--threads", "-1"],
            &["--cert", "a"],
            &["--key", "a"],
            &["a", "b"],
        ] {
            let words = ["eyas"].iter().chain(wrong);
            assert!(Args::try_parse_from(words).is_err(), "{wrong:?}");
        }
    }
}
