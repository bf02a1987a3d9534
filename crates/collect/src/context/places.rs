//! Databases of places (detection.md K-11, K-12): MaxMind DB files of the operator, or a CSV of prefixes. None is shipped.

use super::ContextError;
use super::cell::choice;
use super::lists::{YES_NO, prefix};
use super::table::{Column, Row, table};
use maxminddb::Reader;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use vocab::{Place, Places};

/// Largest database that is read, bytes.
pub const PLACES_BYTES_MAX: u64 = 512 << 20;
/// What the metadata of a MaxMind DB begin with; they stand in the last 128 KiB.
const MARK: &[u8] = b"\xab\xcd\xefMaxMind.com";
const METADATA_BYTES_MAX: usize = 128 << 10;
/// Radius taken when a database names none, kilometres.
const ACCURACY_KM: f64 = 50.0;

const COLUMNS: &[Column] = &[
    Column { name: "prefix", aliases: &["network", "cidr", "ネットワーク", "範囲"] },
    Column { name: "latitude", aliases: &["lat", "緯度"] },
    Column { name: "longitude", aliases: &["lon", "long", "経度"] },
    Column { name: "accuracy_km", aliases: &["radius", "accuracy_radius", "誤差"] },
    Column { name: "country", aliases: &["country_code", "国", "国コード"] },
    Column { name: "asn", aliases: &["as", "system", "as番号"] },
    Column { name: "relay", aliases: &["proxy", "vpn", "中継"] },
];

/// One or more databases; what the first does not know is asked of the next.
#[derive(Default)]
pub struct Database {
    parts: Vec<Part>,
}

enum Part {
    MaxMind(Box<Reader<Vec<u8>>>),
    Prefixes(Prefixes),
}

impl Database {
    /// Adds a file: a MaxMind DB (city, country, ASN, connection type, anonymous IP) or a CSV
    /// (`prefix,latitude,longitude,accuracy_km,country,asn,relay`).
    ///
    /// # Errors
    /// When the file is neither, or a cell is none of what is allowed.
    pub fn add(&mut self, bytes: Vec<u8>, file: &str) -> Result<(), ContextError> {
        let tail = bytes.get(bytes.len().saturating_sub(METADATA_BYTES_MAX)..).unwrap_or_default();
        let part = if memchr::memmem::find(tail, MARK).is_some() {
            let refused = |error: maxminddb::MaxMindDbError| {
                ContextError::new(file, 1, "a sound MaxMind DB", &error.to_string())
            };
            Part::MaxMind(Box::new(Reader::from_source(bytes).map_err(refused)?))
        } else {
            Part::Prefixes(Prefixes::read(&bytes, file)?)
        };
        self.parts.push(part);
        Ok(())
    }
}

impl Places for Database {
    fn place(&self, address: IpAddr) -> Option<Place> {
        let address = address.to_canonical();
        let found = self.parts.iter().filter_map(|part| match part {
            Part::MaxMind(reader) => maxmind(reader, address),
            Part::Prefixes(prefixes) => prefixes.find(address),
        });
        found.reduce(|first, next| Place {
            position: first.position.or(next.position),
            accuracy_km: if first.position.is_some() { first.accuracy_km } else { next.accuracy_km },
            country: first.country.or(next.country),
            system: first.system.or(next.system),
            relay: first.relay || next.relay,
        })
    }
}

/// The fields that are read, of whichever of the published schemas.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Fields<'a> {
    #[serde(borrow)]
    country: CountryFields<'a>,
    location: LocationFields,
    autonomous_system_number: Option<u32>,
    connection_type: Option<&'a str>,
    is_anonymous: bool,
    is_anonymous_vpn: bool,
    is_public_proxy: bool,
    is_tor_exit_node: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CountryFields<'a> {
    iso_code: Option<&'a str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct LocationFields {
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_radius: Option<u16>,
}

