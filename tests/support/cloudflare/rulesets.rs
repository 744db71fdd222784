//! Rulesets: one entry point per phase, whose rules keep their ids by `ref`, and every state of which keeps its version.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::managed;
use super::reply::{Refusal, Reply, object};
use super::rules::{self, Phase};
use super::world::{Clock, Zone};

type Fields = Map<String, Value>;

pub struct Ruleset {
    pub id: String,
    name: String,
    description: String,
    phase: &'static str,
    version: u64,
    /// As the API shows them.
    pub rules: Vec<Fields>,
    /// All states by version, with their rules.
    versions: BTreeMap<u64, Value>,
}

impl Ruleset {
    pub fn new(phase: &'static Phase, clock: &mut Clock) -> Ruleset {
        let (id, name) = (clock.id(), "default".to_owned());
        Ruleset { id, name, description: String::new(), phase: phase.name, version: 0, rules: vec![], versions: BTreeMap::new() }
    }

    /// Takes new rules as the next version.
    pub fn set(&mut self, rules: Vec<Fields>, clock: &mut Clock) {
        self.rules = rules;
        self.version += 1;
        let state = json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "kind": "zone",
            "version": self.version.to_string(),
            "last_updated": clock.now(),
            "phase": self.phase,
            "rules": self.rules,
        });
        self.versions.insert(self.version, state);
    }

    fn shown(&self) -> Value {
        self.versions.get(&self.version).cloned().unwrap_or_default()
    }

    /// The rules as they are kept after this one: their ids by `ref`, and what a body leaves out.
    fn settle(&self, given: Vec<Fields>, at: impl Fn(usize) -> String, clock: &mut Clock) -> Result<Vec<Fields>, Refusal> {
        let mut settled: Vec<Fields> = vec![];
        for (i, mut rule) in given.into_iter().enumerate() {
            let old = self.rules.iter().find(|o| match rule.get("id") {
                Some(id) => o.get("id") == Some(id),
                None => rule.contains_key("ref") && o.get("ref") == rule.get("ref"),
            });
            if rule.contains_key("id") && old.is_none() {
                return Err(Refusal::at(&format!("{}/id", at(i)), 20120, "the rule does not exist in the ruleset"));
            }
            let id = old.map_or_else(|| clock.id().into(), |o| o["id"].clone());
            if settled.iter().any(|s| s["id"] == id) {
                return Err(Refusal::at(&format!("{}/id", at(i)), 20120, "the id is not unique within the ruleset"));
            }
            let reference = old.map_or_else(|| id.clone(), |o| o["ref"].clone());
            rule.insert("id".into(), id);
            rule.entry("ref").or_insert(reference);
            rule.entry("enabled").or_insert(true.into());
            let moving = ["version", "last_updated"];
            let plain = |r: &Fields| {
                r.iter().filter(|(k, _)| !moving.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect::<Fields>()
            };
            match old.filter(|o| plain(o) == rule) {
                Some(same) => rule = same.clone(),
                None => {
                    let last = old.and_then(|o| o["version"].as_str()).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0);
                    rule.insert("version".into(), (last + 1).to_string().into());
                    rule.insert("last_updated".into(), clock.now().into());
                }
            }
            settled.push(rule);
        }
        Ok(settled)
    }
}

pub fn no_entry(phase: &str) -> Refusal {
    Refusal::new(404, 10003, format!("could not find entrypoint ruleset in the {phase} phase"))
}

fn missing() -> Refusal {
    Refusal::new(404, 10000, "could not find ruleset")
}

/// A ruleset without its rules, as lists show it.
fn brief(mut shown: Value) -> Value {
    shown.as_object_mut().map(|o| o.remove("rules"));
    shown
}

pub fn entry(zone: &Zone, phase: &str) -> Reply {
    Ok(zone.rulesets.get(phase).ok_or_else(|| no_entry(phase))?.shown().into())
}

/// Replaces all rules; creates the entry point before its first use.
pub fn put(zone: &mut Zone, phase: &'static Phase, body: Option<&Value>, clock: &mut Clock) -> Reply {
    let body = object(body)?;
    let known = ["rules", "description", "name", "kind", "phase"];
    if let Some(unknown) = body.keys().find(|k| !known.contains(&k.as_str())) {
        return Err(Refusal::at(&format!("/{unknown}"), 20021, format!("invalid JSON: unknown field \"{unknown}\"")));
    }
    for (field, only) in [("kind", "zone"), ("phase", phase.name)] {
        if body.get(field).is_some_and(|v| v != only) {
            return Err(Refusal::at(&format!("/{field}"), 20120, format!("{field} must be {only}")));
        }
    }
    let list = body.get("rules").and_then(Value::as_array).ok_or_else(|| Refusal::at("/rules", 20120, "rules must be a list"))?;
    let at = |i: usize| format!("/rules/{i}");
    let mut given = vec![];
    for (i, rule) in list.iter().enumerate() {
        let rule = rule.as_object().ok_or_else(|| Refusal::at(&at(i), 20120, "a rule must be an object"))?;
        rules::check_rule(phase, zone.plan, rule, &at(i))?;
        given.push(rule.clone());
    }
    let plan = zone.plan;
    let fresh = Ruleset::new(phase, clock);
    let ruleset = zone.rulesets.get(phase.name).unwrap_or(&fresh);
    rules::check(phase, plan, &given, at)?;
    let settled = ruleset.settle(given, at, clock)?;
    let ruleset = zone.rulesets.entry(phase.name.to_owned()).or_insert(fresh);
    for (field, kept) in [("name", &mut ruleset.name), ("description", &mut ruleset.description)] {
        if let Some(text) = body.get(field).and_then(Value::as_str) {
            text.clone_into(kept);
        }
    }
    ruleset.set(settled, clock);
    Ok(ruleset.shown().into())
}

