//! What TLS needs: a certificate, its key, and the protocols on offer.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// How connections are encrypted. Cheap to clone.
///
/// TLS 1.2 and 1.3, session tickets, no early data. ALPN offers `h2`, and behind it `http/1.1` if
/// [`Builder::fallback_http1`](crate::Builder::fallback_http1) is set: a client that offers neither is
/// refused with the alert `no_application_protocol` (RFC 7301 section 3.2).
///
/// ```no_run
/// use eyas_server::{Server, TlsConfig};
///
/// # fn example() -> Result<(), eyas_server::TlsError> {
/// let server = Server::builder().tls(TlsConfig::from_pem_files("cert.pem", "key.pem")?);
/// # let _ = server;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[cfg_attr(docsrs, doc(cfg(any(feature = "tls", feature = "tls-ring"))))]
pub struct TlsConfig {
    /// Without its protocols.
    base: Arc<ServerConfig>,
    /// Protocols to offer behind `h2` and, if it is offered at all, `http/1.1`.
    more: Vec<Vec<u8>>,
    /// To be used on connections, without and with `http/1.1`.
    h2_only: Arc<ServerConfig>,
    with_http1: Arc<ServerConfig>,
}

/// What is wrong with a certificate or its key, in one sentence.
#[derive(Debug)]
#[cfg_attr(docsrs, doc(cfg(any(feature = "tls", feature = "tls-ring"))))]
pub struct TlsError {
    sentence: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TlsConfig {
    /// A chain of certificates, the server's own first, and its key, from files of PEM.
    ///
    /// # Errors
    ///
    /// [`TlsError`] names the file that is missing, unreadable or holds nothing of use, and says when the
    /// key is another certificate's.
    pub fn from_pem_files(cert: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsError> {
        let (cert, key) = (cert.as_ref(), key.as_ref());
        let (cert_pem, key_pem) = (read(cert)?, read(key)?);
        let names = (cert.display().to_string(), key.display().to_string());
        Self::from_named_pem((&names.0, &cert_pem), (&names.1, &key_pem))
    }

    /// A chain of certificates, the server's own first, and its key, as PEM.
    ///
    /// # Errors
    ///
    /// As [`from_pem_files`](Self::from_pem_files), without files.
    pub fn from_pem(cert: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        Self::from_named_pem(("the certificate's PEM", cert), ("the key's PEM", key))
    }

    /// A certificate for `names`, made now and signed by itself. For trying things out: no client trusts
    /// it unasked, and it is another one after each start.
    ///
    /// # Errors
    ///
    /// [`TlsError`] when a name cannot be put into a certificate.
    #[cfg(feature = "self-signed")]
    #[cfg_attr(docsrs, doc(cfg(feature = "self-signed")))]
    pub fn self_signed(
        names: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, TlsError> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let made = rcgen::generate_simple_self_signed(names).map_err(|error| {
            TlsError::caused("a certificate with these names cannot be made", error)
        })?;
        let key = rustls_pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        Self::new(
            vec![made.cert.der().clone()],
            key.into(),
            ("the certificate", "the key"),
        )
    }

    /// A configuration of rustls, for everything that is not on this page. Its `alpn_protocols` are taken
    /// as they are, unless there are none: name `http/1.1` among them for
    /// [`Builder::fallback_http1`](crate::Builder::fallback_http1). Its `max_early_data_size` is set to 0:
    /// early data can be replayed (RFC 8470), and is not read here.
    #[must_use]
    pub fn from_rustls(config: Arc<ServerConfig>) -> Self {
        Self::with_base(config, Vec::new())
    }

    /// Offers `protocols` behind `h2`. A client that agrees on one of them is given to
    /// [`Builder::fallback_http1`](crate::Builder::fallback_http1), whose business it is to tell them
    /// apart by [`TlsInfo::alpn`](crate::TlsInfo::alpn); without that hook it gets HTTP/2.
    #[must_use]
    pub fn with_alpn(self, protocols: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let mut more = self.more;
        more.extend(protocols.into_iter().map(Into::into));
        Self::with_base(self.base, more)
    }

    /// Writes the secrets of every connection to the file that the environment variable `SSLKEYLOGFILE`
    /// names, if there is one: whoever has it can read everything. For Wireshark.
    #[must_use]
    pub fn with_key_log(self) -> Self {
        let mut base = Arc::unwrap_or_clone(self.base);
        base.key_log = Arc::new(rustls::KeyLogFile::new());
        Self::with_base(Arc::new(base), self.more)
    }

    /// What a connection uses.
    pub(crate) const fn rustls(&self, with_http1: bool) -> &Arc<ServerConfig> {
        if with_http1 {
            &self.with_http1
        } else {
            &self.h2_only
        }
    }

    fn from_named_pem(cert: (&str, &[u8]), key: (&str, &[u8])) -> Result<Self, TlsError> {
        let certs = CertificateDer::pem_slice_iter(cert.1)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TlsError::caused(format!("{} is not PEM", cert.0), error))?;
        if certs.is_empty() {
            return Err(TlsError::new(format!("{} holds no certificate", cert.0)));
        }
        let key_der = match PrivateKeyDer::from_pem_slice(key.1) {
            Ok(key) => key,
            Err(rustls_pki_types::pem::Error::NoItemsFound) => {
                return Err(TlsError::new(format!("{} holds no private key", key.0)));
            }
            Err(error) => {
                return Err(TlsError::caused(format!("{} is not PEM", key.0), error));
            }
        };
        Self::new(certs, key_der, (cert.0, key.0))
    }

    fn new(
        certs: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        (cert_name, key_name): (&str, &str),
    ) -> Result<Self, TlsError> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::caused("this build knows no version of TLS", error))?
            .with_no_client_auth()
            .with_single_cert(certs, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => TlsError::new(format!(
                    "the key in {key_name} does not belong to the certificate in {cert_name}"
                )),
                error => {
                    TlsError::caused(format!("{cert_name} and {key_name} cannot be used"), error)
                }
            })?;
        config.ticketer = ticketer()
            .map_err(|error| TlsError::caused("there is no key for session tickets", error))?;
        Ok(Self::with_base(Arc::new(config), Vec::new()))
    }

    fn with_base(base: Arc<ServerConfig>, more: Vec<Vec<u8>>) -> Self {
        let offering = |http1: bool| {
            let mut config = ServerConfig::clone(&base);
            // What would be accepted early and read by nobody would be lost.
            config.max_early_data_size = 0;
            if config.alpn_protocols.is_empty() {
                config.alpn_protocols.push(b"h2".to_vec());
                config
                    .alpn_protocols
                    .extend(http1.then(|| b"http/1.1".to_vec()));
            }
            config.alpn_protocols.extend(more.iter().cloned());
            Arc::new(config)
        };
        Self {
            h2_only: offering(false),
            with_http1: offering(true),
            base,
            more,
        }
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig")
            .field("alpn", &Protocols(&self.h2_only.alpn_protocols))
            .finish_non_exhaustive()
    }
}

impl TlsError {
    fn new(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            source: None,
        }
    }

    fn caused(
        sentence: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            sentence: format!("{}: {source}", sentence.into()),
            source: Some(Box::new(source)),
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for TlsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source: &(dyn std::error::Error + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

/// Protocols as text.
struct Protocols<'a>(&'a [Vec<u8>]);

impl fmt::Debug for Protocols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|name| name.escape_ascii().to_string()))
            .finish()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path)
        .map_err(|error| TlsError::caused(format!("cannot read {}", path.display()), error))
}

#[cfg(feature = "tls")]
use rustls::crypto::aws_lc_rs as crypto;
#[cfg(all(feature = "tls-ring", not(feature = "tls")))]
use rustls::crypto::ring as crypto;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(crypto::default_provider())
}

fn ticketer() -> Result<Arc<dyn rustls::server::ProducesTickets>, rustls::Error> {
    crypto::Ticketer::new()
}

#[cfg(not(any(feature = "tls", feature = "tls-ring")))]
compile_error!("name the feature `tls` or `tls-ring`, not `_tls`");
