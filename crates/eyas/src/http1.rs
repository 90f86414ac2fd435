//! Clients that speak HTTP/1.1: the same routes, carried by hyper.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use eyas_server::{ConnectionInfo, Http1Stream};
use futures::FutureExt;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};

use crate::app::App;
use crate::incoming::{Incoming, Origin, Protocol, Version};
use crate::observed::{self, Observed};
use crate::report::Report;

/// Serves one connection to its end, which begins when the server's does.
pub(crate) async fn serve(app: App, report: Report, stream: Http1Stream) {
    let info = stream.info().clone();
    let draining = stream.draining();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let request = request.map(|body| Http1Body {
            body,
            info: info.clone(),
        });
        answer(app, report, request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            // A timer, so that heads are awaited for 30 s at most.
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(stream), service)
    );
    // What goes wrong here is the client's doing: it has been told, or is gone.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = draining => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    app: App,
    report: Report,
    request: Request<Http1Body>,
) -> Result<Response<Observed<Http1Body>>, Infallible> {
    // Over HTTP/2 the server itself answers for a handler that panics.
    let answer = AssertUnwindSafe(observed::answer(app, report, request));
    Ok(answer.catch_unwind().await.unwrap_or_else(|_| {
        let mut response = Response::new(Observed::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }))
}

/// The content of a request, and who sends it.
pub(crate) struct Http1Body {
    body: hyper::body::Incoming,
    info: ConnectionInfo,
}

impl Incoming for Http1Body {
    fn protocol(&self) -> Protocol {
        Protocol::new(Version::Http1, &self.info)
    }

    fn origin(&self) -> Origin {
        Origin {
            connection: self.info.id(),
            peer: self.info.peer_addr(),
            stream: None,
            protocol: self.protocol(),
        }
    }
}

impl Body for Http1Body {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
