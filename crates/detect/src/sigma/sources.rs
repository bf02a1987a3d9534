//! Log sources of records and of rules (DT-COR-02, DT-COR-23).

use rsigma_parser::LogSource;
use vocab::{Event, LogSource as Own};

/// The log sources of one event: product, category and the services that apply together (DT-COR-23).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Sources {
    product: &'static str,
    category: &'static str,
    services: &'static [&'static str],
    /// Where it is not empty, each of these and none of the above.
    list: &'static [Own],
}

/// Services of one event at most (DT-COR-23).
const SERVICES_MAX: usize = 4;

impl Sources {
    /// Those of the event.
    pub(super) const fn of(event: &Event<'_>) -> Self {
        Self {
            product: event.product,
            category: event.category,
            services: event.sigma_services,
            list: event.log_sources,
        }
    }

    /// Is it the same static text? Cheaper than comparing it.
    pub(super) fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.product, other.product)
            && std::ptr::eq(self.category, other.category)
            && std::ptr::eq(self.services, other.services)
            && std::ptr::eq(self.list, other.list)
    }

    /// Strict: each dimension that the rule names must be present and equal, in one of the sources (DT-COR-02).
    pub(super) fn accept(&self, rule: &LogSource) -> bool {
        let same = |asked: &Option<String>, own: &str| {
            asked.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(own))
        };
        if !rule.custom.is_empty() {
            return false;
        }
        if !self.list.is_empty() {
            return self.list.iter().take(SERVICES_MAX).any(|own| {
                same(&rule.product, own.product)
                    && same(&rule.category, own.category)
                    && same(&rule.service, own.service)
            });
        }
        let service = |asked: &String| {
            self.services.iter().take(SERVICES_MAX).any(|service| asked.eq_ignore_ascii_case(service))
        };
        same(&rule.product, self.product)
            && same(&rule.category, self.category)
            && rule.service.as_ref().is_none_or(service)
    }
}
