//! Content both ways: back-pressure, trailers, early ends, and readers in odd places.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use eyas_server::{BodyError, Dispatch, RecvBody, Server, service_fn};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full, StreamBody};

use crate::peer::{Peer, SILENCE, get, post};

async fn length(request: Request<RecvBody>) -> Result<Response<String>, BodyError> {
    let content = request.into_body().collect().await?;
    let fields = content.trailers().map_or(0, HeaderMap::len);
    let octets = content.to_bytes().len();
    Ok(Response::new(format!("{octets} and {fields}")))
}

#[tokio::test(start_paused = true)]
async fn a_handler_reads_content_and_trailers_inline() {
    let mut peer = Peer::start(service_fn(length)).await;
    peer.send(&[&post(1, "/"), "DATA 1 \"hello\""]).await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.send(&[
        "DATA 1 pad=3 \" you\"",
        "HEADERS 1 end_stream end_headers a=b c=d",
    ])
    .await;
    assert_eq!(
        peer.heard().await,
        [
            "HEADERS 1 end_headers :status=200 content-length=7",
            "DATA 1 end_stream \"9 and 2\""
        ]
    );
}

/// A sub-executor polls the body with a waker of its own: it must be woken through that.
#[tokio::test(start_paused = true)]
async fn a_body_read_inside_a_join_is_not_forgotten() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let read = futures::future::join_all([request.into_body().collect()]).await;
        let octets = read
            .into_iter()
            .map(|body| body.map_or(0, |body| body.to_bytes().len()));
        Ok::<_, Infallible>(Response::new(octets.sum::<usize>().to_string()))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&post(1, "/"), "DATA 1 \"one\""]).await;
    peer.heard().await;
    peer.send(&["DATA 1 end_stream \"two\""]).await;
    assert_eq!(peer.heard().await[1], "DATA 1 end_stream \"6\"");
}

#[tokio::test(start_paused = true)]
async fn a_body_may_be_read_by_another_task_behind_the_answer() {
    let (done, finished) = tokio::sync::oneshot::channel();
    let done = std::sync::Mutex::new(Some(done));
    let done = std::sync::Arc::new(done);
    let service = service_fn(move |request: Request<RecvBody>| {
        let done = done.lock().expect("not poisoned").take();
        async move {
            tokio::spawn(async move {
                let octets = request
                    .into_body()
                    .collect()
                    .await
                    .map(|body| body.to_bytes());
                if let Some(done) = done {
                    let _ = done.send(octets);
                }
            });
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("started")))
        }
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&post(1, "/")]).await;
    assert_eq!(peer.heard().await[1], "DATA 1 end_stream \"started\"");
    peer.send(&["DATA 1 \"still \"", "DATA 1 end_stream \"read\""])
        .await;
    assert_eq!(peer.heard().await, SILENCE);
    let octets = finished.await.expect("the task ran").expect("no reset");
    assert_eq!(octets, "still read");
}

#[tokio::test(start_paused = true)]
async fn unread_content_holds_the_client_back_and_reading_lets_it_go_on() {
    let (go, gate) = tokio::sync::oneshot::channel::<()>();
    let gate = std::sync::Arc::new(std::sync::Mutex::new(Some(gate)));
    let service = service_fn(move |request: Request<RecvBody>| {
        let gate = gate.lock().expect("not poisoned").take();
        async move {
            if let Some(gate) = gate {
                let _ = gate.await;
            }
            length(request).await
        }
    });
    let builder = Server::builder()
        .date_header(false)
        .initial_stream_window(100_000)
        .initial_connection_window(100_000);
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[&post(1, "/")]).await;
    for _ in 0..6 {
        peer.send(&["DATA 1 zeros:16000"]).await;
    }
    assert_eq!(
        peer.heard().await,
        SILENCE,
        "no credit for what nobody reads"
    );
    go.send(()).expect("the handler waits");
    let credit = peer.heard().await;
    assert_eq!(credit.len(), 2, "{credit:?}");
    for (line, stream) in credit.iter().zip(["1", "0"]) {
        let (head, octets) = line.split_once('+').expect("an increment");
        assert_eq!(head, format!("WINDOW_UPDATE {stream} "));
        assert!(
            octets
                .parse()
                .is_ok_and(|octets| (50_000..=96_000).contains(&octets)),
            "{line}"
        );
    }
    peer.send(&["DATA 1 end_stream \"\""]).await;
    assert_eq!(peer.heard().await[1], "DATA 1 end_stream \"96000 and 0\"");
}

