//! What a record points to, by type: checked, and in the one form that Cloudflare keeps.
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Map, Value, json};

use super::reply::Refusal;

type Fields = Map<String, Value>;

/// The `content`, `data` and `priority` that a record of a type shows. Types that only people use are left as they are.
pub fn shape(kind: &str, zone: &str, want: &Fields, known: bool) -> Result<Fields, Refusal> {
    let given = want.get("content").and_then(Value::as_str);
    let text = || given.filter(|c| !c.is_empty()).ok_or_else(|| Refusal::dns(9101, format!("Content for {kind} record is required.")));
    let invalid = |code, what: &str| Refusal::dns(code, format!("Content for {kind} record {what}."));
    let plain = |content: String| Ok(Fields::from_iter([("content".to_owned(), content.into())]));
    let host = |code, s: &str| match s.trim_end_matches('.').to_ascii_lowercase() {
        at if at == "@" => Ok(zone.to_owned()),
        name if is_host(&name) && s.parse::<Ipv4Addr>().is_err() => Ok(name),
        _ => Err(invalid(code, "must be a hostname")),
    };
    let data =
        || want.get("data").and_then(Value::as_object).ok_or_else(|| Refusal::dns(9101, format!("data is a required field for {kind}.")));
    match kind {
        "A" => plain(text()?.parse::<Ipv4Addr>().map_err(|_| invalid(9005, "must be a valid IPv4 address"))?.to_string()),
        "AAAA" => plain(text()?.parse::<Ipv6Addr>().map_err(|_| invalid(9006, "must be a valid IPv6 address"))?.to_string()),
        "CNAME" => plain(host(9007, text()?)?),
        "NS" => plain(host(9008, text()?)?),
        "TXT" => plain(quoted(text()?).ok_or_else(|| invalid(9010, "has unbalanced quotes"))?),
        "MX" => {
            let priority = number(want, "priority", 65535)?;
            let shaped = json!({ "content": host(9009, text()?)?, "priority": priority });
            Ok(shaped.as_object().cloned().unwrap_or_default())
        }
        "SRV" => {
            let data = data()?;
            only(data, &["priority", "weight", "port", "target"])?;
            let [priority, weight, port] = ["priority", "weight", "port"].map(|f| number(data, f, 65535));
            let (priority, weight, port) = (priority?, weight?, port?);
            let target = host(9101, data.get("target").and_then(Value::as_str).unwrap_or(""))?;
            let content = format!("{weight} {port} {target}");
            agrees(given, &content, want.get("priority"), priority)?;
            let data = json!({ "priority": priority, "weight": weight, "port": port, "target": target });
            let shaped = json!({ "content": content, "priority": priority, "data": data });
            Ok(shaped.as_object().cloned().unwrap_or_default())
        }
        "CAA" => {
            let data = data()?;
            only(data, &["flags", "tag", "value"])?;
            let flags = number(data, "flags", 255)?;
            let [tag, value] = ["tag", "value"].map(|f| data.get(f).and_then(Value::as_str).unwrap_or(""));
            if !["issue", "issuewild", "iodef", "issuemail"].contains(&tag) {
                return Err(Refusal::dns(9101, "data.tag must be one of issue, issuewild, iodef, issuemail."));
            }
            let content = format!("{flags} {tag} \"{value}\"");
            agrees(given, &content, None, flags)?;
            let shaped = json!({ "content": content, "data": { "flags": flags, "tag": tag, "value": value } });
            Ok(shaped.as_object().cloned().unwrap_or_default())
        }
        _ if known => {
            Ok(["content", "data", "priority"].iter().filter_map(|k| want.get_key_value(*k)).map(|(k, v)| (k.clone(), v.clone())).collect())
        }
        _ => Err(Refusal::dns(9001, format!("Record type {kind} is not supported."))),
    }
}

/// Whether a name may stand in the DNS: labels of up to 63 letters, digits, `-` and `_`; `*` alone is one too.
pub fn is_host(name: &str) -> bool {
    let label = |l: &str| {
        let inner = l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        l == "*" || (inner && !l.is_empty() && l.len() <= 63 && !l.starts_with('-') && !l.ends_with('-'))
    };
    name.len() <= 253 && name.split('.').all(label)
}

fn number(of: &Fields, field: &str, most: u64) -> Result<u64, Refusal> {
    let found = of.get(field).and_then(Value::as_u64).filter(|n| *n <= most);
    found.ok_or_else(|| Refusal::dns(9100, format!("{field} must be a number between 0 and {most}.")))
}

fn only(data: &Fields, fields: &[&str]) -> Result<(), Refusal> {
    match data.keys().find(|k| !fields.contains(&k.as_str())) {
        Some(k) => Err(Refusal::dns(9207, format!("Request body is invalid: unknown field \"data.{k}\"."))),
        None => Ok(()),
    }
}

/// What follows from `data` may be repeated beside it, but not contradict it.
fn agrees(content: Option<&str>, formatted: &str, priority: Option<&Value>, expected: u64) -> Result<(), Refusal> {
    let same = content.is_none_or(|c| c.is_empty() || c == formatted) && priority.is_none_or(|p| *p == expected);
    if same { Ok(()) } else { Err(Refusal::dns(9101, "content and priority follow from data.")) }
}

/// A text in quotes, in pieces of at most 255 bytes. What comes in quotes keeps its pieces.
fn quoted(text: &str) -> Option<String> {
    let pieces =
        if text.trim_start().starts_with('"') { pieces(text.trim())? } else { cut(&text.replace('\\', "\\\\").replace('"', "\\\"")) };
    Some(pieces.iter().map(|p| format!("\"{p}\"")).collect::<Vec<_>>().join(" "))
}

/// The insides of `"…" "…"`, with their escapes; `None` when the quotes don't match.
fn pieces(text: &str) -> Option<Vec<String>> {
    let (mut found, mut rest) = (vec![], text);
    while !rest.is_empty() {
        let inner = rest.strip_prefix('"')?;
        let mut escaped = false;
        let end = inner.char_indices().find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        })?;
        found.extend(cut(&inner[..end.0]));
        rest = inner[end.0 + 1..].trim_start();
    }
    Some(found)
}

/// Pieces of at most 255 bytes; an escape or a letter is never cut in two.
fn cut(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut size, mut chars) = (0, text.chars());
    while let Some(c) = chars.next() {
        let unit: String = if c == '\\' { [c].into_iter().chain(chars.next()).collect() } else { c.into() };
        let bytes = if c == '\\' { 1 } else { c.len_utf8() };
        if size + bytes > 255 {
            out.push(String::new());
            size = 0;
        }
        size += bytes;
        if let Some(last) = out.last_mut() {
            last.push_str(&unit);
        }
    }
    out
}
