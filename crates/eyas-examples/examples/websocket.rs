//! WebSocket over HTTP/2 (RFC 8441): the page's own connection carries it. Everything said comes back.
//!
//! ```text
//! cargo run -p eyas-examples --example websocket
//! chromium --ignore-certificate-errors https://127.0.0.1:8086/
//! curl --insecure https://127.0.0.1:8086/
//! ```

use std::convert::Infallible;

use bytes::Bytes;
use eyas_examples::startup;
use eyas_server::{Builder, Protocol, RecvBody, Server, TlsConfig, TunnelStream, WriterBody};
use futures::{SinkExt as _, StreamExt as _};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, protocol::Role};

type Body = Either<WriterBody, Full<Bytes>>;

const PAGE: &str = include_str!("websocket.html");

/// A server that lets clients open tunnels.
pub(crate) fn server() -> Builder {
    Server::builder().enable_connect_protocol(true)
}

pub(crate) async fn answer(request: Request<RecvBody>) -> Result<Response<Body>, Infallible> {
    if request.method() != Method::CONNECT {
        let page = Response::builder().header("content-type", "text/html; charset=utf-8");
        let body = Either::Right(Full::from(PAGE));
        return Ok(page.body(body).expect("the header is valid"));
    }
    let protocol = request.extensions().get::<Protocol>();
    if protocol.is_none_or(|protocol| protocol.as_str() != "websocket") {
        let mut refusal = Response::new(Either::Right(Full::default()));
        *refusal.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return Ok(refusal);
    }
    let (tunnel, body) = TunnelStream::new(request.into_body());
    tokio::spawn(async move {
        if let Err(error) = echo(tunnel).await {
            tracing::debug!(%error, "a WebSocket failed");
        }
    });
    // No key, no accept: HTTP/2 needs no proof that both mean WebSocket (RFC 8441 section 5).
    Ok(Response::new(Either::Left(body)))
}

async fn echo(tunnel: TunnelStream) -> Result<(), Error> {
    let mut socket = WebSocketStream::from_raw_socket(tunnel, Role::Server, None).await;
    while let Some(message) = socket.next().await.transpose()? {
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let certificate = TlsConfig::self_signed(["localhost", "127.0.0.1"])?;
    let listener = startup::listen("127.0.0.1:8086").await?;
    server()
        .tls(certificate)
        .serve(listener, eyas_server::service_fn(answer))
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
