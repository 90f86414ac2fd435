//! TLS: handshakes that succeed, that fail and that do not come, and what the records cost.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use eyas_server::{
    Builder, Dispatch, EndReason, ProxyProtocol, RecvBody, Server, TlsConfig, service_fn,
};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use crate::fallback::echo_head;
use crate::listener_kit::{Client, Rig, SOCKET_PEER, get, octets, read_text};
use crate::peer::post;
use crate::tls_kit::{Calls, Counted, Identity, connect};

fn with(identity: &Identity) -> Builder {
    Server::builder().tls(identity.server())
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_what_the_handshake_came_to() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let versions = [
        (&rustls::version::TLS13, "TLSv1.3", "TLS13_AES"),
        (&rustls::version::TLS12, "TLSv1.2", "TLS_ECDHE_ECDSA"),
    ];
    for (version, name, suite) in versions {
        let client = identity.client_of(&["h2", "http/1.1"], &[version]);
        let io = connect(client, rig.connect().await).await.expect("trust");
        assert_eq!(io.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let answer = Client::new(io).await.ask(1).await;
        assert!(
            answer.contains(&format!(" {name} h2 localhost {suite}")),
            "{answer}"
        );
        assert!(answer.contains(SOCKET_PEER), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_common_protocol_gets_the_alert() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let refused = connect(identity.client(&["http/1.1"]), rig.connect().await).await;
    let error = refused.expect_err("no common protocol").to_string();
    assert!(error.contains("NoApplicationProtocol"), "{error}");
    assert_eq!(rig.ends().await, [(EndReason::TlsHandshakeFailed, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_names_no_protocol_is_served_http_2_or_told_so() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let io = connect(identity.client(&[]), rig.connect().await).await;
    let answer = Client::new(io.expect("trust")).await.ask(1).await;
    assert!(answer.contains("TLSv1.3 - localhost"), "{answer}");
    let io = connect(identity.client(&[]), rig.connect().await).await;
    let mut io = io.expect("trust");
    io.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("room");
    let answer = read_text(&mut io).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_closed_in_time_while_others_are_served() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity).handshake_timeout(Duration::from_secs(4)));
    let start = Instant::now();
    let mut silent = rig.connect().await;
    let mut halting = rig.connect().await;
    halting.write_all(b"\x16\x03\x01").await.expect("room");
    let io = connect(identity.client(&["h2"]), rig.connect().await).await;
    let mut client = Client::new(io.expect("trust")).await;
    client.ask(1).await;
    assert_eq!(start.elapsed().as_secs(), 0, "nobody waited");
    read_text(&mut silent).await;
    read_text(&mut halting).await;
    assert_eq!(start.elapsed().as_secs(), 4);
    client.ask(3).await;
    drop(client);
    let ends = rig.ends().await;
    assert!(
        ends.contains(&(EndReason::TlsHandshakeTimeout, 2)),
        "{ends:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_without_a_word_is_no_fault_and_one_that_leaves_later_is() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    drop(rig.connect().await);
    let mut io = rig.connect().await;
    io.write_all(b"\x16\x03\x01\x02").await.expect("room");
    drop(io);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        rig.ends().await,
        [
            (EndReason::PeerClosed, 1),
            (EndReason::TlsHandshakeFailed, 1)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_in_clear_text_gets_an_alert_that_arrives() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let mut io = rig.connect().await;
    io.write_all(&octets(&["PREFACE", "SETTINGS"]))
        .await
        .expect("room");
    let heard = read_text(&mut io).await;
    assert!(heard.starts_with("\\x15\\x03"), "an alert: {heard}");
    drop(io);
    assert_eq!(rig.ends().await, [(EndReason::TlsHandshakeFailed, 1)]);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_failed_handshake_gives_its_cause() {
    let (mut io, theirs) = tokio::io::duplex(4096);
    let serving = with(&Identity::new()).serve_connection(theirs, service_fn(hello));
    let (result, _) = tokio::join!(serving, async {
        io.write_all(b"GET / HTTP/1.1\r\n\r\n").await.expect("room");
        read_text(&mut io).await;
        drop(io);
    });
    let error = result.expect_err("no handshake");
    assert_eq!(error.end_reason(), EndReason::TlsHandshakeFailed);
    assert!(error.as_tls_error().is_some());
    let (text, source) = (error.to_string(), std::error::Error::source(&error));
    let source = source.expect("a cause").to_string();
    assert!(
        text.starts_with("TLS handshake: ") && text.contains(&source),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_session_is_resumed_by_its_ticket() {
    let identity = Identity::new();
    for version in rustls::ALL_VERSIONS {
        let config = Arc::new(identity.client_of(&["h2"], &[version]));
        let rig = Rig::start(with(&identity));
        for kind in [rustls::HandshakeKind::Full, rustls::HandshakeKind::Resumed] {
            let io = connect(config.clone(), rig.connect().await).await;
            let mut client = Client::new(io.expect("trust")).await;
            client.ask(1).await;
            assert_eq!(client.io.get_ref().1.handshake_kind(), Some(kind));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn proxy_header_and_handshake_may_come_in_one_piece() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity).proxy_protocol(ProxyProtocol::Required));
    let mut io = rig.connect().await;
    let header = b"PROXY TCP6 2001:db8::1 2001:db8::2 4000 443\r\n";
    io.write_all(header).await.expect("room");
    let io = connect(identity.client(&["h2"]), io).await;
    let answer = Client::new(io.expect("trust")).await.ask(1).await;
    let told = "from [2001:db8::1]:4000 to [2001:db8::2]:443 TLSv1.3";
    assert!(answer.contains(told), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn http_1_is_offered_if_there_is_somebody_for_it() {
    let identity = Identity::new();
    let request = b"GET / HTTP/1.1\r\n\r\n";
    for alpn in [&["http/1.1"][..], &["http/1.1", "h2"], &[]] {
        let rig = Rig::start(with(&identity).fallback_http1(echo_head));
        let io = connect(identity.client(alpn), rig.connect().await).await;
        let mut io = io.expect("trust");
        // The server's order counts.
        if alpn.contains(&"h2") {
            Client::new(io).await.ask(1).await;
            continue;
        }
        io.write_all(request).await.expect("room");
        let answer = read_text(&mut io).await;
        assert!(answer.ends_with("GET / HTTP/1.1\\r\\n\\r\\n"), "{answer}");
        assert_eq!(rig.ends().await, [(EndReason::Http1Request, 1)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_names_no_protocol_is_told_apart_by_its_first_octets() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity).fallback_http1(echo_head));
    let io = connect(identity.client(&[]), rig.connect().await).await;
    Client::new(io.expect("trust")).await.ask(1).await;
}

#[tokio::test(start_paused = true)]
async fn other_protocols_are_the_hooks() {
    let identity = Identity::new();
    let builder = Server::builder()
        .tls(identity.server().with_alpn(["echo/1"]))
        .fallback_http1(|mut stream| async move {
            let alpn = stream.info().tls().and_then(|tls| tls.alpn());
            let text = format!(
                "{:?}",
                alpn.map(<[u8]>::escape_ascii).map(|a| a.to_string())
            );
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        });
    let rig = Rig::start(builder);
    let io = connect(identity.client(&["echo/1"]), rig.connect().await).await;
    // It need not say anything first.
    assert_eq!(
        read_text(&mut io.expect("trust")).await,
        "Some(\\\"echo/1\\\")"
    );
}

async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("Hello, World!".to_owned()))
}

const MIB: usize = 1 << 20;

/// Reads a request's content, and answers with `/<MiB>` of zeros.
async fn mebibytes(request: Request<RecvBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let count: usize = request.uri().path()[1..].parse().expect("a number");
    let read = request.into_body().collect().await;
    assert!(read.is_ok());
    Ok(Response::new(Full::new(vec![0; count * MIB].into())))
}

/// Counts the calls of the server's transport from the handshake until the client has heard `last`, after
/// it has sent these frames.
async fn calls(frames: &[&str], last: &str) -> (usize, usize) {
    let identity = Identity::new();
    let (io, theirs) = tokio::io::duplex(MIB);
    let calls = Arc::new(Calls::default());
    let counted = Counted {
        io: theirs,
        calls: calls.clone(),
    };
    let builder = with(&identity)
        .dispatch(Dispatch::Inline)
        .initial_stream_window(16 << 20)
        .initial_connection_window(16 << 20);
    tokio::spawn(builder.serve_connection(counted, service_fn(mebibytes)));
    let io = connect(identity.client(&["h2"]), io).await.expect("trust");
    let mut client = Client::new(io).await;
    client.until("SETTINGS ACK").await;
    calls.reads.store(0, Ordering::Relaxed);
    calls.writes.store(0, Ordering::Relaxed);
    client.send(frames).await;
    client.until(last).await;
    (
        calls.reads.load(Ordering::Relaxed),
        calls.writes.load(Ordering::Relaxed),
    )
}

#[tokio::test(start_paused = true)]
async fn a_large_download_takes_few_writes() {
    let credit = ["WINDOW_UPDATE 0 +100000000", "WINDOW_UPDATE 1 +100000000"];
    let request = get(1, "/8");
    let (reads, writes) = calls(&[&request, credit[0], credit[1]], "end_stream").await;
    // A record a write would make 512 of them.
    assert!(writes <= 8 * 32, "{writes} writes of 8 MiB");
    assert!(reads <= 8 * 32, "{reads} reads");
}

#[tokio::test(start_paused = true)]
async fn a_large_upload_takes_few_reads() {
    let mut frames = vec![post(1, "/0")];
    for _ in 0..8 * 64 {
        frames.push("DATA 1 zeros:16384".to_owned());
    }
    frames.push("DATA 1 end_stream".to_owned());
    let frames: Vec<&str> = frames.iter().map(String::as_str).collect();
    let (reads, writes) = calls(&frames, "HEADERS 1").await;
    // A record a read would make more than 512 of them.
    assert!(reads <= 8 * 50, "{reads} reads of 8 MiB");
    assert!(writes <= 8 * 50, "{writes} writes");
}

#[tokio::test(start_paused = true)]
async fn a_close_loses_nothing_and_says_close_notify_behind_it() {
    let identity = Identity::new();
    // A narrow pipe: ciphertext waits in memory when the connection ends.
    let (io, theirs) = tokio::io::duplex(1000);
    let server = tokio::spawn(with(&identity).serve_connection(theirs, service_fn(mebibytes)));
    let io = connect(identity.client(&["h2"]), io).await.expect("trust");
    let mut client = Client::new(io).await;
    let windows = [
        "WINDOW_UPDATE 0 +100000000",
        &get(1, "/2"),
        "WINDOW_UPDATE 1 +100000000",
        // What ends the connection comes right behind.
        "GOAWAY last=0 NO_ERROR",
    ];
    client.send(&windows).await;
    client.until("end_stream").await;
    // rustls takes an end without close_notify for an error.
    client.until("EOF").await;
    drop(client);
    server.await.expect("no panic").expect("no error");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_without_close_notify_is_no_fault() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let io = connect(identity.client(&["h2"]), rig.connect().await).await;
    let mut client = Client::new(io.expect("trust")).await;
    client.ask(1).await;
    drop(client);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.ends().await, [(EndReason::PeerClosed, 1)]);
}

/// A file in a directory of this test's own.
fn file(name: &str, content: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls");
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join(name);
    std::fs::write(&path, content).expect("a file");
    path
}

#[track_caller]
fn sentence(result: Result<TlsConfig, eyas_server::TlsError>) -> String {
    result.expect_err("something is wrong").to_string()
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_with_its_file() {
    let (one, other) = (Identity::new(), Identity::new());
    let cert = file("cert.pem", &one.cert_pem);
    let key = file("key.pem", &one.key_pem);
    let other_key = file("other-key.pem", &other.key_pem);
    let empty = file("empty.pem", "nothing\n");
    let broken = file("broken.pem", &one.cert_pem.replace("END CERT", "END"));
    let missing = cert.with_file_name("missing.pem");
    TlsConfig::from_pem_files(&cert, &key).expect("they belong together");

    let text = sentence(TlsConfig::from_pem_files(&missing, &key));
    let no_file = format!("cannot read {}: No such file", missing.display());
    assert!(text.starts_with(&no_file), "{text}");
    let text = sentence(TlsConfig::from_pem_files(&cert, cert.with_file_name("")));
    assert!(text.starts_with("cannot read "), "{text}");
    assert_eq!(
        sentence(TlsConfig::from_pem_files(&empty, &key)),
        format!("{} holds no certificate", empty.display())
    );
    assert_eq!(
        sentence(TlsConfig::from_pem_files(&cert, &empty)),
        format!("{} holds no private key", empty.display())
    );
    let text = sentence(TlsConfig::from_pem_files(&broken, &key));
    let no_pem = format!("{} is not PEM: ", broken.display());
    assert!(text.starts_with(&no_pem), "{text}");
    assert_eq!(
        sentence(TlsConfig::from_pem_files(&cert, &other_key)),
        format!(
            "the key in {} does not belong to the certificate in {}",
            other_key.display(),
            cert.display()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_certificate_made_now_serves() {
    let tls = TlsConfig::self_signed(["localhost", "127.0.0.1"]).expect("names");
    let rig = Rig::start(Server::builder().tls(tls));
    let stranger = Identity::new().client(&["h2"]);
    let refused = connect(stranger, rig.connect().await).await;
    let error = refused.expect_err("nobody trusts it").to_string();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_a_handshake_that_has_not_begun() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let mut io = rig.connect().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    assert_eq!(rig.ends().await, [(EndReason::PeerClosed, 1)]);
    assert_eq!(start.elapsed().as_secs(), 0);
    let mut octets = [0; 10];
    assert_eq!(io.read(&mut octets).await.expect("open"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_silent_behind_its_handshake_is_closed_with_close_notify() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity).fallback_http1(echo_head));
    let io = connect(identity.client(&[]), rig.connect().await).await;
    let mut io = io.expect("trust");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.ends().await, [(EndReason::PeerClosed, 1)]);
    // rustls takes an end without close_notify for an error.
    assert_eq!(read_text(&mut io).await, "");
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_one_read_with_close_notify_is_the_last_that_is_heard() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity).fallback_http1(|mut stream| async move {
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        let _ = stream.write_all(&heard).await;
        let _ = stream.shutdown().await;
    }));
    let io = connect(identity.client(&["http/1.1"]), rig.connect().await).await;
    let mut io = io.expect("trust");
    let (socket, session) = io.get_mut();
    std::io::Write::write_all(&mut session.writer(), b"GET /1 HTTP/1.1\r\n").expect("room");
    session.send_close_notify();
    let mut octets = Vec::new();
    session.write_tls(&mut octets).expect("memory");
    octets.extend(b"GET /2 HTTP/1.1\r\n\r\n");
    socket.write_all(&octets).await.expect("room");
    assert_eq!(read_text(&mut io).await, "GET /1 HTTP/1.1\\r\\n");
}

#[tokio::test(start_paused = true)]
async fn a_broken_record_behind_a_good_one_ends_the_connection() {
    let identity = Identity::new();
    let rig = Rig::start(with(&identity));
    let io = connect(identity.client(&["h2"]), rig.connect().await).await;
    let mut client = Client::new(io.expect("trust")).await;
    client.ask(1).await;
    let (socket, session) = client.io.get_mut();
    std::io::Write::write_all(&mut session.writer(), &octets(&["PING \"eyas:one\""]))
        .expect("room");
    let mut octets = Vec::new();
    session.write_tls(&mut octets).expect("memory");
    octets.extend(b"\x17\x03\x03\x00\x20");
    octets.extend([7; 0x20]);
    octets.extend([7; 30_000]);
    socket.write_all(&octets).await.expect("room");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(rig.ends().await, [(EndReason::TransportError, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_half_way_when_the_shutdown_begins_gets_as_far_as_goaway() {
    let identity = Identity::new();
    let mut rig = Rig::start(with(&identity).proxy_protocol(ProxyProtocol::Required));
    let mut io = rig.connect().await;
    io.write_all(b"PROXY ").await.expect("room");
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.stop();
    tokio::time::sleep(Duration::from_secs(1)).await;
    io.write_all(b"UNKNOWN\r\n").await.expect("room");
    let io = connect(identity.client(&["h2"]), io).await;
    let mut client = Client::new(io.expect("trust")).await;
    client.until("GOAWAY").await;
    client.until("EOF").await;
    assert_eq!(rig.ends().await, [(EndReason::Shutdown, 1)]);
}

#[tokio::test(start_paused = true)]
async fn early_data_is_not_taken_even_if_the_configuration_would() {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};

    let identity = Identity::new();
    let cert = CertificateDer::from_pem_slice(identity.cert_pem.as_bytes()).expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).expect("PEM");
    let mut client = identity.client(&["h2"]);
    client.enable_early_data = true;
    let provider = client.crypto_provider().clone();
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .expect("they belong together");
    config.max_early_data_size = 1000;
    let rig = Rig::start(Server::builder().tls(TlsConfig::from_rustls(Arc::new(config))));
    let client = Arc::new(client);
    let io = connect(client.clone(), rig.connect().await).await;
    Client::new(io.expect("trust")).await.ask(1).await;
    // What a client sends early would be lost: nobody here asks rustls for it.
    let name = ServerName::try_from("localhost").expect("a name");
    let mut again = rustls::ClientConnection::new(client, name).expect("both can be used");
    assert!(again.early_data().is_none());
}

#[test]
fn what_a_configuration_shows_of_itself_is_no_secret() {
    let text = format!("{:?}", Identity::new().server().with_alpn(["x"]));
    assert_eq!(text, "TlsConfig { alpn: [\"h2\", \"x\"], .. }");
}
