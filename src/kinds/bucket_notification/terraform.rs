//! The kind in Terraform's words.
use crate::kinds::terraform::*;
use crate::model::partition::principal;

pub const TABLE: Table = one(&[
    made(
        "aws_s3_bucket_notification",
        &[of("bucket", "bucket"), is("eventbridge", Word::No), ID, each("lambda_function", "functions", FUNCTION), REGION],
    ),
    made_each(
        "aws_lambda_permission",
        "functions",
        &[
            is("action", Word::Text("lambda:InvokeFunction")),
            of("function_name", "@.function"),
            is("principal", Word::Text(principal!("s3"))),
            is("qualifier", Word::Text(crate::kinds::function::LIVE)),
            REGION,
            known("source_account", "${account}"),
            link("source_arn", "bucket", "arn"),
            of("statement_id", "bucket"),
        ],
    ),
]);

const FUNCTION: &[Line] = &[
    of("events", "@.events"),
    of("filter_prefix", "@.prefix"),
    of("filter_suffix", "@.suffix"),
    link("lambda_function_arn", "@.function", "arn"),
];
