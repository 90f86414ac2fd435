//! h2 without hyper, on one thread, everything at its default.

use anyhow::Result;
use bytes::Bytes;
use eyas_bench_rivals::{Answer, Ears, answer};
use h2::RecvStream;
use h2::server::{self, SendResponse};
use http::{HeaderValue, Request, Response, StatusCode, header};
use tokio::net::{TcpListener, TcpStream};

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Ears { clear, .. } = Ears::open()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(clear)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async {
                // Clients leave when they have enough, some without a word: that is no error here.
                let _end = serve(stream).await;
            });
        }
    })
}

async fn serve(stream: TcpStream) -> Result<(), h2::Error> {
    let mut connection = server::handshake(stream).await?;
    while let Some(exchange) = connection.accept().await {
        let (request, respond) = exchange?;
        // As its own examples do: answered here, every answer would be a write of its own.
        tokio::spawn(async {
            // A client that leaves is no error here.
            let _end = exchange_of(request, respond).await;
        });
    }
    Ok(())
}

async fn exchange_of(
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    match answer(request.uri().path()) {
        Answer::Content(content) => send(respond, Bytes::from_static(content)),
        Answer::UploadLength => upload(request, respond).await,
        Answer::Nothing => refuse(respond),
    }
}

async fn upload(
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
) -> Result<(), h2::Error> {
    let mut body = request.into_body();
    let mut octets = 0;
    while let Some(data) = body.data().await {
        let data = data?;
        octets += data.len();
        body.flow_control().release_capacity(data.len())?;
    }
    send(respond, octets.to_string().into())
}

/// A head with the length, as every other server sends it, and the content.
fn send(mut respond: SendResponse<Bytes>, content: Bytes) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    let length = HeaderValue::from(content.len());
    head.headers_mut().insert(header::CONTENT_LENGTH, length);
    respond.send_response(head, false)?.send_data(content, true)
}

fn refuse(mut respond: SendResponse<Bytes>) -> Result<(), h2::Error> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::NOT_FOUND;
    respond.send_response(head, true).map(drop)
}
