//! The load: an HTTP/2 client that does as little as it can, so that the server is what is measured.

mod beside;
mod certificate;
mod client;
mod hold;
mod latencies;
mod load;
mod request;
mod streams;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::request::Request;

/// Asks an HTTP/2 server the same again and again, and prints what came of it as one line of JSON.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Keeps so many requests under way on so many connections
    Load(load::Options),
    /// Times one request after another on a connection that is busy with large downloads
    Beside(beside::Options),
    /// Opens connections or streams and leaves them be
    Hold(hold::Options),
    /// Writes a self-signed certificate for `localhost` and its key
    Certificate {
        /// The file for the certificate
        cert: PathBuf,
        /// The file for the key
        key: PathBuf,
    },
}

/// Whom to ask.
#[derive(Clone, Debug, Args)]
struct Target {
    /// The server, as `IP:PORT`
    #[arg(long)]
    address: SocketAddr,
    /// Over TLS, whatever the certificate
    #[arg(long)]
    tls: bool,
    /// A request field, as `name: value`; can be given more than once
    #[arg(short = 'H', long = "field", value_name = "FIELD")]
    fields: Vec<String>,
    /// Takes every answer, whatever its status
    #[arg(long)]
    any_status: bool,
}

impl Target {
    /// A request for `path`; with `upload` octets of content it is a POST.
    fn request(&self, path: &str, upload: u64, further: &[String]) -> Result<Request> {
        let fields = self.fields.iter().chain(further);
        Request::new(self.address, self.tls, path, upload, fields)
    }
}

fn main() -> Result<()> {
    match Arguments::parse().verb {
        Verb::Load(options) => load::run(&options),
        Verb::Beside(options) => beside::run(&options),
        Verb::Hold(options) => hold::run(&options),
        Verb::Certificate { cert, key } => certificate::write(&cert, &key),
    }
}
