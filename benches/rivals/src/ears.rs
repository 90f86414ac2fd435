//! Where a server listens: free loopback ports, told in the first lines of standard output.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// The listeners of a server.
#[derive(Debug)]
pub struct Ears {
    /// For HTTP/2 without TLS, with prior knowledge.
    pub clear: TcpListener,
    /// For HTTP/2 over TLS, when there is a certificate.
    pub tls: Option<(TcpListener, TlsFiles)>,
}

/// A certificate and its key, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Ears {
    /// Listens as the command line says: `[CERT KEY]`. Prints `http ADDRESS` and, with a certificate,
    /// `https ADDRESS`.
    ///
    /// # Errors
    ///
    /// When the command line has something else, or there is no port.
    pub fn open() -> Result<Self> {
        let arguments: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
        let files = match <[PathBuf; 2]>::try_from(arguments) {
            Ok([cert, key]) => Some(TlsFiles { cert, key }),
            Err(none) if none.is_empty() => None,
            Err(_) => bail!("the arguments are `[CERT KEY]`: two files, or nothing"),
        };
        let ears = Self {
            clear: listen()?,
            tls: match files {
                Some(files) => Some((listen()?, files)),
                None => None,
            },
        };
        println!("http {}", ears.clear.local_addr()?);
        if let Some((listener, _)) = &ears.tls {
            println!("https {}", listener.local_addr()?);
        }
        Ok(ears)
    }
}

/// A free loopback port, for a runtime to take over.
fn listen() -> Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no loopback port")?;
    listener.set_nonblocking(true).context("it blocks")?;
    Ok(listener)
}
