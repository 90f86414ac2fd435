//! What each route answers, asked without a connection.

use std::fs;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::{StreamExt, stream};
use http::header::CONTENT_LENGTH;
use http_body::{Frame, SizeHint};
use http_body_util::StreamBody;

use super::*;
use crate::content::BoxError;
use crate::incoming::{Origin, Security, Version};

type Answer = Response<Content<Plain<Full<Bytes>>>>;

/// Content that came by no connection.
struct Plain<B>(B);

impl<B> Incoming for Plain<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    fn protocol(&self) -> Protocol {
        Protocol {
            version: Version::Http2,
            security: Security::Tls13,
        }
    }

    fn origin(&self) -> Origin {
        Origin {
            peer: None,
            connection: 1,
            stream: None,
            protocol: self.protocol(),
        }
    }
}

impl<B: Body + Unpin> Body for Plain<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.0).poll_frame(context)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

fn app() -> App {
    app_with(None)
}

fn app_with(folder: Option<&Path>) -> App {
    // The sender may go: only WebSockets listen.
    App::new(
        Index::default(),
        folder,
        watch::Sender::new(false).subscribe(),
    )
}

fn request(method: &str, path: &str, body: &'static str) -> Request<Plain<Full<Bytes>>> {
    let request = Request::builder().method(method).uri(path);
    request
        .body(Plain(body.into()))
        .expect("the test's request is valid")
}

async fn get(path: &str) -> Answer {
    app().answer(request("GET", path, "")).await
}

async fn body(answer: Answer) -> Bytes {
    let collected = answer.into_body().collect().await;
    collected.expect("the body has no error").to_bytes()
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    let value = answer
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

#[tokio::test]
async fn hello_is_thirteen_octets_of_text() {
    let answer = get("/hello").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(field(&answer, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.body().size_hint().exact(), Some(13));
    assert_eq!(body(answer).await, "Hello, World!");
}

#[tokio::test]
async fn the_index_is_html_for_those_who_ask_for_it() {
    let answer = get("/").await;
    assert_eq!(field(&answer, "content-type"), "text/plain; charset=utf-8");

    let mut request = request("GET", "/?a=b", "");
    request
        .headers_mut()
        .append(ACCEPT, HeaderValue::from_static("image/avif"));
    request
        .headers_mut()
        .append(ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"));
    let answer = app().answer(request).await;
    assert_eq!(field(&answer, "content-type"), "text/html; charset=utf-8");
    assert!(body(answer).await.starts_with(b"<!doctype html>"));
}

#[tokio::test]
async fn bytes_have_the_length_asked_for() {
    let answer = get("/bytes/100000").await;
    assert_eq!(answer.body().size_hint().exact(), Some(100_000));
    assert_eq!(body(answer).await.len(), 100_000);
}

#[tokio::test]
async fn a_length_out_of_range_is_a_bad_request_that_says_the_range() {
    for length in ["", "-1", "x", "10737418241", "99999999999999999999999"] {
        let answer = get(&format!("/bytes/{length}")).await;
        assert_eq!(answer.status(), 400, "{length}");
        assert_eq!(body(answer).await, BYTES_USAGE);
    }
}

#[tokio::test]
async fn the_echo_is_what_was_sent_with_its_type_and_trailers() {
    let mut trailers = HeaderMap::new();
    trailers.insert("x-end", HeaderValue::from_static("yes"));
    let frames = [
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"one"))),
        Ok(Frame::data(Bytes::from_static(b"two"))),
        Ok(Frame::trailers(trailers.clone())),
    ];
    let request = Request::post("/echo")
        .header(CONTENT_TYPE, "text/x-test")
        .body(Plain(StreamBody::new(stream::iter(frames))))
        .expect("the test's request is valid");
    let answer = app().answer(request).await;
    assert_eq!(
        answer.headers().get(CONTENT_TYPE),
        Some(&HeaderValue::from_static("text/x-test"))
    );
    let collected = answer
        .into_body()
        .collect()
        .await
        .expect("the body has no error");
    assert_eq!(collected.trailers(), Some(&trailers));
    assert_eq!(collected.to_bytes(), "onetwo");
}

#[tokio::test]
async fn an_echo_of_known_length_has_it_too() {
    let answer = app().answer(request("PUT", "/echo", "hello")).await;
    assert_eq!(answer.body().size_hint().exact(), Some(5));
    assert_eq!(body(answer).await, "hello");
}

#[tokio::test]
async fn the_sink_answers_how_much_it_read() {
    let answer = app().answer(request("POST", "/sink", "twelve octet")).await;
    assert_eq!(body(answer).await, "12");
}

#[tokio::test]
async fn the_sink_refuses_what_is_too_much_without_reading_on() {
    for (max, status) in [("5", 413), ("6", 200), ("x", 400)] {
        let answer = app()
            .answer(request("POST", &format!("/sink?max={max}"), "twelve"))
            .await;
        assert_eq!(answer.status(), status, "{max}");
    }
    // Declared to be more, and never sent.
    let frames = stream::pending::<Result<Frame<Bytes>, BoxError>>();
    let request = Request::post("/sink?max=5")
        .header(CONTENT_LENGTH, 6)
        .body(Plain(StreamBody::new(frames)))
        .expect("the test's request is valid");
    assert_eq!(app().answer(request).await.status(), 413);
    // Sent until it is more, and not to its end.
    let frames =
        [b"abc", b"def"].map(|data| Ok::<_, BoxError>(Frame::data(Bytes::from_static(data))));
    let frames = stream::iter(frames).chain(stream::pending());
    let request = Request::post("/sink?max=5").body(Plain(StreamBody::new(frames)));
    let answer = app()
        .answer(request.expect("the test's request is valid"))
        .await;
    assert_eq!(answer.status(), 413);
}

