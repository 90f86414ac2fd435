//! HTTP/1 and HTTP/2 on one port: connections of HTTP/1 go to hyper, with the same router.
//!
//! ```text
//! cargo run -p eyas-examples --example http1_fallback
//! curl --http1.1 http://127.0.0.1:8084/
//! curl --http2-prior-knowledge http://127.0.0.1:8084/
//! ```

use std::pin::pin;

use axum::Router;
use axum::http::Version;
use axum::routing::get;
use eyas_examples::startup;
use eyas_server::{Http1Stream, Server};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;

async fn which(version: Version) -> String {
    format!("This is {version:?}.\n")
}

/// One connection of HTTP/1. It ends early, between two requests, when the server shuts down.
async fn serve_http1(stream: Http1Stream, router: Router) {
    let draining = stream.draining();
    let service = TowerToHyperService::new(router);
    let mut connection =
        pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = draining => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection of HTTP/1 failed");
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let router = Router::new().route("/", get(which));
    let for_http1 = router.clone();
    let listener = startup::listen("127.0.0.1:8084").await?;
    Server::builder()
        .fallback_http1(move |stream| serve_http1(stream, for_http1.clone()))
        .serve(listener, router)
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
