//! A library that is its own run-time: it brings a panic handler and an allocator, as the standard
//! library does, so that the two cannot be linked together.
//!
//! The compiler says E0152 ("duplicate lang item") as soon as a dependency brings `std` along.
#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::panic::PanicInfo;
use core::ptr::null_mut;

// Named, so that each is loaded whether or not it is used.
use eyas_flow_control as _;
use eyas_frame as _;
use eyas_hpack as _;
use eyas_output as _;

struct NoMemory;

// SAFETY: no memory is ever handed out, and none can come back.
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 {
        null_mut()
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static NO_MEMORY: NoMemory = NoMemory;

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    loop {}
}
