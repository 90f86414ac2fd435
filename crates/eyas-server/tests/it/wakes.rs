//! One read, one write: how often the transport is used.

use std::convert::Infallible;

use eyas_server::{Dispatch, RecvBody, Server, service_fn};
use http::{Request, Response};
use std::sync::Arc;
use tokio::sync::Semaphore;

use crate::peer::{Peer, SILENCE, get};

async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("Hello, World!".to_owned()))
}

fn gets(streams: impl Iterator<Item = u32>) -> Vec<String> {
    streams.map(|stream| get(stream, "/")).collect()
}

async fn send_all(peer: &mut Peer, frames: &[String]) {
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    peer.send(&frames).await;
}

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_in_one_read_leave_in_one_write() {
    // Inline, since the adaptive dispatch looks at the real clock.
    let builder = Server::builder()
        .date_header(false)
        .dispatch(Dispatch::Inline);
    let mut peer = Peer::with(builder, service_fn(hello)).await;
    peer.counts();
    send_all(&mut peer, &gets((0..64).map(|n| n * 2 + 1))).await;
    let heard = peer.heard().await;
    assert_eq!(heard.len(), 128, "a HEADERS and a DATA frame each");
    assert_eq!(peer.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn one_stream_costs_one_read_and_one_write_a_request() {
    let mut peer = Peer::start(service_fn(hello)).await;
    peer.counts();
    for n in 0..10 {
        peer.send(&[&get(n * 2 + 1, "/")]).await;
        assert_eq!(peer.heard().await.len(), 2);
        assert_eq!(peer.counts(), (1, 1));
    }
}

/// Handlers that wait for something foreign are in tasks of their own; what they say when they are all
/// woken together is collected before it is written.
#[tokio::test(start_paused = true)]
async fn handlers_that_wait_are_answered_in_few_writes() {
    let gate = Arc::new(Semaphore::new(0));
    let service = {
        let gate = gate.clone();
        service_fn(move |_: Request<RecvBody>| {
            let gate = gate.clone();
            async move {
                let _permit = gate.acquire().await.expect("the gate stays");
                Ok::<_, Infallible>(Response::new("late".to_owned()))
            }
        })
    };
    let mut peer = Peer::start(service).await;
    send_all(&mut peer, &gets((0..64).map(|n| n * 2 + 1))).await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.counts();
    gate.add_permits(64);
    assert_eq!(peer.heard().await.len(), 128);
    let (_, writes) = peer.counts();
    assert!(writes <= 3, "{writes} writes for 64 responses");
}

#[tokio::test(start_paused = true)]
async fn spawned_handlers_are_answered_in_few_writes() {
    let builder = Server::builder()
        .date_header(false)
        .dispatch(Dispatch::Spawn);
    let mut peer = Peer::with(builder, service_fn(hello)).await;
    peer.counts();
    send_all(&mut peer, &gets((0..64).map(|n| n * 2 + 1))).await;
    assert_eq!(peer.heard().await.len(), 128);
    let (_, writes) = peer.counts();
    assert!(writes <= 3, "{writes} writes for 64 responses");
}

#[tokio::test(start_paused = true)]
async fn requests_that_come_with_the_preface_are_answered_in_that_turn() {
    let (mut io, theirs) = tokio::io::duplex(1 << 16);
    let mut octets = Vec::new();
    for frame in ["PREFACE", "SETTINGS", &get(1, "/")] {
        octets.extend(eyas_testkit::encode_frame(frame).expect("well formed"));
    }
    tokio::io::AsyncWriteExt::write_all(&mut io, &octets)
        .await
        .expect("room");
    let server = tokio::spawn(
        Server::builder()
            .date_header(false)
            .serve_connection(theirs, service_fn(hello)),
    );
    tokio::time::sleep(std::time::Duration::from_micros(1)).await;
    let mut answer = vec![0; 1 << 16];
    let count = tokio::io::AsyncReadExt::read(&mut io, &mut answer)
        .await
        .expect("an answer");
    let lines = eyas_testkit::FramePrinter::new().feed(&answer[..count]);
    assert_eq!(
        lines[2..],
        [
            "SETTINGS ACK",
            "HEADERS 1 end_headers :status=200 content-length=13",
            "DATA 1 end_stream \"Hello, World!\""
        ]
    );
    server.abort();
}
