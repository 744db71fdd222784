//! `vpc`: the network, its subnets, its ways in and out, and its flow log.
use std::collections::{BTreeMap, BTreeSet};

use super::{GatewayEndpoint, Nat, Tier, TierKind};
use crate::canon::Open;
use crate::kinds::route_table::Target;
use crate::kinds::{ElasticIp, FlowLog, IamRole, InternetGateway, LogGroup, NatGateway, Ref, RouteTable, Subnet, Vpc, VpcEndpoint};
use crate::model::partition::{gateway, principal};
use crate::spec::lower::{Lower, allow, int};
use crate::spec::units::{AvailabilityZone, Name};

const EVERYWHERE: &str = "0.0.0.0/0";

pub fn lower(l: &mut Lower<'_>) {
    let vpc = &l.spec.vpc;
    l.add("main", "vpc", Vpc { cidr: vpc.cidr.net(), dns_hostnames: vpc.dns_hostnames, tags: l.tags("main") });
    if public_tier(l).is_some() {
        l.add("main", "vpc.subnets", InternetGateway { vpc: Ref::to("main"), tags: l.tags("main") });
    }
    subnets(l);
    nat(l);
    routes(l);
    endpoints(l);
    if vpc.flow_logs {
        flow_log(l);
    }
}

/// The first tier that the internet is routed to.
fn public_tier<'a>(l: &Lower<'a>) -> Option<&'a Name> {
    l.spec.vpc.subnets.iter().find(|(_, t)| t.tier == TierKind::Public).map(|(name, _)| name)
}

fn subnets(l: &mut Lower<'_>) {
    let vpc = &l.spec.vpc;
    let blocks = vpc.blocks().unwrap_or_default();
    for (tier_name, tier) in vpc.subnets.iter() {
        for (i, zone) in vpc.availability_zones.iter().enumerate() {
            let name = format!("{tier_name}-{}", zone.letter());
            let Some(block) = blocks.get(&(tier_name.as_str(), i)) else { continue };
            let subnet = Subnet {
                vpc: Ref::to("main"),
                availability_zone: zone.to_string(),
                cidr: *block,
                map_public_ip_on_launch: false,
                tags: l.tags(&name),
            };
            l.renamed::<Subnet>(&name, tier.renamed_from.as_ref().map(|old| format!("{old}-{}", zone.letter())));
            l.add(name, format!("vpc.subnets.{tier_name}"), subnet);
        }
    }
}

/// The zones that have a NAT gateway.
fn nat_zones<'a>(l: &Lower<'a>) -> &'a [AvailabilityZone] {
    let zones = &l.spec.vpc.availability_zones;
    let wanted = l.spec.vpc.subnets.iter().any(|(_, t)| t.tier == TierKind::Private) && public_tier(l).is_some();
    match l.spec.vpc.nat {
        Nat::PerZone if wanted => zones,
        Nat::Single if wanted => zones.get(..1).unwrap_or_default(),
        _ => &[],
    }
}

fn nat(l: &mut Lower<'_>) {
    let Some(tier) = public_tier(l) else { return };
    for zone in nat_zones(l) {
        let name = format!("nat-{}", zone.letter());
        l.add(&name, "vpc.nat", ElasticIp { tags: l.tags(&name), public_ip: Default::default() });
        let gateway = NatGateway {
            subnet: Ref::to(format!("{tier}-{}", zone.letter())),
            elastic_ip: Ref::to(&name),
            internet_gateway: Ref::to("main"),
            tags: l.tags(&name),
        };
        l.add(name, "vpc.nat", gateway);
    }
}

