//! Where connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::connection_info::Endpoints;

/// How long accepting pauses when the process has no file descriptors left.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(250);

/// A source of connections. Implemented for tokio's `TcpListener` and, on Unix, `UnixListener`.
///
/// What has to be there has the shape of axum's trait of the same name.
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// An address of either end.
    type Addr: Send;

    /// The next connection, and where it comes from. Faults that pass by themselves are waited out here.
    /// Nothing that waits for the client belongs here: all others would wait with it. TLS, for one, is
    /// `Builder::tls`'s.
    ///
    /// # Cancel safety
    ///
    /// Needed: the future is dropped whenever a connection ends, and made anew. One that holds an accepted
    /// connection while it waits would lose it.
    fn accept(&mut self) -> impl Future<Output = (Self::Io, Self::Addr)> + Send;

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn local_addr(&self) -> io::Result<Self::Addr>;

    /// Both ends of a connection that comes from `peer`, for
    /// [`ConnectionInfo`](crate::ConnectionInfo). Unknown, for most.
    fn endpoints(io: &Self::Io, peer: &Self::Addr) -> Endpoints {
        let _ = (io, peer);
        Endpoints::default()
    }

    /// Sets what the server wants set on the connection's socket. Nothing, for most.
    fn prepare(io: &Self::Io, options: &SocketOptions) {
        let _ = (io, options);
    }

    /// Sets how many octets may lie unsent in the kernel. Nothing, for most.
    ///
    /// Called while a connection is busy and its rate changes much, if
    /// [`SocketOptions::notsent_lowat`] is set at all.
    fn set_notsent_lowat(io: &Self::Io, octets: u32) {
        let _ = (io, octets);
    }
}

/// What a server wants set on the sockets it accepts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct SocketOptions {
    /// `TCP_NODELAY`: small responses leave at once.
    pub nodelay: bool,
    /// `TCP_NOTSENT_LOWAT` in octets, zero to leave it alone: how much may lie unsent in the kernel,
    /// where no priority reaches it any more. A fast connection is given more, up to a millisecond of
    /// its rate.
    pub notsent_lowat: u32,
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match Self::accept(self).await {
                Ok(accepted) => return accepted,
                Err(error) => outlast(&error).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }

    fn endpoints(io: &TcpStream, peer: &SocketAddr) -> Endpoints {
        Endpoints::new(Some(*peer), io.local_addr().ok())
    }

    fn prepare(io: &TcpStream, options: &SocketOptions) {
        // A socket that refuses an option serves all the same.
        if options.nodelay {
            let _ = io.set_nodelay(true);
        }
        if options.notsent_lowat > 0 {
            Self::set_notsent_lowat(io, options.notsent_lowat);
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn set_notsent_lowat(io: &TcpStream, octets: u32) {
        let _ = socket2::SockRef::from(io).set_tcp_notsent_lowat(octets);
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Io = tokio::net::UnixStream;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match Self::accept(self).await {
                Ok(accepted) => return accepted,
                Err(error) => outlast(&error).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Self::local_addr(self)
    }
}

/// A connection that failed before it was accepted concerns nobody; running out of descriptors does, and
/// passes only with time.
async fn outlast(error: &io::Error) {
    let concerns_one = matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    );
    if !concerns_one {
        tracing::error!(%error, "accepting connections pauses");
        tokio::time::sleep(EXHAUSTED_PAUSE).await;
    }
}
