//! DNS records: one by one, and in batches that happen as a whole or not at all.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::record::build;
use super::reply::{Refusal, Reply, object};
use super::world::{Clock, Plan, Zone};

pub struct Record {
    pub kind: String,
    pub name: String,
    pub content: String,
    /// As the API shows it.
    pub shown: Map<String, Value>,
    /// Whether the API made it: records put there by hand don't count against the quota.
    pub counts: bool,
}

impl Record {
    pub fn new(shown: Map<String, Value>, counts: bool) -> Record {
        let text = |k: &str| shown.get(k).and_then(Value::as_str).unwrap_or("").to_owned();
        Record { kind: text("type"), name: text("name"), content: text("content"), counts, shown }
    }

    pub fn id(&self) -> String {
        self.shown.get("id").and_then(Value::as_str).unwrap_or("").to_owned()
    }
}

/// One item of a batch: its id, where it has one, and its other fields.
type Item = (String, Map<String, Value>);

/// One change to a zone's records.
enum Change<'a> {
    Delete(&'a str),
    Patch(&'a str, &'a Map<String, Value>),
    Put(&'a str, &'a Map<String, Value>),
    Post(&'a Map<String, Value>),
}

pub fn get(zone: &Zone, id: &str) -> Reply {
    Ok(Value::Object(zone.records.get(id).ok_or_else(missing)?.shown.clone()).into())
}

pub fn post(zone: &mut Zone, body: Option<&Value>, clock: &mut Clock) -> Reply {
    Ok(change(zone, Change::Post(object(body)?), clock)?.into())
}

pub fn patch(zone: &mut Zone, id: &str, body: Option<&Value>, clock: &mut Clock) -> Reply {
    Ok(change(zone, Change::Patch(id, object(body)?), clock)?.into())
}

pub fn put(zone: &mut Zone, id: &str, body: Option<&Value>, clock: &mut Clock) -> Reply {
    Ok(change(zone, Change::Put(id, object(body)?), clock)?.into())
}

pub fn delete(zone: &mut Zone, id: &str, clock: &mut Clock) -> Reply {
    change(zone, Change::Delete(id), clock)?;
    Ok(json!({ "id": id }).into())
}

/// Deletes, patches, puts, posts, in that order. The first one that fails undoes those before it.
pub fn batch(zone: &mut Zone, body: Option<&Value>, clock: &mut Clock) -> Reply {
    let body = object(body)?;
    let parts = ["deletes", "patches", "puts", "posts"];
    let invalid = |what: &str| Refusal::new(400, 9207, format!("Request body is invalid: {what}."));
    if let Some(unknown) = body.keys().find(|k| !parts.contains(&k.as_str())) {
        return Err(invalid(&format!("unknown field \"{unknown}\"")));
    }
    let mut lists: BTreeMap<&str, Vec<Item>> = BTreeMap::new();
    for part in parts {
        let list = lists.entry(part).or_default();
        let items = match body.get(part) {
            None | Some(Value::Null) => &vec![],
            Some(items) => items.as_array().ok_or_else(|| invalid(part))?,
        };
        for item in items {
            let mut fields = item.as_object().ok_or_else(|| invalid(part))?.clone();
            let id = if part == "posts" { None } else { fields.remove("id") };
            let id = id.as_ref().and_then(Value::as_str).unwrap_or("").to_owned();
            list.push((id, fields));
        }
    }
    let (total, most) = (lists.values().map(Vec::len).sum::<usize>(), zone.plan.pick([200, 3500, 3500, 3500]));
    if total > most {
        return Err(Refusal::dns(9208, format!("The batch holds {total} records, exceeding the maximum of {most}.")));
    }
    let before: BTreeMap<String, Record> =
        zone.records.iter().map(|(id, r)| (id.clone(), Record::new(r.shown.clone(), r.counts))).collect();
    let mut done = json!({});
    for part in parts {
        let mut shown = vec![];
        for (id, fields) in &lists[part] {
            let step = match part {
                "deletes" => Change::Delete(id),
                "patches" => Change::Patch(id, fields),
                "puts" => Change::Put(id, fields),
                _ => Change::Post(fields),
            };
            match change(zone, step, clock) {
                Ok(record) => shown.push(record),
                Err(refusal) => {
                    zone.records = before;
                    return Err(refusal);
                }
            }
        }
        done[part] = shown.into();
    }
    Ok(done.into())
}

/// Does one change, and tells how the record looks; a record that goes is told as it was.
fn change(zone: &mut Zone, step: Change, clock: &mut Clock) -> Result<Value, Refusal> {
    let record = match step {
        Change::Delete(id) => return Ok(zone.records.remove(id).ok_or_else(missing)?.shown.into()),
        Change::Patch(id, body) => build(zone, body, Some(zone.records.get(id).ok_or_else(missing)?), false, clock)?,
        Change::Put(id, body) => {
            if let Some(absent) = ["type", "name"].iter().find(|f| !body.contains_key(**f)) {
                return Err(Refusal::dns(9207, format!("Request body is invalid: \"{absent}\" is missing.")));
            }
            build(zone, body, Some(zone.records.get(id).ok_or_else(missing)?), true, clock)?
        }
        Change::Post(body) => {
            let record = build(zone, body, None, true, clock)?;
            let most = if zone.plan == Plan::Free { 200 } else { 3500 };
            if zone.records.values().filter(|r| r.counts).count() >= most {
                return Err(Refusal::new(400, 81045, "Record quota exceeded."));
            }
            record
        }
    };
    beside(zone, &record)?;
    let shown = record.shown.clone();
    zone.records.insert(record.id(), record);
    Ok(shown.into())
}

fn missing() -> Refusal {
    Refusal::new(404, 81044, "Record does not exist.")
}

/// Whether a record may stand beside all others.
fn beside(zone: &Zone, record: &Record) -> Result<(), Refusal> {
    let id = record.id();
    let address = |kind: &str| kind == "A" || kind == "AAAA";
    for other in zone.records.values().filter(|o| o.name == record.name && o.id() != id) {
        if other.kind == record.kind && other.content == record.content {
            return Err(Refusal::new(400, 81058, "An identical record already exists."));
        }
        if record.kind == "CNAME" && (other.kind == "CNAME" || address(&other.kind)) {
            return Err(Refusal::new(400, 81053, "An A, AAAA, or CNAME record with that host already exists."));
        }
        if address(&record.kind) && other.kind == "CNAME" {
            return Err(Refusal::new(400, 81054, "A CNAME record with that host already exists."));
        }
    }
    Ok(())
}
