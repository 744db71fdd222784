//! The kind in Terraform's words. Which version is deployed, and how, is known only while it is: `aws_appconfig_deployment` and its strategy have no row.
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
            &[own("application_id", "id"), of("environment_id", "environment"), is("name", Word::Text("live")), REGION],
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
        ("configuration", "its parts are the ids of the application, the environment and the profile"),
        ("turned", "how people have turned flags is in no configuration"),
    ],
};

/// The flags as their document.
fn document_of(flags: &Value) -> Value {
    serde_json::from_value::<Open<Flag>>(flags.clone()).map(|flags| content::render(&flags, &Open::new())).ok().into()
}