#[tokio::test(start_paused = true)]
async fn an_early_answer_does_not_cut_the_upload_short_at_once() {
    let service = service_fn(|_: Request<RecvBody>| async {
        let response = Response::builder()
            .status(413)
            .body(Full::<Bytes>::from("too much"));
        Ok::<_, Infallible>(response.expect("well formed"))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&post(1, "/"), "DATA 1 zeros:100"]).await;
    assert_eq!(
        peer.heard().await,
        [
            "HEADERS 1 end_headers :status=413 content-length=8",
            "DATA 1 end_stream \"too much\""
        ]
    );
    peer.send(&["DATA 1 zeros:100"]).await;
    assert_eq!(peer.heard().await, SILENCE);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(peer.heard().await, ["RST_STREAM 1 NO_ERROR"]);
    peer.send(&[&get(3, "/")]).await;
    assert_eq!(peer.heard().await.len(), 2, "the connection lives on");
}

#[tokio::test(start_paused = true)]
async fn a_response_streams_with_trailers_as_the_window_opens() {
    let service = service_fn(|_: Request<RecvBody>| async {
        let mut trailers = HeaderMap::new();
        trailers.insert("sum", http::HeaderValue::from_static("7"));
        let frames = [
            Ok::<_, Infallible>(Frame::data(Bytes::from(vec![0; 70_000]))),
            Ok(Frame::trailers(trailers)),
        ];
        Ok::<_, Infallible>(Response::new(StreamBody::new(futures::stream::iter(
            frames,
        ))))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    let heard = peer.heard().await;
    let octets = heard
        .iter()
        .filter_map(|line| line.strip_prefix("DATA 1 zeros:"));
    let octets: usize = octets
        .map(|octets| octets.parse::<usize>().expect("a number"))
        .sum();
    assert_eq!(octets, 65_535, "as much as both windows allow");
    peer.send(&["WINDOW_UPDATE 0 +10000", "WINDOW_UPDATE 1 +10000"])
        .await;
    assert_eq!(
        peer.heard().await,
        [
            "DATA 1 zeros:4465",
            "HEADERS 1 end_stream end_headers sum=7"
        ]
    );
}

/// A body that never ends, and counts how often it was asked.
#[derive(Clone)]
struct Endless(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1000])))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_stops_the_body() {
    let asked = Endless(std::sync::Arc::default());
    let service = {
        let asked = asked.clone();
        service_fn(move |_: Request<RecvBody>| {
            let body = asked.clone();
            async move { Ok::<_, Infallible>(Response::new(body)) }
        })
    };
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    peer.heard().await;
    let asked = asked.0.load(std::sync::atomic::Ordering::Relaxed);
    assert!(
        (65..=600).contains(&asked),
        "asked {asked} times for 65,535 octets of window"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_fails_resets_its_stream_and_no_other() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let mut frames = vec![Ok(Frame::data(Bytes::from_static(b"so far")))];
        if request.uri().path() == "/fail" {
            frames.push(Err(std::io::Error::other("the disk is gone")));
        }
        Ok::<_, Infallible>(Response::new(StreamBody::new(futures::stream::iter(
            frames,
        ))))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/fail"), &get(3, "/")]).await;
    let heard = peer.heard().await;
    assert!(
        heard.contains(&"RST_STREAM 1 INTERNAL_ERROR".to_owned()),
        "{heard:?}"
    );
    assert!(
        heard.contains(&"DATA 3 end_stream \"so far\"".to_owned()),
        "{heard:?}"
    );
}

/// A body that tells its length and fails at once.
struct Broken {
    panics: bool,
}

impl Body for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        assert!(!self.panics, "the disk is on fire");
        Poll::Ready(Some(Err(std::io::Error::other("the disk is gone"))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(5)
    }
}

/// A short body of known length is asked before its head leaves, so that nothing half leaves.
#[tokio::test(start_paused = true)]
async fn a_short_body_that_fails_at_once_leaves_no_half_answer() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let service = service_fn(|request: Request<RecvBody>| async move {
            let panics = request.uri().path() == "/panic";
            Ok::<_, Infallible>(Response::new(Broken { panics }))
        });
        let builder = Server::builder().date_header(false).dispatch(dispatch);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&get(1, "/"), &get(3, "/panic")]).await;
        let heard = peer.heard().await;
        for stream in [1, 3] {
            // A task has put its head down already; it is taken back with the stream.
            let refused = match dispatch {
                Dispatch::Spawn => format!("RST_STREAM {stream} INTERNAL_ERROR"),
                _ => format!("HEADERS {stream} end_stream end_headers :status=500"),
            };
            assert!(
                heard.iter().any(|line| line.starts_with(&refused)),
                "{dispatch:?}: {heard:?}"
            );
        }
        let begun = heard.iter().any(|line| line.contains(":status=200"));
        assert!(!begun, "{dispatch:?}: {heard:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_not_polled_for_head() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let asked = Endless(std::sync::Arc::default());
        let service = {
            let asked = asked.clone();
            service_fn(move |_: Request<RecvBody>| {
                let body = asked.clone();
                async move { Ok::<_, Infallible>(Response::new(body)) }
            })
        };
        let builder = Server::builder().date_header(false).dispatch(dispatch);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&get(1, "/").replace("GET", "HEAD")]).await;
        assert_eq!(
            peer.heard().await,
            ["HEADERS 1 end_stream end_headers :status=200"],
            "{dispatch:?}"
        );
        let asked = asked.0.load(std::sync::atomic::Ordering::Relaxed);
        assert!(asked <= 200, "{dispatch:?}: asked {asked} times");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_dropped_with_its_stream_although_handlers_are_kept() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let asked = Endless(std::sync::Arc::default());
        let service = {
            let asked = asked.clone();
            service_fn(move |_: Request<RecvBody>| {
                let body = asked.clone();
                async move { Ok::<_, Infallible>(Response::new(body)) }
            })
        };
        let builder = Server::builder().dispatch(dispatch).keep_handlers(true);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&get(1, "/")]).await;
        peer.heard().await;
        peer.send(&["RST_STREAM 1 CANCEL"]).await;
        assert_eq!(peer.heard().await, SILENCE);
        assert_eq!(
            std::sync::Arc::strong_count(&asked.0),
            2,
            "{dispatch:?}: no body is left"
        );
    }
}

