//! Serves handlers that answer at once, wait or burn, on one runtime or another, and counts its writes.

use std::convert::Infallible;
use std::hint::spin_loop;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::{Parser, ValueEnum};
use eyas_server::{Counters, RecvBody, Server, service_fn};
use http::{Request, Response};
use http_body_util::Full;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

/// Serves on a free port, whose address is the first line printed, until it is interrupted; the second line
/// says how often it wrote.
#[derive(Debug, Parser)]
struct Args {
    #[arg(value_enum)]
    runtime: Kind,
    #[arg(value_enum)]
    handler: Handler,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Current,
    Multi1,
    Multi2,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Handler {
    /// Answers at once
    Now,
    /// Waits for the answer of another task, which it has asked through a channel
    Channel,
    /// Has the processor for a millisecond
    Burn,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let counters = Arc::new(Counters::default());
    let runtime = runtime(args.runtime).context("cannot make a runtime")?;
    runtime.block_on(serve(args.handler, counters.clone()))?;
    let snapshot = counters.snapshot();
    println!(
        "{}",
        json!({ "responses": snapshot.responses, "writes": snapshot.writes })
    );
    Ok(())
}

fn runtime(kind: Kind) -> io::Result<Runtime> {
    match kind {
        Kind::Current => Builder::new_current_thread(),
        Kind::Multi1 | Kind::Multi2 => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(if matches!(kind, Kind::Multi1) { 1 } else { 2 });
            builder
        }
    }
    .enable_all()
    .build()
}

async fn serve(handler: Handler, counters: Arc<Counters>) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let listener = listener.context("cannot listen on a loopback port")?;
    println!("{}", listener.local_addr().context("no address")?);
    let (ask, mut asked) = mpsc::unbounded_channel::<oneshot::Sender<Bytes>>();
    tokio::spawn(async move {
        while let Some(answer) = asked.recv().await {
            // Whoever asked may be gone.
            let _heard = answer.send(HELLO);
        }
    });
    let service = service_fn(move |_: Request<RecvBody>| {
        let ask = ask.clone();
        async move {
            let content = match handler {
                Handler::Now => HELLO,
                Handler::Channel => {
                    let (answer, answered) = oneshot::channel();
                    // The other task lives as long as the runtime.
                    let _asked = ask.send(answer);
                    answered.await.unwrap_or_default()
                }
                Handler::Burn => {
                    let begin = Instant::now();
                    while begin.elapsed() < Duration::from_millis(1) {
                        spin_loop();
                    }
                    HELLO
                }
            };
            Ok::<_, Infallible>(Response::new(Full::new(content)))
        }
    });
    Server::builder()
        .counters(counters)
        .serve(listener, service)
        .with_graceful_shutdown(async {
            // Without a way to hear the signal there is no reason to go on.
            let _interrupted = tokio::signal::ctrl_c().await;
        })
        .await
        .context("the server ended")
}

const HELLO: Bytes = Bytes::from_static(b"Hello, World!");
