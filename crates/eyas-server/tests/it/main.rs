//! The facade over an in-memory transport, under simulated time.

mod bodies;
mod dispatch;
mod life;
mod odd;
mod peer;
mod stress;
mod wakes;
