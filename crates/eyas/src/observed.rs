//! A response whose content is counted for the line that its request gets.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;

use crate::app::App;
use crate::content::{BoxError, Content};
use crate::incoming::{Incoming, Origin};
use crate::report::{Answered, Report};

/// Lets `app` answer, and `report` tell about it if it wants to.
pub(crate) async fn answer<B: Incoming>(
    app: App,
    report: Report,
    request: Request<B>,
) -> Response<Observed<B>> {
    let line = report.has_requests().then(|| Line::new(report, &request));
    let response = app.answer(request).await;
    let line = line.map(|mut line| {
        line.answered(&response);
        line
    });
    response.map(|content| Observed { content, line })
}

/// [`Content`] that is counted while it goes by, if anyone wants to know.
pub(crate) struct Observed<B> {
    content: Content<B>,
    line: Option<Box<Line>>,
}

impl<B> Observed<B> {
    /// No content, of which no line tells.
    pub(crate) fn empty() -> Self {
        Self {
            content: Content::Whole(Full::default()),
            line: None,
        }
    }
}

impl<B> Body for Observed<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        let frame = Pin::new(&mut this.content).poll_frame(context);
        if let (Some(line), Poll::Ready(frame)) = (&mut this.line, &frame) {
            match frame {
                Some(Ok(frame)) => {
                    line.octets += frame.data_ref().map_or(0, |data| data.len() as u64);
                    line.complete = this.content.is_end_stream() || line.due == Some(line.octets);
                }
                Some(Err(_)) => line.complete = false,
                None => line.complete = true,
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

/// Printed when it is dropped: however a response ends, its content is dropped then.
#[derive(Debug)]
struct Line {
    report: Report,
    origin: Origin,
    method: Method,
    path: String,
    /// `None` until it is answered.
    status: Option<StatusCode>,
    began: Instant,
    /// How much content there is to be, if that is known.
    due: Option<u64>,
    octets: u64,
    complete: bool,
}

impl Line {
    fn new<B: Incoming>(report: Report, request: &Request<B>) -> Box<Self> {
        Box::new(Self {
            report,
            origin: request.body().origin(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            status: None,
            began: Instant::now(),
            due: None,
            octets: 0,
            complete: false,
        })
    }

    /// There is an answer, whose content comes next.
    fn answered(&mut self, response: &Response<impl Body>) {
        self.status = Some(response.status());
        let told = response.headers().get(CONTENT_LENGTH);
        let told = told.and_then(|length| length.to_str().ok()?.parse().ok());
        self.due = if self.method == Method::HEAD {
            Some(0)
        } else {
            told.or_else(|| response.body().size_hint().exact())
        };
        // Content that is known to be none is not asked for.
        self.complete = self.due == Some(0) || response.body().is_end_stream();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if thread::panicking() {
            // The handler is what panics: it is answered for with this.
            self.status.get_or_insert(StatusCode::INTERNAL_SERVER_ERROR);
        }
        self.report.answered(&Answered {
            origin: self.origin,
            method: &self.method,
            path: &self.path,
            status: self.status,
            octets: self.octets,
            time: self.began.elapsed(),
            complete: self.complete,
        });
    }
}
