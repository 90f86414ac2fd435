//! The WebSocket of the example, opened by extended CONNECT (RFC 8441) in clear text.

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use http::{Method, Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http2::{self, SendRequest};
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

#[expect(dead_code, reason = "its main is the example's")]
#[path = "../examples/websocket.rs"]
mod example;

#[tokio::test]
async fn a_thousand_messages_come_back() {
    let mut client = client().await;
    let (mut say, mut hear) = open(&mut client).await.split();
    let saying = tokio::spawn(async move {
        for number in 0..1000 {
            say.send(Message::text(format!("message {number}")))
                .await
                .unwrap();
        }
        say
    });
    for number in 0..1000 {
        let message = hear.next().await.unwrap().unwrap();
        assert_eq!(message, Message::text(format!("message {number}")));
    }
    let mut say = saying.await.unwrap();
    say.send(Message::Close(None)).await.unwrap();
    assert!(matches!(hear.next().await, Some(Ok(Message::Close(_)))));
    assert!(
        hear.next().await.is_none(),
        "the stream ends behind the close"
    );
}

#[tokio::test]
async fn two_sockets_and_a_page_share_the_connection() {
    let mut client = client().await;
    let mut first = open(&mut client).await;
    let mut second = open(&mut client).await;
    let page = Request::get("http://localhost/")
        .body(Empty::<Bytes>::new())
        .unwrap();
    assert_eq!(
        client.send_request(page).await.unwrap().status(),
        StatusCode::OK
    );
    for (socket, text) in [(&mut first, "one"), (&mut second, "two")] {
        socket.send(Message::text(text)).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text(text));
    }
}

#[tokio::test]
async fn a_large_message_comes_back() {
    let mut socket = open(&mut client().await).await;
    let message = Message::binary(vec![7; 3_000_000]);
    let (mut say, mut hear) = (&mut socket).split();
    let (sent, heard) = tokio::join!(say.send(message.clone()), hear.next());
    sent.unwrap();
    assert_eq!(heard.unwrap().unwrap(), message);
}

#[tokio::test]
async fn another_protocol_is_refused() {
    let mut client = client().await;
    let refusal = client.send_request(connect("chess")).await.unwrap();
    assert_eq!(refusal.status(), StatusCode::NOT_IMPLEMENTED);
}

async fn open(client: &mut SendRequest<Empty<Bytes>>) -> WebSocketStream<TokioIo<Upgraded>> {
    let response = client.send_request(connect("websocket")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let upgraded = hyper::upgrade::on(response).await.unwrap();
    WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, None).await
}

fn connect(protocol: &'static str) -> Request<Empty<Bytes>> {
    Request::builder()
        .method(Method::CONNECT)
        .uri("http://localhost/echo")
        .extension(Protocol::from_static(protocol))
        .body(Empty::new())
        .unwrap()
}

async fn client() -> SendRequest<Empty<Bytes>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = eyas_server::service_fn(example::answer);
    tokio::spawn(example::server().serve(listener, service).into_future());
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    // The client may ask for a tunnel only once it has the server's SETTINGS.
    let page = Request::get("http://localhost/")
        .body(Empty::new())
        .unwrap();
    assert_eq!(
        client.send_request(page).await.unwrap().status(),
        StatusCode::OK
    );
    client
}
