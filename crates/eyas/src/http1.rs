//! Clients that speak HTTP/1.1: the same routes, carried by hyper.

use std::convert::Infallible;
use std::io;
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
use crate::content::BoxError;
use crate::incoming::{Incoming, Origin, Protocol, Version};
use crate::observed::{self, Observed};
use crate::patience::{Impatient, Patience};
use crate::report::Report;

/// Serves one connection to its end, which begins when the server's does.
pub(crate) async fn serve(app: App, report: Report, stream: Http1Stream) {
    let info = stream.info().clone();
    let draining = stream.draining();
    let service = service_fn(move |request: Request<hyper::body::Incoming>| {
        let request = request.map(|body| Http1Body {
            body,
            patience: Patience::default(),
            info: info.clone(),
        });
        answer(app, report, request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            // A timer, so that heads are awaited for 30 s at most.
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(Impatient::new(stream)), service)
    );
    // What goes wrong here is the client's doing: it has been told, or is gone.
    tokio::select! {
        // In this order: a request that is here already is served, however soon the end comes.
        biased;
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
    patience: Patience,
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
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.patience.poll(polled, context).map(|frame| {
            let too_slow = || Some(Err(io::Error::from(io::ErrorKind::TimedOut).into()));
            frame.map_or_else(too_slow, |frame| {
                frame.map(|frame| frame.map_err(Into::into))
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use eyas_server::{RecvBody, Server};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::watch;
    use tokio::time::Instant;

    use super::*;
    use crate::index::Index;
    use crate::report::Style;

    /// Sends `request` and no more, waits for the server to give the connection up without reading, and
    /// tells how long that took, and what it had said.
    async fn given_up(request: &str) -> (Duration, String) {
        let app = App::new(
            Index::default(),
            None,
            watch::Sender::new(false).subscribe(),
        );
        let (mut io, theirs) = tokio::io::duplex(1000);
        io.write_all(request.as_bytes()).await.expect("room");
        let began = Instant::now();
        let service = eyas_server::service_fn(|_: Request<RecvBody>| async {
            Ok::<_, Infallible>(Response::new(String::new()))
        });
        let served = Server::builder()
            .fallback_http1(move |stream| serve(app, Report::new(Style::Quiet), stream))
            .serve_connection(theirs, service);
        let served = tokio::time::timeout(Duration::from_secs(1000), served).await;
        served.expect("it ends").expect("HTTP/1 is no fault");
        let elapsed = began.elapsed();
        let mut octets = Vec::new();
        io.read_to_end(&mut octets).await.expect("it is closed");
        (elapsed, String::from_utf8_lossy(&octets).into_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_half_way_is_given_up_after_half_a_minute() {
        for (request, answer) in [
            ("GET /hello HTTP/1.1\r\nhost:", ""),
            (
                "POST /sink HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc",
                "HTTP/1.1 400 ",
            ),
            (
                "GET /bytes/1000000 HTTP/1.1\r\nhost: a\r\n\r\n",
                "HTTP/1.1 200 ",
            ),
        ] {
            let (elapsed, heard) = given_up(request).await;
            assert_eq!(elapsed.as_secs(), 30, "{request}");
            assert!(heard.starts_with(answer), "{heard}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_long_is_waited_for() {
        let request = "GET /slow?ms=60000 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        let (elapsed, heard) = given_up(request).await;
        assert_eq!(elapsed.as_secs(), 60);
        assert!(heard.starts_with("HTTP/1.1 200 "), "{heard}");
    }
}
