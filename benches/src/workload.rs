//! The named workloads: what the client asks, what the server answers, and what that costs in process.

use std::convert::Infallible;
use std::sync::{LazyLock, PoisonError};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use eyas_server::{Builder, Dispatch, RecvBody, Server, service_fn};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};

use crate::client::{Client, Plan};
use crate::figures::Figures;
use crate::heap::CountingAllocator;
use crate::requests::{RequestBlocks, get_fields, post_fields, returning_fields};
use crate::transport::{ScriptedTransport, Totals};

/// Something a server is asked to do, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_enums,
    reason = "whoever adds one wants to be told where it is missing"
)]
pub enum Workload {
    /// GET with five fields, 13 octets back, 100 requests in a read.
    SmallGet,
    /// The same with the 17 fields of a browser.
    BrowserGet,
    /// GET, 1 MiB back, one at a time.
    MebibyteDown,
    /// POST of 1 MiB that the handler reads to its end, one at a time.
    MebibyteUp,
    /// [`SmallGet`](Self::SmallGet) over a loopback socket.
    SocketSmallGet,
    /// The same with 17 fields beside the pseudo-fields.
    SocketBrowserGet,
}

impl Workload {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SmallGet,
        Self::BrowserGet,
        Self::MebibyteDown,
        Self::MebibyteUp,
        Self::SocketSmallGet,
        Self::SocketBrowserGet,
    ];

    /// Its name in tables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SmallGet => "small_get",
            Self::BrowserGet => "browser_get",
            Self::MebibyteDown => "mebibyte_down",
            Self::MebibyteUp => "mebibyte_up",
            Self::SocketSmallGet => "socket_small_get",
            Self::SocketBrowserGet => "socket_browser_get",
        }
    }

    /// The workload of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|workload| workload.name() == name)
    }

    /// Whether client and server are two processes.
    #[must_use]
    pub const fn is_over_socket(self) -> bool {
        matches!(self, Self::SocketSmallGet | Self::SocketBrowserGet)
    }

    /// Two numbers of requests. What the second costs more than the first, the requests between them
    /// cost: connection set-up and warm-up are in both.
    #[must_use]
    pub const fn spans(self) -> (u64, u64) {
        match self {
            Self::MebibyteDown | Self::MebibyteUp => (40, 240),
            _ => (2_000, 12_000),
        }
    }

    /// What the client asks.
    #[must_use]
    pub fn plan(self, requests: u64) -> Plan {
        let upload = format!("{MEBIBYTE}");
        let (fields, at_once, upload_octets) = match self {
            Self::SmallGet | Self::SocketSmallGet => (get_fields(false), 100, 0),
            Self::BrowserGet => (get_fields(true), 100, 0),
            Self::SocketBrowserGet => (returning_fields(), 100, 0),
            Self::MebibyteDown => (get_fields(false), 1, 0),
            Self::MebibyteUp => (post_fields(&upload), 1, MEBIBYTE as u64),
        };
        Plan {
            requests,
            at_once,
            blocks: RequestBlocks::new(&fields),
            upload_octets,
        }
    }

    /// What one request costs in process, without its instructions; nothing over a socket, where they
    /// are all that can be counted from outside.
    ///
    /// # Errors
    ///
    /// When the server does not answer every request.
    pub fn figures(self) -> Result<Figures> {
        if self.is_over_socket() {
            return Ok(Figures::default());
        }
        let (few, many) = self.spans();
        let (few_calls, few_totals) = self.counted(few)?;
        let (many_calls, many_totals) = self.counted(many)?;
        let each = |few_cost: u64, many_cost: u64| {
            Some((many_cost as f64 - few_cost as f64) / (many - few) as f64)
        };
        let each_total = |count: fn(&Totals) -> u64| each(count(&few_totals), count(&many_totals));
        Ok(Figures {
            instructions: None,
            heap_calls: each(few_calls, many_calls),
            reads: each_total(|totals| totals.reads),
            writes: each_total(|totals| totals.writes),
            octets_out: each_total(|totals| totals.octets_out),
            octets_copied: each_total(|totals| totals.octets_copied),
        })
    }

    /// Serves `requests` requests on one connection, in process.
    ///
    /// # Errors
    ///
    /// When the server does not answer every one of them.
    pub fn run(self, requests: u64) -> Result<Totals> {
        let (transport, totals) =
            ScriptedTransport::new(Client::new(self.plan(requests)), &PAYLOAD);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.context("cannot make a runtime")?;
        let server = server();
        runtime.block_on(async {
            match self {
                Self::MebibyteDown => server.serve_connection(transport, service_fn(down)).await,
                Self::MebibyteUp => server.serve_connection(transport, service_fn(up)).await,
                _ => server.serve_connection(transport, service_fn(hello)).await,
            }
        })?;
        let totals = *totals.lock().unwrap_or_else(PoisonError::into_inner);
        if totals.responses != requests {
            bail!(
                "{} answers to {requests} requests of {}",
                totals.responses,
                self.name()
            );
        }
        Ok(totals)
    }

    fn counted(self, requests: u64) -> Result<(u64, Totals)> {
        let before = CountingAllocator::calls();
        let totals = self.run(requests)?;
        Ok((CountingAllocator::calls() - before, totals))
    }
}

/// The server of all workloads.
pub(crate) fn server() -> Builder {
    // Otherwise a slow machine, or valgrind, would move handlers into tasks, a fast one would not.
    Server::builder().dispatch(Dispatch::Inline)
}

pub(crate) async fn hello(_: Request<RecvBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(
        b"Hello, World!",
    ))))
}

async fn down(_: Request<RecvBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(PAYLOAD.clone())))
}

async fn up(request: Request<RecvBody>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut body = request.into_body();
    let mut octets = 0;
    while let Some(Ok(frame)) = body.frame().await {
        octets += frame.data_ref().map_or(0, Bytes::len);
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = if octets == MEBIBYTE {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::BAD_REQUEST
    };
    Ok(response)
}

const MEBIBYTE: usize = 1 << 20;

static PAYLOAD: LazyLock<Bytes> = LazyLock::new(|| vec![b'x'; MEBIBYTE].into());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_is_answered_to_its_last_request() {
        for workload in Workload::ALL {
            let totals = workload.run(5).unwrap_or_else(|error| panic!("{error:#}"));
            assert_eq!(totals.responses, 5, "{}", workload.name());
        }
    }

    #[test]
    fn what_lies_in_the_payload_counts_as_not_copied() {
        let totals = Workload::MebibyteDown
            .run(4)
            .unwrap_or_else(|error| panic!("{error:#}"));
        assert!(totals.octets_out > 4 << 20);
        assert!(totals.octets_copied < totals.octets_out / 100, "{totals:?}");
        let totals = Workload::SmallGet
            .run(4)
            .unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(totals.octets_copied, totals.octets_out);
    }
}
