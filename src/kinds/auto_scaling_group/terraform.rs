//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = one(&[
    made(
        "aws_autoscaling_group",
        &[
            same("default_instance_warmup"),
            of("desired_capacity", "desired"),
            is("force_delete", Word::Yes),
            of("health_check_grace_period", "health_check_grace"),
            same("health_check_type"),
            ID,
            block("instance_maintenance_policy", MAINTENANCE),
            block("launch_template", &[of("id", "launch_template"), is("version", Word::Text("$Latest"))]),
            of("max_size", "max"),
            of("min_size", "min"),
            NAME,
            REGION,
            each("tag", "tags", &[of("key", "@key"), is("propagate_at_launch", Word::Yes), of("value", "@")]),
            link("target_group_arns", "target_groups", "arn"),
            of("vpc_zone_identifier", "subnets"),
        ],
    ),
    made_if(
        "aws_autoscaling_policy",
        "target_cpu",
        &[
            own("autoscaling_group_name", "name"),
            is("enabled", Word::Yes),
            NAME,
            is("policy_type", Word::Text("TargetTrackingScaling")),
            REGION,
            block("target_tracking_configuration", TRACKING),
        ],
    ),
]);

const MAINTENANCE: &[Line] = &[
    via("max_healthy_percentage", "min_healthy_percent", |v| v.as_i64().map(|min| (min + 100).min(110)).into()),
    of("min_healthy_percentage", "min_healthy_percent"),
];

const TRACKING: &[Line] = &[
    is("disable_scale_in", Word::No),
    block("predefined_metric_specification", &[is("predefined_metric_type", Word::Text("ASGAverageCPUUtilization"))]),
    of("target_value", "target_cpu"),
];
