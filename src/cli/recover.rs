//! `infra recover`.
use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::args::{CloudArgs, RunArgs, SpecArgs};
use super::complete;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use super::runner::RunContext;
use crate::cloud::lease::{Keeper, Lease, newest};
use crate::cloud::{Backend, Observe};
use crate::diag::Exit;
use crate::plan::saved::attributes as hide;
use crate::render::{history, words};
use crate::run::journal::{Damaged, Ending, Header, Journal, RecordedRun, list};
use crate::run::left::left_to_do;
use crate::run::recover::{look_back, secrets, unseal, wait};
use crate::run::{Direction, Event, Run, intent};
use crate::stack::Stack;
use crate::wire::{Class, Identity};

/// Brings a run that was killed, cut off or stopped to its end: back to what was, unless all that was to be built is; then what is left to be deleted is.
/// Works from any machine, with the journal of the run or without it.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra recover --dry-run\n  infra recover --auto-approve\n\nExit codes: 0 brought to its end (or nothing to recover), 1 error before any effect, 4 stuck, 5 applied with leftovers, 6 another run holds the lease, 130 interrupted."
)]
pub struct Recover {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    how: RunArgs,
    /// Show what would be done; changes nothing
    #[arg(long, env = "INFRA_DRY_RUN")]
    dry_run: bool,
    /// Go on with what was to be built, rather than back
    #[arg(long, env = "INFRA_FORWARD", conflicts_with_all = ["back", "abandon"])]
    forward: bool,
    /// Take back what was done (what happens anyway, as long as it can)
    #[arg(long, env = "INFRA_BACK", conflicts_with = "abandon")]
    back: bool,
    /// Leave everything as it stands, and forget the run
    #[arg(long, env = "INFRA_ABANDON")]
    abandon: bool,
    /// The run, when only its journal still knows of it
    #[arg(long, value_name = "RUN", env = "INFRA_RUN", add = complete::runs())]
    run: Option<String>,
}

/// A run to go on with.
struct Known {
    header: Header,
    events: Vec<Event>,
    /// Its journal, when that tells everything.
    journal: Option<PathBuf>,
    life: u32,
    /// Whether its notes bear the stack's seal: then who began it may change the stack.
    proved: bool,
}

/// The direction that was asked for; `None` for the one that is open.
type Asked = Option<Direction>;

impl Recover {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        if self.how.json {
            printer.stream();
        }
        let loaded = flow::read(&self.spec, printer)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let context = RunContext { world: &world, cloud: &self.cloud, how: &self.how, printer, publisher: None };
        let stack = loaded.spec.stack.to_string();
        let asked = self.forward.then_some(Direction::Forward).or(self.back.then_some(Direction::Unwinding));
        if self.dry_run {
            let notes = world.read_only().notes(&stack).await?;
            let last = newest(&stack, &notes).and_then(|(_, lease)| lease);
            let Some(known) = Box::pin(find_run(&context, &stack, self.run.as_deref(), last.as_ref())).await? else {
                return Ok(nothing_to_recover(printer));
            };
            let stack = if self.forward { Some(flow::stack(&loaded)?) } else { None };
            let (run, way) = decide(&known, asked, stack.as_ref())?;
            show(&context, &known, &run, way);
            return Ok(Exit::Done);
        }
        let keeper = context.lease(&stack, "recover").await?;
        if self.abandon {
            return abandon(&context, keeper, &stack).await;
        }
        let wanted = || if self.forward { flow::stack(&loaded).map(Some) } else { Ok(None) };
        Box::pin(resume(&context, keeper, &stack, self.run.as_deref(), asked, wanted, true)).await
    }
}

/// Rolls an unfinished run back before another begins, and releases the lease.
pub async fn take_back<'w>(context: &RunContext<'w>, keeper: Keeper<'w, Backend>, stack: &str) -> Result<Exit, Failure> {
    Box::pin(resume(context, keeper, stack, None, None, || Ok(None), false)).await
}

