//! The kind in Terraform's words.
use crate::kinds::terraform::*;
use crate::model::partition::principal;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
            "aws_lb_target_group",
            &[
                known("arn", "${id}"),
                via("deregistration_delay", "deregistration_delay", text),
                given("health_check", "health_check", CHECK),
                ID,
                same("port"),
                same("protocol"),
                REGION,
                given("stickiness", "stickiness", STICKINESS),
                TAGS,
                TAGS_ALL,
                choice("target_type", &[("cluster", "ip"), ("function", "lambda")], "instance"),
                of("vpc_id", "vpc"),
            ],
        ),
        // What lets the balancer call the function, and what makes it the group's target.
        made_if(
            "aws_lambda_permission",
            "function",
            &[
                is("action", Word::Text("lambda:InvokeFunction")),
                of("function_name", "function"),
                is("principal", Word::Text(principal!("elasticloadbalancing"))),
                is("qualifier", Word::Text(crate::kinds::function::LIVE)),
                REGION,
                known("source_account", "${account}"),
                own("source_arn", "arn"),
            ],
        ),
        made_if(
            "aws_lb_target_group_attachment",
            "function",
            &[REGION, own("target_group_arn", "arn"), link("target_id", "function", "arn")],
        ),
    ],
    left_out: &[("load_balancer", "in Terraform only a listener says which balancer it serves")],
};

const CHECK: &[Line] = &[
    is("enabled", Word::Yes),
    of("healthy_threshold", "health_check.healthy"),
    of("interval", "health_check.interval"),
    of("matcher", "health_check.matcher"),
    of("path", "health_check.path"),
    via("port", "health_check.port", |port| if port.is_null() { "traffic-port".into() } else { text(port) }),
    of("protocol", "health_check.protocol"),
    of("timeout", "health_check.timeout"),
    of("unhealthy_threshold", "health_check.unhealthy"),
];

const STICKINESS: &[Line] = &[of("cookie_duration", "stickiness"), is("enabled", Word::Yes), is("type", Word::Text("lb_cookie"))];
