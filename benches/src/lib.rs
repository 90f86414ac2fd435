//! Benches for eyas.