/// A damaged entry counts as unknown: the file was looked at when it was opened, and one address must not end a run.
fn maxmind(reader: &Reader<Vec<u8>>, address: IpAddr) -> Option<Place> {
    let fields: Fields<'_> = reader.lookup(address).ok()?.decode().ok()??;
    let location = &fields.location;
    let relay = fields.is_anonymous
        || fields.is_anonymous_vpn
        || fields.is_public_proxy
        || fields.is_tor_exit_node
        || fields.connection_type == Some("Cellular");
    Some(Place {
        position: location.latitude.zip(location.longitude).filter(|(north, east)| on_earth(*north, *east)),
        accuracy_km: location.accuracy_radius.map_or(ACCURACY_KM, f64::from),
        country: fields.country.iso_code.and_then(country),
        system: fields.autonomous_system_number,
        relay,
    })
}

fn on_earth(north: f64, east: f64) -> bool {
    (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east)
}

/// Two letters, in capitals.
fn country(text: &str) -> Option<[u8; 2]> {
    let letters: [u8; 2] = text.as_bytes().try_into().ok()?;
    letters.iter().all(u8::is_ascii_alphabetic).then(|| letters.map(|letter| letter.to_ascii_uppercase()))
}

/// Prefixes by their length, longest first.
#[derive(Default)]
struct Prefixes {
    v4: BTreeMap<u8, FxHashMap<u128, Place>>,
    v6: BTreeMap<u8, FxHashMap<u128, Place>>,
}

/// The address as bits that begin at the top.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl Prefixes {
    fn read(bytes: &[u8], file: &str) -> Result<Self, ContextError> {
        let table = table(bytes, file, COLUMNS)?;
        let mut own = Self::default();
        for row in &table.rows {
            let text = row.cell(0).unwrap_or_default();
            let Some((address, length)) = prefix(text) else {
                let expected = "a network such as 192.0.2.0/24 without bits behind its length";
                return Err(ContextError::new(file, row.line, expected, text));
            };
            let family = if address.is_ipv4() { &mut own.v4 } else { &mut own.v6 };
            if family.entry(length).or_default().insert(bits(address), place(row, file)?).is_some() {
                return Err(ContextError::new(file, row.line, "each network once", text));
            }
        }
        Ok(own)
    }

    fn find(&self, address: IpAddr) -> Option<Place> {
        let family = if address.is_ipv4() { &self.v4 } else { &self.v6 };
        let own = bits(address);
        family.iter().rev().find_map(|(length, places)| {
            let mask = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
            places.get(&(own & mask)).copied()
        })
    }
}

fn place(row: &Row, file: &str) -> Result<Place, ContextError> {
    let line = row.line;
    let degrees = |column: usize, max: f64| {
        let Some(text) = row.cell(column) else { return Ok(None) };
        let number = text.parse::<f64>().ok().filter(|number| number.abs() <= max);
        let expected = format!("degrees from -{max} to {max}");
        number.map(Some).ok_or_else(|| ContextError::new(file, line, expected, text))
    };
    let accuracy = |text: &str| {
        let number = text.parse::<f64>().ok().filter(|km| (0.0..=20_000.0).contains(km));
        number.ok_or_else(|| ContextError::new(file, line, "a radius of 0 to 20000 kilometres", text))
    };
    let code = |text: &str| {
        country(text).ok_or_else(|| ContextError::new(file, line, "a country of two letters", text))
    };
    let system = |text: &str| {
        let digits = text.strip_prefix("AS").or_else(|| text.strip_prefix("as")).unwrap_or(text);
        digits.parse().map_err(|_| ContextError::new(file, line, "a number such as AS64496", text))
    };
    Ok(Place {
        position: degrees(1, 90.0)?.zip(degrees(2, 180.0)?),
        accuracy_km: row.cell(3).map(accuracy).transpose()?.unwrap_or(ACCURACY_KM),
        country: row.cell(4).map(code).transpose()?,
        system: row.cell(5).map(system).transpose()?,
        relay: row.cell(6).map(|text| choice(text, YES_NO, file, line)).transpose()?.unwrap_or(false),
    })
}

#[cfg(test)]
mod tests;
