//! `proxy`: HAProxy before two servers, by HTTP/2 and the PROXY protocol. Every server knows its client's
//! address, and while one of them drains no request is lost.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::h2load;
use crate::process::Guard;
use crate::raw::Connection;
use crate::server::{self, Launch};
use crate::tools;
use crate::workspace::Workspace;

/// Asks by HAProxy, then asks on while one of the servers drains; if HAProxy is there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    // Debian keeps it where a user's search path does not lead.
    let haproxy = tools::find("haproxy").or_else(|| {
        let program = Path::new("/usr/sbin/haproxy");
        program.is_file().then(|| program.to_owned())
    });
    let Some(haproxy) = haproxy else {
        println!("proxy: skipped, HAProxy is not installed (apt-get install haproxy)");
        return Ok(());
    };
    let h2load = tools::need("h2load", "nghttp2-client")?;
    let binary = server::build(workspace)?;
    let launch = || {
        Launch::new(&binary, 1)
            .with(&["--requests", "--proxy-protocol"])
            .start()
    };
    let (first, second) = (launch()?, launch()?);
    let proxy = Proxy::start(workspace, &haproxy, &[first.address(), second.address()])?;

    let addresses = (0..CLIENTS)
        .map(|_| visit(proxy.address))
        .collect::<Result<Vec<_>>>()?;

    let count = REQUESTS.to_string();
    let arguments = ["-n", &count, "-c", "10", "-m", "10"];
    let report = h2load::run(&h2load, &arguments, proxy.address, "/hello", LIMIT)?;
    println!(
        "proxy: {REQUESTS} requests through HAProxy in {}",
        report.pace
    );

    let target = proxy.address;
    let load = thread::spawn(move || {
        let count = DRAINED_REQUESTS.to_string();
        let arguments = ["-n", &count, "-c", "10", "-m", "10"];
        h2load::run(&h2load, &arguments, target, "/slow?ms=5", LIMIT)
    });
    thread::sleep(BEFORE_DRAIN);
    first.terminate()?;
    let (_, by_first) = first.ended(LIMIT)?;
    let report = load.join().map_err(|_| anyhow!("h2load broke off"))?;
    let report = report.context("while one of two servers drained")?;
    let (_, by_second) = second.stop_and_tell()?;

    let drained = served(&by_first, "/slow");
    let total = drained + served(&by_second, "/slow");
    if report.succeeded != DRAINED_REQUESTS || drained == 0 || drained == total {
        bail!(
            "of {DRAINED_REQUESTS} requests {} succeeded, {drained} by the server that drained, of {total}",
            report.succeeded
        );
    }
    println!(
        "proxy: {DRAINED_REQUESTS} requests while one server drained, none lost, {drained} by it: {}",
        report.pace
    );
    let events: Vec<Value> = by_first.into_iter().chain(by_second).collect();
    for address in addresses {
        judge(&events, address)?;
    }
    println!("proxy: {CLIENTS} clients, each known by its own address");
    Ok(())
}

/// One client by the proxy; it asks for a path that names its own address.
fn visit(proxy: SocketAddr) -> Result<SocketAddr> {
    let mut connection = Connection::open(proxy, LIMIT)?;
    let local = connection.local()?;
    let path = path_of(local);
    let status = connection.fetch(&path)?;
    if status != 404 {
        bail!("{path} was answered with {status}");
    }
    Ok(local)
}

fn path_of(client: SocketAddr) -> String {
    format!("/from/{}", client.port())
}

/// Whether the server that was asked knew who asked.
fn judge(events: &[Value], client: SocketAddr) -> Result<()> {
    let path = path_of(client);
    let request = events
        .iter()
        .find(|event| event["path"] == path.as_str())
        .with_context(|| format!("no server was asked for {path}"))?;
    if request["peer"] != client.to_string() {
        bail!("the client {client} was taken for {}", request["peer"]);
    }
    Ok(())
}

fn served(events: &[Value], path: &str) -> u64 {
    let is_served = |event: &&Value| event["path"] == path && event["status"] == 200;
    events.iter().filter(is_served).count() as u64
}

/// A running HAProxy, ended when dropped.
struct Proxy {
    address: SocketAddr,
    _guard: Guard,
}

impl Proxy {
    fn start(workspace: &Workspace, program: &Path, servers: &[SocketAddr]) -> Result<Self> {
        // HAProxy does not tell which port it got, so one is looked for that is free now.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let path = workspace.folder("proxy")?.join("haproxy.cfg");
        fs::write(&path, configuration(address, servers))
            .context("cannot write target/proxy/haproxy.cfg")?;
        let mut command = Command::new(program);
        command.arg("-db").arg("-f").arg(&path);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut guard = Guard::spawn("haproxy", &mut command)?;
        let begin = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = guard.ended()? {
                let path = path.display();
                bail!("haproxy ended at once ({status}); see `haproxy -c -f {path}`");
            }
            if begin.elapsed() > READY_LIMIT {
                bail!("haproxy did not listen at {address}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(Self {
            address,
            _guard: guard,
        })
    }
}

/// Requests that a draining server would not take are tried with the other.
fn configuration(address: SocketAddr, servers: &[SocketAddr]) -> String {
    let servers: String = servers
        .iter()
        .enumerate()
        .map(|(at, server)| format!("    server eyas{at} {server} proto h2 send-proxy-v2\n"))
        .collect();
    format!(
        "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    timeout server 30s\n\
         \n    retries 5\n    option redispatch 1\n\
         \n    retry-on conn-failure empty-response\n\
         \nfrontend clear\n    bind {address} proto h2\n    default_backend eyas\n\
         \nbackend eyas\n    balance roundrobin\n{servers}"
    )
}

const CLIENTS: usize = 20;
const REQUESTS: u64 = 10_000;
const DRAINED_REQUESTS: u64 = 20_000;
const BEFORE_DRAIN: Duration = Duration::from_millis(500);
const READY_LIMIT: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_client_is_known_by_its_address_and_not_by_that_of_the_proxy() {
        let client = SocketAddr::from(([127, 0, 0, 1], 5000));
        let told = |peer: &str| [json!({ "path": "/from/5000", "peer": peer })];
        assert!(judge(&told("127.0.0.1:5000"), client).is_ok());
        assert!(judge(&told("127.0.0.1:5001"), client).is_err());
        assert!(judge(&[], client).is_err());
    }
}
