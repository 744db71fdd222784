//! Who asks, and what they may do: masters everything, others what cluster roles give their groups.
use serde_json::Value;

use super::reply::{About, Refusal};
use super::world::{Kind, World};

/// Who may do everything.
pub const MASTERS: &str = "system:masters";

pub struct User {
    pub name: String,
    groups: Vec<String>,
}

/// The user of a token.
pub fn user(world: &World, token: Option<&str>) -> Result<User, Refusal> {
    let known = token.and_then(|t| world.tokens.get(t)).ok_or_else(Refusal::unauthorized)?;
    Ok(User { name: known.0.clone(), groups: known.1.clone() })
}

/// Refuses what the user may not do.
pub fn check(world: &World, user: &User, verb: &str, kind: &Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
    if user.groups.iter().any(|g| g == MASTERS)
        || world.of("rbac.authorization.k8s.io", "clusterrolebindings").any(|(_, b)| {
            let bound = list(&b.body["subjects"]).iter().any(|s| user.groups.iter().any(|g| s["name"] == g.as_str()));
            bound && rules(world, b.body["roleRef"]["name"].as_str().unwrap_or_default()).iter().any(|rule| permits(rule, verb, kind))
        })
    {
        return Ok(());
    }
    let place = if namespace.is_empty() { "at the cluster scope".to_owned() } else { format!("in the namespace \"{namespace}\"") };
    let who = &user.name;
    let why = format!("User \"{who}\" cannot {verb} resource \"{}\" in API group \"{}\" {place}", kind.plural, kind.group);
    Err(Refusal::forbidden(About { group: &kind.group, kind: &kind.plural, name }, &why, &[]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], |v| &v[..])
}

fn rules<'a>(world: &'a World, role: &'a str) -> &'a [Value] {
    let found = world.of("rbac.authorization.k8s.io", "clusterroles").find(|(k, _)| k.3 == role);
    found.map_or(&[], |(_, role)| list(&role.body["rules"]))
}

fn permits(rule: &Value, verb: &str, kind: &Kind) -> bool {
    let has = |field: &str, what: &str| list(&rule[field]).iter().any(|v| v == what || v == "*");
    has("verbs", verb) && has("apiGroups", &kind.group) && has("resources", &kind.plural)
}
