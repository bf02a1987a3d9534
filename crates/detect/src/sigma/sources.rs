//! Log sources of records and of rules (DT-COR-02, DT-COR-23).

use rsigma_parser::LogSource;
use vocab::Event;

/// The log sources of one event: product, category and the services that apply together (DT-COR-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sources {
    product: &'static str,
    category: &'static str,
    services: &'static [&'static str],
}

/// Services of one event at most (DT-COR-23).
const SERVICES_MAX: usize = 4;

impl Sources {
    /// Those of the event.
    pub(super) const fn of(event: &Event<'_>) -> Self {
        Self { product: event.product, category: event.category, services: event.sigma_services }
    }

    /// Is it the same static text? Cheaper than comparing it.
    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.product, other.product)
            && std::ptr::eq(self.category, other.category)
            && std::ptr::eq(self.services, other.services)
    }

    /// Strict: each dimension that the rule names must be present and equal (DT-COR-02).
    pub(super) fn accept(&self, rule: &LogSource) -> bool {
        let same = |asked: &Option<String>, own: &str| match asked {
            Some(asked) => asked.eq_ignore_ascii_case(own),
            None => true,
        };
        same(&rule.product, self.product)
            && same(&rule.category, self.category)
            && match &rule.service {
                None => true,
                Some(asked) => {
                    self.services.iter().take(SERVICES_MAX).any(|service| asked.eq_ignore_ascii_case(service))
                }
            }
            && rule.custom.is_empty()
    }
}
