//! The kind in Terraform's words.
use serde_json::Value;

use super::sha256;
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
    ],
    left_out: &[("source", "it is where the archive is made from, which Terraform has made beforehand")],
};

fn image(v: &Value) -> Value {
    v.as_str().filter(|code| !code.starts_with("sha256:")).map(String::from).into()
}

fn layers(v: &Value) -> Value {
    let Form::Ranked(all) = Form::of(v) else { return Value::Null };
    let arn = |entry: &Value| crate::canon::pair(entry).map(|(layer, version)| format!("{layer}:{}", version.as_str().unwrap_or_default()));
    all.iter().filter_map(arn).collect::<Vec<_>>().into()
}
