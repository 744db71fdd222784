//! Many changes of records in one request, which the API makes all or none of.
use std::collections::BTreeMap;
use std::time::Duration;

use cloudflare::framework::endpoint::Method;
use serde_json::{Value, json};

use super::wire::read;
use super::{AUTOMATIC, DnsRecord};
use crate::kinds::managed::moved;
use crate::kinds::phase::text;
use crate::kinds::{Answer, Call, Kind, Links, Live, Stamp};
use crate::wire::cloudflare::{Request, Zone};
use crate::wire::{Class, Clients, CloudError};

/// Every record of a zone; one page holds them all (five million).
pub async fn records(cx: &Clients, zone: &Zone) -> Result<Vec<Value>, CloudError> {
    let request = Request::get("List DNS Records", "DNS Read", zone.path("dns_records")).query("per_page=5000000");
    match cx.ask(&request).await? {
        Value::Array(all) => Ok(all),
        _ => Err(CloudError::incomplete("List DNS Records", "result")),
    }
}

/// The answer to a batch of one.
pub fn only(mut answers: Vec<Answer>) -> Answer {
    answers.pop().unwrap_or_else(|| Err(CloudError::bug("a batch without an answer")))
}

/// What a call asks of the API.
struct Change<'a> {
    stack: String,
    zone: String,
    /// The record that goes, or is changed.
    id: Option<&'a str>,
    /// What is written; nothing when it only goes.
    body: Option<Value>,
    /// What stands then.
    after: Option<(&'a DnsRecord, Stamp, &'a Links)>,
    /// Another type takes the place of the old one: it goes, and a new one comes.
    swap: bool,
    /// For how long others may still answer as before.
    stale: Duration,
}

/// All calls, one request for each zone; more only where a zone's plan limits what one request may hold.
pub async fn batch(cx: &Clients, calls: Vec<Call<'_, DnsRecord>>) -> Vec<Answer> {
    let mut answers: Vec<Answer> = calls.iter().map(|_| Ok(None)).collect();
    let mut zones: BTreeMap<String, Vec<(usize, Change)>> = BTreeMap::new();
    for (i, call) in calls.iter().enumerate() {
        match Change::of(call) {
            Ok(Some(change)) => zones.entry(change.zone.clone()).or_default().push((i, change)),
            Ok(None) => {}
            Err(e) => answers[i] = Err(e),
        }
    }
    // A part of what belongs together is never sent.
    if answers.iter().any(Result::is_err) {
        let spoilt = || CloudError::bug("another record of the batch can't be written");
        return answers.into_iter().map(|a| if a.is_ok() { Err(spoilt()) } else { a }).collect();
    }
    for (name, mut changes) in zones {
        while !changes.is_empty() {
            let made = match cx.enter(&changes[0].1.stack, &name).await {
                Ok(zone) => {
                    let rest = changes.split_off(fitting(&changes, zone.batch()));
                    let some = std::mem::replace(&mut changes, rest);
                    (transact(cx, &zone, &some.iter().map(|(_, c)| c).collect::<Vec<_>>()).await, some)
                }
                Err(e) => (changes.iter().map(|_| Err(e.clone())).collect(), std::mem::take(&mut changes)),
            };
            made.1.iter().zip(made.0).for_each(|((i, _), answer)| answers[*i] = answer);
        }
    }
    answers
}

/// How many changes fit into one request.
fn fitting(changes: &[(usize, Change)], most: usize) -> usize {
    let mut room = most;
    let fits = |(_, c): &&(usize, Change)| {
        let size = 1 + c.swap as usize;
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    };
    changes.iter().take_while(fits).count().max(1)
}

