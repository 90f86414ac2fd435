//! How connections and servers end.

use std::convert::Infallible;
use std::future::IntoFuture as _;
use std::sync::Arc;
use std::time::Duration;

use eyas_server::{Counters, EndReason, RecvBody, Server, service_fn};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::peer::{Peer, SILENCE, get, post};

async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("Hello, World!".to_owned()))
}

async fn slow(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(Response::new("late".to_owned()))
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_ends_the_connection_without_an_error() {
    let peer = Peer::start(service_fn(hello)).await;
    let summary = peer.close().await.expect("no panic").expect("no error");
    assert_eq!(summary.reason, EndReason::PeerClosed);
}

#[tokio::test(start_paused = true)]
async fn a_broken_frame_is_a_goaway_a_close_and_one_line() {
    let mut peer = Peer::start(service_fn(hello)).await;
    peer.send(&["UNKNOWN type=6 flags=0 stream=0 \"1234567\""])
        .await;
    let heard = peer.heard().await;
    assert!(
        heard[0].starts_with("GOAWAY last=0 FRAME_SIZE_ERROR"),
        "{heard:?}"
    );
    assert_eq!(heard[1], "EOF");
    let error = peer
        .close()
        .await
        .expect("no panic")
        .expect_err("a protocol error");
    assert_eq!(error.end_reason(), EndReason::InvalidFrame);
    assert!(
        error.to_string().contains("RFC 9113 section 6.7"),
        "{error}"
    );
}

/// A client on a socket, as far as it is needed here.
struct Client {
    io: TcpStream,
    printer: eyas_testkit::FramePrinter,
}

impl Client {
    async fn connect(address: std::net::SocketAddr) -> Self {
        let io = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let printer = eyas_testkit::FramePrinter::new();
        let mut client = Self { io, printer };
        client.send(&["PREFACE", "SETTINGS"]).await;
        client
    }

    async fn send(&mut self, frames: &[&str]) {
        for frame in frames {
            let octets = eyas_testkit::encode_frame(frame).expect("well formed");
            self.io.write_all(&octets).await.expect("the server reads");
        }
    }

    /// Reads until a line begins with `prefix`; all lines up to it.
    async fn until(&mut self, prefix: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut octets = [0; 4096];
        loop {
            if lines.iter().any(|line: &String| line.starts_with(prefix)) {
                return lines;
            }
            let read = tokio::time::timeout(Duration::from_secs(10), self.io.read(&mut octets));
            match read
                .await
                .expect("an answer in time")
                .expect("a live socket")
            {
                0 => {
                    lines.push("EOF".to_owned());
                    assert_eq!(prefix, "EOF", "{lines:?}");
                }
                count => lines.extend(self.printer.feed(&octets[..count])),
            }
        }
    }
}

#[tokio::test]
async fn a_graceful_shutdown_serves_what_was_begun_and_then_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let counters = Arc::new(Counters::default());
    let server = Server::builder()
        .counters(counters.clone())
        .serve(listener, service_fn(slow))
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        });
    let server = tokio::spawn(async move { server.await });

    let mut client = Client::connect(address).await;
    client.send(&[&get(1, "/")]).await;
    client.until("SETTINGS ACK").await;
    stop.send(()).expect("the server runs");

    let lines = client.until("PING").await;
    assert!(
        lines.contains(&"GOAWAY last=2147483647 NO_ERROR".to_owned()),
        "{lines:?}"
    );
    let refused = TcpStream::connect(address).await;
    assert!(refused.is_err(), "the listener is gone at once");
    // A request that crossed the first GOAWAY is still served.
    client.send(&[&get(3, "/"), "PING ACK \"eyas:bye\""]).await;
    let lines = client.until("EOF").await;
    assert!(
        lines.contains(&"GOAWAY last=3 NO_ERROR".to_owned()),
        "{lines:?}"
    );
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"late\""))
            .count(),
        2
    );
    drop(client);
    server.await.expect("no panic").expect("no error");
    let snapshot = counters.snapshot();
    assert_eq!((snapshot.requests, snapshot.responses), (2, 2));
    assert_eq!(snapshot.ends, [(EndReason::Shutdown, 1)]);
}

#[tokio::test]
async fn a_client_of_http_1_is_told_in_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(eyas_server::serve(listener, service_fn(hello)).into_future());
    let mut io = TcpStream::connect(address)
        .await
        .expect("the server listens");
    io.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .expect("room");
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(10), io.read_to_string(&mut answer));
    read.await.expect("an end in time").expect("text");
    assert!(
        answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
    assert!(answer.contains("This port speaks HTTP/2 only."), "{answer}");
    server.abort();
}

#[tokio::test]
async fn a_shutdown_that_takes_too_long_is_cut() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let counters = Arc::new(Counters::default());
    let server = Server::builder()
        .counters(counters.clone())
        .serve(listener, service_fn(slow))
        .with_graceful_shutdown(async {
            let _ = stopped.await;
        })
        .shutdown_timeout(Duration::from_millis(50));
    let server = tokio::spawn(async move { server.await });
    let mut client = Client::connect(address).await;
    client.send(&[&get(1, "/")]).await;
    client.until("SETTINGS ACK").await;
    stop.send(()).expect("the server runs");
    client.until("EOF").await;
    drop(client);
    server.await.expect("no panic").expect("no error");
    assert_eq!(counters.snapshot().ends, [(EndReason::ShutdownDeadline, 1)]);
}

#[test]
#[should_panic(expected = "max_concurrent_streams is 0, must be 1")]
fn a_wrong_option_is_refused_when_it_is_set() {
    let _ = Server::builder().max_concurrent_streams(0);
}

/// Tasks of a connection that is dropped do not outlive it.
#[tokio::test(start_paused = true)]
async fn dropping_the_server_drops_its_handlers() {
    let token = Arc::new(());
    let service = {
        let token = token.clone();
        service_fn(move |_: Request<RecvBody>| {
            let token = token.clone();
            async move {
                tokio::time::sleep(Duration::from_secs(1000)).await;
                drop(token);
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        })
    };
    let mut peer = Peer::start(service).await;
    peer.send(&[&get(1, "/")]).await;
    peer.heard().await;
    assert!(Arc::strong_count(&token) > 2);
    peer.server.abort();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(Arc::strong_count(&token), 1);
}

/// What lies unread while the server is busy elsewhere has come in time.
#[tokio::test(start_paused = true)]
async fn a_server_that_is_late_does_not_blame_its_client() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let read = request.into_body().collect().await;
        Ok::<_, Infallible>(Response::new(format!("{}", read.is_ok())))
    });
    let mut peer = Peer::start(service).await;
    peer.send(&[&format!("{} content-length=9000", post(1, "/"))])
        .await;
    // Looked at once; at the second look the content must have come.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(peer.heard().await, SILENCE);
    peer.send(&["DATA 1 zeros:4500"]).await;
    // Time passes before the server is run.
    tokio::time::advance(Duration::from_secs(7)).await;
    peer.send(&["DATA 1 end_stream zeros:4500"]).await;
    let heard = peer.heard().await.join(" ");
    assert!(heard.contains("\"true\""), "{heard}");
}
