//! The flow that plan, apply, destroy and output share: spec to stack, world to snapshot, both to a plan.
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::args::{CloudArgs, CloudChoice, SelectArgs, SpecArgs};
use super::failure::Failure;
use super::printer::Printer;
use crate::cloud::lease::Terms;
use crate::cloud::policy::Policy;
use crate::cloud::sandbox::{Fault, Pace};
use crate::cloud::{Clients, Cloudflare, Observe, ReadOnly, Sandbox, World};
use crate::diag::{Code, Finding, Place};
use crate::kinds::Address;
use crate::model::Moment;
use crate::observe::{Snapshot, complete, observe};
use crate::plan::saved::{Saved, Scene, Zone};
use crate::plan::{Allowed, Plan, Selection, Stack, plan, select};
use crate::redact::Redactor;
use crate::spec::lower::lower;
use crate::spec::{Loaded, load};

/// Reads the layers and says what is risky about them.
pub fn read(args: &SpecArgs, printer: &Printer) -> Result<Loaded, Failure> {
    let mut layers: Vec<(PathBuf, String)> = vec![];
    let mut missing = vec![];
    for file in &args.file {
        match std::fs::read_to_string(file) {
            Ok(text) => layers.push((file.clone(), text)),
            Err(e) => missing.push(super::failure::unreadable(file, &e)),
        }
    }
    if !missing.is_empty() {
        return Err(Failure(missing));
    }
    parse(&layers, printer)
}

/// What the layers say, and what is risky about it.
pub fn parse(layers: &[(PathBuf, String)], printer: &Printer) -> Result<Loaded, Failure> {
    let loaded = load(layers, &environment).inspect_err(|findings| printer.hide(findings.0.iter().flat_map(literals)))?;
    printer.hide(loaded.spec.secrets().iter().filter_map(|name| environment(name)));
    printer.findings(&loaded.warnings);
    Ok(loaded)
}

/// What a finding says is a secret that stands in the spec: the value at its place, or behind the key there. It isn't said again.
fn literals(finding: &Finding) -> Vec<String> {
    let value = |place: &Place| {
        let text = place.source.inner();
        let rest = text.get(place.span.start..)?.lines().next()?;
        let (there, behind) = rest.split_at_checked(place.span.len())?;
        let word = behind.strip_prefix(':').unwrap_or(there);
        Some(word.trim_matches(|c: char| c.is_whitespace() || "\"'{},".contains(c)).to_owned())
    };
    match finding.code {
        Code::LiteralSecret => finding.places.iter().filter_map(value).collect(),
        _ => vec![],
    }
}

/// The spec's objects.
pub fn stack(loaded: &Loaded) -> Result<Stack, Failure> {
    lower(&loaded.spec, &environment).map_err(|unset| Failure::unset(loaded, &unset))
}

