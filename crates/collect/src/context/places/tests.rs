use super::*;

/// A writer of the MaxMind DB format 2.0 for IPv4, enough for a handful of networks.
struct Mmdb {
    nodes: Vec<[Option<Target>; 2]>,
    data: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Target {
    Node(usize),
    Data(usize),
}

fn text(out: &mut Vec<u8>, value: &str) {
    assert!(value.len() < 29);
    out.push(0x40 | value.len() as u8);
    out.extend_from_slice(value.as_bytes());
}

fn map(out: &mut Vec<u8>, entries: usize) {
    out.push(0xe0 | entries as u8);
}

fn double(out: &mut Vec<u8>, value: f64) {
    out.push(0x68);
    out.extend_from_slice(&value.to_be_bytes());
}

fn number(out: &mut Vec<u8>, kind: u8, value: u32) {
    out.push(kind << 5 | 4);
    out.extend_from_slice(&value.to_be_bytes());
}

impl Mmdb {
    fn new() -> Self {
        Self { nodes: vec![[None; 2]], data: Vec::new() }
    }

    fn insert(&mut self, prefix: u32, length: u8, data: &[u8]) {
        let place = self.data.len();
        self.data.extend_from_slice(data);
        let mut node = 0;
        for depth in 0..length {
            let side = (prefix >> (31 - depth) & 1) as usize;
            if depth + 1 == length {
                self.nodes[node][side] = Some(Target::Data(place));
            } else if let Some(Target::Node(next)) = self.nodes[node][side] {
                node = next;
            } else {
                self.nodes.push([None; 2]);
                let next = self.nodes.len() - 1;
                self.nodes[node][side] = Some(Target::Node(next));
                node = next;
            }
        }
    }

    fn finish(&self) -> Vec<u8> {
        let count = self.nodes.len();
        let mut out = Vec::new();
        for target in self.nodes.iter().flatten() {
            let value = match target {
                None => count,
                Some(Target::Node(node)) => *node,
                Some(Target::Data(place)) => count + 16 + place,
            };
            out.extend_from_slice(&(value as u32).to_be_bytes()[1..]);
        }
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&self.data);
        out.extend_from_slice(MARK);
        map(&mut out, 9);
        text(&mut out, "description");
        map(&mut out, 0);
        for (name, value) in [
            ("binary_format_major_version", 2),
            ("binary_format_minor_version", 0),
            ("ip_version", 4),
            ("record_size", 24),
        ] {
            text(&mut out, name);
            out.extend_from_slice(&[0xa2, 0, value]);
        }
        text(&mut out, "node_count");
        number(&mut out, 6, count as u32);
        text(&mut out, "build_epoch");
        out.extend_from_slice(&[0x04, 0x02, 0x60, 0, 0, 0]);
        text(&mut out, "database_type");
        text(&mut out, "Test");
        text(&mut out, "languages");
        out.extend_from_slice(&[0x00, 0x04]);
        out
    }
}

fn city(latitude: f64, longitude: f64, code: &str) -> Vec<u8> {
    let mut out = Vec::new();
    map(&mut out, 2);
    text(&mut out, "location");
    map(&mut out, 3);
    text(&mut out, "latitude");
    double(&mut out, latitude);
    text(&mut out, "longitude");
    double(&mut out, longitude);
    text(&mut out, "accuracy_radius");
    out.extend_from_slice(&[0xa2, 0, 20]);
    text(&mut out, "country");
    map(&mut out, 1);
    text(&mut out, "iso_code");
    text(&mut out, code);
    out
}

fn system(value: u32, cellular: bool) -> Vec<u8> {
    let mut out = Vec::new();
    map(&mut out, 2);
    text(&mut out, "autonomous_system_number");
    number(&mut out, 6, value);
    text(&mut out, "connection_type");
    text(&mut out, if cellular { "Cellular" } else { "Cable/DSL" });
    out
}

