//! Workloads over a loopback socket: the server, a process of its own, and the client that asks it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use eyas_server::service_fn;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::client::{Client, Plan};
use crate::workload::{hello, server};

/// Serves small answers on a free port until standard input ends; the first line of standard output
/// is the address.
///
/// # Errors
///
/// When there is no runtime, or no port.
pub fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.context("cannot make a runtime")?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.context("cannot listen on a loopback port")?;
        println!("{}", listener.local_addr().context("no address")?);
        let (stop, stopped) = oneshot::channel::<()>();
        thread::spawn(move || {
            // Whatever ends it, an error too, ends the server.
            let _end = io::copy(&mut io::stdin(), &mut io::sink());
            drop(stop);
        });
        server()
            .serve(listener, service_fn(hello))
            .with_graceful_shutdown(async {
                let _closed = stopped.await;
            })
            .await
            .context("the server ended")
    })
}

/// Asks the server at `address` all of `plan`, on one connection.
///
/// # Errors
///
/// When the server cannot be reached, says nothing for a minute, or does not answer every request.
pub(crate) fn ask(address: SocketAddr, plan: Plan) -> Result<()> {
    let requests = plan.requests;
    let mut client = Client::new(plan);
    let mut socket = TcpStream::connect(address)
        .with_context(|| format!("cannot connect to the server at {address}"))?;
    socket.set_nodelay(true).context("no TCP_NODELAY")?;
    socket
        .set_read_timeout(Some(PATIENCE))
        .context("no time limit for reads")?;
    let mut buffer = vec![0; 256 * 1024];
    while client.responses() < requests {
        while let Some(octets) = client.read(usize::MAX) {
            socket
                .write_all(octets)
                .context("the server reads no more")?;
        }
        match socket.read(&mut buffer) {
            Ok(0) => bail!(
                "the server closed after {} of {requests} answers",
                client.responses()
            ),
            Ok(octets) => client.written(&buffer[..octets]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("nothing came from the server"),
        }
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::workload::Workload;

    #[test]
    fn a_server_that_hangs_up_is_an_error_that_says_how_far_it_got() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("it listens");
        let server = thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("a client");
            // One answer of two: HEADERS with END_STREAM on stream 1.
            socket
                .write_all(&[0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88])
                .expect("it reads");
            let mut octets = [0; 1024];
            let _request = socket.read(&mut octets);
        });
        let said = ask(address, Workload::SocketSmallGet.plan(2)).map_err(|e| e.to_string());
        let expected = "the server closed after 1 of 2 answers";
        assert_eq!(said, Err(expected.to_owned()));
        server.join().expect("it ended");
    }
}
