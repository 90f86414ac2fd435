//! Trailer sections both ways: what a client says behind its content, and a sum behind ours.
//!
//! ```text
//! cargo run -p eyas-examples --example trailers
//! curl --http2-prior-knowledge -v -d 'some content' http://127.0.0.1:8088/
//! nghttp -v --data Cargo.toml --trailer 'x-mood: good' http://127.0.0.1:8088/
//! ```

use std::convert::Infallible;

use eyas_examples::startup;
use eyas_server::{BodyError, BodyWriter, RecvBody, WriterBody, service_fn};
use http::{HeaderMap, Request, Response};
use http_body_util::BodyExt as _;

async fn sum(request: Request<RecvBody>) -> Result<Response<WriterBody>, Infallible> {
    let (writer, body) = BodyWriter::new();
    tokio::spawn(async move {
        // A client that is gone wants no answer: the writer is dropped.
        let _ = echo(request.into_body(), writer).await;
    });
    let response = Response::builder().header("trailer", "x-sum, x-mood");
    Ok(response.body(body).expect("the header is valid"))
}

/// Gives back what comes, and what it came to.
async fn echo(mut content: RecvBody, mut writer: BodyWriter) -> Result<(), BodyError> {
    let mut sum = 0u64;
    let mut trailers = HeaderMap::new();
    while let Some(frame) = content.frame().await.transpose()? {
        match frame.into_data() {
            Ok(data) => {
                sum += data.iter().copied().map(u64::from).sum::<u64>();
                writer.put_bytes(data);
                let _ = writer.flush().await;
            }
            Err(frame) => trailers = frame.into_trailers().unwrap_or_default(),
        }
    }
    let mood = trailers.remove("x-mood");
    let mut trailers =
        HeaderMap::from_iter(mood.map(|mood| ("x-mood".parse().expect("valid"), mood)));
    trailers.insert("x-sum", sum.into());
    writer.trailers(trailers);
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = startup::listen("127.0.0.1:8088").await?;
    eyas_server::serve(listener, service_fn(sum))
        .with_graceful_shutdown(startup::stop())
        .await
}
