//! The kind in Terraform's words.
use crate::kinds::terraform::*;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[
        made(
            "aws_eks_access_entry",
            &[
                of("access_entry_arn", "arn"),
                of("cluster_name", "cluster"),
                ID,
                of("principal_arn", "principal"),
                REGION,
                TAGS,
                TAGS_ALL,
                is("type", Word::Text("STANDARD")),
            ],
        ),
        made_each(
            "aws_eks_access_policy_association",
            "policies",
            &[
                block("access_scope", &[is("type", Word::Text("cluster"))]),
                of("cluster_name", "cluster"),
                of("policy_arn", "@"),
                of("principal_arn", "principal"),
                REGION,
            ],
        ),
    ],
    left_out: &[],
};
