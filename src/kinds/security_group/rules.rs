//! Rules as the cloud shows them, and the requests that change them. Other groups are named by their physical ids here.
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};

use super::{Peer, Rule};
use crate::kinds::{Links, Ref};
use crate::wire::{Clients, CloudError, Service};

/// How the description of a rule begins that is no part of its group, but an object of its own: a [`crate::kinds::SecurityGroupRule`].
pub const ALONE: &str = "infra:rule";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ingress,
    Egress,
}

/// The rule that AWS adds to every new group of a VPC: all IPv4 may leave.
pub fn everything() -> Rule {
    let peer = Peer::Cidr("0.0.0.0/0".into());
    Rule { protocol: "all".into(), from_port: -1, to_port: -1, peer, description: String::new() }
}

/// The rules of a group, one by one, without those that are objects of their own.
pub fn of(group: &aws_sdk_ec2::types::SecurityGroup, direction: Direction) -> BTreeSet<Rule> {
    let permissions = match direction {
        Direction::Ingress => group.ip_permissions(),
        Direction::Egress => group.ip_permissions_egress(),
    };
    let all = permissions.iter().flat_map(|p| split(p, group.group_id().unwrap_or_default(), group.owner_id()));
    all.filter(|rule| !rule.description.starts_with(ALONE)).collect()
}

/// A permission names a range of ports once and its peers in four lists. Another account's group is named with its account, as AWS's console
/// does (`111122223333/sg-1a2b3c4d`): without, it can't be revoked.
fn split(permission: &IpPermission, own: &str, owner: Option<&str>) -> Vec<Rule> {
    let group = |pair: &UserIdGroupPair| {
        let id = pair.group_id()?;
        Some(match pair.user_id().filter(|user| owner.is_some_and(|owner| owner != *user)) {
            Some(user) => Peer::Group(Ref::to(format!("{user}/{id}"))),
            None if id == own => Peer::Itself,
            None => Peer::Group(Ref::to(id)),
        })
    };
    let v4 = permission.ip_ranges().iter().filter_map(|r| Some((Peer::Cidr(r.cidr_ip()?.into()), r.description())));
    let v6 = permission.ipv6_ranges().iter().filter_map(|r| Some((Peer::Cidr(r.cidr_ipv6()?.into()), r.description())));
    let groups = permission.user_id_group_pairs().iter().filter_map(|g| Some((group(g)?, g.description())));
    let lists = permission.prefix_list_ids().iter().filter_map(|l| Some((Peer::PrefixList(Ref::to(l.prefix_list_id()?)), l.description())));
    let protocol = protocol(permission.ip_protocol());
    let rule = |(peer, description): (Peer, Option<&str>)| Rule {
        protocol: protocol.clone(),
        from_port: permission.from_port().unwrap_or(-1),
        to_port: permission.to_port().unwrap_or(-1),
        peer,
        description: description.unwrap_or_default().into(),
    };
    v4.chain(v6).chain(groups).chain(lists).map(rule).collect()
}

/// `-1` is every protocol.
pub fn protocol(seen: Option<&str>) -> String {
    match seen {
        None | Some("-1") => "all".into(),
        Some(other) => other.into(),
    }
}

/// Wanted rules with the physical ids of the groups they name.
pub fn physical(rules: &BTreeSet<Rule>, links: &Links, own: &str) -> Result<BTreeSet<Rule>, CloudError> {
    let one = |rule: &Rule| {
        let peer = match &rule.peer {
            Peer::Group(group) => match links.to(group)? {
                id if id == own => Peer::Itself,
                id => Peer::Group(Ref::to(id)),
            },
            Peer::PrefixList(list) => Peer::PrefixList(Ref::to(links.to(list)?)),
            other => other.clone(),
        };
        Ok(Rule { peer, ..rule.clone() })
    };
    rules.iter().map(one).collect()
}

