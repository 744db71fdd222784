//! The kind in Terraform's words. Which version is deployed is known only while it is: `aws_appconfig_deployment` has no row.
use serde_json::Value;

use super::{Flag, content};
use crate::canon::Open;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
            "aws_appconfig_application",
            &[known("arn", "arn:${partition}:appconfig:${region}:${account}:application/${id}"), ID, same("name"), REGION, TAGS, TAGS_ALL],
        ),
        made(
            "aws_appconfig_environment",
            &[
                own("application_id", "id"),
                of("environment_id", "environment"),
                each("monitor", "alarms", &[link("alarm_arn", "@", "arn"), link("alarm_role_arn", "role", "arn")]),
                is("name", Word::Text("live")),
                REGION,
            ],
        ),
        made_if(
            "aws_appconfig_deployment_strategy",
            "strategy",
            &[
                of("deployment_duration_in_minutes", "strategy.minutes"),
                of("final_bake_time_in_minutes", "strategy.bake"),
                via("growth_factor", "strategy.step", |step| step.as_f64().map(|step| step / 100.0).into()),
                choice("growth_type", &[("strategy.doubles", "EXPONENTIAL")], "LINEAR"),
                known("name", "infra-${id}-steps"),
                REGION,
                is("replicate_to", Word::Text("NONE")),
            ],
        ),
        made(
            "aws_appconfig_configuration_profile",
            &[
                own("application_id", "id"),
                of("configuration_profile_id", "profile"),
                is("location_uri", Word::Text("hosted")),
                is("name", Word::Text("flags")),
                REGION,
                is("type", Word::Text("AWS.AppConfig.FeatureFlags")),
            ],
        ),
        made(
            "aws_appconfig_hosted_configuration_version",
            &[
                own("application_id", "id"),
                of("configuration_profile_id", "profile"),
                via("content", "flags", document_of),
                is("content_type", Word::Text("application/json")),
                REGION,
            ],
        ),
    ],
    left_out: &[
        ("complete", "what is under way is in no configuration"),
        ("composites", "monitors are told of metric alarms alone"),
        ("configuration", "its parts are the ids of the application, the environment and the profile"),
        ("turned", "how people have turned flags is in no configuration"),
    ],
};

/// The flags as their document.
fn document_of(flags: &Value) -> Value {
    serde_json::from_value::<Open<Flag>>(flags.clone()).map(|flags| content::render(&flags, &Open::new())).ok().into()
}
