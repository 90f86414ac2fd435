//! The axum router of the example answers on eyas as it does on hyper, unchanged.

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use eyas_examples::web;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};

type Client = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

/// What a client sees of a response, but for its date, and for a `content-length: 0` that eyas says
/// always and hyper sometimes.
#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    fields: Vec<(String, String)>,
    body: Bytes,
}

#[tokio::test]
async fn every_answer_is_the_one_that_hyper_gives() {
    let mut eyas = client(on_eyas(router()).await).await;
    let mut hyper = client(on_hyper(router()).await).await;
    for request in requests() {
        let what = format!("{} {}", request.method(), request.uri());
        let on_hyper = answer(&mut hyper, request.clone()).await;
        let on_eyas = answer(&mut eyas, request).await;
        assert_eq!(on_eyas, on_hyper, "{what}");
    }
}

#[tokio::test]
async fn what_the_router_says_arrives() {
    let mut eyas = client(on_eyas(router()).await).await;
    let checks = [
        (get("/greet/Ada%20L?word=Welcome"), 200, "Welcome, Ada L!\n"),
        (
            json(r#"{"text":"hi","times":3}"#),
            200,
            r#"{"text":"hi","times":3}"#,
        ),
        (get("/count"), 200, "1\n"),
        (get("/count"), 200, "2\n"),
        (get("/peer"), 200, "127.0.0.1\n"),
        (upload(1000), 200, "1000 octets\n"),
    ];
    for (request, status, body) in checks {
        let answer = answer(&mut eyas, request).await;
        assert_eq!(
            (answer.status.as_u16(), &*answer.body),
            (status, body.as_bytes())
        );
    }
    let events = answer(&mut eyas, get("/events")).await;
    assert_eq!(
        events.body.split(|octet| *octet == b'\n').count(),
        5 * 3 + 1
    );
}

#[tokio::test]
async fn an_event_arrives_before_the_next_is_made() {
    let mut eyas = client(on_eyas(router()).await).await;
    let response = eyas.send_request(request("/events")).await.unwrap();
    let mut body = response.into_body();
    let begun = std::time::Instant::now();
    let mut pauses = 0;
    let mut last = begun;
    while let Some(frame) = body.frame().await {
        assert!(frame.unwrap().is_data());
        pauses += u32::from(last.elapsed().as_millis() >= 10);
        last = std::time::Instant::now();
    }
    assert!(
        pauses >= 3,
        "five events 20 ms apart came with {pauses} pauses"
    );
}

fn router() -> Router {
    web::router(concat!(env!("CARGO_MANIFEST_DIR"), "/files"))
}

fn requests() -> Vec<Request<Full<Bytes>>> {
    let with = |path: &str, name: &str, value: &str| {
        let mut request = get(path);
        request.headers_mut().insert(
            header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
            value.parse().unwrap(),
        );
        request
    };
    let method = |path: &str, method: Method| {
        let mut request = get(path);
        *request.method_mut() = method;
        request
    };
    let mut without_type = json(r#"{"text":"hi","times":3}"#);
    without_type.headers_mut().clear();
    let mut with_agent = json(r#"{"text":"äöü","times":4294967295}"#);
    with_agent
        .headers_mut()
        .insert("x-agent", "test".parse().unwrap());
    vec![
        get("/"),
        method("/", Method::HEAD),
        method("/", Method::DELETE),
        method("/", Method::OPTIONS),
        get("/nowhere"),
        get("/greet/Ada"),
        get("/greet/Ada%20L?word=Welcome"),
        get("/greet/Ada?wor=1&word=%C3%A4"),
        get("/count"),
        json(r#"{"text":"hi","times":3}"#),
        json(r#"{"text":"hi"}"#),
        json("{"),
        without_type,
        with_agent,
        get("/events"),
        get("/poem"),
        with("/poem", "accept-encoding", "gzip"),
        method("/poem", Method::HEAD),
        get("/peer"),
        upload(0),
        upload(64 * 1024),
        upload(64 * 1024 + 1),
        get("/files/page.html"),
        method("/files/page.html", Method::HEAD),
        with("/files/page.html", "range", "bytes=2-8"),
        with("/files/page.html", "range", "bytes=2000-8000"),
        with(
            "/files/page.html",
            "if-modified-since",
            "Fri, 01 Jan 2100 00:00:00 GMT",
        ),
        get("/files/nothing.html"),
        get("/files/"),
        get("/files/../src/lib.rs"),
    ]
}

fn get(path: &str) -> Request<Full<Bytes>> {
    request(path)
}

fn request(path: &str) -> Request<Full<Bytes>> {
    Request::get(format!("http://localhost{path}"))
        .body(Full::default())
        .unwrap()
}

fn json(body: &'static str) -> Request<Full<Bytes>> {
    Request::post("http://localhost/echo")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from(body))
        .unwrap()
}

fn upload(octets: usize) -> Request<Full<Bytes>> {
    Request::post("http://localhost/upload")
        .body(Full::from(vec![b'x'; octets]))
        .unwrap()
}

async fn answer(client: &mut Client, request: Request<Full<Bytes>>) -> Answer {
    let (head, body) = client.send_request(request).await.unwrap().into_parts();
    assert_eq!(head.headers.get_all(header::DATE).iter().count(), 1);
    let mut fields: Vec<_> = head
        .headers
        .iter()
        .filter(|(name, value)| {
            **name != header::DATE && (**name != header::CONTENT_LENGTH || **value != "0")
        })
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    fields.sort();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        fields,
        body,
    }
}

async fn client(address: SocketAddr) -> Client {
    let stream = TcpStream::connect(address).await.unwrap();
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    client
}

async fn on_eyas(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(web::server().serve(listener, router).into_future());
    address
}

async fn on_hyper(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}
