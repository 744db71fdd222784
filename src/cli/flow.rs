//! The flow that plan, apply, destroy and output share: spec to stack, world to snapshot, both to a plan.
use std::path::PathBuf;
use std::time::Duration;

use super::args::{CloudArgs, CloudChoice, SelectArgs, SpecArgs};
use super::failure::Failure;
use super::printer::Printer;
use crate::cloud::lease::Terms;
use crate::cloud::policy::Policy;
use crate::cloud::sandbox::{Fault, Pace};
use crate::cloud::{Clients, Cloudflare, Observe, ReadOnly, Sandbox, World};
use crate::observe::{Snapshot, complete, observe};
use crate::plan::{Plan, Stack, plan, select};
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
    let loaded = load(&layers, &environment)?;
    printer.findings(&loaded.warnings);
    Ok(loaded)
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
            let sandbox = Sandbox::open(file, region, Pace::DEMO, policy)?;
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

/// What is; and what the stack is wanted to have that only the world knows.
pub async fn look(world: ReadOnly<'_>, stack: &mut Stack, loaded: &Loaded) -> Result<Snapshot, Failure> {
    let seen = async { tokio::try_join!(observe(&world, &stack.name, &stack.renamed), complete(&world, &mut stack.nodes)) };
    seen.await.map(|(snapshot, ())| snapshot).map_err(|e| Failure::looking(loaded, e))
}

/// Says which of the zone's limits the stack will meet; Cloudflare decides.
pub async fn gates(world: ReadOnly<'_>, stack: &Stack, snapshot: &Snapshot, loaded: &Loaded, printer: &Printer) -> Result<(), Failure> {
    let Some(zone) = &stack.zone else { return Ok(()) };
    let plan = world.zone_plan(zone).await.map_err(|e| Failure::looking(loaded, e))?;
    let found = super::gates::exceeded(&plan, stack, snapshot);
    printer.findings(&found.into_iter().map(|gate| gate.finding(loaded, stack)).collect::<Vec<_>>());
    Ok(())
}

/// What is to be done.
pub fn decide(mut stack: Stack, mut snapshot: Snapshot, args: &SelectArgs, loaded: &Loaded, printer: &Printer) -> Result<Plan, Failure> {
    let selection = args.selection();
    if selection != Default::default() {
        let chosen = select(&mut stack, &mut snapshot, &selection).map_err(Failure::unselectable)?;
        printer.say(&format!("Selected, with what belongs to it ({}):", chosen.len()));
        chosen.iter().for_each(|a| printer.say(&format!("  {a}")));
    }
    plan(&stack, &snapshot, &args.allowed()).map_err(|problems| Failure::plan(loaded, &stack, &problems))
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
