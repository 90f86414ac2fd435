//! CONNECT and extended CONNECT (RFC 9113 section 8.5, RFC 8441).

use std::convert::Infallible;
use std::time::Duration;

use eyas_server::{
    Builder, Dispatch, Protocol, RecvBody, Server, TunnelStream, WriterBody, service_fn,
};
use http::{Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::peer::{Peer, SILENCE};

const CONNECT: &str = "HEADERS 1 end_headers :method=CONNECT :authority=example.com:443";
const WEBSOCKET: &str = "HEADERS 1 end_headers :method=CONNECT :protocol=websocket :scheme=http \
                         :path=/chat :authority=a sec-websocket-version=13";

async fn echo(request: Request<RecvBody>) -> Result<Response<WriterBody>, Infallible> {
    let (tunnel, body) = TunnelStream::new(request.into_body());
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(tunnel);
        let copied = tokio::io::copy(&mut read, &mut write).await;
        if copied.is_ok() {
            write.shutdown().await?;
        }
        copied
    });
    Ok(Response::new(body))
}

/// A client with a tunnel, and the server's end of it.
async fn open(builder: Builder) -> (Peer, TunnelStream) {
    let (sender, mut tunnels) = tokio::sync::mpsc::unbounded_channel();
    let service = service_fn(move |request: Request<RecvBody>| {
        let (tunnel, body) = TunnelStream::new(request.into_body());
        let _ = sender.send(tunnel);
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[CONNECT]).await;
    peer.heard().await;
    (peer, tunnels.recv().await.expect("the handler ran"))
}

fn builder() -> Builder {
    Server::builder()
        .date_header(false)
        .enable_connect_protocol(true)
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_carries_octets_both_ways_and_ends_one_way_at_a_time() {
    let mut peer = Peer::with(builder(), service_fn(echo)).await;
    peer.send(&[CONNECT]).await;
    assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=200"]);
    peer.send(&["DATA 1 \"there\""]).await;
    assert_eq!(peer.heard().await, ["DATA 1 \"there\""]);
    peer.send(&["DATA 1 end_stream \"and back\""]).await;
    let heard = peer.heard().await.join(" ");
    assert!(
        heard.contains("and back") && heard.contains("end_stream"),
        "{heard}"
    );
}

/// RFC 8441 section 4: the protocol is told to the handler, with scheme, authority and path.
#[tokio::test(start_paused = true)]
async fn extended_connect_reaches_its_handler_with_its_protocol() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let protocol = request.extensions().get::<Protocol>();
        assert_eq!(
            protocol.map(|protocol| protocol.as_str()),
            Some("websocket")
        );
        assert_eq!(request.uri(), "http://a/chat");
        echo(request).await
    });
    let mut peer = Peer::with(builder(), service).await;
    peer.send(&[WEBSOCKET]).await;
    assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=200"]);
    peer.send(&["DATA 1 \"frame\""]).await;
    assert_eq!(peer.heard().await, ["DATA 1 \"frame\""]);
}

