//! Where addresses are used (所在), as a database of the operator says (detection.md K-11, K-12).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What a database knows of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// Latitude in degrees north and longitude in degrees east; `None` when only the country is known.
    pub position: Option<(f64, f64)>,
    /// Radius around the position in which the address may be, kilometres.
    pub accuracy_km: f64,
    /// Country, ISO 3166-1 alpha-2 in capital letters.
    pub country: Option<[u8; 2]>,
    /// Number of the autonomous system that announces the address.
    pub system: Option<u32>,
    /// A relay, VPN, proxy or mobile carrier: the address says nothing of where its user is.
    pub relay: bool,
}

/// A database of places. Looking up is a pure function of the address.
pub trait Places: Send + Sync {
    /// What is known of the address; `None` when it stands in no network of the database.
    fn place(&self, address: IpAddr) -> Option<Place>;
}

/// The database of a run, or none. Two are equal when they are the same one.
#[derive(Clone, Default)]
pub struct PlaceBook(Option<Arc<dyn Places>>);

impl PlaceBook {
    /// Holds a database.
    #[must_use]
    pub fn new(places: Arc<dyn Places>) -> Self {
        Self(Some(places))
    }

    /// Was a database given?
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.0.is_some()
    }

    /// What is known of the address.
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Option<Place> {
        self.0.as_ref()?.place(address)
    }
}

impl fmt::Debug for PlaceBook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.is_given() { "PlaceBook(given)" } else { "PlaceBook(none)" })
    }
}

impl PartialEq for PlaceBook {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (None, None) => true,
            _ => false,
        }
    }
}
