//! A long upload, answered while it runs: `BodyWriter` writes from a task, and waits for slow clients.
//!
//! ```text
//! cargo run -p eyas-examples --example upload
//! head -c 30000000 /dev/urandom > /tmp/large
//! curl --http2-prior-knowledge -N --limit-rate 10M -T /tmp/large http://127.0.0.1:8090/
//! ```

use std::convert::Infallible;

use eyas_examples::startup;
use eyas_server::{BodyWriter, RecvBody, WriterBody, service_fn};
use http::{Request, Response};
use http_body_util::BodyExt as _;

const MEGABYTE: u64 = 1_000_000;

async fn upload(request: Request<RecvBody>) -> Result<Response<WriterBody>, Infallible> {
    let (writer, body) = BodyWriter::new();
    tokio::spawn(async move {
        if let Err(error) = receive(request.into_body(), writer).await {
            tracing::info!(%error, "the upload was given up");
        }
    });
    Ok(Response::new(body))
}

/// Reports each megabyte. What is not read here, the client may not send: nothing piles up.
async fn receive(mut content: RecvBody, mut writer: BodyWriter) -> anyhow::Result<()> {
    let mut octets = 0;
    while let Some(frame) = content.frame().await.transpose()? {
        let before = octets;
        octets += frame.data_ref().map_or(0, |data| data.len() as u64);
        if octets / MEGABYTE > before / MEGABYTE {
            writer.put(format!("{} MB so far\n", octets / MEGABYTE).as_bytes());
            writer.flush().await?;
        }
    }
    writer.put(format!("{octets} octets\n").as_bytes());
    writer.finish();
    Ok(())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = startup::listen("127.0.0.1:8090").await?;
    eyas_server::serve(listener, service_fn(upload))
        .with_graceful_shutdown(startup::stop())
        .await
}
