//! Own correlation documents (detection.md 5.4).

use crate::rule::Params;
use yaml_serde::Value;

/// A compiled document.
#[derive(Debug)]
pub struct Program {}

/// Compiles the `sekisho_correlation` block.
///
/// # Errors
/// Says what was wrong and what was expected.
pub(crate) fn compile(document: &Value, params: &Params) -> Result<Program, String> {
    let _ = (document, params);
    Err("not supported yet".to_owned())
}
