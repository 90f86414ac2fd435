//! What a handler asks of its stream and its connection.

use std::convert::Infallible;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use eyas_server::{
    ConnectionInfo, Dispatch, ErrorCode, Priority, RecvBody, Server, StreamHandle, service_fn,
};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::peer::{Peer, SILENCE, get, post};

/// RFC 8297: a 103 with a link.
fn early_hints() -> Response<()> {
    let mut hints = Response::new(());
    *hints.status_mut() = StatusCode::EARLY_HINTS;
    let link = HeaderValue::from_static("</a.css>;rel=preload");
    hints.headers_mut().insert("link", link);
    hints
}

const HINTS: &str = "HEADERS 1 end_headers :status=103 link=</a.css>;rel=preload";
const OK: &str = "HEADERS 1 end_headers :status=200 content-length=2";
const BODY: &str = "DATA 1 end_stream \"ok\"";

fn ok() -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("ok")))
}

#[tokio::test(start_paused = true)]
async fn an_interim_response_goes_before_the_final_one_wherever_the_handler_runs() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let service = service_fn(|request: Request<RecvBody>| async move {
            let stream = request.body().stream_handle();
            stream.send_informational(early_hints()).expect("it is 103");
            ok()
        });
        let builder = Server::builder().date_header(false).dispatch(dispatch);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&[&get(1, "/")]).await;
        assert_eq!(peer.heard().await, [HINTS, OK, BODY], "{dispatch:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interim_response_leaves_at_once_while_the_handler_works_on() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        stream.send_informational(early_hints()).expect("it is 103");
        tokio::time::sleep(Duration::from_secs(1)).await;
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [HINTS]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

/// The handle is all that is alive of the request, on another task, while the connection sleeps.
#[tokio::test(start_paused = true)]
async fn a_handle_that_was_given_away_is_heard_while_the_connection_sleeps() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        let (parts, body) = request.into_parts();
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            stream.send_informational(early_hints()).expect("it is 103");
            tokio::time::sleep(Duration::from_millis(10)).await;
            drop((parts, body, sender));
        });
        let _ = receiver.await;
        ok()
    });
    let builder = Server::builder()
        .date_header(false)
        .dispatch(Dispatch::Inline);
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[&get(1, "/")]).await;
    tokio::time::sleep(Duration::from_millis(11)).await;
    assert_eq!(peer.heard().await, [HINTS]);
    tokio::time::sleep(Duration::from_millis(11)).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

#[tokio::test(start_paused = true)]
async fn an_interim_response_behind_the_final_one_is_dropped() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            stream.send_informational(early_hints()).expect("it is 103");
        });
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(peer.heard().await, SILENCE);
}

/// RFC 9113 section 8.6: HTTP/2 has no 101.
#[tokio::test(start_paused = true)]
async fn a_final_status_and_101_are_no_interim_ones() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        for status in [
            StatusCode::OK,
            StatusCode::NOT_FOUND,
            StatusCode::SWITCHING_PROTOCOLS,
        ] {
            let mut response = Response::new(());
            *response.status_mut() = status;
            let error = stream.send_informational(response).unwrap_err();
            assert!(error.to_string().contains("100 to 199"), "{error}");
        }
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

