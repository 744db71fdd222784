//! Who did what, as the account's audit log tells it (`GET /accounts/ACCOUNT/audit_logs`).
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::time::Instant;

use super::{AuditEvent, AuditLog, EVENTS, short};
use crate::kinds::Live;
use crate::model::Moment;
use crate::wire::cloudflare::Request;
use crate::wire::{Clients, CloudError, Service};

/// How far back it is looked.
const BACK: Duration = Duration::from_secs(90 * 86_400);

impl Clients {
    /// What was done to these objects, as far as the log names them: one request a zone. It doesn't tell our own doings from others'.
    pub async fn audit(&self, objects: &[&Live], until: Instant) -> AuditLog {
        let mut log = AuditLog::default();
        let mut zones: BTreeMap<String, Vec<&Live>> = BTreeMap::new();
        for live in objects {
            let zone = live.object.attributes().into_iter().find(|a| a.name == "zone");
            if let Some(zone) = zone.as_ref().and_then(|z| z.value.as_str()) {
                zones.entry(zone.into()).or_default().push(live);
            }
        }
        for (zone, objects) in zones {
            match self.policy.hint(until, self.entries(&zone)).await {
                Ok(entries) => {
                    let about = |l: &&Live| (l.id.clone(), events(&entries, &l.id));
                    log.events.extend(objects.iter().map(about).filter(|(_, events)| !events.is_empty()));
                }
                Err(e) if log.unread.iter().any(|u| u.code == e.code) => {}
                Err(e) => log.unread.push(CloudError { service: Some(Service::Cloudflare), ..e }),
            }
        }
        log
    }

    /// The newest entries about a zone.
    async fn entries(&self, zone: &str) -> Result<Vec<Value>, CloudError> {
        let account = self.zone(zone).await?.account;
        if account.is_empty() {
            return Err(CloudError::incomplete("List Zones", "account"));
        }
        let since = humantime::format_rfc3339_seconds(SystemTime::now() - BACK);
        let request = Request::get("Get account audit logs", "Account Settings Read", format!("accounts/{account}/audit_logs"))
            .query(format!("zone.name={zone}&since={since}&direction=desc&per_page=1000"));
        Ok(self.look(&request).await?.as_array().cloned().unwrap_or_default())
    }
}

/// The events among a log's entries that are about an object: it is named by its id, a setting (`ZONE/SETTING`) by its name.
fn events(entries: &[Value], id: &str) -> Vec<AuditEvent> {
    let about = |e: &&Value| match id.split_once('/') {
        Some((_, setting)) => e.pointer("/metadata/name").and_then(Value::as_str) == Some(setting),
        None => mentions(e, id),
    };
    let done = |e: &&Value| e.pointer("/action/result").and_then(Value::as_bool) != Some(false);
    entries.iter().filter(about).filter(done).filter_map(event).take(EVENTS).collect()
}

fn event(entry: &Value) -> Option<AuditEvent> {
    let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let who = ["/actor/email", "/actor/id", "/actor/type"].into_iter().map(text).find(|t| !t.is_empty()).unwrap_or_default();
    let when = humantime::parse_rfc3339(text("/when")).ok()?;
    Some(AuditEvent {
        when: Moment(when),
        who: short(who),
        what: short(text("/action/type")),
        from: short(text("/actor/ip")),
        with: short(text("/interface")),
    })
}

/// Whether a text in a value has the id in it.
fn mentions(v: &Value, id: &str) -> bool {
    match v {
        Value::String(s) => s.contains(id),
        Value::Object(m) => m.values().any(|v| mentions(v, id)),
        Value::Array(a) => a.iter().any(|v| mentions(v, id)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_is_about_what_it_names() {
        let entry = |id: &str, result: bool, setting: &str| {
            json!({
                "action": { "type": "change_setting", "result": result },
                "actor": { "email": "michelle@example.com", "ip": "198.51.100.7", "type": "user" },
                "interface": "UI",
                "metadata": { "name": setting, "zone_name": "example.com" },
                "resource": { "id": id },
                "when": "2026-04-26T17:31:07Z",
            })
        };
        let log = [entry("abc", true, ""), entry("abc", false, ""), entry("def", true, "ssl"), entry("def", true, "ssl_more")];
        let told = |id: &str| events(&log, id).len();
        assert_eq!([told("abc"), told("def"), told("ghi"), told("example.com/ssl")], [1, 2, 0, 1]);
        let event = &events(&log, "abc")[0];
        assert_eq!(
            (event.who.as_str(), event.what.as_str(), event.from.as_str()),
            ("michelle@example.com", "change_setting", "198.51.100.7")
        );
        assert_eq!(event.when.to_string(), "2026-04-26T17:31:07.000Z");
    }
}
