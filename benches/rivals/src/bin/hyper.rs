//! hyper's HTTP/2 server with a `service_fn`, on one thread, everything at its default.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use eyas_bench_rivals::{Answer, Ears, TlsFiles, answer};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let Ears { clear, tls } = Ears::open()?;
    runtime.block_on(async {
        if let Some((listener, files)) = tls {
            let acceptor = TlsAcceptor::from(Arc::new(tls_config(&files)?));
            let listener = TcpListener::from_std(listener)?;
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let handshake = acceptor.accept(stream);
                    tokio::spawn(async move {
                        let Ok(stream) = handshake.await else { return };
                        // Without it a small answer may wait for the last one's acknowledgement.
                        let _set = stream.get_ref().0.set_nodelay(true);
                        serve(stream).await;
                    });
                }
            });
        }
        let listener = TcpListener::from_std(clear)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(serve(stream));
        }
    })
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + 'static) {
    let builder = http2::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service_fn(route));
    // Clients leave when they have enough, some without a word: that is no error here.
    let _end = connection.await;
}

async fn route(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(match answer(request.uri().path()) {
        Answer::Content(content) => Response::new(Full::new(Bytes::from_static(content))),
        Answer::UploadLength => {
            let mut body = request.into_body();
            let mut octets = 0;
            while let Some(Ok(frame)) = body.frame().await {
                octets += frame.data_ref().map_or(0, Bytes::len);
            }
            Response::new(Full::new(octets.to_string().into()))
        }
        Answer::Nothing => {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
    })
}

fn tls_config(files: &TlsFiles) -> Result<ServerConfig> {
    let cert = CertificateDer::from_pem_file(&files.cert).context("no certificate")?;
    let key = PrivateKeyDer::from_pem_file(&files.key).context("no key")?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(config)
}
