//! The ready-to-run server.
fn main() {}
