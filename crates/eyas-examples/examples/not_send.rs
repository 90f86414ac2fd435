//! A service that stays on one thread, and so may use `Rc` and `Cell`: no locks, no atomics.
//!
//! ```text
//! cargo run -p eyas-examples --example not_send
//! curl --http2-prior-knowledge http://127.0.0.1:8092/
//! ```

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;

use eyas_examples::startup;
use eyas_server::{RecvBody, Server, service_fn};
use http::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::{LocalSet, yield_now};

async fn count(visits: Rc<Cell<u64>>) -> Result<Response<String>, Infallible> {
    visits.set(visits.get() + 1);
    // Held across an await: this future is not `Send`.
    yield_now().await;
    Ok(Response::new(format!("visit {}\n", visits.get())))
}

async fn serve(listener: TcpListener) -> std::io::Result<()> {
    let visits = Rc::new(Cell::new(0));
    loop {
        let (connection, _) = listener.accept().await?;
        let visits = visits.clone();
        let service = service_fn(move |_: Request<RecvBody>| count(visits.clone()));
        let serving = Server::builder().serve_connection_local(connection, service);
        tokio::task::spawn_local(async move {
            if let Err(error) = serving.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = startup::listen("127.0.0.1:8092").await?;
    let serving = LocalSet::new();
    tokio::select! {
        result = serving.run_until(serve(listener)) => result,
        () = startup::stop() => Ok(()),
    }
}
