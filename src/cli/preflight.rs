//! What only the account knows, asked before a plan counts: zones, limits, what the region offers.
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::failure::{Failure, place};
use super::printer::Printer;
use crate::cloud::{Observe, ReadOnly};
use crate::diag::{Code, Finding};
use crate::kinds::{Address, Facts, Object};
use crate::observe::Snapshot;
use crate::plan::limits::exceeded;
use crate::plan::{Plan, PlanLimit, offered};
use crate::spec::Loaded;
use crate::stack::Stack;
use crate::wire::{CloudError, Service};

/// Refuses zones that this account doesn't have, before anything is changed. What stands already asks for none.
pub async fn zones(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let zone = |o: &Object| if let Object::Subnet(subnet) = o { Some(subnet.availability_zone.clone()) } else { None };
    let stands =
        |a: &Address, zone_of: &String| snapshot.live.get(a).into_iter().flatten().any(|l| zone(&l.object).as_ref() == Some(zone_of));
    let wanted = stack.nodes.iter().filter_map(|(a, o)| zone(o).filter(|z| !stands(a, z)));
    let wanted: BTreeSet<String> = wanted.collect();
    if wanted.is_empty() {
        return Ok(());
    }
    match world.availability_zones().await {
        Ok(there) => Failure::zones(loaded, &wanted, &there),
        // Whoever may do the rest need not be allowed to ask this; EC2 tells it then.
        Err(e) => {
            printer.say(&format!("Which availability zones there are can't be read: {e}"));
            Ok(())
        }
    }
}

/// Says which of the zone's limits the stack will meet; Cloudflare decides.
pub async fn limits(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let Some(zone) = &stack.zone else { return Ok(()) };
    let about = world.about_zone(zone).await.map_err(|e| Failure::looking(loaded, e))?;
    let found = exceeded(&about.plan, stack, snapshot);
    printer.findings(&found.into_iter().map(|limit| finding(limit, loaded, stack)).collect::<Vec<_>>());
    Ok(())
}

fn finding(PlanLimit { address, limit }: PlanLimit, loaded: &Loaded, stack: &Stack) -> Finding {
    let finding = Finding::warning(Code::PlanGate, limit.message, limit.help);
    match stack.origins.get(&address) {
        Some(origin) => finding.at(place(loaded, origin, "asked for here")),
        None => finding,
    }
}

/// Refuses what the account's region doesn't offer of what the plan makes or changes, before anything is changed; and says in the plan what waits for a
/// restart. What can't be read refuses nothing: a call tells it then.
pub async fn offers(world: ReadOnly<'_>, plan: &mut Plan, stack: &Stack, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let mut facts = Facts::default();
    let mut unread: BTreeMap<Option<Service>, CloudError> = BTreeMap::new();
    loop {
        let found = offered(plan, stack, &facts);
        let open = facts.open();
        if open.is_empty() {
            for e in unread.values() {
                printer.say(&format!("What the region offers can't be read, and is told while the plan is carried out: {e}"));
            }
            found.mark(plan);
            return if found.refused.is_empty() { Ok(()) } else { Err(Failure::plan(loaded, stack, &found.refused)) };
        }
        let answers = join_all(open.iter().map(|question| world.offers(question))).await;
        for (question, answer) in open.into_iter().zip(answers) {
            let known = answer.unwrap_or_else(|e| {
                unread.entry(e.service).or_insert(e);
                None
            });
            facts.know(question, known);
        }
    }
}
