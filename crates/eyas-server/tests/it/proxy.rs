//! The PROXY protocol in front of connections.

use std::time::Duration;

use eyas_server::{Builder, EndReason, ProxyProtocol, Server};
use tokio::io::AsyncWriteExt as _;

use crate::listener_kit::{
    Client, Rig, SOCKET_LOCAL, SOCKET_PEER, get, octets, read_text, send_slowly,
};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n";
const V2: &[u8] =
    b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x09\xdc\x04\x01\xbb";
const V2_LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
const TOLD: &str = "from 192.0.2.1:56324 to 198.51.100.9:443";

fn with(mode: ProxyProtocol) -> Builder {
    Server::builder().proxy_protocol(mode)
}

fn of_the_socket() -> String {
    format!("from {SOCKET_PEER} to {SOCKET_LOCAL}")
}

/// A preface and a request.
fn request() -> Vec<u8> {
    octets(&["PREFACE", "SETTINGS", &get(1, "/")])
}

#[tokio::test(start_paused = true)]
async fn handlers_see_the_client_that_the_proxy_tells() {
    for mode in [ProxyProtocol::Required, ProxyProtocol::Optional] {
        for header in [V1, V2] {
            let rig = Rig::start(with(mode));
            let mut io = rig.connect().await;
            io.write_all(&[header, &request()].concat())
                .await
                .expect("room");
            let answer = Client::listening(io).until("from ").await;
            assert!(answer.contains(TOLD), "{answer}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_header_may_come_octet_by_octet() {
    for header in [V1, V2] {
        let rig = Rig::start(with(ProxyProtocol::Required));
        let mut io = rig.connect().await;
        send_slowly(&mut io, &[header, &request()].concat()).await;
        let answer = Client::listening(io).until("from ").await;
        assert!(answer.contains(TOLD), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_speaks_for_itself_or_does_not_know_leaves_the_sockets_addresses() {
    for header in [V2_LOCAL, b"PROXY UNKNOWN\r\n"] {
        let rig = Rig::start(with(ProxyProtocol::Required));
        let mut io = rig.connect().await;
        io.write_all(header).await.expect("room");
        let answer = Client::new(io).await.ask(1).await;
        assert!(answer.contains(&of_the_socket()), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_header_that_is_missing_or_malformed_ends_the_connection() {
    let malformed = [&b"PROXY TCP4 nobody\r\n"[..], &request()].concat();
    let endless = [b"PROXY UNKNOWN ".as_slice(), &[b'a'; 100_000]].concat();
    for octets in [request(), malformed, endless] {
        let rig = Rig::start(with(ProxyProtocol::Required));
        let mut io = rig.connect().await;
        let _ = io.write_all(&octets).await;
        assert_eq!(read_text(&mut io).await, "");
        assert_eq!(rig.ends().await, [(EndReason::ProxyHeaderInvalid, 1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_optional_header_may_be_missing() {
    for slowly in [false, true] {
        let rig = Rig::start(with(ProxyProtocol::Optional));
        let mut io = rig.connect().await;
        if slowly {
            send_slowly(&mut io, &request()).await;
        } else {
            io.write_all(&request()).await.expect("room");
        }
        let answer = Client::listening(io).until("from ").await;
        assert!(answer.contains(&of_the_socket()), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_optional_header_that_is_malformed_ends_the_connection() {
    let rig = Rig::start(with(ProxyProtocol::Optional));
    let mut io = rig.connect().await;
    io.write_all(b"PROXY TCP5 1 2 3 4\r\n").await.expect("room");
    assert_eq!(read_text(&mut io).await, "");
    assert_eq!(rig.ends().await, [(EndReason::ProxyHeaderInvalid, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_header_that_does_not_come_in_time_ends_the_connection() {
    let rig = Rig::start(with(ProxyProtocol::Required).handshake_timeout(Duration::from_secs(3)));
    let mut io = rig.connect().await;
    io.write_all(&V1[..20]).await.expect("room");
    let start = tokio::time::Instant::now();
    assert_eq!(read_text(&mut io).await, "");
    assert_eq!(start.elapsed().as_secs(), 3);
    assert_eq!(rig.ends().await, [(EndReason::ProxyHeaderInvalid, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_only_sees_whether_the_server_is_alive_is_no_fault() {
    let rig = Rig::start(with(ProxyProtocol::Required));
    drop(rig.connect().await);
    let mut io = rig.connect().await;
    io.write_all(V2_LOCAL).await.expect("room");
    drop(io);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.ends().await, [(EndReason::PeerClosed, 2)]);
}

#[tokio::test(start_paused = true)]
async fn serve_connection_reads_the_header_too_and_says_what_is_wrong() {
    let (mut io, theirs) = tokio::io::duplex(4096);
    let service = eyas_server::service_fn(|_: http::Request<eyas_server::RecvBody>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let serving = with(ProxyProtocol::Required).serve_connection(theirs, service);
    let (result, ()) = tokio::join!(serving, async {
        io.write_all(&request()).await.expect("room");
    });
    let error = result.expect_err("no header");
    assert_eq!(
        error.to_string(),
        "header of the PROXY protocol: there is none"
    );
    assert_eq!(error.as_proxy_header_error(), Some("there is none"));
    assert_eq!(error.end_reason(), EndReason::ProxyHeaderInvalid);
}
