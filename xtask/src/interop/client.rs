//! The clients: each a program that writes the body of a response to its standard output.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::tools;
use crate::workspace::Workspace;

/// A client that is installed.
#[derive(Debug)]
pub(super) struct Client {
    name: &'static str,
    program: PathBuf,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Curl,
    /// As one that knows no HTTP/2.
    CurlHttp1,
    Nghttp,
    /// A script of ours that takes a URL, the certificate to trust and, to be posted, a file.
    Script(PathBuf),
    /// As a script; it speaks HTTP/2 over TLS only.
    Java(PathBuf),
}

/// Every client that is installed. With `install` the missing ones are, and must then be there.
pub(super) fn all(workspace: &Workspace, install: bool) -> Result<Vec<Client>> {
    if install {
        tools::install_missing(&[("curl", "curl"), ("nghttp", "nghttp2-client")])?;
        tools::install_python(workspace)?;
    }
    let scripts = workspace.root().join("xtask/clients");
    let candidates = [
        (
            "curl",
            tools::find("curl"),
            Kind::Curl,
            "apt-get install curl",
        ),
        (
            "curl http/1.1",
            tools::find("curl"),
            Kind::CurlHttp1,
            "apt-get install curl",
        ),
        (
            "nghttp",
            tools::find("nghttp"),
            Kind::Nghttp,
            "apt-get install nghttp2-client",
        ),
        (
            "node",
            tools::find("node"),
            Kind::Script(scripts.join("fetch.mjs")),
            "apt-get install nodejs",
        ),
        (
            "httpx",
            tools::python(workspace)?,
            Kind::Script(scripts.join("fetch.py")),
            "cargo xtask interop --install",
        ),
        (
            "java",
            tools::find("java"),
            Kind::Java(scripts.join("Fetch.java")),
            "apt-get install default-jdk-headless",
        ),
    ];
    let mut clients = Vec::new();
    for (name, program, kind, remedy) in candidates {
        match program {
            Some(program) => clients.push(Client {
                name,
                program,
                kind,
            }),
            // A JDK is large: it is used where there is one, and not asked for.
            None if install && !matches!(kind, Kind::Java(_)) => {
                bail!("{name} is not installed; {remedy}")
            }
            None => println!("{name}: skipped, it is not installed ({remedy})"),
        }
    }
    Ok(clients)
}

impl Client {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it is of use without TLS.
    pub(super) fn speaks_clear(&self) -> bool {
        !matches!(self.kind, Kind::Java(_))
    }

    /// A GET of `url`, or a POST of `file` to it, trusting `certificate`. The program fails unless the
    /// answer is 200.
    pub(super) fn command(&self, url: &str, certificate: &Path, file: Option<&Path>) -> Command {
        let mut command = Command::new(&self.program);
        match &self.kind {
            Kind::Curl | Kind::CurlHttp1 => {
                command
                    .args(["--silent", "--show-error", "--fail", "--cacert"])
                    .arg(certificate)
                    .args(["--write-out", "%{stderr}protocol=%{http_version}"]);
                command.arg(match self.kind {
                    Kind::CurlHttp1 => "--http1.1",
                    _ if url.starts_with("https:") => "--http2",
                    _ => "--http2-prior-knowledge",
                });
                if let Some(file) = file {
                    // An upload from a file is streamed; `--data-binary` would be read up first.
                    command
                        .args(["--request", "POST", "--upload-file"])
                        .arg(file);
                }
            }
            Kind::Nghttp => {
                if let Some(file) = file {
                    command.arg("--data").arg(file);
                }
            }
            Kind::Script(script) | Kind::Java(script) => {
                command.arg(script).arg(url).arg(certificate).args(file);
                return command;
            }
        }
        command.arg(url);
        command
    }

    /// What the program must have said about the protocol; nothing when it knows only one.
    pub(super) fn protocol(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Nghttp => None,
            Kind::CurlHttp1 => Some("protocol=1.1"),
            Kind::Curl | Kind::Script(_) | Kind::Java(_) => Some("protocol=2"),
        }
    }

    /// A first look at the answer's frames, by a client that shows them.
    pub(super) fn look(&self, url: &str) -> Result<()> {
        if !matches!(self.kind, Kind::Nghttp) {
            return Ok(());
        }
        let mut command = Command::new(&self.program);
        command.args(["--null-out", "--verbose", url]);
        let frames = process::capture("nghttp -nv", &mut command, LOOK_LIMIT)?;
        let frames = String::from_utf8_lossy(&frames);
        for sign in ["recv SETTINGS frame", ":status: 200", "; END_STREAM"] {
            if !frames.contains(sign) {
                bail!("nghttp -nv shows no `{sign}`:\n{frames}");
            }
        }
        Ok(())
    }
}

const LOOK_LIMIT: Duration = Duration::from_secs(20);
