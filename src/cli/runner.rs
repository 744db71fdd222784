//! Carries out a run: under the lease, with a journal and notes in the cloud, with progress on the screen, open to signals.
mod ending;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::SetOnce;

use super::args::{CloudArgs, RunArgs};
use super::comment_publisher::CommentPublisher;
use super::failure::Failure;
use super::flow;
use super::printer::Printer;
use super::signals::Signals;
use super::watch::{Shared, Watch};
use crate::cloud::lease::{Asks, Holder, Keeper, Lease, Waiting, take};
use crate::cloud::{Backend, Observe};
use crate::diag::Exit;
use crate::plan::Plan;
use crate::plan::saved::{Scene, shown};
use crate::render::json::SceneDocument;
use crate::render::progress::{Progress, Screen};
use crate::render::text::Detail;
use crate::render::{report, status, stream, text};
use crate::run::drive::{Settings, Sink, Stop, drive};
use crate::run::journal::{Header, Journal};
use crate::run::{Direction, Event, Outcome, Run, identity, intent};
use crate::stack::Layer;
use crate::wire::CloudError;

/// What every run needs: the cloud, the arguments, the printer, and the publisher of the comment.
pub struct RunContext<'w> {
    pub world: &'w Backend,
    pub cloud: &'w CloudArgs,
    pub how: &'w RunArgs,
    pub printer: &'w Printer,
    /// Publishes the stack's comment, for `--comment`.
    pub publisher: Option<&'w CommentPublisher<'w>>,
}

impl<'w> RunContext<'w> {
    /// How plans and outcomes are shown.
    pub fn detail(&self) -> Detail {
        Detail { style: self.printer.style, verbose: self.how.verbose }
    }

    /// Prints a plan, redacted.
    pub fn show_plan(&self, plan: &Plan, (scene, layers): (&Scene, &[Layer]), command: &str) {
        let plan = shown(plan, &self.printer.plans(self.how.show_env));
        match self.how.json {
            true => self.printer.document(&stream::plan(&plan, SceneDocument::of(scene, layers), command)),
            false => self.printer.result(&text::placed(&plan, scene, self.detail())),
        }
    }

    /// Prints a result that is neither a plan nor an event.
    pub fn print(&self, text: &str) {
        match self.how.json {
            true => self.printer.document(&stream::log(text)),
            false => self.printer.result(text),
        }
    }

    /// Asks a person whether to go on. Refused without a terminal, unless `--auto-approve` is given.
    pub async fn confirm(&self, question: &str) -> Result<bool, Failure> {
        if self.how.auto_approve {
            return Ok(true);
        }
        if !self.printer.interactive {
            return Err(Failure::unattended(self.printer.ci));
        }
        let yes = self.printer.ask_meanwhile(format!("\n{question} Only `yes` does: ")).await == "yes";
        if !yes {
            self.printer.say("Nothing was changed.");
        }
        Ok(yes)
    }