/// RFC 8441 section 3: not offered, not understood.
#[tokio::test(start_paused = true)]
async fn extended_connect_that_was_not_offered_is_malformed() {
    let builder = Server::builder().date_header(false);
    let mut peer = Peer::with(builder, service_fn(echo)).await;
    peer.send(&[WEBSOCKET]).await;
    assert_eq!(peer.heard().await, ["RST_STREAM 1 PROTOCOL_ERROR"]);
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_that_is_not_read_stops_the_client_and_one_that_is_gives_credit() {
    let (mut peer, mut tunnel) = open(builder().initial_stream_window(65_535)).await;
    for _ in 0..3 {
        peer.send(&["DATA 1 zeros:16384"]).await;
    }
    assert_eq!(peer.heard().await, SILENCE);
    let mut octets = vec![0; 3 * 16384];
    tunnel
        .read_exact(&mut octets)
        .await
        .expect("they are there");
    let heard = peer.heard().await.join(" ");
    assert!(heard.contains("WINDOW_UPDATE 1"), "{heard}");
}

#[tokio::test(start_paused = true)]
async fn writing_to_a_client_that_does_not_read_waits() {
    let (_peer, mut tunnel) = open(builder()).await;
    let octets = vec![0; 4 << 20];
    let write = tokio::time::timeout(Duration::from_secs(1), tunnel.write_all(&octets)).await;
    assert!(write.is_err(), "4 MiB went into a window of 64 KiB");
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_that_the_client_resets_reads_as_a_connection_reset() {
    let (mut peer, mut tunnel) = open(builder()).await;
    peer.send(&["RST_STREAM 1 CANCEL"]).await;
    peer.heard().await;
    let error = tunnel.read_u8().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(tunnel.write_all(b"x").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn dropping_a_tunnel_ends_it() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let (tunnel, body) = TunnelStream::new(request.into_body());
        drop(tunnel);
        Ok::<_, Infallible>(Response::new(body))
    });
    let mut peer = Peer::with(builder(), service).await;
    peer.send(&[CONNECT]).await;
    let heard = peer.heard().await.join(" ");
    assert!(heard.contains("end_stream"), "{heard}");
}

/// RFC 9110 section 9.3.6: any success opens the tunnel, also one that has no content elsewhere.
#[tokio::test(start_paused = true)]
async fn a_tunnel_is_opened_by_204_too() {
    let service = service_fn(|request: Request<RecvBody>| async move {
        let mut response = echo(request).await?;
        *response.status_mut() = http::StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(response)
    });
    let mut peer = Peer::with(builder(), service).await;
    peer.send(&[CONNECT]).await;
    assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=204"]);
    peer.send(&["DATA 1 \"there\""]).await;
    assert_eq!(peer.heard().await, ["DATA 1 \"there\""]);
}

/// A server that has ended its half goes on reading, longer than a finished response lingers.
#[tokio::test(start_paused = true)]
async fn the_server_may_end_its_half_first() {
    let (mut peer, mut tunnel) = open(builder()).await;
    tunnel.write_all(b"bye").await.expect("the client is there");
    tunnel.shutdown().await.expect("the client is there");
    assert_eq!(peer.heard().await, ["DATA 1 end_stream \"bye\""]);
    tunnel.flush().await.expect("everything is under way");
    tokio::time::sleep(Duration::from_secs(5)).await;
    peer.send(&["DATA 1 \"more\"", "DATA 1 end_stream"]).await;
    let mut octets = Vec::new();
    tunnel.read_to_end(&mut octets).await.expect("it has ended");
    assert_eq!(octets, b"more");
    drop(tunnel);
    assert_eq!(peer.heard().await, SILENCE);
}

/// The other side of the tunnel says what it hears in capitals, and ends when it has heard the end.
#[tokio::test(start_paused = true)]
async fn octets_are_copied_both_ways_wherever_the_handler_runs() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let service = service_fn(|request: Request<RecvBody>| async move {
            let (mut tunnel, body) = TunnelStream::new(request.into_body());
            let (mut near, mut far) = tokio::io::duplex(64);
            tokio::spawn(
                async move { tokio::io::copy_bidirectional(&mut tunnel, &mut near).await },
            );
            tokio::spawn(async move {
                let mut octets = vec![0; 64];
                while let Ok(count @ 1..) = far.read(&mut octets).await {
                    let capitals = octets[..count].to_ascii_uppercase();
                    far.write_all(&capitals).await?;
                }
                far.shutdown().await
            });
            Ok::<_, Infallible>(Response::new(body))
        });
        let mut peer = Peer::with(builder().dispatch(dispatch), service).await;
        peer.send(&[CONNECT]).await;
        assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=200"]);
        for _ in 0..3 {
            peer.send(&["DATA 1 \"loud\""]).await;
            assert_eq!(peer.heard().await, ["DATA 1 \"LOUD\""], "{dispatch:?}");
        }
        peer.send(&["DATA 1 end_stream"]).await;
        assert_eq!(peer.heard().await, ["DATA 1 end_stream"], "{dispatch:?}");
    }
}

/// What a dropped tunnel had received and nobody has read is given back to the connection (RFC 9113
/// section 5.2), and a client that does not end its half is asked to.
#[tokio::test(start_paused = true)]
async fn a_tunnel_that_is_dropped_gives_its_credit_back() {
    let builder = builder()
        .initial_stream_window(65_535)
        .initial_connection_window(65_535);
    let (mut peer, tunnel) = open(builder).await;
    for _ in 0..3 {
        peer.send(&["DATA 1 zeros:16384"]).await;
    }
    assert_eq!(peer.heard().await, SILENCE);
    drop(tunnel);
    let heard = peer.heard().await;
    assert!(
        heard.contains(&"WINDOW_UPDATE 0 +49152".to_owned()),
        "{heard:?}"
    );
    assert!(heard.contains(&"DATA 1 end_stream".to_owned()), "{heard:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(peer.heard().await, ["RST_STREAM 1 NO_ERROR"]);
}
