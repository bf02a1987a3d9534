//! Witnesses (証人): other computers that cosign a head after they have checked that the log only grew (LG chapter 10).
//! The decisions are here; the network is the caller's.

mod cosign;
mod keeper;
mod policy;
mod request;
mod watch;

pub use cosign::WitnessKey;
pub use keeper::{Verdict, Witness, WitnessError};
pub use policy::{Policy, PolicyError, Quorum, WitnessEntry};
pub use request::{AddCheckpoint, add_cosignatures, keep_cosigned};
pub use watch::{
    WITNESS_ALARM_SECONDS_DEFAULT, WitnessAlarm, WitnessAnswer, WitnessEvent, WitnessSeen, WitnessWatch,
};
