//! `grpc`: the gRPC of Python and of Node, which share no code with tonic, as clients of its example.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::lines::Lines;
use crate::process::{self, Guard};
use crate::tools::{self, Venv};
use crate::workspace::Workspace;

/// Whether to install.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Installs the clients that are missing (apt-get, pip, npm); then one that is still missing is an error
    #[arg(long)]
    install: bool,
}

impl Options {
    pub(crate) fn new(install: bool) -> Self {
        Self { install }
    }
}

/// Runs every client there is, also after one has failed.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let clients = workspace.root().join("crates/eyas-examples/clients");
    let requirements = clients.join("requirements.txt");
    let requirements = requirements
        .to_str()
        .context("the path of the workspace is no text")?;
    let package = node_package(&clients)?;
    if options.install {
        tools::install_missing(&[
            ("python3", "python3-venv"),
            ("node", "nodejs"),
            ("npm", "npm"),
        ])?;
        Venv::GRPC.install(workspace, &["-r", requirements])?;
        tools::install_node_modules(workspace, NODE_TOOLS, &package)?;
    }
    let example = build(workspace)?;
    let mut failures = Vec::new();
    let mut judge = |name: &str, client: Option<Command>| match client {
        None => {
            println!("grpc: {name} is skipped, it is not installed (cargo xtask grpc --install)")
        }
        Some(client) => {
            if let Err(error) = exercise(name, client, &example) {
                failures.push(format!("  {name}: {error:#}"));
            }
        }
    };
    let python = Venv::GRPC.find(workspace)?.map(|python| {
        let mut command = Command::new(python);
        command.arg(clients.join("grpc_python.py"));
        command
    });
    judge("python", python);
    let modules = tools::node_modules(workspace, NODE_TOOLS, &package)?;
    let node = tools::find("node").zip(modules).map(|(node, modules)| {
        let mut command = Command::new(node);
        command
            .arg(clients.join("grpc_node.js"))
            .env("NODE_PATH", modules.join("node_modules"));
        command
    });
    judge("node", node);
    if !failures.is_empty() {
        bail!(
            "grpc: {} clients failed\n{}",
            failures.len(),
            failures.join("\n")
        );
    }
    Ok(())
}

/// One client at an example of its own. A client ends with another code than 0 when a check has failed.
fn exercise(name: &str, mut client: Command, example: &Path) -> Result<()> {
    let mut command = Command::new(example);
    command.arg("127.0.0.1:0").stdout(Stdio::piped());
    let mut server = Guard::spawn("the tonic example", &mut command)?;
    let lines = Lines::of("the tonic example", &mut server)?;
    let ready = lines.next("listening on ADDRESS", READY_LIMIT)?;
    let address = ready
        .strip_prefix("listening on ")
        .with_context(|| format!("the tonic example says `{ready}`"))?;
    let bar = process::spinner(format!("gRPC of {name}"));
    let finished = process::pipe(name, client.arg(address), CLIENT_LIMIT, Vec::new());
    bar.finish_and_clear();
    let finished = finished?;
    let said = String::from_utf8_lossy(&finished.output).into_owned();
    let checks = said.lines().filter(|line| line.starts_with("ok: ")).count();
    if !finished.status.success() || checks < CHECKS_MIN {
        let errors = finished.errors.trim_end();
        bail!(
            "{checks} checks passed, it ended with {}\n{said}{errors}",
            finished.status
        );
    }
    server.interrupt()?;
    if !server.wait(READY_LIMIT)?.success() {
        bail!("the tonic example did not end well");
    }
    for line in said.lines().filter(|line| !line.starts_with("ok: ")) {
        println!("grpc: {name}: {}", line.trim());
    }
    println!(
        "grpc: {name}: {checks} checks passed in {} ms",
        finished.took.as_millis()
    );
    Ok(())
}

/// Builds the example as `test` has: what that has compiled is not compiled again.
fn build(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args([
        "build",
        "--quiet",
        "--workspace",
        "--all-features",
        "--example",
        "tonic",
    ]);
    let bar = process::spinner("building the tonic example");
    let built = process::run("cargo build --example tonic", &mut command, BUILD_LIMIT);
    bar.finish_and_clear();
    built?;
    workspace.debug_example("tonic")
}

/// `NAME@VERSION` of the one package that the client needs.
fn node_package(clients: &Path) -> Result<String> {
    let path = clients.join("package.json");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: serde_json::Value = serde_json::from_str(&text)?;
    manifest["dependencies"]
        .as_object()
        .and_then(|packages| packages.iter().next())
        .and_then(|(name, version)| Some(format!("{name}@{}", version.as_str()?)))
        .with_context(|| format!("{} names no dependency", path.display()))
}

const NODE_TOOLS: &str = "grpc-node";
/// Unary, three kinds of streaming, an error, a deadline and a cancelled call are more.
const CHECKS_MIN: usize = 8;
const READY_LIMIT: Duration = Duration::from_secs(10);
const CLIENT_LIMIT: Duration = Duration::from_secs(180);
const BUILD_LIMIT: Duration = Duration::from_secs(20 * 60);
