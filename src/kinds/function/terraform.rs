//! The kind in Terraform's words.
use serde_json::Value;

use super::{Stored, sha256, stored};
use crate::canon::Form;
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
            "aws_lambda_function",
            &[
                via("architectures", "architecture", |v| vec![v.clone()].into()),
                known("arn", "arn:${partition}:lambda:${region}:${account}:function:${id}"),
                via("code_sha256", "code", |v| sha256(v.as_str().unwrap_or_default()).into()),
                given("environment", "env", &[of("variables", "env")]),
                known("function_name", "${id}"),
                same("handler"),
                ID,
                via("image_uri", "code", image),
                via("layers", "layers", layers),
                block("logging_config", &[is("log_format", Word::Text("JSON")), of("log_group", "log_group")]),
                of("memory_size", "memory_mib"),
                of("package_type", "package"),
                is("publish", Word::Yes),
                REGION,
                of("reserved_concurrent_executions", "reserved_concurrency"),
                link("role", "role", "arn"),
                same("runtime"),
                via("s3_bucket", "source", |v| object(v, |at| Some(at.bucket))),
                via("s3_key", "source", |v| object(v, |at| Some(at.key))),
                via("s3_object_version", "source", |v| object(v, |at| at.version)),
                TAGS,
                TAGS_ALL,
                same("timeout"),
                given("vpc_config", "subnets", &[of("security_group_ids", "security_groups"), of("subnet_ids", "subnets")]),
            ],
        ),
        made(
            "aws_lambda_alias",
            &[
                same("arn"),
                own("function_name", "function_name"),
                of("function_version", "version"),
                is("name", Word::Text(super::LIVE)),
                REGION,
            ],
        ),
        made_if(
            "aws_lambda_function_url",
            "url",
            &[
                via("authorization_type", "url.public", |v| if *v == Value::Bool(true) { "NONE" } else { "AWS_IAM" }.into()),
                given(
                    "cors",
                    "url.cors",
                    &[
                        of("allow_credentials", "url.cors.credentials"),
                        of("allow_headers", "url.cors.headers"),
                        of("allow_methods", "url.cors.methods"),
                        of("allow_origins", "url.cors.origins"),
                        of("expose_headers", "url.cors.expose"),
                        of("max_age", "url.cors.max_age"),
                    ],
                ),
                own("function_name", "function_name"),
                of("function_url", "address"),
                is("qualifier", Word::Text(super::LIVE)),
                REGION,
            ],
        ),
        // The other permission of a URL for all has a condition for which the provider of the reference has no word.
        made_if(
            "aws_lambda_permission",
            "url.public",
            &[
                is("action", Word::Text("lambda:InvokeFunctionUrl")),
                own("function_name", "function_name"),
                is("function_url_auth_type", Word::Text("NONE")),
                is("principal", Word::Text("*")),
                is("qualifier", Word::Text(super::LIVE)),
                REGION,
                is("statement_id", Word::Text("FunctionURLAllowPublicAccess")),
            ],
        ),
        made_if(
            "aws_lambda_provisioned_concurrency_config",
            "provisioned_concurrency",
            &[
                own("function_name", "function_name"),
                of("provisioned_concurrent_executions", "provisioned_concurrency"),
                is("qualifier", Word::Text(super::LIVE)),
                REGION,
            ],
        ),
    ],
    left_out: &[("routing", "a run has weights between its steps, and leaves none")],
};

/// A part of where code lies in S3; nothing of code that lies here: Terraform has the archive made beforehand.
fn object(source: &Value, part: for<'a> fn(&Stored<'a>) -> Option<&'a str>) -> Value {
    source.as_str().and_then(stored).and_then(|at| part(&at).map(String::from)).into()
}

fn image(v: &Value) -> Value {
    v.as_str().filter(|code| !code.starts_with("sha256:")).map(String::from).into()
}

fn layers(v: &Value) -> Value {
    let Form::Ranked(all) = Form::of(v) else { return Value::Null };
    let arn = |entry: &Value| crate::canon::pair(entry).map(|(layer, version)| format!("{layer}:{}", version.as_str().unwrap_or_default()));
    all.iter().filter_map(arn).collect::<Vec<_>>().into()
}
