//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = one(&[made(
    "aws_elasticache_replication_group",
    &[
        is("apply_immediately", Word::Yes),
        known("arn", "arn:${partition}:elasticache:${region}:${account}:replicationgroup:${id}"),
        via("at_rest_encryption_enabled", "at_rest_encryption", text),
        of("automatic_failover_enabled", "automatic_failover"),
        known("description", "infra ${stack}"),
        same("engine"),
        same("engine_version"),
        ID,
        each(
            "log_delivery_configuration",
            "log_delivery",
            &[
                link("destination", "@.log_group", "name"),
                is("destination_type", Word::Text("cloudwatch-logs")),
                of("log_format", "@.format"),
                of("log_type", "@key"),
            ],
        ),
        same("maintenance_window"),
        of("multi_az_enabled", "multi_az"),
        same("node_type"),
        of("notification_topic_arn", "notification_topic"),
        via("num_cache_clusters", "replicas", |v| v.as_i64().map(|n| n + 1).into()),
        link("parameter_group_name", "parameter_group", "name"),
        same("port"),
        of("primary_endpoint_address", "primary_endpoint"),
        of("reader_endpoint_address", "reader_endpoint"),
        REGION,
        known("replication_group_id", "${id}"),
        of("security_group_ids", "security_groups"),
        of("snapshot_retention_limit", "snapshot_retention"),
        same("snapshot_window"),
        link("subnet_group_name", "subnet_group", "name"),
        TAGS,
        TAGS_ALL,
        of("transit_encryption_enabled", "transit_encryption"),
    ],
)]);
