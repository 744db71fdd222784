use super::*;

pub const TABLE: Table = one(&[made(
    "aws_acm_certificate",
    &[
        known("arn", "${id}"),
        of("domain_name", "domain"),
        each("domain_validation_options", "validation", VALIDATION),
        ID,
        REGION,
        of("subject_alternative_names", "names"),
        TAGS,
        TAGS_ALL,
        is("validation_method", Word::Text("DNS")),
    ],
)]);

const VALIDATION: &[Line] = &[
    of("domain_name", "@key"),
    of("resource_record_name", "@.0"),
    is("resource_record_type", Word::Text("CNAME")),
    of("resource_record_value", "@.1"),
];
