//! What the servers share: what they answer, and how they say where they listen.

#![forbid(unsafe_code)]

mod ears;
mod routes;

pub use ears::{Ears, TlsFiles};
pub use routes::{Answer, HELLO, answer, payload};
