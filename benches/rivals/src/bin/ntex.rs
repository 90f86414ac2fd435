//! ntex's HTTP/2 server, on one thread, everything at its default.

use std::io;

use anyhow::Result;
use eyas_bench_rivals::{Answer, Ears, answer};
use ntex::http::{HttpService, Request, Response};
use ntex::util::{Bytes, stream_recv};

fn main() -> Result<()> {
    let Ears { clear, .. } = Ears::open()?;
    ntex::rt::System::new("ntex", ntex::rt::DefaultRuntime).block_on(async {
        ntex::server::build()
            .workers(1)
            .disable_signals()
            .listen("ntex", clear, async |_| HttpService::h2(route))?
            .run()
            .await?;
        Ok(())
    })
}

async fn route(mut request: Request) -> io::Result<Response> {
    Ok(match answer(request.path()) {
        Answer::Content(content) => Response::Ok().body(Bytes::from_static(content)),
        Answer::UploadLength => {
            let mut payload = request.take_payload();
            let mut octets = 0;
            while let Some(Ok(data)) = stream_recv(&mut payload).await {
                octets += data.len();
            }
            Response::Ok().body(octets.to_string())
        }
        Answer::Nothing => Response::NotFound().finish(),
    })
}
