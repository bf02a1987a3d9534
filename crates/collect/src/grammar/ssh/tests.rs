//! sshd lines of every row, and hostile names in them.

use crate::grammar::Parsed;
use crate::grammar::check::parse;
use vocab::{Outcome, Reason};

#[test]
fn o01_rows() {
    let event = parse("sshd", "Failed password for root from 192.0.2.1 port 22 ssh2");
    assert_eq!((event.row(), event.ip().as_str()), ("O01", "192.0.2.1"));
    assert_eq!((event.event.outcome, event.event.reason), (Outcome::Failure, Reason::BadSecret));
    assert_eq!(event.event.user.as_deref(), Some("root"));
    assert_eq!(event.parsed, Parsed::Event);
}
