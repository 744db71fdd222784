//! `infra apply`, and the run that destroy shares.
use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::args::{CloudArgs, SelectArgs, SpecArgs};
use super::failure::Failure;
use super::flow;
use super::printer::{Printer, talk};
use crate::cloud::World;
use crate::diag::Exit;
use crate::plan::Plan;
use crate::render::progress::{Progress, Screen};
use crate::render::text::Detail;
use crate::render::{json as document, report, text};
use crate::run::drive::{Settings, Sink, drive};
use crate::run::{Event, Outcome, Run};

/// Shows the plan, asks, and makes the live environment what the spec says. Any failure takes everything back.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  infra apply --file infra.yaml\n  infra apply --cloud sandbox --auto-approve\n\nExit codes: 0 applied, 1 error before any effect, 3 failed and rolled back, 4 stuck, 5 applied with leftovers, 130 interrupted."
)]
pub struct Apply {
    #[command(flatten)]
    spec: SpecArgs,
    #[command(flatten)]
    cloud: CloudArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    how: RunArgs,
}

/// How a run is approved and told.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// Don't ask; needed where there is no terminal
    #[arg(long, env = "INFRA_AUTO_APPROVE")]
    auto_approve: bool,
    /// Print one JSON object a line: the plan, every event, the outcome
    #[arg(long, env = "INFRA_JSON")]
    json: bool,
    /// Also show every attribute of what is created, and every undo
    #[arg(short, long, env = "INFRA_VERBOSE")]
    verbose: bool,
}

impl Apply {
    pub async fn run(self, printer: &Printer) -> Result<Exit, Failure> {
        let loaded = flow::read(&self.spec, printer)?;
        let stack = flow::stack(&loaded)?;
        let world = flow::world(&self.cloud, &loaded).await?;
        let snapshot = flow::look(world.read_only(), &stack).await?;
        let plan = flow::decide(stack.clone(), snapshot, &self.select, &loaded, printer)?;
        let exit = carry_out(&plan, &world, &self.cloud, &self.how, printer, "apply").await?;
        if exit == Exit::Done && !self.how.json && !stack.outputs.is_empty() {
            let snapshot = flow::look(world.read_only(), &stack).await?;
            printer.result(&super::output::lines(&stack, &snapshot));
        }
        Ok(exit)
    }
}

/// Shows a plan, asks, runs it, and says how it ended.
pub async fn carry_out(
    plan: &Plan,
    world: &World,
    cloud: &CloudArgs,
    how: &RunArgs,
    printer: &Printer,
    verb: &str,
) -> Result<Exit, Failure> {
    let detail = Detail { style: printer.style, verbose: how.verbose };
    if how.json {
        let version = json!({ "type": "version", "infra": env!("CARGO_PKG_VERSION"), "format_version": 1 });
        let planned = json!({ "type": "plan", "plan": document::plan(plan) });
        printer.result(&format!("{version}\n{planned}\n"));
    } else {
        printer.result(&text::plan(plan, detail));
    }
    if plan.is_empty() {
        return Ok(Exit::Done);
    }
    if !how.auto_approve {
        if !printer.interactive {
            return Err(Failure::unattended(verb));
        }
        if printer.ask(&format!("\nGo on with {verb}? Only `yes` does: ")) != "yes" {
            printer.say("Nothing was changed.");
            return Ok(Exit::Error);
        }
    }
    let settings = Settings { run: run_id(), parallelism: cloud.parallelism.into(), quiet: flow::quiet(cloud) };
    let screen = match (how.json, printer.interactive) {
        (true, _) => Screen::Silent,
        (false, true) => Progress::terminal(),
        (false, false) => Screen::Lines(Box::new(say)),
    };
    let started = Instant::now();
    let watch = Watch { events: vec![], progress: Progress::new(screen, plan), json: how.json.then_some(printer) };
    let watch = RefCell::new(watch);
    let mut signals = Signals::new()?;
    let mut run = Run::new(plan);
    let (mut sink, mut interrupt) = (Shared(&watch), async || signals.next().await);
    let driven = drive(&mut run, &settings, world, &mut sink, &[], &mut interrupt);
    let mut driven = std::pin::pin!(driven);
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    let outcome = loop {
        tokio::select! {
            outcome = &mut driven => break outcome?,
            _ = clock.tick() => watch.borrow_mut().progress.tick(&world.policy().waits()),
        }
    };
    let mut watch = watch.borrow_mut();
    watch.progress.finish();
    let elapsed = started.elapsed().as_secs();
    if how.json {
        printer.result(&format!("{}\n", document::outcome(&outcome, elapsed)));
    } else {
        printer.result(&format!("\n{}", report::outcome(plan, &watch.events, &outcome, elapsed, detail)));
    }
    let interrupted = watch.events.contains(&Event::Interrupted);
    Ok(match outcome {
        Outcome::Applied => Exit::Done,
        Outcome::Leftovers(_) => Exit::Leftovers,
        Outcome::RolledBack(_) if interrupted => Exit::Interrupted,
        Outcome::RolledBack(_) => Exit::RolledBack,
        Outcome::Stuck(_) => Exit::Stuck,
    })
}

fn say(line: &str) {
    talk(&format!("{line}\n"));
}

/// Twelve hex digits: when, to the second, and something random.
fn run_id() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("{:08x}{:04x}", now as u32, fastrand::u16(..))
}

/// Everything that is told of a run while it runs.
struct Watch<'p> {
    events: Vec<Event>,
    progress: Progress,
    json: Option<&'p Printer>,
}

/// The driver tells, the clock ticks; both on one thread.
struct Shared<'a, 'p>(&'a RefCell<Watch<'p>>);

impl Sink for Shared<'_, '_> {
    fn event(&mut self, plan: &Plan, event: &Event) -> io::Result<()> {
        let mut watch = self.0.borrow_mut();
        watch.events.push(event.clone());
        if let Some(printer) = watch.json {
            printer.result(&format!("{}\n", document::event(plan, event)));
        }
        watch.progress.event(plan, event)
    }
}

/// SIGINT and SIGTERM. The first turns the run round; another one is for impatience, and the process ends at once.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    seen: u32,
}

impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, seen: 0 })
    }

    async fn next(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
            self.seen += 1;
            match self.seen {
                1 => return,
                2 => say("The rollback is running; a third signal ends the process at once and leaves things as they stand."),
                _ => std::process::exit(130),
            }
        }
    }
}
