//! An axum router, unchanged, with the client's address for its `ConnectInfo` extractor.
//!
//! ```text
//! cargo run -p eyas-examples --example axum
//! curl --http2-prior-knowledge http://127.0.0.1:8081/greet/Ada?word=Welcome
//! curl --http2-prior-knowledge --json '{"text": "hi", "times": 3}' http://127.0.0.1:8081/echo
//! curl --http2-prior-knowledge -N http://127.0.0.1:8081/events
//! ```

use eyas_examples::{startup, web};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .init();

    let router = web::router(concat!(env!("CARGO_MANIFEST_DIR"), "/files"));
    let listener = startup::listen("127.0.0.1:8081").await?;
    web::server()
        .serve(listener, router)
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
