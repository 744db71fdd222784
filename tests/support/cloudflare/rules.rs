//! What a rule may say: its fields, its expression, the actions of its phase, and what the zone's plan allows.
use serde_json::{Map, Value};

use super::managed;
use super::reply::Refusal;
use super::world::Plan;

type Fields = Map<String, Value>;

const FIELDS: [&str; 10] = [
    "id",
    "ref",
    "description",
    "expression",
    "action",
    "action_parameters",
    "enabled",
    "logging",
    "ratelimit",
    "exposed_credential_check",
];
const LIMITER: [&str; 8] = [
    "characteristics",
    "period",
    "requests_per_period",
    "mitigation_timeout",
    "requests_to_origin",
    "counting_expression",
    "score_per_period",
    "score_response_header_name",
];
const UNKNOWN: u32 = 20021;
const INVALID: u32 = 20120;
const EXPRESSION: u32 = 20127;
const PLAN: u32 = 20217;

/// A phase's actions, the permission that it asks for, and how many rules each plan may have.
pub struct Phase {
    pub name: &'static str,
    pub permission: &'static str,
    actions: &'static [&'static str],
    most: [usize; 4],
}

pub const PHASES: [Phase; 7] = [
    phase(
        "http_request_firewall_custom",
        "Zone WAF",
        &["block", "challenge", "js_challenge", "managed_challenge", "log", "skip"],
        [5, 20, 100, 1000],
    ),
    phase("http_ratelimit", "Zone WAF", &["block", "challenge", "js_challenge", "managed_challenge", "log"], [1, 2, 5, 100]),
    phase("http_request_firewall_managed", "Zone WAF", &["execute"], [1000; 4]),
    phase("http_request_cache_settings", "Cache Settings", &["set_cache_settings"], [10, 25, 50, 300]),
    phase("http_request_dynamic_redirect", "Dynamic URL Redirects", &["redirect"], [10, 25, 50, 300]),
    phase("http_response_headers_transform", "Transform Rules", &["rewrite"], [10, 25, 50, 300]),
    phase("ddos_l7", "HTTP DDoS Managed Ruleset", &["execute"], [10; 4]),
];

const fn phase(name: &'static str, permission: &'static str, actions: &'static [&'static str], most: [usize; 4]) -> Phase {
    Phase { name, permission, actions, most }
}

impl Phase {
    pub fn named(name: &str) -> Option<&'static Phase> {
        PHASES.iter().find(|p| p.name == name)
    }
}

/// Whether a phase may hold these rules. `at` tells where in the body a rule stands.
pub fn check(phase: &Phase, plan: Plan, rules: &[Fields], at: impl Fn(usize) -> String) -> Result<(), Refusal> {
    let most = plan.pick(phase.most);
    if rules.len() > most {
        let message = format!("exceeded maximum number of rules in the phase {}: {} out of {most}", phase.name, rules.len());
        return Err(Refusal::at("/rules", PLAN, message));
    }
    for (i, rule) in rules.iter().enumerate() {
        let same = |other: &Fields| rule.get("ref").is_some_and(|r| other.get("ref") == Some(r));
        if rules[..i].iter().any(same) {
            return Err(Refusal::at(&format!("{}/ref", at(i)), INVALID, "the ref is not unique within the ruleset"));
        }
    }
    Ok(())
}

/// Whether one rule may stand in a phase.
pub fn check_rule(phase: &Phase, plan: Plan, rule: &Fields, at: &str) -> Result<(), Refusal> {
    let bad = |field: &str, code: u32, message: String| Err(Refusal::at(&format!("{at}/{field}"), code, message));
    if let Some(unknown) = rule.keys().find(|k| !FIELDS.contains(&k.as_str())) {
        let reason = if ["version", "last_updated", "categories"].contains(&unknown.as_str()) { "read-only" } else { "unknown" };
        return bad(unknown, UNKNOWN, format!("invalid JSON: {reason} field \"{unknown}\""));
    }
    for (field, fits) in [("enabled", Value::is_boolean as fn(&Value) -> bool), ("description", Value::is_string), ("id", Value::is_string)]
    {
        if rule.get(field).is_some_and(|v| !fits(v)) {
            return bad(field, INVALID, format!("{field} has the wrong type"));
        }
    }
    if rule.get("ref").is_some_and(|r| r.as_str().is_none_or(str::is_empty)) {
        return bad("ref", INVALID, "the ref must be a text that is not empty".into());
    }
    let expression = rule.get("expression").and_then(Value::as_str).unwrap_or("");
    if let Err(why) = check_expression(expression) {
        return bad("expression", EXPRESSION, format!("'{expression}' is not a valid value for expression because {why}"));
    }
    let action = rule.get("action").and_then(Value::as_str).unwrap_or("");
    if !phase.actions.contains(&action) {
        return bad(
            "action",
            INVALID,
            format!("'{action}' is not a valid value for action because the phase {} does not allow it", phase.name),
        );
    }
    check_parameters(phase, plan, action, rule.get("action_parameters"), at)?;
    match (phase.name, rule.get("ratelimit")) {
        ("http_ratelimit", Some(limiter)) => check_limiter(plan, limiter, &format!("{at}/ratelimit")),
        ("http_ratelimit", None) => bad("ratelimit", INVALID, "ratelimit is required in the phase http_ratelimit".into()),
        (_, Some(_)) => bad("ratelimit", INVALID, format!("ratelimit is not allowed in the phase {}", phase.name)),
        (_, None) => Ok(()),
    }
}

