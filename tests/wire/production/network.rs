//! The network: the VPC, its subnets and ways out, its security groups, its flow log.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{DomainType, IpPermission};
use serde_json::json;

use super::check::{Want, ZONES};
use super::look::Seen;

/// The first block of each tier; those of the other zones follow it.
const TIERS: [(&str, u8, u8, u8); 3] = [("public", 0, 1, 24), ("app", 32, 4, 22), ("data", 8, 1, 24)];

pub fn check(seen: &Seen, want: &Want) {
    let (vpc, dns_hostnames, dns_support) = &seen.vpcs["vpc.main"];
    assert_eq!((vpc.cidr_block(), dns_hostnames, dns_support), (Some("10.0.0.0/16"), &true, &true));
    let vpc = vpc.vpc_id();
    for (tier, first, step, prefix) in TIERS {
        for (zone, i) in ZONES.iter().zip(0..) {
            let subnet = &seen.subnets[&format!("subnet.{tier}-{zone}")];
            let block = format!("10.0.{}.0/{prefix}", first + i * step);
            assert_eq!((subnet.vpc_id(), subnet.cidr_block()), (vpc, Some(block.as_str())));
            assert_eq!(subnet.availability_zone(), Some(format!("us-east-1{zone}").as_str()));
            assert_eq!(subnet.map_public_ip_on_launch(), Some(false), "{tier}-{zone}");
        }
    }
    let gateway = &seen.gateways["internet_gateway.main"];
    let attached: Vec<_> = gateway.attachments().iter().map(|a| a.vpc_id()).collect();
    assert_eq!(attached, [vpc]);
    for zone in ZONES {
        let (nat, address) = (&seen.nats[&format!("nat_gateway.nat-{zone}")], &seen.addresses[&format!("elastic_ip.nat-{zone}")]);
        assert_eq!(nat.subnet_id(), subnet(seen, &format!("public-{zone}")));
        assert_eq!(nat.nat_gateway_addresses()[0].allocation_id(), address.allocation_id());
        assert_eq!(address.domain(), Some(&DomainType::Vpc));
    }
    tables(seen, vpc);
    groups(seen, want, vpc);
    flow_log(seen, vpc);
}

fn subnet<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.subnets[&format!("subnet.{name}")].subnet_id()
}

/// Each table with its subnets and its way out, and the S3 endpoint on all of them.
fn tables(seen: &Seen, vpc: Option<&str>) {
    let endpoint = &seen.endpoints["vpc_endpoint.s3"];
    assert_eq!((endpoint.vpc_id(), endpoint.service_name()), (vpc, Some("com.amazonaws.us-east-1.s3")));
    let internet = seen.gateways["internet_gateway.main"].internet_gateway_id();
    let mut wanted = vec![("public".to_owned(), ZONES.map(|z| format!("public-{z}")).to_vec(), internet)];
    wanted.push(("data".to_owned(), ZONES.map(|z| format!("data-{z}")).to_vec(), None));
    for zone in ZONES {
        let nat = seen.nats[&format!("nat_gateway.nat-{zone}")].nat_gateway_id();
        wanted.push((format!("app-{zone}"), vec![format!("app-{zone}")], nat));
    }
    let mut ids = BTreeSet::new();
    for (name, subnets, out) in wanted {
        let table = &seen.tables[&format!("route_table.{name}")];
        assert_eq!(table.vpc_id(), vpc);
        let followed: BTreeSet<_> = table.associations().iter().filter_map(|a| a.subnet_id()).collect();
        assert_eq!(followed, subnets.iter().filter_map(|s| subnet(seen, s)).collect(), "{name}");
        let leads = table.routes().iter().filter_map(|r| Some((r.destination_cidr_block()?, r.nat_gateway_id().or(r.gateway_id())?)));
        let mut expected = BTreeMap::from([("10.0.0.0/16", "local")]);
        expected.extend(out.map(|to| ("0.0.0.0/0", to)));
        assert_eq!(leads.collect::<BTreeMap<_, _>>(), expected, "{name}");
        ids.extend(table.route_table_id());
    }
    assert_eq!(endpoint.route_table_ids().iter().map(String::as_str).collect::<BTreeSet<_>>(), ids);
}

/// Who may talk to whom: the internet to the balancer, it to the application, that to the stores; the office to the bastion.
fn groups(seen: &Seen, want: &Want, vpc: Option<&str>) {
    let id = |name: &str| seen.groups[&format!("security_group.{name}")].group_id().unwrap().to_owned();
    let anywhere = || "0.0.0.0/0".to_owned();
    let wanted = [
        ("load_balancer", vec![(80, anywhere()), (443, anywhere())]),
        ("app", vec![(8080, id("load_balancer"))]),
        ("cache.main", vec![(6379, id("app"))]),
        ("database.main", vec![(5432, id("app"))]),
        ("bastion", vec![(22, want.office.to_owned())]),
    ];
    for (name, rules) in wanted {
        let group = &seen.groups[&format!("security_group.{name}")];
        assert_eq!(group.vpc_id(), vpc);
        let rules = rules.into_iter().map(|(port, peer)| ("tcp".to_owned(), port, port, peer)).collect();
        assert_eq!(rules_of(group.ip_permissions()), rules, "{name}");
        assert_eq!(rules_of(group.ip_permissions_egress()), BTreeSet::from([("-1".to_owned(), -1, -1, anywhere())]), "{name}");
    }
    let bastion = &seen.groups["security_group.bastion"].ip_permissions()[0].ip_ranges()[0];
    assert_eq!(bastion.description(), Some("office"));
}

/// Protocol, ports and peer of every rule.
fn rules_of(permissions: &[IpPermission]) -> BTreeSet<(String, i32, i32, String)> {
    let mut all = BTreeSet::new();
    for p in permissions {
        let peers = p.ip_ranges().iter().filter_map(|r| r.cidr_ip()).chain(p.user_id_group_pairs().iter().filter_map(|g| g.group_id()));
        let (protocol, from, to) = (p.ip_protocol().unwrap(), p.from_port().unwrap_or(-1), p.to_port().unwrap_or(-1));
        all.extend(peers.map(|peer| (protocol.to_owned(), from, to, peer.to_owned())));
        assert!(p.ipv6_ranges().is_empty() && p.prefix_list_ids().is_empty());
    }
    all
}

fn flow_log(seen: &Seen, vpc: Option<&str>) {
    let log = &seen.flow_logs["flow_log.main"];
    let (group, retention) = &seen.log_groups["log_group.flow_logs"];
    assert!(group.starts_with("/infra/production/flow_logs/"), "{group}");
    assert_eq!(*retention, Some(90));
    let (role, inline, attached) = &seen.roles["iam_role.flow_logs"];
    assert_eq!((log.resource_id(), log.log_group_name()), (vpc, Some(group.as_str())));
    assert_eq!(log.deliver_logs_permission_arn(), Some(role.arn()));
    assert_eq!((log.traffic_type().map(|t| t.as_str()), log.max_aggregation_interval()), (Some("ALL"), Some(600)));
    let policy: serde_json::Value = serde_json::from_str(&inline["write-logs"]).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!((inline.len(), attached.len(), &statement["Effect"]), (1, 0, &json!("Allow")));
    assert_eq!(statement["Resource"], json!(["arn:aws:logs:us-east-1:123456789012:log-group:/infra/production/*"]));
    assert!(statement["Action"].as_array().unwrap().contains(&json!("logs:PutLogEvents")));
    assert!(role.assume_role_policy_document().unwrap().contains("vpc-flow-logs.amazonaws.com"));
}
