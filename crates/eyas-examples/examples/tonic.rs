//! A gRPC service of tonic: unary, three kinds of streaming, and the standard health service.
//!
//! ```text
//! cargo run -p eyas-examples --example tonic
//! python3 crates/eyas-examples/clients/grpc_python.py 127.0.0.1:8082
//! printf '\0\0\0\0\5\n\3Ada' | curl --http2-prior-knowledge -s --data-binary @- \
//!     -H 'content-type: application/grpc' -H 'te: trailers' \
//!     http://127.0.0.1:8082/eyas.examples.Talk/Say | tail -c +6
//! ```

use eyas_examples::startup;
use eyas_examples::talk::{self, Abandoned};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let routes = talk::routes(Abandoned::default()).await;
    let listener = startup::listen("127.0.0.1:8082").await?;
    eyas_server::serve(listener, routes)
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
