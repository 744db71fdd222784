//! The least that does the same as a plan and an apply: the SDK and nothing else.
use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, IpPermission, IpRange, UserIdGroupPair};
use futures_util::stream::{self, StreamExt};

use crate::support::network::Size;

/// Reads all that a stack owns, a request a page; returns how many objects there are.
pub async fn read(client: &Client, stack: &str) -> usize {
    let own = Filter::builder().name("tag:infra:stack").values(stack).build();
    let vpcs = async { client.describe_vpcs().filters(own.clone()).max_results(1000).send().await.unwrap().vpcs().len() };
    let subnets = client.describe_subnets().filters(own.clone()).max_results(1000).into_paginator().items().send();
    let tables = client.describe_route_tables().filters(own.clone()).max_results(100).into_paginator().items().send();
    let groups = client.describe_security_groups().filters(own.clone()).max_results(1000).into_paginator().items().send();
    let (vpcs, subnets, tables, groups) = tokio::join!(
        vpcs,
        subnets.collect::<Result<Vec<_>, _>>(),
        tables.collect::<Result<Vec<_>, _>>(),
        groups.collect::<Result<Vec<_>, _>>()
    );
    vpcs + subnets.unwrap().len() + tables.unwrap().len() + groups.unwrap().len()
}

/// Makes one network, so many requests at once; every stage waits for the one before.
pub async fn create(client: &Client, size: Size, slots: usize) {
    let vpc = client.create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
    let vpc = vpc.as_str();
    let subnet = async |i: usize| {
        let request = client.create_subnet().vpc_id(vpc).cidr_block(format!("10.0.{}.{}/25", i / 2, i % 2 * 128));
        let zone = format!("us-east-1{}", ['a', 'b', 'c'][i % 3]);
        request.availability_zone(zone).send().await.unwrap().subnet.unwrap().subnet_id.unwrap()
    };
    let subnets: Vec<String> = stream::iter(0..size.subnets).map(subnet).buffer_unordered(slots).collect().await;
    let group = async |i: usize| {
        let request = client.create_security_group().vpc_id(vpc).group_name(format!("g{i}")).description("bench");
        request.send().await.unwrap().group_id.unwrap()
    };
    let groups: Vec<String> = stream::iter(0..size.security_groups).map(group).buffer_unordered(slots).collect().await;
    let table = async |_| client.create_route_table().vpc_id(vpc).send().await.unwrap().route_table.unwrap().route_table_id.unwrap();
    let tables: Vec<String> = stream::iter(0..size.route_tables).map(table).buffer_unordered(slots).collect().await;
    let associate = async |i: usize| {
        let request = client.associate_route_table().route_table_id(&tables[i % tables.len()]).subnet_id(&subnets[i]);
        request.send().await.unwrap();
    };
    stream::iter(0..subnets.len()).map(associate).buffer_unordered(slots).collect::<Vec<()>>().await;
    let authorize = async |i: usize| {
        let inside = IpPermission::builder().ip_protocol("tcp").from_port(443).to_port(443);
        let second = IpPermission::builder().ip_protocol("tcp").from_port(8080).to_port(8080);
        let block = IpRange::builder().cidr_ip("10.0.0.0/16").build();
        let second = match i {
            0 => second.ip_ranges(block.clone()),
            _ => second.user_id_group_pairs(UserIdGroupPair::builder().group_id(&groups[(i - 1) / 5]).build()),
        };
        let request = client.authorize_security_group_ingress().group_id(&groups[i]);
        request.ip_permissions(inside.ip_ranges(block).build()).ip_permissions(second.build()).send().await.unwrap();
    };
    stream::iter(0..groups.len()).map(authorize).buffer_unordered(slots).collect::<Vec<()>>().await;
}