/// RFC 9110 section 10.1.1: 100 when the content is waited for, and not before.
#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_100_gets_it_when_its_content_is_read() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let octets = request.into_body().collect().await.expect("it is complete");
        assert_eq!(octets.to_bytes(), "content");
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&format!("{} expect=100-continue", post(1, "/"))])
        .await;
    assert_eq!(peer.heard().await, SILENCE);
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=100"]);
    peer.send(&["DATA 1 end_stream \"content\""]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

#[tokio::test(start_paused = true)]
async fn no_100_is_sent_to_a_client_that_did_not_wait_or_whose_content_is_not_read() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        if request.uri().path() == "/read" {
            let read = request.into_body().collect().await;
            assert!(read.is_ok());
        }
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[
        &format!("{} expect=100-continue", post(1, "/read")),
        "DATA 1 end_stream \"at once\"",
    ])
    .await;
    assert_eq!(peer.heard().await, [OK, BODY]);
    peer.send(&[&format!("{} expect=100-continue", post(3, "/refuse"))])
        .await;
    let heard = peer.heard().await;
    assert!(heard[0].contains(":status=200"), "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reset_is_told_with_its_code_to_whoever_asked() {
    let (sender, told) = mpsc::channel();
    let service = service_fn(move |request: Request<RecvBody>| {
        let stream = request.body().stream_handle();
        let (calls, waits) = (sender.clone(), sender.clone());
        stream.on_cancel(move |code| calls.send(("called", Some(code))).expect("it is heard"));
        let reset = stream.reset();
        tokio::spawn(async move { waits.send(("waited", reset.await)) });
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            ok()
        }
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.send(&["RST_STREAM 1 CANCEL"]).await;
    peer.heard().await;
    let code = Some(ErrorCode::CANCEL);
    assert_eq!(told.try_recv(), Ok(("called", code)));
    assert_eq!(told.try_recv(), Ok(("waited", code)));
    assert!(told.try_recv().is_err());

    // A response that is complete was not reset.
    peer.send(&[&get(3, "/")]).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(peer.heard().await[0].contains(":status=200"));
    assert_eq!(told.try_recv(), Ok(("waited", None)));

    // A connection that is lost resets what it had.
    peer.send(&[&get(5, "/")]).await;
    peer.heard().await;
    let server = peer.close();
    let _ = server.await.expect("the server does not panic");
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut codes: Vec<_> = told
        .try_iter()
        .map(|(what, code)| (what, code.is_some()))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, [("called", true), ("waited", true)]);
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_hurts_nobody() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        stream.on_cancel(|_| panic!("on purpose"));
        if request.uri().path() == "/wait" {
            std::future::pending::<()>().await;
        }
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/wait")]).await;
    peer.heard().await;
    peer.send(&["RST_STREAM 1 CANCEL", &get(3, "/")]).await;
    assert!(peer.heard().await[0].contains("HEADERS 3"));
}

/// A server whose handlers answer `/wait` never, and give their handles away.
async fn handles() -> (Peer, UnboundedReceiver<StreamHandle>) {
    let (sender, receiver) = unbounded_channel();
    let service = service_fn(move |request: Request<RecvBody>| {
        let _ = sender.send(request.body().stream_handle());
        async move {
            if request.uri().path() == "/wait" {
                std::future::pending::<()>().await;
            }
            ok()
        }
    });
    (Peer::start(service).await, receiver)
}

async fn handle_of(receiver: &mut UnboundedReceiver<StreamHandle>) -> StreamHandle {
    receiver.recv().await.expect("the handler ran")
}

