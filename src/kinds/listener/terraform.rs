//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
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
        ),
        made_each(
            "aws_lb_listener_certificate",
            "certificates",
            &[link("certificate_arn", "@", "arn"), own("listener_arn", "arn"), REGION],
        ),
    ],
    left_out: &[("waits_for", "Terraform says by `depends_on` what must serve first")],
};

pub(in crate::kinds) const ACTION: &[Line] = &[
    given("fixed_response", "action.respond", RESPOND),
    is("order", Word::Number(1)),
    given("redirect", "action.redirect", REDIRECT),
    link("target_group_arn", "action.forward", "arn"),
    via("type", "action", |v| {
        let first = |key| v.get(key).is_some();
        if first("redirect") {
            "redirect"
        } else if first("respond") {
            "fixed-response"
        } else {
            "forward"
        }
        .into()
    }),
];

const REDIRECT: &[Line] = &[
    of("host", "action.redirect.host"),
    of("path", "action.redirect.path"),
    of("port", "action.redirect.port"),
    of("protocol", "action.redirect.protocol"),
    of("query", "action.redirect.query"),
    via("status_code", "action.redirect.status", |v| format!("HTTP_{v}").into()),
];

const RESPOND: &[Line] = &[
    of("content_type", "action.respond.content_type"),
    of("message_body", "action.respond.body"),
    via("status_code", "action.respond.status", text),
];
