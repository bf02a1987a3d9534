//! Policies, statements, requests and proofs about a ledger: no text may panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        ledger::hostile::texts(text);
    }
});
