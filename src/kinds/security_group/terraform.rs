//! The kind in Terraform's words.
use crate::kinds::terraform::*;
use serde_json::Value;

pub const TABLE: Table = Table {
    by_kind: false,
    made: &[made(
        "aws_security_group",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:security-group/${id}"),
            same("description"),
            each("egress", "egress", RULE),
            ID,
            each("ingress", "ingress", RULE),
            REGION,
            is("revoke_rules_on_delete", Word::No),
            TAGS,
            TAGS_ALL,
            of("vpc_id", "vpc"),
        ],
    )],
    left_out: &[("reached_by", "it only orders changes in place")],
};

/// A rule has one peer, and every attribute; those that don't count are empty.
const RULE: &[Line] = &[
    via("cidr_blocks", "@.peer.cidr", |v| blocks(v, true)),
    of("description", "@.description"),
    via("from_port", "@.from_port", port),
    via("ipv6_cidr_blocks", "@.peer.cidr", |v| blocks(v, false)),
    within("prefix_list_ids", "@.peer.prefix_list"),
    via("protocol", "@.protocol", protocol),
    within("security_groups", "@.peer.group"),
    via("self", "@.peer", |v| (v == "itself").into()),
    via("to_port", "@.to_port", port),
];

/// Every protocol is `-1` there.
pub fn protocol(v: &Value) -> Value {
    if v == "all" { "-1".into() } else { v.clone() }
}

/// All ports of all protocols are 0 in Terraform.
pub fn port(v: &Value) -> Value {
    if *v == -1 { 0.into() } else { v.clone() }
}

/// The block when it is of this version of IP.
fn blocks(block: &Value, four: bool) -> Value {
    let own = block.as_str().filter(|b| b.contains(':') != four);
    own.into_iter().map(Value::from).collect()
}
