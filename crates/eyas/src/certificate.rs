//! The certificate of the HTTPS listener: given on the command line, or made and kept.

mod facts;
mod made;
mod store;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use eyas_server::{TlsConfig, TlsError};

pub(crate) use facts::Facts;

use crate::calendar::Day;
use store::Store;

/// A certificate with its key, ready to be served.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) tls: TlsConfig,
    /// The file a client can trust; none when it is in memory only.
    pub(crate) path: Option<PathBuf>,
    /// Whether this server has made it, now or earlier.
    pub(crate) is_ours: bool,
    pub(crate) facts: Facts,
}

/// A certificate and its key, both as PEM (RFC 7468).
#[derive(Clone)]
pub(crate) struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    /// The one in the files `certificate` and `key`.
    pub(crate) fn given(certificate: &Path, key: &Path) -> Result<Self> {
        let read = |path: &Path, flag: &str| {
            fs::read(path).map_err(|error| {
                let path = path.display();
                anyhow!(
                    "cannot read `{path}` ({error}): name a PEM file that can be read with `{flag}`"
                )
            })
        };
        let pair = Pair {
            certificate: read(certificate, "--cert")?,
            key: read(key, "--key")?,
        };
        let tls = pair.tls().map_err(|error| {
            anyhow!(
                "cannot serve `{}` with `{}` ({error}): give the chain with `--cert` and the key that \
                 belongs to its first certificate with `--key`, both as PEM",
                certificate.display(),
                key.display()
            )
        })?;
        Ok(Self {
            tls,
            path: Some(certificate.to_owned()),
            is_ours: false,
            facts: pair.facts()?,
        })
    }

    /// The one this server makes for itself: from the user's cache folder if it is there and good for a
    /// while, else made now and kept there. The second value says why it could not be kept.
    pub(crate) fn own() -> Result<(Self, Option<String>)> {
        Self::kept_in(Store::of_user(), Day::today())
    }

    fn kept_in(store: Result<Store>, today: Day) -> Result<(Self, Option<String>)> {
        let kept = store.and_then(|store| {
            let pair = store.pair(|pair| pair.is_good(today), || made::make(today))?;
            Ok((pair, store.certificate()))
        });
        let (pair, path, complaint) = match kept {
            Ok((pair, path)) => (pair, Some(path), None),
            Err(error) => (
                made::make(today)?,
                None,
                Some(format!(
                    "{error:#}: the certificate is kept in memory only, and a new one is made at every \
                     start; set XDG_CACHE_HOME to a folder of yours that can be written"
                )),
            ),
        };
        let certificate = Self {
            tls: pair.tls()?,
            path,
            is_ours: true,
            facts: pair.facts()?,
        };
        Ok((certificate, complaint))
    }
}

impl Pair {
    fn tls(&self) -> Result<TlsConfig, TlsError> {
        TlsConfig::from_pem(&self.certificate, &self.key)
    }

    fn facts(&self) -> Result<Facts> {
        Facts::of(&self.certificate).context("the certificate cannot be read")
    }

    /// Whether it is a pair at all, and lasts through tomorrow.
    fn is_good(&self, today: Day) -> bool {
        let lasts = Facts::of(&self.certificate)
            .and_then(|facts| facts.until)
            .is_some_and(|until| until > today.after(1));
        lasts && self.tls().is_ok()
    }
}

#[cfg(test)]
mod tests;
