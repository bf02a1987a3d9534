//! MISP core-format event (casework.md 12.7): addresses as attributes, techniques and TLP as tags.

use super::{Item, Tlp};
use serde_json::{Value, json};

/// The item as a MISP event; it goes to the receiving organisation alone until somebody shares it further (CW-SHR-16).
#[must_use]
pub fn misp(item: &Item) -> Value {
    let tag = |name: String| json!({ "name": name });
    let techniques =
        item.techniques.iter().map(|id| tag(format!("misp-galaxy:mitre-attack-pattern=\"{id}\"")));
    let mut tags = vec![tag(format!("tlp:{}", item.tlp.name()))];
    tags.extend(techniques);
    let organisation = json!({ "name": "匿名の提供者", "uuid": item.id("identity").to_string() });
    let seconds = item.made.seconds().to_string();
    let attribute = |source: &super::Seen| {
        json!({
            "uuid": item.id(&format!("attribute {}", source.ip)).to_string(),
            "type": "ip-src", "category": "Network activity", "value": source.ip.to_string(), "to_ids": item.tlp != Tlp::Red,
            "comment": "不正アクセスの疑いのある通信の送信元", "distribution": "5", "timestamp": seconds,
            "first_seen": format!("{}T00:00:00.000000+00:00", source.first),
            "last_seen": format!("{}T23:59:59.000000+00:00", source.last),
        })
    };
    let mut attributes: Vec<Value> = item.sources.iter().map(attribute).collect();
    for (at, measure) in item.measures.iter().enumerate() {
        attributes.push(json!({
            "uuid": item.id(&format!("text {at}")).to_string(), "type": "comment", "category": "Other",
            "value": measure, "to_ids": false, "comment": "再発防止策", "distribution": "5", "timestamp": seconds,
        }));
    }
    json!({ "Event": {
        "uuid": item.id("event").to_string(), "info": item.title, "date": item.days.0.to_string(),
        "timestamp": seconds, "published": false, "distribution": "0", "analysis": "1", "threat_level_id": "2",
        "Org": organisation, "Orgc": organisation, "Tag": tags, "Attribute": attributes,
    } })
}
