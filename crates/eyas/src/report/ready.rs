//! The first thing the server prints: where it listens, whom to trust, what to try.

use std::env;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::index::Index;

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    pub(crate) https: Option<SocketAddr>,
    pub(crate) h2c: Option<SocketAddr>,
    /// Of the HTTPS listener.
    pub(crate) certificate: Option<&'a Certificate>,
    pub(crate) folder: Option<&'a Path>,
    pub(crate) http2_only: bool,
}

impl Ready<'_> {
    /// What the page `/` needs to know.
    pub(crate) fn index(&self) -> Index {
        Index {
            https: self.https_url(),
            clear: self.clear_url(),
            trust: self.trust(),
            serves_files: self.folder.is_some(),
        }
    }

    pub(super) fn json(&self) -> Value {
        let address = |address: Option<SocketAddr>| address.map(|address| address.to_string());
        let path = self
            .certificate
            .and_then(|certificate| certificate.path.as_ref());
        json!({
            "event": "ready",
            "h2c": address(self.h2c),
            "https": address(self.https),
            "cert": path.map(|path| path.to_string_lossy()),
        })
    }

    fn https_url(&self) -> Option<String> {
        let address = reachable(self.https?);
        // The name that every certificate for this machine has.
        Some(if address.ip() == Ipv4Addr::LOCALHOST {
            format!("https://localhost:{}", address.port())
        } else {
            format!("https://{address}")
        })
    }

    fn clear_url(&self) -> Option<String> {
        Some(format!("http://{}", reachable(self.h2c?)))
    }

    /// What curl needs to trust the certificate.
    fn trust(&self) -> String {
        match self.certificate {
            Some(Certificate {
                path: Some(path),
                is_ours: true,
                ..
            }) => format!("--cacert {} ", shell(path)),
            Some(Certificate { is_ours: true, .. }) => "--insecure ".to_owned(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Ready<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "eyas {}", env!("CARGO_PKG_VERSION"))?;
        f.write_str(if self.http2_only {
            " · HTTP/2 only"
        } else {
            " · HTTP/2, and HTTP/1.1 for those who ask"
        })?;
        let secure = self.https_url();
        let clear = self.clear_url();
        f.write_str(if secure.is_some() {
            " · TLS 1.3 and 1.2\n"
        } else {
            "\n"
        })?;
        if let Some(url) = &secure {
            writeln!(f, "  {url}/")?;
        }
        if let Some(url) = &clear {
            writeln!(f, "  {url}/  without TLS (h2c, prior knowledge)")?;
        }
        match self.folder {
            Some(folder) => writeln!(f, "files        {}", folder.display())?,
            None => writeln!(f, "files        none; `eyas DIR` serves those of a folder")?,
        }
        if let Some(certificate) = self.certificate {
            certificate.fmt(f)?;
        }
        let (how, http2, url) = match (secure, clear) {
            (Some(secure), _) => (self.trust(), "-nvy", secure),
            (None, clear) => (
                "--http2-prior-knowledge ".to_owned(),
                "-nv",
                clear.unwrap_or_default(),
            ),
        };
        writeln!(f, "try          curl {how}{url}/")?;
        writeln!(f, "             nghttp {http2} {url}/bytes/1000000")?;
        writeln!(f, "             h2load -n 100000 -c 10 -m 100 {url}/hello")?;
        f.write_str("press Ctrl-C to drain and stop (again to stop at once)")
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("certificate  ")?;
        if self.is_ours {
            f.write_str("self-signed for localhost, 127.0.0.1, ::1, ")?;
        }
        if let Some(until) = self.facts.until {
            write!(f, "until {until}, ")?;
        }
        match &self.path {
            Some(path) => writeln!(f, "in {}", shell(path))?,
            None => writeln!(f, "in memory only")?,
        }
        writeln!(f, "             sha256 {}", self.facts.fingerprint)
    }
}

/// The address to write into a URL for a server that listens at `address`: that of every interface is
/// none to connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// A path as a shell takes it.
fn shell(path: &Path) -> String {
    let home = env::var_os("HOME");
    shell_at_home(path, home.as_ref().map(Path::new))
}

fn shell_at_home(path: &Path, home: Option<&Path>) -> String {
    let whole = path.to_string_lossy();
    let home = home.filter(|home| home.parent().is_some());
    let at_home = home.and_then(|home| path.strip_prefix(home).ok());
    let plain = match at_home {
        Some(rest) => format!("~/{}", rest.to_string_lossy()),
        None => whole.clone().into_owned(),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "~/._-+,@:".contains(c);
    if plain.chars().all(is_plain) {
        plain
    } else {
        format!("'{}'", whole.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_an_address_that_can_be_reached() {
        let text = |address: &str| reachable(address.parse().expect("an address")).to_string();
        assert_eq!(text("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(text("[::]:80"), "[::1]:80");
        assert_eq!(text("10.0.0.1:80"), "10.0.0.1:80");
    }

    #[test]
    fn a_path_can_be_pasted_into_a_shell() {
        let text = |path: &str| shell_at_home(Path::new(path), Some(Path::new("/home/a")));
        assert_eq!(
            text("/home/a/.cache/eyas/dev-cert.pem"),
            "~/.cache/eyas/dev-cert.pem"
        );
        assert_eq!(text("/tmp/cert.pem"), "/tmp/cert.pem");
        assert_eq!(text("/tmp/a b/it's.pem"), r"'/tmp/a b/it'\''s.pem'");
        assert_eq!(text("/home/a/b c"), "'/home/a/b c'");
        assert_eq!(shell_at_home(Path::new("/a"), Some(Path::new("/"))), "/a");
    }

    #[test]
    fn without_tls_nothing_is_said_of_certificates() {
        let ready = Ready {
            https: None,
            h2c: Some(SocketAddr::from(([0, 0, 0, 0], 8080))),
            certificate: None,
            folder: None,
            http2_only: true,
        };
        let text = ready.to_string();
        assert!(
            !text.contains("TLS 1.3") && !text.contains("certificate"),
            "{text}"
        );
        assert!(
            text.contains("curl --http2-prior-knowledge http://127.0.0.1:8080/\n"),
            "{text}"
        );
        assert_eq!(ready.json()["https"], Value::Null);
        assert_eq!(ready.json()["h2c"], "0.0.0.0:8080");
    }
}
