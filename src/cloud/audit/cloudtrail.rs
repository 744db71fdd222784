//! Who did what, as CloudTrail tells it: the last 90 days' management events, by the resource's name.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_cloudtrail::config::{Config, Region};
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use serde_json::Value;
use tokio::time::Instant;

use super::{AuditEvent, AuditLog, EVENTS, short};
use crate::kinds::Live;
use crate::model::Moment;
use crate::wire::aws::APP;
use crate::wire::{Clients, CloudError, Service};

/// Where events of services are told that are the same in every region.
const HOME: &str = "us-east-1";

/// The request.
const LOOKUP: &str = "LookupEvents";

/// Pages that are read of one object's events, at most: reads fill them, too.
const PAGES: usize = 3;

impl Clients {
    /// What others did to these objects, as far as it is told until then. A record that can't be read is asked for once.
    pub async fn trail(&self, objects: &[&Live], until: Instant) -> AuditLog {
        let mut log = AuditLog::default();
        for live in objects {
            let region = if live.object.kind().service() == Service::Iam { HOME } else { self.region() };
            match self.policy.hint(until, self.events(region, &live.id)).await {
                Ok(events) => drop(log.events.insert(live.id.clone(), events)),
                Err(e) => {
                    log.unread.push(CloudError { service: Some(Service::CloudTrail), operation: LOOKUP.into(), ..e });
                    break;
                }
            }
        }
        log
    }

    /// The newest changes by others, from the events that name a resource.
    async fn events(&self, region: &str, name: &str) -> Result<Vec<AuditEvent>, CloudError> {
        let attribute = LookupAttribute::builder().attribute_key(LookupAttributeKey::ResourceName).attribute_value(name).build();
        let attribute = attribute.map_err(|e| CloudError::bug(e.to_string()))?;
        let request = self.cloudtrail().lookup_events().lookup_attributes(attribute).max_results(50);
        let (mut events, mut token) = (vec![], None::<String>);
        for _ in 0..PAGES {
            let send = async || {
                let at = Config::builder().region(Region::new(region.to_owned()));
                request.clone().set_next_token(token.clone()).customize().config_override(at).send().await
            };
            let page = self.once(Service::CloudTrail, LOOKUP, send).await?;
            events.extend(page.events.into_iter().flatten().filter_map(event));
            token = page.next_token.filter(|t| !t.is_empty());
            if token.is_none() || events.len() >= EVENTS {
                break;
            }
        }
        events.truncate(EVENTS);
        Ok(events)
    }
}

/// What an event tells; `None` when it changed nothing, or was ours.
fn event(event: Event) -> Option<AuditEvent> {
    let told: Value = event.cloud_trail_event.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let reads = event.read_only.as_deref() == Some("true");
    let ours = text("/userAgent").split(' ').any(|word| word.strip_prefix("app/") == Some(APP));
    if reads || ours || !text("/errorCode").is_empty() {
        return None;
    }
    let when =
        event.event_time.and_then(|t| u64::try_from(t.secs()).ok()).map_or(SystemTime::UNIX_EPOCH, |s| UNIX_EPOCH + Duration::from_secs(s));
    Some(AuditEvent {
        when: Moment(when),
        who: short(&who(&told, event.username.as_deref().unwrap_or_default())),
        what: short(event.event_name.as_deref().unwrap_or_default()),
        from: short(text("/sourceIPAddress")),
        with: short(agent(text("/userAgent"))),
    })
}

/// A user's name; a role's with its session's.
fn who(told: &Value, username: &str) -> String {
    let text = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (role, user) = (text("/userIdentity/sessionContext/sessionIssuer/userName"), text("/userIdentity/userName"));
    let session = text("/userIdentity/arn").rsplit('/').next().unwrap_or_default();
    match (role, user, text("/userIdentity/invokedBy"), text("/userIdentity/type")) {
        ("", "", "", "Root") => "the root user".into(),
        ("", "", "", _) => username.into(),
        ("", "", service, _) => service.into(),
        ("", user, ..) => user.into(),
        (role, ..) if session.is_empty() => format!("role {role}"),
        (role, ..) => format!("role {role}, session {session}"),
    }
}

/// The program in a user agent: its first word, or the console.
fn agent(text: &str) -> &str {
    let word = text.trim_matches(['[', ']']).split(' ').next().unwrap_or_default();
    if word.starts_with("console.") || word.contains("signin.") || text.contains("AWS Console") { "the console" } else { word }
}