/// Brings the rules of one direction from what they are to what they should be: first what is new, last what goes, so that nothing is
/// cut that stays allowed. One request each.
pub async fn arrange(
    cx: &Clients,
    group: &str,
    direction: Direction,
    now: BTreeSet<Rule>,
    wanted: BTreeSet<Rule>,
) -> Result<(), CloudError> {
    let bare = |rule: &Rule| Rule { description: String::new(), ..rule.clone() };
    let there: BTreeMap<Rule, &str> = now.iter().map(|r| (bare(r), r.description.as_str())).collect();
    let stay: BTreeSet<Rule> = wanted.iter().map(bare).collect();
    let new = wanted.iter().filter(|r| !there.contains_key(&bare(r))).map(|r| permission(r, group)).collect();
    let renamed =
        wanted.iter().filter(|r| there.get(&bare(r)).is_some_and(|d| *d != r.description)).map(|r| permission(r, group)).collect();
    let gone = now.iter().filter(|r| !stay.contains(&bare(r))).map(|r| permission(r, group)).collect();
    authorize(cx, group, direction, new).await?;
    describe(cx, group, direction, renamed).await?;
    revoke(cx, group, direction, gone).await
}

/// One rule as a permission of its own.
pub fn permission(rule: &Rule, own: &str) -> IpPermission {
    let text = Some(rule.description.clone()).filter(|d| !d.is_empty());
    let group = |id: &str| {
        let (user, id) = id.split_once('/').map_or((None, id), |(user, id)| (Some(user.to_owned()), id));
        UserIdGroupPair::builder().set_user_id(user).group_id(id).set_description(text.clone()).build()
    };
    let all = rule.protocol == "all";
    let permission = IpPermission::builder()
        .ip_protocol(if all { "-1" } else { &rule.protocol })
        .set_from_port((!all).then_some(rule.from_port))
        .set_to_port((!all).then_some(rule.to_port));
    match &rule.peer {
        Peer::Cidr(c) if c.contains(':') => permission.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(c).set_description(text).build()),
        Peer::Cidr(c) => permission.ip_ranges(IpRange::builder().cidr_ip(c).set_description(text).build()),
        Peer::Group(r) => permission.user_id_group_pairs(group(&r.0)),
        Peer::Itself => permission.user_id_group_pairs(group(own)),
        Peer::PrefixList(l) => permission.prefix_list_ids(PrefixListId::builder().prefix_list_id(&l.0).set_description(text).build()),
    }
    .build()
}

async fn authorize(cx: &Clients, group: &str, direction: Direction, rules: Vec<IpPermission>) -> Result<(), CloudError> {
    if rules.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let request = cx.ec2().authorize_security_group_ingress().group_id(group).set_ip_permissions(Some(rules));
            cx.write(Service::Ec2, "AuthorizeSecurityGroupIngress", async || request.clone().send().await).await.map(drop)
        }
        Direction::Egress => {
            let request = cx.ec2().authorize_security_group_egress().group_id(group).set_ip_permissions(Some(rules));
            cx.write(Service::Ec2, "AuthorizeSecurityGroupEgress", async || request.clone().send().await).await.map(drop)
        }
    }
}

/// Gives rules other descriptions.
pub async fn describe(cx: &Clients, group: &str, direction: Direction, rules: Vec<IpPermission>) -> Result<(), CloudError> {
    if rules.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let request = cx.ec2().update_security_group_rule_descriptions_ingress().group_id(group).set_ip_permissions(Some(rules));
            cx.safe(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsIngress", async || request.clone().send().await).await.map(drop)
        }
        Direction::Egress => {
            let request = cx.ec2().update_security_group_rule_descriptions_egress().group_id(group).set_ip_permissions(Some(rules));
            cx.safe(Service::Ec2, "UpdateSecurityGroupRuleDescriptionsEgress", async || request.clone().send().await).await.map(drop)
        }
    }
}

async fn revoke(cx: &Clients, group: &str, direction: Direction, rules: Vec<IpPermission>) -> Result<(), CloudError> {
    if rules.is_empty() {
        return Ok(());
    }
    match direction {
        Direction::Ingress => {
            let request = cx.ec2().revoke_security_group_ingress().group_id(group).set_ip_permissions(Some(rules));
            cx.write(Service::Ec2, "RevokeSecurityGroupIngress", async || request.clone().send().await).await.map(drop)
        }
        Direction::Egress => {
            let request = cx.ec2().revoke_security_group_egress().group_id(group).set_ip_permissions(Some(rules));
            cx.write(Service::Ec2, "RevokeSecurityGroupEgress", async || request.clone().send().await).await.map(drop)
        }
    }
}
