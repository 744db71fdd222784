//! The kind in Terraform's words.
use crate::kinds::terraform::*;
use serde_json::Value;

pub const TABLE: Table = one(&[
    made(
        "aws_route_table",
        &[
            known("arn", "arn:${partition}:ec2:${region}:${account}:route-table/${id}"),
            ID,
            is("propagating_vgws", Word::Empty),
            REGION,
            each("route", "routes", ROUTE),
            TAGS,
            TAGS_ALL,
            of("vpc_id", "vpc"),
        ],
    ),
    made_each("aws_route_table_association", "subnets", &[REGION, own("route_table_id", "id"), of("subnet_id", "@")]),
]);

/// A route has every attribute; those that don't count are empty.
const ROUTE: &[Line] = &[
    is("carrier_gateway_id", Word::Text("")),
    via("cidr_block", "@key", |v| v4(v, true)),
    is("core_network_arn", Word::Text("")),
    is("destination_prefix_list_id", Word::Text("")),
    is("egress_only_gateway_id", Word::Text("")),
    of("gateway_id", "@.internet_gateway"),
    via("ipv6_cidr_block", "@key", |v| v4(v, false)),
    is("local_gateway_id", Word::Text("")),
    of("nat_gateway_id", "@.nat_gateway"),
    is("network_interface_id", Word::Text("")),
    is("transit_gateway_id", Word::Text("")),
    is("vpc_endpoint_id", Word::Text("")),
    is("vpc_peering_connection_id", Word::Text("")),
];

/// The block when it is of this version of IP.
fn v4(block: &Value, four: bool) -> Value {
    let own = block.as_str().is_some_and(|b| b.contains(':') != four);
    if own { block.clone() } else { Value::String(String::new()) }
}
