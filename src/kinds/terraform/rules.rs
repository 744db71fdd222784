//! The kinds of rules: to Terraform each is the ruleset of a phase, whose parameters have the API's own names.
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::*;
use crate::kinds::phase::{Phase, Written};

struct Rules<P>(PhantomData<P>);

impl<P: Phase> Rules<P>
where
    P::Action: DeserializeOwned,
{
    const TABLE: Table = Table {
        by_kind: true,
        made: &[made(
            "cloudflare_ruleset",
            &[
                ID,
                is("kind", Word::Text("zone")),
                is("name", Word::Text("default")),
                is("phase", Word::Text(P::PHASE)),
                each("rules", "rules", Self::RULE),
                known("zone_id", "${zone}"),
            ],
        )],
        left_out: &[
            ("others", "rules of others are none of the stack's"),
            ("zone", "a stack has one zone, and Terraform says it by its id"),
        ],
    };

    const RULE: &[Line] = &[
        via("action", "@.action", |v| written::<P>(v).map(|w| w.action).into()),
        via("action_parameters", "@.action", |v| written::<P>(v).and_then(|w| w.parameters).into()),
        of("description", "@key"),
        of("enabled", "@.enabled"),
        of("expression", "@.expression"),
        via("ratelimit", "@.action", |v| written::<P>(v).and_then(|w| w.ratelimit).into()),
        known("ref", "infra_${stack}_${key}"),
    ];
}

/// The action as the API says it.
fn written<P: Phase>(action: &Value) -> Option<Written>
where
    P::Action: DeserializeOwned,
{
    serde_json::from_value(action.clone()).ok().map(|a| P::write(&a))
}

macro_rules! rules { ($($module:ident :: $ty:ident),+ $(,)?) => {
    $(pub mod $module {
        pub const TABLE: super::Table = super::Rules::<crate::kinds::$ty>::TABLE;
    })+
} }

rules! {
    cache_rules::CacheRules,
    custom_rules::CustomRules,
    ddos_rules::DdosRules,
    header_rules::HeaderRules,
    managed_rules::ManagedRules,
    rate_limit_rules::RateLimitRules,
    redirect_rules::RedirectRules,
}
