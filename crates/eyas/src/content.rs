//! What a response carries: one type for the bodies of all routes.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use eyas_server::WriterBody;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tower_http::services::fs::ServeFileSystemResponseBody;

use crate::bytes_body::BytesBody;
use crate::steps::Steps;

/// The body of a response to a request with the body `B`.
pub(crate) enum Content<B> {
    /// Text that is there already.
    Whole(Full<Bytes>),
    /// `/bytes/{n}`.
    Bytes(BytesBody),
    /// `/echo`: the request's own body.
    Echo(B),
    /// `/stream`, `/trailers` and `/reset`.
    Steps(Steps),
    /// A file of the folder.
    File(ServeFileSystemResponseBody),
    /// `/ws`: what is written into the tunnel.
    Tunnel(WriterBody),
}

/// Any error of a body.
pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

impl<B> Body for Content<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.get_mut() {
            Self::Whole(body) => poll(body, context),
            Self::Bytes(body) => poll(body, context),
            Self::Echo(body) => poll(body, context),
            Self::Steps(body) => poll(body, context),
            Self::File(body) => poll(body, context),
            Self::Tunnel(body) => poll(body, context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Bytes(body) => body.is_end_stream(),
            Self::Echo(body) => body.is_end_stream(),
            Self::Steps(body) => body.is_end_stream(),
            Self::File(body) => body.is_end_stream(),
            Self::Tunnel(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Bytes(body) => body.size_hint(),
            Self::Echo(body) => body.size_hint(),
            Self::Steps(body) => body.size_hint(),
            Self::File(body) => body.size_hint(),
            Self::Tunnel(body) => body.size_hint(),
        }
    }
}

#[inline]
fn poll<B>(body: &mut B, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let frame = Pin::new(body).poll_frame(context);
    frame.map(|frame| frame.map(|frame| frame.map_err(Into::into)))
}
