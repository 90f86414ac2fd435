//! 103 (Early Hints, RFC 8297): the browser fetches the style sheet while the page is being made.
//!
//! ```text
//! cargo run -p eyas-examples --example early_hints
//! curl --http2-prior-knowledge -v http://127.0.0.1:8089/
//! ```

use std::convert::Infallible;
use std::time::Duration;

use eyas_examples::startup;
use eyas_server::{RecvBody, service_fn};
use http::{Request, Response, StatusCode};

const HINT: &str = "</style.css>; rel=preload; as=style";

async fn page(request: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    if request.uri().path() == "/style.css" {
        let style = Response::builder().header("content-type", "text/css");
        let style = style.body("p { color: teal }\n".to_owned());
        return Ok(style.expect("the header is valid"));
    }
    let hints = Response::builder()
        .status(StatusCode::EARLY_HINTS)
        .header("link", HINT)
        .body(())
        .expect("the header is valid");
    let stream = request.body().stream_handle();
    stream
        .send_informational(hints)
        .expect("103 is informational");

    // The database is slow today.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let page = Response::builder()
        .header("content-type", "text/html")
        .header("link", HINT);
    let content = "<link rel=stylesheet href=style.css><p>The page.\n".to_owned();
    Ok(page.body(content).expect("the headers are valid"))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = startup::listen("127.0.0.1:8089").await?;
    eyas_server::serve(listener, service_fn(page))
        .with_graceful_shutdown(startup::stop())
        .await
}
