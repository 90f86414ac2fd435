//! The smallest server. Try: `curl --http2-prior-knowledge http://127.0.0.1:8080/`
#![expect(
    clippy::print_stdout,
    reason = "whoever started the example reads this line"
)]

use std::convert::Infallible;

use eyas_server::{RecvBody, service_fn};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};

async fn hello(request: Request<RecvBody>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    if request.method() == http::Method::POST {
        let body = match request.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => bytes::Bytes::new(),
        };
        return Ok(Response::new(Full::new(body)));
    }
    if request.uri().path() == "/slow" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(Response::new(Full::from("Hello, World!")))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:8080");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    eyas_server::serve(listener, service_fn(hello)).await
}
