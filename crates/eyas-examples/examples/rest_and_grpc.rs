//! REST by axum and gRPC by tonic, on one port: both are routes of one router.
//!
//! ```text
//! cargo run -p eyas-examples --example rest_and_grpc
//! curl --http2-prior-knowledge http://127.0.0.1:8083/greet/Ada
//! python3 crates/eyas-examples/clients/grpc_python.py 127.0.0.1:8083
//! ```

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use eyas_examples::startup;
use eyas_examples::talk::{self, Abandoned};

async fn greet(Path(name): Path<String>) -> String {
    format!("Hello, {name}!\n")
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let rest = Router::new().route("/greet/{name}", get(greet));
    // tonic's routes have a fallback of their own, and two routers that have one cannot be merged. Without
    // it an unknown service gets axum's 404, which gRPC clients read as UNIMPLEMENTED.
    let grpc = talk::routes(Abandoned::default())
        .await
        .into_axum_router()
        .reset_fallback();

    let listener = startup::listen("127.0.0.1:8083").await?;
    eyas_server::serve(listener, rest.merge(grpc))
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
