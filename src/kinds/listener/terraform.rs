//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_lb_listener",
        &[
            known("arn", "${id}"),
            link("certificate_arn", "certificate", "arn"),
            block("default_action", ACTION),
            ID,
            link("load_balancer_arn", "load_balancer", "arn"),
            same("port"),
            same("protocol"),
            REGION,
            same("ssl_policy"),
            TAGS,
            TAGS_ALL,
        ],
    )],
    left_out: &[("waits_for", "Terraform says by `depends_on` what must serve first")],
};

const ACTION: &[Line] = &[
    is("order", Word::Number(1)),
    given("redirect", "action.redirect", REDIRECT),
    link("target_group_arn", "action.forward", "arn"),
    via("type", "action", |v| if v.get("redirect").is_some() { "redirect".into() } else { "forward".into() }),
];

const REDIRECT: &[Line] = &[
    is("host", Word::Text("#{host}")),
    is("path", Word::Text("/#{path}")),
    via("port", "action.redirect.port", text),
    of("protocol", "action.redirect.protocol"),
    is("query", Word::Text("#{query}")),
    is("status_code", Word::Text("HTTP_301")),
];
