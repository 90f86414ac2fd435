//! The gRPC service `eyas.examples.Talk`: a method of each kind, one that takes its time, and one that
//! tells how many calls were given up by their clients.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

use api::talk_server::TalkServer;

pub use api::talk_client::TalkClient;

/// A text, field 1.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[expect(clippy::exhaustive_structs, reason = "as the wire has it")]
pub struct Words {
    /// The text.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// A number, field 1.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Count {
    /// The number.
    #[prost(uint64, tag = "1")]
    pub count: u64,
}

/// When calls were dropped before they had ended.
#[derive(Clone, Debug, Default)]
pub struct Abandoned {
    times: Arc<Mutex<Vec<Instant>>>,
}

impl Abandoned {
    /// The instant of each, the earliest first.
    pub fn times(&self) -> Vec<Instant> {
        self.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn push_now(&self) {
        self.times
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Instant::now());
    }
}

/// The service beside `grpc.health.v1.Health`, ready to be served by whatever serves tower services.
pub async fn routes(abandoned: Abandoned) -> Routes {
    let (health, health_service) = tonic_health::server::health_reporter();
    let talk = TalkServer::new(Talk { abandoned });
    health.set_serving::<TalkServer<Talk>>().await;
    Routes::new(talk).add_service(health_service).prepare()
}

#[derive(Debug)]
struct Talk {
    abandoned: Abandoned,
}

#[tonic::async_trait]
impl api::talk_server::Talk for Talk {
    async fn say(&self, request: Request<Words>) -> Result<Response<Words>, Status> {
        let name = request.into_inner().text;
        if name.is_empty() {
            return Err(Status::invalid_argument("a name is wanted: äöü 100 %"));
        }
        let mut response = Response::new(Words {
            text: format!("Hello, {name}!"),
        });
        response
            .metadata_mut()
            .insert("x-served-by", "eyas".parse().expect("is ASCII"));
        Ok(response)
    }

    async fn collect(&self, request: Request<Streaming<Words>>) -> Result<Response<Count>, Status> {
        let words = request.into_inner();
        let count = words
            .try_fold(0, |count, _| async move { Ok(count + 1) })
            .await?;
        Ok(Response::new(Count { count }))
    }

    type ReciteStream = BoxStream<'static, Result<Words, Status>>;

    async fn recite(
        &self,
        request: Request<Count>,
    ) -> Result<Response<Self::ReciteStream>, Status> {
        let count = request.into_inner().count;
        let mut guard = Guard::new(&self.abandoned);
        Ok(Response::new(
            stream::iter(1..=count)
                .map(move |number| {
                    if number == count {
                        guard.end();
                    }
                    Ok(Words {
                        text: format!("line {number}"),
                    })
                })
                .boxed(),
        ))
    }

    type ChatStream = Streaming<Words>;

    /// Says back what it hears, as it comes.
    async fn chat(
        &self,
        request: Request<Streaming<Words>>,
    ) -> Result<Response<Streaming<Words>>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    /// Answers after so many milliseconds.
    async fn sleep(&self, request: Request<Count>) -> Result<Response<Count>, Status> {
        let mut guard = Guard::new(&self.abandoned);
        let duration = request.into_inner();
        tokio::time::sleep(Duration::from_millis(duration.count)).await;
        guard.end();
        Ok(Response::new(duration))
    }

    /// How many calls were dropped before they had ended.
    async fn abandoned(&self, _: Request<Count>) -> Result<Response<Count>, Status> {
        let count = self.abandoned.times().len() as u64;
        Ok(Response::new(Count { count }))
    }
}

/// Notes when it is dropped early.
struct Guard {
    abandoned: Abandoned,
    has_ended: bool,
}

impl Guard {
    fn new(abandoned: &Abandoned) -> Self {
        Self {
            abandoned: abandoned.clone(),
            has_ended: false,
        }
    }

    fn end(&mut self) {
        self.has_ended = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.has_ended {
            self.abandoned.push_now();
        }
    }
}

#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "written by build.rs"
)]
mod api {
    include!(concat!(env!("OUT_DIR"), "/eyas.examples.Talk.rs"));
}
