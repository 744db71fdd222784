//! The kind in Terraform's words.
use crate::kinds::terraform::*;

/// To Terraform a replica is an instance that has a source.
pub const TABLE: Table = Table {
    by_kind: true,
    made: &[made(
        "aws_db_instance",
        &[
            of("address", "endpoint"),
            same("apply_immediately"),
            known("arn", "arn:${partition}:rds:${region}:${account}:db:${id}"),
            same("auto_minor_version_upgrade"),
            is("copy_tags_to_snapshot", Word::Yes),
            same("deletion_protection"),
            of("engine", "source.engine"),
            same("engine_version"),
            ID,
            known("identifier", "${id}"),
            same("instance_class"),
            same("iops"),
            same("maintenance_window"),
            same("multi_az"),
            link("parameter_group_name", "parameter_group", "name"),
            of("performance_insights_enabled", "performance_insights"),
            same("port"),
            same("publicly_accessible"),
            REGION,
            link("replicate_source_db", "source", "identifier"),
            is("skip_final_snapshot", Word::Yes),
            of("storage_encrypted", "source.storage_encrypted"),
            of("storage_throughput", "throughput"),
            same("storage_type"),
            TAGS,
            TAGS_ALL,
            of("vpc_security_group_ids", "security_groups"),
        ],
    )],
    left_out: &[],
};
