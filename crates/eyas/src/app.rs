//! The routes, and what each answers.

use std::net::SocketAddr;
use std::path::Path;

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_http::services::ServeDir;
use tower_service::Service;

use crate::bytes_body::BytesBody;
use crate::content::{BoxError, Content};
use crate::index::Index;
use crate::steps::Steps;

/// The demo routes and, if there is a folder, its files.
///
/// Each route reads the request to its end before it answers; `/echo` alone answers while it reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct App {
    /// It lives as long as the process: no request counts references.
    shared: &'static Shared,
}

#[derive(Debug)]
struct Shared {
    index: Index,
    files: Option<ServeDir>,
}

impl App {
    /// The routes of a server that listens at `address`, and the files of `folder`.
    pub(crate) fn new(address: SocketAddr, folder: Option<&Path>) -> Self {
        Self {
            shared: Box::leak(Box::new(Shared {
                index: Index::new(address, folder.is_some()),
                files: folder.map(ServeDir::new),
            })),
        }
    }

    /// Answers one request.
    pub(crate) async fn answer<B>(self, request: Request<B>) -> Response<Content<B>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
    {
        let (head, body) = request.into_parts();
        let route = Route::of(head.uri.path());
        let allowed = route.allowed(&head.method);
        if matches!((&route, &allowed), (Route::Echo, Ok(()))) {
            return echo(&head.headers, body);
        }
        // Whatever is answered: to a client that is still sending it could look like a reset.
        let Some(received) = read_to_end(body).await else {
            return text(StatusCode::BAD_REQUEST, "The request broke off.\n");
        };
        if let Err(methods) = allowed {
            return not_allowed(methods);
        }
        match route {
            Route::Index => self.index(&head.headers),
            Route::Hello => text(StatusCode::OK, "Hello, World!"),
            Route::Bytes(Some(body)) => content(OCTETS, Content::Bytes(body)),
            Route::Bytes(None) => text(StatusCode::BAD_REQUEST, BYTES_USAGE),
            Route::Sink => text(StatusCode::OK, received.to_string()),
            Route::Stream => content(TEXT, Content::Steps(Steps::stream())),
            Route::Trailers => content(TEXT, Content::Steps(Steps::trailers())),
            Route::Reset => content(TEXT, Content::Steps(Steps::reset())),
            // Boxed, since it would make the future of every route larger.
            Route::Echo | Route::Other => Box::pin(self.file(head)).await,
        }
    }

    fn index<B>(self, headers: &HeaderMap) -> Response<Content<B>> {
        let accepts = headers.get_all(ACCEPT).iter();
        let mut accepts = accepts.filter_map(|value| value.to_str().ok());
        let (media_type, page) = if accepts.any(|value| value.contains("text/html")) {
            (HTML, &self.shared.index.html)
        } else {
            (TEXT, &self.shared.index.text)
        };
        content(media_type, Content::Whole(Full::new(page.clone())))
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

#[derive(Clone, Copy, Debug)]
enum Route {
    Index,
    Hello,
    Echo,
    /// `None` when what follows is no number in range.
    Bytes(Option<BytesBody>),
    Sink,
    Stream,
    Trailers,
    Reset,
    /// A file, if there is a folder, or nothing.
    Other,
}

impl Route {
    fn of(path: &str) -> Self {
        match path {
            "/" => Self::Index,
            "/hello" => Self::Hello,
            "/echo" => Self::Echo,
            "/sink" => Self::Sink,
            "/stream" => Self::Stream,
            "/trailers" => Self::Trailers,
            "/reset" => Self::Reset,
            _ => match path.strip_prefix("/bytes/") {
                Some(octets) => Self::Bytes(octets.parse().ok().and_then(BytesBody::new)),
                None => Self::Other,
            },
        }
    }

    /// Whether the route has this method; if not, those it has.
    fn allowed(&self, method: &Method) -> Result<(), HeaderValue> {
        let (is_allowed, methods) = match self {
            // Files know for themselves, and for nothing no method is wrong.
            Self::Other => return Ok(()),
            // Conformance suites post to the root, and want an answer with content.
            Self::Index => (
                matches!(*method, Method::GET | Method::HEAD | Method::POST),
                "GET, HEAD, POST",
            ),
            Self::Echo | Self::Sink => (matches!(*method, Method::POST | Method::PUT), "POST, PUT"),
            _ => (matches!(*method, Method::GET | Method::HEAD), "GET, HEAD"),
        };
        if is_allowed {
            Ok(())
        } else {
            Err(HeaderValue::from_static(methods))
        }
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

fn not_allowed<B>(methods: HeaderValue) -> Response<Content<B>> {
    let what = format!(
        "This route has only the methods {}.\n",
        methods.to_str().unwrap_or_default()
    );
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, what);
    response.headers_mut().insert(ALLOW, methods);
    response
}

fn text<B>(status: StatusCode, text: impl Into<Bytes>) -> Response<Content<B>> {
    let mut response = content(TEXT, Content::Whole(Full::new(text.into())));
    *response.status_mut() = status;
    response
}

fn content<B>(media_type: HeaderValue, content: Content<B>) -> Response<Content<B>> {
    let mut response = Response::new(content);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

const NOT_FOUND: &str = "There is nothing here; / lists what there is.\n";
const BYTES_USAGE: &str = "Ask for /bytes/{n} with n from 0 to 10737418240 (10 GiB).\n";

#[cfg(test)]
mod tests;
