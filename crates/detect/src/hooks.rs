//! The places where the web and the trace detectors plug in; one line each.

use crate::engine::Detector;
use crate::rule::RuleSet;
use vocab::Context;

/// Logins that web requests show.
pub(crate) use crate::web::{Seen, WebLogins};

/// All detectors, in the order in which they see a signal.
pub(crate) fn detectors(rules: &RuleSet, context: &Context) -> Vec<Box<dyn Detector>> {
    let mut detectors: Vec<Box<dyn Detector>> = vec![
        Box::new(crate::account::Watch::new(rules, context)),
        Box::new(crate::matched::Matched::new(rules)),
        Box::new(crate::web::Web::new(rules)),
        Box::new(crate::windows::Watch::new(rules)),
        Box::new(crate::windows::Chains::new(rules, context)),
        Box::new(crate::windows::Identities::new(rules)),
        Box::new(crate::windows::Tickets::new(rules)),
    ];
    detectors.extend(
        crate::correlation::Correlations::new(rules, context).map(|own| Box::new(own) as Box<dyn Detector>),
    );
    // Last: it asks the others who got in.
    detectors.push(Box::new(crate::trace::Traces::new(rules, context)));
    detectors
}
