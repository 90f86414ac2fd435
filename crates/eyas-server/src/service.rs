//! What can be served: the bounds every tower service of axum, tonic and middleware meets.

use std::error::Error;
use std::future::Future;
use std::task::{Context, Poll};

use bytes::Buf;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::recv_body::RecvBody;

/// A tower service that answers HTTP requests, with nothing asked beyond what axum's `Router`, tonic's
/// `Routes` and tower's middleware give. Implemented for all of them; not to be implemented by hand.
///
/// A function alone is no service, and the compiler says what to do about it:
///
/// ```compile_fail,E0277
/// # use std::convert::Infallible;
/// # use eyas_server::RecvBody;
/// # use http::{Request, Response};
/// async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
///     Ok(Response::new("Hello, World!".to_owned()))
/// }
///
/// # async fn example(listener: tokio::net::TcpListener) {
/// // error: `hello` cannot be served over HTTP/2
/// // note: wrap an async fn in `eyas_server::service_fn`
/// eyas_server::serve(listener, hello);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be served over HTTP/2",
    note = "it must be a tower service: wrap an async fn in `eyas_server::service_fn`, or give an \
            axum::Router its state with `.with_state(..)` first",
    note = "it must be `Service<http::Request<eyas_server::RecvBody>>` with a `http::Response` of any \
            body, `Clone + Send + 'static`, and its future `Send`; for one that is not `Send` there is \
            `serve_connection_local`"
)]
pub trait HttpService: LocalHttpService<Body: Send, Future: Send> + Send {}

/// As [`HttpService`], for services that stay on one thread: neither they nor their futures need be
/// `Send`. Served by [`serve_connection_local`](crate::Builder::serve_connection_local).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be served over HTTP/2",
    note = "it must be a tower service: wrap an async fn in `eyas_server::service_fn`, or give an \
            axum::Router its state with `.with_state(..)` first",
    note = "it must be `Service<http::Request<eyas_server::RecvBody>>` with a `http::Response` of any \
            body, and `Clone + 'static`"
)]
pub trait LocalHttpService:
    Service<
        Request<RecvBody>,
        Response = Response<<Self as LocalHttpService>::Body>,
        Error: Into<Box<dyn Error + Send + Sync>>,
    > + Clone
    + 'static
{
    /// The response's content.
    type Body: Body<Data: Buf, Error: Into<Box<dyn Error + Send + Sync>>> + 'static;
}

impl<S> HttpService for S where S: LocalHttpService<Body: Send, Future: Send> + Send {}

impl<S, B> LocalHttpService for S
where
    S: Service<Request<RecvBody>, Response = Response<B>> + Clone + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body + 'static,
    B::Data: Buf,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Body = B;
}

/// A service made of an async function or closure.
///
/// ```
/// use std::convert::Infallible;
///
/// use eyas_server::{RecvBody, service_fn};
/// use http::{Request, Response};
///
/// async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
///     Ok(Response::new("Hello, World!".to_owned()))
/// }
///
/// let service = service_fn(hello);
/// # let _ = service;
/// ```
pub const fn service_fn<F>(function: F) -> ServiceFn<F> {
    ServiceFn { function }
}

/// From [`service_fn`].
#[derive(Clone, Copy, Debug)]
pub struct ServiceFn<F> {
    function: F,
}

impl<F, Fut, B, E> Service<Request<RecvBody>> for ServiceFn<F>
where
    F: FnMut(Request<RecvBody>) -> Fut,
    Fut: Future<Output = Result<Response<B>, E>>,
{
    type Response = Response<B>;
    type Error = E;
    type Future = Fut;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RecvBody>) -> Fut {
        (self.function)(request)
    }
}
