//! An axum router with a bit of everything. It knows nothing of the server that carries it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Path as PathParam, Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tower_http::compression::CompressionLayer;
use tower_http::services::ServeDir;
use tower_http::trace::TraceLayer;

/// Octets of an upload before the answer is 413.
const UPLOAD_LIMIT: usize = 64 * 1024;

/// The routes; what lies in the folder `files` is served below `/files`.
///
/// `/peer` wants the server to insert `ConnectInfo<SocketAddr>` into the request's extensions.
pub fn router(files: impl AsRef<Path>) -> Router {
    Router::new()
        .route("/", get(|| async { "axum speaks HTTP/2 through eyas\n" }))
        .route("/echo", post(echo))
        .route("/greet/{name}", get(greet))
        .route("/count", get(count))
        .route("/events", get(events))
        .route(
            "/poem",
            get(|| async { "A line that repeats.\n".repeat(500) }),
        )
        .route("/peer", get(peer))
        .route(
            "/upload",
            post(upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .nest_service("/files", ServeDir::new(files))
        .with_state(Arc::new(AtomicU64::new(0)))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http())
}

/// A server that tells the router what it wants to know of the connection.
pub fn server() -> eyas_server::Builder {
    eyas_server::Server::builder().extend_request(|connection, extensions| {
        if let Some(peer) = connection.peer_addr() {
            extensions.insert(ConnectInfo(peer));
        }
    })
}

/// What `/echo` takes and gives back.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// Any text.
    pub text: String,
    /// How often it is meant.
    pub times: u32,
}

/// What `/greet` takes from the query.
#[derive(Clone, Debug, Deserialize)]
struct Greeting {
    word: Option<String>,
}

async fn echo(headers: HeaderMap, Json(message): Json<Message>) -> impl IntoResponse {
    let agent = headers.get("x-agent").cloned();
    (agent.map(|agent| [("x-agent", agent)]), Json(message))
}

async fn greet(PathParam(name): PathParam<String>, Query(query): Query<Greeting>) -> String {
    let word = query.word.as_deref().unwrap_or("Hello");
    format!("{word}, {name}!\n")
}

async fn count(State(count): State<Arc<AtomicU64>>) -> String {
    let count = count.fetch_add(1, Ordering::Relaxed) + 1;
    format!("{count}\n")
}

/// Five events, 20 ms apart.
async fn events() -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(stream::iter(1..=5).then(|number| async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(Event::default()
            .id(number.to_string())
            .data(format!("event {number}")))
    }))
}

async fn peer(ConnectInfo(peer): ConnectInfo<SocketAddr>) -> String {
    format!("{}\n", peer.ip())
}

async fn upload(body: Bytes) -> String {
    format!("{} octets\n", body.len())
}
