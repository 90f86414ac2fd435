//! The primitives `shared.rs` is built on, in one place so that its model check can swap them.

pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex, MutexGuard};