pub fn versions(zone: &Zone, phase: &str) -> Reply {
    let ruleset = zone.rulesets.get(phase).ok_or_else(|| no_entry(phase))?;
    Ok(Value::from_iter(ruleset.versions.values().cloned().map(brief)).into())
}

pub fn version(zone: &Zone, phase: &str, version: &str) -> Reply {
    let ruleset = zone.rulesets.get(phase).ok_or_else(|| no_entry(phase))?;
    let state = version.parse().ok().and_then(|v: u64| ruleset.versions.get(&v));
    Ok(state.cloned().ok_or_else(|| Refusal::new(404, 10002, "could not find ruleset version"))?.into())
}

/// The entry points in phases that may be seen, and the managed rulesets there that the plan may use.
pub fn list(zone: &Zone, seen: impl Fn(&str) -> bool) -> Reply {
    let own = zone.rulesets.values().filter(|r| seen(r.phase)).map(|r| brief(r.shown()));
    let managed = managed::RULESETS.iter().filter(|m| m.from <= zone.plan && seen(m.phase)).map(managed::Managed::shown);
    Ok(Value::from_iter(own.chain(managed)).into())
}

/// The phase of a ruleset of the zone's own or a managed one.
pub fn phase_of(zone: &Zone, id: &str) -> Option<&'static Phase> {
    let own = zone.rulesets.values().find(|r| r.id == id).map(|r| r.phase);
    own.or_else(|| managed::RULESETS.iter().find(|m| m.id == id).map(|m| m.phase)).and_then(Phase::named)
}

pub fn get(zone: &Zone, id: &str) -> Reply {
    if let Some(own) = zone.rulesets.values().find(|r| r.id == id) {
        return Ok(own.shown().into());
    }
    let managed = managed::RULESETS.iter().find(|m| m.id == id && m.from <= zone.plan).ok_or_else(missing)?;
    let mut shown = managed.shown();
    shown["rules"] = json!([]);
    Ok(shown.into())
}

/// Adds a rule (without `rule`), or replaces one. `position` tells where it goes; the last place is usual for a new one.
pub fn write_rule(zone: &mut Zone, id: &str, rule: Option<&str>, body: Option<&Value>, clock: &mut Clock) -> Reply {
    let plan = zone.plan;
    let ruleset = zone.rulesets.values_mut().find(|r| r.id == id).ok_or_else(missing)?;
    let phase = Phase::named(ruleset.phase).ok_or_else(missing)?;
    let mut given = object(body)?.clone();
    let position = given.remove("position");
    let mut all = ruleset.rules.clone();
    let place = match rule {
        None => all.len(),
        Some(rule) => all.iter().position(|r| r["id"] == rule).ok_or_else(no_rule)?,
    };
    let settled = if rule.is_some() && given.is_empty() && position.is_some() {
        all.remove(place)
    } else {
        if let Some(own) = rule
            && given.insert("id".into(), own.into()).is_some_and(|i| i != own)
        {
            return Err(Refusal::at("/id", 20120, "the id of a rule cannot be changed"));
        }
        rules::check_rule(phase, plan, &given, "")?;
        if rule.is_none() && all.iter().any(|r| given.get("ref").is_some_and(|g| *g == r["ref"])) {
            return Err(Refusal::at("/ref", 20120, "the ref is not unique within the ruleset"));
        }
        if rule.is_some() {
            all.remove(place);
        }
        ruleset.settle(vec![given], |_| String::new(), clock)?.remove(0)
    };
    let place = match &position {
        None => place,
        Some(p) => placed(&all, p).ok_or_else(|| Refusal::at("/position", 20120, "the position is invalid"))?,
    };
    all.insert(place, settled);
    rules::check(phase, plan, &all, |_| String::new())?;
    ruleset.set(all, clock);
    Ok(ruleset.shown().into())
}

pub fn delete_rule(zone: &mut Zone, id: &str, rule: &str, clock: &mut Clock) -> Reply {
    let ruleset = zone.rulesets.values_mut().find(|r| r.id == id).ok_or_else(missing)?;
    let left: Vec<Fields> = ruleset.rules.iter().filter(|r| r["id"] != rule).cloned().collect();
    if left.len() == ruleset.rules.len() {
        return Err(no_rule());
    }
    ruleset.set(left, clock);
    Ok(ruleset.shown().into())
}

fn no_rule() -> Refusal {
    Refusal::new(404, 10002, "could not find rule")
}

/// The place that `{index: 1}`, `{before: ID}` or `{after: ID}` means among the other rules.
fn placed(others: &[Fields], position: &Value) -> Option<usize> {
    let position = position.as_object().filter(|p| p.len() == 1)?;
    let find = |id: &str| others.iter().position(|r| r["id"] == id);
    match position.iter().next().map(|(k, v)| (k.as_str(), v))? {
        ("index", v) => v.as_u64().and_then(|i| usize::try_from(i).ok()).filter(|i| (1..=others.len() + 1).contains(i)).map(|i| i - 1),
        ("before", v) => v.as_str().and_then(|id| if id.is_empty() { Some(0) } else { find(id) }),
        ("after", v) => v.as_str().and_then(|id| if id.is_empty() { Some(others.len()) } else { find(id).map(|i| i + 1) }),
        _ => None,
    }
}
