//! What each route answers.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_LENGTH, CONTENT_TYPE, LINK};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tokio::sync::watch;
use tokio::time::sleep;
use tower_http::services::ServeDir;
use tower_service::Service;

use crate::content::Content;
use crate::incoming::{Incoming, Protocol};
use crate::index::Index;
use crate::pages;
use crate::routes::{Route, number};
use crate::steps::Steps;
use crate::websocket;

/// The demo routes and, if there is a folder, its files.
///
/// Each route reads the request to its end before it answers, but for three: `/echo` answers while it
/// reads, `/sink` refuses what is too much for the limit it was given without reading on, and on `/ws`
/// both sides talk as they like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    /// It lives as long as the process: no request counts references.
    shared: &'static Shared,
}

#[derive(Debug)]
struct Shared {
    index: Index,
    files: Option<ServeDir>,
    draining: watch::Receiver<bool>,
}

impl App {
    /// The routes, with `index` as the page that lists them, and the files of `folder`. What has no end
    /// of its own ends when `draining` becomes true.
    pub(crate) fn new(
        index: Index,
        folder: Option<&Path>,
        draining: watch::Receiver<bool>,
    ) -> Self {
        Self {
            shared: Box::leak(Box::new(Shared {
                index,
                files: folder.map(ServeDir::new),
                draining,
            })),
        }
    }

    /// Answers one request.
    pub(crate) async fn answer<B: Incoming>(self, request: Request<B>) -> Response<Content<B>> {
        let (head, body) = request.into_parts();
        let route = Route::of(head.uri.path());
        let allowed = route.allowed(&head.method);
        let mut protocol = None;
        if allowed.is_ok() {
            match route {
                Route::Echo => return echo(&head.headers, body),
                Route::Sink if head.uri.query().is_some() => {
                    // Boxed, as all that is rare: it would make the future of every route larger.
                    return Box::pin(limited_sink(head, body)).await;
                }
                Route::WebSocket if head.method == Method::CONNECT => {
                    return self.websocket(&head, body);
                }
                Route::Index | Route::WebSocket => protocol = Some(body.protocol()),
                Route::Hints => body.inform(early_hints()),
                _ => {}
            }
        }
        // Whatever is answered: to a client that is still sending it could look like a reset.
        let Some(received) = read_to_end(body).await else {
            return text(StatusCode::BAD_REQUEST, "The request broke off.\n");
        };
        if let Err(methods) = allowed {
            return not_allowed(methods);
        }
        match (route, protocol) {
            (Route::Index, Some(protocol)) => self.index(&head.headers, protocol),
            (Route::WebSocket, Some(protocol)) => html(pages::websocket(protocol)),
            (Route::Hello, _) => text(StatusCode::OK, "Hello, World!"),
            (Route::Bytes(Some(body)), _) => content(OCTETS, Content::Bytes(body)),
            (Route::Bytes(None), _) => text(StatusCode::BAD_REQUEST, BYTES_USAGE),
            (Route::Sink, _) => text(StatusCode::OK, received.to_string()),
            (Route::Stream, _) => content(TEXT, Content::Steps(Steps::stream())),
            (Route::Slow, _) => Box::pin(slow(head)).await,
            (Route::Trailers, _) => content(TEXT, Content::Steps(Steps::trailers())),
            (Route::Hints, _) => Box::pin(hints()).await,
            (Route::HintsStyle, _) => content(CSS, whole(pages::HINTS_STYLE)),
            (Route::Reset, _) => content(TEXT, Content::Steps(Steps::reset())),
            (Route::Panic, _) => panic!("the route /panic panics, as its name says"),
            _ => Box::pin(self.file(head)).await,
        }
    }

    fn index<B>(self, headers: &HeaderMap, protocol: Protocol) -> Response<Content<B>> {
        let accepts = headers.get_all(ACCEPT).iter();
        let mut accepts = accepts.filter_map(|value| value.to_str().ok());
        if accepts.any(|value| value.contains("text/html")) {
            html(self.shared.index.html(protocol))
        } else {
            text(StatusCode::OK, self.shared.index.text(protocol))
        }
    }

    fn websocket<B: Incoming>(self, head: &Parts, body: B) -> Response<Content<B>> {
        let protocol = head.extensions.get::<eyas_server::Protocol>();
        if protocol.is_none_or(|protocol| protocol.as_str() != "websocket") {
            return text(StatusCode::NOT_IMPLEMENTED, NO_WEBSOCKET);
        }
        let Some((tunnel, content)) = body.into_tunnel() else {
            return text(StatusCode::NOT_IMPLEMENTED, NO_WEBSOCKET);
        };
        tokio::spawn(websocket::echo(tunnel, self.shared.draining.clone()));
        Response::new(Content::Tunnel(content))
    }

