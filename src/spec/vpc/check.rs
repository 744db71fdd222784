//! The VPC: its block, zones, subnets, NAT, logs, and security groups by hand.
use super::blocks::{Blocks, overlap};
use super::{Nat, Protocol, TierKind, Vpc};
use crate::diag::{Code, Risk};
use crate::spec::check::Check;
use crate::spec::monitoring::logging;
use crate::spec::suggest::list;

pub fn check(vpc: &Vpc, cx: &mut Check<'_>) {
    zones(vpc, cx);
    let known = ["availability_zones", "cidr", "subnets"].iter().all(|field| cx.knows(&["vpc", field]));
    if blocks(vpc, cx) && known {
        room(vpc, cx);
    }
    tables(vpc, cx);
    nat(vpc, cx);
    logging::kept(cx, &["vpc", "flow_log_retention"], "flow logs", vpc.flow_log_retention);
    groups(vpc, cx);
}

/// A security group by hand extends at most one that follows from a section, and its rules have the ports that their protocols have.
fn groups(vpc: &Vpc, cx: &mut Check<'_>) {
    for (name, group) in &vpc.security_groups {
        let path = ["vpc", "security_groups", name.as_str()];
        let owners: Vec<&str> = cx.peers.extends(name).iter().map(|owner| owner.target.section).collect();
        if owners.len() > 1 {
            let names: Vec<String> = owners.iter().map(|section| format!("{section}.{name}")).collect();
            let message = format!("the group `{name}` could extend several entries");
            let help = format!("give {} different names, or put the rule into one's `allow_from`", list(names.iter().map(String::as_str)));
            cx.error(Code::AmbiguousName, &path, "this group", message, help);
        }
        if name.as_str() == "load_balancer" && owners.is_empty() && !cx.is_cut(&["load_balancer"]) {
            let message = "the group `load_balancer` extends nothing: the spec has no load balancer".into();
            cx.error(Code::UnknownName, &path, "this group", message, "add `load_balancer:`, or give the group another name");
        }
        for (index, rule) in group.ingress.iter().enumerate() {
            ports(cx, &path, "ingress", index, (rule.port.is_some(), rule.ports.is_some(), rule.protocol));
        }
        for (index, rule) in group.egress.iter().enumerate() {
            ports(cx, &path, "egress", index, (rule.port.is_some(), rule.ports.is_some(), rule.protocol));
        }
    }
}

fn ports(cx: &mut Check<'_>, group: &[&str; 3], way: &str, index: usize, (port, ports, protocol): (bool, bool, Protocol)) {
    let index = index.to_string();
    let path = [group[0], group[1], group[2], way, index.as_str()];
    if !["port", "ports", "protocol"].iter().all(|field| cx.knows(&[&path[..], &[field]].concat())) {
        return;
    }
    if port && ports {
        let message = "a rule has both `port` and `ports`".into();
        cx.error(Code::Duplicate, &path, "this rule", message, "keep one of them");
    }
    if (port || ports) && matches!(protocol, Protocol::All | Protocol::Icmp) {
        let message = "a rule has a port, but its protocol has none".into();
        cx.error(Code::Duplicate, &path, "this rule", message, "write `protocol: tcp` or `udp`, or leave the port out");
    }
}

fn zones(vpc: &Vpc, cx: &mut Check<'_>) {
    let region = cx.spec.region.as_str();
    for (index, zone) in vpc.availability_zones.iter().enumerate() {
        if zone.region() != region && cx.written(&["vpc", "availability_zones"]) {
            let path = ["vpc", "availability_zones", &index.to_string()];
            let places = [(&path[..], "this zone"), (&["region"][..], "the stack's region")];
            let help = format!("write `{region}{}`, or change `region`", zone.letter());
            cx.both(Code::BadZone, places, format!("the zone `{zone}` is not in the region `{region}`"), help);
        }
    }
}

