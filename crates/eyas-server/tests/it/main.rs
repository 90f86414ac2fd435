//! The facade over an in-memory transport, under simulated time.

mod bodies;
mod dispatch;
mod fallback;
mod handle;
mod life;
mod listener;
mod listener_kit;
mod local;
mod odd;
mod peer;
mod proxy;
mod stress;
#[cfg(all(feature = "_tls", feature = "self-signed"))]
mod tls;
#[cfg(all(feature = "_tls", feature = "self-signed"))]
mod tls_kit;
mod tunnel;
mod wakes;
mod watching;
mod writer;