    async fn file<B>(self, head: Parts) -> Response<Content<B>> {
        let Some(mut files) = self.shared.files.clone() else {
            return text(StatusCode::NOT_FOUND, NOT_FOUND);
        };
        let Ok(response) = files.call(Request::from_parts(head, ())).await;
        if response.status() == StatusCode::NOT_FOUND {
            return text(StatusCode::NOT_FOUND, NOT_FOUND);
        }
        response.map(Content::File)
    }
}

/// How many octets of content there were; `None` when they did not come to an end.
async fn read_to_end<B>(mut body: B) -> Option<u64>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut octets = 0;
    while let Some(frame) = body.frame().await {
        octets += frame.ok()?.data_ref().map_or(0, |data| data.len() as u64);
    }
    Some(octets)
}

fn echo<B>(headers: &HeaderMap, body: B) -> Response<Content<B>> {
    let media_type = headers.get(CONTENT_TYPE).cloned().unwrap_or(OCTETS);
    content(media_type, Content::Echo(body))
}

/// `/sink?max=N`: refuses as soon as it is known that there are more.
async fn limited_sink<B: Incoming>(head: Parts, mut body: B) -> Response<Content<B>> {
    let Ok(max) = number(&head.uri, "max", u64::MAX) else {
        return text(StatusCode::BAD_REQUEST, SINK_USAGE);
    };
    let max = max.unwrap_or(u64::MAX);
    let too_much = || {
        text(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("This is more than the {max} octets that were asked for.\n"),
        )
    };
    let length = head.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > max) {
        return too_much();
    }
    let mut octets = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return text(StatusCode::BAD_REQUEST, "The request broke off.\n");
        };
        octets += frame.data_ref().map_or(0, |data| data.len() as u64);
        if octets > max {
            return too_much();
        }
    }
    text(StatusCode::OK, octets.to_string())
}

async fn slow<B>(head: Parts) -> Response<Content<B>> {
    let Ok(milliseconds) = number(&head.uri, "ms", SLOW_MILLISECONDS_MAX) else {
        return text(StatusCode::BAD_REQUEST, SLOW_USAGE);
    };
    let milliseconds = milliseconds.unwrap_or(SLOW_MILLISECONDS);
    sleep(Duration::from_millis(milliseconds)).await;
    text(
        StatusCode::OK,
        format!("This took {milliseconds} ms on purpose.\n"),
    )
}

/// Tells what the page will need while it is still being made (RFC 8297).
fn early_hints() -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::EARLY_HINTS;
    response.headers_mut().insert(LINK, HINTS_LINK);
    response
}

async fn hints<B>() -> Response<Content<B>> {
    sleep(HINTS_PAUSE).await;
    let mut response = html(pages::HINTS);
    response.headers_mut().insert(LINK, HINTS_LINK);
    response
}

fn not_allowed<B>(methods: HeaderValue) -> Response<Content<B>> {
    let what = format!(
        "This route has only the methods {}.\n",
        methods.to_str().unwrap_or_default()
    );
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, what);
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn html<B>(page: impl Into<Bytes>) -> Response<Content<B>> {
    content(HTML, whole(page))
}

fn text<B>(status: StatusCode, text: impl Into<Bytes>) -> Response<Content<B>> {
    let mut response = content(TEXT, whole(text));
    *response.status_mut() = status;
    response
}

fn whole<B>(octets: impl Into<Bytes>) -> Content<B> {
    Content::Whole(Full::new(octets.into()))
}

fn content<B>(media_type: HeaderValue, content: Content<B>) -> Response<Content<B>> {
    let mut response = Response::new(content);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const CSS: HeaderValue = HeaderValue::from_static("text/css; charset=utf-8");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");
const HINTS_LINK: HeaderValue = HeaderValue::from_static("</hints.css>; rel=preload; as=style");

/// As long as a look into a database may take.
const HINTS_PAUSE: Duration = Duration::from_millis(200);
const SLOW_MILLISECONDS: u64 = 1000;
const SLOW_MILLISECONDS_MAX: u64 = 60_000;

const NOT_FOUND: &str = "There is nothing here; / lists what there is.\n";
const BYTES_USAGE: &str = "Ask for /bytes/{n} with n from 0 to 10737418240 (10 GiB).\n";
const SLOW_USAGE: &str = "Ask for /slow?ms={n} with n from 0 to 60000.\n";
const SINK_USAGE: &str = "Post to /sink, or to /sink?max={n} with a number of octets.\n";
const NO_WEBSOCKET: &str =
    "This route speaks WebSocket, asked for with extended CONNECT (RFC 8441) over HTTP/2.\n";

#[cfg(test)]
mod tests;