fn v4(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn databases() -> (Vec<u8>, Vec<u8>) {
    let (mut cities, mut systems) = (Mmdb::new(), Mmdb::new());
    cities.insert(0xc000_0200, 24, &city(35.68, 139.77, "jp"));
    cities.insert(0xcb00_7100, 24, &city(48.86, 2.35, "FR"));
    cities.insert(0xc633_6400, 24, &city(948.86, 2.35, "X1"));
    systems.insert(0xc000_0200, 24, &system(64_496, false));
    systems.insert(0xcb00_7100, 24, &system(64_497, true));
    (cities.finish(), systems.finish())
}

#[test]
fn databases_of_the_operator_add_up() {
    let (cities, systems) = databases();
    let mut base = Database::default();
    base.add(cities, "city.mmdb").unwrap();
    base.add(systems, "asn.mmdb").unwrap();
    let tokyo = base.place(v4("192.0.2.77")).unwrap();
    assert_eq!(tokyo.position, Some((35.68, 139.77)));
    assert_eq!((tokyo.accuracy_km, tokyo.country, tokyo.system), (20.0, Some(*b"JP"), Some(64_496)));
    assert!(!tokyo.relay && base.place(v4("203.0.113.1")).unwrap().relay);
    assert_eq!(base.place(v4("::ffff:192.0.2.77")), Some(tokyo));
    assert_eq!(base.place(v4("192.0.3.1")), None);
    assert_eq!(base.place(v4("2001:db8::1")), None);
    let odd = base.place(v4("198.51.100.1")).unwrap();
    assert_eq!((odd.position, odd.country), (None, None), "what no place on earth can be is not used");
}

#[test]
fn a_list_of_prefixes_does_as_well() {
    let mut base = Database::default();
    let list = "範囲,緯度,経度,国,as番号,中継\n\
                192.0.2.0/24,35.68,139.77,JP,AS64496,\n\
                192.0.2.128/25,43.06,141.35,jp,,はい\n\
                2001:db8::/32,48.86,2.35,FR,64497,いいえ\n0.0.0.0/0,,,XX,,\n";
    base.add(list.as_bytes().to_vec(), "p.csv").unwrap();
    assert_eq!(base.place(v4("192.0.2.1")).unwrap().system, Some(64_496));
    let sapporo = base.place(v4("192.0.2.200")).unwrap();
    assert_eq!((sapporo.position, sapporo.relay), (Some((43.06, 141.35)), true));
    assert_eq!(base.place(v4("2001:db8::9")).unwrap().country, Some(*b"FR"));
    assert_eq!(base.place(v4("8.8.8.8")).unwrap().country, Some(*b"XX"));
    assert_eq!(base.place(v4("2001:db9::9")), None);
}

#[test]
fn what_is_wrong_is_named() {
    let refused =
        |text: &str| Database::default().add(text.as_bytes().to_vec(), "p.csv").unwrap_err().to_string();
    assert_eq!(
        refused("prefix,latitude\n192.0.2.0/24,91\n"),
        "p.csv: line 2: expected degrees from -90 to 90, found \"91\""
    );
    assert!(refused("prefix,country\n192.0.2.0/24,JPN\n").contains("two letters"));
    assert!(refused("prefix,country\n192.0.2.0/24,JP\n192.0.2.0/24,FR\n").contains("each network once"));
    assert!(refused("prefix,latitude\n192.0.2.0/24,NaN\n").contains("degrees"));
}

#[test]
fn a_damaged_database_ends_nothing() {
    let (cities, _) = databases();
    for at in 0..cities.len() {
        for flipped in [0x01, 0x80] {
            let mut bytes = cities.clone();
            bytes[at] ^= flipped;
            let mut base = Database::default();
            if base.add(bytes, "c.mmdb").is_ok() {
                for address in ["192.0.2.77", "203.0.113.1", "0.0.0.0", "255.255.255.255"] {
                    let _ = base.place(v4(address));
                }
            }
        }
        let _ = Database::default().add(cities[..at].to_vec(), "c.mmdb");
    }
}
