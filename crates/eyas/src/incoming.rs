//! The content of a request of either protocol, and what is known of how it came.

use std::fmt;
use std::net::SocketAddr;

use bytes::Bytes;
use eyas_server::{ConnectionInfo, Priority, RecvBody, TunnelStream, WriterBody};
use http::Response;
use http_body::Body;

use crate::content::BoxError;

/// What the routes ask of a request's content.
pub(crate) trait Incoming:
    Body<Data = Bytes, Error: Into<BoxError>> + Unpin + Sized
{
    /// How the request came.
    fn protocol(&self) -> Protocol;

    /// Which request it is, for a line about it.
    fn origin(&self) -> Origin;

    /// Sends an interim response, where the protocol has a way to (RFC 8297).
    fn inform(&self, response: Response<()>) {
        let _ = response;
    }

    /// Makes the stream a tunnel, where the protocol has those (RFC 8441). The second half is to be the
    /// response's content.
    fn into_tunnel(self) -> Option<(TunnelStream, WriterBody)> {
        None
    }
}

/// The protocol that carries a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) version: Version,
    pub(crate) security: Security,
}

/// The version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

/// What is between HTTP and TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    Clear,
    Tls12,
    Tls13,
}

/// Where a request came from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The connection's number, from 1.
    pub(crate) connection: u64,
    /// Who asked, as far as that is known.
    pub(crate) peer: Option<SocketAddr>,
    /// What HTTP/1.1 has not.
    pub(crate) stream: Option<(u32, Priority)>,
    pub(crate) protocol: Protocol,
}

impl Incoming for RecvBody {
    fn protocol(&self) -> Protocol {
        Protocol::new(Version::Http2, self.connection_info())
    }

    fn origin(&self) -> Origin {
        let stream = self.stream_handle();
        Origin {
            connection: self.connection_info().id(),
            peer: self.connection_info().peer_addr(),
            stream: Some((stream.id().get(), stream.priority())),
            protocol: self.protocol(),
        }
    }

    fn inform(&self, response: Response<()>) {
        // The status is one that the routes have chosen.
        let _ = self.stream_handle().send_informational(response);
    }

    fn into_tunnel(self) -> Option<(TunnelStream, WriterBody)> {
        Some(TunnelStream::new(self))
    }
}

impl Protocol {
    pub(crate) fn new(version: Version, connection: &ConnectionInfo) -> Self {
        let security = connection.tls().map_or(Security::Clear, |tls| {
            if tls.version() == "TLSv1.2" {
                Security::Tls12
            } else {
                Security::Tls13
            }
        });
        Self { version, security }
    }

    /// Its name in the registry of RFC 7301 section 6, as browsers show it.
    pub(crate) const fn alpn(self) -> &'static str {
        match (self.version, self.security) {
            (Version::Http1, _) => "http/1.1",
            (Version::Http2, Security::Clear) => "h2c",
            (Version::Http2, _) => "h2",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.version {
            Version::Http1 => "HTTP/1.1",
            Version::Http2 => "HTTP/2",
        })?;
        f.write_str(match self.security {
            Security::Clear => " without TLS",
            Security::Tls12 => " over TLS 1.2",
            Security::Tls13 => " over TLS 1.3",
        })
    }
}
