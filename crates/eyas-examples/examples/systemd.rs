//! Started by systemd when the first client comes: the listening socket is inherited.
//!
//! ```text
//! cargo build -p eyas-examples --example systemd
//! systemd-socket-activate -l 8085 target/debug/examples/systemd
//! curl --http2-prior-knowledge http://127.0.0.1:8085/
//! ```
//!
//! Started by hand it listens by itself.

use axum::Router;
use axum::routing::get;
use eyas_examples::startup;
use listenfd::ListenFd;
use tokio::net::TcpListener;

async fn inherited_or_own() -> std::io::Result<TcpListener> {
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? else {
        return startup::listen("127.0.0.1:8085").await;
    };
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    startup::say_ready(listener.local_addr()?);
    Ok(listener)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let router = Router::new().route("/", get(|| async { "Nobody had to wait for me.\n" }));
    let listener = inherited_or_own().await?;
    eyas_server::serve(listener, router)
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
