//! Content in push style.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use eyas_server::{
    BodyWriter, Dispatch, Flushed, RecvBody, Server, WriterBody, WriterClosed, service_fn,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::peer::{Peer, SILENCE, get};

/// A server whose handlers give their writers away.
async fn writers() -> (Peer, tokio::sync::mpsc::UnboundedReceiver<BodyWriter>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    let service = service_fn(move |_: Request<RecvBody>| {
        let (writer, body) = BodyWriter::new();
        let _ = sender.send(writer);
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let mut peer = Peer::with(Server::builder().date_header(false), service).await;
    peer.send(&[&get(1, "/")]).await;
    assert_eq!(peer.heard().await, ["HEADERS 1 end_headers :status=200"]);
    (peer, receiver)
}

#[tokio::test(start_paused = true)]
async fn what_is_written_is_sent_when_it_is_flushed() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    writer.put(b"one ");
    assert_eq!(writer.unflushed_octets(), 4);
    assert_eq!(peer.heard().await, SILENCE);
    assert_eq!(writer.flush().await, Ok(Flushed::Ready));
    assert_eq!(writer.unflushed_octets(), 0);
    assert_eq!(peer.heard().await, ["DATA 1 \"one \""]);

    let lent = writer.reserve(16);
    lent[..3].copy_from_slice(b"two");
    writer.advance(3);
    writer.put_bytes(Bytes::from_static(b" three"));
    assert_eq!(
        peer.heard().await.concat().replace("\"DATA 1 \"", ""),
        "DATA 1 \"two three\""
    );
    writer.finish();
    assert_eq!(peer.heard().await, ["DATA 1 end_stream"]);
}

#[tokio::test(start_paused = true)]
async fn the_end_rides_on_the_last_content_that_has_not_left() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    writer.put(b"all");
    writer.finish();
    assert_eq!(peer.heard().await, ["DATA 1 end_stream \"all\""]);
}

