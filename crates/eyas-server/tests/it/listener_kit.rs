//! A server whose connections come from memory, and a client in words on any transport.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use eyas_server::{Builder, Counters, EndReason, Endpoints, Listener, RecvBody, service_fn};
use eyas_testkit::{FramePrinter, encode_frame};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub(crate) use crate::peer::get;

/// What the sockets in memory say of themselves.
pub(crate) const SOCKET_PEER: &str = "203.0.113.5:5555";
pub(crate) const SOCKET_LOCAL: &str = "203.0.113.1:8443";

/// A source of connections in memory.
pub(crate) struct Pipes(mpsc::Receiver<DuplexStream>);

impl Listener for Pipes {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.recv().await {
            Some(io) => (io, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }

    fn endpoints(_: &DuplexStream, _: &()) -> Endpoints {
        let address = |text: &str| Some(text.parse().expect("an address"));
        Endpoints::new(address(SOCKET_PEER), address(SOCKET_LOCAL))
    }
}

/// A server that answers with what it knows of the connection.
pub(crate) struct Rig {
    pipes: mpsc::Sender<DuplexStream>,
    pub(crate) counters: Arc<Counters>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<io::Result<()>>,
}

impl Rig {
    pub(crate) fn start(builder: Builder) -> Self {
        let (pipes, listener) = mpsc::channel(1);
        let (stop, stopped) = oneshot::channel::<()>();
        let counters = Arc::new(Counters::default());
        let server = builder
            .date_header(false)
            .counters(counters.clone())
            .serve(Pipes(listener), service_fn(about))
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .shutdown_timeout(Duration::from_secs(60));
        Self {
            pipes,
            counters,
            stop: Some(stop),
            server: tokio::spawn(async move { server.await }),
        }
    }

    pub(crate) async fn connect(&self) -> DuplexStream {
        let (io, theirs) = tokio::io::duplex(1 << 20);
        self.pipes.send(theirs).await.expect("the server accepts");
        io
    }

    /// Begins the graceful shutdown.
    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Ends the server, and tells how its connections ended.
    pub(crate) async fn ends(mut self) -> Vec<(EndReason, u64)> {
        self.stop();
        (&mut self.server)
            .await
            .expect("no panic")
            .expect("no error");
        self.counters.snapshot().ends
    }

    pub(crate) fn is_over(&self) -> bool {
        self.server.is_finished()
    }
}

async fn about(request: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    if request.uri().path() == "/slow" {
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    let info = request.body().connection_info();
    let address = |address: Option<_>| {
        address.map_or_else(String::new, |address: std::net::SocketAddr| {
            address.to_string()
        })
    };
    let (peer, local) = (address(info.peer_addr()), address(info.local_addr()));
    let tls = info.tls().map_or_else(String::new, |tls| {
        let alpn = tls.alpn().map(|alpn| alpn.escape_ascii().to_string());
        let (alpn, sni) = (alpn.as_deref().unwrap_or("-"), tls.sni().unwrap_or("-"));
        format!("{} {alpn} {sni} {}", tls.version(), tls.cipher_suite())
    });
    let about = format!("from {peer} to {local} {tls}");
    let response = Response::builder().header("about", about);
    Ok(response.body(String::new()).expect("a header"))
}

/// A client in words.
pub(crate) struct Client<I> {
    pub(crate) io: I,
    printer: FramePrinter,
}

impl<I: AsyncRead + AsyncWrite + Unpin> Client<I> {
    /// Sends its preface.
    pub(crate) async fn new(io: I) -> Self {
        let printer = FramePrinter::new();
        let mut client = Self { io, printer };
        client.send(&["PREFACE", "SETTINGS", "SETTINGS ACK"]).await;
        client
    }

    /// For which everything has been sent.
    pub(crate) fn listening(io: I) -> Self {
        let printer = FramePrinter::new();
        Self { io, printer }
    }

    pub(crate) async fn send(&mut self, frames: &[&str]) {
        self.io
            .write_all(&octets(frames))
            .await
            .expect("the server reads");
        self.io.flush().await.expect("the server reads");
    }

    /// Reads until a line contains `what`, which may be `EOF`, and gives that line.
    pub(crate) async fn until(&mut self, what: &str) -> String {
        let mut heard = Vec::new();
        let mut octets = vec![0; 64 * 1024];
        loop {
            let read = tokio::time::timeout(Duration::from_secs(300), self.io.read(&mut octets));
            let count = read
                .await
                .unwrap_or_else(|_| panic!("no {what:?} but silence behind {heard:?}"))
                .unwrap_or_else(|error| panic!("{error} instead of {what:?} behind {heard:?}"));
            let lines = match count {
                0 => vec!["EOF".to_owned()],
                count => self.printer.feed(&octets[..count]),
            };
            if let Some(line) = lines.iter().find(|line| line.contains(what)) {
                return line.clone();
            }
            heard.extend(lines);
            assert!(count > 0, "no {what:?} but the end behind {heard:?}");
        }
    }

    /// What the server knows of the connection.
    pub(crate) async fn ask(&mut self, stream: u32) -> String {
        self.send(&[&get(stream, "/")]).await;
        self.until("from ").await
    }
}

/// Frames as octets.
pub(crate) fn octets(frames: &[&str]) -> Vec<u8> {
    let encode = |frame: &&str| encode_frame(frame).expect("the test's frame is well formed");
    frames.iter().flat_map(encode).collect()
}

/// Sends so that each octet is read by itself.
pub(crate) async fn send_slowly(io: &mut DuplexStream, octets: &[u8]) {
    for octet in octets {
        io.write_all(&[*octet]).await.expect("the server reads");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// What comes until the server closes, as text.
pub(crate) async fn read_text<I: AsyncRead + Unpin>(io: &mut I) -> String {
    let mut octets = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(300), io.read_to_end(&mut octets));
    read.await.expect("the server closes").expect("no error");
    octets.escape_ascii().to_string()
}
