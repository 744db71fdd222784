//! What a plan is refused for, as findings at the lines that ask for it.
use std::collections::{BTreeMap, BTreeSet};

use super::{Failure, place};
use crate::diag::{Code, Finding};
use crate::kinds::{Address, Breach};
use crate::plan::{Guarded, Plan, PlanError};
use crate::render::words;
use crate::spec::Loaded;
use crate::stack::Stack;

impl Failure {
    /// What a plan may not do as it stands, if there is anything.
    pub fn guarded(loaded: &Loaded, plan: &Plan) -> Result<(), Failure> {
        if plan.refused.is_empty() {
            return Ok(());
        }
        let message = plan.refused.iter().map(words::guarded).collect::<Vec<_>>().join("; ");
        let help = format!("if that is meant, name each of them: `{}`", words::permission(&plan.refused));
        // What only goes is asked for by no line of the spec.
        let stays = |g: &&Guarded| g.replaced || g.shrinks.is_some();
        let origin = |g: &Guarded| plan.changes.iter().find(|c| c.address == g.address)?.origin.as_ref();
        let origins: BTreeSet<&String> = plan.refused.iter().filter(stays).filter_map(origin).collect();
        let finding = Finding::error(Code::Guarded, message, help);
        Err(origins.into_iter().fold(finding, |f, origin| f.at(place(loaded, origin, "guarded"))).into())
    }

    /// Availability zones that the account doesn't have, if there are any among those that are wanted.
    pub fn zones(loaded: &Loaded, wanted: &BTreeSet<String>, there: &BTreeSet<String>) -> Result<(), Failure> {
        let missing: Vec<&str> = wanted.difference(there).map(String::as_str).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let zones = &loaded.spec.vpc.availability_zones;
        let mut instead: Vec<String> = zones.iter().map(ToString::to_string).filter(|zone| there.contains(zone)).collect();
        let more: Vec<String> = there.iter().filter(|zone| !instead.contains(zone)).take(zones.len() - instead.len()).cloned().collect();
        instead.extend(more);
        let message = format!("this account has no zone {} in {}", missing.join(", "), loaded.spec.region.as_str());
        let help = match instead.is_empty() {
            true => "opt in to the region, or write another one".into(),
            false => format!("write `availability_zones: [{}]` under `vpc`", instead.join(", ")),
        };
        let finding = Finding::error(Code::BadZone, message, help);
        let path = ["vpc", "availability_zones"];
        let at = if loaded.sources.find(&path).is_some() { &path[..] } else { &["region"] };
        Err(finding.at(loaded.sources.place(loaded.sources.value(at), "not all of its zones are there")).into())
    }
}

/// What a service refuses of an object, at the fields that decide about it.
pub(super) fn refused(loaded: &Loaded, stack: &Stack, address: &Address, breach: &Breach) -> Finding {
    let finding = Finding::error(breach.code, format!("{address}: {}", breach.message), breach.help.clone());
    let fields = breach.attributes.iter().filter_map(|a| stack.fields_of(address, a).into_iter().next());
    let mut paths: Vec<String> = fields.map(|field| field.path).collect();
    if paths.is_empty() {
        paths.extend(stack.origins.get(address).cloned());
    }
    paths.iter().fold(finding, |f, path| f.at(place(loaded, path, path.rsplit('.').next().unwrap_or_default())))
}

/// What must leave first although somebody stays who uses it: one finding for each part of the spec.
pub(super) fn blocked(loaded: &Loaded, stack: &Stack, problems: &[PlanError]) -> Vec<Finding> {
    let mut parts: BTreeMap<Option<&String>, (BTreeSet<&Address>, BTreeSet<&Address>)> = BTreeMap::new();
    for problem in problems {
        if let PlanError::Blocked { gone, user } = problem {
            let (leave, stay) = parts.entry(stack.origins.get(gone)).or_default();
            leave.insert(gone);
            stay.insert(user);
        }
    }
    let names = |all: &BTreeSet<&Address>| all.iter().map(|a| a.to_string()).collect::<Vec<_>>().join(", ");
    let finding = |(origin, (leave, stay)): (Option<&String>, (BTreeSet<&Address>, BTreeSet<&Address>))| {
        let (successor, use_it) = if leave.len() == 1 { ("its successor", "it") } else { ("their successors", "them") };
        let stays = if stay.len() == 1 { "stays and uses" } else { "stay and use" };
        let (leave, stay) = (names(&leave), names(&stay));
        let message = format!("{leave} must leave before {successor} can come, but {stay} {stays} {use_it}");
        let help =
            format!("give {use_it} another block (`cidrs:`), zone or name so that both can stand side by side, or take {stay} out first");
        let finding = Finding::error(Code::Blocked, message, help);
        origin.into_iter().fold(finding, |f, origin| f.at(place(loaded, origin, "must leave first")))
    };
    parts.into_iter().map(finding).collect()
}