/// A public or isolated tier has one table; a private tier has one per zone, so that each zone can have its own way out.
fn routes(l: &mut Lower<'_>) {
    let vpc = &l.spec.vpc;
    let with_nat = nat_zones(l);
    for (name, tier) in vpc.subnets.iter() {
        if tier.tier == TierKind::Private {
            for zone in &vpc.availability_zones {
                let own = if with_nat.contains(zone) { Some(zone) } else { with_nat.first() };
                let routes = own.map(|z| (EVERYWHERE.to_owned(), Target::NatGateway(Ref::to(format!("nat-{}", z.letter())))));
                let subnet = format!("{name}-{}", zone.letter());
                let old = tier.renamed_from.as_ref().map(|old| format!("{old}-{}", zone.letter()));
                table(l, subnet.clone(), old, name, BTreeSet::from([Ref::to(subnet)]), routes.into_iter().collect());
            }
        } else {
            let public = tier.tier == TierKind::Public;
            let routes = public.then(|| (EVERYWHERE.to_owned(), Target::InternetGateway(Ref::to("main"))));
            let old = tier.renamed_from.as_ref().map(Name::to_string);
            table(l, name.to_string(), old, name, l.subnets(name), routes.into_iter().collect());
        }
    }
}

fn table(
    l: &mut Lower<'_>,
    name: String,
    old: Option<String>,
    tier: &Name,
    subnets: BTreeSet<Ref<Subnet>>,
    routes: BTreeMap<String, Target>,
) {
    l.renamed::<RouteTable>(&name, old);
    let table = RouteTable { vpc: Ref::to("main"), subnets, routes: routes.into(), tags: l.tags(&name) };
    l.add(name, format!("vpc.subnets.{tier}"), table);
}

/// The names of all route tables.
fn tables(l: &Lower<'_>) -> BTreeSet<Ref<RouteTable>> {
    let zones = &l.spec.vpc.availability_zones;
    let of = |(name, tier): (&Name, &Tier)| -> Vec<Ref<RouteTable>> {
        match tier.tier {
            TierKind::Private => zones.iter().map(|z| Ref::to(format!("{name}-{}", z.letter()))).collect(),
            _ => vec![Ref::to(name.to_string())],
        }
    };
    l.spec.vpc.subnets.iter().flat_map(of).collect()
}

fn endpoints(l: &mut Lower<'_>) {
    // What is in a bucket is reached without NAT by those who use it.
    let storage = l.spec.storage.values().any(|bucket| !bucket.allow_from.is_empty()).then_some(GatewayEndpoint::S3);
    for endpoint in l.spec.vpc.gateway_endpoints.iter().copied().chain(storage).collect::<BTreeSet<_>>() {
        let name = match endpoint {
            GatewayEndpoint::Dynamodb => "dynamodb",
            GatewayEndpoint::S3 => "s3",
        };
        let service = gateway(name, l.spec.region.as_str());
        let endpoint = VpcEndpoint { vpc: Ref::to("main"), service, route_tables: tables(l), tags: l.tags(name) };
        l.add(name, "vpc.gateway_endpoints", endpoint);
    }
}

fn flow_log(l: &mut Lower<'_>) {
    let days = l.spec.vpc.flow_log_retention.as_days().unwrap_or_default();
    let tags = l.tags("flow-logs");
    l.add("flow_logs", "vpc.flow_logs", LogGroup { retention_days: Some(int(days)), metric_filters: Open::new(), tags: tags.clone() });
    let own = format!("arn:{}:logs:{}:{}:log-group:/infra/{}/*", l.partition(), l.spec.region, l.account(), l.spec.stack);
    let actions = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"];
    let role = IamRole {
        permissions_boundary: l.boundary(),
        inline_policies: [("write-logs".into(), allow(&actions, &[own]).into())].into(),
        tags: tags.clone(),
        ..IamRole::plain(principal!("vpc-flow-logs"))
    };
    l.add("flow_logs", "vpc.flow_logs", role);
    let log = FlowLog {
        vpc: Ref::to("main"),
        log_group: Ref::to("flow_logs"),
        role: Ref::to("flow_logs"),
        traffic_type: "ALL".into(),
        max_aggregation_interval: 600,
        tags,
    };
    l.add("main", "vpc.flow_logs", log);
}
