//! Both listeners: the same routes, counters and end.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result};
use eyas_server::{Builder, Counters, ProxyProtocol, Server, TlsConfig, service_fn};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::args::{Address, Args};
use crate::certificate::Certificate;
use crate::http1;
use crate::observed;
use crate::report::{Ready, Report};
use crate::shutdown::Signals;
use crate::start;
use crate::trace::Trace;

/// How the server came to its end.
#[derive(Debug)]
pub(crate) enum End {
    Drained,
    Cut,
}

/// Serves until a signal has come and all that was begun is done, or a second signal has come.
pub(crate) async fn serve(args: &Args, counters: Arc<Counters>) -> Result<End> {
    let report = args.report();
    start::check(args)?;
    let secure = start::bind("--listen", &args.listen).await?;
    let clear = start::bind("--h2c", &args.h2c).await?;
    let certificate = certificate(args)?;
    let hearing = "cannot listen for signals";
    let mut first = Signals::listen().context(hearing)?;
    let mut second = Signals::listen().context(hearing)?;

    let ready = Ready {
        https: secure.as_ref().map(|(_, address)| *address),
        h2c: clear.as_ref().map(|(_, address)| *address),
        certificate: certificate.as_ref(),
        folder: args.folder.as_deref(),
        http2_only: args.http2_only,
    };
    let drain = watch::Sender::new(false);
    let app = App::new(ready.index(), ready.folder, drain.subscribe());
    let builder = builder(args, app, counters);
    let tls = certificate
        .as_ref()
        .map(|certificate| tls(args, certificate));
    let secure = listen(args, app, builder.clone(), tls, secure, drain.subscribe());
    let clear = listen(args, app, builder, None, clear, drain.subscribe());
    let both = async { tokio::try_join!(secure, clear) };

    report.ready(&ready);
    let timeout = args.shutdown_timeout();
    let begin_to_drain = async {
        first.next().await;
        report.draining(timeout);
        drain.send_replace(true);
        pending::<Infallible>().await
    };
    let cut = async {
        second.next().await;
        second.next().await;
    };
    tokio::select! {
        served = both => {
            served.context("cannot accept connections any more")?;
            Ok(End::Drained)
        }
        never = begin_to_drain => match never {},
        () = cut => Ok(End::Cut),
    }
}

/// The certificate of the HTTPS listener, if there is to be one.
fn certificate(args: &Args) -> Result<Option<Certificate>> {
    if args.listen == Address::Off {
        return Ok(None);
    }
    if let (Some(certificate), Some(key)) = (&args.cert, &args.key) {
        return Certificate::given(certificate, key).map(Some);
    }
    let (certificate, complaint) = Certificate::own()?;
    if let Some(complaint) = complaint {
        let _ = writeln!(io::stderr(), "eyas: {complaint}.");
    }
    Ok(Some(certificate))
}

fn tls(args: &Args, certificate: &Certificate) -> TlsConfig {
    let tls = certificate.tls.clone();
    if args.keylog { tls.with_key_log() } else { tls }
}

/// What both listeners have in common.
fn builder(args: &Args, app: App, counters: Arc<Counters>) -> Builder {
    let report = args.report();
    let mut builder = Server::builder()
        .counters(counters)
        .enable_connect_protocol(true);
    if args.proxy_protocol {
        builder = builder.proxy_protocol(ProxyProtocol::Required);
    }
    if !args.http2_only {
        builder = builder.fallback_http1(move |stream| http1::serve(app, report, stream));
    }
    if args.trace {
        builder = builder.observer(|connection| Trace::new(connection.id()));
    }
    builder
}

/// Serves what `bound` accepts, if it is bound, until it has drained.
async fn listen(
    args: &Args,
    app: App,
    mut builder: Builder,
    tls: Option<TlsConfig>,
    bound: Option<(TcpListener, SocketAddr)>,
    mut draining: watch::Receiver<bool>,
) -> io::Result<()> {
    let Some((listener, _)) = bound else {
        return Ok(());
    };
    if let Some(tls) = tls {
        builder = builder.tls(tls);
    }
    let report: Report = args.report();
    let service = service_fn(move |request| async move {
        Ok::<_, Infallible>(observed::answer(app, report, request).await)
    });
    builder
        .serve(listener, service)
        .with_graceful_shutdown(async move {
            let _ = draining.wait_for(|draining| *draining).await;
        })
        .shutdown_timeout(args.shutdown_timeout())
        .await
}
