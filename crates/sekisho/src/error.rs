//! How a failure is told: `error:`, `caused by:`, `hint:`.

use std::io::Write as _;

/// Wrong use of the command line beyond what clap sees; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Usage {
    message: String,
    hint: String,
}

impl Usage {
    /// Wrong use, with what to do instead.
    pub(crate) fn error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), hint: hint.into() }.into()
    }
}

/// A failure with what to do next.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Hinted {
    message: String,
    hint: String,
}

impl Hinted {
    /// A failure, with what to do next.
    pub(crate) fn error(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), hint: hint.into() }.into()
    }
}

/// Exit code of a failure.
pub(crate) fn code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref::<Usage>().is_some() { 2 } else { 1 }
}

/// The reader of our output went away (`| head`): not a failure.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// Prints a failure to standard error; nothing in it can drive the terminal.
pub(crate) fn print(error: &anyhow::Error) {
    let mut err = std::io::stderr().lock();
    let mut lines = vec![format!("error: {error}")];
    lines.extend(error.chain().skip(1).map(|cause| format!("caused by: {cause}")));
    if let Some(usage) = error.downcast_ref::<Usage>() {
        lines.push(format!("hint: {}", usage.hint));
    }
    if let Some(hinted) = error.downcast_ref::<Hinted>() {
        lines.push(format!("hint: {}", hinted.hint));
    }
    for line in lines {
        let _ = writeln!(err, "{}", crate::output::terminal::safe(&line, usize::MAX));
    }
}
