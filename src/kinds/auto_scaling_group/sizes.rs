//! What Auto Scaling refuses of what changes a group's size: `PutScalingPolicy`, `PutScheduledUpdateGroupAction`, and "Scheduled scaling" of its user guide.
use super::cron::{Moments, zone};
use super::*;
use crate::diag::Code;

/// Scheduled actions of a group ("Quotas for Auto Scaling resources and groups").
const ACTIONS: usize = 125;

pub(super) fn breaches(group: &AutoScalingGroup) -> Vec<Breach> {
    let each = group.schedules.iter().flat_map(|(name, schedule)| words(name, schedule).into_iter().chain(sizes(group, name, schedule)));
    requests(group).into_iter().chain(count(group)).chain(each).chain(meeting(group)).collect()
}

/// Only requests to targets of the group are counted (`ResourceLabel`: "Target group not attached to the Auto Scaling group").
fn requests(group: &AutoScalingGroup) -> Option<Breach> {
    let requests = group.target_requests.as_ref().filter(|r| !group.target_groups.contains(&r.target_group))?;
    let message = format!("requests to `{}` are counted, and the instances aren't registered there", requests.target_group.0);
    Some(Breach::new(Code::Refused, "target_requests", message, "let a listener or a route forward to the entry").with("target_groups"))
}

fn count(group: &AutoScalingGroup) -> Option<Breach> {
    let many = group.schedules.len();
    let message = format!("a group has {ACTIONS} schedules at most, not {many}");
    (many > ACTIONS).then(|| Breach::new(Code::Count, "schedules", message, "let one come at several moments: `0 8,12 * * MON-FRI`"))
}

fn words(name: &str, schedule: &Schedule) -> Vec<Breach> {
    let at = |field: &str| format!("schedules.{name}.{field}");
    let mut found = vec![];
    if Moments::read(&schedule.recurrence).is_none() {
        let message = format!("`{}` says no moments", schedule.recurrence);
        let help = "write minute, hour, day of the month, month and day of the week, such as `0 8 * * MON-FRI`";
        found.push(Breach::new(Code::BadText, at("recurrence"), message, help));
    }
    if !zone(&schedule.time_zone) {
        let message = format!("there is no time zone `{}`", schedule.time_zone);
        found.push(Breach::new(Code::BadText, at("time_zone"), message, "write one of the time zone database, such as `Europe/Berlin`"));
    }
    if [schedule.min, schedule.max, schedule.desired].iter().all(Option::is_none) {
        let message = format!("the schedule `{name}` says no size");
        found.push(Breach::new(Code::Missing, format!("schedules.{name}"), message, "add `min`, `max` or `desired`"));
    }
    found
}

/// The sizes of a schedule go together, also with those that are in force when it comes: the group's own, or another schedule's.
fn sizes(group: &AutoScalingGroup, name: &str, schedule: &Schedule) -> Option<Breach> {
    let others = || group.schedules.iter().filter(|(other, _)| other.as_str() != name).map(|(_, s)| s);
    let least = schedule.min.or_else(|| others().filter_map(|s| s.min).chain([group.min]).max())?;
    let most = schedule.max.or_else(|| others().filter_map(|s| s.max).chain([group.max]).min())?;
    let at = |field: &str| format!("schedules.{name}.{field}");
    if least > most && (schedule.min, schedule.max) != (None, None) {
        let field = if schedule.max.is_some() { "max" } else { "min" };
        let message = format!("when `{name}` comes, a minimum of {least} may stand above a maximum of {most}");
        return Some(Breach::new(Code::Instances, at(field), message, "write both, `min` at most as large as `max`"));
    }
    let desired = schedule.desired.filter(|desired| least <= most && !(least..=most).contains(desired))?;
    let message =
        format!("when `{name}` comes, {desired} instances may be fewer than a minimum of {least}, or more than a maximum of {most}");
    Some(Breach::new(Code::Instances, at("desired"), message, format!("write a number from {least} to {most}, or other limits beside it")))
}

/// No two actions of a group have the same moment ("a scheduled action must have a unique time value").
fn meeting(group: &AutoScalingGroup) -> Vec<Breach> {
    let known: Vec<(&String, &str, Moments)> =
        group.schedules.iter().filter_map(|(name, s)| Some((name, s.time_zone.as_str(), Moments::read(&s.recurrence)?))).collect();
    let mut found = vec![];
    for (index, (name, zone, moments)) in known.iter().enumerate() {
        let earlier = known[..index].iter().find(|(_, other, before)| other == zone && before.meets(moments));
        found.extend(earlier.map(|(other, ..)| {
            let at = |name: &str| format!("schedules.{name}.recurrence");
            let message =
                format!("the schedules `{other}` and `{name}` have a moment in common, and Auto Scaling takes one action at a time");
            Breach::new(Code::Duplicate, at(name), message, "let one of them come a minute later").with(at(other))
        }));
    }
    found
}

/// What a single schedule sets, nothing sets back: from the first time on it is what the group has.
pub(super) fn doubts(group: &AutoScalingGroup) -> Vec<Breach> {
    let mut found = vec![];
    for (field, own) in [("min", group.min), ("max", group.max)] {
        let of = |s: &Schedule| if field == "min" { s.min } else { s.max };
        let set: Vec<(&String, i32)> = group.schedules.iter().filter_map(|(name, s)| Some((name, of(s)?))).collect();
        if let [(name, size)] = set[..]
            && size != own
        {
            let message = format!("`{name}` sets the {field}imum to {size}, and no schedule sets it back to {own}");
            let help = format!("add a schedule with `{field}: {own}`");
            found.push(Breach::new(Code::Risk, format!("schedules.{name}.{field}"), message, help));
        }
    }
    found
}
