//! Odd moments: exact multiples, small windows, owners that vanish, handlers and peers that never pause.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use eyas_server::{Counters, Dispatch, Listener, RecvBody, Server, service_fn};
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::io::{ReadBuf, duplex};
use tokio::sync::{mpsc, oneshot};

use crate::peer::{Peer, SILENCE, get, post};

const DISPATCHES: [Dispatch; 3] = [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn];

/// A cell holds a few chunks; an upload that fills it to the last place, and ends there, has nothing
/// more to wake its reader with than its end.
#[tokio::test(start_paused = true)]
async fn an_upload_of_any_number_of_chunks_is_read_to_its_end() {
    for dispatch in DISPATCHES {
        for waits in [false, true] {
            let service = service_fn(move |request: Request<RecvBody>| async move {
                if waits {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                let read = request.into_body().collect().await;
                let octets = read.map_or(0, |body| body.to_bytes().len());
                Ok::<_, Infallible>(Response::new(octets.to_string()))
            });
            let builder = Server::builder().date_header(false).dispatch(dispatch);
            let mut peer = Peer::with(builder, service).await;
            for chunks in 1..34_usize {
                let stream = chunks as u32 * 2 - 1;
                let (middle, last) = (
                    format!("DATA {stream} zeros:5000"),
                    format!("DATA {stream} end_stream zeros:5000"),
                );
                let mut frames = vec![post(stream, "/")];
                frames.extend(vec![middle; chunks - 1]);
                frames.push(last);
                let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
                peer.send(&frames).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                let heard = peer.heard().await;
                let answer = format!("DATA {stream} end_stream \"{}\"", chunks * 5000);
                assert!(
                    heard.contains(&answer),
                    "{dispatch:?}, waits {waits}, {chunks} chunks: {heard:?}"
                );
            }
        }
    }
}

/// A window smaller than what may wait for company must not be waited for.
#[tokio::test(start_paused = true)]
async fn credit_of_a_small_stream_window_is_given_back() {
    for dispatch in DISPATCHES {
        let service = service_fn(|request: Request<RecvBody>| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let read = request.into_body().collect().await;
            let octets = read.map_or(0, |body| body.to_bytes().len());
            Ok::<_, Infallible>(Response::new(octets.to_string()))
        });
        let builder = Server::builder()
            .date_header(false)
            .dispatch(dispatch)
            .initial_stream_window(20_000);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&post(1, "/")]).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        // The whole window, in one piece; what was read waits for nothing that could still come.
        peer.send(&["DATA 1 zeros:10000", "DATA 1 zeros:10000"])
            .await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        let heard = peer.heard().await;
        assert!(
            heard.iter().any(|line| line.starts_with("WINDOW_UPDATE 1")),
            "{dispatch:?}: {heard:?}"
        );
    }
}

/// A source of connections in memory.
struct Pipes(mpsc::Receiver<DuplexStream>);

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
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_shutdown_is_heard_by_a_connection_that_is_silent() {
    let (pipes, listener) = mpsc::channel(1);
    let (stop, stopped) = oneshot::channel::<()>();
    let counters = Arc::new(Counters::default());
    let service = service_fn(|_: Request<RecvBody>| async {
        tokio::time::sleep(Duration::from_secs(1000)).await;
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let server = Server::builder()
        .counters(counters.clone())
        .serve(Pipes(listener), service)
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        })
        .shutdown_timeout(Duration::from_secs(10));
    let server = tokio::spawn(async move { server.await });
    let (mut io, theirs) = duplex(1 << 16);
    pipes.send(theirs).await.expect("the server accepts");
    let frames = ["PREFACE", "SETTINGS", "SETTINGS ACK", &get(1, "/")];
    for frame in frames {
        let octets = eyas_testkit::encode_frame(frame).expect("well formed");
        io.write_all(&octets).await.expect("the server reads");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    stop.send(()).expect("the server runs");
    tokio::time::sleep(Duration::from_millis(10)).await;
    let pong = eyas_testkit::encode_frame("PING ACK \"eyas:bye\"").expect("well formed");
    io.write_all(&pong).await.expect("the server reads");
    let began = tokio::time::Instant::now();
    let mut all = Vec::new();
    io.read_to_end(&mut all).await.expect("an end");
    assert!(
        began.elapsed() < Duration::from_millis(10_100),
        "{:?}",
        began.elapsed()
    );
    drop(io);
    server.await.expect("no panic").expect("no error");
    assert_eq!(
        counters.snapshot().ends,
        [(eyas_server::EndReason::ShutdownDeadline, 1)]
    );
}

/// Whoever reads a request outside its connection's task learns that the connection is gone.
#[tokio::test(start_paused = true)]
async fn a_reader_elsewhere_is_told_when_the_connection_is_dropped() {
    for keep in [false, true] {
        let (done, mut finished) = mpsc::unbounded_channel();
        let service = service_fn(move |request: Request<RecvBody>| {
            let done = done.clone();
            async move {
                tokio::spawn(async move {
                    let read = request.into_body().collect().await;
                    let _ = done.send(read.is_err());
                });
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        });
        let builder = Server::builder().date_header(false).keep_handlers(keep);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&post(1, "/"), "DATA 1 \"some\""]).await;
        peer.heard().await;
        peer.server.abort();
        let told = tokio::time::timeout(Duration::from_secs(1), finished.recv()).await;
        assert_eq!(told, Ok(Some(true)), "handlers kept: {keep}");
    }
}

