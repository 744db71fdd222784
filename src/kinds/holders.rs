//! Who holds what can't be deleted: a service says only that something does.
use aws_sdk_ec2::types::{Filter, NetworkInterface, RouteTableAssociation};

use super::*;
use crate::wire::classify::class;

/// Holders that a message names; more are only counted.
const NAMED: usize = 5;

/// The error of a deletion, with the names of those who hold the object if that is why it failed. The first error stays first, and
/// stays what it is when they can't be read.
pub(crate) async fn named(cx: &Clients, live: &Live, e: CloudError) -> CloudError {
    if class(&e.code, 0) != Class::Conflict {
        return e;
    }
    let Some((looked, found)) = holders(cx, live).await else { return e };
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

type Found = Result<Vec<String>, CloudError>;

/// What was looked for, and what was found. `None`: a kind that nothing else holds, or whose service names the holder itself.
async fn holders(cx: &Clients, live: &Live) -> Option<(&'static str, Found)> {
    let id = live.id.as_str();
    Some(match &live.object {
        Object::CacheParameterGroup(_) | Object::CacheSubnetGroup(_) => ("caches", caches(cx, id).await),
        Object::Certificate(_) => ("load balancers and other services", users(cx, id).await),
        Object::DbParameterGroup(_) | Object::DbSubnetGroup(_) => ("database instances", databases(cx, id).await),
        Object::ElasticIp(_) => ("network interfaces", interfaces(cx, "association.allocation-id", id).await),
        Object::IamRole(_) => ("instance profiles", profiles(cx, id).await),
        Object::InternetGateway(_) => ("network interfaces with public addresses", public(cx, live).await),
        Object::PrefixList(_) => {
            ("rules of security groups", naming(cx, ["ip-permission.prefix-list-id", "egress.ip-permission.prefix-list-id"], id).await)
        }
        Object::RouteTable(_) => ("associations", associations(cx, id).await),
        Object::SecurityGroup(_) => ("network interfaces, rules of other security groups", group(cx, id).await),
        Object::Subnet(_) => ("network interfaces", interfaces(cx, "subnet-id", id).await),
        Object::TargetGroup(_) => ("load balancers", balancers(cx, id).await),
        Object::Vpc(_) => {
            let looked = "network interfaces, subnets, security groups, route tables, internet gateways, VPC endpoints";
            (looked, vpc(cx, id).await)
        }
        _ => return None,
    })
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The network interfaces that a filter finds, each with what it is for, who made it and where it is attached.
async fn interfaces(cx: &Clients, name: &str, value: &str) -> Found {
    Ok(described(cx, name, value).await?.iter().map(interface).collect())
}

async fn described(cx: &Clients, name: &str, value: &str) -> Result<Vec<NetworkInterface>, CloudError> {
    let request = cx.ec2().describe_network_interfaces().filters(filter(name, value)).max_results(100);
    let send = async |token| request.clone().set_next_token(token).send().await;
    cx.pages(Service::Ec2, "DescribeNetworkInterfaces", send, |page| (page.network_interfaces, page.next_token)).await
}

/// `eni-1 (ELB app/shop/1, made by amazon-elb, attached to i-1)`.
fn interface(found: &NetworkInterface) -> String {
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

/// What keeps an internet gateway attached: public addresses in its VPC.
async fn public(cx: &Clients, live: &Live) -> Found {
    let mut found = vec![];
    for vpc in &live.points {
        found.extend(described(cx, "vpc-id", vpc).await?.iter().filter(|i| i.association().is_some()).map(interface));
    }
    Ok(found)
}

/// Who is in a security group, and which groups name it in their rules.
async fn group(cx: &Clients, id: &str) -> Found {
    let mut found = interfaces(cx, "group-id", id).await?;
    found.extend(naming(cx, ["ip-permission.group-id", "egress.ip-permission.group-id"], id).await?);
    Ok(found)
}

/// The security groups, but for the one itself, whose rules inwards or outwards name something, by these filters.
async fn naming(cx: &Clients, filters: [&str; 2], id: &str) -> Found {
    let mut found = BTreeSet::new();
    for name in filters {
        let request = cx.ec2().describe_security_groups().filters(filter(name, id)).max_results(100);
        let send = async |token| request.clone().set_next_token(token).send().await;
        let groups = cx.pages(Service::Ec2, "DescribeSecurityGroups", send, |page| (page.security_groups, page.next_token)).await?;
        found.extend(groups.into_iter().filter_map(|g| g.group_id).filter(|other| other != id));
    }
    Ok(found.into_iter().map(|other| format!("{other} (names it in a rule)")).collect())
}

/// What uses a certificate, by ARN.
async fn users(cx: &Clients, arn: &str) -> Found {
    let request = cx.acm().describe_certificate().certificate_arn(arn);
    let seen = cx.safe(Service::Acm, "DescribeCertificate", async || request.clone().send().await).await?;
    Ok(seen.certificate.and_then(|c| c.in_use_by).unwrap_or_default())
}

/// Who follows a route table.
async fn associations(cx: &Clients, id: &str) -> Found {
    let request = cx.ec2().describe_route_tables().route_table_ids(id);
    let seen = cx.safe(Service::Ec2, "DescribeRouteTables", async || request.clone().send().await).await?;
    let follower = |a: RouteTableAssociation| match a.main {
        Some(true) => Some("its VPC (as the main table)".to_owned()),
        _ => a.subnet_id.or(a.gateway_id),
    };
    Ok(seen.route_tables.into_iter().flatten().flat_map(|t| t.associations.unwrap_or_default()).filter_map(follower).collect())
}

/// What is in a VPC, but for what goes with it: its default security group and its main route table.
async fn vpc(cx: &Clients, id: &str) -> Found {
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

/// The instances that use a subnet group or a parameter group, also those that are going.
async fn databases(cx: &Clients, group: &str) -> Found {
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
async fn caches(cx: &Clients, group: &str) -> Found {
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

/// The balancers that forward to a target group.
async fn balancers(cx: &Clients, arn: &str) -> Found {
    let request = cx.elb().describe_target_groups().target_group_arns(arn);
    let seen = cx.safe(Service::Elb, "DescribeTargetGroups", async || request.clone().send().await).await?;
    Ok(seen.target_groups.into_iter().flatten().flat_map(|g| g.load_balancer_arns.unwrap_or_default()).collect())
}

/// The instance profiles that a role is in.
async fn profiles(cx: &Clients, role: &str) -> Found {
    let request = cx.iam().list_instance_profiles_for_role().role_name(role);
    let seen = cx.safe(Service::Iam, "ListInstanceProfilesForRole", async || request.clone().send().await).await?;
    Ok(seen.instance_profiles.into_iter().map(|p| p.instance_profile_name).collect())
}
