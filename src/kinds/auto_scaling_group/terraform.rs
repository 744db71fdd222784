//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: MADE,
    left_out: &[("notification_topics", "`aws_autoscaling_notification` names its groups in a list, which no pointer of one group is")],
};

const MADE: &[Made] = &[
    made(
        "aws_autoscaling_group",
        &[
            same("default_instance_warmup"),
            of("desired_capacity", "desired"),
            of("enabled_metrics", "metrics"),
            is("force_delete", Word::Yes),
            of("health_check_grace_period", "health_check_grace"),
            same("health_check_type"),
            ID,
            block("instance_maintenance_policy", MAINTENANCE),
            absent("launch_template", "mixed", &[of("id", "launch_template"), is("version", Word::Text("$Latest"))]),
            of("max_size", "max"),
            of("min_size", "min"),
            given("mixed_instances_policy", "mixed", MIXED),
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
    made_under(
        "aws_autoscaling_policy",
        "requests",
        "target_requests",
        &[
            own("autoscaling_group_name", "name"),
            is("enabled", Word::Yes),
            known("name", "${id}-requests"),
            is("policy_type", Word::Text("TargetTrackingScaling")),
            REGION,
            block("target_tracking_configuration", COUNTING),
        ],
    ),
    made_each(
        "aws_autoscaling_schedule",
        "schedules",
        &[
            own("autoscaling_group_name", "name"),
            of("desired_capacity", "@.desired"),
            of("max_size", "@.max"),
            of("min_size", "@.min"),
            of("recurrence", "@.recurrence"),
            REGION,
            known("scheduled_action_name", "${id}-${key}"),
            of("time_zone", "@.time_zone"),
        ],
    ),
];

const MAINTENANCE: &[Line] = &[
    via("max_healthy_percentage", "min_healthy_percent", |v| v.as_i64().map(|min| (min + 100).min(110)).into()),
    of("min_healthy_percentage", "min_healthy_percent"),
];

const TRACKING: &[Line] = &[
    via("disable_scale_in", "scale_in", |scales| (scales == false).into()),
    block("predefined_metric_specification", &[is("predefined_metric_type", Word::Text("ASGAverageCPUUtilization"))]),
    of("target_value", "target_cpu"),
];

const COUNTING: &[Line] = &[
    via("disable_scale_in", "scale_in", |scales| (scales == false).into()),
    block(
        "predefined_metric_specification",
        &[
            is("predefined_metric_type", Word::Text("ALBRequestCountPerTarget")),
            via("resource_label", "target_requests", |requests| {
                let end = |of: &str| requests[of].as_str().unwrap_or_default().to_owned();
                super::scaling::label(&end("load_balancer"), &end("target_group")).into()
            }),
        ],
    ),
    of("target_value", "target_requests.per_minute"),
];

const MIXED: &[Line] = &[
    block(
        "instances_distribution",
        &[
            of("on_demand_allocation_strategy", "mixed.on_demand_strategy"),
            of("on_demand_base_capacity", "mixed.on_demand_base"),
            of("on_demand_percentage_above_base_capacity", "mixed.on_demand_percent"),
            of("spot_allocation_strategy", "mixed.spot_strategy"),
        ],
    ),
    block(
        "launch_template",
        &[
            block("launch_template_specification", &[of("launch_template_id", "launch_template"), is("version", Word::Text("$Latest"))]),
            each("override", "mixed.types", &[of("instance_type", "@")]),
        ],
    ),
];
