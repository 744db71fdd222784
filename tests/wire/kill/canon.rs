//! Two pictures of an account are the same when nobody can tell them apart but by physical ids, times, and which run made what.
use std::collections::BTreeMap;

use aws_config::SdkConfig;

use crate::wire::foreign::photo;

/// What stands in an account, as plain requests show it, in a form that two accounts alike share.
pub async fn canon(config: &SdkConfig) -> Vec<String> {
    let picture = photo::take(config).await;
    let alive =
        |key: &str, text: &str| !(key.starts_with("nat_gateway") && text.contains("Deleted")) && !text.contains("state: Some(Deleted)");
    let living: BTreeMap<&String, &String> = picture.iter().filter(|(k, t)| alive(k, t)).map(|(k, t)| (k, t)).collect();
    let names: BTreeMap<&str, String> = living.iter().filter_map(|(key, text)| Some((key.split_once(' ')?.1, address(text)?))).collect();
    let mut out: Vec<String> = living.iter().map(|(key, text)| plain(&format!("{key}\n{text}"), &names)).collect();
    out.sort();
    out
}

/// The value of the tag that names an object's address.
fn address(text: &str) -> Option<String> {
    let rest = &text[text.find("\"infra:address\"")?..];
    let value = rest.lines().nth(1)?;
    Some(value.split('"').nth(1)?.to_owned())
}

/// Lines that tell a time, an address that the cloud chose, or which run it was.
fn passing(line: &str, before: &str) -> bool {
    let named =
        ["_ip:", "_ip_", "seconds:", "role_id:", "instance_profile_id:", "etag", "_time:", "created", "dns_name:", "arn:", "policy_id"];
    let run = ["\"infra:run\"", "\"infra:digest\""].iter().any(|tag| before.contains(tag));
    run || named.iter().any(|n| line.contains(n))
}

fn plain(text: &str, names: &BTreeMap<&str, String>) -> String {
    let mut lines = vec![];
    let mut before = "";
    for line in text.lines() {
        if !passing(line, before) {
            lines.push(words(line, names));
        }
        before = line;
    }
    // The order in which tags and members are listed is the cloud's.
    lines.sort();
    lines.join("\n")
}

/// Known ids become addresses, unknown ones lose their number.
fn words(line: &str, names: &BTreeMap<&str, String>) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        match names.get(word.as_str()) {
            Some(address) => out += &format!("<{address}>"),
            None => {
                let hex =
                    |part: &str| part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit()) && part.chars().any(|c| c.is_ascii_digit());
                let parts: Vec<&str> = word.split('-').map(|part| if hex(part) { "#" } else { part }).collect();
                out += &parts.join("-");
            }
        }
        word.clear();
        if c != '\n' {
            out.push(c);
        }
    }
    out
}
