//! The facade over an in-memory transport, under simulated time.

mod bodies;
mod dispatch;
mod handle;
mod life;
mod local;
mod odd;
mod peer;
mod stress;
mod tunnel;
mod wakes;
mod writer;
