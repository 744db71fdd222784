//! What only the account knows, asked before a plan counts: zones, limits, what the region offers.
use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::failure::{Failure, place};
use super::flow::{self, Choice};
use super::printer::Printer;
use crate::cloud::{Observe, ReadOnly};
use crate::diag::{Code, Finding};
use crate::kinds::{Address, AlarmMuteRule, Facts, Member as _, Object};
use crate::model::Moment;
use crate::observe::Snapshot;
use crate::plan::limits::exceeded;
use crate::plan::{Plan, PlanLimit, offered, unoffered};
use crate::spec::Loaded;
use crate::stack::Stack;
use crate::wire::{CloudError, Service};

/// Refuses zones that this account doesn't have, before anything is changed. What stands already asks for none.
async fn zones(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
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
async fn limits(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
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

/// Says which silences have ended: they do nothing any more.
fn silences(stack: &Stack, loaded: &Loaded, printer: &Printer) {
    let now = Moment::now();
    let over =
        stack.nodes.iter().filter(|(_, object)| AlarmMuteRule::of(object).and_then(AlarmMuteRule::ends).is_some_and(|ends| ends <= now));
    let said = over.map(|(address, _)| {
        let message = format!("the silence `{}` has ended", address.name);
        let finding = Finding::warning(Code::Ended, message, "take it out of `monitoring.alerting.silences`, or write another `until`");
        stack.origins.get(address).map_or(finding.clone(), |origin| finding.at(place(loaded, origin, "written here")))
    });
    printer.findings(&said.collect::<Vec<_>>());
}

/// Plans what makes the live environment what a stack says, and asks what only the account knows. All that is wrong is told together.
pub async fn plan(
    world: ReadOnly<'_>,
    stack: &mut Stack,
    snapshot: &mut Snapshot,
    choice: &Choice,
    loaded: &Loaded,
    printer: &Printer,
) -> Result<Plan, Failure> {
    let zones = zones(world, stack, snapshot, loaded, printer).await;
    limits(world, stack, snapshot, loaded, printer).await?;
    silences(stack, loaded, printer);
    match flow::decide(stack, snapshot, choice, loaded, printer) {
        Ok(mut plan) => {
            let offers = offers(world, &mut plan, stack, loaded, printer).await;
            together([zones.err(), offers.err()]).map_or(Ok(plan), Err)
        }
        Err(failure) => {
            let refused = asked(world, printer, |facts| unoffered(stack, snapshot, facts)).await;
            let offers = (!refused.is_empty()).then(|| Failure::plan(loaded, stack, &refused));
            Err(match together([zones.err(), offers]) {
                Some(more) => failure.and(more),
                None => failure,
            })
        }
    }
}

/// Asks the same of a plan that was made before.
pub async fn kept(
    world: ReadOnly<'_>,
    plan: &mut Plan,
    stack: &Stack,
    snapshot: &Snapshot,
    loaded: &Loaded,
    printer: &Printer,
) -> Result<(), Failure> {
    let zones = zones(world, stack, snapshot, loaded, printer).await;
    limits(world, stack, snapshot, loaded, printer).await?;
    let offers = offers(world, plan, stack, loaded, printer).await;
    together([zones.err(), offers.err()]).map_or(Ok(()), Err)
}

/// All findings of several failures.
fn together(failures: [Option<Failure>; 2]) -> Option<Failure> {
    failures.into_iter().flatten().reduce(Failure::and)
}

/// Refuses what the account's region doesn't offer of what the plan makes or changes, before anything is changed; says what the account may have no room for,
/// and in the plan what waits for a restart.
async fn offers(world: ReadOnly<'_>, plan: &mut Plan, stack: &Stack, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let found = asked(world, printer, |facts| offered(plan, stack, facts)).await;
    found.mark(plan);
    let doubted = Failure::plan(loaded, stack, &found.doubted).findings;
    printer.findings(&doubted.into_iter().map(Finding::softened).collect::<Vec<_>>());
    if found.refused.is_empty() { Ok(()) } else { Err(Failure::plan(loaded, stack, &found.refused)) }
}

/// What `look` makes of all that it needs to know, which is read for it. What can't be read refuses nothing: a call tells it then.
async fn asked<T>(world: ReadOnly<'_>, printer: &Printer, look: impl Fn(&Facts) -> T) -> T {
    let mut facts = Facts::default();
    let mut unread: BTreeMap<Option<Service>, CloudError> = BTreeMap::new();
    loop {
        let found = look(&facts);
        let open = facts.open();
        if open.is_empty() {
            for e in unread.values() {
                printer.say(&format!("What the region offers can't be read, and is told while the plan is carried out: {e}"));
            }
            return found;
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
