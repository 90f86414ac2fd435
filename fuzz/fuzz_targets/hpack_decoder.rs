//! Runs `eyas_fuzz::hpack_decoder` on whatever libFuzzer thinks of.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| eyas_fuzz::hpack_decoder(data));
