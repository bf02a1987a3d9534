//! One table for each row of the catalogue: an attack, a near miss, a hostile case.

mod guess;
mod quiet;
mod whole;
