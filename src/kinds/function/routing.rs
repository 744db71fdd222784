//! Calls shared out among two versions: what the alias does while a rollout turns them. Limits: "Create an alias for a Lambda function", "Implement
//! Lambda canary deployments using a weighted alias", and the shape `AliasRoutingConfiguration` of botocore 1.44.8 (`lambda/2015-03-31`).
use super::*;
use crate::diag::Code;

/// `RoutingConfig` of the alias: calls are shared out among two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Routing {
    /// `FunctionVersion`: the older version, which takes the other calls.
    pub old: String,
    /// How many percent of the calls the newer version takes, from 1 to 100 (`AdditionalVersionWeights` has them from 0.0 to 1.0).
    pub weight: i32,
}

/// What of a function is no part of a version: it holds for all of them.
const COMMON: &[&str] = &["provisioned_concurrency", "reserved_concurrency", "routing", "tags", "url"];

impl Function {
    /// Whether a change of the attribute at this path ([`crate::model::AttrChange::path`]) makes another version.
    pub fn versioned(path: &str) -> bool {
        path.split('.').next().is_some_and(|name| !COMMON.contains(&name))
    }

    /// The version that calls are led back to: the one that takes them, or the older one of two that do.
    pub fn serving(&self) -> Option<&str> {
        self.routing.as_ref().map(|routing| routing.old.as_str()).or(self.version.0.as_deref())
    }

    /// How many percent of the calls its own version takes.
    pub fn share(&self) -> i32 {
        self.routing.as_ref().map_or(100, |routing| routing.weight)
    }
}

/// Lambda refuses weights otherwise: "both versions must have the same execution role".
pub(crate) fn one_role() -> Breach {
    let message = "Lambda shares calls out between versions of one role only, and the new version has another";
    Breach::new(Code::Deployment, "role", message, "change the role in a run of its own, with `strategy: all_at_once`")
}

/// What Lambda refuses of weights. No instances are kept ready for an alias that has some (`PutProvisionedConcurrencyConfig`: "Alias with weights can not
/// be used with Provisioned Concurrency").
pub(super) fn breaches(f: &Function) -> Vec<Breach> {
    let Some(routing) = &f.routing else { return vec![] };
    let mut found = vec![];
    if !(1..=100).contains(&routing.weight) {
        let message = format!("a version can't take {}% of the calls", routing.weight);
        found.push(Breach::new(Code::OutOfRange, "routing.weight", message, "write 1 to 100"));
    }
    if routing.old.is_empty() || !routing.old.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!("`{}` is no version that shares calls with another: `$LATEST` never does", routing.old);
        found.push(Breach::new(Code::Refused, "routing.old", message, "name a version by its number"));
    }
    if f.version.0.as_ref() == Some(&routing.old) {
        found.push(Breach::new(Code::Refused, "routing.old", "a version shares no calls with itself", "name another version"));
    }
    if f.provisioned_concurrency.is_some() {
        let message = "an alias that shares its calls out can't have provisioned concurrency";
        found.push(Breach::new(Code::Refused, "provisioned_concurrency", message, "leave it out, or write `strategy: all_at_once`"));
    }
    found
}

/// What Lambda refuses of weights on the way from what stands: the older version is one that is called by now, in the same role.
pub(super) fn ways(f: &Function, before: &Function) -> Vec<Breach> {
    let Some(routing) = &f.routing else { return vec![] };
    let mut found = vec![];
    if f.role != before.role {
        found.push(one_role());
    }
    if before.serving() != Some(&routing.old) {
        let message = format!("version {} isn't the one that is called", routing.old);
        found.push(Breach::new(Code::Refused, "routing.old", message, "share calls with the version that is"));
    }
    found
}
