//! The kinds of rules: to Terraform each is the ruleset of a phase, whose parameters have the API's own names.
use std::marker::PhantomData;

use serde_json::Value;

use super::{Action, Phase, Written};
use crate::kinds::terraform::*;

pub struct Rules<P>(PhantomData<P>);

impl<P: Phase> Rules<P> {
    pub const TABLE: Table = Table {
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
fn written<P: Phase>(action: &Value) -> Option<Written> {
    serde_json::from_value::<P::Action>(action.clone()).ok().map(|a| a.write())
}