/// Whether every block by hand can be taken.
fn blocks(vpc: &Vpc, cx: &mut Check<'_>) -> bool {
    let mut good = true;
    let whole = vpc.cidr.net();
    if !(16..=28).contains(&whole.prefix_len()) {
        let message = format!("AWS takes no VPC of the size of `{whole}`");
        cx.error(Code::BlockSize, &["vpc", "cidr"], "this block", message, "write a block from /16 to /28");
        return false;
    }
    let mut seen: Vec<(String, String, ipnet::Ipv4Net)> = Vec::new();
    for (name, tier) in vpc.subnets.iter() {
        let name = name.as_str();
        if tier.cidrs.is_empty() {
            if tier.prefix < whole.prefix_len() {
                let path = ["vpc", "subnets", name, "prefix"];
                let places = [(&path[..], "this prefix"), (&["vpc", "cidr"][..], "the VPC's block")];
                let message = format!("a /{} of the tier `{name}` is larger than the VPC's `{whole}`", tier.prefix);
                let help = format!("write a prefix from {} to 28, or a larger block for the VPC", whole.prefix_len() + 1);
                cx.both(Code::BlockOutsideVpc, places, message, help);
                good = false;
            }
            continue;
        }
        let zones = vpc.availability_zones.len();
        if tier.cidrs.len() != zones && cx.knows(&["vpc", "availability_zones"]) {
            good = false;
            let message = format!("the tier `{name}` has {} blocks for {zones} zones", tier.cidrs.len());
            cx.error(
                Code::Count,
                &["vpc", "subnets", name, "cidrs"],
                "these blocks",
                message,
                "write one block per zone, in the zones' order",
            );
        }
        for (index, block) in tier.cidrs.iter().map(|block| block.net()).enumerate() {
            let index = index.to_string();
            let path = ["vpc", "subnets", name, "cidrs", &index];
            let other = seen.iter().find(|(_, _, other)| overlap(other, &block));
            good &= whole.contains(&block) && block.prefix_len() <= 28 && other.is_none();
            if !whole.contains(&block) {
                let places = [(&path[..], "this block"), (&["vpc", "cidr"][..], "the VPC's block")];
                let message = format!("the block `{block}` lies outside the VPC's `{whole}`");
                cx.both(Code::BlockOutsideVpc, places, message, format!("write a block inside `{whole}`"));
            } else if block.prefix_len() > 28 {
                let message = format!("AWS takes no subnet as small as `{block}`");
                cx.error(Code::BlockSize, &path, "this block", message, "write a block of at least a /28");
            }
            if let Some((tier, position, other)) = other {
                let first = ["vpc", "subnets", tier.as_str(), "cidrs", position.as_str()];
                let places = [(&path[..], "this block"), (&first[..], "overlaps this one")];
                let message = format!("the blocks `{block}` and `{other}` overlap");
                cx.both(Code::BlockOverlap, places, message, "write blocks that share no address");
            }
            seen.push((name.to_string(), index, block));
        }
    }
    good
}

fn room(vpc: &Vpc, cx: &mut Check<'_>) {
    let Err(no_room) = vpc.blocks().map(|blocks: Blocks<'_>| drop(blocks)) else {
        return;
    };
    let Some((name, tier)) = vpc.subnets.iter().nth(no_room.tier) else {
        return;
    };
    let zones = vpc.availability_zones.len();
    let path = ["vpc", "subnets", name.as_str(), "prefix"];
    let places = [(&path[..], "these blocks"), (&["vpc", "cidr"][..], "the VPC's block")];
    let message = format!("the tier `{name}` finds no room for {zones} blocks of /{} in `{}`", tier.prefix, vpc.cidr);
    let spare = "every tier keeps 4 or 8 slots, so that zones can be added without moving a block";
    let help = format!("write a larger prefix (smaller blocks) or a larger `cidr` for the VPC, or give `cidrs` by hand; {spare}");
    cx.both(Code::NoRoom, places, message, help);
}

/// A private tier has a route table in each zone, and these must not be called what the one table of another tier is called.
fn tables(vpc: &Vpc, cx: &mut Check<'_>) {
    for (name, _) in vpc.subnets.iter().filter(|(_, tier)| tier.tier != TierKind::Private) {
        let Some((other, letter)) = name.as_str().rsplit_once('-') else { continue };
        let known = [["vpc", "subnets", name.as_str(), "tier"], ["vpc", "subnets", other, "tier"]];
        if !known.iter().all(|path| cx.knows(path)) || !cx.knows(&["vpc", "availability_zones"]) {
            continue;
        }
        let zone = vpc.availability_zones.iter().any(|zone| zone.letter() == letter);
        if zone && vpc.subnets.get(other).is_some_and(|other| other.tier == TierKind::Private) {
            let (this, that) = (["vpc", "subnets", name.as_str()], ["vpc", "subnets", other]);
            let places = [(&this[..], "this tier"), (&that[..], "has a zone of that name")];
            let message = format!("`{name}` could be a tier, or the zone {letter} of the tier `{other}`");
            cx.both(Code::AmbiguousName, places, message, "give one of the tiers another name");
        }
    }
}

fn nat(vpc: &Vpc, cx: &mut Check<'_>) {
    if !cx.knows(&["vpc", "subnets"]) {
        return;
    }
    let has = |kind| vpc.subnets.iter().any(|(_, tier)| tier.tier == kind);
    if vpc.nat != Nat::None && has(TierKind::Private) && !has(TierKind::Public) {
        let message = "NAT gateways need a public tier to stand in, and there is none".into();
        cx.error(Code::Tier, &["vpc", "nat"], "this choice", message, "add a tier with `tier: public`, or write `nat: none`");
    }
    if vpc.nat == Nat::Single && has(TierKind::Private) && vpc.availability_zones.len() > 1 && cx.knows(&["vpc", "availability_zones"]) {
        let message = "one NAT gateway serves all zones: when its zone fails, no private tier reaches the internet".into();
        cx.risk(Risk::SingleNat, &["vpc", "nat"], message, "write `nat: per_zone` where that matters");
    }
}
