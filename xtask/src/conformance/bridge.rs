//! The bridge to TLS: suites that know no TLS talk to it in the clear, and it to the server.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::lines::Lines;
use crate::process::Guard;
use crate::server::Server;
use crate::tools;
use crate::workspace::Workspace;

/// A running bridge, ended when dropped.
#[derive(Debug)]
pub(super) struct Bridge {
    address: SocketAddr,
    _guard: Guard,
}

impl Bridge {
    /// Starts one to `server`, whose certificate it checks.
    pub(super) fn start(workspace: &Workspace, server: &Server) -> Result<Self> {
        let python = tools::need("python3", "python3")?;
        let secure = server.secure_address()?;
        let mut command = Command::new(python);
        command
            .arg(workspace.root().join("xtask/clients/tls_bridge.py"))
            .args([secure.ip().to_string(), secure.port().to_string()])
            .arg(server.certificate()?)
            .arg(CONNECTIONS.to_string())
            .stdout(Stdio::piped());
        let mut guard = Guard::spawn("the bridge to TLS", &mut command)?;
        let lines = Lines::of("the bridge to TLS", &mut guard)?;
        let address = lines.next("its address", READY_LIMIT)?;
        let address = address.parse();
        Ok(Self {
            address: address.context("the bridge to TLS printed no address")?,
            _guard: guard,
        })
    }

    /// Where suites connect to.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// More than any suite opens.
const CONNECTIONS: usize = 160;
const READY_LIMIT: Duration = Duration::from_secs(30);
