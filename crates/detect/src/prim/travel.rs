//! Distance and speed between two positions (detection.md 5.3, `travel`).

/// A position in degrees, with its radius of accuracy in kilometres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Latitude, degrees north.
    pub latitude: f64,
    /// Longitude, degrees east.
    pub longitude: f64,
    /// Radius of accuracy, kilometres.
    pub accuracy_km: f64,
}

/// Mean radius of the earth, kilometres.
const EARTH_KM: f64 = 6_371.0;

/// Distance that is certain, kilometres: along a great circle, less both radii of accuracy.
#[must_use]
pub fn distance_km(from: Position, to: Position) -> f64 {
    let (north, south) = (from.latitude.to_radians(), to.latitude.to_radians());
    let height = ((south - north) / 2.0).sin().powi(2);
    let width = ((to.longitude - from.longitude).to_radians() / 2.0).sin().powi(2);
    let chord = (height + north.cos() * south.cos() * width).clamp(0.0, 1.0);
    (2.0 * EARTH_KM * chord.sqrt().asin() - from.accuracy_km - to.accuracy_km).max(0.0)
}

/// Speed in kilometres an hour for a distance in microseconds; two events at once are as fast as can be told.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "spans of days")]
pub fn speed_kmh(distance_km: f64, micros: i64) -> f64 {
    distance_km / (micros.unsigned_abs().max(1_000_000) as f64 / 3_600_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokyo_to_paris() {
        let tokyo = Position { latitude: 35.68, longitude: 139.77, accuracy_km: 0.0 };
        let paris = Position { latitude: 48.86, longitude: 2.35, accuracy_km: 20.0 };
        let distance = distance_km(tokyo, paris);
        assert!((9_600.0..9_750.0).contains(&distance), "{distance}");
        assert!(speed_kmh(distance, 3_600_000_000) > 900.0);
        assert!(speed_kmh(distance, 14 * 3_600_000_000) < 900.0);
        assert_eq!(distance_km(tokyo, Position { accuracy_km: 50.0, ..tokyo }), 0.0);
    }
}
