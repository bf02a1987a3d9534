//! STIX 2.1 (casework.md 12.5): report, incident, indicators, observed addresses, techniques, courses of action.

use super::{Item, Seen, Tlp};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::net::IpAddr;
use uuid::Uuid;

/// Namespace of the ids of observables (STIX 2.1, 2.9).
const OBSERVABLES: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);
/// Extension that carries TLP 2.0.
const TLP_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

/// The item as a bundle of STIX objects.
#[must_use]
pub fn stix(item: &Item) -> Value {
    let mut objects = vec![marking(item.tlp), producer(item)];
    let incident = object(item, "incident", "incident", json!({ "name": item.title }));
    let mut refs = vec![id_of(&incident)];
    let techniques: Vec<Value> = item.techniques.iter().map(|id| technique(item, id)).collect();
    let measures: Vec<Value> = item
        .measures
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let name = text.chars().take(120).collect::<String>();
            object(
                item,
                "course-of-action",
                &format!("measure {at}"),
                json!({ "name": name, "description": text }),
            )
        })
        .collect();
    let mut links = Vec::new();
    for technique in &techniques {
        for measure in &measures {
            links.push(link(item, &id_of(measure), "mitigates", &id_of(technique)));
        }
    }
    let mut seen_objects = Vec::new();
    for source in &item.sources {
        let [address, observed, indicator] = source_objects(item, source);
        for technique in &techniques {
            links.push(link(item, &id_of(&indicator), "indicates", &id_of(technique)));
        }
        links.push(link(item, &id_of(&indicator), "based-on", &id_of(&observed)));
        seen_objects.extend([address, observed, indicator]);
    }
    let rest: Vec<Value> = techniques.into_iter().chain(measures).chain(seen_objects).chain(links).collect();
    refs.extend(rest.iter().map(id_of));
    let report = object(
        item,
        "report",
        "report",
        json!({
            "name": item.title, "report_types": ["threat-report"], "published": item.made(), "object_refs": refs,
            "description": format!("{}から{}までの不正アクセスの疑いに関する情報（提供元は匿名）。", item.days.0, item.days.1),
        }),
    );
    objects.extend([report, incident]);
    objects.extend(rest);
    json!({ "type": "bundle", "id": format!("bundle--{}", item.id("bundle")), "objects": objects })
}

fn id_of(object: &Value) -> String {
    object.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What every object of ours carries, and its own fields.
fn object(item: &Item, kind: &str, part: &str, own: Value) -> Value {
    let mut whole = json!({
        "type": kind, "spec_version": "2.1", "id": format!("{kind}--{}", item.id(part)),
        "created": item.made(), "modified": item.made(), "lang": "ja",
        "created_by_ref": format!("identity--{}", item.id("identity")),
        "object_marking_refs": [item.tlp.marking()],
    });
    if let (Value::Object(whole), Value::Object(own)) = (&mut whole, own) {
        whole.extend(own);
    }
    whole
}

fn marking(tlp: Tlp) -> Value {
    json!({
        "type": "marking-definition", "spec_version": "2.1", "id": tlp.marking(),
        "created": "2022-10-01T00:00:00.000Z", "name": format!("TLP:{}", tlp.name().to_uppercase()),
        "extensions": { TLP_EXTENSION: { "extension_type": "property-extension", "tlp_2_0": tlp.name() } },
    })
}

/// Who provides the item is not said (AN-1).
fn producer(item: &Item) -> Value {
    let mut producer = object(
        item,
        "identity",
        "identity",
        json!({ "name": "匿名の提供者", "identity_class": "organization" }),
    );
    if let Some(fields) = producer.as_object_mut() {
        fields.remove("created_by_ref");
    }
    producer
}

fn technique(item: &Item, id: &str) -> Value {
    let reference = json!([{ "source_name": "mitre-attack", "external_id": id }]);
    object(
        item,
        "attack-pattern",
        &format!("technique {id}"),
        json!({ "name": id, "external_references": reference }),
    )
}

fn link(item: &Item, from: &str, how: &str, to: &str) -> Value {
    let own = json!({ "relationship_type": how, "source_ref": from, "target_ref": to });
    object(item, "relationship", &format!("{from} {how} {to}"), own)
}

/// Address, observation, indicator.
fn source_objects(item: &Item, source: &Seen) -> [Value; 3] {
    let kind = if matches!(source.ip, IpAddr::V4(_)) { "ipv4-addr" } else { "ipv6-addr" };
    let ip = source.ip.to_string();
    // CW-SHR-10: UUIDv5 over the canonical JSON of what identifies an address.
    let uuid = Uuid::new_v5(&OBSERVABLES, format!("{{\"value\":\"{ip}\"}}").as_bytes());
    let address = json!({ "type": kind, "spec_version": "2.1", "id": format!("{kind}--{uuid}"), "value": ip,
        "object_marking_refs": [item.tlp.marking()] });
    let observed = object(
        item,
        "observed-data",
        &format!("observed {ip}"),
        json!({ "first_observed": start(source.first), "last_observed": end(source.last), "number_observed": 1,
            "object_refs": [id_of(&address)] }),
    );
    let indicator = object(
        item,
        "indicator",
        &format!("indicator {ip}"),
        json!({ "name": ip, "description": "不正アクセスの疑いのある通信の送信元", "indicator_types": ["malicious-activity"], "pattern_type": "stix",
            "pattern": format!("[{kind}:value = '{ip}']"), "valid_from": start(source.first) }),
    );
    [address, observed, indicator]
}

fn start(day: Date) -> String {
    format!("{day}T00:00:00.000Z")
}

fn end(day: Date) -> String {
    format!("{day}T23:59:59.000Z")
}
