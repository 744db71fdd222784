//! The kind in Terraform's words.
use serde_json::Value;

use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_eks_cluster",
        &[
            block(
                "access_config",
                &[is("authentication_mode", Word::Text("API")), is("bootstrap_cluster_creator_admin_permissions", Word::Yes)],
            ),
            same("arn"),
            is("bootstrap_self_managed_addons", Word::No),
            block("compute_config", &[via("enabled", "node_role", some), same("node_pools"), link("node_role_arn", "node_role", "arn")]),
            same("deletion_protection"),
            of("enabled_cluster_log_types", "logs"),
            same("endpoint"),
            ID,
            block("kubernetes_network_config", &[block("elastic_load_balancing", &[via("enabled", "node_role", some)])]),
            NAME,
            REGION,
            link("role_arn", "role", "arn"),
            block("storage_config", &[block("block_storage", &[via("enabled", "node_role", some)])]),
            TAGS,
            TAGS_ALL,
            block("upgrade_policy", &[of("support_type", "support")]),
            same("version"),
            block(
                "vpc_config",
                &[
                    of("endpoint_private_access", "private_access"),
                    via("endpoint_public_access", "public_access", filled),
                    of("public_access_cidrs", "public_access"),
                    of("subnet_ids", "subnets"),
                    of("vpc_id", "vpc"),
                ],
            ),
        ],
    )],
    left_out: &[
        ("log_retention_days", "`aws_cloudwatch_log_group` says it, which is a resource of its own there"),
        ("certificate_authority", "it stands in a block that only AWS fills"),
        ("security_group", "it stands in a block of which the rest is asked for"),
        ("running_version", "`version` is what is asked for"),
    ],
};

/// Whether there is something.
fn some(v: &Value) -> Value {
    (!v.is_null()).into()
}

/// Whether a list has something in it.
fn filled(v: &Value) -> Value {
    v.as_array().is_some_and(|list| !list.is_empty()).into()
}
