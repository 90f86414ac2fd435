//! Accepting: how many, who they are, and how long they stay.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use eyas_server::{
    ConnectionInfo, Counters, EndReason, ProxyProtocol, RecvBody, Server, TracingObserver,
    service_fn,
};
use http::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use crate::listener_kit::{Client, Rig, get, read_text};

#[tokio::test(start_paused = true)]
async fn no_more_connections_than_allowed_are_alive_and_the_next_waits_for_one_to_end() {
    let rig = Rig::start(Server::builder().max_connections(2));
    let mut first = Client::new(rig.connect().await).await;
    let mut second = Client::new(rig.connect().await).await;
    first.ask(1).await;
    second.ask(1).await;
    let mut third = Client::new(rig.connect().await).await;
    let waiting = tokio::time::timeout(Duration::from_secs(9), third.ask(1)).await;
    assert!(waiting.is_err(), "{waiting:?}");
    drop(first);
    third.until("from ").await;
    second.ask(3).await;
}

#[tokio::test]
async fn handlers_know_both_ends_of_a_socket_and_the_connections_number() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let about = |request: Request<RecvBody>| async move {
        let info = request.body().connection_info();
        let (peer, local) = (info.peer_addr(), info.local_addr());
        let text = format!("{} from {peer:?} to {local:?}", info.id());
        Ok::<_, Infallible>(Response::new(text))
    };
    let server = Server::builder().serve(listener, service_fn(about));
    let address = server.local_addr().expect("an address");
    let server = tokio::spawn(async move { server.await });
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let io = TcpStream::connect(address).await.expect("it listens");
        let own = io.local_addr().expect("an address");
        let mut client = Client::new(io).await;
        client.send(&[&get(1, "/")]).await;
        let line = client.until(" from ").await;
        let ends = format!("from Some({own}) to Some({address})");
        assert!(line.contains(&ends), "{line}");
        let number = line
            .split('"')
            .nth(1)
            .and_then(|text| text.split(' ').next());
        numbers.push(
            number
                .and_then(|text| text.parse::<u64>().ok())
                .expect("a number"),
        );
    }
    assert!(1 <= numbers[0] && numbers[0] < numbers[1], "{numbers:?}");
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_streams_is_closed_when_it_has_been_idle_long_enough() {
    let rig = Rig::start(Server::builder().idle_timeout(Some(Duration::from_secs(7))));
    let mut client = Client::new(rig.connect().await).await;
    client.ask(1).await;
    let start = Instant::now();
    client.until("GOAWAY").await;
    assert_eq!(start.elapsed().as_secs(), 7);
    client.send(&["PING ACK \"eyas:bye\""]).await;
    client.until("EOF").await;
    assert_eq!(rig.ends().await, [(EndReason::IdleTimeout, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_a_stream_is_not_idle() {
    let rig = Rig::start(Server::builder().idle_timeout(Some(Duration::from_secs(7))));
    let mut client = Client::new(rig.connect().await).await;
    let start = Instant::now();
    client.send(&[&get(1, "/slow")]).await;
    client.until("from ").await;
    assert_eq!(start.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn connections_that_began_together_grow_old_at_different_times() {
    let age = Duration::from_secs(1000);
    let rig = Rig::start(
        Server::builder()
            .idle_timeout(None)
            .max_connection_age(Some(age)),
    );
    let mut ages = Vec::new();
    for _ in 0..4 {
        let mut client = Client::new(rig.connect().await).await;
        let start = Instant::now();
        let goaway = tokio::time::timeout(age * 2, async {
            loop {
                if let Ok(line) =
                    tokio::time::timeout(Duration::from_secs(1), client.until("GOAWAY")).await
                {
                    break line;
                }
            }
        });
        goaway.await.expect("it grows old");
        ages.push(start.elapsed());
        client.send(&["PING ACK \"eyas:bye\""]).await;
        client.until("EOF").await;
    }
    assert!(
        ages.iter()
            .all(|&one| age * 9 / 10 <= one && one <= age + Duration::from_secs(1))
    );
    ages.dedup();
    assert!(ages.len() > 1, "{ages:?}");
    assert_eq!(rig.ends().await, [(EndReason::MaxConnectionAge, 4)]);
}

#[tokio::test(start_paused = true)]
async fn an_old_connection_that_does_not_end_is_cut_after_its_grace() {
    let builder = Server::builder()
        .max_connection_age(Some(Duration::from_secs(10)))
        .max_connection_age_grace(Duration::from_secs(5));
    let rig = Rig::start(builder);
    let mut client = Client::new(rig.connect().await).await;
    let start = Instant::now();
    client.send(&[&get(1, "/slow")]).await;
    client.until("EOF").await;
    let elapsed = start.elapsed().as_secs();
    assert!((14..=15).contains(&elapsed), "{elapsed}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_no_ping_is_let_go() {
    let builder = Server::builder()
        .keep_alive_interval(Some(Duration::from_secs(5)))
        .keep_alive_timeout(Duration::from_secs(2));
    let rig = Rig::start(builder);
    let mut client = Client::new(rig.connect().await).await;
    client.send(&[&get(1, "/slow")]).await;
    let start = Instant::now();
    client.until("PING").await;
    assert_eq!(start.elapsed().as_secs(), 5);
    client.until("EOF").await;
    assert_eq!(start.elapsed().as_secs(), 7);
    assert_eq!(rig.ends().await, [(EndReason::KeepAliveTimeout, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_preface_that_does_not_come_ends_a_connection_without_any_of_it_all() {
    let rig = Rig::start(Server::builder());
    let mut io = rig.connect().await;
    read_text(&mut io).await;
    assert_eq!(rig.ends().await, [(EndReason::PrefaceTimeout, 1)]);
}

/// Panics when it is called for the first time.
fn panics_once() -> impl Fn() + Clone + Send + Sync + 'static {
    let calls = Arc::new(AtomicUsize::new(0));
    move || assert_ne!(calls.fetch_add(1, Ordering::Relaxed), 0, "on purpose")
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_costs_its_own_connection_alone() {
    let panic = panics_once();
    let observed = Server::builder().observer(move |connection: &ConnectionInfo| {
        panic();
        TracingObserver::new(connection)
    });
    let panic = panics_once();
    let extended = Server::builder().extend_request(move |_, _| panic());
    for builder in [observed, extended] {
        let rig = Rig::start(builder);
        let mut first = Client::new(rig.connect().await).await;
        first.send(&[&get(1, "/")]).await;
        first.until("EOF").await;
        Client::new(rig.connect().await).await.ask(1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let ends = rig.ends().await;
        assert_eq!(ends.iter().map(|(_, count)| count).sum::<u64>(), 2);
        assert!(ends.contains(&(EndReason::ClosedByApplication, 1)));
    }
}

/// A service whose second clone panics: the first one is that of the first connection.
struct Brittle(Arc<AtomicUsize>);

impl Clone for Brittle {
    fn clone(&self) -> Self {
        assert_ne!(self.0.fetch_add(1, Ordering::Relaxed), 0, "on purpose");
        Self(self.0.clone())
    }
}

impl tower_service::Service<Request<RecvBody>> for Brittle {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<RecvBody>) -> Self::Future {
        ready(Ok(Response::new("from a clone".to_owned())))
    }
}

#[tokio::test]
async fn a_service_whose_clone_panics_costs_one_connection_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = Server::builder().serve(listener, Brittle(Arc::default()));
    let address = server.local_addr().expect("an address");
    let server = tokio::spawn(async move { server.await });
    let mut first = TcpStream::connect(address).await.expect("it listens");
    assert_eq!(read_text(&mut first).await, "");
    let io = TcpStream::connect(address).await.expect("it listens");
    Client::new(io).await.ask(1).await;
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_its_owner_drops_is_counted_once_however_far_it_was() {
    let counters = Arc::new(Counters::default());
    let service = service_fn(|_: Request<RecvBody>| async {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    for builder in [
        Server::builder(),
        Server::builder().proxy_protocol(ProxyProtocol::Required),
    ] {
        let (_io, theirs) = tokio::io::duplex(100);
        let serving = builder
            .counters(counters.clone())
            .serve_connection(theirs, service);
        let dropped = tokio::time::timeout(Duration::from_secs(1), serving).await;
        assert!(dropped.is_err(), "{dropped:?}");
    }
    let ends = counters.snapshot().ends;
    assert_eq!(ends, [(EndReason::ClosedByApplication, 2)]);
}

#[test]
#[should_panic(expected = "handshake_timeout is 0ns, must be 1ms to 1h")]
fn a_handshake_timeout_out_of_range_is_refused() {
    let _ = Server::builder().handshake_timeout(Duration::ZERO);
}

#[test]
#[should_panic(expected = "idle_timeout_ms is 172800000, must be 0 to 86400000")]
fn an_idle_timeout_out_of_range_is_refused() {
    let _ = Server::builder().idle_timeout(Some(Duration::from_secs(2 * 86_400)));
}

#[test]
fn a_server_says_what_it_was_told() {
    let server = Server::builder()
        .proxy_protocol(ProxyProtocol::Optional)
        .max_connections(7);
    let text = format!("{server:?}");
    assert!(text.contains("max_connections: Some(7)"), "{text}");
    assert!(text.contains("proxy_protocol: Optional"), "{text}");
}
