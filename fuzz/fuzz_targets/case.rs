//! Case files and incidents read back: no text may panic, and what is read projects without hidden characters.
#![no_main]

use casework::dossier::catalogue::catalogue;
use casework::dossier::{Facts, PROJECTIONS, Seen, Tongue, project};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Facts::parse(text, catalogue(), &["case"]);
    let _ = casework::era::read(text);
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    if let Ok(seen) = Seen::read(&value) {
        for (name, ..) in PROJECTIONS {
            let _ = project(&seen, name, Tongue::Ja);
        }
    }
});
