//! TLS with a certificate of your own. The arguments are the address, the certificate and its key.
//!
//! ```text
//! openssl req -x509 -newkey ed25519 -nodes -days 30 -subj /CN=localhost \
//!     -addext subjectAltName=DNS:localhost -keyout /tmp/key.pem -out /tmp/cert.pem
//! cargo run -p eyas-examples --example tls_from_pem 127.0.0.1:8091 /tmp/cert.pem /tmp/key.pem
//! curl --cacert /tmp/cert.pem https://localhost:8091/
//! ```

use std::convert::Infallible;

use eyas_examples::startup;
use eyas_server::{RecvBody, Server, TlsConfig, service_fn};
use http::{Request, Response};

/// Says how the client came.
async fn secure(request: Request<RecvBody>) -> Result<Response<String>, Infallible> {
    let connection = request.body().connection_info();
    let text = connection.tls().map_or_else(
        || "In clear text.\n".to_owned(),
        |tls| {
            let name = tls.sni().unwrap_or("nobody");
            format!(
                "{} with {}, to {name}.\n",
                tls.version(),
                tls.cipher_suite()
            )
        },
    );
    Ok(Response::new(text))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut files = std::env::args().skip(2);
    let (Some(certificate), Some(key)) = (files.next(), files.next()) else {
        anyhow::bail!("usage: tls_from_pem ADDRESS CERTIFICATE KEY");
    };
    // One sentence says what is wrong with which file.
    let tls = TlsConfig::from_pem_files(certificate, key)?;
    let listener = startup::listen("127.0.0.1:8091").await?;
    Server::builder()
        .tls(tls)
        .serve(listener, service_fn(secure))
        .with_graceful_shutdown(startup::stop())
        .await?;
    Ok(())
}
