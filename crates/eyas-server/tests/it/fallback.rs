//! Connections of HTTP/1 on the same port.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use eyas_server::{Builder, EndReason, Http1Stream, Server};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::listener_kit::{Client, Rig, SOCKET_PEER, octets, read_text, send_slowly};

/// Answers one request with its own head.
pub(crate) async fn echo_head(stream: Http1Stream) {
    let peer = stream.info().peer_addr();
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        match stream.read_line(&mut head).await {
            Ok(count) if count > 0 => {}
            _ => return,
        }
    }
    let answer = format!("HTTP/1.1 200 OK\r\n\r\n{peer:?} {head}");
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn with_echo() -> Builder {
    Server::builder().fallback_http1(echo_head)
}

const REQUEST: &[u8] = b"GET /a?b HTTP/1.1\r\nhost: a\r\n\r\n";

/// What comes back.
fn echoed() -> String {
    let head = REQUEST.escape_ascii();
    format!("HTTP/1.1 200 OK\\r\\n\\r\\nSome({SOCKET_PEER}) {head}")
}

#[tokio::test(start_paused = true)]
async fn the_hook_gets_a_connection_of_http_1_with_every_octet() {
    for slowly in [false, true] {
        let rig = Rig::start(with_echo());
        let mut io = rig.connect().await;
        if slowly {
            send_slowly(&mut io, REQUEST).await;
        } else {
            io.write_all(REQUEST).await.expect("room");
        }
        assert_eq!(read_text(&mut io).await, echoed());
        assert_eq!(rig.ends().await, [(EndReason::Http1Request, 1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn http_2_is_served_beside_it() {
    for slowly in [false, true] {
        let rig = Rig::start(with_echo());
        let mut io = rig.connect().await;
        let octets = octets(&["PREFACE", "SETTINGS", &crate::peer::get(1, "/")]);
        if slowly {
            send_slowly(&mut io, &octets).await;
        } else {
            io.write_all(&octets).await.expect("room");
        }
        let answer = Client::listening(io).until("from ").await;
        assert!(answer.contains(SOCKET_PEER), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_its_side_behind_its_request_is_answered() {
    let rig = Rig::start(with_echo());
    let mut io = rig.connect().await;
    let octets = octets(&["PREFACE", "SETTINGS", &crate::peer::get(1, "/")]);
    io.write_all(&octets).await.expect("room");
    io.shutdown().await.expect("open");
    let heard = read_text(&mut io).await;
    assert!(!heard.is_empty(), "SETTINGS at least");
    let requests = rig.counters.clone();
    rig.ends().await;
    assert_eq!(requests.snapshot().requests, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_neither_is_told_so_by_http_2() {
    let rig = Rig::start(with_echo());
    let mut io = rig.connect().await;
    io.write_all(b"\x16\x03\x01\x02\0\x01\0")
        .await
        .expect("room");
    Client::listening(io).until("GOAWAY").await;
    assert_eq!(rig.ends().await, [(EndReason::InvalidPreface, 1)]);
}

#[tokio::test(start_paused = true)]
async fn first_octets_that_do_not_come_in_time_end_the_connection() {
    let rig = Rig::start(with_echo().handshake_timeout(Duration::from_secs(3)));
    let mut io = rig.connect().await;
    io.write_all(b"GET / HTT").await.expect("room");
    let start = tokio::time::Instant::now();
    assert_eq!(read_text(&mut io).await, "");
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(rig.ends().await, [(EndReason::PrefaceTimeout, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_graceful_shutdown_is_told_to_the_hook_and_waits_for_it() {
    let mut rig = Rig::start(Server::builder().fallback_http1(|mut stream| async move {
        stream.draining().await;
        tokio::time::sleep(Duration::from_secs(20)).await;
        let _ = stream.write_all(b"bye").await;
    }));
    let mut io = rig.connect().await;
    io.write_all(REQUEST).await.expect("room");
    tokio::time::sleep(Duration::from_secs(100)).await;
    rig.stop();
    tokio::time::sleep(Duration::from_secs(19)).await;
    assert!(!rig.is_over(), "the hook is at work");
    assert_eq!(read_text(&mut io).await, "bye");
    assert_eq!(rig.ends().await, [(EndReason::Http1Request, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_does_not_end_is_cut_at_the_deadline() {
    let rig = Rig::start(Server::builder().fallback_http1(|mut stream| async move {
        let mut octets = Vec::new();
        let _ = stream.read_to_end(&mut octets).await;
    }));
    let mut io = rig.connect().await;
    io.write_all(REQUEST).await.expect("room");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = tokio::time::Instant::now();
    assert_eq!(rig.ends().await, [(EndReason::ShutdownDeadline, 1)]);
    assert_eq!(start.elapsed().as_secs(), 60);
    assert_eq!(read_text(&mut io).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_costs_its_own_connection_alone_and_is_counted() {
    let at_once: fn(Http1Stream) -> std::future::Ready<()> = |_| panic!("on purpose");
    for builder in [
        Server::builder().fallback_http1(at_once),
        Server::builder().fallback_http1(|_| async { panic!("on purpose") }),
    ] {
        let rig = Rig::start(builder.max_connections(1));
        for _ in 0..2 {
            let mut io = rig.connect().await;
            io.write_all(REQUEST).await.expect("room");
            assert_eq!(read_text(&mut io).await, "");
        }
        assert_eq!(rig.ends().await, [(EndReason::ClosedByApplication, 2)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_clients_that_have_said_nothing() {
    let rig = Rig::start(with_echo());
    let mut io = rig.connect().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = tokio::time::Instant::now();
    assert_eq!(rig.ends().await, [(EndReason::PeerClosed, 1)]);
    assert_eq!(start.elapsed().as_secs(), 0);
    assert_eq!(read_text(&mut io).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_connection_counts_as_alive_while_its_hook_is() {
    let alive = Arc::new(AtomicUsize::new(0));
    let in_hook = alive.clone();
    let rig = Rig::start(
        Server::builder()
            .max_connections(1)
            .fallback_http1(move |_stream| {
                let alive = in_hook.clone();
                async move {
                    assert_eq!(alive.fetch_add(1, Ordering::Relaxed), 0);
                    tokio::time::sleep(Duration::from_secs(5)).await;
                    alive.fetch_sub(1, Ordering::Relaxed);
                }
            }),
    );
    for _ in 0..3 {
        let mut io = rig.connect().await;
        io.write_all(REQUEST).await.expect("room");
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(rig.ends().await, [(EndReason::Http1Request, 3)]);
}
