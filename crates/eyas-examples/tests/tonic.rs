//! The gRPC service of the example, called by tonic's own client.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use eyas_examples::talk::{self, Abandoned, Count, TalkClient, Words};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const MESSAGES: u64 = 5000;

#[tokio::test]
async fn a_unary_call_is_answered_with_its_metadata() {
    let (mut talk, _) = talk().await;
    let response = talk.say(words("Ada")).await.unwrap();
    assert_eq!(response.metadata().get("x-served-by").unwrap(), "eyas");
    assert_eq!(response.into_inner(), words("Hello, Ada!"));
}

#[tokio::test]
async fn a_message_larger_than_every_window_comes_back() {
    let (talk, _) = talk().await;
    let name = "x".repeat(3_000_000);
    let mut talk = talk.max_decoding_message_size(8 << 20);
    let said = talk.say(words(&name)).await.unwrap().into_inner();
    assert_eq!(said, words(&format!("Hello, {name}!")));
}

#[tokio::test]
async fn five_thousand_messages_of_a_client_are_counted() {
    let (mut talk, _) = talk().await;
    let lines = stream::iter(0..MESSAGES).map(|number| words(&format!("line {number}")));
    let count = talk.collect(lines).await.unwrap().into_inner();
    assert_eq!(count.count, MESSAGES);
}

#[tokio::test]
async fn five_thousand_messages_of_the_server_arrive_in_order() {
    let (mut talk, abandoned) = talk().await;
    let lines = talk
        .recite(Count { count: MESSAGES })
        .await
        .unwrap()
        .into_inner();
    let lines: Vec<_> = lines.try_collect().await.unwrap();
    let expected: Vec<_> = (1..=MESSAGES)
        .map(|number| words(&format!("line {number}")))
        .collect();
    assert_eq!(lines, expected);
    assert!(abandoned.times().is_empty());
}

#[tokio::test]
async fn five_thousand_messages_both_ways_come_back_in_order() {
    let (mut talk, _) = talk().await;
    let said: Vec<_> = (0..MESSAGES)
        .map(|number| words(&format!("line {number}")))
        .collect();
    let heard = talk
        .chat(stream::iter(said.clone()))
        .await
        .unwrap()
        .into_inner();
    let heard: Vec<_> = heard.try_collect().await.unwrap();
    assert_eq!(heard, said);
}

#[tokio::test]
async fn both_ways_in_turns_waits_for_nothing_but_the_other_side() {
    let (mut talk, _) = talk().await;
    let (say, saying) = tokio::sync::mpsc::channel(1);
    let lines = tokio_stream::wrappers::ReceiverStream::new(saying);
    say.send(words("turn 0")).await.unwrap();
    let mut heard = talk.chat(lines).await.unwrap().into_inner();
    for number in 1..=200 {
        assert_eq!(
            heard.message().await.unwrap(),
            Some(words(&format!("turn {}", number - 1)))
        );
        say.send(words(&format!("turn {number}"))).await.unwrap();
    }
    drop(say);
    assert_eq!(heard.message().await.unwrap(), Some(words("turn 200")));
    assert_eq!(heard.message().await.unwrap(), None);
}

#[tokio::test]
async fn an_error_arrives_with_its_code_and_message() {
    let (mut talk, _) = talk().await;
    let status = talk.say(words("")).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(status.message(), "a name is wanted: äöü 100 %");
}

#[tokio::test]
async fn a_deadline_ends_the_call_and_drops_its_handler() {
    let (mut talk, abandoned) = talk().await;
    let mut request = Request::new(Count { count: 60_000 });
    request.set_timeout(Duration::from_millis(300));
    let begun = Instant::now();
    let status = talk.sleep(request).await.unwrap_err();
    let took = begun.elapsed();
    // tonic's client says so when its own timer ends the call.
    assert!(
        matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled),
        "{status}"
    );
    assert!((250..2000).contains(&took.as_millis()), "{took:?}");
    nth_dropped(&abandoned, 1).await;
}

#[tokio::test]
async fn a_handler_is_dropped_within_100_ms_of_the_cancel() {
    let (talk, abandoned) = talk().await;
    let mut best = Duration::MAX;
    // The best of three, so that a machine that stalls does not fail it.
    for round in 1..=3 {
        let mut talk = talk.clone();
        let call = tokio::spawn(async move { talk.sleep(Count { count: 60_000 }).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let cancelled = Instant::now();
        call.abort();
        best = best.min(
            nth_dropped(&abandoned, round)
                .await
                .duration_since(cancelled),
        );
    }
    assert!(best <= Duration::from_millis(100), "{best:?}");
}

#[tokio::test]
async fn a_stream_is_dropped_when_its_client_has_heard_enough() {
    let (mut talk, abandoned) = talk().await;
    let mut lines = talk
        .recite(Count { count: u64::MAX })
        .await
        .unwrap()
        .into_inner();
    for _ in 0..10 {
        lines.message().await.unwrap();
    }
    assert!(abandoned.times().is_empty());
    drop(lines);
    nth_dropped(&abandoned, 1).await;
}

#[tokio::test]
async fn the_health_service_knows_talk_and_nobody_else() {
    let mut health = HealthClient::new(channel(serve(Abandoned::default()).await).await);
    let mut ask = async |service: &str| {
        let request = HealthCheckRequest {
            service: service.to_owned(),
        };
        health
            .check(request)
            .await
            .map(|response| response.into_inner().status())
    };
    assert_eq!(ask("").await.unwrap(), ServingStatus::Serving);
    assert_eq!(
        ask("eyas.examples.Talk").await.unwrap(),
        ServingStatus::Serving
    );
    assert_eq!(ask("nobody").await.unwrap_err().code(), Code::NotFound);
}

fn words(text: &str) -> Words {
    Words {
        text: text.to_owned(),
    }
}

/// A client of a server of its own, and what that notes.
async fn talk() -> (TalkClient<Channel>, Abandoned) {
    let abandoned = Abandoned::default();
    let address = serve(abandoned.clone()).await;
    (TalkClient::new(channel(address).await), abandoned)
}

async fn serve(abandoned: Abandoned) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = talk::routes(abandoned).await;
    tokio::spawn(eyas_server::serve(listener, routes).into_future());
    address
}

async fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// When the `number`th call was given up, as soon as it was.
async fn nth_dropped(abandoned: &Abandoned, number: usize) -> Instant {
    for _ in 0..5000 {
        if let Some(time) = abandoned.times().get(number - 1) {
            return *time;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("the handler was not dropped");
}
