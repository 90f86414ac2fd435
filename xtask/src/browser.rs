//! `browser`: Chromium opens the HTTPS page and a WebSocket on the page's own connection; and 100 MB
//! go through a tunnel while the server's memory is watched.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;

use crate::process;
use crate::server::{self, Launch, Server};
use crate::tools;
use crate::workspace::Workspace;

/// Whether to install.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Installs what is missing (apt-get, npm); then what is still missing is an error
    #[arg(long)]
    install: bool,
}

impl Options {
    pub(crate) fn new(install: bool) -> Self {
        Self { install }
    }
}

/// Runs both, each if its programs are there.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    if options.install {
        let wanted = [("chromium", "chromium"), ("node", "nodejs"), ("npm", "npm")];
        tools::install_missing(&wanted)?;
        tools::install_node_modules(workspace, TOOLS, PLAYWRIGHT)?;
    }
    let Some(node) = tools::find("node") else {
        println!("browser: skipped, Node is not installed (apt-get install nodejs)");
        return Ok(());
    };
    let binary = server::build(workspace)?;
    match (
        tools::find("chromium"),
        tools::node_modules(workspace, TOOLS, PLAYWRIGHT)?,
    ) {
        (Some(chromium), Some(modules)) => {
            page(workspace, &binary, &node, &chromium, &modules).context("browser: the page")?;
        }
        _ => println!(
            "browser: the page is skipped, Chromium or playwright-core is not installed (cargo xtask \
             browser --install)"
        ),
    }
    tunnel(workspace, &binary, &node).context("browser: the tunnel")
}

fn page(
    workspace: &Workspace,
    binary: &Path,
    node: &Path,
    chromium: &Path,
    modules: &Path,
) -> Result<()> {
    let server = Launch::new(binary, 2).with(&["--requests"]).start()?;
    let pictures = workspace.folder("browser")?;
    let mut command = Command::new(node);
    command
        .arg(workspace.root().join("xtask/clients/browser.mjs"))
        .arg(server.secure_url("")?)
        .arg(MESSAGES.to_string())
        .args([&pictures, modules, chromium]);
    let bar = process::spinner("looking at the page");
    let said = process::capture("chromium", &mut command, LIMIT);
    bar.finish_and_clear();
    let said = said?;
    print!("{}", String::from_utf8_lossy(&said));
    let (_, events) = server.stop_and_tell()?;
    judge(&events)?;
    println!(
        "browser: the page and {MESSAGES} messages of a WebSocket by one connection; see {}",
        pictures.join("index.png").display()
    );
    Ok(())
}

/// Whether all that the browser asked for came by one connection of HTTP/2, the WebSocket included.
fn judge(requests: &[Value]) -> Result<()> {
    let text = |request: &Value, name: &str| request[name].as_str().unwrap_or_default().to_owned();
    let tunnel = requests
        .iter()
        .find(|request| request["method"] == "CONNECT")
        .context("the WebSocket came by no extended CONNECT")?;
    if text(tunnel, "path") != "/ws" || tunnel["status"] != 200 {
        bail!("the WebSocket was answered so: {tunnel}");
    }
    for request in requests {
        if text(request, "protocol") != "h2" {
            bail!("not by HTTP/2: {request}");
        }
        // Chromium may go for a page of another tab on another connection; not for a page and its socket.
        let is_page = text(request, "path") == "/ws";
        if is_page && request["connection"] != tunnel["connection"] {
            bail!("the page {request} and its socket {tunnel} came by two connections");
        }
    }
    Ok(())
}

/// What goes in comes back, octet by octet, and the server keeps none of it.
fn tunnel(workspace: &Workspace, binary: &Path, node: &Path) -> Result<()> {
    for is_secure in [false, true] {
        let server = Server::start(binary, 2)?;
        let url = if is_secure {
            server.secure_url("")?
        } else {
            server.url("")
        };
        let mut command = Command::new(node);
        command
            .arg(workspace.root().join("xtask/clients/tunnel.mjs"))
            .arg(&url)
            .arg(server.certificate()?)
            .arg(TUNNEL_OCTETS.to_string());
        let watch = server.watch()?;
        let bar = process::spinner("sending through a tunnel");
        let said = process::capture("tunnel.mjs", &mut command, LIMIT);
        bar.finish_and_clear();
        let (first, most) = watch.finish()?;
        let said = said?;
        server.stop()?;
        let said = String::from_utf8_lossy(&said);
        if said.trim() != format!("echoed {TUNNEL_OCTETS}") {
            bail!(
                "{url}: of {TUNNEL_OCTETS} octets the client says `{}`",
                said.trim()
            );
        }
        if most > first + GROWTH_KIB_MAX {
            bail!("{url}: the server grew from {first} to {most} KiB");
        }
        println!(
            "browser: {TUNNEL_OCTETS} octets through a tunnel at {url} and back, memory {first} to {most} KiB"
        );
    }
    Ok(())
}

const TOOLS: &str = "browser";
const PLAYWRIGHT: &str = "playwright-core@1.65.1";
const MESSAGES: u32 = 1000;
const TUNNEL_OCTETS: u64 = 100_000_000;
const GROWTH_KIB_MAX: u64 = 64 * 1024;
const LIMIT: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(connection: u64, method: &str, protocol: &str) -> Value {
        json!({
            "event": "request", "connection": connection, "protocol": protocol, "method": method,
            "path": "/ws", "status": 200,
        })
    }

    #[test]
    fn a_page_and_its_socket_share_a_connection_of_http2() {
        let page = request(2, "GET", "h2");
        assert!(judge(&[page.clone(), request(2, "CONNECT", "h2")]).is_ok());
        for wrong in [
            request(3, "CONNECT", "h2"),
            request(2, "CONNECT", "http/1.1"),
            request(2, "GET", "h2"),
        ] {
            assert!(judge(&[page.clone(), wrong.clone()]).is_err(), "{wrong}");
        }
    }
}
