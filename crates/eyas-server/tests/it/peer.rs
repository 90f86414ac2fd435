//! A scripted client in memory: frames as text both ways, and the server's reads and writes counted.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use eyas_server::{Builder, Error, HttpService, Server, Summary};
use eyas_testkit::{FramePrinter, encode_frame};
use tokio::io::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf,
};
use tokio::task::JoinHandle;

/// Octets on their way in memory.
const PIPE_OCTETS: usize = 1 << 20;

/// What is heard when nothing is said.
pub(crate) const SILENCE: [&str; 0] = [];

pub(crate) struct Peer {
    io: DuplexStream,
    printer: FramePrinter,
    counts: Arc<Counts>,
    pub(crate) server: JoinHandle<Result<Summary, Error>>,
}

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) reads: AtomicUsize,
    /// Looks whether there is something to read.
    pub(crate) looks: AtomicUsize,
    pub(crate) writes: AtomicUsize,
    on_flush: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Peer {
    pub(crate) async fn start<S: HttpService<Future: 'static>>(service: S) -> Self {
        Self::with(Server::builder().date_header(false), service).await
    }

    /// A connection whose preface and SETTINGS are done with.
    pub(crate) async fn with<S: HttpService>(builder: Builder, service: S) -> Self {
        let (io, theirs) = tokio::io::duplex(PIPE_OCTETS);
        let counts = Arc::new(Counts::default());
        let counted = Counted {
            io: theirs,
            counts: counts.clone(),
        };
        let server = tokio::spawn(builder.serve_connection(counted, service));
        let mut peer = Self {
            io,
            printer: FramePrinter::new(),
            counts,
            server,
        };
        peer.send(&["PREFACE", "SETTINGS", "SETTINGS ACK"]).await;
        peer.heard().await;
        peer
    }

    /// Sends frames in one piece.
    pub(crate) async fn send(&mut self, frames: &[&str]) {
        let mut octets = Vec::new();
        for frame in frames {
            octets.extend(encode_frame(frame).expect("the test's frame is well formed"));
        }
        self.io.write_all(&octets).await.expect("the server reads");
    }

    /// Everything the server says until it falls silent.
    pub(crate) async fn heard(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut octets = vec![0; 64 * 1024];
        // Time is simulated: it passes only when everybody waits.
        while let Ok(Ok(count)) =
            tokio::time::timeout(Duration::from_micros(100), self.io.read(&mut octets)).await
        {
            if count == 0 {
                lines.push("EOF".to_owned());
                break;
            }
            lines.extend(self.printer.feed(&octets[..count]));
        }
        lines
    }

    /// Reads and writes of the server since the last call.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let taken = |counter: &AtomicUsize| counter.swap(0, Ordering::Relaxed);
        (taken(&self.counts.reads), taken(&self.counts.writes))
    }

    /// How often the server has looked whether there is something to read.
    pub(crate) fn looks(&self) -> usize {
        self.counts.looks.load(Ordering::Relaxed)
    }

    /// Something that happens while the server flushes next: at the end of a turn, when it has heard all
    /// that there was to hear.
    pub(crate) fn on_flush(&self, call: impl FnOnce() + Send + 'static) {
        *self.counts.on_flush.lock().expect("no call panics") = Some(Box::new(call));
    }

    pub(crate) fn close(self) -> JoinHandle<Result<Summary, Error>> {
        self.server
    }
}

/// GET on that stream, complete.
pub(crate) fn get(stream: u32, path: &str) -> String {
    format!(
        "HEADERS {stream} end_stream end_headers :method=GET :scheme=http :path={path} :authority=a"
    )
}

/// The head of a POST on that stream.
pub(crate) fn post(stream: u32, path: &str) -> String {
    format!("HEADERS {stream} end_headers :method=POST :scheme=http :path={path} :authority=a")
}

/// A transport that counts, and takes a vectored write whole.
struct Counted {
    io: DuplexStream,
    counts: Arc<Counts>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        self.counts.looks.fetch_add(1, Ordering::Relaxed);
        if polled.is_ready() {
            self.counts.reads.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, octets);
        if polled.is_ready() {
            self.counts.writes.fetch_add(1, Ordering::Relaxed);
        }
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        self.poll_write(context, &whole)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let call = self.counts.on_flush.lock().expect("no call panics").take();
        if let Some(call) = call {
            call();
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
