//! A function's variables. Lambda has one sort of them; which of them are secrets stands in tags, so that a list can tell.
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Function;
use crate::canon::Open;
use crate::kinds::parameters::{names_in, tags_of};
use crate::kinds::{Links, Stamp, Text};
use crate::model::{Secret, Tags, sealed};
use crate::wire::{Class, CloudError};

/// The value of one variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// A value that anyone may see.
    #[serde(rename = "$plain")]
    Plain(Text),
    /// A value that was given: in memory alone, until it is sent.
    #[serde(rename = "$secret")]
    Secret(
        #[serde(with = "sealed")]
        #[schemars(with = "String")]
        Secret,
    ),
}

impl Variable {
    pub(super) fn resolved(&self, links: &Links) -> Result<Self, CloudError> {
        Ok(match self {
            Variable::Plain(text) => Variable::Plain(Text::literal(text.resolve(links)?)),
            Variable::Secret(secret) => Variable::Secret(secret.clone()),
        })
    }
}

impl Function {
    /// All of its tags: the stamp's, the user's, and which variables are secrets.
    pub(super) fn all_tags(&self, stamp: &Stamp) -> Tags {
        let secrets: BTreeSet<String> =
            self.env.iter().filter(|(_, v)| matches!(v, Variable::Secret(_))).map(|(name, _)| name.clone()).collect();
        let mut all = stamp.tags(&self.tags);
        all.extend(tags_of(&secrets));
        all
    }

    /// The variables as a request says them; all texts are plain.
    ///
    /// # Errors
    /// `UnknownSecret` when only a secret's fingerprint was kept.
    pub(super) fn variables(&self) -> Result<BTreeMap<String, String>, CloudError> {
        let value = |(name, value): (&String, &Variable)| {
            let value = match value {
                Variable::Plain(text) => text.plain(),
                Variable::Secret(secret) => secret.expose().map(str::to_owned),
            };
            let unknown = || format!("the value of {name} is not known to this run: only its fingerprint was kept");
            value.map(|v| (name.clone(), v)).ok_or_else(|| CloudError::new(Class::Invalid, "UnknownSecret", unknown()))
        };
        self.env.iter().map(value).collect()
    }
}

/// The variables as they are listed, those that the tags name as secrets.
pub(super) fn read(variables: impl IntoIterator<Item = (String, String)>, tags: &Tags) -> Open<Variable> {
    let secrets = names_in(tags);
    let variable = |(name, value): (String, String)| {
        let secret = secrets.contains(&name);
        (name, if secret { Variable::Secret(Secret::new(value)) } else { Variable::Plain(Text::literal(value)) })
    };
    variables.into_iter().map(variable).collect()
}
