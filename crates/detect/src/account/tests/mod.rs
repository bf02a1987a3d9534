//! One table for each row of the catalogue: an attack, a near miss, a hostile case.

mod guess;
mod holders;
mod quiet;
mod whole;