/// Never ends, and holds something that says whether it is alive.
struct Endless(#[expect(dead_code, reason = "it is counted")] Arc<()>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 10_000])))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_kept_handler_of_a_lost_connection_leaves_no_body_behind() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Spawn] {
        // The answer comes before, while, and after the connection is closed.
        for answers_after in [0, 2, 500, 5000] {
            for aborts in [false, true] {
                let token = Arc::new(());
                let service = {
                    let token = token.clone();
                    service_fn(move |_: Request<RecvBody>| {
                        let body = Endless(token.clone());
                        async move {
                            tokio::time::sleep(Duration::from_millis(answers_after)).await;
                            Ok::<_, Infallible>(Response::new(body))
                        }
                    })
                };
                let builder = Server::builder().dispatch(dispatch).keep_handlers(true);
                let mut peer = Peer::with(builder, service).await;
                peer.send(&[&get(1, "/")]).await;
                peer.heard().await;
                if aborts {
                    peer.server.abort();
                }
                let server = peer.close();
                tokio::time::sleep(Duration::from_secs(10)).await;
                assert!(server.is_finished());
                assert_eq!(
                    Arc::strong_count(&token),
                    1,
                    "{dispatch:?}, {answers_after} ms, aborted: {aborts}"
                );
            }
        }
    }
}

/// A handler kept inline that asks to be polled again at once, until another task has run.
#[tokio::test(start_paused = true)]
async fn a_handler_that_wakes_itself_lets_other_tasks_run() {
    let flag = Arc::new(AtomicBool::new(false));
    let service = {
        let flag = flag.clone();
        service_fn(move |_: Request<RecvBody>| {
            let flag = flag.clone();
            let mut polls = 0;
            std::future::poll_fn(move |context| {
                polls += 1;
                assert!(polls < 100_000, "nobody else gets a turn");
                if flag.load(Ordering::SeqCst) {
                    return Poll::Ready(Ok::<_, Infallible>(Response::new("done".to_owned())));
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
        })
    };
    let builder = Server::builder()
        .date_header(false)
        .dispatch(Dispatch::Inline);
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[&get(1, "/")]).await;
    tokio::task::yield_now().await;
    flag.store(true, Ordering::SeqCst);
    let heard = peer.heard().await;
    assert_eq!(heard[1], "DATA 1 end_stream \"done\"", "{heard:?}");
}

/// A client that breaks the rules and then sends without end: every read finds octets.
struct Flood {
    head: Vec<u8>,
    reads: Arc<AtomicUsize>,
}

impl AsyncRead for Flood {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reads = self.reads.fetch_add(1, Ordering::SeqCst);
        assert!(reads < 100_000, "nobody else gets a turn");
        if self.head.is_empty() {
            buffer.initialize_unfilled().fill(0);
            buffer.advance(buffer.remaining());
        } else {
            buffer.put_slice(&std::mem::take(&mut self.head));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flood {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_client_that_never_stops_sending_does_not_hold_a_thread() {
    let mut head = Vec::new();
    for frame in ["PREFACE", "SETTINGS", "PING zeros:7"] {
        if let Ok(octets) = eyas_testkit::encode_frame(frame) {
            head.extend(octets);
        }
    }
    // DATA on stream 0.
    head.extend([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    let reads = Arc::new(AtomicUsize::new(0));
    let flood = Flood {
        head,
        reads: reads.clone(),
    };
    let service = service_fn(|_: Request<RecvBody>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("")))
    });
    let server = tokio::spawn(eyas_server::serve_connection(flood, service));
    // It shares this thread with us: that we go on is the point.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert!(!server.is_finished(), "it waits for the client to close");
    server.abort();
    assert!(server.await.expect_err("no panic").is_cancelled());
    assert!(reads.load(Ordering::SeqCst) > 2);
}

/// Panics when it is dropped.
struct Mine;

impl Drop for Mine {
    fn drop(&mut self) {
        panic!("as the test wants it");
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_that_panic_in_their_drop_do_not_take_the_process_with_them() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let _mine = Mine;
        let _ = request.into_body().collect().await;
        // Not reached: the content never ends.
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&post(1, "/"), &post(3, "/"), &post(5, "/")])
        .await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.server.abort();
    let ended = (&mut peer.server).await;
    assert!(ended.expect_err("it was aborted").is_cancelled());
}

/// Ready only at the second time it is asked.
#[derive(Clone, Default)]
struct Hesitant {
    was_asked: bool,
}

impl tower_service::Service<Request<RecvBody>> for Hesitant {
    type Response = Response<http_body_util::combinators::MapFrame<Full<Bytes>, InPieces>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if std::mem::replace(&mut self.was_asked, true) {
            return Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: Request<RecvBody>) -> Self::Future {
        assert!(self.was_asked, "it has to be asked before");
        if request.uri().path() == "/panic" {
            std::panic::resume_unwind(Box::new("as the test wants it"));
        }
        let body = Full::<Bytes>::from("in pieces").map_frame(in_pieces as InPieces);
        std::future::ready(Ok(Response::new(body)))
    }
}

type Pieces = bytes::buf::Chain<Bytes, Bytes>;
type InPieces = fn(Frame<Bytes>) -> Frame<Pieces>;

fn in_pieces(frame: Frame<Bytes>) -> Frame<Pieces> {
    frame.map_data(|mut data| {
        let head = data.split_to(2);
        bytes::Buf::chain(head, data)
    })
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_is_asked_again_and_its_content_may_be_in_pieces() {
    for dispatch in DISPATCHES {
        let builder = Server::builder().date_header(false).dispatch(dispatch);
        let mut peer = Peer::with(builder, Hesitant::default()).await;
        peer.send(&[&get(1, "/panic"), &get(3, "/")]).await;
        let heard = peer.heard().await;
        for line in [
            "HEADERS 1 end_stream end_headers :status=500 content-length=0",
            "DATA 3 end_stream \"in pieces\"",
        ] {
            assert!(heard.contains(&line.to_owned()), "{dispatch:?}: {heard:?}");
        }
    }
}
