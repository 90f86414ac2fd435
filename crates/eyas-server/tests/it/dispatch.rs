//! Where handlers run, and what becomes of them: panics, resets, tasks.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eyas_server::{Builder, Dispatch, RecvBody, Server, service_fn};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};

use crate::peer::{Peer, SILENCE, get, post};

fn plain() -> Builder {
    Server::builder().date_header(false)
}

const DISPATCHES: [Dispatch; 3] = [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn];

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_500_and_the_connection_lives_on() {
    for dispatch in DISPATCHES {
        let service = service_fn(|request: Request<RecvBody>| async move {
            assert_ne!(request.uri().path(), "/panic", "as the test wants it");
            Ok::<_, Infallible>(Response::new("fine".to_owned()))
        });
        let mut peer = Peer::with(plain().dispatch(dispatch), service).await;
        peer.send(&[&get(1, "/panic"), &get(3, "/")]).await;
        let heard = peer.heard().await;
        for line in [
            "HEADERS 1 end_stream end_headers :status=500 content-length=0",
            "DATA 3 end_stream \"fine\"",
        ] {
            assert!(heard.contains(&line.to_owned()), "{dispatch:?}: {heard:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_behind_the_head_is_an_internal_error() {
    let service = service_fn(|_: Request<RecvBody>| async {
        let frames = futures::stream::once(async {
            tokio::task::yield_now().await;
            panic!("as the test wants it");
            #[expect(unreachable_code, reason = "it gives the stream its type")]
            Ok::<_, Infallible>(http_body::Frame::data(bytes::Bytes::new()))
        });
        Ok::<_, Infallible>(Response::new(http_body_util::StreamBody::new(Box::pin(
            frames,
        ))))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(
        peer.heard().await,
        [
            "HEADERS 1 end_headers :status=200",
            "RST_STREAM 1 INTERNAL_ERROR"
        ]
    );
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

#[tokio::test(start_paused = true)]
async fn the_handler_of_a_request_that_is_reset_in_the_same_read_is_never_begun() {
    for dispatch in DISPATCHES {
        let begun = Arc::new(AtomicUsize::new(0));
        let service = {
            let begun = begun.clone();
            service_fn(move |_: Request<RecvBody>| {
                begun.fetch_add(1, Ordering::SeqCst);
                async { Ok::<_, Infallible>(Response::new("fine".to_owned())) }
            })
        };
        let mut peer = Peer::with(plain().dispatch(dispatch), service).await;
        peer.send(&[
            &get(1, "/"),
            "RST_STREAM 1 CANCEL",
            &get(3, "/"),
            &get(5, "/"),
            "RST_STREAM 5 CANCEL",
        ])
        .await;
        let heard = peer.heard().await;
        assert!(heard.iter().all(|frame| frame.contains(" 3 ")), "{heard:?}");
        assert_eq!(begun.load(Ordering::SeqCst), 1, "{dispatch:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_drops_the_handler_wherever_it_waits() {
    for dispatch in DISPATCHES {
        let alive = Arc::new(AtomicUsize::new(0));
        let service = {
            let alive = alive.clone();
            service_fn(move |request: Request<RecvBody>| {
                let alive = Alive::new(&alive);
                async move {
                    if request.uri().path() == "/sleep" {
                        tokio::time::sleep(Duration::from_secs(1000)).await;
                    }
                    let _ = request.into_body().collect().await;
                    drop(alive);
                    Ok::<_, Infallible>(Response::new(Full::<bytes::Bytes>::from("done")))
                }
            })
        };
        let mut peer = Peer::with(plain().dispatch(dispatch), service).await;
        peer.send(&[&get(1, "/sleep"), &post(3, "/read")]).await;
        peer.heard().await;
        assert_eq!(alive.load(Ordering::SeqCst), 2, "{dispatch:?}");
        peer.send(&["RST_STREAM 1 CANCEL", "RST_STREAM 3 CANCEL"])
            .await;
        assert_eq!(peer.heard().await, SILENCE);
        assert_eq!(alive.load(Ordering::SeqCst), 0, "{dispatch:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_may_be_kept_when_their_client_is_gone() {
    for dispatch in DISPATCHES {
        let done = Arc::new(AtomicUsize::new(0));
        let service = {
            let done = done.clone();
            service_fn(move |_: Request<RecvBody>| {
                let done = done.clone();
                async move {
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    done.fetch_add(1, Ordering::SeqCst);
                    Ok::<_, Infallible>(Response::new("done".to_owned()))
                }
            })
        };
        let mut peer = Peer::with(plain().dispatch(dispatch).keep_handlers(true), service).await;
        peer.send(&[&get(1, "/")]).await;
        peer.heard().await;
        peer.send(&["RST_STREAM 1 CANCEL"]).await;
        assert_eq!(peer.heard().await, SILENCE);
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!(done.load(Ordering::SeqCst), 1, "{dispatch:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_dispatch_serves_handlers_that_wait() {
    for dispatch in DISPATCHES {
        let service = service_fn(|request: Request<RecvBody>| async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            let body = request.into_body().collect().await;
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(Response::new(Full::new(
                body.map_or_else(|_| bytes::Bytes::new(), |body| body.to_bytes()),
            )))
        });
        let mut peer = Peer::with(plain().dispatch(dispatch), service).await;
        peer.send(&[&post(1, "/"), "DATA 1 \"ec\""]).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
        peer.send(&["DATA 1 end_stream \"ho\""]).await;
        assert_eq!(
            peer.heard().await,
            [
                "HEADERS 1 end_headers :status=200 content-length=4",
                "DATA 1 end_stream \"echo\""
            ],
            "{dispatch:?}"
        );
    }
}

/// A turn whose handlers compute for long sends what comes after them to tasks.
#[tokio::test]
async fn a_handler_that_computes_does_not_keep_its_successors_on_the_connection() {
    let names = Arc::new(std::sync::Mutex::new(Vec::new()));
    let service = {
        let names = names.clone();
        service_fn(move |_: Request<RecvBody>| {
            let names = names.clone();
            async move {
                names.lock().expect("not poisoned").push(tokio::task::id());
                std::thread::sleep(Duration::from_millis(2));
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        })
    };
    let mut peer = Peer::with(plain(), service).await;
    for n in 0..3 {
        peer.send(&[&get(n * 2 + 1, "/")]).await;
        while peer.heard().await.is_empty() {}
    }
    let names = names.lock().expect("not poisoned");
    assert_eq!(names.len(), 3);
    assert_ne!(names[0], names[1], "the second turn begins by spawning");
}
