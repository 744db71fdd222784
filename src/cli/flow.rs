//! The flow that plan, apply, destroy and output share: spec to stack, world to snapshot, both to a plan.
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::{CloudArgs, CloudChoice, SelectArgs, SpecArgs};
use super::claim::{self, Seen};
use super::failure::Failure;
use super::printer::Printer;
use crate::cloud::lease::Terms;
use crate::cloud::sandbox::{Fault, METRIC, Pace};
use crate::cloud::{Backend, Observe, ReadOnly, Sandbox};
use crate::diag::{Code, Finding, Place};
use crate::kinds::health::{MEASURED, WORDS};
use crate::kinds::{Address, Kind, Member, MetricAlarm, Object, gate};
use crate::model::{AttrChange, Moment};
use crate::observe::{Snapshot, complete, observe};
use crate::plan::saved::{CloudProvider, Saved, Scene, SceneZone};
use crate::plan::{Allowed, Plan, Selection, names, plan, select};
use crate::redact::{Redactor, SHORTEST};
use crate::run::identity;
use crate::spec::lower::lower;
use crate::spec::monitoring::{Rule, watches};
use crate::spec::units::Name;
use crate::spec::{Loaded, Spec, folder, load, load_in};
use crate::stack::Stack;
use crate::wire::kubernetes::token::Token;
use crate::wire::policy::Policy;
use crate::wire::{Clients, CloudError, Cloudflare};

/// Reads the spec's files as [`read`] does, for a command that is about what it asks for: writes which risks it takes.
pub fn judge(args: &SpecArgs, printer: &Printer) -> Result<Loaded, Failure> {
    read(args, printer).inspect(|loaded| warn(loaded, printer))
}

/// Writes the risks that a spec takes, and those that it accepts to those who want to know more.
pub fn warn(loaded: &Loaded, printer: &Printer) {
    printer.findings(&loaded.warnings);
    printer.details(&loaded.accepted);
}

/// Reads the spec's files, and parses them. Files that can't be read are reported together.
pub fn read(args: &SpecArgs, printer: &Printer) -> Result<Loaded, Failure> {
    parse(&texts(&args.files())?, printer)
}

/// The texts of the spec's layers, each with its name.
pub fn texts(files: &[PathBuf]) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut layers = vec![];
    let mut missing = vec![];
    for file in files {
        let (name, text) = match file.as_os_str() == "-" {
            true => ("standard input".into(), std::io::read_to_string(std::io::stdin())),
            false => (file.clone(), std::fs::read_to_string(file)),
        };
        match text {
            Ok(text) => layers.push((name, text)),
            Err(e) => missing.push(super::failure::unreadable(file, &e)),
        }
    }
    if missing.is_empty() { Ok(layers) } else { Err(missing.into()) }
}

/// The merged spec of layers, as a saved plan keeps it; nothing when they are none.
pub fn written(layers: &[(PathBuf, String)]) -> Option<String> {
    load(layers, &environment).ok().map(|loaded| loaded.written())
}

/// Parses and checks the layers of a spec, and hides its secrets from then on.
pub fn parse(layers: &[(PathBuf, String)], printer: &Printer) -> Result<Loaded, Failure> {
    parse_in(folder(layers.first().map(|(name, _)| name.as_path())), layers, printer)
}

/// As [`parse`], with the folder that paths of code begin in.
pub fn parse_in(folder: &Path, layers: &[(PathBuf, String)], printer: &Printer) -> Result<Loaded, Failure> {
    let loaded = load_in(folder, layers, &environment).inspect_err(|findings| printer.hide(findings.0.iter().flat_map(literals)))?;
    printer.hide(loaded.secrets.iter().filter_map(|name| environment(name)));
    for name in loaded.secrets.iter().filter(|name| environment(name).is_some_and(|value| value.trim().len() < SHORTEST)) {
        printer.say(&format!("`{name}` has fewer than {SHORTEST} characters: where a service repeats such a value, it can't be told from other text and hidden."));
    }
    Ok(loaded)
}

/// The secrets that a finding of a literal secret points at: the value at its place, or behind the key there. The finding must not repeat it.
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

/// Lowers a spec to the objects that it asks for; refused when an environment variable of it is not set.
pub fn stack(loaded: &Loaded) -> Result<Stack, Failure> {
    lower(&loaded.spec, &held).map_err(|unset| Failure::unset(loaded, &unset))
}

