//! What keeps a group's instances from ever standing. Auto Scaling itself takes such a group, and its instances fail one by one.
use super::*;
use crate::diag::Code;
use crate::kinds::ec2;
use crate::kinds::launch_template::vcpus;

/// Addresses of a subnet that are AWS's own: the first four and the last (`CreateSubnet`; "Subnet CIDR blocks" in the VPC user guide).
const OWN: i64 = 5;

/// vCPUs of standard instances in a new account (`L-1216C47A`).
const VCPUS: i32 = 5;

/// How many instances have room in the group's subnets, if all of them are known.
fn room(group: &AutoScalingGroup, near: Near<'_>) -> Option<i64> {
    let free = |subnet: &Ref<Subnet>| near.get(subnet).map(|s| (1 << (32 - i64::from(s.cidr.prefix_len()))) - OWN);
    group.subnets.iter().map(free).sum()
}

pub(super) fn breaches(group: &AutoScalingGroup, near: Near<'_>) -> Vec<Breach> {
    let Some(room) = room(group, near).filter(|room| i64::from(group.min) > *room) else { return vec![] };
    let message = format!("{} instances at least, and their subnets have {room} free addresses", group.min);
    vec![Breach::new(Code::Refused, "min", message, "write a smaller `min`, or larger blocks for the tier").with("subnets")]
}

pub(super) fn doubts(group: &AutoScalingGroup, near: Near<'_>) -> Vec<Breach> {
    let mut found = vec![];
    if let Some(room) = room(group, near).filter(|room| i64::from(group.min) <= *room && i64::from(group.max) > *room) {
        let message = format!("{} instances at most, and their subnets have {room} free addresses", group.max);
        found.push(Breach::new(Code::Quota, "max", message, "write a smaller `max`, or larger blocks for the tier").with("subnets"));
    }
    let kind = near.get(&group.launch_template).map(|template| template.instance_type.as_str()).unwrap_or_default();
    if let Some(each) = vcpus(kind).filter(|each| *each > VCPUS) {
        let message =
            format!("an instance of the type `{kind}` has {each} vCPUs; a new account has a quota of {VCPUS}, and then none ever starts");
        let help = "make sure that the quota L-1216C47A (or that of the type's family) has room for the group";
        found.push(Breach::new(Code::Quota, "launch_template", message, help));
    }
    found
}

/// A zone of the group without an instance type of it launches none (`DescribeInstanceTypeOfferings`): the group is taken, and its launches fail.
pub(super) fn unoffered(group: &AutoScalingGroup, near: Near<'_>, facts: &Facts) -> Vec<Breach> {
    let zones: BTreeSet<&String> = group.subnets.iter().filter_map(|s| near.get(s)).map(|s| &s.availability_zone).collect();
    let refused = |kind: &String, attribute: &str| {
        let there = facts.offers(Question::InstanceType(kind.clone()))?;
        let without: Vec<&str> = zones.iter().filter(|zone| !there.contains_key(**zone)).map(|zone| zone.as_str()).collect();
        let have: Vec<&str> = there.keys().map(String::as_str).collect();
        let (message, help) = match have.is_empty() {
            _ if without.is_empty() => return None,
            true => (format!("this region has no instance type `{kind}`"), "write another instance type".to_owned()),
            false => (
                format!("{} has no instance type `{kind}`", without.join(", ")),
                format!("write another instance type, or zones that have it: {}", have.join(", ")),
            ),
        };
        Some(Breach::new(Code::Refused, attribute, message, help).item(kind))
    };
    match &group.mixed {
        Some(mixed) => mixed.types.iter().filter_map(|kind| refused(kind, "mixed.types")).collect(),
        None => {
            let kind = near.get(&group.launch_template).map(|template| &template.instance_type);
            kind.and_then(|kind| refused(kind, "launch_template.instance_type")).into_iter().collect()
        }
    }
}

/// Families of standard instances, by the letters that they begin with ("Amazon EC2 On-Demand instance quotas" in the user guide).
const STANDARD: &[&str] = &["a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"];

/// The vCPUs of so many of the group's instances that are on demand, by the smallest of its types. `None` where they aren't standard instances, or not known.
fn vcpus_of(group: &AutoScalingGroup, instances: i32, near: Near<'_>, facts: &Facts) -> Option<i64> {
    let template = || near.get(&group.launch_template).map(|template| vec![template.instance_type.clone()]);
    let (types, bought) = match &group.mixed {
        None => (template()?, instances),
        Some(mixed) => {
            let above = (instances - mixed.on_demand_base).max(0);
            (mixed.types.clone(), instances.min(mixed.on_demand_base) + above * mixed.on_demand_percent / 100)
        }
    };
    let letters = |kind: &str| kind.chars().take_while(char::is_ascii_lowercase).collect::<String>();
    if !types.iter().all(|kind| STANDARD.contains(&letters(kind).as_str())) {
        return None;
    }
    let each: Option<Vec<i64>> = types.iter().map(|kind| facts.number(Question::InstanceVcpus(kind.clone()))).collect();
    Some(each?.into_iter().min()? * i64::from(bought))
}

/// The vCPUs of all groups of the stack, each with as many instances as `size` says; and the quota, where that is less.
fn beyond(near: Near<'_>, facts: &Facts, size: impl Fn(&AutoScalingGroup) -> i32) -> Option<(i64, i64)> {
    let groups = near.all::<AutoScalingGroup>();
    let all: i64 = groups.iter().filter_map(|(_, group)| vcpus_of(group, size(group), near, facts)).sum();
    let quota = if all > 0 { facts.number(Question::VcpuQuota)? } else { return None };
    (all > quota).then_some((all, quota))
}

/// Instances beyond the quota never start, though the group is taken: what must run has room, whatever else runs in the account.
pub(super) fn over(group: &AutoScalingGroup, near: Near<'_>, facts: &Facts) -> Option<Breach> {
    vcpus_of(group, group.min, near, facts).filter(|vcpus| *vcpus > 0)?;
    let (all, quota) = beyond(near, facts, |group| group.min)?;
    let message =
        format!("the groups of the stack run {all} vCPUs at least, and the account's quota for standard instances is {quota} here");
    let help = format!("have the quota {} raised first, or write fewer or smaller instances", ec2::STANDARD);
    Some(Breach::new(Code::Refused, "min", message, help).with("launch_template.instance_type"))
}

/// What may run at most finds its end at the quota.
pub(super) fn short(group: &AutoScalingGroup, near: Near<'_>, facts: &Facts) -> Option<Breach> {
    vcpus_of(group, group.max, near, facts).filter(|vcpus| *vcpus > 0)?;
    let (all, quota) = beyond(near, facts, |group| group.max)?;
    let message = format!("the groups of the stack may run {all} vCPUs, and the account's quota for standard instances is {quota} here");
    let help = format!("have the quota {} raised, or write a smaller `max`: what is beyond it never starts", ec2::STANDARD);
    Some(Breach::new(Code::Quota, "max", message, help).with("launch_template.instance_type"))
}
