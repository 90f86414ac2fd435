//! A response whose content is counted for the line that its request gets.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
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
        line.status = Some(response.status());
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
                    line.complete = this.content.is_end_stream();
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
            octets: 0,
            complete: false,
        })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
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
