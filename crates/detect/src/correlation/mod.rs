//! Own correlation documents (detection.md 5.4), and Sigma correlation documents on the same runtime.

mod build;
mod entity;
mod expr;
mod fields;
mod gather;
mod lexer;
mod numbers;
mod program;
mod run;
mod sigma;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use build::compile;
pub use program::Program;
pub(crate) use run::Correlations;
pub(crate) use sigma::compile as compile_sigma;
