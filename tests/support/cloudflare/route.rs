//! Which path leads where, and which token may go there.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::http::Request;
use super::reply::{Answer, Refusal, Reply};
use super::rules::{PHASES, Phase};
use super::world::{Clock, MASTER, World, Zone, hex};
use super::{dns, list, rulesets, settings};

/// What a token may do.
#[derive(Clone)]
enum Access {
    Everything,
    Only(BTreeSet<String>),
}

impl Access {
    /// Who may write may read.
    fn may(&self, what: &str, write: bool) -> bool {
        match self {
            Access::Everything => true,
            Access::Only(held) => held.contains(&format!("{what} Write")) || (!write && held.contains(&format!("{what} Read"))),
        }
    }

    fn needs(&self, what: &str, write: bool) -> Result<(), Refusal> {
        if self.may(what, write) { Ok(()) } else { Err(Refusal::authentication()) }
    }

    /// Rulesets say it in other words.
    fn needs_phase(&self, phase: &Phase, write: bool) -> Result<(), Refusal> {
        if self.may(phase.permission, write) { Ok(()) } else { Err(Refusal::new(403, 10000, "request is not authorized")) }
    }
}

/// The answer to a request, once it has happened.
pub fn answer(world: &mut World, request: &Request) -> Reply {
    let path: Vec<&str> = request.path.split('/').skip(1).collect();
    if request.garbled {
        return Err(Refusal::new(400, 6007, "Malformed JSON in request body"));
    }
    if (request.method.as_str(), &path[..]) == ("GET", &["ips"]) {
        return Ok(world.ips().into());
    }
    let access = access(world, request)?;
    match (request.method.as_str(), &path[..]) {
        ("GET", ["user", "tokens", "verify"]) => {
            let token = json!({ "id": hex(request.token.as_deref().unwrap_or("")), "status": "active" });
            Ok(Answer::with_message(token, json!({ "code": 10000, "message": "This API Token is valid and active", "type": null })))
        }
        ("GET", ["zones"]) => list::zones(world.zones.values().filter(|_| access.may("Zone", false)), &request.pairs()),
        (_, ["zones", id, rest @ ..]) => match world.zones.get_mut(*id) {
            Some(zone) => in_zone(zone, &mut world.clock, request, rest, &access),
            None => Err(Refusal::authentication()),
        },
        _ => Err(Refusal::no_route(&request.path)),
    }
}

fn access(world: &World, request: &Request) -> Result<Access, Refusal> {
    let token = request.token.as_deref();
    let token = token.ok_or_else(|| Refusal::new(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"))?;
    let access = if token == MASTER { Some(Access::Everything) } else { world.tokens.get(token).cloned().map(Access::Only) };
    access.ok_or_else(|| match request.path.as_str() {
        "/user/tokens/verify" => Refusal::new(401, 1000, "Invalid API Token"),
        _ => Refusal::new(403, 9109, "Invalid access token"),
    })
}

fn in_zone(zone: &mut Zone, clock: &mut Clock, request: &Request, rest: &[&str], access: &Access) -> Reply {
    let body = request.body.as_ref();
    let write = request.method != "GET";
    match (request.method.as_str(), rest) {
        ("GET", []) => access.needs("Zone", false).map(|()| zone.shown().into()),
        (_, ["dns_records", rest @ ..]) => {
            access.needs("DNS", write)?;
            match (request.method.as_str(), rest) {
                ("GET", []) => list::records(zone, &request.pairs()),
                ("POST", []) => dns::post(zone, body, clock),
                ("POST", ["batch"]) => dns::batch(zone, body, clock),
                ("GET", [id]) => dns::get(zone, id),
                ("PATCH", [id]) => dns::patch(zone, id, body, clock),
                ("PUT", [id]) => dns::put(zone, id, body, clock),
                ("DELETE", [id]) => dns::delete(zone, id, clock),
                _ => Err(Refusal::no_route(&request.path)),
            }
        }
        (_, ["settings", id]) => {
            access.needs("Zone Settings", write)?;
            match request.method.as_str() {
                "GET" => settings::get(zone, id),
                "PATCH" => settings::patch(zone, id, body, clock),
                _ => Err(Refusal::no_route(&request.path)),
            }
        }
        (_, ["rulesets", rest @ ..]) => in_rulesets(zone, clock, request, rest, access, body),
        _ => Err(Refusal::no_route(&request.path)),
    }
}

fn in_rulesets(zone: &mut Zone, clock: &mut Clock, request: &Request, rest: &[&str], access: &Access, body: Option<&Value>) -> Reply {
    let method = request.method.as_str();
    let write = method != "GET";
    match (method, rest) {
        ("GET", []) => list_rulesets(zone, access),
        (_, ["phases", phase, "entrypoint", rest @ ..]) => {
            let known = Phase::named(phase).ok_or_else(|| Refusal::at("/phase", 20120, format!("unknown phase {phase}")))?;
            access.needs_phase(known, write)?;
            match (method, rest) {
                ("GET", []) => rulesets::entry(zone, phase),
                ("PUT", []) => rulesets::put(zone, known, body, clock),
                ("GET", ["versions"]) => rulesets::versions(zone, phase),
                ("GET", ["versions", v]) => rulesets::version(zone, phase, v),
                _ => Err(Refusal::no_route(&request.path)),
            }
        }
        (_, [id, rest @ ..]) => {
            let phase = rulesets::phase_of(zone, id).ok_or_else(|| Refusal::new(404, 10000, "could not find ruleset"))?;
            access.needs_phase(phase, write)?;
            match (method, rest) {
                ("GET", []) => rulesets::get(zone, id),
                ("POST", ["rules"]) => rulesets::write_rule(zone, id, None, body, clock),
                ("PATCH", ["rules", rule]) => rulesets::write_rule(zone, id, Some(rule), body, clock),
                ("DELETE", ["rules", rule]) => rulesets::delete_rule(zone, id, rule, clock),
                _ => Err(Refusal::no_route(&request.path)),
            }
        }
        _ => Err(Refusal::no_route(&request.path)),
    }
}

/// A token sees the phases that it may read; one that may read none sees no list.
fn list_rulesets(zone: &Zone, access: &Access) -> Reply {
    let seen = |phase: &str| Phase::named(phase).is_some_and(|p| access.may(p.permission, false));
    if PHASES.iter().any(|p| seen(p.name)) {
        rulesets::list(zone, seen)
    } else {
        Err(Refusal::new(403, 10000, "request is not authorized"))
    }
}