/// The zone of the spec's CDN.
fn zone(loaded: &Loaded) -> Option<String> {
    loaded.spec.cdn.as_ref().map(|cdn| cdn.zone.to_string())
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Opens the world, and makes sure that it is the one the spec is for.
pub async fn world(args: &CloudArgs, loaded: &Loaded) -> Result<World, Failure> {
    let region = loaded.spec.region.as_str();
    let policy = Policy::new(args.parallelism.into());
    let world = match &args.cloud {
        CloudChoice::Aws => World::Aws(Clients::connect(region, Cloudflare::from_env(zone(loaded)), policy).await),
        CloudChoice::Sandbox(file) => {
            let (scale, latency) = (Pace::DEMO.scale * args.sandbox_pace, Pace::DEMO.latency.mul_f64(args.sandbox_pace));
            let sandbox = Sandbox::open(file, region, Pace { scale, latency, ..Pace::DEMO }, policy)?;
            if let Some(n) = args.sandbox_fail {
                sandbox.fail(n, Fault::Refused);
            }
            World::Sandbox(sandbox)
        }
    };
    if let Some(account) = &loaded.spec.account {
        let live = world.read_only().identity().await?;
        if live.account != account.as_str() {
            return Err(Failure::account(loaded, account.as_str(), &live.account));
        }
    }
    Ok(world)
}

/// Where a plan is made: the account, the region, the zone.
pub async fn scene(world: ReadOnly<'_>, loaded: &Loaded) -> Result<Scene, Failure> {
    let about = async {
        match zone(loaded) {
            Some(zone) => world.about_zone(&zone).await.map(Some),
            None => Ok(None),
        }
    };
    let seen = async { tokio::try_join!(world.identity(), about) };
    let (who, zone) = seen.await.map_err(|e| Failure::looking(loaded, e))?;
    Ok(Scene { account: who.account, region: who.region, zone: zone.map(|z| Zone { name: z.name, id: z.id }) })
}

/// What is; and what the stack is wanted to have that only the world knows.
pub async fn look(world: ReadOnly<'_>, stack: &mut Stack, loaded: &Loaded) -> Result<Snapshot, Failure> {
    let seen = async { tokio::try_join!(observe(&world, &stack.name, &stack.renamed), complete(&world, &mut stack.nodes)) };
    seen.await.map(|(snapshot, ())| snapshot).map_err(|e| Failure::looking(loaded, e))
}

/// Says which of the zone's limits the stack will meet; Cloudflare decides.
pub async fn gates(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let Some(zone) = &stack.zone else { return Ok(()) };
    let about = world.about_zone(zone).await.map_err(|e| Failure::looking(loaded, e))?;
    let found = super::gates::exceeded(&about.plan, stack, snapshot);
    printer.findings(&found.into_iter().map(|gate| gate.finding(loaded, stack)).collect::<Vec<_>>());
    Ok(())
}

/// What was chosen on the command line.
pub struct Choice {
    pub selection: Selection,
    pub allowed: Allowed,
}

impl From<&SelectArgs> for Choice {
    fn from(args: &SelectArgs) -> Self {
        Choice { selection: args.selection(), allowed: args.allowed() }
    }
}

/// Wants as it stands what is not selected. Gives what is, when something was selected at all.
pub fn narrow(
    stack: &mut Stack,
    snapshot: &mut Snapshot,
    selection: &Selection,
    printer: &Printer,
) -> Result<Option<BTreeSet<Address>>, Failure> {
    if *selection == Selection::default() {
        return Ok(None);
    }
    let chosen = select(stack, snapshot, selection).map_err(Failure::unselectable)?;
    printer.say(&format!("Selected, with what belongs to it ({}):", chosen.len()));
    chosen.iter().for_each(|a| printer.say(&format!("  {a}")));
    Ok(Some(chosen))
}

/// What is to be done. Stack and snapshot become what the plan is made from.
pub fn decide(stack: &mut Stack, snapshot: &mut Snapshot, choice: &Choice, loaded: &Loaded, printer: &Printer) -> Result<Plan, Failure> {
    narrow(stack, snapshot, &choice.selection, printer)?;
    plan(stack, snapshot, &choice.allowed).map_err(|problems| Failure::plan(loaded, stack, &problems))
}

/// A plan with all that it was made from, as it may be shown and kept.
pub fn saved(
    (stack, mut read, plan): (Stack, Snapshot, Plan),
    scene: Scene,
    choice: &Choice,
    loaded: &Loaded,
    command: &str,
    redactor: &Redactor,
) -> Saved {
    read.foreign.retain(|l| plan.adopted.iter().any(|a| a.id == l.id));
    let saved = Saved {
        created: Moment::now(),
        command: command.into(),
        scene,
        layers: loaded.layers.clone(),
        spec: loaded.written(),
        selection: choice.selection.clone(),
        allowed: choice.allowed.clone(),
        stack,
        read,
        plan,
    };
    saved.redacted(redactor)
}

/// How the lease is kept.
pub fn terms(args: &CloudArgs) -> Terms {
    match args.cloud {
        CloudChoice::Aws => Terms::CLOUD,
        CloudChoice::Sandbox(_) => Terms::SANDBOX,
    }
}

/// How long "nothing there" must stay true: on AWS reads lag behind writes.
pub fn quiet(args: &CloudArgs) -> Duration {
    args.quiet_period.unwrap_or(match args.cloud {
        CloudChoice::Aws => Duration::from_secs(30),
        CloudChoice::Sandbox(_) => Duration::from_millis(200),
    })
}