/// What was asked before the reset counts, though the connection hears of both in one turn.
#[tokio::test(start_paused = true)]
async fn a_reset_is_told_to_who_asked_just_before() {
    let (mut peer, mut handles) = handles().await;
    peer.send(&[&get(1, "/wait")]).await;
    peer.heard().await;
    let (sender, told) = mpsc::channel();
    handle_of(&mut handles)
        .await
        .on_cancel(move |code| sender.send(code).expect("it is heard"));
    peer.send(&["RST_STREAM 1 CANCEL"]).await;
    peer.heard().await;
    assert_eq!(told.try_recv(), Ok(ErrorCode::CANCEL));
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_told_to_who_asked_just_before() {
    let (mut peer, mut handles) = handles().await;
    peer.send(&[&get(1, "/wait")]).await;
    peer.heard().await;
    let (sender, told) = mpsc::channel();
    handle_of(&mut handles)
        .await
        .on_cancel(move |code| sender.send(code).expect("it is heard"));
    let server = peer.close();
    server.abort();
    assert!(server.await.is_err());
    assert_eq!(told.try_recv(), Ok(ErrorCode::CANCEL));
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_outlives_its_connection_waits_for_nothing() {
    let (mut peer, mut handles) = handles().await;
    peer.send(&[&get(1, "/")]).await;
    peer.heard().await;
    let handle = handle_of(&mut handles).await;
    let server = peer.close();
    server.abort();
    assert!(server.await.is_err());
    let reset = tokio::time::timeout(Duration::from_secs(1), handle.reset()).await;
    assert_eq!(reset, Ok(None));
}

/// A letter without effect is thrown away when it is read, which is how the test sees that it was.
#[tokio::test(start_paused = true)]
async fn the_last_letter_of_a_handle_is_read_though_the_handle_is_gone() {
    let (mut peer, mut handles) = handles().await;
    peer.send(&[&get(1, "/")]).await;
    peer.heard().await;
    let handle = handle_of(&mut handles).await;
    let letter = std::sync::Arc::new(());
    let held = letter.clone();
    peer.on_flush(move || handle.on_cancel(move |_| drop(held)));
    peer.send(&["PING \"12345678\""]).await;
    peer.heard().await;
    assert_eq!(std::sync::Arc::strong_count(&letter), 1);
}

/// Once read, what a handler has written or read while it was polled is no reason to stay awake.
#[tokio::test]
async fn a_connection_sleeps_while_handles_are_kept_elsewhere() {
    let (sender, mut handles) = unbounded_channel();
    let service = service_fn(move |request: Request<RecvBody>| {
        let handle = request.body().stream_handle();
        handle.set_priority(Priority::new(1).expect("1 is an urgency"));
        let _ = sender.send(handle);
        async move {
            let _ = request.into_body().collect().await;
            ok()
        }
    });
    for method in ["GET", "POST"] {
        let mut peer = Peer::start(service.clone()).await;
        match method {
            "GET" => peer.send(&[&get(1, "/")]).await,
            _ => peer.send(&[&post(1, "/"), "DATA 1 end_stream \"x\""]).await,
        }
        let _handle = handles.recv().await.expect("the handler ran");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let looks = peer.looks();
        assert!(looks < 50, "{method}: looked {looks} times");
    }
}

#[tokio::test(start_paused = true)]
async fn a_callback_that_panics_when_it_is_dropped_hurts_nobody() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let service = service_fn(|request: Request<RecvBody>| async move {
        let panics = Panics;
        let stream = request.body().stream_handle();
        stream.on_cancel(move |_| drop(panics));
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
    peer.send(&[&get(3, "/")]).await;
    assert!(peer.heard().await[0].contains("HEADERS 3"));
}

/// RFC 9110 section 10.1.1: content that came was not held back.
#[tokio::test(start_paused = true)]
async fn no_100_is_sent_behind_the_beginning_of_the_content() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let read = request.into_body().collect().await;
        assert!(read.is_ok());
        ok()
    });
    let mut peer = Peer::start(service).await;
    let head = format!("{} expect=100-continue", post(1, "/"));
    peer.send(&[&head, "DATA 1 \"not waited for\""]).await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.send(&["DATA 1 end_stream"]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_sees_and_overrides_its_priority() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let stream = request.body().stream_handle();
        let urgency = stream.priority().urgency();
        if request.uri().path() == "/urgent" {
            stream.set_priority(Priority::new(0).expect("0 is an urgency"));
        }
        let filler = if urgency == 0 { 0 } else { 20_000 };
        Ok::<_, Infallible>(Response::new(format!("{urgency}{}", "x".repeat(filler))))
    });
    let mut peer = Peer::start(service).await;
    // No window: everything waits, and is then sent in the order of urgency.
    peer.send(&["SETTINGS initial_window_size=0"]).await;
    peer.heard().await;
    peer.send(&[
        &format!("{} priority=u=4", get(1, "/plain")),
        &format!("{} priority=u=6", get(3, "/urgent")),
    ])
    .await;
    peer.heard().await;
    peer.send(&["SETTINGS initial_window_size=65535"]).await;
    let heard = peer.heard().await;
    let first = heard.iter().find(|line| line.starts_with("DATA"));
    assert!(
        first.is_some_and(|line| line.starts_with("DATA 3")),
        "{heard:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn extensions_hold_what_the_builder_was_told_to_put_there() {
    #[derive(Clone, Debug, PartialEq)]
    struct Number(u64);
    let service = service_fn(|request: Request<RecvBody>| async move {
        let id = request.body().connection_info().id();
        let extensions = request.extensions();
        assert_eq!(extensions.get(), Some(&Number(id)));
        let info: &ConnectionInfo = extensions.get().expect("the builder was told so");
        assert_eq!(info.id(), id);
        let stream: &StreamHandle = extensions.get().expect("the builder was told so");
        assert_eq!(stream.id().get(), 1);
        ok()
    });
    let builder = Server::builder()
        .date_header(false)
        .request_extensions(true)
        .extend_request(|info, extensions| {
            extensions.insert(Number(info.id()));
        });
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_in_the_extensions_unless_asked_for() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        assert!(request.extensions().is_empty());
        ok()
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, [OK, BODY]);
}
