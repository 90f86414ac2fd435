//! What `tracing` is told of a connection.

use std::convert::Infallible;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use eyas_server::{RecvBody, Server, TracingObserver, service_fn};
use http::{Request, Response};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::peer::{Peer, get};

/// Keeps what is told, a line each: level, span or event, fields.
#[derive(Clone)]
struct Kept {
    lines: Arc<Mutex<Vec<String>>>,
    spans: Arc<AtomicU64>,
    most: Level,
}

impl Kept {
    fn new(most: Level) -> Self {
        Self {
            lines: Arc::default(),
            spans: Arc::default(),
            most,
        }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("not poisoned").clone()
    }

    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line(format!("{} ", metadata.level()));
        record(&mut line);
        self.lines.lock().expect("not poisoned").push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "eyas_server" && *metadata.level() <= self.most
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(span.metadata(), |line| {
            line.0.push_str(span.metadata().name());
            line.0.push(' ');
            span.record(line);
        });
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn event(&self, event: &Event<'_>) {
        assert!(event.parent().is_some(), "outside its connection");
        self.keep(event.metadata(), |line| event.record(line));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// What is told, up to a level, of a request that is answered and one that is reset.
async fn told(most: Level) -> String {
    let kept = Kept::new(most);
    let guard = tracing::subscriber::set_default(kept.clone());
    let service = service_fn(|request: Request<RecvBody>| async move {
        if request.uri().path() == "/wait" {
            std::future::pending::<()>().await;
        }
        Ok::<_, Infallible>(Response::new("ok".to_owned()))
    });
    let builder = Server::builder().observer(TracingObserver::new);
    let mut peer = Peer::with(builder, service).await;
    peer.send(&[&get(1, "/"), &get(3, "/wait")]).await;
    peer.heard().await;
    peer.send(&["RST_STREAM 3 CANCEL", "GOAWAY last=0 NO_ERROR"])
        .await;
    peer.heard().await;
    let server = peer.close();
    let ended = server.await.expect("the server does not panic");
    assert!(ended.is_ok());
    drop(guard);
    kept.lines().join("\n")
}

#[tokio::test(start_paused = true)]
async fn at_debug_a_connection_tells_its_begin_its_resets_and_its_end() {
    let told = told(Level::DEBUG).await;
    let mut lines = told.lines();
    let mut next = || lines.next().unwrap_or_default();
    assert!(next().starts_with("DEBUG connection id="), "{told}");
    assert_eq!(next(), "DEBUG message=connected ");
    assert_eq!(
        next(),
        "DEBUG message=stream reset stream=3 code=CANCEL by=\"client\" "
    );
    assert_eq!(next(), "DEBUG message=closed reason=peer_closed ");
    assert_eq!(next(), "");
}

#[tokio::test(start_paused = true)]
async fn at_trace_it_tells_every_frame_both_ways() {
    let told = told(Level::TRACE).await;
    for frame in [
        "dir=\"recv\" kind=SETTINGS stream=0 len=0 flags=NONE",
        "dir=\"recv\" kind=HEADERS stream=1 len=",
        "flags=END_STREAM | END_HEADERS",
        "dir=\"send\" kind=HEADERS stream=1",
        "dir=\"send\" kind=DATA stream=1 len=2 flags=END_STREAM",
        "dir=\"recv\" kind=GOAWAY",
    ] {
        assert!(told.contains(frame), "{frame:?} is not in\n{told}");
    }
}