#[tokio::test(start_paused = true)]
async fn a_trailer_section_ends_the_content() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    writer.put(b"all");
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    writer.trailers(trailers);
    assert_eq!(
        peer.heard().await,
        [
            "DATA 1 \"all\"",
            "HEADERS 1 end_stream end_headers grpc-status=0"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_is_dropped_or_aborted_resets_the_stream() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    writer.put(b"half of it");
    drop(writer);
    assert_eq!(peer.heard().await, ["RST_STREAM 1 INTERNAL_ERROR"]);

    peer.send(&[&get(3, "/")]).await;
    assert_eq!(peer.heard().await, ["HEADERS 3 end_headers :status=200"]);
    let writer = writers.recv().await.expect("the handler ran");
    writer.abort("the disk is full");
    assert_eq!(peer.heard().await, ["RST_STREAM 3 INTERNAL_ERROR"]);
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_while_the_client_does_not_read_and_can_be_cancelled() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    // The window, the connection's own buffer and the writer's.
    let mut handed_over = 0;
    let chunk = Bytes::from(vec![b'x'; 16 * 1024]);
    loop {
        writer.put_bytes(chunk.clone());
        handed_over += chunk.len();
        let flush = tokio::time::timeout(Duration::from_secs(1), writer.flush()).await;
        if flush.is_err() {
            break;
        }
        assert!(handed_over < 2 << 20, "it never waits");
    }
    assert!(handed_over >= 64 * 1024, "{handed_over}");

    let canceller = writer.flush_canceller();
    let waiting = tokio::spawn(async move {
        let flushed = writer.flush().await;
        (writer, flushed)
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    canceller.cancel_pending_flush();
    let (mut writer, flushed) = waiting.await.expect("it does not panic");
    assert_eq!(flushed, Ok(Flushed::Cancelled));

    // The next one is cancelled ahead of itself.
    canceller.cancel_pending_flush();
    assert_eq!(writer.flush().await, Ok(Flushed::Cancelled));

    // And a client that reads lets it go on.
    let waiting = tokio::spawn(async move { writer.flush().await });
    peer.send(&["WINDOW_UPDATE 0 +4000000", "WINDOW_UPDATE 1 +4000000"])
        .await;
    peer.heard().await;
    let flushed = waiting.await.expect("it does not panic");
    assert_eq!(flushed, Ok(Flushed::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_writer_hears_that_its_client_is_gone() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    writer.put(b"some");
    peer.send(&["RST_STREAM 1 CANCEL"]).await;
    peer.heard().await;
    assert!(writer.is_closed());
    assert_eq!(writer.flush().await, Err(WriterClosed));
    let error = writer.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn as_an_async_write_it_copies_and_ends() {
    let (mut peer, mut writers) = writers().await;
    let mut writer = writers.recv().await.expect("the handler ran");
    let mut file = &b"from a file"[..];
    tokio::io::copy(&mut file, &mut writer)
        .await
        .expect("the client reads");
    writer.shutdown().await.expect("it ends");
    assert_eq!(peer.heard().await, ["DATA 1 end_stream \"from a file\""]);
    assert!(writer.write_all(b"more").await.is_err());
}

/// Only a flush can be cancelled: a write that waits has no room, and the cancellation stands.
#[test]
fn a_cancelled_flush_makes_no_room_for_a_write() {
    let (mut writer, _body) = BodyWriter::with_capacity(1);
    writer.put_bytes(Bytes::from_static(b"x"));
    writer.flush_canceller().cancel_pending_flush();
    let mut context = Context::from_waker(Waker::noop());
    let write = Pin::new(&mut writer).poll_write(&mut context, b"y");
    assert!(write.is_pending());
    let flushed = pin!(writer.flush()).poll(&mut context);
    assert_eq!(flushed, Poll::Ready(Ok(Flushed::Cancelled)));
}

#[test]
fn a_flush_behind_the_end_succeeds() {
    let (mut writer, body) = BodyWriter::new();
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(
        Pin::new(&mut writer).poll_shutdown(&mut context),
        Poll::Ready(Ok(()))
    ));
    // As when it was sent to its end.
    drop(body);
    let flushed = AsyncWrite::poll_flush(Pin::new(&mut writer), &mut context);
    assert!(matches!(flushed, Poll::Ready(Ok(()))));
}

#[test]
#[should_panic(expected = "only 2 were reserved")]
fn advancing_beyond_what_was_reserved_panics() {
    let (mut writer, _body) = BodyWriter::new();
    assert!(writer.reserve(2).len() == 2);
    writer.advance(3);
}

#[test]
fn a_flush_that_is_dropped_has_handed_over_all_the_same() {
    let (mut writer, body): (_, WriterBody) = BodyWriter::with_capacity(1);
    writer.put(b"ab");
    {
        let mut flush = pin!(writer.flush());
        let mut context = Context::from_waker(Waker::noop());
        assert!(flush.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(writer.unflushed_octets(), 0);
    writer.finish();
    assert!(!http_body::Body::is_end_stream(&body));
}

/// Through a window that is smaller than what is written, from a task beside the handler's.
#[tokio::test(start_paused = true)]
async fn every_octet_comes_through_a_small_window_wherever_the_handler_runs() {
    for dispatch in [Dispatch::Adaptive, Dispatch::Inline, Dispatch::Spawn] {
        let service = service_fn(|_: Request<RecvBody>| async {
            let (mut writer, body) = BodyWriter::with_capacity(1000);
            tokio::spawn(async move {
                for _ in 0..100 {
                    writer.write_all(&[b'x'; 1000]).await?;
                    writer.flush().await?;
                }
                writer.finish();
                Ok::<_, std::io::Error>(())
            });
            Ok::<_, Infallible>(Response::new(body))
        });
        let builder = Server::builder().date_header(false).dispatch(dispatch);
        let mut peer = Peer::with(builder, service).await;
        peer.send(&["SETTINGS initial_window_size=700"]).await;
        peer.heard().await;
        peer.send(&[&get(1, "/")]).await;
        let mut heard = peer.heard().await;
        for _ in 0..200 {
            peer.send(&["WINDOW_UPDATE 1 +700", "WINDOW_UPDATE 0 +700"])
                .await;
            heard.extend(peer.heard().await);
        }
        let ends = heard.iter().filter(|line| line.contains("end_stream"));
        assert_eq!(ends.count(), 1, "{dispatch:?}");
        let octets: usize = heard
            .iter()
            .filter_map(|line| line.split_once("repeat:")?.1.split_once(':'))
            .map(|(count, _)| count.parse::<usize>().expect("it is a number"))
            .sum();
        assert!(
            (95_000..=100_000).contains(&octets),
            "{dispatch:?}: {octets}"
        );
    }
}
