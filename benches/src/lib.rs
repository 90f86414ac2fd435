//! What the benches share: workloads, a client without a socket, counters, and the saved figures.
//!
//! `cargo run --release -p eyas-benches --bin counts` counts what a request costs in figures that do
//! not depend on the machine's mood; `cargo bench -p eyas-benches` measures the layers by the clock.

mod baseline;
mod callgrind;
mod client;
mod figures;
mod heap;
mod requests;
mod socket;
mod transport;
mod workload;

pub use baseline::{Baseline, Verdict};
pub use callgrind::Callgrind;
pub use client::{Client, Plan};
pub use figures::{Figures, Metric};
pub use heap::CountingAllocator;
pub use requests::{PREAMBLE, RequestBlocks, get_fields, post_fields, returning_fields};
pub use socket::serve;
pub use transport::{ScriptedTransport, Totals};
pub use workload::Workload;
