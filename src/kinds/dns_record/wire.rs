//! Records as the API has them: one canonical form for each type, and the stamp in the comment.
use serde_json::{Value, json};

use super::canonical::{canonical, host_pattern, unquoted};
use super::{AUTOMATIC, DnsRecord};
use crate::kinds::phase::{number, text};
use crate::kinds::{Address, Kind, Live, Stamp, Text, foreign};
use crate::wire::CloudError;
use crate::wire::cloudflare::Zone;

/// A TXT record's strings have at most so many bytes each.
const STRING: usize = 255;

/// A host name in its one form; what others called so and is none, in lower case.
pub fn host(name: &str) -> String {
    host_pattern(name).unwrap_or_else(|| name.trim_end_matches('.').to_lowercase())
}

/// What a request says of a record.
pub fn body(record: &DnsRecord, name: &str, content: &str) -> Result<Value, CloudError> {
    let mut body = json!({ "type": record.r#type, "name": name, "ttl": record.ttl });
    match record.r#type.as_str() {
        "A" | "AAAA" | "CNAME" => {
            body["content"] = json!(content);
            body["proxied"] = json!(record.proxied);
        }
        "TXT" => body["content"] = json!(quoted(content)),
        "MX" => {
            body["content"] = json!(content);
            body["priority"] = json!(record.priority);
        }
        "SRV" => {
            let [weight, port, target] = words(content)?;
            let (weight, port): (Option<u16>, Option<u16>) = (weight.parse().ok(), port.parse().ok());
            body["data"] = json!({ "priority": record.priority, "weight": weight, "port": port, "target": target });
        }
        "CAA" => {
            let [flags, tag, value] = words(content)?;
            body["data"] = json!({ "flags": flags.parse::<u8>().ok(), "tag": tag, "value": value });
        }
        _ => body["content"] = json!(content),
    }
    Ok(body)
}

fn words(content: &str) -> Result<[&str; 3], CloudError> {
    let words: Vec<&str> = content.splitn(3, ' ').collect();
    words.try_into().map_err(|_| CloudError::bug(format!("`{content}` is not three words")))
}

/// A record as the API shows it; `None` for types that are none of ours.
pub fn read(v: &Value, zone: &Zone, stack: &str) -> Option<Live> {
    let (id, r#type, content) = (text(v, "/id"), text(v, "/type"), text(v, "/content"));
    let part = |pointer: &str| match v.pointer(pointer)? {
        Value::String(s) => Some(s.clone()),
        other => other.as_u64().map(|n| n.to_string()),
    };
    let one = |content: String| canonical(&r#type, &content).unwrap_or(content);
    let content = match r#type.as_str() {
        "A" | "AAAA" => one(content),
        "CNAME" | "MX" | "NS" => host(&content),
        "SRV" => format!("{} {} {}", part("/data/weight")?, part("/data/port")?, host(&part("/data/target")?)),
        "CAA" => format!("{} {} {}", part("/data/flags")?, part("/data/tag")?, one(part("/data/value")?)),
        "TXT" => unquoted(&content),
        _ => return None,
    };
    let priority = match r#type.as_str() {
        "MX" => number(v, "/priority"),
        "SRV" => number(v, "/data/priority").or(number(v, "/priority")),
        _ => None,
    };
    let proxied = v["proxied"].as_bool().unwrap_or(false);
    let record = DnsRecord {
        zone: zone.name.clone(),
        name: Text::literal(host(&text(v, "/name"))),
        r#type,
        content: Text::literal(content),
        priority: priority.and_then(|p| p.try_into().ok()),
        proxied,
        // A proxied record's time to live is none of ours to say.
        ttl: if proxied { AUTOMATIC } else { number(v, "/ttl").and_then(|t| t.try_into().ok()).unwrap_or(AUTOMATIC) },
        waits_for: Default::default(),
        opens: Default::default(),
    };
    let nobody = || Stamp { address: Address::new(Kind::DnsRecord, foreign(&id)), ..Stamp::nobody(Kind::DnsRecord) };
    let stamp = Stamp::from_comment(&text(v, "/comment"), stack, &zone.owner(stack)).unwrap_or_else(nobody);
    Some(Live::found(id, record, stamp))
}

/// The text as strings in quotes.
fn quoted(content: &str) -> String {
    let mut strings: Vec<String> = vec![String::new()];
    let mut length = 0;
    for c in content.chars() {
        if length + c.len_utf8() > STRING {
            strings.push(String::new());
            length = 0;
        }
        length += c.len_utf8();
        let last = strings.len() - 1;
        if matches!(c, '"' | '\\') {
            strings[last].push('\\');
        }
        strings[last].push(c);
    }
    strings.iter().map(|s| format!("\"{s}\"")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text comes back as it was, whatever is in it.
    #[test]
    fn texts_go_round() {
        for text in ["v=spf1 -all", "", "a \"quoted\" word", "back\\slash", "\"", &"k=".repeat(300), &"ü".repeat(200)] {
            let wire = quoted(text);
            assert!(wire.split("\" \"").all(|s| s.trim_matches('"').len() <= STRING + 4), "{wire}");
            assert_eq!(unquoted(&wire), text);
        }
        assert_eq!(unquoted("v=spf1 -all"), "v=spf1 -all", "older answers have no quotes");
    }
}