/// Brings a run that stopped to its end: finds it, shows what is left to do, asks, and drives it on. The lease is released.
async fn resume<'w>(
    context: &RunContext<'w>,
    mut keeper: Keeper<'w, Backend>,
    stack: &str,
    named: Option<&str>,
    asked: Asked,
    wanted: impl FnOnce() -> Result<Option<Stack>, Failure>,
    ask: bool,
) -> Result<Exit, Failure> {
    let (mut declined, before) = (false, keeper.before.clone());
    let prepared = async {
        let known = Box::pin(find_run(context, stack, named, before.as_ref())).await?;
        close_ended_elsewhere(context, stack, known.as_ref().map(|k| k.header.run.as_str()), before.as_ref()).await?;
        let Some(mut known) = known else { return Ok(None) };
        let wanted = wanted()?;
        if let Some(stack) = &wanted {
            unseal(&mut known.header.plan, stack);
        }
        let (run, way) = decide(&known, asked, wanted.as_ref())?;
        show(context, &known, &run, way);
        // Nobody's word stands behind such a run but that of the person who looks at it now.
        if !known.proved && (context.how.auto_approve || !context.printer.interactive) {
            return Err(Failure::unproved(&known.header.run));
        }
        if (ask || !known.proved) && !context.confirm("Go on with recover?").await? {
            declined = true;
            return Ok(None);
        }
        let journal = match &known.journal {
            Some(path) => Journal::open(path)?.0,
            None => {
                let mut journal = Journal::create(&context.how.journal, &known.header)?;
                known.events.iter().try_for_each(|e| crate::run::drive::Sink::event(&mut journal, &known.header.plan, e))?;
                journal
            }
        };
        intent::write(context.world, &known.header, known.life + 1).await?;
        Ok(Some((known, journal, way)))
    };
    let prepared = match keeper.during(Box::pin(prepared)).await {
        Ok(Some(ready)) => {
            let begun = keeper.begin(&ready.0.header.run, ready.0.header.plan.steps.len()).await;
            begun.map(|()| Some(ready)).map_err(Failure::from)
        }
        other => other,
    };
    match prepared {
        Ok(Some((known, journal, way))) => {
            let exit = Box::pin(context.drive_to_end(keeper, journal, &known.header, known.events, Some(way))).await?;
            Ok(if exit == Exit::RolledBack { Exit::Done } else { exit })
        }
        Ok(None) => {
            let exit = if declined { Exit::Error } else { nothing_to_recover(context.printer) };
            context.release(keeper, "nothing done", 0).await;
            Ok(exit)
        }
        Err(failure) => {
            context.release(keeper, "nothing done", 0).await;
            Err(failure)
        }
    }
}

/// Shows what going on with a run does, object by object.
fn show(context: &RunContext<'_>, known: &Known, run: &Run<'_>, way: Direction) {
    let mut left = left_to_do(run, way);
    left.iter_mut().for_each(|change| hide(&mut change.attrs, &context.printer.redactor()));
    context.print(&history::recovery(&known.header, run, way, &left, context.detail()));
}

fn nothing_to_recover(printer: &Printer) -> Exit {
    printer.say("Nothing to recover.");
    Exit::Done
}

/// Decides in which direction the run goes on; refused when the one that was asked for is no longer open.
fn decide<'k>(known: &'k Known, asked: Asked, wanted: Option<&Stack>) -> Result<(Run<'k>, Direction), Failure> {
    let damaged = |e: crate::run::Illegal| Failure::recovery(e.0, "`infra recover --abandon` leaves everything as it stands");
    let run = Run::replay(&known.header.plan, &known.events).map_err(damaged)?;
    match asked {
        Some(Direction::Forward) if run.direction == Direction::Unwinding => {
            Err(Failure::recovery("the run was already being taken back", "recover without --forward, then apply again"))
        }
        Some(Direction::Unwinding) if run.built() => {
            let help = "recover without --back: it deletes what is left to be deleted; then apply the spec that you want";
            Err(Failure::recovery("everything that was to be built is built, and there is nothing to go back to", help))
        }
        Some(Direction::Forward) if secrets(&run, wanted) => {
            let help = "recover with the spec of that run and its environment variables set, or go back";
            Err(Failure::recovery("the run needs secrets that no journal keeps", help))
        }
        asked => {
            let way = asked.unwrap_or(run.way());
            Ok((run, way))
        }
    }
}

