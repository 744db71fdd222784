//! Who holds what can't be deleted: a service says only that something does.
use aws_sdk_ec2::types::{Filter, NetworkInterface};

use super::*;
use crate::wire::classify::class;

/// Holders that a message names; more are only counted.
const NAMED: usize = 5;

/// The error of a deletion, with the names of those who hold the object if that is why it failed. The first error stays first, and
/// stays what it is when they can't be read.
pub(super) async fn named<K: Resource>(cx: &Clients, live: &Live, e: CloudError) -> CloudError {
    if class(&e.code, 0) != Class::Conflict {
        return e;
    }
    let Some((looked, found)) = K::holders(cx, live).await else { return e };
    match found {
        Err(unread) => e.adding(&format!("who holds {} could not be read: {}", live.id, unread.code)),
        Ok(found) if found.is_empty() => {
            e.adding(&format!("none of these holds {} by now: {looked}; there may be holders of other kinds", live.id))
        }
        Ok(mut found) => {
            found.sort();
            let more = found.len().saturating_sub(NAMED);
            found.truncate(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            e.adding(&format!("{} is held by {}{more}", live.id, found.join(", ")))
        }
    }
}

/// Who holds something, each as a message names it.
type Found = Result<Vec<String>, CloudError>;

/// What was looked for, and what was found.
pub type Holders = (&'static str, Found);

pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The network interfaces that a filter finds, each with what it is for, who made it and where it is attached.
pub(super) async fn interfaces(cx: &Clients, name: &str, value: &str) -> Found {
    Ok(described(cx, name, value).await?.iter().map(interface).collect())
}

pub(super) async fn described(cx: &Clients, name: &str, value: &str) -> Result<Vec<NetworkInterface>, CloudError> {
    let request = cx.ec2().describe_network_interfaces().filters(filter(name, value)).max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::Ec2, "DescribeNetworkInterfaces", send, |page| (page.network_interfaces, page.next_token)).await
}

/// `eni-1 (ELB app/shop/1, made by amazon-elb, attached to i-1)`.
pub(super) fn interface(found: &NetworkInterface) -> String {
    let kind = found.interface_type().map(|t| t.as_str()).filter(|t| *t != "interface");
    let what = found.description().filter(|d| !d.is_empty()).or(kind);
    let attached = found.attachment().and_then(|a| a.instance_id().or(a.instance_owner_id()));
    let told = [
        what.map(String::from),
        found.requester_id().map(|r| format!("made by {r}")),
        attached.map(|to| format!("attached to {to}")),
        attached.is_none().then(|| "attached to nothing".to_owned()),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    format!("{} ({})", found.network_interface_id().unwrap_or("a network interface"), told.join(", "))
}

/// The security groups, but for the one itself, whose rules inwards or outwards name something, by these filters.
pub(super) async fn naming(cx: &Clients, filters: [&str; 2], id: &str) -> Found {
    let mut found = BTreeSet::new();
    for name in filters {
        let request = cx.ec2().describe_security_groups().filters(filter(name, id)).max_results(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let groups = cx.pages(Service::Ec2, "DescribeSecurityGroups", send, |page| (page.security_groups, page.next_token)).await?;
        found.extend(groups.into_iter().filter_map(|g| g.group_id).filter(|other| other != id));
    }
    Ok(found.into_iter().map(|other| format!("{other} (names it in a rule)")).collect())
}

/// The instances that use a subnet group or a parameter group, also those that are going.
pub(super) async fn databases(cx: &Clients, group: &str) -> Found {
    let request = cx.rds().describe_db_instances().max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let all = cx.pages(Service::Rds, "DescribeDBInstances", send, |page| (page.db_instances, page.marker)).await?;
    let uses = |i: &aws_sdk_rds::types::DbInstance| {
        let subnets = i.db_subnet_group().and_then(|g| g.db_subnet_group_name());
        subnets == Some(group) || i.db_parameter_groups().iter().any(|g| g.db_parameter_group_name() == Some(group))
    };
    let told = |i: &aws_sdk_rds::types::DbInstance| {
        Some(format!("{} ({})", i.db_instance_identifier()?, i.db_instance_status().unwrap_or("status unknown")))
    };
    Ok(all.iter().filter(|i| uses(i)).filter_map(told).collect())
}

/// The cache nodes that use a subnet group or a parameter group, also those that are going.
pub(super) async fn caches(cx: &Clients, group: &str) -> Found {
    let request = cx.elasticache().describe_cache_clusters().max_records(100);
    let send = async |marker| request.clone().set_marker(marker).send().await;
    let all = cx.pages(Service::ElastiCache, "DescribeCacheClusters", send, |page| (page.cache_clusters, page.marker)).await?;
    let uses = |c: &aws_sdk_elasticache::types::CacheCluster| {
        let parameters = c.cache_parameter_group().and_then(|g| g.cache_parameter_group_name());
        c.cache_subnet_group_name() == Some(group) || parameters == Some(group)
    };
    let told = |c: &aws_sdk_elasticache::types::CacheCluster| {
        Some(format!("{} ({})", c.cache_cluster_id()?, c.cache_cluster_status().unwrap_or("status unknown")))
    };
    Ok(all.iter().filter(|c| uses(c)).filter_map(told).collect())
}

/// What is in a VPC, but for what goes with it: its default security group and its main route table.
pub(super) async fn contents(cx: &Clients, id: &str) -> Found {
    let ec2 = cx.ec2();
    let mut found = interfaces(cx, "vpc-id", id).await?;
    let request = ec2.describe_subnets().filters(filter("vpc-id", id));
    let seen = cx.safe(Service::Ec2, "DescribeSubnets", async || request.clone().send().await).await?;
    found.extend(seen.subnets.into_iter().flatten().filter_map(|s| s.subnet_id));
    let request = ec2.describe_security_groups().filters(filter("vpc-id", id));
    let seen = cx.safe(Service::Ec2, "DescribeSecurityGroups", async || request.clone().send().await).await?;
    let groups = seen.security_groups.into_iter().flatten().filter(|g| g.group_name() != Some("default"));
    found.extend(groups.filter_map(|g| g.group_id));
    let request = ec2.describe_route_tables().filters(filter("vpc-id", id));
    let seen = cx.safe(Service::Ec2, "DescribeRouteTables", async || request.clone().send().await).await?;
    let tables = seen.route_tables.into_iter().flatten().filter(|t| !t.associations().iter().any(|a| a.main == Some(true)));
    found.extend(tables.filter_map(|t| t.route_table_id));
    let request = ec2.describe_internet_gateways().filters(filter("attachment.vpc-id", id));
    let seen = cx.safe(Service::Ec2, "DescribeInternetGateways", async || request.clone().send().await).await?;
    found.extend(seen.internet_gateways.into_iter().flatten().filter_map(|g| g.internet_gateway_id));
    let request = ec2.describe_vpc_endpoints().filters(filter("vpc-id", id));
    let seen = cx.safe(Service::Ec2, "DescribeVpcEndpoints", async || request.clone().send().await).await?;
    found.extend(seen.vpc_endpoints.into_iter().flatten().filter_map(|e| e.vpc_endpoint_id));
    Ok(found)
}