#[tokio::test]
async fn pages_are_html_and_say_what_carried_them() {
    for (path, words) in [
        ("/ws", "by HTTP/2 over TLS 1.3"),
        ("/hints", "103 (Early Hints)"),
    ] {
        let answer = get(path).await;
        assert_eq!(field(&answer, "content-type"), "text/html; charset=utf-8");
        let page = body(answer).await;
        assert!(String::from_utf8_lossy(&page).contains(words), "{path}");
    }
    assert_eq!(
        field(&get("/hints").await, "link"),
        "</hints.css>; rel=preload; as=style"
    );
    assert_eq!(
        field(&get("/hints.css").await, "content-type"),
        "text/css; charset=utf-8"
    );
}

#[tokio::test]
async fn a_tunnel_to_the_websocket_route_that_is_no_websocket_is_refused() {
    let answer = app().answer(request("CONNECT", "http://a/ws", "")).await;
    assert_eq!(answer.status(), 501);
    assert!(
        body(answer)
            .await
            .starts_with(b"This route speaks WebSocket")
    );
}

#[tokio::test]
async fn routes_read_the_request_to_its_end_first() {
    for (method, path, status) in [
        ("GET", "/", 200),
        ("POST", "/", 200),
        ("GET", "/hello", 200),
        ("GET", "/bytes/5", 200),
        ("GET", "/bytes/x", 400),
        ("POST", "/sink", 200),
        ("GET", "/stream", 200),
        ("GET", "/trailers", 200),
        ("GET", "/slow?ms=1", 200),
        ("GET", "/slow?ms=x", 400),
        ("GET", "/hints", 200),
        ("GET", "/ws", 200),
        ("GET", "/reset", 200),
        ("POST", "/sink?max=6", 200),
        ("GET", "/nothing", 404),
        ("POST", "/hello", 405),
        ("GET", "/echo", 405),
    ] {
        let frames =
            [b"one", b"two"].map(|data| Ok::<_, BoxError>(Frame::data(Bytes::from_static(data))));
        let mut body = StreamBody::new(stream::iter(frames));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Plain(&mut body));
        let answer = app()
            .answer(request.expect("the test's request is valid"))
            .await;
        assert_eq!(answer.status(), status, "{method} {path}");
        drop(answer);
        assert!(
            body.frame().await.is_none(),
            "{method} {path} left content unread"
        );
    }
}

#[tokio::test]
async fn a_request_that_breaks_off_is_not_answered_as_if_it_were_whole() {
    let frames = [
        Ok(Frame::data(Bytes::from_static(b"one"))),
        Err("broken off"),
    ];
    let request = Request::post("/sink").body(Plain(StreamBody::new(stream::iter(frames))));
    let answer = app()
        .answer(request.expect("the test's request is valid"))
        .await;
    assert_eq!(answer.status(), 400);
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for (method, path, allow) in [
        ("DELETE", "/", "GET, HEAD, POST"),
        ("DELETE", "/hello", "GET, HEAD"),
        ("OPTIONS", "/bytes/1", "GET, HEAD"),
        ("GET", "/echo", "POST, PUT"),
        ("POST", "/ws", "GET, HEAD, CONNECT"),
        ("HEAD", "/sink", "POST, PUT"),
    ] {
        let answer = app().answer(request(method, path, "content")).await;
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(field(&answer, "allow"), allow, "{method} {path}");
    }
}

#[tokio::test]
async fn head_has_the_fields_of_get() {
    for path in ["/", "/hello", "/bytes/77", "/trailers"] {
        let head = app().answer(request("HEAD", path, "")).await;
        let get = get(path).await;
        assert_eq!(head.status(), get.status(), "{path}");
        assert_eq!(head.headers(), get.headers(), "{path}");
        assert_eq!(
            head.body().size_hint().exact(),
            get.body().size_hint().exact(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn without_a_folder_there_are_no_files() {
    let answer = get("/Cargo.toml").await;
    assert_eq!(answer.status(), 404);
    assert_eq!(body(answer).await, NOT_FOUND);
}

#[tokio::test]
async fn files_of_the_folder_are_served_and_nothing_outside_of_it() {
    let folder = std::env::temp_dir().join(format!("eyas-files-{}", std::process::id()));
    fs::create_dir_all(folder.join("public")).expect("the folder for temporary files is writable");
    fs::write(folder.join("secret.txt"), "secret").expect("the folder was just made");
    fs::write(folder.join("public/a.txt"), "a file").expect("the folder was just made");
    let app = app_with(Some(&folder.join("public")));
    let ask = |method, path| app.answer(request(method, path, ""));

    let answer = ask("GET", "/a.txt").await;
    assert_eq!(
        (
            field(&answer, "content-type"),
            field(&answer, "content-length")
        ),
        ("text/plain", "6")
    );
    assert_eq!(body(answer).await, "a file");

    let answer = ask("HEAD", "/a.txt").await;
    assert_eq!(
        answer.headers().get(CONTENT_LENGTH),
        Some(&HeaderValue::from_static("6"))
    );
    assert_eq!(body(answer).await, "");

    let answer = ask("POST", "/a.txt").await;
    assert_eq!(answer.status(), 405);
    assert_eq!(field(&answer, "allow"), "GET,HEAD");

    for path in [
        "/b.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/a.txt/",
        "//etc/passwd",
    ] {
        let answer = ask("GET", path).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    fs::remove_dir_all(folder).expect("nothing holds the folder");
}
