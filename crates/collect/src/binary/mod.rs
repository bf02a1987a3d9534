//! Login records of the system in binary form (detection.md 3.5): utmp, wtmp, btmp (B01), lastlog (B02), lastlog2 and
//! wtmpdb (B03).

pub(crate) mod lastlog;
pub(crate) mod login_db;
mod peers;
pub mod utmp;
pub(crate) mod utmp_record;

pub use peers::live_peers;

#[cfg(test)]
mod utmp_tests;

/// Id of records that belong together: FNV-1a over the parts, never 0.
pub(crate) fn join_id(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        for byte in part.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash.max(1)
}
