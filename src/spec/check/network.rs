//! The VPC: its block, zones, subnets, NAT and logs; and the stack's tags.
use super::Check;
use crate::diag::{Code, Finding};
use crate::spec::blocks::{Blocks, overlap};
use crate::spec::near::list;
use crate::spec::units::Duration;
use crate::spec::vpc::{Nat, TierKind};

/// Days that CloudWatch Logs keeps events (AWS: `retentionInDays`).
const KEPT: &[u64] = &[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(super) fn check(cx: &mut Check<'_>) {
    tags(cx);
    zones(cx);
    if blocks(cx) {
        room(cx);
    }
    tables(cx);
    nat(cx);
    retention(cx);
    for group in cx.spec.vpc.security_groups.keys() {
        let path = ["vpc", "security_groups", group.as_str()];
        let owners = cx.spec.extends(group);
        if owners.len() > 1 {
            let names: Vec<String> = owners.iter().map(|o| format!("{}.{group}", o.section())).collect();
            let message = format!("the group `{group}` could extend several entries");
            let help = format!("give {} different names, or put the rule into one's `allow_from`", list(names.iter().map(String::as_str)));
            cx.error(Code::AmbiguousName, &path, "this group", message, help);
        }
        if group.as_str() == "load_balancer" && owners.is_empty() {
            let message = "the group `load_balancer` extends nothing: the spec has no load balancer".into();
            cx.error(Code::UnknownName, &path, "this group", message, "add `load_balancer:`, or give the group another name");
        }
    }
}

fn tags(cx: &mut Check<'_>) {
    for (key, value) in &cx.spec.tags {
        let lower = key.to_ascii_lowercase();
        let taken = lower.starts_with("aws:") || lower.starts_with("infra:") || key == "Name";
        let long = key.chars().count() > 128 || value.chars().count() > 256;
        let (message, help) = if taken || key.is_empty() {
            let help = "AWS keeps `aws:…`, and infra sets `infra:…` and `Name` itself; write another key";
            (format!("the tag `{key}` is not free"), help)
        } else if long {
            let help = "AWS takes keys of 128 and values of 256 characters";
            (format!("the tag `{key}` is too long"), help)
        } else {
            continue;
        };
        let path = ["tags", key.as_str()];
        let place = cx.sources.place(cx.sources.key(&path), "this tag");
        cx.say(&path, Finding::error(Code::BadTag, message, help).at(place));
    }
}

fn zones(cx: &mut Check<'_>) {
    let region = cx.spec.region.as_str();
    for (index, zone) in cx.spec.vpc.availability_zones.iter().enumerate() {
        if zone.region() != region && cx.written(&["vpc", "availability_zones"]) {
            let path = ["vpc", "availability_zones", &index.to_string()];
            let places = [(&path[..], "this zone"), (&["region"][..], "the stack's region")];
            let help = format!("write `{region}{}`, or change `region`", zone.letter());
            cx.both(Code::BadZone, places, format!("the zone `{zone}` is not in the region `{region}`"), help);
        }
    }
}

/// Whether every block by hand can be taken.
fn blocks(cx: &mut Check<'_>) -> bool {
    let before = cx.found.len();
    let vpc = &cx.spec.vpc;
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
            }
            continue;
        }
        let zones = vpc.availability_zones.len();
        if tier.cidrs.len() != zones {
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
            if !whole.contains(&block) {
                let places = [(&path[..], "this block"), (&["vpc", "cidr"][..], "the VPC's block")];
                let message = format!("the block `{block}` lies outside the VPC's `{whole}`");
                cx.both(Code::BlockOutsideVpc, places, message, format!("write a block inside `{whole}`"));
            } else if block.prefix_len() > 28 {
                let message = format!("AWS takes no subnet as small as `{block}`");
                cx.error(Code::BlockSize, &path, "this block", message, "write a block of at least a /28");
            }
            let other = seen.iter().find(|(_, _, other)| overlap(other, &block));
            if let Some((tier, position, other)) = other {
                let first = ["vpc", "subnets", tier.as_str(), "cidrs", position.as_str()];
                let places = [(&path[..], "this block"), (&first[..], "overlaps this one")];
                let message = format!("the blocks `{block}` and `{other}` overlap");
                cx.both(Code::BlockOverlap, places, message, "write blocks that share no address");
            }
            seen.push((name.to_string(), index, block));
        }
    }
    cx.found.len() == before
}

fn room(cx: &mut Check<'_>) {
    let vpc = &cx.spec.vpc;
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
fn tables(cx: &mut Check<'_>) {
    let vpc = &cx.spec.vpc;
    for (name, _) in vpc.subnets.iter().filter(|(_, tier)| tier.tier != TierKind::Private) {
        let Some((other, letter)) = name.as_str().rsplit_once('-') else { continue };
        let zone = vpc.availability_zones.iter().any(|zone| zone.letter() == letter);
        if zone && vpc.subnets.get(other).is_some_and(|other| other.tier == TierKind::Private) {
            let (this, that) = (["vpc", "subnets", name.as_str()], ["vpc", "subnets", other]);
            let places = [(&this[..], "this tier"), (&that[..], "has a zone of that name")];
            let message = format!("`{name}` could be a tier, or the zone {letter} of the tier `{other}`");
            cx.both(Code::AmbiguousName, places, message, "give one of the tiers another name");
        }
    }
}

fn nat(cx: &mut Check<'_>) {
    let vpc = &cx.spec.vpc;
    let has = |kind| vpc.subnets.iter().any(|(_, tier)| tier.tier == kind);
    if vpc.nat != Nat::None && has(TierKind::Private) && !has(TierKind::Public) {
        let message = "NAT gateways need a public tier to stand in, and there is none".into();
        cx.error(Code::Tier, &["vpc", "nat"], "this choice", message, "add a tier with `tier: public`, or write `nat: none`");
    }
    if vpc.nat == Nat::Single && has(TierKind::Private) && vpc.availability_zones.len() > 1 {
        let message = "one NAT gateway serves all zones: when its zone fails, no private tier reaches the internet".into();
        cx.risk(&["vpc", "nat"], message, "write `nat: per_zone` where that matters");
    }
}

fn retention(cx: &mut Check<'_>) {
    let kept = cx.spec.vpc.flow_log_retention;
    if kept.as_days().is_some_and(|days| KEPT.contains(&days)) {
        return;
    }
    let days = kept.as_seconds() / 86_400;
    let near = KEPT.iter().find(|known| **known >= days).copied().unwrap_or(3653);
    let message = format!("CloudWatch Logs does not keep flow logs for {kept}");
    let help = format!("the nearest that it takes is `{}`", Duration::days(near));
    cx.error(Code::OutOfRange, &["vpc", "flow_log_retention"], "this duration", message, help);
}