impl<'a> Change<'a> {
    /// `None` when there is nothing to do: what was used, but isn't ours, is never taken away.
    fn of(call: &Call<'a, DnsRecord>) -> Result<Option<Change<'a>>, CloudError> {
        Ok(Some(match call {
            Call::Create { want, links, stamp } => Change {
                stack: stamp.stack.clone(),
                zone: want.zone.clone(),
                id: None,
                body: Some(want.body(links)?),
                after: Some((want, stamp.clone(), links)),
                swap: false,
                stale: Duration::ZERO,
            },
            Call::Update { live, want, links, stamp } => {
                let old: DnsRecord = live.of()?;
                let stamp = moved(live, stamp);
                Change {
                    stack: stamp.stack.clone(),
                    zone: want.zone.clone(),
                    id: Some(&live.id),
                    body: Some(want.body(links)?),
                    swap: want.r#type != old.r#type,
                    stale: stale(&old, want, &want.content.resolve(links)?),
                    after: Some((want, stamp, links)),
                }
            }
            Call::Delete { live } if live.stamp.run.is_empty() => return Ok(None),
            Call::Delete { live } => Change {
                stack: live.stamp.stack.clone(),
                zone: live.of::<DnsRecord>()?.zone,
                id: Some(&live.id),
                body: None,
                after: None,
                swap: false,
                stale: Duration::ZERO,
            },
        }))
    }

    /// What is written, with the mark of who writes it.
    fn marked(&self, zone: &Zone) -> Option<Value> {
        let mut body = self.body.clone()?;
        if let Some((_, stamp, _)) = &self.after {
            body["comment"] = json!(stamp.comment(&zone.owner(&self.stack)));
        }
        Some(body)
    }

    /// What stands once the API has made the change.
    fn live(&self, id: &str) -> Answer {
        match &self.after {
            Some((record, stamp, links)) => Live::made(id, (*record).clone(), stamp, links).map(Some),
            None => Ok(None),
        }
    }
}

/// How long resolvers may keep the old answer, when clients were led by it to what the record said.
fn stale(old: &DnsRecord, new: &DnsRecord, content: &str) -> Duration {
    let leads = matches!(old.r#type.as_str(), "A" | "AAAA" | "CNAME") && !old.proxied;
    let other = (&old.r#type, old.content.plain().as_deref(), old.proxied) != (&new.r#type, Some(content), new.proxied);
    let seconds = if old.ttl == AUTOMATIC { 300 } else { old.ttl.unsigned_abs() };
    if leads && other { Duration::from_secs(seconds.into()) } else { Duration::ZERO }
}

/// So often a batch is sent whose answers are lost.
const TRIES: usize = 4;

/// One request, all or nothing. A refusal is looked into once: what is gone already need not go, and an identical record of somebody else's serves
/// as well as one of ours. A lost answer is looked into, too: all of it stands, or it is sent again.
async fn transact(cx: &Clients, zone: &Zone, changes: &[&Change<'_>]) -> Vec<Answer> {
    let all = |e: CloudError| changes.iter().map(|_| Err(e.clone())).collect();
    let mut settled: BTreeMap<usize, Option<Live>> = BTreeMap::new();
    let (mut lost, mut refused) = (0, false);
    while settled.len() < changes.len() {
        let open: Vec<usize> = (0..changes.len()).filter(|i| !settled.contains_key(i)).collect();
        let error = match send(cx, zone, changes, &open).await {
            Ok(made) => {
                settled.extend(made);
                break;
            }
            Err(e) => CloudError { tainted: lost > 0, ..e },
        };
        match error.class {
            Class::Ambiguous if lost + 1 < TRIES => {
                lost += 1;
                if let Err(e) = cx.policy.dwell("Cloudflare to answer", cx.policy.poll).await {
                    return all(e);
                }
            }
            Class::Invalid | Class::NotFound | Class::Conflict if !refused => refused = true,
            _ => return all(error),
        }
        let Ok(now) = records(cx, zone).await else { return all(error) };
        let known = settled.len();
        for i in open {
            if let Some(live) = needless(changes[i], &now, zone) {
                settled.insert(i, live);
            }
        }
        if refused && settled.len() == known {
            return all(error);
        }
    }
    let stale = changes.iter().map(|c| c.stale).max().unwrap_or_default();
    if let Err(e) = cx.policy.elapse("resolvers to forget the old answer", stale).await {
        return all(e);
    }
    (0..changes.len()).map(|i| settled.remove(&i).ok_or_else(|| CloudError::bug("a change without an answer"))).collect()
}

/// What stands already as the change would leave it.
fn needless(change: &Change, now: &[Value], zone: &Zone) -> Option<Option<Live>> {
    match (&change.id, &change.body) {
        (Some(id), None) => (!now.iter().any(|v| text(v, "/id") == **id)).then_some(None),
        // One that takes the place of another of its type stands once that one is gone.
        (old, Some(_)) if old.is_none_or(|id| change.swap && !now.iter().any(|v| text(v, "/id") == *id)) => {
            let (want, stamp, _) = change.after.as_ref()?;
            let body = change.body.as_ref()?;
            let same = |live: &Live| {
                let there = live.of::<DnsRecord>().ok();
                let wanted = read(body, zone, &change.stack).and_then(|l| l.of::<DnsRecord>().ok());
                there == wanted && there.is_some_and(|t| t.r#type == want.r#type)
            };
            let mut there = now.iter().filter_map(|v| read(v, zone, &change.stack)).find(same)?;
            // It was there before this step, and stays when the step is taken back.
            if (&there.stamp.run, there.stamp.step) != (&stamp.run, stamp.step) {
                there.stamp = Stamp::nobody(Kind::DnsRecord);
            }
            Some(Some(there))
        }
        _ => None,
    }
}

/// The request, and what each of its changes made.
async fn send(cx: &Clients, zone: &Zone, changes: &[&Change<'_>], open: &[usize]) -> Result<BTreeMap<usize, Option<Live>>, CloudError> {
    let (mut deletes, mut patches, mut posts) = (vec![], vec![], vec![]);
    let mut made: BTreeMap<usize, Option<Live>> = BTreeMap::new();
    let mut new = vec![];
    for i in open {
        let change = changes[*i];
        match (change.id, change.marked(zone)) {
            (Some(id), Some(mut patch)) if !change.swap => {
                patch["id"] = json!(id);
                patches.push(patch);
                made.insert(*i, change.live(id)?);
            }
            (id, body) => {
                deletes.extend(id.map(|id| json!({ "id": id })));
                if let Some(body) = body {
                    posts.push(body);
                    new.push(*i);
                }
                made.insert(*i, None);
            }
        }
    }
    if deletes.is_empty() && patches.is_empty() && posts.is_empty() {
        return Ok(made);
    }
    let body = json!({ "deletes": deletes, "patches": patches, "posts": posts });
    let request = Request::get("Batch DNS Records", "DNS Write", zone.path("dns_records/batch")).send(Method::POST, body);
    let answer = cx.tell(&request).await?;
    for (n, i) in new.into_iter().enumerate() {
        let id = text(&answer, &format!("/posts/{n}/id"));
        if id.is_empty() {
            return Err(CloudError::incomplete("Batch DNS Records", "id of a new record"));
        }
        made.insert(i, changes[i].live(&id)?);
    }
    Ok(made)
}
