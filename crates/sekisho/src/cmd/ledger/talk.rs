//! What a command did, in the language of the person: on standard error, beside the JSON on standard output.

use super::view;
use crate::clock::Clock;
use vocab::Message;
use web::Catalog;

/// Says one sentence.
pub(super) fn tell(message: &Message) {
    crate::output::say(&Catalog::new(view::lang(), Clock::System.zone()).render(message));
}

/// Numbers one after another, as people write them.
pub(super) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(", ")
}
