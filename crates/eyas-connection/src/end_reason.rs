//! Why a connection ended: one closed set of words for errors, metrics and logs alike.

use std::fmt;

macro_rules! end_reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// Why a connection ended. The first reason wins.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EndReason {
            $($(#[$doc])* $name,)*
        }

        impl EndReason {
            /// Every reason, in the order of this page.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The reason as one word in `snake_case`, stable for metrics.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }
        }
    };
}

impl EndReason {
    /// Whether a connection that ends so says GOAWAY: not to a peer that is gone, or that speaks another
    /// protocol.
    #[must_use]
    pub const fn sends_goaway(self) -> bool {
        !matches!(
            self,
            Self::PeerClosed
                | Self::TransportError
                | Self::Http1Request
                | Self::TlsHandshakeFailed
                | Self::TlsHandshakeTimeout
                | Self::ProxyHeaderInvalid
        )
    }
}

end_reasons! {
    /// The peer closed the transport.
    PeerClosed = "peer_closed",
    /// The transport failed while reading or writing.
    TransportError = "transport_error",
    /// A graceful shutdown ran to its end.
    Shutdown = "shutdown",
    /// A graceful shutdown met its deadline with streams still open.
    ShutdownDeadline = "shutdown_deadline",
    /// The application closed the connection at once.
    ClosedByApplication = "closed_by_application",
    /// The first octets were not the connection preface (RFC 9113 section 3.4).
    InvalidPreface = "invalid_preface",
    /// The client speaks HTTP/1, and was told so.
    Http1Request = "http1_request",
    /// The preface and the first SETTINGS did not arrive in time.
    PrefaceTimeout = "preface_timeout",
    /// The client did not acknowledge SETTINGS in time (RFC 9113 section 6.5.3).
    SettingsTimeout = "settings_timeout",
    /// There was no stream for a long time.
    IdleTimeout = "idle_timeout",
    /// The connection had reached its age.
    MaxConnectionAge = "max_connection_age",
    /// The client said nothing any more, and did not answer PING.
    KeepAliveTimeout = "keep_alive_timeout",
    /// A header block was not completed in time.
    HeaderBlockTimeout = "header_block_timeout",
    /// A frame was malformed (RFC 9113 sections 4 and 6).
    InvalidFrame = "invalid_frame",
    /// A frame came where it may not (RFC 9113 sections 5.1 and 6).
    UnexpectedFrame = "unexpected_frame",
    /// A stream was opened with an identifier that may not be used (RFC 9113 section 5.1.1).
    InvalidStreamId = "invalid_stream_id",
    /// A frame came for a stream that was closed (RFC 9113 section 5.1).
    StreamClosed = "stream_closed",
    /// A header block could not be decoded (RFC 7541).
    InvalidHeaderBlock = "invalid_header_block",
    /// A header block was far too large, or came in too many pieces.
    HeaderBlockTooLarge = "header_block_too_large",
    /// A setting had a value out of its range (RFC 9113 section 6.5.2).
    InvalidSettings = "invalid_settings",
    /// A flow-control window was overrun or overflowed (RFC 9113 section 5.2).
    FlowControl = "flow_control",
    /// The peer made more odd work than the abuse budget allows.
    AbuseBudget = "abuse_budget",
    /// The TLS handshake failed: there was no connection of HTTP/2.
    TlsHandshakeFailed = "tls_handshake_failed",
    /// The TLS handshake did not end in time.
    TlsHandshakeTimeout = "tls_handshake_timeout",
    /// The PROXY header was missing, malformed or late.
    ProxyHeaderInvalid = "proxy_header_invalid",
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