/// The Cloudflare zone of the spec, if it has a `cdn`.
fn zone(loaded: &Loaded) -> Option<String> {
    loaded.spec.cdn.as_ref().map(|cdn| cdn.zone.to_string())
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A variable with a secret in it: an empty one holds none.
fn held(name: &str) -> Option<String> {
    environment(name).filter(|value| !value.is_empty())
}

/// Connects to the cloud or opens the sandbox; refused when `account:` pins another account than the credentials have.
pub async fn world(args: &CloudArgs, loaded: &Loaded) -> Result<Backend, Failure> {
    let region = loaded.spec.region.as_str();
    let policy = Policy::new(args.parallelism.into());
    let world = match &args.cloud {
        CloudChoice::Aws => Backend::Aws(Clients::connect(region, Cloudflare::from_env(zone(loaded)), policy).await),
        CloudChoice::Sandbox(file) => {
            let (scale, latency) = (Pace::DEMO.scale * args.sandbox_pace, Pace::DEMO.latency.mul_f64(args.sandbox_pace));
            let sandbox = Sandbox::open(file, region, Pace { scale, latency, ..Pace::DEMO }, policy)?;
            if let Some(n) = args.sandbox_fail {
                sandbox.fail(n, Fault::Refused);
            }
            Backend::Sandbox(sandbox)
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

/// A token for a cluster of a region, made with the credentials in use.
pub async fn token(region: &str, cluster: &str) -> Result<Token, CloudError> {
    Clients::connect(region, Cloudflare::from_env(None), Policy::new(1)).await.cluster_token(cluster).await
}

/// Lets what the command line says be so in the sandbox: `compute.app.targets=1`; a metric, `compute.app.cpu=95`; or what a rule counts, `logs.mistakes=20`.
pub fn bend(world: &Backend, loaded: &Loaded, stack: &Stack, wanted: &[String]) -> Result<(), Failure> {
    let mut wrong = vec![];
    for text in wanted {
        let told = text.split_once('=').and_then(|(path, value)| Some((path.rsplit_once('.')?, value)));
        let (Backend::Sandbox(sandbox), Some(((what, word), value))) = (world, told) else {
            wrong.push(text.clone());
            continue;
        };
        let of = |origin: &str| origin.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let fares = |kind: Kind| WORDS.contains(&word) || MEASURED.contains(&(kind, word));
        let faring = |(address, origin): &(&Address, &String)| fares(address.kind) && (of(origin) || address.to_string() == what);
        let mut bends: Vec<(&Address, &str, String)> =
            stack.origins.iter().filter(faring).map(|(address, _)| (address, word, value.to_owned())).collect();
        // What a gate sees is bent at the new instances.
        let counted = !gate::COUNTED.contains(&word) || value.trim_end_matches('%').parse::<f64>().is_ok();
        let rolling = stack.rollouts.iter().filter(|rollout| rollout.entry == what && gate::WORDS.contains(&word) && counted);
        bends.extend(rolling.map(|rollout| (&rollout.target_group, word, value.to_owned())));
        if let (Some((same, scale)), Ok(number)) = (watches(&loaded.spec, what, word), value.trim_end_matches('%').parse::<f64>()) {
            let looks = |(_, object): &(&Address, &Object)| MetricAlarm::of(object).is_some_and(&same);
            let alarms = stack.nodes.iter().filter(looks);
            bends.extend(alarms.map(|(address, _)| (address, METRIC, (number * scale).to_string())));
        }
        // What a rule of one's own counts, by its name: on logs also by whose they are.
        let ruled = |(name, rule): &(&Name, &Rule)| {
            let whose = what.split_once('.').map_or(what, |(_, entry)| entry);
            name.as_str() == word && (matches!(what, "logs" | "rule") || rule.logs.as_ref().is_some_and(|logs| logs.as_str() == whose))
        };
        let rules = loaded.spec.monitoring.iter().flat_map(|monitoring| &monitoring.alerting.rules);
        if let (Some((name, _)), Ok(number)) = (rules.into_iter().find(ruled), value.parse::<f64>()) {
            let alarm = |a: &Address| a.kind == Kind::MetricAlarm && a.name == format!("rule.{name}");
            let judges = stack.nodes.keys().find(|a| alarm(a) || (what, a.kind) == ("rule", Kind::MetricsWorkspace));
            bends.extend(judges.map(|a| (a, if alarm(a) { METRIC } else { &text[..what.len() + 1 + word.len()] }, number.to_string())));
        }
        if bends.is_empty() {
            wrong.push(text.clone());
        }
        bends.iter().for_each(|(address, word, value)| sandbox.bend((*address).clone(), word, value));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::unbendable(&wrong)) }
}

/// Reads where a plan is made: the account, the region, the zone.
pub async fn scene(world: ReadOnly<'_>, loaded: &Loaded) -> Result<Scene, Failure> {
    let about = async {
        match zone(loaded) {
            Some(zone) => world.about_zone(&zone).await.map(Some),
            None => Ok(None),
        }
    };
    let seen = async { tokio::try_join!(world.identity(), about) };
    let (who, zone) = seen.await.map_err(|e| Failure::looking(loaded, e))?;
    let provider = if world.is_sandbox() { CloudProvider::Sandbox } else { CloudProvider::Aws };
    Ok(Scene { provider, account: who.account, region: who.region, zone: zone.map(|z| SceneZone { name: z.name, id: z.id }) })
}

/// Reads the live objects of the stack and its notes, and completes the wanted ones with what only the cloud knows.
pub async fn look(world: ReadOnly<'_>, stack: &mut Stack, loaded: &Loaded) -> Result<Seen, Failure> {
    let name = stack.name.clone();
    let seen = async { tokio::try_join!(observe(&world, &name, &stack.renamed), complete(&world, &mut stack.nodes)) };
    let (seen, notes) = tokio::join!(seen, world.notes(&name));
    let (mut snapshot, ()) = seen.map_err(|e| Failure::looking(loaded, e))?;
    // Whoever may look need not be allowed to read the notes: then the stack's name alone tells what is its own.
    let notes = match notes {
        Ok(notes) => {
            let known = identity::read(&name, &notes).map_err(|e| Failure::unread_identity(&name, &e))?;
            snapshot = snapshot.identified(known.as_ref().map(|k| k.identity.as_str()));
            notes
        }
        Err(_) => BTreeMap::new(),
    };
    if let Some(vpc) = loaded.spec.vpc.settled(&snapshot).filter(|_| !stack.nodes.is_empty()) {
        let spec = Spec { vpc, ..loaded.spec.clone() };
        *stack = lower(&spec, &held).map_err(|unset| Failure::unset(loaded, &unset))?;
        complete(&world, &mut stack.nodes).await.map_err(|e| Failure::looking(loaded, e))?;
    }
    Ok(Seen { snapshot, notes })
}

/// The selection and the permissions to lose data that the command line gives.
pub struct Choice {
    pub selection: Selection,
    pub allowed: Allowed,
}

impl From<&SelectArgs> for Choice {
    fn from(args: &SelectArgs) -> Self {
        Choice { selection: args.selection(), allowed: args.allowed() }
    }
}

/// Leaves everything that is not selected as it stands. Returns the selected addresses; `None` when the command line selects nothing.
pub fn narrow(
    stack: &mut Stack,
    snapshot: &mut Snapshot,
    selection: &Selection,
    printer: &Printer,
) -> Result<Option<BTreeSet<Address>>, Failure> {
    if *selection == Selection::default() {
        return Ok(None);
    }
    let chosen = select(stack, snapshot, selection).map_err(|words| Failure::unselectable(words, &names(stack)))?;
    printer.say(&format!("Selected, with what belongs to it ({}):", chosen.len()));
    chosen.iter().for_each(|a| printer.say(&format!("  {a}")));
    Ok(Some(chosen))
}

/// Plans the selected part of the stack. Stack and snapshot are narrowed to it, as a saved plan keeps them.
pub fn decide(stack: &mut Stack, snapshot: &mut Snapshot, choice: &Choice, loaded: &Loaded, printer: &Printer) -> Result<Plan, Failure> {
    printer.findings(&claim::left_alone(&stack.name, snapshot));
    narrow(stack, snapshot, &choice.selection, printer)?;
    let mut plan = plan(stack, snapshot, &choice.allowed).map_err(|problems| Failure::plan(loaded, stack, &problems))?;
    plan.changes.iter_mut().for_each(|c| locate(&mut c.attrs, loaded));
    Ok(plan)
}

/// Says of each changed attribute where the field that decides about it is written.
pub fn locate(attrs: &mut [AttrChange], loaded: &Loaded) {
    for field in attrs.iter_mut().filter_map(|a| a.field.as_mut()) {
        let steps: Vec<&str> = field.path.split('.').collect();
        if loaded.sources.find(&steps).is_some() {
            let place = loaded.sources.place(loaded.sources.key(&steps), "");
            let start = place.start();
            field.place = Some(format!("{}:{}:{}", place.source.name(), start.line, start.column));
        }
    }
}

/// A plan with everything that it was made from, redacted, as it may be shown and kept in a file.
pub fn saved(
    (stack, mut read, plan): (Stack, Snapshot, Plan),
    scene: Scene,
    choice: &Choice,
    loaded: &Loaded,
    command: &str,
    redactor: &Redactor,
) -> Saved {
    read.foreign.retain(|l| plan.adopted.iter().any(|a| a.id == l.id));
    // They have been named; no plan has anything to do with them.
    read.copies.clear();
    read.namesakes.clear();
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

/// How often the lease is renewed and when it expires.
pub fn terms(args: &CloudArgs) -> Terms {
    match args.cloud {
        CloudChoice::Aws => Terms::CLOUD,
        CloudChoice::Sandbox(_) => Terms::SANDBOX,
    }
}

/// What a gate counts as a minute.
pub fn minute(args: &CloudArgs) -> Duration {
    args.gate_minute.unwrap_or(match args.cloud {
        CloudChoice::Aws => Duration::from_secs(60),
        CloudChoice::Sandbox(_) => Duration::from_secs(60).mul_f64(Pace::DEMO.scale * args.sandbox_pace),
    })
}

/// The quiet period: how long "nothing there" must stay true before it is believed. On AWS reads lag behind writes.
pub fn quiet(args: &CloudArgs) -> Duration {
    args.quiet_period.unwrap_or(match args.cloud {
        CloudChoice::Aws => Duration::from_secs(30),
        CloudChoice::Sandbox(_) => Duration::from_millis(200),
    })
}
