//! Why serving a connection failed.

use std::fmt;
use std::io;

use eyas_connection::{ConnectionError, EndReason, Stats};

/// Why serving one connection ended with a fault. One line says all of it.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Protocol(ConnectionError),
    Transport(io::Error),
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

    /// The fault of the protocol, when it was one.
    #[must_use]
    pub const fn as_connection_error(&self) -> Option<&ConnectionError> {
        match &self.kind {
            Kind::Protocol(error) => Some(error),
            Kind::Transport(_) => None,
        }
    }

    /// The fault of the transport, when it was one.
    #[must_use]
    pub const fn as_io_error(&self) -> Option<&io::Error> {
        match &self.kind {
            Kind::Protocol(_) => None,
            Kind::Transport(error) => Some(error),
        }
    }

    /// Why the connection ended, as a closed set for metrics.
    #[must_use]
    pub const fn end_reason(&self) -> EndReason {
        match &self.kind {
            Kind::Protocol(error) => error.end_reason(),
            Kind::Transport(_) => EndReason::TransportError,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Protocol(error) => error.fmt(f),
            Kind::Transport(error) => write!(f, "transport: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// How a connection ended without a fault, and what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub reason: EndReason,
    /// What it did.
    pub stats: Stats,
}
