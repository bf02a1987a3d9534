//! Secrets of one session from random bytes that were passed in. Each draw forgets what it was made from, so that the
//! memory of today does not yield the keys of yesterday.

use crate::{Hash, keys};
use zeroize::Zeroizing;

/// A generator with key erasure: HMAC-SHA-256, the state replaced at each draw.
pub(crate) struct Draw {
    state: Zeroizing<Hash>,
}

impl Draw {
    pub(crate) fn new(entropy: &Hash) -> Self {
        Self { state: Zeroizing::new(keys::hmac(entropy, &[b"sekisho-ledger-1 draw"])) }
    }
    pub(crate) fn next(&mut self) -> Zeroizing<Hash> {
        let out = Zeroizing::new(keys::hmac(&self.state, &[b"out"]));
        let next = keys::hmac(&self.state, &[b"next"]);
        *self.state = next;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_differ_and_depend_on_the_entropy_alone() {
        let (mut one, mut other) = (Draw::new(&[1; 32]), Draw::new(&[1; 32]));
        let first = one.next();
        assert_eq!(first, other.next());
        assert_ne!(first, one.next());
        assert_ne!(first, Draw::new(&[2; 32]).next());
    }
}
