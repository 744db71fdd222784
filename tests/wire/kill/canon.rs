//! Two pictures of an account are the same when nobody can tell them apart but by physical ids, times, and which run made what.
use std::collections::BTreeMap;

use aws_config::SdkConfig;

use crate::wire::foreign::photo;

/// What stands in an account, as plain requests show it: every object as its sorted leaves, in a form that two accounts alike share.
pub async fn canon(config: &SdkConfig) -> Vec<String> {
    let picture = photo::take(config).await;
    // The emulator shows for ever what was deleted.
    let dead = |text: &str| text.lines().any(|l| ["Deleted,", "\"deleted\","].contains(&l.trim()));
    let gone = |key: &str, text: &str| (key.starts_with("nat_gateway ") || key.starts_with("vpc_endpoint ")) && dead(text);
    // S3 takes a bucket's tags with its creation, the emulator only afterwards: what is killed in between bears no mark, which can't be on AWS.
    let unmarked = |key: &str, text: &str| key.starts_with("bucket ") && !text.contains("infra:stack");
    let living: Vec<(&String, &String)> = picture.iter().filter(|(k, t)| !gone(k, t) && !unmarked(k, t)).collect();
    let names: BTreeMap<&str, String> = living.iter().filter_map(|(key, text)| Some((key.split_once(' ')?.1, address(text)?))).collect();
    let mut out: Vec<String> = living.iter().map(|(key, text)| object(key, text, &names)).collect();
    out.sort();
    out
}

/// The value of the tag that names an object's address.
fn address(text: &str) -> Option<String> {
    let rest = text.split_once("\"infra:address\"")?.1;
    rest.split('"').nth(1).map(String::from)
}

fn object(key: &str, text: &str, names: &BTreeMap<&str, String>) -> String {
    let kind = key.split(' ').next().unwrap_or_default();
    let mut leaves = vec![];
    let mut path: Vec<(usize, String)> = vec![];
    let mut skip = false;
    for line in text.lines() {
        let (depth, line) = (line.len() - line.trim_start().len(), line.trim().trim_end_matches(','));
        path.retain(|(d, _)| *d < depth);
        let named = line.split_once(": ").filter(|(name, _)| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        let value = named.map_or(line, |(_, value)| value);
        if let Some((name, _)) = named {
            path.push((depth, name.to_owned()));
        }
        if value.ends_with(['{', '(', '[']) || ["}", ")", "]"].contains(&value) {
            continue;
        }
        let way: Vec<&str> = path.iter().map(|(_, name)| name.as_str()).collect();
        let mark = ["\"infra:run\"", "\"infra:digest\""].iter().any(|m| value.starts_with(m));
        // Where the emulator puts instances follows the order of ids.
        let placed = way.join(".") == "instances.availability_zone";
        if !mark && !skip && !placed && !way.iter().any(|name| passing(name)) {
            // A set that the API writes as a list.
            let mut members: Vec<String> = value.split(',').map(|one| words(one.trim_matches('"'), names)).collect();
            members.sort();
            leaves.push(format!("{} = {}", way.join("."), members.join(",")));
        }
        skip = mark && !value.contains(": ");
    }
    leaves.sort();
    format!("{kind}\n{}", leaves.join("\n"))
}

/// Fields that hold a time, an address that the cloud chose, or an id of no meaning.
fn passing(name: &str) -> bool {
    let ends = ["_ip", "_ip_address", "_time", "_date", "_arn", "_addresses", "_at", "_timestamp"];
    let all = [
        "arn",
        "available_ip_address_count",
        "dns_name",
        "e_tag",
        "instance_profile_id",
        "policy_id",
        "role_id",
        "seconds",
        "subsecond_nanos",
        "version_id",
        "log_stream_name",
    ];
    ends.iter().any(|e| name.ends_with(e)) || all.contains(&name)
}

/// Known ids become addresses, unknown ones lose their number.
fn words(line: &str, names: &BTreeMap<&str, String>) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for c in line.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            word.push(c);
            continue;
        }
        match names.get(word.as_str()) {
            Some(address) => out += &format!("<{address}>"),
            None => {
                let hex = |part: &str| part.len() >= 8 && part.chars().all(|c| c.is_ascii_hexdigit());
                let mut parts: Vec<&str> = word.split('-').map(|part| if hex(part) { "#" } else { part }).collect();
                // Secrets Manager ends an ARN with six characters of its own.
                if let [.., "#", end] = &mut parts[..]
                    && end.len() == 6
                {
                    *end = "#";
                }
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
