//! What the examples share: where they listen, when they end, an axum router and a gRPC service.
//!
//! The examples lie in `examples/`; each says on its first lines what it shows and how to try it.
#![forbid(unsafe_code)]

pub mod startup;
pub mod talk;
pub mod web;
