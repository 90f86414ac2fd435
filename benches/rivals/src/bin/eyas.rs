//! eyas with a `service_fn`, on one thread, everything at its default; with `EYAS_INLINE` in the
//! environment its handlers never move into tasks.

use std::convert::Infallible;
use std::env;

use anyhow::Result;
use bytes::Bytes;
use eyas_bench_rivals::{Answer, Ears, answer};
use eyas_server::{Builder, Dispatch, RecvBody, Server, TlsConfig, service_fn};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use tokio::net::TcpListener;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Ears { clear, tls } = Ears::open()?;
    runtime.block_on(async {
        if let Some((listener, files)) = tls {
            let config = TlsConfig::from_pem_files(files.cert, files.key)?;
            let listener = TcpListener::from_std(listener)?;
            let server = server().tls(config);
            tokio::spawn(server.serve(listener, service_fn(route)).into_future());
        }
        let listener = TcpListener::from_std(clear)?;
        server().serve(listener, service_fn(route)).await?;
        Ok(())
    })
}

fn server() -> Builder {
    let server = Server::builder();
    // Under valgrind everything takes fifty times as long, and handlers would be moved into tasks that
    // answer at once.
    if env::var_os("EYAS_INLINE").is_some() {
        return server.dispatch(Dispatch::Inline);
    }
    server
}

async fn route(request: Request<RecvBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match answer(request.uri().path()) {
        Answer::Content(content) => Response::new(Full::new(Bytes::from_static(content))),
        Answer::UploadLength => {
            let mut body = request.into_body();
            let mut octets = 0;
            while let Some(Ok(frame)) = body.frame().await {
                octets += frame.data_ref().map_or(0, Bytes::len);
            }
            Response::new(Full::new(octets.to_string().into()))
        }
        Answer::Nothing => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}
