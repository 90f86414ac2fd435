//! Services that stay on their thread.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use eyas_server::{Dispatch, RecvBody, Server, service_fn};
use eyas_testkit::{FramePrinter, encode_frame};
use http::{Request, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::LocalSet;

use crate::peer::get;

/// A handler that counts without a lock, and waits before it answers every other time.
async fn serve_two(dispatch: Dispatch) -> (u32, String) {
    let count = Rc::new(Cell::new(0_u32));
    let counted = count.clone();
    let service = service_fn(move |_: Request<RecvBody>| {
        let count = counted.clone();
        async move {
            count.set(count.get() + 1);
            if count.get().is_multiple_of(2) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok::<_, Infallible>(Response::new(format!("number {}", count.get())))
        }
    });
    let (mut client, io) = tokio::io::duplex(1 << 16);
    let builder = Server::builder().dispatch(dispatch);
    let local = LocalSet::new();
    let server = local.spawn_local(builder.serve_connection_local(io, service));
    let heard = local
        .run_until(async {
            let mut octets = Vec::new();
            for frame in [
                "PREFACE",
                "SETTINGS",
                "SETTINGS ACK",
                &get(1, "/"),
                &get(3, "/"),
            ] {
                octets.extend(encode_frame(frame).expect("it is well formed"));
            }
            client.write_all(&octets).await.expect("the server reads");
            let (mut printer, mut lines) = (FramePrinter::new(), Vec::new());
            let mut octets = vec![0; 1 << 16];
            while lines
                .iter()
                .filter(|line: &&String| line.contains("end_stream"))
                .count()
                < 2
            {
                let count = client.read(&mut octets).await.expect("the server writes");
                lines.extend(printer.feed(&octets[..count]));
            }
            drop(client);
            let ended = server.await.expect("the server does not panic");
            assert!(ended.is_ok(), "{ended:?}");
            lines.join("\n")
        })
        .await;
    (count.get(), heard)
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_send_is_served_on_its_thread() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let (count, heard) = serve_two(dispatch).await;
        assert_eq!(count, 2);
        assert!(
            heard.contains("number 1") && heard.contains("number 2"),
            "{heard}"
        );
    }
}
