//! What an entry's role may do beyond what follows from its other fields.
use super::units::{IamAction, IamResource};
use crate::canon::Document;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Requests that are allowed (AWS: a statement of the role's policy).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// Which requests.
    pub actions: BTreeSet<IamAction>,
    /// On what.
    pub resources: BTreeSet<IamResource>,
}

/// The inline policy of a role, by its name; none where nothing is allowed.
pub fn policy(permissions: &[Permission]) -> Option<(String, Document)> {
    let statement = |p: &Permission| {
        let actions: Vec<String> = p.actions.iter().map(ToString::to_string).collect();
        let resources: Vec<String> = p.resources.iter().map(ToString::to_string).collect();
        serde_json::json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
    };
    let statements: Vec<_> = permissions.iter().map(statement).collect();
    let policy = serde_json::json!({ "Version": "2012-10-17", "Statement": statements });
    (!permissions.is_empty()).then(|| ("permissions".into(), policy.into()))
}
