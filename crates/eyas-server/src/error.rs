//! Why serving a connection failed.

use std::fmt;
use std::io;
use std::time::Duration;

use eyas_connection::{ConnectionError, EndReason, Stats};

/// Why serving one connection ended with a fault. One line says all of it; `source` gives what it was
/// made of.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Protocol(ConnectionError),
    Transport(io::Error),
    #[cfg_attr(
        not(feature = "_tls"),
        expect(dead_code, reason = "without TLS no handshake fails")
    )]
    Tls(io::Error),
    ProxyHeader(&'static str),
    Timeout(Step, Duration),
}

/// What comes before HTTP, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    ProxyHeader,
    #[cfg_attr(
        not(feature = "_tls"),
        expect(dead_code, reason = "without TLS there is no handshake")
    )]
    TlsHandshake,
    FirstOctets,
}

impl Error {
    pub(crate) const fn protocol(error: ConnectionError) -> Self {
        Self {
            kind: Kind::Protocol(error),
        }
    }

    pub(crate) const fn transport(error: io::Error) -> Self {
        Self {
            kind: Kind::Transport(error),
        }
    }

    #[cfg(feature = "_tls")]
    pub(crate) const fn tls(error: io::Error) -> Self {
        Self {
            kind: Kind::Tls(error),
        }
    }

    pub(crate) const fn proxy_header(wrong: &'static str) -> Self {
        Self {
            kind: Kind::ProxyHeader(wrong),
        }
    }

    pub(crate) const fn timeout(step: Step, after: Duration) -> Self {
        Self {
            kind: Kind::Timeout(step, after),
        }
    }

    /// The fault of the protocol, when it was one.
    #[must_use]
    pub const fn as_connection_error(&self) -> Option<&ConnectionError> {
        match &self.kind {
            Kind::Protocol(error) => Some(error),
            _ => None,
        }
    }

    /// The fault of the transport, when it was one.
    #[must_use]
    pub const fn as_io_error(&self) -> Option<&io::Error> {
        match &self.kind {
            Kind::Transport(error) => Some(error),
            _ => None,
        }
    }

    /// Why the TLS handshake failed, when it did. The error of rustls is inside.
    #[must_use]
    pub const fn as_tls_error(&self) -> Option<&io::Error> {
        match &self.kind {
            Kind::Tls(error) => Some(error),
            _ => None,
        }
    }

    /// What is wrong with the header of the PROXY protocol, when that is the fault.
    #[must_use]
    pub const fn as_proxy_header_error(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::ProxyHeader(wrong) => Some(wrong),
            _ => None,
        }
    }

    /// Whether the client let
    /// [`Builder::handshake_timeout`](crate::Builder::handshake_timeout) pass.
    #[must_use]
    pub const fn is_handshake_timeout(&self) -> bool {
        matches!(self.kind, Kind::Timeout(..))
    }

    /// Why the connection ended, as a closed set for metrics.
    #[must_use]
    pub const fn end_reason(&self) -> EndReason {
        match &self.kind {
            Kind::Protocol(error) => error.end_reason(),
            Kind::Transport(_) => EndReason::TransportError,
            Kind::Tls(_) => EndReason::TlsHandshakeFailed,
            Kind::ProxyHeader(_) | Kind::Timeout(Step::ProxyHeader, _) => {
                EndReason::ProxyHeaderInvalid
            }
            Kind::Timeout(Step::TlsHandshake, _) => EndReason::TlsHandshakeTimeout,
            Kind::Timeout(Step::FirstOctets, _) => EndReason::PrefaceTimeout,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Protocol(error) => error.fmt(f),
            Kind::Transport(error) => write!(f, "transport: {error}"),
            Kind::Tls(error) => write!(f, "TLS handshake: {error}"),
            Kind::ProxyHeader(wrong) => write!(f, "header of the PROXY protocol: {wrong}"),
            Kind::Timeout(step, after) => write!(f, "{step} did not come within {after:?}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            Kind::Protocol(error) => Some(error),
            Kind::Transport(error) | Kind::Tls(error) => Some(error),
            Kind::ProxyHeader(_) | Kind::Timeout(..) => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProxyHeader => "the header of the PROXY protocol",
            Self::TlsHandshake => "the end of the TLS handshake",
            Self::FirstOctets => "octets that tell HTTP/1 from HTTP/2",
        })
    }
}

/// How a connection ended without a fault, and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub reason: EndReason,
    /// What it did.
    pub stats: Stats,
}

impl Summary {
    /// Of a connection on which no HTTP/2 was spoken.
    pub(crate) fn without_http2(reason: EndReason) -> Self {
        Self {
            reason,
            stats: Stats::default(),
        }
    }
}
