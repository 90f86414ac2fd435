//! Runs `eyas_fuzz::hpack_limits` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eyas_fuzz::hpack_limits(data));