/// Finds the run to go on with: by the stack's notes, or by a journal alone. `last` is the lease before ours.
async fn find_run(context: &RunContext<'_>, stack: &str, named: Option<&str>, last: Option<&Lease>) -> Result<Option<Known>, Failure> {
    let notes = context.world.read_only().notes(stack).await?;
    let who = context.world.read_only().identity().await?;
    let mut recorded_runs: Vec<(PathBuf, RecordedRun)> = list(&context.how.journal, Some(stack))?
        .into_iter()
        .filter_map(|(path, s)| Some((path, s.ok()?)))
        .filter(|(_, s)| is_open_here(s, &who))
        .collect();
    let noted = |e: Damaged| Failure::damaged("what the cloud noted of the run", &e);
    let Some(intent) = intent::read(stack, &notes).map_err(noted)? else {
        // Only the journal knows of the run. Another machine may have ended it, and others may have followed.
        if let (None, Some((_, recorded)), true) = (named, recorded_runs.last(), last.is_none_or(|l| l.run.is_none())) {
            let run = &recorded.header.run;
            context.printer.say(&format!("The journal here of run {run} is not over, but the cloud knows nothing of it. If nobody has ended it elsewhere: infra recover --run {run}"));
        }
        recorded_runs.retain(|(_, s)| named.map_or(last.is_some_and(|l| l.run.as_ref() == Some(&s.header.run)), |run| s.header.run == run));
        return Ok(recorded_runs.pop().map(|(path, recorded)| from_journal(path, recorded, false)));
    };
    let proved = match intent.proved(context.world, stack, &who).await {
        // Who may only look can't see the key.
        Err(e) if e.class == Class::Denied => false,
        proved => proved?,
    };
    let here = recorded_runs.into_iter().rev().find(|(_, s)| s.header.run == intent.run && s.lives() == intent.life);
    let mut header = match (intent::header(stack, &notes, &intent), here) {
        (Ok(header), Some((path, recorded))) if recorded.header.plan == header.plan => {
            return Ok(Some(from_journal(path, recorded, proved)));
        }
        (Ok(header), None) => header,
        (Ok(header), Some((path, _))) => {
            let run = &intent.run;
            context.printer.say(&format!("{} tells another plan of run {run} than the cloud's notes, which count.", path.display()));
            header
        }
        (Err(_), Some((path, recorded))) => return Ok(Some(from_journal(path, recorded, false))),
        (Err(e), None) => return Err(noted(e)),
    };
    if (&header.account, &header.region) != (&who.account, &who.region) || header.stack != stack || header.run != intent.run {
        let why = format!("they are of stack {}, account {}, region {}", header.stack, header.account, header.region);
        return Err(noted(Damaged { line: 0, why }));
    }
    header.life = intent.life;
    wait(flow::quiet(context.cloud)).await;
    let events = look_back(&header.plan, &header.run, context.world).await?;
    Ok(Some(Known { header, events, journal: None, life: intent.life, proved }))
}

/// Whether a journal is of this account and region and records no end.
fn is_open_here(recorded: &RecordedRun, who: &Identity) -> bool {
    recorded.header.account == who.account && recorded.header.region == who.region && recorded.ended().is_none()
}

/// A run whose journal records everything.
fn from_journal(path: PathBuf, recorded: RecordedRun, proved: bool) -> Known {
    let (events, life) = (recorded.events().cloned().collect(), recorded.lives());
    Known { header: recorded.header, events, journal: Some(path), life, proved }
}

/// Closes the journals of runs that others have brought to their end: the cloud's last lease is of another one.
async fn close_ended_elsewhere(context: &RunContext<'_>, stack: &str, open: Option<&str>, last: Option<&Lease>) -> Result<(), Failure> {
    let Some(run) = last.and_then(|l| l.run.as_deref()) else { return Ok(()) };
    let who = context.world.read_only().identity().await?;
    let over = |s: &RecordedRun| is_open_here(s, &who) && s.header.run != run && open != Some(&s.header.run);
    for (path, recorded) in list(&context.how.journal, Some(stack))? {
        if recorded.is_ok_and(|s| over(&s)) {
            Journal::open(&path)?.0.end(Ending::Elsewhere)?;
        }
    }
    Ok(())
}

/// Closes every unfinished run of the stack without undoing anything. The stack's history tells of each whose plan can be read.
async fn abandon<'w>(context: &RunContext<'w>, mut keeper: Keeper<'w, Backend>, stack: &str) -> Result<Exit, Failure> {
    let abandoned = async {
        if !context.confirm("Abandon it?").await? {
            return Ok(None);
        }
        let (notes, who) = (context.world.read_only().notes(stack).await?, context.world.read_only().identity().await?);
        let noted = intent::read(stack, &notes).ok().flatten().and_then(|intent| intent::header(stack, &notes, &intent).ok());
        let mut runs: BTreeMap<String, Header> = noted.into_iter().map(|header| (header.run.clone(), header)).collect();
        intent::clear_all(context.world, stack).await?;
        for (path, recorded) in list(&context.how.journal, Some(stack))? {
            let Some(recorded) = recorded.ok().filter(|s| s.ended().is_none()) else { continue };
            Journal::open(&path)?.0.end(Ending::Abandoned)?;
            if is_open_here(&recorded, &who) {
                runs.entry(recorded.header.run.clone()).or_insert(recorded.header);
            }
        }
        context.printer.say("Everything was left as it stands. `infra plan` shows what is left to do.");
        Ok(Some(runs))
    };
    let (exit, runs) = match keeper.during(Box::pin(abandoned)).await {
        Ok(Some(runs)) => (Ok(Exit::Done), runs),
        Ok(None) => (Ok(Exit::Error), BTreeMap::new()),
        Err(failure) => (Err(failure), BTreeMap::new()),
    };
    for header in runs.values() {
        context.record(&keeper, header, words::ending(Ending::Abandoned), 0).await;
    }
    context.release(keeper, "abandoned", 0).await;
    exit
}
