//! libFuzzer's entry to `ekv_roundtrip_fuzz::round_trip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ekv_roundtrip_fuzz::round_trip::check(data));
