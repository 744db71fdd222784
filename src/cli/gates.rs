//! What a zone's plan at Cloudflare has room for. A limit that is met is told before anything is changed; Cloudflare decides.
use super::failure::place;
use crate::diag::{Code, Finding};
use crate::kinds::{Address, Kind, Object};
use crate::observe::Snapshot;
use crate::render::values::count;
use crate::spec::Loaded;
use crate::stack::Stack;

/// A limit, and who exceeds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    pub address: Address,
    pub message: String,
    pub help: String,
}

impl Gate {
    pub fn finding(self, loaded: &Loaded, stack: &Stack) -> Finding {
        let finding = Finding::warning(Code::PlanGate, self.message, self.help);
        match stack.origins.get(&self.address) {
            Some(origin) => finding.at(place(loaded, origin, "asked for here")),
            None => finding,
        }
    }
}

const PLANS: [&str; 4] = ["free", "pro", "business", "enterprise"];

/// Rules of a phase that each plan has room for.
fn room(kind: Kind) -> Option<[usize; 4]> {
    match kind {
        Kind::CacheRules | Kind::HeaderRules | Kind::RedirectRules => Some([10, 25, 50, 300]),
        Kind::CustomRules => Some([5, 20, 100, 1000]),
        Kind::RateLimitRules => Some([1, 2, 5, 100]),
        _ => None,
    }
}

/// Every limit of the plan that the stack exceeds, others' rules counted in.
pub fn exceeded(plan: &str, stack: &Stack, snapshot: &Snapshot) -> Vec<Gate> {
    let Some(tier) = PLANS.iter().position(|p| *p == plan) else { return vec![] };
    let mut gates = vec![];
    for (address, object) in &stack.nodes {
        let mut say = |message: String, help: &str| gates.push(Gate { address: address.clone(), message, help: help.into() });
        if let Some(room) = room(address.kind) {
            let (own, others) = (rules(object), others(address.kind, snapshot));
            if own + others > room[tier] {
                let (mine, theirs) = (count(own, "rule"), count(others, "rule"));
                let message = format!(
                    "{address} has {mine}, others have {theirs} in its phase, and the zone's plan ({plan}) has room for {}",
                    room[tier]
                );
                let next = (tier + 1..4).find(|t| own + others <= room[*t]).map(|t| PLANS[t]);
                say(
                    message,
                    &next.map_or("ask for fewer rules".to_owned(), |p| format!("ask for fewer rules, or move the zone to the plan {p}")),
                );
            }
        }
        match object {
            Object::CacheRules(rules) => {
                let least = [7200, 3600, 1, 1][tier];
                for (name, rule) in rules.rules.0.iter().filter(|(_, r)| r.action.edge_ttl.is_some_and(|ttl| ttl < least)) {
                    let ttl = rule.action.edge_ttl.unwrap_or_default();
                    say(
                        format!("the cache rule `{name}` has an edge_ttl of {ttl}s, but the zone's plan ({plan}) has {least}s at least"),
                        "keep it longer, or leave it to the origin",
                    );
                }
            }
            Object::ManagedRules(rules) if tier == 0 => {
                for (name, _) in rules.rules.0.iter().filter(|(_, r)| r.action.ruleset != "free") {
                    say(
                        format!("the managed ruleset `{name}` comes with the plan pro, and the zone is on {plan}"),
                        "write `managed: free`, or move the zone to the plan pro",
                    );
                }
            }
            Object::RateLimitRules(rules) if tier == 0 => {
                for (name, rule) in rules.rules.0.iter().filter(|(_, r)| r.action.period != 10) {
                    say(
                        format!("the rate limit `{name}` counts over {}s, but the zone's plan ({plan}) only has 10s", rule.action.period),
                        "write `per: 10s`, or move the zone to the plan pro",
                    );
                }
            }
            _ => {}
        }
    }
    gates
}

fn rules(object: &Object) -> usize {
    match object {
        Object::CacheRules(x) => x.rules.0.len(),
        Object::CustomRules(x) => x.rules.0.len(),
        Object::HeaderRules(x) => x.rules.0.len(),
        Object::RateLimitRules(x) => x.rules.0.len(),
        Object::RedirectRules(x) => x.rules.0.len(),
        _ => 0,
    }
}

/// Rules of others in the phase.
fn others(kind: Kind, snapshot: &Snapshot) -> usize {
    let of = |object: &Object| match object {
        Object::CacheRules(x) => x.others.0,
        Object::CustomRules(x) => x.others.0,
        Object::HeaderRules(x) => x.others.0,
        Object::RateLimitRules(x) => x.others.0,
        Object::RedirectRules(x) => x.others.0,
        _ => None,
    };
    let seen = snapshot.foreign.iter().filter(|l| l.object.kind() == kind).filter_map(|l| of(&l.object));
    seen.max().unwrap_or(0) as usize
}
