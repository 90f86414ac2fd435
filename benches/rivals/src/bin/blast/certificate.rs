//! A certificate made for one run.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a self-signed certificate for `localhost`, with a P-256 key, as PEM.
pub(crate) fn write(cert: &Path, key: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    let made = made.context("no certificate could be made")?;
    for (path, text) in [
        (cert, made.cert.pem()),
        (key, made.signing_key.serialize_pem()),
    ] {
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
