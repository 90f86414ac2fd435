//! Ending without hurting anybody: what was begun is finished, new connections are refused at once.
//!
//! ```text
//! cargo run -p eyas-examples --example graceful
//! curl --http2-prior-knowledge http://127.0.0.1:8087/    # takes 3 s; press Ctrl-C there meanwhile
//! ```

use std::convert::Infallible;
use std::time::Duration;

use eyas_examples::startup;
use eyas_server::{RecvBody, Server, service_fn};
use http::{Request, Response};

async fn slow(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(Response::new("Thank you for waiting.\n".to_owned()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = startup::listen("127.0.0.1:8087").await?;
    Server::builder()
        // No connection older than an hour, give or take: behind a balancer, load moves to new servers.
        .max_connection_age(Some(Duration::from_secs(3600)))
        .serve(listener, service_fn(slow))
        // Any future does: a signal, a message, a file that appears.
        .with_graceful_shutdown(startup::stop())
        // A client that never finishes must not keep us: then its connection is cut.
        .shutdown_timeout(Duration::from_secs(10))
        .await
}
