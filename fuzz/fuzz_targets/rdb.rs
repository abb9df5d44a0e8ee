//! libFuzzer's entry to `ekv_roundtrip_fuzz::rdb`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ekv_roundtrip_fuzz::rdb::check(data));
