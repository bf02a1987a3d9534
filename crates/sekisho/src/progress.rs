//! How far the work is: on standard error, and only on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// A progress bar, or nothing.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Nothing is shown.
    pub(crate) fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    /// Shown when standard error is a terminal.
    pub(crate) fn on_terminal(quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self::hidden();
        }
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8)) }
    }

    /// Bytes to read; `None` when the end is not known.
    pub(crate) fn total(&self, bytes: Option<u64>) {
        let template = match bytes {
            Some(bytes) if bytes > 0 => {
                self.bar.set_length(bytes);
                "{bar:30} {percent:>3}% {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}"
            }
            _ => "{spinner} {bytes} {binary_bytes_per_sec} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// More bytes were read.
    pub(crate) fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Steps done, and steps in all.
    pub(crate) fn steps(&self, done: u64, of: u64) {
        if self.bar.length() != Some(of) {
            self.bar.set_length(of);
            if let Ok(style) = ProgressStyle::with_template("{bar:30} {percent:>3}% {pos}/{len} {eta}") {
                self.bar.set_style(style);
            }
        }
        self.bar.set_position(done);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
