//! Segments, frames, entries, blocks, notes, requests and tokens of a ledger: any bytes are taken apart without a panic, and what is
//! read is what would be written.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ledger::hostile::bytes(data));
