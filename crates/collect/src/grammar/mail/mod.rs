//! Mail servers (detection.md 3.8): M01 Dovecot, M02 Postfix.

mod dovecot;
mod postfix;

pub(crate) use dovecot::dovecot;
pub(crate) use postfix::postfix;
