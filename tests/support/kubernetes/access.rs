//! Who asks, and what they may do: masters everything, others what cluster roles give their groups.
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
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
    match token.and_then(|t| world.tokens.get(t)) {
        Some((name, groups)) => Ok(User { name: name.clone(), groups: groups.clone() }),
        // Whoever has an access entry: somebody who may do everything, unless a test says who.
        None if token.is_some_and(presigned) => {
            let (name, groups) = world.tokens.get("presigned").cloned().unwrap_or_else(|| ("aws".into(), vec![MASTERS.into()]));
            Ok(User { name, groups })
        }
        None => Err(Refusal::unauthorized()),
    }
}

/// Whether a token is a presigned request for the caller's identity, as EKS takes it from whoever has an access entry.
fn presigned(token: &str) -> bool {
    let Some(url) = token.strip_prefix("k8s-aws-v1.").and_then(|t| BASE64_URL_SAFE_NO_PAD.decode(t).ok()) else { return false };
    let url = String::from_utf8_lossy(&url).into_owned();
    let parts = ["https://sts.", "Action=GetCallerIdentity", "X-Amz-Signature=", "X-Amz-Expires=60", "x-k8s-aws-id"];
    parts.iter().all(|part| url.contains(part))
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
    // A subresource is told in the sentence alone.
    let plural = kind.plural.split('/').next().unwrap_or_default();
    Err(Refusal::forbidden(About { group: &kind.group, kind: plural, name }, &why, &[]))
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
