//! What https subscriptions of the sandbox's topics are sent when an alarm changes: a POST each to one address of this machine, as SNS writes it ("HTTP/HTTPS
//! notification JSON format", "CloudWatch alarm notification"). Nothing is signed, since nobody here has SNS's key.
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::str::FromStr;

use serde_json::{Value, json};

use super::Sandbox;
use crate::kinds::metric_alarm::{Standing, State as Judged};
use crate::kinds::{CompositeAlarm, Kind, Live, Member as _, MetricAlarm, Topic};
use crate::model::{Moment, digest};
use crate::wire::{Class, CloudError};

/// Where it is sent, and which alarms fired when that was last told.
#[derive(Clone, Debug)]
pub struct Webhook {
    at: SocketAddr,
    path: String,
    fired: BTreeSet<String>,
}

impl FromStr for Webhook {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        let rest = url.strip_prefix("http://").ok_or("it begins with http://: nothing leaves this machine")?;
        let (at, path) = rest.split_once('/').unwrap_or((rest, ""));
        let at: SocketAddr = at.parse().map_err(|_| format!("`{at}` is no address with a port, such as 127.0.0.1:9000"))?;
        if !at.ip().is_loopback() || !path.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("it is an address of this machine alone, such as http://127.0.0.1:9000/alerts".into());
        }
        Ok(Webhook { at, path: format!("/{path}"), fired: BTreeSet::new() })
    }
}

/// An alarm that may tell.
struct Teller<'a> {
    live: &'a Live,
    description: &'a str,
    fires: bool,
    why: String,
    actions: [BTreeSet<String>; 2],
}

impl Webhook {
    /// Tells of every alarm that fires since it was last told, and of every one that doesn't any more; as often as topics with subscriptions over https are told. Answers
    /// how many messages were sent.
    pub async fn tell(&mut self, sandbox: &Sandbox, stack: &str, standing: &[Standing]) -> Result<usize, CloudError> {
        let objects = sandbox.objects();
        let own = |kind: Kind| objects.iter().filter(move |live| live.object.kind() == kind && live.stamp.stack == stack);
        let now = Moment::now();
        let muted = muted(own(Kind::AlarmMuteRule), now);
        let heard: BTreeMap<&str, &Live> = own(Kind::Topic)
            .filter(|live| Topic::of(&live.object).is_some_and(|topic| topic.subscribers.iter().any(|s| s.starts_with("https://"))))
            .map(|live| (live.id.as_str(), live))
            .collect();
        let mut sent = 0;
        for teller in tellers(standing, own(Kind::CompositeAlarm)) {
            let id = &teller.live.id;
            let fired = self.fired.contains(id);
            if fired == teller.fires {
                continue;
            }
            if teller.fires {
                self.fired.insert(id.clone())
            } else {
                self.fired.remove(id)
            };
            // Who is silenced changes all the same.
            let [alarm, ok] = &teller.actions;
            let actions = if teller.fires { alarm } else { ok };
            for topic in actions.iter().filter(|_| !muted.contains(id)).filter_map(|topic| heard.get(topic.as_str())) {
                let message = message(&teller, fired, topic, sandbox.region.as_str(), now);
                self.post(&message).await?;
                sent += 1;
            }
        }
        Ok(sent)
    }

    async fn post(&self, message: &Value) -> Result<(), CloudError> {
        let said = |e: reqwest::Error| CloudError::new(Class::Invalid, "Webhook", e.to_string());
        let text = |field: &str| message[field].as_str().unwrap_or_default().to_owned();
        let client = reqwest::Client::builder().no_proxy().build().map_err(said)?;
        let request = client
            .post(format!("http://{}{}", self.at, self.path))
            .header("Content-Type", "text/plain; charset=UTF-8")
            .header("x-amz-sns-message-type", "Notification")
            .header("x-amz-sns-message-id", text("MessageId"))
            .header("x-amz-sns-topic-arn", text("TopicArn"))
            .body(message.to_string());
        request.send().await.and_then(reqwest::Response::error_for_status).map(drop).map_err(said)
    }
}

/// The ids of alarms that a rule silences now.
fn muted<'a>(rules: impl Iterator<Item = &'a Live>, now: Moment) -> BTreeSet<String> {
    let active = |live: &&Live| {
        let rule = crate::kinds::AlarmMuteRule::of(&live.object);
        rule.and_then(|rule| Some(rule.begins()? <= now && now < rule.ends()?)) == Some(true)
    };
    rules.filter(active).flat_map(|live| live.points.iter().cloned()).collect()
}

/// Metric alarms as they stand, and composites, which fire while one of their children does.
fn tellers<'a>(standing: &'a [Standing], composites: impl Iterator<Item = &'a Live>) -> Vec<Teller<'a>> {
    let ids = |refs: &BTreeSet<crate::kinds::Ref<Topic>>| refs.iter().map(|topic| topic.0.clone()).collect();
    let single = |alarm: &'a Standing| {
        let object = MetricAlarm::of(&alarm.live.object)?;
        let actions = [ids(&object.alarm_actions), ids(&object.ok_actions)];
        let (fires, why) = (alarm.state == Judged::Firing, alarm.why.clone());
        Some(Teller { live: &alarm.live, description: &object.description, fires, why, actions })
    };
    let firing = standing.iter().filter(|alarm| alarm.state == Judged::Firing);
    let firing: BTreeMap<&str, &str> = firing.map(|alarm| (alarm.live.id.as_str(), alarm.live.stamp.address.name.as_str())).collect();
    let grouped = move |live: &'a Live| {
        let object = CompositeAlarm::of(&live.object)?;
        let children: Vec<&str> = object.alarms.iter().filter_map(|child| firing.get(child.0.as_str()).copied()).collect();
        let actions = [ids(&object.alarm_actions), ids(&object.ok_actions)];
        let why = format!("{} transitioned to ALARM", children.join(", "));
        Some(Teller { live, description: &object.description, fires: !children.is_empty(), why, actions })
    };
    standing.iter().filter_map(single).chain(composites.filter_map(grouped)).collect()
}

fn message(teller: &Teller<'_>, fired: bool, topic: &Live, region: &str, now: Moment) -> Value {
    let word = |fires: bool| if fires { "ALARM" } else { "OK" };
    let (id, name) = (&teller.live.id, &teller.live.stamp.address.name);
    let alarm = json!({
        "AlarmName": name,
        "AlarmDescription": teller.description,
        "AWSAccountId": "123456789012",
        "NewStateValue": word(teller.fires),
        "NewStateReason": teller.why,
        "StateChangeTime": now,
        "Region": region,
        "AlarmArn": format!("arn:aws:cloudwatch:{region}:123456789012:alarm:{id}"),
        "OldStateValue": word(fired),
    });
    let drawn = digest(&(id, word(teller.fires), now.to_string()));
    json!({
        "Type": "Notification",
        "MessageId": format!("{}-{}-{}-{}-{}", &drawn[..8], &drawn[8..12], &drawn[12..16], &drawn[16..20], &drawn[20..32]),
        "TopicArn": format!("arn:aws:sns:{region}:123456789012:{}", topic.id),
        "Subject": format!("{}: \"{name}\" in {region}", word(teller.fires)),
        "Message": alarm.to_string(),
        "Timestamp": now,
        "SignatureVersion": "1",
    })
}
