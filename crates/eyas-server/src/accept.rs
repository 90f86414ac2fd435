//! What comes before HTTP on an accepted connection: PROXY header, TLS handshake, first octets.

use std::io;

use bytes::{Buf as _, BytesMut};
use eyas_connection::FirstOctets;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::connection_info::{ConnectionInfo, Endpoints};
use crate::error::{Error, Step};
use crate::http1::Http1Stream;
use crate::options::Options;
use crate::proxy_protocol::{self, Parsed, ProxyProtocol};
use crate::shutdown::Phase;
#[cfg(feature = "_tls")]
use crate::tls_wire::TlsWire;
use crate::wire::Wire;

/// What a connection has turned out to be.
pub(crate) enum Established<I> {
    Http2 {
        wire: Wire<I>,
        /// Octets read already.
        input: BytesMut,
        info: ConnectionInfo,
    },
    Http1(Http1Stream),
    /// Its client went away without a word, or the server is about to.
    Gone,
}

/// Whether anything comes before HTTP/2 at all.
pub(crate) fn is_needed(options: &Options) -> bool {
    #[cfg(feature = "_tls")]
    let tls = options.tls.is_some();
    #[cfg(not(feature = "_tls"))]
    let tls = false;
    tls || options.proxy_protocol != ProxyProtocol::Off || options.fallback_http1.is_some()
}

/// Goes through all of it, in the time that the server allows for all of it together.
pub(crate) async fn establish<I>(
    io: I,
    endpoints: Endpoints,
    options: &Options,
    phase: Option<watch::Receiver<Phase>>,
) -> Result<Established<I>, Error>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let timeout = options.handshake_timeout;
    let deadline = Instant::now() + timeout;
    let mut steps = Steps {
        step: Step::FirstOctets,
        input: BytesMut::new(),
        endpoints,
        options,
        phase,
    };
    match timeout_at(deadline, steps.run(io)).await {
        Ok(result) => result,
        Err(_) => Err(Error::timeout(steps.step, timeout)),
    }
}

struct Steps<'a> {
    step: Step,
    /// Octets read and not used yet.
    input: BytesMut,
    endpoints: Endpoints,
    options: &'a Options,
    phase: Option<watch::Receiver<Phase>>,
}

impl Steps<'_> {
    async fn run<I>(&mut self, mut io: I) -> Result<Established<I>, Error>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if self.options.proxy_protocol != ProxyProtocol::Off {
            self.step = Step::ProxyHeader;
            if !self.begins(&mut io).await {
                return Ok(Established::Gone);
            }
            self.read_proxy_header(&mut io).await?;
        }
        #[cfg(feature = "_tls")]
        if let Some(config) = &self.options.tls {
            self.step = Step::TlsHandshake;
            if !self.begins(&mut io).await {
                return Ok(Established::Gone);
            }
            let config = config.rustls(self.options.fallback_http1.is_some());
            let prefix = self.input.split();
            return match TlsWire::accept(io, prefix, config.clone()).await {
                Ok(tls) => self.sniff(Wire::Tls(Box::new(tls))).await,
                Err((error, io)) => {
                    close(io).await;
                    Err(Error::tls(error))
                }
            };
        }
        self.sniff(Wire::Clear(io)).await
    }

    /// Waits for the client's first octets, if there are none yet. `false`: they will not come. A browser
    /// opens connections that it does not use, a proxy those that see whether the server is alive; neither
    /// is a fault, and the end of the server does not wait for them.
    async fn begins<I: AsyncRead + Unpin>(&mut self, io: &mut I) -> bool {
        if !self.input.is_empty() {
            return true;
        }
        let mut phase = self.phase.clone();
        let ends = async {
            match &mut phase {
                Some(phase) => {
                    let _ = phase.wait_for(|phase| *phase != Phase::Serving).await;
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            read = self.read(io) => read.is_ok_and(|octets| octets > 0),
            () = ends => false,
        }
    }

    async fn read<I: AsyncRead + Unpin>(&mut self, io: &mut I) -> io::Result<usize> {
        self.input.reserve(READ_SIZE);
        io.read_buf(&mut self.input).await
    }

    async fn read_proxy_header<I: AsyncRead + Unpin>(&mut self, io: &mut I) -> Result<(), Error> {
        let is_optional = self.options.proxy_protocol == ProxyProtocol::Optional;
        loop {
            match proxy_protocol::parse(&self.input).map_err(Error::proxy_header)? {
                Parsed::Incomplete => {
                    if self.read(io).await.map_err(Error::transport)? == 0 {
                        return Err(Error::proxy_header("the connection ended within it"));
                    }
                }
                Parsed::Header { octets, endpoints } => {
                    self.input.advance(octets);
                    self.endpoints = endpoints.unwrap_or(self.endpoints);
                    return Ok(());
                }
                Parsed::Absent if is_optional => return Ok(()),
                Parsed::Absent => return Err(Error::proxy_header("there is none")),
            }
        }
    }

    /// Tells HTTP/1 from HTTP/2, by ALPN or by the first octets, if there is anybody for HTTP/1.
    async fn sniff<I>(&mut self, mut wire: Wire<I>) -> Result<Established<I>, Error>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let tls = wire.tls_info();
        let alpn = tls.as_ref().and_then(|tls| tls.alpn());
        let mut is_http1 = alpn.is_some_and(|protocol| protocol != b"h2");
        let has_fallback = self.options.fallback_http1.is_some();
        if has_fallback && alpn.is_none() {
            self.step = Step::FirstOctets;
            if !self.begins(&mut wire).await {
                // Under TLS the client is told that this is the end, and not an attack that cut it.
                let _ = wire.shutdown().await;
                return Ok(Established::Gone);
            }
            let mut first = FirstOctets::of(&self.input);
            while first == FirstOctets::Incomplete
                && self.read(&mut wire).await.map_err(Error::transport)? > 0
            {
                first = FirstOctets::of(&self.input);
            }
            is_http1 = first == FirstOctets::Http1;
        }
        let info = ConnectionInfo::new(self.endpoints, tls);
        let input = self.input.split();
        Ok(if is_http1 && has_fallback {
            Established::Http1(Http1Stream::new(wire, input, info, self.phase.clone()))
        } else {
            Established::Http2 { wire, input, info }
        })
    }
}

/// Closes `io` so that the alert that was written arrives: a close with octets unread would make the kernel
/// tell the client to drop it.
#[cfg(feature = "_tls")]
async fn close<I: AsyncRead + AsyncWrite + Unpin>(mut io: I) {
    let closing = async {
        let mut unread = [0; 512];
        let _ = io.shutdown().await;
        while io.read(&mut unread).await.is_ok_and(|octets| octets > 0) {}
    };
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
}

/// Octets asked for in a read: a ClientHello with its key shares, or a PROXY header at its longest.
const READ_SIZE: usize = 4 * 1024;

#[cfg(feature = "_tls")]
const CLOSE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);
