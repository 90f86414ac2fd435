//! A Unix socket: behind a proxy on the same machine, no port is needed. The argument is its path.
//!
//! ```text
//! cargo run -p eyas-examples --example unix_socket /tmp/eyas.sock
//! curl --http2-prior-knowledge --unix-socket /tmp/eyas.sock http://localhost/
//! ```

use std::convert::Infallible;
use std::path::PathBuf;

use eyas_examples::startup;
use eyas_server::{RecvBody, service_fn};
use http::{Request, Response};
use tokio::net::UnixListener;

async fn hello(_: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    Ok(Response::new("Hello through a file!\n".to_owned()))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.unwrap_or_else(|| std::env::temp_dir().join("eyas.sock"));
    let listener = UnixListener::bind(&path)?;
    startup::say_ready(path.display());
    let result = eyas_server::serve(listener, service_fn(hello))
        .with_graceful_shutdown(startup::stop())
        .await;
    std::fs::remove_file(&path)?;
    result
}
