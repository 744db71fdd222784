//! Log delivery of replication groups: it is shown as under way until it was looked at once, and comes to nothing where the log group isn't there.
use std::collections::{BTreeMap, BTreeSet};

use super::Form;

/// How a group's form keeps what is delivered: `Delivered.slow-log.Status`.
const KEPT: &str = "Delivered.";
const SAID: &str = "LogDeliveryConfigurations.LogDeliveryConfigurationRequest.";
const GROUP: &str = "DestinationDetails.CloudWatchLogsDetails.LogGroup";

/// The log group that a request names.
pub fn named(body: &str) -> String {
    let said: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    said["logGroupName"].as_str().unwrap_or_default().to_owned()
}

/// Whether a version writes a type of log ("Log delivery" in the user guide).
fn writes(engine: &str, version: &str, log: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').filter_map(|n| n.parse().ok()).collect();
    let least = if log == "slow-log" { [6, 0] } else { [6, 2] };
    engine == "valkey" || numbers.as_slice() >= &least[..]
}

/// Takes over what a request says of logs. Which code refuses what a version doesn't write, or half of a destination, the reference leaves open: these are ours.
pub fn deliver(group: &mut Form, said: &Form, known: &BTreeSet<String>) -> Result<(), &'static str> {
    let mut each: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (key, value) in said {
        if let Some((nth, field)) = key.strip_prefix(SAID).and_then(|rest| rest.split_once('.')) {
            each.entry(nth).or_default().insert(field, value);
        }
    }
    if group.values().any(|status| ["enabling", "modifying", "disabling"].contains(&status.as_str())) {
        return Err("InvalidReplicationGroupState");
    }
    let changes = said.contains_key("ApplyImmediately") || said.contains_key("ReplicationGroupId") && !said.contains_key("Engine");
    for one in each.values() {
        let log = *one.get("LogType").ok_or("InvalidParameterValue")?;
        let at = |field: &str| format!("{KEPT}{log}.{field}");
        // "You must set the apply-immediately parameter for all log delivery modifications."
        if changes && said.get("ApplyImmediately").map(String::as_str) != Some("true") {
            return Err("InvalidParameterCombination");
        }
        let stood = group.contains_key(&at("Status"));
        if one.get("Enabled") == Some(&"false") {
            if stood {
                group.insert(at("Status"), "disabling".into());
            }
            continue;
        }
        let whole = ["DestinationType", "LogFormat", GROUP].iter().all(|field| one.contains_key(field));
        let version = said.get("EngineVersion").or(group.get("EngineVersion")).cloned().unwrap_or_default();
        if !whole || !writes(&group["Engine"], &version, log) {
            return Err("InvalidParameterCombination");
        }
        if !["slow-log", "engine-log"].contains(&log) || !["json", "text"].contains(&one["LogFormat"]) {
            return Err("InvalidParameterValue");
        }
        group.insert(at("Format"), one["LogFormat"].into());
        group.insert(at("Group"), one[GROUP].into());
        let status = match (known.contains(one[GROUP]), stood) {
            (false, _) => "error",
            (true, true) => "modifying",
            (true, false) => "enabling",
        };
        group.insert(at("Status"), status.into());
    }
    Ok(())
}

/// What was under way has arrived.
pub fn arrive(group: &mut Form) {
    for log in ["engine-log", "slow-log"] {
        let at = format!("{KEPT}{log}.");
        match group.get(&format!("{at}Status")).map(String::as_str) {
            Some("disabling") => group.retain(|key, _| !key.starts_with(&at)),
            Some("enabling" | "modifying") => drop(group.insert(format!("{at}Status"), "active".into())),
            _ => {}
        }
    }
}

/// `LogDeliveryConfigurations`.
pub fn shown(group: &Form) -> String {
    let one = |log: &str| {
        let said = |field: &str| group.get(&format!("{KEPT}{log}.{field}")).map(String::as_str);
        let status = said("Status")?;
        let message = if status == "error" { "<Message>The log group does not exist.</Message>" } else { "" };
        let to = format!("<CloudWatchLogsDetails><LogGroup>{}</LogGroup></CloudWatchLogsDetails>", said("Group")?);
        Some(format!(
            "<LogDeliveryConfiguration><LogType>{log}</LogType><DestinationType>cloudwatch-logs</DestinationType><DestinationDetails>{to}</DestinationDetails>\
             <LogFormat>{}</LogFormat><Status>{status}</Status>{message}</LogDeliveryConfiguration>",
            said("Format")?
        ))
    };
    let all: String = ["engine-log", "slow-log"].into_iter().filter_map(one).collect();
    format!("<LogDeliveryConfigurations>{all}</LogDeliveryConfigurations>")
}