    /// Takes the stack's lease, and waits for it as long as `--lock-timeout` says; refused while another run holds it.
    pub async fn lease(&self, stack: &str, command: &str) -> Result<Keeper<'w, Backend>, Failure> {
        let tell = |lease: &Lease, why: Waiting| self.printer.say(&status::waiting(stack, lease, why));
        let (terms, timeout) = (flow::terms(self.cloud), self.how.lock_timeout);
        let asks = Asks { stack, command, holder: Holder::me(), terms, timeout, tell: &tell };
        take(self.world, self.world.policy(), asks).await?.map_err(|lease| Failure::leased(stack, &lease))
    }

    /// Begins the run of a plan: writes its journal and its notes, then drives it to its end.
    pub async fn begin(&self, mut keeper: Keeper<'w, Backend>, plan: Plan, command: &str, spec: &str) -> Result<Exit, Failure> {
        let holder = keeper.lease.holder.clone();
        let prepared = match keeper.during(Box::pin(self.prepare(holder, plan, command, spec))).await {
            Ok(ready) => keeper.begin(&ready.0.run, ready.0.plan.steps.len()).await.map(|()| ready).map_err(Failure::from),
            refused => refused,
        };
        match prepared {
            Ok((header, journal)) => Box::pin(self.drive_to_end(keeper, journal, &header, vec![], None)).await,
            Err(failure) => {
                self.release(keeper, "failed before any effect", 0).await;
                Err(failure)
            }
        }
    }

    /// Refuses a run whose time or credentials end before it usually does, its way back included.
    async fn outlast(&self, plan: &Plan) -> Result<(), Failure> {
        let needed = plan.expected * 2 + plan.waits();
        if let Some(limit) = self.how.time_limit.filter(|limit| *limit < needed) {
            return Err(Failure::too_long(limit, needed));
        }
        match self.world.credentials_end().await.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default()) {
            Some(left) if left < needed && !self.how.ignore_expiry => Err(Failure::ending(left, needed)),
            _ => Ok(()),
        }
    }

    async fn prepare(&self, holder: Holder, mut plan: Plan, command: &str, spec: &str) -> Result<(Header, Journal), Failure> {
        self.outlast(&plan).await?;
        let who = self.world.identity().await?;
        plan.identity = identity::settle(self.world, &plan.stack, &who, &plan.identity, self.how.take_over.as_deref()).await?;
        let header = Header::begun(run_id(), plan, command, who, spec, holder);
        let journal = Journal::create(&self.how.journal, &header)?;
        intent::write(self.world, &header, 1).await?;
        Ok((header, journal))
    }

    /// Drives a run to its end, prints how it ended and releases the lease. `history` are the events so far, `resume` the direction of a run that
    /// another process began.
    pub async fn drive_to_end(
        &self,
        mut keeper: Keeper<'w, Backend>,
        journal: Journal,
        header: &Header,
        history: Vec<Event>,
        resume: Option<Direction>,
    ) -> Result<Exit, Failure> {
        let plan = &header.plan;
        let policy = self.world.policy();
        let settings = Settings {
            run: header.run.clone(),
            parallelism: self.cloud.parallelism.into(),
            quiet: flow::quiet(self.cloud),
            minute: flow::minute(self.cloud),
        };
        let screen = match (self.how.json, self.printer.bars) {
            (true, _) => Screen::Json(Box::new(|line| self.printer.tell_json(line))),
            (false, true) => Progress::terminal(),
            (false, false) => Screen::Lines(Box::new(|line| self.printer.say(line))),
        };
        if self.how.json {
            self.printer.tell_json(&stream::begun(&header.run, plan.steps.len()));
        }
        let mut run = Run::replay(plan, &history).map_err(|e| io::Error::other(e.0))?;
        let (events, standing, redactor) = (history.clone(), run.standing().collect::<BTreeSet<usize>>(), self.printer.redactor());
        let progress = Progress::new(screen, plan, standing.clone());
        let watch = RefCell::new(Watch { journal, events, standing, progress, redactor });
        let mut sink = Shared(&watch);
        if let Some(way) = resume {
            sink.event(plan, &Event::Resumed(way))?;
            sink.sync()?;
            run.apply(&Event::Resumed(way)).map_err(|e| io::Error::other(e.0))?;
        }
        if resume.is_none() && !self.how.json {
            self.printer.say(&report::begins(&header.run, plan, self.world.read_only().is_sandbox()));
        }
        let started = Instant::now();
        if let Some(publisher) = self.publisher {
            publisher.applying(&header.run);
        }
        let (ended, first) = (SetOnce::new(), SetOnce::new());
        let mut signals = Signals::new()?;
        let (mut turned, wishes) = (false, keeper.wishes.clone());
        let mut stop = async || {
            tokio::select! {
                biased;
                why = policy.until_halted() => Stop::Halt(why),
                _ = first.wait(), if !turned => {
                    turned = true;
                    policy.leave();
                    Stop::RollBack
                }
                wish = wishes.next() => {
                    self.printer.say(&status::wished(&wish));
                    Stop::Wished(wish)
                }
            }
        };
        let work = async {
            let outcome = drive(&mut run, &settings, self.world, &mut sink, &history, &mut stop).await;
            let _ = ended.set(());
            outcome
        };
        let ticks = async {
            let mut clock = tokio::time::interval(Duration::from_secs(1));
            loop {
                tokio::select! {
                    _ = ended.wait() => return,
                    _ = clock.tick() => watch.borrow_mut().progress.tick(plan, &policy.waits()),
                }
                if let Some(publisher) = self.publisher {
                    let gates = watch.borrow().headway(plan).gates;
                    publisher.moves(&header.run, &gates).await;
                }
            }
        };
        let headway = || watch.borrow().headway(plan);
        let (outcome, ..) = tokio::join!(work, keeper.keep(&ended, headway), ticks, signals.listen(&ended, &first, policy));
        let mut watch = watch.into_inner();
        watch.progress.finish();
        let outcome = outcome?;
        let elapsed = started.elapsed().as_secs();
        if self.how.json {
            self.printer.tell_json(&stream::outcome(plan, &watch.events, &outcome, elapsed));
        } else {
            self.printer.tell(&format!("\n{}", report::outcome(plan, &watch.events, &outcome, elapsed, self.detail())));
        }
        self.close(keeper, header, &mut watch, &outcome, elapsed).await;
        if let Some(publisher) = self.publisher {
            publisher.ended(&outcome, &watch.events, elapsed).await;
        }
        let interrupted = first.get().is_some();
        Ok(match outcome {
            Outcome::Applied => Exit::Done,
            Outcome::Leftovers(_) => Exit::Leftovers,
            Outcome::RolledBack(_) | Outcome::Unfinished(_) if interrupted => Exit::Interrupted,
            Outcome::RolledBack(_) => Exit::RolledBack,
            Outcome::Stuck(_) | Outcome::Unfinished(_) => Exit::Stuck,
        })
    }

    /// Releases the lease. `ended` is how `infra status` will say that the run ended, `done` how many steps stand.
    pub async fn release(&self, keeper: Keeper<'w, Backend>, ended: &str, done: usize) {
        self.report_release(keeper.release(ended, done).await);
    }

    fn report_release(&self, released: Result<(), CloudError>) {
        if let Err(e) = released {
            self.printer.say(&format!("The lease could not be let go: {e}. It ends by itself."));
        }
    }
}

/// Twelve hex digits: when, to the second, and something random.
fn run_id() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("{:08x}{:04x}", now as u32, fastrand::u16(..))
}
