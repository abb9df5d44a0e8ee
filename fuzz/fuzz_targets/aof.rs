//! libFuzzer's entry to `ekv_roundtrip_fuzz::aof`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ekv_roundtrip_fuzz::aof::check(data));