/// More than any buffer on the way holds, said in one go by an exchange in a task of its own.
#[tokio::test(start_paused = true)]
async fn a_long_response_leaves_whole_wherever_its_body_is_polled() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        for chunk in [1000, 60_000, 65_511, 400_000] {
            let service = service_fn(move |_: Request<RecvBody>| async move {
                let chunks = (0..2_000_000 / chunk)
                    .map(move |_| Ok::<_, Infallible>(Frame::data(Bytes::from(vec![0; chunk]))));
                let body = StreamBody::new(futures::stream::iter(chunks));
                Ok::<_, Infallible>(Response::new(body))
            });
            let builder = Server::builder().date_header(false).dispatch(dispatch);
            let mut peer = Peer::with(builder, service).await;
            peer.send(&[
                &get(1, "/"),
                "WINDOW_UPDATE 0 +10000000",
                "WINDOW_UPDATE 1 +10000000",
            ])
            .await;
            let heard = peer.heard().await;
            let octets: usize = heard
                .iter()
                .filter_map(|line| line.rsplit_once("zeros:")?.1.parse::<usize>().ok())
                .sum();
            assert_eq!(octets, 2_000_000 / chunk * chunk, "{dispatch:?} by {chunk}");
            let last = heard.last().expect("it answers");
            assert!(
                last.starts_with("DATA 1 end_stream"),
                "{dispatch:?} by {chunk}: {last}"
            );
        }
    }
}
