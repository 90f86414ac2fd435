//! The facade over an in-memory transport, under simulated time.

mod bodies;
mod dispatch;
mod life;
mod peer;
mod wakes;
