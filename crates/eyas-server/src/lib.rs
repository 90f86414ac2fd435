#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod body_writer;
mod builder;
mod builder_connection;
mod cancel;
mod connection_info;
mod counters;
mod date;
mod driver;
mod error;
mod exchange;
mod exchanges;
mod held;
mod http1;
mod inline;
mod link;
mod listener;
mod options;
mod pace;
mod pipe;
mod proxy_protocol;
#[cfg(feature = "_tls")]
mod read_ahead;
mod recv_body;
mod response;
mod said;
mod serve;
mod served;
mod service;
mod shared;
mod shutdown;
mod slots;
mod speak;
mod stream_handle;
mod sync;
mod task;
mod timer;
#[cfg(feature = "_tls")]
mod tls;
#[cfg(feature = "_tls")]
mod tls_wire;
mod tracing_observer;
mod transport;
mod tunnel;
mod turn_budget;
mod watch;
mod wire;

pub use body_writer::{BodyWriter, FlushCanceller, Flushed, WriterBody, WriterClosed};
pub use builder::{Builder, Server, serve_connection};
pub use connection_info::{ConnectionInfo, Endpoints, TlsInfo};
pub use counters::{CounterSnapshot, Counters};
pub use error::{Error, Summary};
pub use http1::Http1Stream;
pub use listener::{Listener, SocketOptions};
pub use options::Dispatch;
pub use proxy_protocol::ProxyProtocol;
pub use recv_body::{BodyError, RecvBody};
pub use serve::{Serve, serve};
pub use service::{HttpService, LocalHttpService, ServiceFn, service_fn};
pub use stream_handle::{NotInformational, StreamHandle};
#[cfg(feature = "_tls")]
pub use tls::{TlsConfig, TlsError};
pub use tracing_observer::TracingObserver;
pub use tunnel::TunnelStream;

// What the layer below says and takes, so that nobody needs to name it.
pub use eyas_connection::{
    Config, ConnectionError, EndReason, ErrorCode, Limits, Observer, OutOfRange, Priority,
    Protocol, Stats, StreamId,
};
