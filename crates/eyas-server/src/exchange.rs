//! One request and its response, from the service's readiness to the last octet of the body.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::response::Parts;
use http::{HeaderMap, Request};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::recv_body::RecvBody;
use crate::response::{self, Asked};
use crate::said::Said;
use crate::service::LocalHttpService;

pin_project! {
    /// A polled future cannot be moved, so the whole exchange is one pinned value. Its box is used for
    /// one exchange after another, and goes to a task as it is when the exchange has to wait.
    #[project = ExchangeState]
    pub(crate) enum Exchange<S: LocalHttpService> {
        Idle,
        /// The service was not ready when it was asked first; asked on this exchange's own clone of it.
        Waiting { service: S, request: Option<Request<RecvBody>> },
        Calling { #[pin] future: S::Future },
        Body { #[pin] body: S::Body },
    }
}

impl<S: LocalHttpService> Exchange<S> {
    /// An exchange that is to begin with its first [`poll_said`](Self::poll_said).
    pub(crate) fn set_waiting(mut self: Pin<&mut Self>, service: S, request: Request<RecvBody>) {
        self.set(Self::Waiting {
            service,
            request: Some(request),
        });
    }

    /// Begins, and says the first thing. A service that is ready, as nearly all are, is called without its
    /// request being laid down here first: requests are large, and every move of one costs. An answer whose
    /// content is short is said in one go.
    #[inline]
    pub(crate) fn begin(
        mut self: Pin<&mut Self>,
        mut service: S,
        request: Request<RecvBody>,
        asked: Asked,
        context: &mut Context<'_>,
    ) -> Poll<Said> {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            match service.poll_ready(context) {
                Poll::Ready(Ok(())) => {
                    let future = service.call(request);
                    self.set(Self::Calling { future });
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Said::Failed(error.into())),
                Poll::Pending => {
                    self.as_mut().set_waiting(service, request);
                    return Poll::Pending;
                }
            }
            let said = ready!(self.as_mut().poll_inner(context));
            Poll::Ready(match self.as_mut().project() {
                ExchangeState::Body { body } => with_content(said, asked, body, context),
                _ => said,
            })
        }));
        self.said(polled)
    }

    /// The next thing it says. A panic on the way is something it says, too, and its last.
    #[inline]
    pub(crate) fn poll_said(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Said> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.as_mut().poll_inner(context)));
        self.said(polled)
    }

    #[inline]
    fn said(self: Pin<&mut Self>, polled: std::thread::Result<Poll<Said>>) -> Poll<Said> {
        let said = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(said)) => said,
            Err(panic) => Said::Panicked(panic),
        };
        if said.is_last() {
            self.clear();
        }
        Poll::Ready(said)
    }

    /// Whether there is nothing left to drop.
    #[inline]
    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self, Self::Idle)
    }

    /// Drops the service's future or body. A panic in its drop is contained.
    pub(crate) fn clear(self: Pin<&mut Self>) {
        let mut this = self;
        if catch_unwind(AssertUnwindSafe(|| this.as_mut().set(Self::Idle))).is_err() {
            tracing::error!("a handler panicked while it was dropped");
        }
    }

    fn poll_inner(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Said> {
        loop {
            match self.as_mut().project() {
                ExchangeState::Idle => return Poll::Ready(Said::End),
                ExchangeState::Waiting { service, request } => {
                    if let Err(error) = ready!(service.poll_ready(context)) {
                        return Poll::Ready(Said::Failed(error.into()));
                    }
                    let Some(request) = request.take() else {
                        return Poll::Ready(Said::End);
                    };
                    let future = service.call(request);
                    self.set(Self::Calling { future });
                }
                ExchangeState::Calling { future } => {
                    let response = match ready!(future.poll(context)) {
                        Ok(response) => response,
                        Err(error) => return Poll::Ready(Said::Failed(error.into())),
                    };
                    let (
                        Parts {
                            status, headers, ..
                        },
                        body,
                    ) = response.into_parts();
                    let is_end = body.is_end_stream();
                    let length = body.size_hint().exact();
                    self.set(Self::Body { body });
                    return Poll::Ready(Said::Head {
                        status,
                        headers,
                        length,
                        content: Bytes::new(),
                        is_end,
                    });
                }
                ExchangeState::Body { body } => return poll_body(body, context),
            }
        }
    }
}

/// Adds the content to a head when it is short and there.
#[inline]
fn with_content<B>(
    mut said: Said,
    asked: Asked,
    body: Pin<&mut B>,
    context: &mut Context<'_>,
) -> Said
where
    B: Body<Data: Buf, Error: Into<crate::said::BoxError>>,
{
    let Said::Head {
        status,
        length: Some(1..=CONTENT_MAX),
        content,
        is_end,
        ..
    } = &mut said
    else {
        return said;
    };
    if !response::has_no_content(*status, asked) {
        match poll_body(body, context) {
            Poll::Pending => {}
            Poll::Ready(Said::Data {
                octets,
                is_end: is_last,
            }) => (*content, *is_end) = (octets, is_last),
            // Nothing has left yet: it can still be a 500.
            Poll::Ready(Said::Failed(error)) => return Said::Failed(error),
            Poll::Ready(_) => return Said::Failed(TOO_SHORT.into()),
        }
    }
    said
}

/// Octets of content that are asked for with the head.
const CONTENT_MAX: u64 = 16 * 1024;

const TOO_SHORT: &str = "the body ended before the length it had told";

fn poll_body<B>(mut body: Pin<&mut B>, context: &mut Context<'_>) -> Poll<Said>
where
    B: Body<Data: Buf, Error: Into<crate::said::BoxError>>,
{
    loop {
        if body.is_end_stream() {
            return Poll::Ready(Said::End);
        }
        let frame = match ready!(body.as_mut().poll_frame(context)) {
            None => return Poll::Ready(Said::End),
            Some(Err(error)) => return Poll::Ready(Said::Failed(error.into())),
            Some(Ok(frame)) => frame,
        };
        match frame.into_data() {
            Ok(mut data) => {
                let octets = data.remaining();
                if octets > 0 {
                    // Free for `Bytes`, one copy for anything else.
                    return Poll::Ready(Said::Data {
                        octets: data.copy_to_bytes(octets),
                        is_end: body.is_end_stream(),
                    });
                }
            }
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_else(|_| HeaderMap::new());
                return Poll::Ready(Said::Trailers(trailers));
            }
        }
    }
}
