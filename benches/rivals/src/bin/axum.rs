//! axum on hyper's HTTP/2 server, on one thread, everything at its default.

use anyhow::Result;
use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use eyas_bench_rivals::{Answer, Ears, answer};
use http_body_util::BodyExt;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Ears { clear, .. } = Ears::open()?;
    let mut router = Router::new().route("/upload", post(upload));
    for path in ["/hello", "/1k", "/16k", "/64k", "/1m", "/100m"] {
        let Answer::Content(content) = answer(path) else {
            continue;
        };
        router = router.route(path, get(async move || Bytes::from_static(content)));
    }
    runtime.block_on(async {
        let listener = TcpListener::from_std(clear)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let service = TowerToHyperService::new(router.clone());
            let builder = http2::Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async {
                // Clients leave when they have enough, some without a word: that is no error here.
                let _end = connection.await;
            });
        }
    })
}

async fn upload(mut body: Body) -> Response {
    let mut octets = 0;
    while let Some(Ok(frame)) = body.frame().await {
        octets += frame.data_ref().map_or(0, Bytes::len);
    }
    Response::new(octets.to_string().into())
}
