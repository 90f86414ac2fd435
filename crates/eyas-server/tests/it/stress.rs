//! A seeded mixture of everything at once over a transport that never does what it is asked at once:
//! every stream is answered or reset, the connection ends, and nothing is left behind.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use eyas_server::{Dispatch, RecvBody, Server, service_fn};
use eyas_testkit::{FramePrinter, encode_frame};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::io::{ReadBuf, duplex};

use crate::peer::{get, post};

const STREAMS: u32 = 40;
const STREAM_WINDOWS: [usize; 3] = [5_000, 30_000, 200_000];
const CONNECTION_WINDOWS: [usize; 2] = [65_535, 1 << 20];
/// Longer ones are refused.
const FRAME_MAX: usize = 16_384;
const RESETS_MAX: usize = 12;

/// xorshift64*, good enough to mix things up.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }
}

/// Takes and gives as much as it likes, and often nothing yet.
struct Faulty {
    io: DuplexStream,
    random: Random,
}

impl Faulty {
    fn balks(&mut self, context: &Context<'_>) -> bool {
        let balks = self.random.one_in(3);
        if balks {
            context.waker().wake_by_ref();
        }
        balks
    }
}

impl AsyncRead for Faulty {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.balks(context) {
            return Poll::Pending;
        }
        let most = 1 + self.random.below(3000).min(buffer.remaining() - 1);
        let mut octets = vec![0; most];
        let mut part = ReadBuf::new(&mut octets);
        let polled = Pin::new(&mut self.io).poll_read(context, &mut part);
        buffer.put_slice(part.filled());
        polled
    }
}

