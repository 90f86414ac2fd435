//! Who is measured, and how each is started: ours, the Rust rivals built here, and programs of Debian.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::bench::serve::cores::{self, Cores};
use crate::bench::serve::debian::{self, Site};
use crate::lines::Lines;
use crate::process::Guard;

/// A server, ours or a rival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Server {
    Eyas,
    Hyper,
    H2,
    Axum,
    Ntex,
    Nghttpd,
    H2o,
    Nginx,
    Floor,
}

impl Server {
    /// All, in the order of tables.
    pub(crate) const ALL: [Self; 9] = [
        Self::Eyas,
        Self::Hyper,
        Self::H2,
        Self::Axum,
        Self::Ntex,
        Self::Nghttpd,
        Self::H2o,
        Self::Nginx,
        Self::Floor,
    ];

    /// Those of the quick mode: what a newcomer can build.
    pub(crate) const QUICK: [Self; 4] = [Self::Eyas, Self::Hyper, Self::H2, Self::Floor];

    /// Its name in tables, in files and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Eyas => "eyas",
            Self::Hyper => "hyper",
            Self::H2 => "h2",
            Self::Axum => "axum",
            Self::Ntex => "ntex",
            Self::Nghttpd => "nghttpd",
            Self::H2o => "h2o",
            Self::Nginx => "nginx",
            Self::Floor => "floor",
        }
    }

    /// The server of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|server| server.name() == name)
    }

    /// Its program and Debian package, when it is not built here.
    pub(crate) const fn debian(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Nghttpd => Some(("nghttpd", "nghttp2-server")),
            Self::H2o => Some(("h2o", "h2o")),
            Self::Nginx => Some(("nginx", "nginx-light")),
            _ => None,
        }
    }

    /// Whether it can be asked over TLS here.
    pub(crate) const fn has_tls(self) -> bool {
        matches!(
            self,
            Self::Eyas | Self::Hyper | Self::Nghttpd | Self::H2o | Self::Nginx
        )
    }

    /// Whether it reads an upload to its end before it answers.
    pub(crate) const fn reads_uploads(self) -> bool {
        !matches!(self, Self::Nginx)
    }

    /// Whether it keeps HTTP/2's rules, or only looks like it.
    pub(crate) const fn is_real(self) -> bool {
        !matches!(self, Self::Floor)
    }

    /// Starts it on free loopback ports and waits until it listens. `binaries` maps those that are
    /// built here to their programs.
    pub(crate) fn start(
        self,
        cores: &Cores,
        binaries: &BTreeMap<Self, String>,
        site: &Site,
    ) -> Result<Running> {
        let running = match self {
            Self::Nghttpd => debian::nghttpd(cores, site),
            Self::H2o => debian::h2o(cores, site),
            Self::Nginx => debian::nginx(cores, site),
            _ => {
                let program = binaries.get(&self).context("it was not built")?;
                let mut command = cores.server(program);
                if cores.is_counted() {
                    // Handlers that answer at once stay inline, however slow everything is.
                    command.env("EYAS_INLINE", "1");
                }
                self.start_built(command, site)
            }
        };
        running.with_context(|| format!("{} does not start", self.name()))
    }

    fn start_built(self, mut command: Command, site: &Site) -> Result<Running> {
        if self.has_tls() {
            command.args([site.cert(), site.key()]);
        }
        let mut guard = Guard::spawn(self.name(), command.stdout(Stdio::piped()))?;
        let mut running = Running::new();
        let lines = Lines::of(self.name(), &mut guard)?;
        running.guards.push(guard);
        let line = lines.next("address", READY_LIMIT)?;
        running.announced(&line)?;
        if running.tls.is_none() && self.has_tls() {
            running.announced(&lines.next("https address", READY_LIMIT)?)?;
        }
        Ok(running)
    }
}

/// A server that listens, ended when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    guards: Vec<Guard>,
    clear: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    /// Of a server that knows no paths.
    by_path: BTreeMap<String, SocketAddr>,
}

impl Running {
    fn new() -> Self {
        Self {
            guards: Vec::new(),
            clear: None,
            tls: None,
            by_path: BTreeMap::new(),
        }
    }

    /// One or two processes, one port each.
    pub(crate) fn of(guards: Vec<Guard>, clear: SocketAddr, tls: SocketAddr) -> Self {
        Self {
            guards,
            clear: Some(clear),
            tls: Some(tls),
            by_path: BTreeMap::new(),
        }
    }

    /// Where `path` is to be asked for.
    pub(crate) fn address(&self, path: &str, tls: bool) -> Result<SocketAddr> {
        let address = if tls {
            self.tls
        } else {
            self.by_path.get(path).copied().or(self.clear)
        };
        address.with_context(|| format!("nobody listens for {path}"))
    }

    /// Asks the process that listens without TLS to end, waits until it has, and gives its id.
    pub(crate) fn end(mut self) -> Result<u32> {
        let guard = self.guards.first_mut().context("it has no process")?;
        guard.terminate()?;
        guard.wait(END_LIMIT)?;
        Ok(guard.id())
    }

    /// Time on a core until now, in ns.
    pub(crate) fn cpu_ns(&self) -> Result<u64> {
        self.sum(cores::cpu_ns)
    }

    /// Memory at the moment, in KiB.
    pub(crate) fn pss_kib(&self) -> Result<u64> {
        self.sum(cores::pss_kib)
    }

    fn sum(&self, of: fn(u32) -> Result<u64>) -> Result<u64> {
        self.guards.iter().map(|guard| of(guard.id())).sum()
    }

    /// Takes a line of pairs such as `http 127.0.0.1:1234` or `/hello 127.0.0.1:1234`.
    fn announced(&mut self, line: &str) -> Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        for pair in words.chunks(2) {
            let [what, address] = pair else {
                anyhow::bail!("`{line}` is not made of pairs");
            };
            let address = address
                .parse()
                .with_context(|| format!("no address in `{line}`"))?;
            match *what {
                "http" => self.clear = Some(address),
                "https" => self.tls = Some(address),
                path => drop(self.by_path.insert(path.to_owned(), address)),
            }
        }
        Ok(())
    }
}

const READY_LIMIT: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_tells_one_address_or_one_a_path() {
        let mut running = Running::new();
        running.announced("http 127.0.0.1:1").expect("a pair");
        running.announced("https 127.0.0.1:2").expect("a pair");
        let port = |running: &Running, path, tls| running.address(path, tls).ok().map(|a| a.port());
        assert_eq!(port(&running, "/hello", false), Some(1));
        assert_eq!(port(&running, "/hello", true), Some(2));
        let mut running = Running::new();
        running
            .announced("/1k 127.0.0.1:3 /1m 127.0.0.1:4")
            .expect("pairs");
        assert_eq!(port(&running, "/1m", false), Some(4));
        assert_eq!(port(&running, "/hello", false), None);
        assert!(running.announced("http").is_err());
    }

    #[test]
    fn names_are_found_again() {
        for server in Server::ALL {
            assert_eq!(Server::from_name(server.name()), Some(server));
        }
        assert_eq!(Server::from_name("apache"), None);
    }
}
