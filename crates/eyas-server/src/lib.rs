#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod counters;
mod date;
mod driver;
mod error;
mod exchange;
mod exchanges;
mod inline;
mod listener;
mod options;
mod pace;
mod recv_body;
mod response;
mod said;
mod serve;
mod service;
mod shared;
mod shutdown;
mod slots;
mod speak;
mod sync;
mod task;
mod timer;
mod transport;
mod turn_budget;

pub use builder::{Builder, Server, serve_connection};
pub use counters::{CounterSnapshot, Counters};
pub use error::{Error, Summary};
pub use listener::{Listener, SocketOptions};
pub use options::Dispatch;
pub use recv_body::{BodyError, RecvBody};
pub use serve::{Serve, serve};
pub use service::{HttpService, ServiceFn, service_fn};

// What the layer below says and takes, so that nobody needs to name it.
pub use eyas_connection::{
    Config, ConnectionError, EndReason, ErrorCode, Limits, OutOfRange, Stats,
};