impl AsyncWrite for Faulty {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.balks(context) {
            return Poll::Pending;
        }
        let most = (1 + self.random.below(5000)).min(octets.len());
        Pin::new(&mut self.io).poll_write(context, &octets[..most])
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.balks(context) {
            return Poll::Pending;
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// Counts itself while it is alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type AnyBody = UnsyncBoxBody<Bytes, BoxError>;

fn text(text: String) -> AnyBody {
    let body = Full::<Bytes>::from(text);
    body.map_err(|never| match never {}).boxed_unsync()
}

/// Without the panic hook and its noise.
fn panics() -> ! {
    std::panic::resume_unwind(Box::new("as the test wants it"))
}

async fn nap(random: &mut Random) {
    match random.below(3) {
        0 => tokio::task::yield_now().await,
        1 => tokio::time::sleep(Duration::from_millis(random.below(20) as u64)).await,
        _ => {}
    }
}

/// Some chunks with naps between them, then an end of some kind.
fn stream(mut random: Random, alive: Alive) -> AnyBody {
    let chunks = random.below(12);
    let state = (random, chunks, Some(alive));
    let frames = futures::stream::unfold(state, |(mut random, left, alive)| async move {
        alive.as_ref()?;
        nap(&mut random).await;
        let frame = if left > 0 {
            Ok(Frame::data(Bytes::from(vec![0; random.below(30_000)])))
        } else {
            match random.below(8) {
                0 => panics(),
                1 => Err(BoxError::from("as the test wants it")),
                2 | 3 => {
                    let mut trailers = HeaderMap::new();
                    trailers.insert("sum", HeaderValue::from_static("7"));
                    Ok(Frame::trailers(trailers))
                }
                _ => return None,
            }
        };
        let alive = alive.filter(|_| left > 0);
        Some((frame, (random, left.saturating_sub(1), alive)))
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

async fn handle(
    request: Request<RecvBody>,
    alive: Alive,
    count: Arc<AtomicUsize>,
) -> Result<Response<AnyBody>, BoxError> {
    let path = request.uri().path()[1..].to_owned();
    let seed: u64 = path.parse()?;
    let mut random = Random::new(seed);
    let kind = random.below(10);
    nap(&mut random).await;
    let body = match kind {
        0 => text("at once".to_owned()),
        1 => panics(),
        2 => return Err("as the test wants it".into()),
        3 | 4 => stream(random, alive),
        5 => {
            let read = request.into_body().collect().await?;
            text(read.to_bytes().len().to_string())
        }
        6 => {
            drop(request);
            nap(&mut random).await;
            text("unread".to_owned())
        }
        7 => {
            let alive = Alive::new(&count);
            tokio::spawn(async move {
                let _ = request.into_body().collect().await;
                drop(alive);
            });
            text("read elsewhere".to_owned())
        }
        8 => {
            let mut body = request.into_body();
            let _ = body.frame().await;
            nap(&mut random).await;
            text("read in part".to_owned())
        }
        _ => {
            let body = request.into_body().map_err(BoxError::from);
            body.boxed_unsync()
        }
    };
    Ok(Response::new(body))
}

/// What the client knows of a stream.
#[derive(Debug, Default)]
struct Asked {
    /// Octets of its upload that are still to be sent; `None`: it has ended, or has none.
    upload: Option<usize>,
    credit: usize,
    is_over: bool,
}

struct Client {
    io: DuplexStream,
    printer: FramePrinter,
    random: Random,
    streams: BTreeMap<u32, Asked>,
    credit: usize,
    resets: usize,
    stream_window: usize,
    /// Octets received and not given credit for.
    owed: BTreeMap<u32, usize>,
}

impl Client {
    async fn send(&mut self, frame: &str) {
        let octets = encode_frame(frame).expect("the test's frame is well formed");
        self.io.write_all(&octets).await.expect("the server reads");
    }

    async fn listen(&mut self) {
        let mut octets = vec![0; 1 + self.random.below(40_000)];
        let read = tokio::time::timeout(Duration::from_micros(500), self.io.read(&mut octets));
        let Ok(count) = read.await else {
            return;
        };
        let count = count.expect("a live pipe");
        assert!(count > 0, "the server hangs up");
        for line in self.printer.feed(&octets[..count]) {
            self.note(&line);
        }
    }

    fn note(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let id = words
            .get(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or(0_u32);
        match words[0] {
            "WINDOW_UPDATE" => {
                let octets: usize = words[2][1..].parse().expect("an increment");
                match self.streams.get_mut(&id) {
                    Some(asked) => asked.credit += octets,
                    None => self.credit += octets,
                }
                return;
            }
            "GOAWAY" => panic!("{line}"),
            "HEADERS" | "DATA" | "RST_STREAM" => {}
            _ => return,
        }
        let Some(asked) = self.streams.get_mut(&id) else {
            panic!("nobody asked for {line}");
        };
        if words[0] == "RST_STREAM" {
            asked.upload = None;
        }
        asked.is_over |= words[0] == "RST_STREAM" || words.contains(&"end_stream");
        if words[0] == "DATA" {
            let zeros = line
                .rsplit_once("zeros:")
                .and_then(|(_, octets)| octets.parse().ok());
            let octets: usize = zeros.unwrap_or(0);
            *self.owed.entry(id).or_default() += octets;
            *self.owed.entry(0).or_default() += octets;
        }
    }

    /// Sends some of what is left of an upload, as far as credit goes.
    async fn upload(&mut self, id: u32) {
        let Some(asked) = self.streams.get_mut(&id) else {
            return;
        };
        let Some(left) = asked.upload else {
            return;
        };
        let most = match self.random.below(2) {
            0 => FRAME_MAX,
            _ => 1 + self.random.below(FRAME_MAX),
        };
        let octets = left.min(most).min(asked.credit).min(self.credit);
        let is_last = octets == left;
        if octets == 0 && !is_last {
            return;
        }
        asked.credit -= octets;
        self.credit -= octets;
        asked.upload = (!is_last).then_some(left - octets);
        let flag = if is_last { " end_stream" } else { "" };
        self.send(&format!("DATA {id}{flag} zeros:{octets}")).await;
    }

    async fn pay(&mut self) {
        for (id, octets) in std::mem::take(&mut self.owed) {
            if octets > 0 && (id == 0 || !self.streams[&id].is_over) {
                self.send(&format!("WINDOW_UPDATE {id} +{octets}")).await;
            }
        }
    }

    async fn ask(&mut self, id: u32) {
        let path = format!("/{}", self.random.below(1_000_000));
        let upload = (!self.random.one_in(3)).then(|| self.random.below(90_000));
        let asked = Asked {
            upload,
            credit: self.stream_window,
            is_over: false,
        };
        self.streams.insert(id, asked);
        let head = match upload {
            Some(_) => post(id, &path),
            None if self.random.one_in(6) => get(id, &path).replace("GET", "HEAD"),
            None => get(id, &path),
        };
        self.send(&head).await;
    }

    async fn step(&mut self, next: &mut u32) {
        let known: Vec<u32> = self.streams.keys().copied().collect();
        let some = (!known.is_empty()).then(|| known[self.random.below(known.len())]);
        match (self.random.below(12), some) {
            (0..=2, _) if *next < STREAMS * 2 => {
                self.ask(*next).await;
                *next += 2;
            }
            (3, Some(id)) if self.resets < RESETS_MAX => {
                let asked = self.streams.get_mut(&id).expect("it is known");
                if !asked.is_over {
                    asked.is_over = true;
                    asked.upload = None;
                    self.resets += 1;
                    self.send(&format!("RST_STREAM {id} CANCEL")).await;
                }
            }
            (4, _) => self.pay().await,
            (5..=8, Some(id)) => self.upload(id).await,
            (9, _) => {
                let millis = self.random.below(5) as u64;
                tokio::time::sleep(Duration::from_millis(millis)).await;
            }
            _ => self.listen().await,
        }
    }

    async fn finish(&mut self) {
        for _ in 0..4000 {
            self.listen().await;
            self.pay().await;
            let ids: Vec<u32> = self.streams.keys().copied().collect();
            for id in ids {
                for _ in 0..self.random.below(20) {
                    self.upload(id).await;
                }
            }
            let mut all = self.streams.values();
            if all.all(|asked| asked.is_over && asked.upload.is_none()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let left = self.streams.iter();
        let left: Vec<_> = left
            .filter(|(_, asked)| !asked.is_over || asked.upload.is_some())
            .collect();
        panic!(
            "still open, with {} octets of credit: {left:?}",
            self.credit
        );
    }
}

/// One connection's life. It may be dropped in the middle.
async fn run(seed: u64, dispatch: Dispatch, keep: bool) {
    let alive = Arc::new(AtomicUsize::new(0));
    let service = {
        let alive = alive.clone();
        service_fn(move |request| handle(request, Alive::new(&alive), alive.clone()))
    };
    let mut random = Random::new(seed ^ 0xff);
    let stream_window = STREAM_WINDOWS[random.below(3)];
    let connection_window = CONNECTION_WINDOWS[random.below(2)];
    let (io, theirs) = duplex(1 << 20);
    let faulty = Faulty {
        io: theirs,
        random: Random::new(seed ^ 0xffff),
    };
    let server = Server::builder()
        .date_header(false)
        .dispatch(dispatch)
        .keep_handlers(keep)
        .initial_stream_window(stream_window as u32)
        .initial_connection_window(connection_window as u32)
        .serve_connection(faulty, service);
    let server = tokio::spawn(server);
    let mut client = Client {
        io,
        printer: FramePrinter::new(),
        random: Random::new(seed),
        streams: BTreeMap::new(),
        credit: 65_535,
        resets: 0,
        stream_window,
        owed: BTreeMap::new(),
    };
    for frame in ["PREFACE", "SETTINGS", "SETTINGS ACK"] {
        client.send(frame).await;
    }
    let mut next = 1;
    let cut = client.random.one_in(4);
    while next < STREAMS * 2 && !(cut && client.random.one_in(100)) {
        client.step(&mut next).await;
    }
    if !cut {
        client.finish().await;
    }
    drop(client);
    let ended = tokio::time::timeout(Duration::from_secs(5), server).await;
    let summary = ended
        .expect("the connection ends")
        .expect("it does not panic");
    // What it was about to say when the client hung up may have found nobody.
    if let Err(error) = &summary {
        assert!(error.as_io_error().is_some(), "{error}");
    }
    for _ in 0..1000 {
        if alive.load(Ordering::SeqCst) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{} left alive", alive.load(Ordering::SeqCst));
}

async fn run_all(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
            for keep in [false, true] {
                let run = tokio::spawn(run(seed, dispatch, keep));
                if let Err(error) = run.await {
                    panic!("seed {seed}, {dispatch:?}, handlers kept: {keep}: {error}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_at_once_ends_on_one_thread() {
    run_all(0..12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_at_once_ends_on_two_threads() {
    run_all(1000..1001).await;
}
