//! `faults`: what goes wrong on purpose, seen through the eyes of real clients: each is told in words,
//! and none takes the connection along.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::{self, Finished};
use crate::raw::Connection;
use crate::server::{self, Launch, Server};
use crate::tools;
use crate::workspace::Workspace;

/// Runs every fault in the clear and over TLS, also after one was not as it must be.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let curl = tools::need("curl", "curl")?;
    let binary = server::build(workspace)?;
    let upload = workspace.folder("faults")?.join("upload");
    fs::write(&upload, vec![b'x'; UPLOAD_OCTETS]).context("cannot write the file to upload")?;
    let mut failures = Vec::new();
    for scheme in [Scheme::Clear, Scheme::Tls] {
        let ground = Ground {
            curl: curl.clone(),
            server: Launch::new(&binary, 2).quietly().start()?,
            scheme,
        };
        let mut judge = |what: &str, fault: Result<()>| match fault {
            Ok(()) => println!("faults: {what}, {}: as it must be", scheme.name()),
            Err(error) => failures.push(format!("  {what}, {}: {error:#}", scheme.name())),
        };
        judge("an early 413", early_answer(&ground, &upload));
        judge("a handler that panics", panic(&ground));
        judge("a body that fails after the head", reset(&ground));
        ground.server.stop()?;
    }
    match http1(&curl, &binary) {
        Ok(()) => println!("faults: HTTP/1.1 where only HTTP/2 is spoken: as it must be"),
        Err(error) => failures.push(format!("  HTTP/1.1 where only HTTP/2 is spoken: {error:#}")),
    }
    if !failures.is_empty() {
        bail!("faults: {} of 7\n{}", failures.len(), failures.join("\n"));
    }
    Ok(())
}

/// A server and how curl reaches it.
struct Ground {
    curl: PathBuf,
    server: Server,
    scheme: Scheme,
}

#[derive(Clone, Copy)]
enum Scheme {
    Clear,
    Tls,
}

impl Scheme {
    fn name(self) -> &'static str {
        match self {
            Self::Clear => "in the clear",
            Self::Tls => "over TLS",
        }
    }
}

impl Ground {
    /// Lets curl ask for each of `paths` in turn, each with its options. For each it prints the status, the
    /// connections it made, the octets it sent and the protocol.
    fn curl(&self, paths: &[(&str, &[&str])]) -> Result<Finished<Vec<u8>>> {
        let mut command = Command::new(&self.curl);
        for (at, (path, options)) in paths.iter().enumerate() {
            if at > 0 {
                command.arg("--next");
            }
            command
                .args(["--silent", "--show-error", "--output", "/dev/null"])
                .args([
                    "--write-out",
                    "%{http_code} %{num_connects} %{size_upload} %{http_version}\\n",
                ])
                .args(*options);
            match self.scheme {
                Scheme::Clear => command
                    .arg("--http2-prior-knowledge")
                    .arg(self.server.url(path)),
                Scheme::Tls => command
                    .arg("--cacert")
                    .arg(self.server.certificate()?)
                    .arg(self.server.secure_url(path)?),
            };
        }
        process::pipe("curl", &mut command, LIMIT, Vec::new())
    }
}

/// RFC 9113 section 8.1: an answer before the end of the request. The upload would take half a minute.
fn early_answer(ground: &Ground, upload: &Path) -> Result<()> {
    let upload = upload
        .to_str()
        .context("the path of the upload is no text")?;
    let slowly = ["--limit-rate", "2M", "--upload-file", upload];
    let unannounced = [&slowly[..], &["--header", "content-length:"]].concat();
    for (path, options) in [
        ("/sink?max=1000", &slowly[..]),
        ("/sink?max=300000", &unannounced),
    ] {
        let finished = ground.curl(&[(path, options)])?;
        let told = told(&finished);
        let [answer] = &told[..] else {
            bail!("curl made no request:\n{}", finished.errors);
        };
        if answer.status != 413 || !finished.status.success() {
            bail!(
                "{path}: curl saw the status {} and ended with {}\n{}",
                answer.status,
                finished.status,
                finished.errors
            );
        }
        if answer.sent * 2 > UPLOAD_OCTETS as u64 || finished.took > EARLY {
            bail!(
                "{path}: 413 came only after {} octets were sent",
                answer.sent
            );
        }
    }
    Ok(())
}

fn panic(ground: &Ground) -> Result<()> {
    goes_on(ground, "/panic", 500).map(drop)
}

/// After the head only RST_STREAM can tell (RFC 9113 section 5.4.2).
fn reset(ground: &Ground) -> Result<()> {
    let errors = goes_on(ground, "/reset", 200)?;
    if !errors.contains("INTERNAL_ERROR") {
        bail!("curl does not tell of INTERNAL_ERROR: `{}`", errors.trim());
    }
    Ok(())
}

/// Whether `path` is answered with `status`, and then `/hello` by the same connection. What curl complained
/// about.
fn goes_on(ground: &Ground, path: &str, status: u16) -> Result<String> {
    let both: [(&str, &[&str]); 2] = [(path, &[]), ("/hello", &[])];
    let expected = [(status, 1, true), (200, 0, true)];
    let asked = match ground.scheme {
        Scheme::Tls => 2,
        // Debian's curl sends a second preface when it uses a connection again that it began with prior
        // knowledge, so there a client of ours asks on.
        Scheme::Clear => 1,
    };
    let finished = ground.curl(&both[..asked])?;
    let told: Vec<_> = told(&finished)
        .iter()
        .map(|answer| (answer.status, answer.connects, answer.is_http2))
        .collect();
    if told != expected[..asked] {
        bail!(
            "(status, connections made, by HTTP/2) is {told:?}, not {:?}\n{}",
            &expected[..asked],
            finished.errors
        );
    }
    let mut connection = Connection::open(ground.server.address(), LIMIT)?;
    // Its error is the reset, which curl has told of.
    drop(connection.fetch(path));
    let after = connection.fetch("/hello")?;
    if after != 200 {
        bail!("after {path} the same connection answers with {after}");
    }
    Ok(finished.errors)
}

fn http1(curl: &Path, binary: &Path) -> Result<()> {
    let server = Launch::new(binary, 1).with(&["--http2-only"]).start()?;
    let mut command = Command::new(curl);
    command
        .args(["--silent", "--show-error", "--http1.1", "--include"])
        .arg(server.url("/hello"));
    let answer = process::capture("curl --http1.1", &mut command, LIMIT)?;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    server.stop()?;
    for sign in [
        "http/1.1 400 ",
        "connection: close",
        "this port speaks http/2 only",
        "--http2-prior-knowledge",
    ] {
        if !answer.contains(sign) {
            bail!("curl --http1.1 shows no `{sign}`:\n{answer}");
        }
    }
    Ok(())
}

/// What curl says of one request.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status: u16,
    connects: u32,
    sent: u64,
    is_http2: bool,
}

fn told(finished: &Finished<Vec<u8>>) -> Vec<Told> {
    String::from_utf8_lossy(&finished.output)
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some(Told {
                status: words.next()?.parse().ok()?,
                connects: words.next()?.parse().ok()?,
                sent: words.next()?.parse().ok()?,
                is_http2: words.next()? == "2",
            })
        })
        .collect()
}

const UPLOAD_OCTETS: usize = 64 << 20;
const EARLY: Duration = Duration::from_secs(10);
const LIMIT: Duration = Duration::from_secs(60);
