//! What apply and destroy do with a plan, whether it comes from a spec or from a file: its approval, the lease, and the run.
use super::claim;
use super::failure::Failure;
use super::flow::{self, Choice};
use super::runner::RunContext;
use super::{preflight, recover};
use crate::diag::Exit;
use crate::plan::Plan;
use crate::plan::saved::Scene;
use crate::render::place::question;
use crate::run::intent::{self, Intent};
use crate::spec::Loaded;
use crate::stack::Stack;

/// A run that is to be begun: of which stack, by which command, and what has been decided about it before.
pub struct PlannedRun<'c> {
    pub stack: &'c str,
    /// `apply`, `destroy`.
    pub command: &'c str,
    pub loaded: &'c Loaded,
    pub scene: &'c Scene,
    /// Whether the plan has been approved before this command, as a saved one has.
    pub approved: bool,
    pub unfinished: Unfinished,
}

/// What is done about an earlier run that is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// A person is asked whether it is to be taken back; without one the change is refused.
    Ask,
    Refuse,
    TakeBack,
}

/// What stands once the lease is held.
enum Prepared {
    Ready(Plan),
    /// An earlier run is not over.
    Unfinished(Intent),
}

/// Makes the live environment what `stack` says. `recover_first` takes an unfinished run back without a question.
pub async fn from_spec(
    context: &RunContext<'_>,
    loaded: &Loaded,
    stack: &Stack,
    choice: &Choice,
    recover_first: bool,
    command: &str,
) -> Result<Exit, Failure> {
    let unfinished = if recover_first { Unfinished::TakeBack } else { Unfinished::Ask };
    let scene = flow::scene(context.world.read_only(), loaded).await?;
    let planned = PlannedRun { stack: &stack.name, command, loaded, scene: &scene, approved: false, unfinished };
    carry_out(context, &planned, async || look_and_plan(context, loaded, stack, choice).await).await
}

/// Carries out what `plan` says. The order is: show, ask, take the lease, look whether an earlier run is over, plan (again), run. A plan that was
/// shown and is another one under the lease is shown and asked for again.
pub async fn carry_out(
    context: &RunContext<'_>,
    planned: &PlannedRun<'_>,
    plan: impl AsyncFn() -> Result<Plan, Failure>,
) -> Result<Exit, Failure> {
    loop {
        let mut shown = None;
        if !planned.approved && !context.how.auto_approve {
            let plan = Box::pin(plan()).await?;
            context.show_plan(&plan, (planned.scene, &planned.loaded.layers), planned.command);
            if plan.is_empty() {
                return Ok(Exit::Done);
            }
            Failure::guarded(planned.loaded, &plan)?;
            if !context.confirm(&question(planned.command, planned.stack, planned.scene)).await? {
                return Ok(Exit::Error);
            }
            shown = Some(plan.digest);
        }
        let mut keeper = context.lease(planned.stack, planned.command).await?;
        match keeper.during(Box::pin(prepare(context, planned.stack, &plan))).await {
            Ok(Prepared::Ready(plan)) if shown.as_ref().is_some_and(|digest| *digest != plan.digest) => {
                context.release(keeper, "nothing done", 0).await;
                context.printer.say("Something has changed since the plan was shown. Here it is again.");
            }
            Ok(Prepared::Ready(plan)) => {
                if shown.is_none() {
                    context.show_plan(&plan, (planned.scene, &planned.loaded.layers), planned.command);
                }
                if plan.is_empty() {
                    context.release(keeper, "nothing to do", 0).await;
                    return Ok(Exit::Done);
                }
                if let Err(failure) = Failure::guarded(planned.loaded, &plan) {
                    context.release(keeper, "nothing done", 0).await;
                    return Err(failure);
                }
                return context.begin(keeper, plan, planned.command, &planned.loaded.digest).await;
            }
            Ok(Prepared::Unfinished(intent)) => {
                if planned.unfinished != Unfinished::TakeBack {
                    // Nobody waits for a person while they think.
                    context.release(keeper, "nothing done", 0).await;
                    let failure = Failure::unfinished(planned.stack, &intent);
                    if planned.unfinished == Unfinished::Refuse || !context.printer.interactive {
                        return Err(failure);
                    }
                    context.printer.findings(&failure.findings);
                    if context.printer.ask("Take it back first? Only `yes` does: ") != "yes" {
                        return Ok(Exit::Error);
                    }
                    keeper = context.lease(planned.stack, planned.command).await?;
                }
                let exit = Box::pin(recover::take_back(context, keeper, planned.stack)).await?;
                if exit != Exit::Done {
                    return Ok(exit);
                }
            }
            Err(failure) => {
                context.release(keeper, "nothing done", 0).await;
                return Err(failure);
            }
        }
    }
}

/// Plans under the lease, unless an earlier run is not over.
async fn prepare(context: &RunContext<'_>, stack: &str, plan: impl AsyncFn() -> Result<Plan, Failure>) -> Result<Prepared, Failure> {
    let notes = context.world.read_only().notes(stack).await?;
    claim::made_here(stack, &notes, context.how.into())?;
    match intent::read(stack, &notes).map_err(|e| Failure::damaged("what the cloud noted of a run", &e))? {
        Some(intent) => Ok(Prepared::Unfinished(intent)),
        None => plan().await.map(Prepared::Ready),
    }
}

/// Reads the live environment and decides what makes it what `stack` says.
async fn look_and_plan(context: &RunContext<'_>, loaded: &Loaded, stack: &Stack, choice: &Choice) -> Result<Plan, Failure> {
    let mut stack = stack.clone();
    let reading = context.printer.reading(&stack.name);
    let seen = flow::look(context.world.read_only(), &mut stack, loaded).await?;
    drop(reading);
    let mut snapshot = seen.claimed(&stack.name, loaded.spec.region.as_str(), context.how.into())?;
    claim::renamed(context.world.read_only(), &stack, &snapshot, loaded, context.how.into(), context.printer).await?;
    preflight::plan(context.world.read_only(), &mut stack, &mut snapshot, choice, loaded, context.printer).await
}