/// Brackets and quotes must match; brackets within quotes don't count.
fn check_expression(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    if text.len() > 4096 {
        return Err("it is longer than 4096 characters");
    }
    let (mut open, mut rest) = (vec![], text);
    while let Some(c) = rest.chars().next() {
        let quotes = [("r#\"", "\"#", false), ("r\"", "\"", false), ("\"", "\"", true)];
        if let Some((begin, end, escapes)) = quotes.into_iter().find(|(begin, ..)| rest.starts_with(begin)) {
            rest = behind_quote(&rest[begin.len()..], end, escapes).ok_or("a quote is not closed")?;
            continue;
        }
        match c {
            '(' => open.push(')'),
            '{' => open.push('}'),
            '[' => open.push(']'),
            ')' | '}' | ']' if open.pop() != Some(c) => return Err("its brackets don't match"),
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    if open.is_empty() { Ok(()) } else { Err("a bracket is not closed") }
}

/// What follows a quoted text.
fn behind_quote<'a>(text: &'a str, end: &str, escapes: bool) -> Option<&'a str> {
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        if !escaped && text[i..].starts_with(end) {
            return Some(&text[i + end.len()..]);
        }
        escaped = escapes && c == '\\' && !escaped;
    }
    None
}

fn check_parameters(phase: &Phase, plan: Plan, action: &str, given: Option<&Value>, at: &str) -> Result<(), Refusal> {
    let at = format!("{at}/action_parameters");
    let bad = |place: &str, code: u32, message: String| Err(Refusal::at(&format!("{at}{place}"), code, message));
    if given.is_some_and(|g| !g.is_object()) {
        return bad("", INVALID, "action_parameters must be an object".into());
    }
    let empty = Value::Null;
    let given = given.filter(|g| g.as_object().is_some_and(|o| !o.is_empty())).unwrap_or(&empty);
    match action {
        "skip" | "set_cache_settings" | "execute" | "redirect" | "rewrite" if given.is_null() => {
            bad("", INVALID, format!("action_parameters are required for the action {action}"))
        }
        "execute" => {
            let id = given["id"].as_str().unwrap_or("");
            match managed::RULESETS.iter().find(|m| m.id == id && m.phase == phase.name) {
                None => bad(
                    "/id",
                    INVALID,
                    format!("'{id}' is not a valid value for id because the ruleset does not exist in the phase {}", phase.name),
                ),
                Some(m) if plan < m.from => bad("/id", PLAN, format!("not entitled to execute the ruleset {id}")),
                Some(_) => Ok(()),
            }
        }
        "set_cache_settings" => {
            let least = plan.pick([7200, 3600, 1, 1]);
            match given["edge_ttl"]["default"].as_u64() {
                Some(ttl) if ttl < least => {
                    bad("/edge_ttl/default", PLAN, format!("the edge TTL must be at least {least} seconds on this plan"))
                }
                _ => Ok(()),
            }
        }
        "redirect" if given["from_value"]["target_url"].is_object() || given["from_list"].is_object() => Ok(()),
        "redirect" => bad("/from_value", INVALID, "a redirect needs from_value.target_url or from_list".into()),
        "rewrite" => {
            let known = |h: &Value| ["set", "add", "remove"].contains(&h["operation"].as_str().unwrap_or(""));
            match given["headers"].as_object() {
                Some(headers) if !headers.is_empty() && headers.values().all(known) => Ok(()),
                _ => bad("/headers", INVALID, "headers must hold an operation (set, add, remove) for each header".into()),
            }
        }
        _ => Ok(()),
    }
}

fn check_limiter(plan: Plan, given: &Value, at: &str) -> Result<(), Refusal> {
    let bad = |field: &str, code: u32, message: String| Err(Refusal::at(&format!("{at}/{field}"), code, message));
    let empty = Map::new();
    let fields = given.as_object().unwrap_or(&empty);
    if let Some(unknown) = fields.keys().find(|k| !LIMITER.contains(&k.as_str())) {
        return bad(unknown, UNKNOWN, format!("invalid JSON: unknown field \"{unknown}\""));
    }
    if let Some(absent) = ["period", "requests_per_period", "mitigation_timeout"].iter().find(|f| !given[**f].is_u64()) {
        return bad(absent, INVALID, format!("{absent} must be a number"));
    }
    let by: Vec<&str> = given["characteristics"].as_array().map_or(vec![], |c| c.iter().filter_map(Value::as_str).collect());
    if !by.contains(&"cf.colo.id") {
        return bad("characteristics", INVALID, "characteristics must hold cf.colo.id".into());
    }
    let periods: &[u64] = plan.pick([&[10], &[10, 60], &[10, 60, 120, 300, 600], &[10, 60, 120, 300, 600, 3600]]);
    let period = given["period"].as_u64().unwrap_or(0);
    if periods.contains(&period) {
        return Ok(());
    }
    bad("period", PLAN, format!("not entitled to use the period {period}, can only use a period in the list {periods:?}"))
}
